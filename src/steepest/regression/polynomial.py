"""`PolynomialRegression`: a polynomial in one variable, by its degree.

Powers of x are nearly dependent, and rounding them already costs the digits that are wanted (on NIST's Filip: all but
eight). So the fit is made in a basis that is orthogonal on the data, evaluated from x in extended precision, and its
coefficients are turned into those of the powers in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np

from steepest.errors import DataError

from . import validation
from .direct import by_qr
from .double_double import Pair
from .estimator import whole_number_from
from .fitting import fitted
from .orthogonal import Basis, basis_on
from .precision import SPREADS
from .refinement import Refined, residuals
from .report import Report, column_names, report_of
from .results import LinearModel
from .rows import Block, Rows, cut, power_of_two, rounding, unit_of
from .triangle import Triangle

DECADES = 280  # that powers may have, and their coefficients


class PolynomialRegression(LinearModel):
    """``y ≈ intercept + coef[0] x + coef[1] x² + …`` up to `degree`, with the least ``Σ w (y − ŷ)²``.

    After ``fit(x, y)``, x (n,) or (n, 1), the attributes are those of `LinearRegression`; `condition_` is that of the
    orthogonal basis, and `predict` uses it.

    >>> model = PolynomialRegression(2).fit([0.0, 1.0, 2.0, 3.0], [1.0, 4.0, 11.0, 22.0])
    >>> model.intercept_, model.coef_.tolist()
    (1.0, [1.0, 2.0])
    """

    def __init__(self, degree: int = 2):
        self.degree = degree

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit to x, (n,) or (n, 1), and y, (n,) or (n, k). Raises DataError for data that cannot be fitted."""
        degree = whole_number_from(0, "degree", self.degree)
        x = _one_column(X)
        responses = validation.response(y, len(x))
        weight = validation.weights(sample_weight, len(x))
        keep = slice(None) if weight is None else weight > 0
        x, kept, weight = x[keep], responses[keep].reshape(len(x[keep]), -1), None if weight is None else weight[keep]
        different = len(np.unique(x))
        if different <= self.degree:
            raise DataError(
                f"a polynomial of degree {self.degree} needs {self.degree + 1} different values of x, here"
                f" {'is' if different == 1 else 'are'} {different}\n    Choose a degree below {different}."
            )
        _require_range(x, degree)
        self._learn_columns(X, 1)
        self.basis_ = basis_on(x, weight, degree)
        units = unit_of(np.asarray(X).dtype), unit_of(responses.dtype)
        rows = _rows(self.basis_, x, kept, weight, units)
        told = Powers(self.basis_, rows, x)
        found = fitted(rows, told, by_qr, repr(self))
        self._keep(found, responses.ndim == 1, intercept=True)
        self.method_ = f"orthogonal basis, {self.method_}"
        self.basis_coef_ = found.solved[:, 0] if responses.ndim == 1 else found.solved
        return self

    def _predicted(self, X: Any) -> np.ndarray:
        self._features(np.reshape(X, (-1, 1)) if np.ndim(X) == 1 else X)
        x = _one_column(X)
        return self.basis_.sums(x, self.basis_coef_)

    def report(self, columns: Sequence[str] | None = None, target: str = "y") -> Report:
        """Coefficients with standard errors, R², condition number and digits to trust; prints as a table."""
        self._require_fitted()
        (name,) = columns or (column_names(self) if "feature_names_in_" in vars(self) else ["x"])
        powers = [name if k == 1 else f"{name}^{k}" for k in range(1, self.basis_.degree + 1)]
        return report_of(self, powers, target, intercept=True)


@dataclass(frozen=True)
class Powers:
    """From the orthogonal basis to the powers of x."""

    basis: Basis
    rows: Rows
    x: np.ndarray

    @cached_property
    def _exactly(self) -> list[list[Fraction]]:
        """T with ``x^j = Σ …``: entry (j, k) is the coefficient of x^j in P_k, per scaled column."""
        return self.basis.powers()

    @cached_property
    def matrix(self) -> np.ndarray:
        T = np.zeros((self.rows.width, self.rows.width))
        for k, row in enumerate(self._exactly):
            T[: k + 1, k] = [float(c) for c in row]
        return T / self.rows.scale

    def values(self, x: Pair) -> np.ndarray:
        p, outputs = x.high.shape
        found = np.zeros((p, outputs))
        for o in range(outputs):
            c = [x[k, o].fraction() * Fraction(self.rows.y_scale[o]) / Fraction(self.rows.scale[k]) for k in range(p)]
            for j in range(p):
                found[j, o] = float(sum((c[k] * self._exactly[k][j] for k in range(j, p)), start=Fraction(0)))
        return found

    def lengths(self, triangle: Triangle) -> np.ndarray:
        return np.linalg.norm(np.abs(self.x)[:, None] ** np.arange(self.rows.width), axis=0)

    def spread(self, triangle: Triangle, best: Refined) -> np.ndarray:
        """The rounding of x moves all its powers together: ``δβ = G Σ_i w_i (P′_i r_i − P_i f′_i) δx_i``."""
        inverse = triangle.inverse()
        G = self.matrix @ inverse @ inverse.T
        moved = rounding(self.x, self.rows.units[0])
        variance, done = np.zeros((self.rows.width, self.rows.outputs)), 0
        for block in self.rows.blocks():
            part = slice(done, done := done + block.count)
            w = np.ones(block.count) if block.weight is None else block.weight
            slopes = self.basis.slopes(self.x[part]) / self.rows.scale
            lifted, turned = (w[:, None] * block.design.high) @ G.T, slopes @ G.T
            errors = rounding(block.y * self.rows.y_scale, self.rows.units[1]) / self.rows.y_scale
            for o, r in enumerate(residuals(block, best.x)):
                steep = slopes @ best.x.high[:, o]
                by_x = turned * (w * r.high)[:, None] - lifted * steep[:, None]
                variance[:, o] += (by_x**2).T @ moved[part] ** 2 + (lifted**2).T @ errors[:, o] ** 2
        return SPREADS * np.sqrt(variance) * self.rows.y_scale


def _rows(
    basis: Basis, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None, units: tuple[float, float]
) -> Rows:  # fmt: skip
    scale = power_of_two(np.max(np.abs(basis.values(x).high), axis=0))
    validation.require_range(np.max(np.abs(y), axis=0), "y")
    y_scale = power_of_two(np.max(np.abs(y), axis=0))

    def blocks() -> Iterator[Block]:
        for part in cut(len(x), len(scale)):
            P = basis.values(x[part])
            yield Block(
                Pair(P.high / scale, P.low / scale), y[part] / y_scale, None if weight is None else weight[part]
            )

    # What the powers multiply by their condition number is wanted to as many digits more.
    return Rows(blocks, len(scale), len(y_scale), np.zeros(len(scale)), 1, scale, y_scale, True, units, 2.0**-90)


def _require_range(x: np.ndarray, degree: int) -> None:
    """Raise DataError where the powers of x, or the coefficients that go with them, are no doubles."""
    sizes = np.array([np.max(np.abs(x)), (np.max(x) - np.min(x)) / 2])
    if np.any(degree * np.abs(np.log10(sizes[sizes > 0])) > DECADES):
        raise DataError(f"the powers of x up to x^{degree} are no doubles, x being of {sizes[0]:.1e}: scale it")


def _one_column(X: Any) -> np.ndarray:
    a = validation.matrix(np.reshape(X, (-1, 1)) if np.ndim(X) == 1 else X)
    if a.shape[1] != 1:
        raise DataError(
            f"a polynomial is in one variable; x has shape {a.shape}"
            "\n    For several, give LinearRegression the columns that are meant."
        )
    return np.asarray(a[:, 0], dtype=float)
