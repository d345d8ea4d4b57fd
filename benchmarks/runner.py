"""One row: every entrant in a process of its own, checked against the others, then timed in turns."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .agreement import TOLERANCE, difference
from .clock import Sample
from .entrants import AUTOGRAD, JAX, OURS, C, Entrant
from .peers.prepared import CannotDo
from .problem import Row
from .process import Process
from .surroundings import Surroundings

REFERENCES = (JAX, AUTOGRAD, C, OURS)  # the first one there is


@dataclass(frozen=True)
class Summary:
    """Which time stands for many: of the samples of one entrant with so many threads, and of its first call."""

    name: str
    of: Callable[[Sequence[Sample], int], float]
    first_call: str  # "wall" or "processor"


MEDIAN = Summary("median", lambda samples, threads: statistics.median(s.wall for s in samples), "wall")
# What other programs disturb least: the processor's time of the fastest sample, if it is one processor.
FASTEST = Summary(
    "fastest", lambda samples, threads: min(s.processor if threads == 1 else s.wall for s in samples), "processor"
)


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int
    seconds: float  # of a sample, at least
    budget: float  # seconds after which rounds stop, once there are three, for each thread: then samples are longer
    summary: Summary


# A sample is long enough that its first call, which finds the caches as another process left them, counts little.
FULL = Effort(15, 0.02, 8.0, MEDIAN)  # all lines take hours as it is
QUICK = Effort(10, 0.02, 5.0, FASTEST)
LEAST_ROUNDS = 3
SHARED = 0.15  # seconds of a sample of several threads, at least: a processor that rested takes milliseconds to come
SETTLING = 0.13  # seconds between processes of several threads: those of NumPy's BLAS wait in a loop for 105 ms


@dataclass
class Outcome:
    """What became of one entrant in one row."""

    cannot: str = ""  # why there is nothing else, if there is nothing else
    version: str = ""
    first_call: dict[str, float] = field(default_factory=dict)
    checking: dict[str, float] = field(default_factory=dict)  # the part of it that is spent on checks, where known
    difference: float = 0.0  # from the reference
    samples: list[Sample] = field(default_factory=list)
    memory: int | None = None
    explanation: str = ""


@dataclass(frozen=True)
class Result:
    row: Row
    threads: int
    outcomes: Mapping[Entrant, Outcome]
    summary: Summary

    def seconds(self, entrant: Entrant) -> float | None:
        samples = self.outcomes.get(entrant, Outcome()).samples
        return self.summary.of(samples, self.threads) if samples else None

    def first_call(self, entrant: Entrant) -> float | None:
        return self.outcomes.get(entrant, Outcome()).first_call.get(self.summary.first_call)

    def checking(self, entrant: Entrant) -> float | None:
        """The part of the first call that is spent on checking the result; None where nothing is checked."""
        return self.outcomes.get(entrant, Outcome()).checking.get(self.summary.first_call)

    def compiling(self, entrant: Entrant) -> float | None:
        """The first call without the checks, in which the result is computed, or else without one call."""
        first, rest = self.first_call(entrant), self.checking(entrant) or self.seconds(entrant)
        return None if first is None or rest is None else max(first - rest, 0.0)

    def ratio(self, entrant: Entrant, other: Entrant) -> float | None:
        """The one's time to the other's."""
        ours, theirs = self.seconds(entrant), self.seconds(other)
        return ours / theirs if ours and theirs else None


def measure(row: Row, threads: int, entrants: Sequence[Entrant], effort: Effort) -> Result:
    outcomes = {entrant: Outcome() for entrant in entrants}
    with tempfile.TemporaryDirectory(prefix="steepest-benchmark-") as folder, ExitStack() as stack:
        running: dict[Entrant, Process] = {}
        results: dict[Entrant, list[Any]] = {}
        for e in entrants:  # one after the other, so that compiling is timed alone
            process = stack.enter_context(Process(e.peer, row.title, Surroundings(threads, e.tuned), Path(folder)))
            answer = _each({e: process}, outcomes, "prepare").get(e)
            if answer is not None:
                running[e], results[e] = process, _kept(answer, outcomes[e])
        _agree(row, results, outcomes)
        running = {e: process for e, process in running.items() if not outcomes[e].cannot}
        _each(running, outcomes, "calibrate", seconds=effort.seconds if threads == 1 else max(effort.seconds, SHARED))
        begun = time.monotonic()
        for k in range(effort.rounds):
            if k >= LEAST_ROUNDS and time.monotonic() - begun > effort.budget * threads:
                break
            for e, answer in _each(running, outcomes, "sample", SETTLING if threads > 1 else 0.0).items():
                outcomes[e].samples.append(Sample(**answer))
        for e, answer in _each(running, outcomes, "memory").items():
            outcomes[e].memory = answer["memory"]
        for e, answer in _each(running, outcomes, "explain").items():
            outcomes[e].explanation = answer["explanation"]
    return Result(row, threads, outcomes, effort.summary)


def _kept(answer: dict[str, Any], outcome: Outcome) -> list[Any]:
    """The results of a first call; the rest of the answer goes into the outcome."""
    outcome.first_call, outcome.checking = answer["first_call"], answer["checking"]
    outcome.version = answer["version"]
    with np.load(answer["results"]) as arrays:
        results = [arrays[name] for name in arrays.files]
    Path(answer["results"]).unlink()
    return results


def _agree(row: Row, results: Mapping[Entrant, list[Any]], outcomes: Mapping[Entrant, Outcome]) -> None:
    """Those that disagree with the reference are not timed."""
    reference = next((e for e in REFERENCES if e in results), None)
    if reference is None:
        return
    for e, arrays in results.items():
        outcomes[e].difference = difference(arrays, results[reference])
        if outcomes[e].difference > TOLERANCE[row.dtype]:
            outcomes[e].cannot = f"differs from {reference.title} by {outcomes[e].difference:.0e}"


def _each(
    running: dict[Entrant, Process],
    outcomes: Mapping[Entrant, Outcome],
    what: str,
    pause: float = 0.0,
    **details: Any,
) -> dict[Entrant, dict[str, Any]]:
    """Every process in turn, after a pause in seconds; one that fails is left out from then on."""
    answers = {}
    for e, process in list(running.items()):
        time.sleep(pause)
        try:
            answers[e] = process.ask(what, **details)
        except CannotDo as error:
            outcomes[e].cannot = str(error)
            del running[e]
    return answers
