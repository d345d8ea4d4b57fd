"""`LinearRegression`: least squares, plain, weighted or with a ridge penalty, by a solver of one's choice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np

from steepest.errors import ArgumentError

from . import validation
from .coordinates import Scaled
from .descending import DESCENTS, descend
from .direct import Solver, by_normal_equations, by_qr, by_singular_values
from .estimator import number_from, one_of
from .fitting import fitted
from .report import Report, column_names, report_of
from .results import LinearModel
from .sources import Layout, rows_of_arrays, rows_of_chunks

DIRECT: dict[str, Solver] = {
    "auto": by_qr,
    "qr": by_qr,
    "normal": by_normal_equations,
    "svd": by_singular_values,
}
SOLVERS = (*DIRECT, *DESCENTS)


class LinearRegression(LinearModel):
    """``y ≈ X coef + intercept`` with the least ``Σ w (y − ŷ)² + alpha ‖coef‖²``; a scikit-learn estimator.

    solver: ``"qr"`` (``"auto"``) factors the data and refines with residuals in extended precision; ``"normal"``
    forms the normal equations, ``"svd"`` takes singular values; ``"gradient-descent"``, ``"nesterov"``, ``"sgd"`` and
    ``"l-bfgs"`` go down the gradient of the loss on standardised columns, as far as `max_iter` and `tol` let them.

    After ``fit(X, y)``, X (n, p), y (n,) or (n, k): `coef_` (p,) or (k, p), `intercept_`, their `standard_errors_` and
    `intercept_standard_error_`, `r_squared_`, `condition_` (of the columns scaled to length 1), `rank_`, and
    `digits_`: how many digits of the worst coefficient are to be trusted. A fit with fewer than four says so.

    >>> model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> model.intercept_, model.coef_.tolist()
    (1.0, [2.0])
    """

    def __init__(
        self, solver: str = "auto", *, fit_intercept: bool = True, alpha: float = 0.0,
        max_iter: int | None = None, tol: float | None = None, random_state: int | None = None,
    ):  # fmt: skip
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.alpha = alpha
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit to X (n, p) and y, (n,) or (n, k). Raises DataError for data that cannot be fitted."""
        layout = self._layout()
        a = validation.matrix(X)
        b = validation.response(y, len(a))
        w = validation.weights(sample_weight, len(a))
        rows = rows_of_arrays(a, b.reshape(len(b), -1), w, layout)
        self._learn_columns(X, a.shape[1])
        self._keep(fitted(rows, Scaled(rows), self._solver(), repr(self)), b.ndim == 1, bool(self.fit_intercept))
        return self

    def fit_chunks(self, chunks: Iterable[Any] | Callable[[], Iterable[Any]]) -> Self:
        """Fit to ``(X, y)`` or ``(X, y, sample_weight)`` that come chunk by chunk, and need not fit into memory.

        What can be gone through again, a list or a function that gives an iterator, is refined as arrays are; an
        iterator is seen once, and solved by QR alone.
        """
        layout = self._layout()
        if self.solver not in ("auto", "qr", "svd"):
            raise ArgumentError(
                f"solver={self.solver!r} needs the data at once\n    For chunks: 'auto', 'qr' or 'svd'."
            )
        source = rows_of_chunks(chunks, layout)
        fit = fitted(source.rows, Scaled(source.rows), self._solver(), repr(self))
        self._learn_columns(source.first, source.features)
        self._keep(fit, source.flat, bool(self.fit_intercept))
        return self

    def _predicted(self, X: Any) -> np.ndarray:
        return self._features(X) @ self.coef_.T + self.intercept_

    def report(self, columns: Sequence[str] | None = None, target: str = "y") -> Report:
        """Coefficients with standard errors, R², condition number and digits to trust; prints as a table."""
        self._require_fitted()
        return report_of(self, columns or column_names(self), target, bool(self.fit_intercept))

    def _layout(self) -> Layout:
        one_of("solver", self.solver, SOLVERS)
        return Layout(bool(self.fit_intercept), number_from(0.0, "alpha", self.alpha))

    def _solver(self) -> Solver:
        if self.solver in DIRECT:
            return DIRECT[self.solver]
        return descend(self.solver, self.max_iter, self.tol, self.random_state)
