"""Waves of all phases beside findiff: where the error along a grid is largest does not depend on luck then.

At one phase the leading term of an error may happen to vanish where it would be largest, so that either tool is ahead;
the largest error over all phases says what a grid resolves.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest import numeric

from .grids import EPS, bent, scattered

ORDERS = (1, 2, 3, 4)
ACCURACIES = (2, 4, 6, 8)
COUNTS = (20, 33, 65)  # nodes; with fewer, stencils of findiff do not fit
RATES = (1.0, 4.0, 10.0, 20.0, 40.0)  # of the wave, for each unit of length
FINEST = 1.0  # rate times the largest distance of nodes: 6 nodes a wavelength
PHASES = np.linspace(0, np.pi, 13)[:-1]
CLOSE = 1.05


@dataclass(frozen=True)
class Compared:
    """The largest errors over all phases, ours and findiff's, and what rounding of the values may add to ours."""

    ours: float
    findiff: float
    rounding: float


def summary() -> dict[str, Any]:
    """How often either error is larger, beyond rounding, and the median of findiff's over ours."""
    found = list(comparisons())
    return {
        "rates": ", ".join(f"{rate:g}" for rate in RATES),
        "total": len(found),
        "ours larger": sum(c.ours > CLOSE * c.findiff + c.rounding for c in found),
        "findiff larger": sum(c.findiff > CLOSE * c.ours + c.rounding for c in found),
        "median": float(np.median([c.findiff / c.ours for c in found])),
    }


def comparisons() -> Iterator[Compared]:
    for count in COUNTS:
        for x, spacing in _grids(count):
            for order in ORDERS:
                for accuracy in ACCURACIES:
                    if order + accuracy + 2 <= count:
                        yield from _compared(x, spacing, order, accuracy)


def _grids(count: int) -> Iterator[tuple[np.ndarray, Any]]:
    """The nodes, and what findiff is given: a step, or the nodes."""
    even, other, random = np.linspace(0, 1, count), bent(count), scattered(count)
    yield even, even[1]
    yield other, other
    yield random / random[-1], random / random[-1]


def _compared(x: np.ndarray, spacing: Any, order: int, accuracy: int) -> Iterator[Compared]:
    matrix = numeric.operator(x, order, accuracy)
    findiff = importlib.import_module("findiff").Diff(0, spacing, acc=accuracy) ** order
    for rate in RATES:
        if rate * np.diff(x).max() > FINEST:
            continue
        errors = []
        for phase in PHASES:
            truth = rate**order * np.sin(rate * x + phase + order * np.pi / 2)
            values = np.sin(rate * x + phase)
            errors.append([np.abs(found - truth).max() for found in (matrix @ values, findiff(values))])
        ours, theirs = np.max(errors, axis=0)
        yield Compared(float(ours), float(theirs), EPS * float(abs(matrix).sum(axis=1).max()))
