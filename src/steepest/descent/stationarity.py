"""Whether a point where a method stopped is a minimum: the second-derivative test, and the way off a saddle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steepest.errors import SteepestError
from steepest.landscape.second_order import SecondOrder, of_matrix, of_products

from .objective import Objective
from .path import Floats
from .run import Run

DENSE = 200  # parameters up to which the Hessian is formed
FEW, MOST = 100, 300  # products with the Hessian of more
LEVEL = 1e-5  # curvatures smaller than this part of f, for parameters that change by their size, are flat
MOST_FLAT = 3  # flat directions that are looked along
MUCH = 1e-10  # part of the largest value seen
LENGTHS = 10.0 ** np.arange(-6, 2.5, 0.5)  # tried off a saddle, relative to the sizes of the parameters
FLAT = 1e-12  # curvatures smaller than this, beside the largest, say nothing of how far it is to go


@dataclass(frozen=True, eq=False)
class Local:
    """The curvature at a point, in parameters scaled to size 1, bounds that hold left out."""

    test: SecondOrder
    scales: Floats  # (n,), 0 where a bound holds
    gradient: Floats  # (n,), scaled
    value: float
    precision: float  # of values

    @property
    def newton_step(self) -> float:
        """How far Newton's step would go, in sizes of the parameters; NaN where not all curvatures are known."""
        values, along = self.test.eigenvalues, self.test.directions.T @ self.gradient
        if len(values) < np.count_nonzero(self.scales):
            return np.nan
        curved = np.abs(values) > FLAT * np.abs(values).max()
        return float(np.max(np.abs(along[curved] / values[curved]), initial=0.0))

    @property
    def gain(self) -> float:
        """How much lower Newton's step would come, ½ gᵀ|H|⁻¹g; NaN where not all curvatures are known."""
        values, along = self.test.eigenvalues, self.test.directions.T @ self.gradient
        if len(values) < np.count_nonzero(self.scales):
            return np.nan
        curved = np.abs(values) > FLAT * np.abs(values).max()
        return float(0.5 * np.sum(np.abs(along[curved]) * np.abs(along[curved] / values[curved])))

    @property
    def unbent(self) -> float:
        """The slope along directions without curvature: where it is not 0, no Newton step leads to a minimum."""
        values, along = self.test.eigenvalues, self.test.directions.T @ self.gradient
        return float(np.max(np.abs(along[np.abs(values) <= FLAT * np.abs(values).max()]), initial=0.0))

    def off_saddle(self) -> Floats | None:
        """The direction of the most negative curvature, (n,), None if there is none."""
        return None if self.test.way_down is None else self._of_parameters(self.test.way_down)

    def flat_ways(self, size: float) -> list[Floats]:
        """Directions, (n,) each, along which f hardly bends beside its `size`: the test does not tell what it does."""
        values = np.abs(self.test.eigenvalues)
        flat = np.flatnonzero(values <= LEVEL * max(size, values.max()))[:MOST_FLAT]
        return [self._of_parameters(self.test.directions[:, k]) for k in flat]

    def _of_parameters(self, way: Floats) -> Floats:
        full = np.zeros_like(self.scales)
        full[self.scales > 0] = way
        return full * self.scales


def local(objective: Objective, run: Run, x: Floats, value: float, gradient: Floats) -> Local | None:
    """The second-derivative test at x; None where the function has no second derivatives that can be had."""
    free = run.bounds.inside(x) | ((run.bounds.free(x, gradient) != 0) & (run.bounds.low < run.bounds.high))
    scales = np.where(free, run.sizes(x), 0.0)
    n = int(np.count_nonzero(free))
    if n == 0:
        return None
    try:
        if objective.size <= DENSE:
            H = scales[:, None] * objective.hessian(x) * scales
            test = of_matrix(H[np.ix_(free, free)])
        else:
            most = max(FEW, min(MOST, run.visits))  # little more work than the way there
            test = of_products(lambda v: _scaled_product(objective, x, scales, free, v), n, most_products=most)
    except (SteepestError, np.linalg.LinAlgError):  # no second derivative here, or not finite
        return None
    return Local(test, scales, (gradient * scales)[free], value, objective.precision)


def _scaled_product(objective: Objective, x: Floats, scales: Floats, free: np.ndarray, v: Floats) -> Floats:
    full = np.zeros_like(scales)
    full[free] = v
    return (scales * objective.product(x, scales * full))[free]


def lower_on_flat(objective: Objective, run: Run, x: Floats, here: Local) -> Floats | None:
    """A point that is much lower, along a direction in which f is flat at x; None where none is seen.

    So is the third-order saddle of x³ left, and a plateau with a valley in sight.
    """
    for way in here.flat_ways(run.largest):
        lower = lower_along(objective, run, x, here.value - MUCH * run.largest, way)
        if lower is not None:
            return lower
    return None


def lower_along(objective: Objective, run: Run, x: Floats, value: float, way: Floats) -> Floats | None:
    """The lower of the first valleys to both sides of x along `way`; None if nothing is lower by more than rounding."""
    ends = [
        _first_valley(objective, run, x, value - 8 * objective.precision * abs(value), sign * way)
        for sign in (1.0, -1.0)
    ]
    reached = [end for end in ends if end is not None and objective.both(end[1])[0] < np.inf]  # with a slope to go on
    return min(reached, key=lambda end: end[0], default=(value, None))[1]


def _first_valley(
    objective: Objective, run: Run, x: Floats, below: float, way: Floats
) -> tuple[float, Floats] | None:  # fmt: skip
    """The lowest point below, on the way to where f rises again."""
    best = None
    for t in LENGTHS:
        point = run.bounds.project(x + t * way)
        value = objective.value(point)
        if value < (below if best is None else best[0]):
            best = value, point
        elif best is not None:
            break
    return best
