"""What a fit leaves on an estimator."""

from __future__ import annotations

from typing import Any

import numpy as np

from .estimator import Estimator
from .fitting import Fit


class LinearModel(Estimator):
    """An estimator whose answer is an intercept and coefficients; those of the fit, and what is known of them."""

    coef_: np.ndarray  # (p,), or (k, p) for y of shape (n, k)
    standard_errors_: np.ndarray
    intercept_: Any  # a float, or (k,)
    intercept_standard_error_: Any
    r_squared_: Any
    residual_standard_deviation_: Any
    degrees_of_freedom_: float
    rank_: int
    condition_: float
    digits_: float
    digits_of_solver_: float
    digits_of_data_: float
    method_: str
    n_iter_: int

    def predict(self, X: Any) -> np.ndarray:
        """What the fitted model says of each row, (m,) or (m, k)."""
        return self._predicted(X)

    def _keep(self, fit: Fit, flat: bool, intercept: bool) -> None:
        """`flat`: y was (n,), so that what belongs to one output is a number."""
        free, found = int(intercept), fit.statistics
        zeros = np.zeros(fit.x.shape[1])

        def shaped(a: np.ndarray) -> Any:
            one = a[0].copy() if flat else a.copy()
            return one if one.ndim else float(one)

        self.coef_, self.standard_errors_ = shaped(fit.x[free:].T), shaped(found.standard_errors[free:].T)
        self.intercept_ = shaped(fit.x[0] if free else zeros)
        self.intercept_standard_error_ = shaped(found.standard_errors[0] if free else zeros)
        self.r_squared_, self.residual_standard_deviation_ = shaped(found.r_squared), shaped(found.spread)
        self.degrees_of_freedom_ = found.degrees_of_freedom
        self.rank_, self.condition_, self.digits_ = fit.rank, fit.condition, fit.digits
        self.digits_of_solver_, self.digits_of_data_ = fit.reached, fit.allowed
        self.method_, self.n_iter_ = fit.method, max(fit.steps, 1)
