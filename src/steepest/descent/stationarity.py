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
        return float(0.5 * np.sum(along[curved] ** 2 / np.abs(values[curved])))

    @property
    def unbent(self) -> float:
        """The slope along directions without curvature: where it is not 0, no Newton step leads to a minimum."""
        values, along = self.test.eigenvalues, self.test.directions.T @ self.gradient
        return float(np.max(np.abs(along[np.abs(values) <= FLAT * np.abs(values).max()]), initial=0.0))

    def off_saddle(self) -> Floats | None:
        """The direction of the most negative curvature, (n,), None if there is none."""
        way = self.test.way_down
        if way is None:
            return None
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
            test = of_products(lambda v: _scaled_product(objective, x, scales, free, v), n)
    except (SteepestError, np.linalg.LinAlgError):  # no second derivative here, or not finite
        return None
    return Local(test, scales, (gradient * scales)[free], value, objective.precision)


def _scaled_product(objective: Objective, x: Floats, scales: Floats, free: np.ndarray, v: Floats) -> Floats:
    full = np.zeros_like(scales)
    full[free] = v
    return (scales * objective.product(x, scales * full))[free]


def lower_along(objective: Objective, run: Run, x: Floats, value: float, way: Floats) -> Floats | None:
    """The lower of the first valleys to both sides of x along `way`; None if nothing is lower by more than rounding."""
    ends = [
        _first_valley(objective, run, x, value - 8 * objective.precision * abs(value), sign * way)
        for sign in (1.0, -1.0)
    ]
    return min((end for end in ends if end is not None), key=lambda end: end[0], default=(value, None))[1]


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
