"""`LossRegressor`: any model and any differentiable loss, written in plain NumPy, as an estimator."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from steepest.descent.minimize import minimize
from steepest.descent.parameters import parameters_of
from steepest.errors import ArgumentError, DataError

from . import validation
from .estimator import Estimator, FitWarning, one_of
from .losses import LOSSES, WIDTHS, level_of, require_possible

TOLERANCE = 1e-12
MANY = 300  # parameters, from which on their matrix of second derivatives is not approximated as a whole

Predict = Callable[[Any, np.ndarray], Any]  # theta, X (n, p): (n,) or (n, k)
Cost = Callable[[Any, Any], Any]  # prediction, y: one number, or one for each row


class LossRegressor(Estimator):
    """The parameters theta with the least mean of ``loss(predict(theta, X), y)``, plus ``penalty(theta)``.

    predict(theta, X): a plain NumPy function; None for the linear ``X @ theta["coef"] + theta["intercept"]``. Theta is
    a number, an array, or nested dicts and lists of them, and begins at `start` (or at ``start(X, y)``).
    loss(prediction, y): a plain NumPy function, of one number (a mean) or a number for each row; or a name:
    ``"squared" "absolute" "huber" "quantile" "poisson" "logistic" "gamma"``. `level` is Huber's threshold, 1.35, or
    the quantile, 0.5. For Poisson and gamma, what `predict` gives is the logarithm of the mean; for logistic, the
    log-odds: `estimator.predict(X)` gives the mean then.
    solver, max_iter, tol: the method of `minimize` and how far it goes; ``"auto"`` is BFGS, for many parameters L-BFGS.

    After ``fit(X, y)``: `theta_`, `loss_` (the value reached), `result_` (of `minimize`), and for the linear model
    `coef_` and `intercept_`. A fit that has not converged says so.

    >>> X, y = np.arange(8.0)[:, None], np.array([0.0, 1, 2, 3, 4, 5, 6, 70])
    >>> model = LossRegressor(loss="huber", level=0.1).fit(X, y)
    >>> model.coef_.round(2).tolist()
    [1.01]
    """

    def __init__(
        self, predict: Predict | None = None, loss: str | Cost = "squared", *, start: Any = None,
        penalty: Callable[[Any], Any] | None = None, level: float | None = None, solver: str = "auto",
        max_iter: int | None = None, tol: float | None = None, random_state: int | None = None,
    ):  # fmt: skip
        # `predict` is a parameter and, as scikit-learn wants it, a method: the property below stands before this.
        vars(self)["predict"] = predict
        self.loss = loss
        self.start = start
        self.penalty = penalty
        self.level = level
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    @property
    def predict(self) -> Callable[[Any], np.ndarray]:
        """``predict(X)``: what the fitted model says of each row, (m,) or (m, k)."""
        return self._predicted

    def _predicted(self, X: Any) -> np.ndarray:
        a = self._features(X)
        z = np.asarray(self._model()(self.theta_, a))
        mean = LOSSES[self.loss].mean if isinstance(self.loss, str) else None
        return z if mean is None else np.asarray(mean(z))

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit to X (n, p) and y, (n,) or (n, k). Raises DataError for data that cannot be fitted."""
        a = np.asarray(validation.matrix(X), dtype=float)
        b = np.asarray(validation.response(y, len(a)), dtype=float)
        w = validation.weights(sample_weight, len(a))
        if w is not None:
            a, b, w = a[w > 0], b[w > 0], w[w > 0] / np.mean(w[w > 0])
        costs = list(self._costs(b))
        problem = _Problem(self, a, b, w)
        for cost in costs:
            problem.descend(cost)
        self._learn_columns(X, a.shape[1])
        self.theta_, self.result_ = problem.theta(), problem.result
        self.loss_, self.n_iter_ = float(problem.result.fun), max(int(problem.steps), 1)
        if vars(self)["predict"] is None:
            self.coef_, self.intercept_ = self.theta_["coef"].T, self.theta_["intercept"]
        if not problem.result.success:
            warnings.warn(f"{self!r}: {problem.result.message}", FitWarning, stacklevel=2)
        return self

    def _model(self) -> Predict:
        given = vars(self)["predict"]
        return linear if given is None else given

    def _costs(self, y: np.ndarray) -> Iterator[Cost]:
        """The loss; of one with corners a series of smooth ones, each nearer to it than the last."""
        if callable(self.loss):
            yield self.loss
            return
        one_of("loss", self.loss, tuple(LOSSES))
        require_possible(self.loss, y)
        loss, level = LOSSES[self.loss], level_of(self.loss, self.level)
        spread = float(np.std(y)) or 1.0
        for width in WIDTHS if loss.corners else (0.0,):
            yield _with(loss.cost, level, width * spread)


def _with(cost: Callable[[Any, Any, float, float], Any], level: float, width: float) -> Cost:
    return lambda z, y: cost(z, y, level, width)


def linear(theta: Any, X: Any) -> Any:
    """``X @ coef + intercept``."""
    return X @ theta["coef"] + theta["intercept"]


class _Problem:
    """The minimisation behind a fit. The linear model is fitted on standardised columns, unless it is penalised."""

    def __init__(self, model: LossRegressor, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None):
        self.model, self.y, self.weight = model, y, weight
        self.predict, self.steps = model._model(), 0
        self.is_linear = vars(model)["predict"] is None
        self.centre, self.spread = np.zeros(X.shape[1]), np.ones(X.shape[1])
        if self.is_linear and model.penalty is None:
            self.centre = np.average(X, axis=0, weights=weight)
            spread = np.sqrt(np.average((X - self.centre) ** 2, axis=0, weights=weight))
            self.spread = np.where(spread > 0, spread, 1.0)
            self._require_rank((X - self.centre) / self.spread)
        self.X = (X - self.centre) / self.spread
        self.now = self._start(X)

    def _require_rank(self, Z: np.ndarray) -> None:
        rank = int(np.linalg.matrix_rank(Z)) if len(Z) > 1 else 0
        if rank < Z.shape[1]:
            warnings.warn(
                f"{self.model!r}: the data do not determine the coefficients: {rank} of {Z.shape[1]} columns are"
                " independent\n    Of all best solutions this is the one near the start. Leave out columns that follow"
                "\n    from others, or give a penalty.",
                FitWarning, stacklevel=4,
            )  # fmt: skip

    def _start(self, X: np.ndarray) -> Any:
        start = self.model.start
        if start is None:
            if not self.is_linear:
                raise ArgumentError(
                    "LossRegressor needs `start`: the parameters that predict(theta, X) begins with"
                    "\n    A number, an array, nested dicts of them, or a function start(X, y) that gives them."
                )
            shape = self.y.shape[1:]
            return {"coef": np.zeros((X.shape[1], *shape)), "intercept": np.zeros(shape)}
        start = start(X, self.y) if callable(start) else start
        parameters, vector = parameters_of(start)
        return parameters.unpack(vector)

    def descend(self, cost: Cost) -> None:
        """Go on from where the last descent ended."""
        model = self.model
        options = {} if model.max_iter is None else {"maxiter": model.max_iter}
        method = model.solver
        if method == "auto":
            method = "bfgs" if parameters_of(self.now)[0].size <= MANY else "l-bfgs"
        if method == "sgd":
            options |= {"batch_size": min(32, len(self.X)), "seed": model.random_state or 0}
        data = (self.X, self.y) if self.weight is None else (self.X, self.y, self.weight)
        self.result = minimize(
            self._objective(cost), self.now, data, method, progress=False, options=options,
            tol=TOLERANCE if model.tol is None else model.tol,
        )  # fmt: skip
        self.now, self.steps = self.result.x, self.steps + int(self.result.nit)

    def _objective(self, cost: Cost) -> Callable[..., Any]:
        predict, penalty = self.predict, self.model.penalty
        shape = self._shape(cost)
        if self.weight is not None and not shape:
            raise DataError(
                "sample_weight needs a loss for each row, and loss(prediction, y) is one number"
                "\n    Return the losses of the rows, not their mean."
            )
        columns = shape[1:]

        def objective(theta: Any, X: Any, y: Any, *weight: Any) -> Any:
            costs = cost(predict(theta, X), y)
            if weight:
                costs = costs * np.reshape(weight[0], (-1, *(1,) * len(columns)))
            mean = np.mean(costs)
            return mean if penalty is None else mean + penalty(theta)

        return objective

    def _shape(self, cost: Cost) -> tuple[int, ...]:
        """Of the losses at the start; looks at what the user's functions give."""
        z = np.asarray(self.predict(self.now, self.X))
        if z.shape != self.y.shape:
            raise DataError(
                f"predict(theta, X) has shape {z.shape} for X of shape {self.X.shape}; y has {self.y.shape}"
            )
        shape = np.shape(cost(z, self.y))
        if shape not in ((), self.y.shape[:1], self.y.shape):
            raise DataError(
                f"loss(prediction, y) has shape {shape}; it needs one number, or one for each row, {self.y.shape[:1]}"
            )
        return shape

    def theta(self) -> Any:
        """The parameters for the columns as given."""
        if not self.is_linear:
            return self.now
        coef = self.now["coef"] / self.spread.reshape(-1, *(1,) * (self.y.ndim - 1))
        return {"coef": coef, "intercept": self.now["intercept"] - self.centre @ coef}
