"""What scikit-learn expects of an estimator, without importing it: parameters, tags, scores, names of columns."""

from __future__ import annotations

import inspect
import reprlib
import sys
import warnings
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np

from steepest.errors import ArgumentError, DataError, NotFittedError

from . import validation


class FitWarning(UserWarning):
    """A fit that is not what was hoped for: digits lost, no one solution, or stopped too early. The text says which."""


class Estimator(ABC):
    """Parameters are the arguments of ``__init__``, kept under their names and never changed by a fit."""

    n_features_in_: int
    feature_names_in_: np.ndarray

    @classmethod
    def _parameters(cls) -> dict[str, Any]:
        """The parameters with their defaults."""
        _, *arguments = inspect.signature(cls.__init__).parameters.values()
        return {a.name: a.default for a in arguments}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name."""
        return {name: vars(self)[name] for name in sorted(self._parameters())}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name. Raises DataError, a ValueError, for a name that is none."""
        for name, value in parameters.items():
            if name not in self._parameters():
                known = ", ".join(self._parameters())
                raise DataError(f"{type(self).__name__} has no parameter {name!r}; it has {known}")
            vars(self)[name] = value
        return self

    def __repr__(self) -> str:
        given = [f"{k}={_shown(vars(self)[k])}" for k, v in self._parameters().items() if not _same(vars(self)[k], v)]
        return f"{type(self).__name__}({', '.join(given)})"

    def __sklearn_tags__(self) -> Any:
        """Called by scikit-learn only, which is there then."""
        from sklearn.utils import InputTags, RegressorTags, Tags, TargetTags  # noqa: PLC0415  # optional

        return Tags(
            estimator_type="regressor",
            target_tags=TargetTags(required=True, multi_output=True),
            regressor_tags=RegressorTags(),
            input_tags=InputTags(),
        )

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R² of the prediction, ``1 − Σ w (y − ŷ)² / Σ w (y − mean)²``, averaged over outputs; 1 is perfect."""
        predicted = self._predicted(X)
        y = validation.response(y, len(predicted)).reshape(predicted.shape)
        w = validation.weights(sample_weight, len(y))
        w = np.ones(len(y)) if w is None else w
        w = w.reshape(-1, *(1,) * (y.ndim - 1))
        residual = np.sum(w * (y - predicted) ** 2, axis=0)
        total = np.sum(w * (y - np.sum(w * y, axis=0) / np.sum(w)) ** 2, axis=0)
        perfect = np.where(residual == 0, 1.0, 0.0)  # of responses that do not vary
        return float(np.mean(np.where(total > 0, 1 - residual / np.where(total > 0, total, 1.0), perfect)))

    @abstractmethod
    def _predicted(self, X: Any) -> np.ndarray:
        """The prediction for each row, (m,) or (m, k)."""

    # --- for those that inherit -------------------------------------------------------------------------

    def _learn_columns(self, X: Any, columns: int) -> None:
        self.n_features_in_ = columns
        names = names_of_columns(X)
        if names is not None:
            self.feature_names_in_ = names
        else:
            vars(self).pop("feature_names_in_", None)

    def _features(self, X: Any) -> np.ndarray:
        """Predictors for a prediction: as many columns, and of the same names, as in the fit."""
        self._require_fitted()
        self._compare_names(names_of_columns(X))
        a = validation.matrix(X)
        if a.shape[1] != self.n_features_in_:
            raise DataError(
                f"X has {a.shape[1]} features, but {type(self).__name__} is expecting {self.n_features_in_} features"
                " as input"
            )
        return np.asarray(a, dtype=float)

    def _compare_names(self, names: np.ndarray | None) -> None:
        fitted = vars(self).get("feature_names_in_")
        if names is None and fitted is not None:
            message = f"X does not have valid feature names, but {type(self).__name__} was fitted with feature names"
            warnings.warn(message, UserWarning, stacklevel=4)
        if names is None or fitted is None or names.tolist() == fitted.tolist():
            return
        message = "The feature names should match those that were passed during fit.\n"
        unseen, missing = sorted({*names} - {*fitted}), sorted({*fitted} - {*names})
        for what, some in (
            ("Feature names unseen at fit time", unseen),
            ("Feature names seen at fit time, yet now missing", missing),
        ):
            if some:
                shown = [f"- {n}\n" for n in some[:5]] + ["- ...\n"] * (len(some) > 5)
                message += f"Feature names {what}:\n{''.join(shown)}"
        if not unseen and not missing:
            message += "Feature names must be in the same order as they were in fit.\n"
        raise DataError(message)

    def _require_fitted(self) -> None:
        if "n_features_in_" not in vars(self):
            raise _not_fitted()(f"this {type(self).__name__} has not been fitted\n    Call fit(X, y) first.")


def _shown(value: Any) -> str:
    """A parameter in one short line."""
    name = getattr(value, "__name__", None)
    return name if callable(value) and isinstance(name, str) else reprlib.repr(value)


def _same(value: Any, default: Any) -> bool:
    return value is default or (
        type(value) is type(default) and isinstance(value, (int, float, str)) and value == default
    )


def _not_fitted() -> type[NotFittedError]:
    """Our error; where scikit-learn is in use, one that is also what it looks for."""
    theirs = sys.modules.get("sklearn.exceptions")
    if theirs is None:
        return NotFittedError
    return type("NotFittedError", (NotFittedError, theirs.NotFittedError), {})


def names_of_columns(X: Any) -> np.ndarray | None:
    """The names of the columns of a data frame, if all of them are words."""
    columns = getattr(X, "columns", None)
    if columns is None or isinstance(X, np.ndarray) or callable(columns):
        return None
    names = list(columns)
    return np.array(names, dtype=object) if names and all(isinstance(n, str) for n in names) else None


def one_of(name: str, value: Any, known: Any) -> None:
    """Raise ArgumentError where a parameter has none of the values it can have."""
    if value not in known:
        raise ArgumentError(f"{name}={value!r} is none of {', '.join(map(repr, known))}")


def number_from(least: float, name: str, value: Any) -> float:
    """A parameter that is a finite number, at least `least`. Raises ArgumentError for anything else."""
    if isinstance(value, (int, float, np.integer, np.floating)) and least <= value < np.inf:
        return float(value)
    raise ArgumentError(f"{name}={value!r} is no number from {least:g} on")


def whole_number_from(least: int, name: str, value: Any) -> int:
    """A parameter that is a whole number, at least `least`. Raises ArgumentError for anything else."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise ArgumentError(f"{name}={value!r} is no whole number from {least} on")
