"""What each checker of gradients says of right and of wrong ones."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from .checked import CHANGES, CONDITIONS, Question, questions
from .checkers import CHECKERS, Checker


@dataclass(frozen=True)
class Verdict:
    """`passed` is None where the tool raised something of its own; `seconds` are those of the processor."""

    question: Question
    passed: bool | None
    seconds: float

    @property
    def is_true(self) -> bool:
        """A right gradient passes, a wrong one does not, and neither is refused."""
        return self.passed is self.question.is_right


def verdict(checker: Checker, question: Question) -> Verdict:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        np.random.seed(0)  # noqa: NPY002 - the directions of jax and autograd
        call = checker.prepare(question)
        start = time.process_time()
        passed: bool | None = None
        with contextlib.suppress(Exception):
            passed = call()
        return Verdict(question, passed, time.process_time() - start)


def record() -> dict[str, Any]:
    """Every checker that is installed, in a process of its own, so that none meets the threads of another."""
    there = [c for c in CHECKERS if c.is_installed]
    os.environ["OMP_NUM_THREADS"] = "1"  # threads that wait for each other would count as time of the processor
    with ProcessPoolExecutor(len(there), multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(_of_number, [CHECKERS.index(c) for c in there]))
    return {
        "results": {c.title: r for c, r in zip(there, results, strict=True)},
        "versions": {c.package: c.version for c in there},
        "missing": [c.title for c in CHECKERS if not c.is_installed],
    }


def _of_number(k: int) -> dict[str, Any]:
    return of(CHECKERS[k], questions())


def of(checker: Checker, questions: Iterable[Question]) -> dict[str, Any]:
    """True verdicts, counted by what was changed and by the condition, and the median of the time."""
    found = [verdict(checker, q) for q in questions]
    return {
        "by_change": {name: _share(found, lambda v, name=name: v.question.change == name) for name in CHANGES},
        "by_condition": {
            c.name: [
                _share(found, lambda v, c=c, right=right: v.question.condition == c and v.question.is_right is right)
                for right in (True, False)
            ]
            for c in CONDITIONS
        },
        "refused": sum(v.passed is None for v in found),
        "seconds": float(np.median([v.seconds for v in found])),
    }


def _share(found: list[Verdict], chosen: Callable[[Verdict], bool]) -> tuple[int, int]:
    own = [v.is_true for v in found if chosen(v)]
    return sum(own), len(own)
