"""One run: what was visited, what is best, and when it is enough. Every method, ours or SciPy's, reports here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import norm

from .bounds import Bounds
from .callback import Bar, Silence
from .interruption import Interruption
from .path import Diary, Floats, Visit
from .reasons import Reason, Stopped

BOTTOMLESS = -1e100  # a value below counts as without end
TINY = 1e-150  # lengths below, by their squares, would lose digits
GROWN = 1e8  # times larger than all that was seen before: the values grow
POWER = 1.5  # of the tolerance, for what is compared with the largest value seen instead of the present one


def length(v: Floats) -> float:
    """The Euclidean one; also of vectors whose square has no room in a float. NaN where an entry is."""
    found = math.sqrt(v @ v)
    return found if TINY < found < math.inf or not v.any() else float(norm(v, check_finite=False))


@dataclass(eq=False)
class Run:
    """The record of a run, and its rules for stopping.

    It has converged when ``max_i |∂f/∂x_i| · s_i ≤ tol · |f|``, or ``≤ tol^1.5`` times the largest |f| seen; s_i is the
    larger of |x_i| and the way x_i has gone. That is Dennis and Schnabel's scaled gradient (Numerical Methods for
    Unconstrained Optimization, 7.2), with sizes taken from the run: it is the same for 1e8 f and for x in other units.
    """

    bounds: Bounds
    tolerance: float
    most: int  # iterations
    tell: Callable[[Visit, Floats], None]
    bar: Bar | Silence
    interruption: Interruption
    known: int = -1  # visits up to this iteration were made before: nobody is told of them again
    visits: int = 0
    diary: Diary = field(default_factory=Diary)
    best: Visit | None = None
    gradient: Floats = field(default_factory=lambda: np.zeros(0))  # at the best
    last: Visit | None = None
    first: Visit | None = None
    largest: float = 0.0  # |f| seen
    extent: Floats = field(default_factory=lambda: np.zeros(0))  # how far each parameter has gone
    entered: float = math.nan  # the best value when the present leg began
    strictness: float = 1.0  # times the tolerance: less where it was met too early

    @property
    def iteration(self) -> int:
        """How many steps were made."""
        return self.visits - 1

    def visit(self, x: Floats, value: float, gradient: Floats) -> None:
        """Note a point; raise Stopped where it is the last."""
        slope = self.bounds.free(x, gradient)
        step = 0.0 if self.last is None else length(x - self.last.x)
        visit = Visit(self.visits, x.copy(), value, length(slope), step)
        self.visits += 1
        self.last = visit
        self.diary.add(visit)
        if self.first is None:
            self.first, self.extent = visit, np.zeros_like(x)
        self._require_falling(visit)
        np.maximum(self.extent, np.abs(x - self.first.x), out=self.extent)
        self.largest = max(self.largest, abs(value))
        if self.best is None or value < self.best.value or (value == self.best.value and visit.slope < self.best.slope):
            self.best, self.gradient = visit, gradient.copy()
        if visit.iteration > self.known:
            self.bar.show(visit)
            self.tell(visit, gradient)
        if self.is_flat(x, value, slope):
            raise Stopped(Reason.CONVERGED)
        if self.iteration >= self.most:
            raise Stopped(Reason.ITERATIONS)
        if self.interruption.asked:
            raise Stopped(Reason.INTERRUPTED)

    def resume(self, value: float, gradient: Floats) -> None:
        """Ask again, at the last point of an earlier run, whether it is the end."""
        assert self.last is not None
        if self.is_flat(self.last.x, value, self.bounds.free(self.last.x, gradient)):
            raise Stopped(Reason.CONVERGED)
        if self.iteration >= self.most:
            raise Stopped(Reason.ITERATIONS)

    def settle(self, x: Floats, value: float, gradient: Floats) -> None:
        """Note a point that is better than the best though its value, for rounding, need not be lower."""
        try:
            self.visit(x, value, gradient)
        finally:
            if self.last is not None and np.array_equal(self.last.x, x):
                self.best, self.gradient = self.last, gradient.copy()

    def _require_falling(self, visit: Visit) -> None:
        if visit.value < BOTTOMLESS:
            raise Stopped(Reason.UNBOUNDED)
        if self.best is None or self.first is None:
            return
        rise = visit.value - self.best.value
        if np.isnan(rise) or rise > GROWN * max(self.largest, self.first.value - self.best.value):
            raise Stopped(Reason.DIVERGED)

    def sizes(self, x: Floats) -> Floats:
        """s, (n,): how large a change of each parameter is."""
        found = np.maximum(np.abs(x), self.extent)
        return found if found.all() else np.where(found > 0, found, found.max() or 1.0)

    def is_flat(self, x: Floats, value: float, slope: Floats) -> bool:
        """Whether the free part of the gradient is as small as was asked."""
        if not slope.any():
            return True
        if self.iteration == 0:  # nothing is known of sizes yet
            return False
        tolerance = self.tolerance * self.strictness
        remaining = float((np.abs(slope) * self.sizes(x)).max())
        return remaining <= max(tolerance * abs(value), tolerance**POWER * self.largest)
