"""The second-derivative test: what a stationary point is, by the eigenvalues of the Hessian.

Nocedal & Wright, Numerical Optimization, theorems 2.3 and 2.4. Of few variables all eigenvalues are found; of many
only the extreme ones, by Lanczos iterations on products with the Hessian, which is never formed (Golub & Van Loan,
Matrix Computations, section 10.1).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from steepest.api.transforms import hessian, hvp
from steepest.errors import ArgumentError, NotConvergedError, ShapeError

DENSE = 200  # variables up to which the whole Hessian is taken
ZERO = float(np.finfo(float).eps) ** 0.5  # an eigenvalue below this part of the scale may be 0
ROUNDING = 32 * float(np.finfo(float).eps)  # the same where the Hessian is exact
FEW = 4  # eigenvalues at each end that are found of a large Hessian
LANCZOS_TOLERANCE = 1e-8


class Kind(enum.StrEnum):
    """What a critical point is. Degenerate: the test does not decide, for an eigenvalue is 0 and all signs agree."""

    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    SADDLE = "saddle"
    DEGENERATE = "degenerate"


class Extent(enum.StrEnum):
    """Which eigenvalues are known."""

    ALL = "all eigenvalues"
    EXTREME = "the extreme eigenvalues alone"


@dataclass(frozen=True)
class SecondOrder:
    """The test at one point: eigenvalues in rising order, and their directions.

    eigenvalues: ``(k,)``; directions: ``(n, k)``, a unit column for each. `zero` is the size up to which an eigenvalue
    cannot be told from 0. `index` counts the negative ones; with the extreme eigenvalues alone it may be more.
    """

    eigenvalues: np.ndarray
    directions: np.ndarray
    zero: float
    extent: Extent = Extent.ALL

    @property
    def index(self) -> int:
        """How many independent directions lead down."""
        return int(np.sum(self.eigenvalues < -self.zero))

    @property
    def flat(self) -> int:
        """How many eigenvalues cannot be told from 0."""
        return int(np.sum(np.abs(self.eigenvalues) <= self.zero))

    @property
    def kind(self) -> Kind:
        down, up = self.index > 0, bool(np.any(self.eigenvalues > self.zero))
        if down and up:
            return Kind.SADDLE
        if self.flat:
            return Kind.DEGENERATE
        return Kind.MAXIMUM if down else Kind.MINIMUM

    @property
    def is_minimum_or_flat(self) -> bool:
        """Whether no direction is seen to lead down at second order."""
        return self.index == 0

    @property
    def way_down(self) -> np.ndarray | None:
        """The unit direction of the most negative curvature, None if there is none; f falls along it both ways."""
        return self.directions[:, 0] if self.index else None

    @property
    def condition(self) -> float:
        """κ = max|λ| / min|λ|; infinite where an eigenvalue cannot be told from 0."""
        sizes = np.abs(self.eigenvalues)
        return float("inf") if self.flat else float(sizes.max() / sizes.min())


def of_matrix(h: np.ndarray, scale: float | None = None, relative: float = ZERO) -> SecondOrder:
    """The test on a Hessian, ``(n, n)``; an eigenvalue is 0 up to `relative` of the largest, or of `scale` if larger.

    `scale` is the size of second derivatives elsewhere: without it no 1 × 1 matrix but 0 is called 0. `ROUNDING` as
    `relative` is for a point where the Hessian is exact to rounding.

    >>> of_matrix(np.diag([2.0, -1.0])).kind
    <Kind.SADDLE: 'saddle'>
    """
    h = np.asarray(h, dtype=np.float64)
    if h.ndim != 2 or h.shape[0] != h.shape[1] or not h.size:
        raise ShapeError(f"a Hessian is a square matrix, got shape {h.shape}")
    if not np.isfinite(h).all():
        raise ArgumentError("the Hessian is not finite at this point: there is no second-derivative test")
    eigenvalues, directions = np.linalg.eigh((h + h.T) / 2)
    return SecondOrder(eigenvalues, directions, _zero(eigenvalues, scale, relative))


def of_products(product: Callable[[np.ndarray], np.ndarray], size: int, scale: float | None = None) -> SecondOrder:
    """The test on a Hessian of `size` rows that is given as the map ``v -> Hv``, by its extreme eigenvalues.

    Raises:
        NotConvergedError: where the Lanczos iterations do not settle.
    """
    if size <= 2 * FEW + 1:
        return of_matrix(np.stack([product(e) for e in np.eye(size)], axis=1), scale)
    operator = LinearOperator((size, size), matvec=lambda v: np.ravel(product(np.ravel(v))), dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(size)
    try:
        found = [eigsh(operator, k=FEW, which=end, v0=start, tol=LANCZOS_TOLERANCE) for end in ("SA", "LA")]
    except ArpackNoConvergence as error:
        raise NotConvergedError(f"the extreme eigenvalues of the Hessian were not found: {error}") from None
    eigenvalues = np.concatenate([values for values, _ in found])
    directions = np.concatenate([vectors for _, vectors in found], axis=1)
    order = np.argsort(eigenvalues)
    return SecondOrder(eigenvalues[order], directions[:, order], _zero(eigenvalues, scale), Extent.EXTREME)


def second_derivative_test(f: Callable[..., object], x: np.ndarray, scale: float | None = None) -> SecondOrder:
    """The test of a function of one array at `x`, with the exact Hessian; whether x is stationary is not asked.

    >>> second_derivative_test(lambda x: x[0] ** 2 - 3 * x[1] ** 2, np.zeros(2)).index
    1
    """
    x = np.asarray(x, dtype=np.float64)
    if x.size <= DENSE:
        return of_matrix(np.reshape(hessian(f)(x), (x.size, x.size)), scale)
    times = hvp(f)
    return of_products(lambda v: np.ravel(times(x, np.reshape(v, x.shape))), x.size, scale)


def _zero(eigenvalues: np.ndarray, scale: float | None, relative: float = ZERO) -> float:
    largest = float(np.abs(eigenvalues).max())
    return relative * max(largest, scale or 0.0)
