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
from scipy.linalg import eigh_tridiagonal

from steepest.api.transforms import hessian, hvp
from steepest.errors import ArgumentError, ShapeError

DENSE = 200  # variables up to which the whole Hessian is taken
ZERO = float(np.finfo(float).eps) ** 0.5  # an eigenvalue below this part of the scale may be 0
ROUNDING = 32 * float(np.finfo(float).eps)  # the same where the Hessian is exact
FEW = 4  # eigenvalues at each end that are found of a large Hessian
PRODUCTS = 60  # with a large Hessian
SETTLED = 1e-6  # of the largest eigenvalue: an error of the ends that is none
LOOKED = 10  # products, after which it is looked whether the ends have settled
ENTRIES = 1 << 24  # of the vectors that are kept


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


def of_products(
    product: Callable[[np.ndarray], np.ndarray], size: int, scale: float | None = None, most_products: int = PRODUCTS
) -> SecondOrder:
    """The test on a Hessian of `size` rows that is given as the map ``v -> Hv``, by its extreme eigenvalues.

    Up to `most_products` are taken, fewer where the ends of the spectrum settle before, or memory is short. What is
    found lies inside of the spectrum: a negative value is the curvature along its direction, whether it has settled or
    not, and κ is at least what the values say.
    """
    if size <= 2 * FEW + 1:
        return of_matrix(np.stack([product(e) for e in np.eye(size)], axis=1), scale)
    basis, values, vectors = _lanczos(product, size, max(2, min(size, most_products, ENTRIES // size)))
    few = min(FEW, len(values) // 2) or 1
    ends = np.unique([*range(few), *range(len(values) - few, len(values))])
    directions = basis.T @ vectors[:, ends]
    directions /= np.linalg.norm(directions, axis=0)
    return SecondOrder(values[ends], directions, _zero(values[ends], scale), Extent.EXTREME)


def _lanczos(
    product: Callable[[np.ndarray], np.ndarray], size: int, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A Krylov basis ``(k, n)``, kept orthogonal, and the eigenvalues and vectors of the Hessian in it."""
    basis = np.zeros((steps, size))
    v = np.random.default_rng(0).standard_normal(size)
    basis[0] = v / np.linalg.norm(v)
    diagonal, beside = np.zeros(steps), np.zeros(steps)
    for k in range(steps):
        w = np.ravel(product(basis[k]))
        if not np.isfinite(w).all():
            raise ArgumentError("the Hessian is not finite at this point: there is no second-derivative test")
        diagonal[k] = basis[k] @ w
        for _ in range(2):  # once is not enough
            w = w - basis[: k + 1].T @ (basis[: k + 1] @ w)
        beside[k] = np.linalg.norm(w)
        is_full = k + 1 == steps or beside[k] <= ROUNDING * np.abs(diagonal[: k + 1]).max()
        if is_full or (k + 1) % LOOKED == 0:
            values, vectors = eigh_tridiagonal(diagonal[: k + 1], beside[:k])
            off = beside[k] * np.abs(vectors[-1, [0, -1]]).max()  # how far the ends are from eigenvalues, at most
            if is_full or off <= SETTLED * np.abs(values).max():
                break
        basis[k + 1] = w / beside[k]
    return basis[: k + 1], values, vectors


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
