"""One tool on one table of cases: how far off, how honest, how many evaluations."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from .case import Case, Kind
from .landscapes import LANDSCAPES
from .tools import Tool

RIGHT = 1e-8  # a relative error up to which an answer counts as right
CONFIDENT = 10.0  # an error so many times what was estimated is a confident wrong answer
PATIENCE = 10  # seconds for one answer
TINY = 1e-15  # of the truth, that the truth itself may be rounded by


@dataclass(frozen=True)
class Outcome:
    """One answer: its relative error (infinite where there is none), whether its estimate covers it, or is false."""

    error: float
    covers: bool | None  # None where the tool gives no estimate
    confident: bool | None
    evaluations: int


class Counted:
    """A function that counts the points where it is evaluated."""

    def __init__(self, f: Callable[[Any], Any]) -> None:
        self.f = f
        self.count = 0

    def __call__(self, x: Any) -> Any:
        self.count += 1
        return self.f(x)


def derivatives(tool: Tool, cases: Iterable[Case]) -> list[Outcome]:
    """The tool on functions of one number; kinks, jumps and vertical slopes have no derivative and are left out."""
    outcomes = []
    for case in cases:
        if case.kind not in (Kind.SMOOTH, Kind.EDGE) or case.order > tool.highest:
            continue
        f = Counted(case.f)
        found, count = _answer(lambda f=f, case=case: tool.derivative(f, case.x, case.order), f)
        outcomes.append(_judge(found, np.array([case.truth]), count))
    return outcomes


def gradients(tool: Tool) -> list[Outcome]:
    """The tool on the test functions of global optimisation."""
    outcomes = []
    for landscape in LANDSCAPES:
        for point in landscape.points:
            f = Counted(landscape.f)
            found, count = _answer(lambda f=f, point=point: tool.gradient(f, np.array(point)), f)
            outcomes.append(_judge(found, landscape.gradient(point), count))
    return outcomes


def hessians(tool: Tool) -> list[Outcome]:
    """The same for second derivatives; none of a tool that has no Hessian."""
    way = tool.hessian
    if way is None:
        return []
    outcomes = []
    for landscape in LANDSCAPES:
        for point in landscape.points:
            f = Counted(landscape.f)
            found, count = _answer(lambda f=f, point=point: way(f, np.array(point)), f)
            outcomes.append(_judge(found, landscape.hessian(point).ravel(), count))
    return outcomes


def unbroken(tool: Tool, cases: Iterable[Case]) -> tuple[int, int]:
    """How many of the points without a derivative were called so, or answered with an error as large as the answer."""
    told = total = 0
    for case in cases:
        if case.kind in (Kind.SMOOTH, Kind.EDGE):
            continue
        total += 1
        f = Counted(case.f)
        found, _ = _answer(lambda f=f, case=case: tool.derivative(f, case.x, 1), f)
        if found is None:
            told += 1
            continue
        value, error = (np.ravel(np.asarray(np.nan if v is None else v, float))[0] for v in found)
        told += bool(not np.isfinite(value) or error >= 0.1 * abs(value) > 0 or error > 0.1)
    return told, total


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    """What the page shows of a list of outcomes."""
    errors = np.array([o.error for o in outcomes])
    covers = [o.covers for o in outcomes if o.covers is not None]
    confident = [o.confident for o in outcomes if o.confident is not None]
    return {
        "cases": len(outcomes),
        "right": int(np.sum(errors <= RIGHT)),
        "median": float(np.median(errors)),
        "largest": float(np.max(errors)),
        "none": int(np.sum(np.isinf(errors))),
        "covered": float(np.mean(covers)) if covers else None,
        "confident": int(np.sum(confident)) if confident else None,
        "evaluations": float(np.median([o.evaluations for o in outcomes])),
        "most": int(max(o.evaluations for o in outcomes)),
    }


def _judge(found: Any, truth: np.ndarray, evaluations: int) -> Outcome:
    if found is None:
        return Outcome(np.inf, None, None, evaluations)
    value, estimate = found
    value = np.ravel(np.asarray(value, float))
    if value.shape != truth.shape or not np.all(np.isfinite(value)):
        return Outcome(np.inf, None if estimate is None else True, False if estimate is not None else None, evaluations)
    off = np.abs(value - truth)
    size = np.max(np.abs(truth)) or 1.0
    error = float(np.max(off) / size)
    if estimate is None:
        return Outcome(error, None, None, evaluations)
    estimate = np.clip(np.nan_to_num(np.abs(np.ravel(np.asarray(estimate, float))), nan=np.inf), 0, 1e300)
    slack = TINY * size
    return Outcome(
        error, bool(np.all(off <= estimate + slack)), bool(np.any(off > CONFIDENT * estimate + slack)), evaluations
    )


def _answer(call: Callable[[], Any], f: Counted) -> tuple[Any, int]:
    """The answer and the count of evaluations, from a process of its own, since some linear algebra hangs on NaN.

    The answer is None where the tool raises or takes too long; what it prints and warns of is dropped.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(theirs, call, f))
    child.start()
    theirs.close()
    try:
        return ours.recv() if ours.poll(PATIENCE) else (None, 0)
    except EOFError:
        return None, 0
    finally:
        child.kill()
        child.join()


def _send(pipe: Connection, call: Callable[[], Any], f: Counted) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        with _silence():
            found = call()
    except Exception:
        found = None
    pipe.send((None if found is None else tuple(None if v is None else np.asarray(v, float) for v in found), f.count))


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
