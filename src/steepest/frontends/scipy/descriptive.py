"""Descriptive statistics of scipy.stats: means, moments and scores along an axis, the entropy of shares.

Kendall & Stuart, The Advanced Theory of Statistics 1 (1977), chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.errors import CaptureError, located, user_line
from steepest.frontends.tracing.tracer import as_expr, call
from steepest.frontends.tracing.translation import once_imported, translates_with_values

Rule = Callable[..., Any]


def _array(x: Any) -> Any:
    return call(np.asarray, (x,), {})


def _moment(a: Any, order: int, axis: Any) -> Any:
    """About the mean."""
    return np.mean((a - np.mean(a, axis=axis, keepdims=True)) ** order, axis=axis)


def entropy(pk: Any, qk: Any = None, base: Any = None, axis: Any = 0) -> Any:
    """Of shares made of these numbers; from others the divergence."""
    p = _array(pk)
    p = p / np.sum(p, axis=axis, keepdims=True)
    if qk is None:
        found = np.sum(sp.entr(p), axis=axis)
    else:
        q = _array(qk)
        found = np.sum(sp.rel_entr(p, q / np.sum(q, axis=axis, keepdims=True)), axis=axis)
    return found if base is None else found / np.log(base)


def zscore(a: Any, axis: Any = 0, ddof: int = 0) -> Any:
    a = _array(a)
    return (a - np.mean(a, axis=axis, keepdims=True)) / np.std(a, axis=axis, ddof=ddof, keepdims=True)


def gmean(a: Any, axis: Any = 0, dtype: Any = None, weights: Any = None) -> Any:
    logs = np.log(_array(a))
    return np.exp(np.mean(logs, axis=axis) if weights is None else np.average(logs, axis=axis, weights=weights))


def hmean(a: Any, axis: Any = 0, dtype: Any = None, weights: Any = None) -> Any:
    inverse = 1.0 / _array(a)
    return 1.0 / (np.mean(inverse, axis=axis) if weights is None else np.average(inverse, axis=axis, weights=weights))


def sem(a: Any, axis: Any = 0, ddof: int = 1) -> Any:
    """The standard error of the mean."""
    a = _array(a)
    return np.std(a, axis=axis, ddof=ddof) / np.sqrt(np.size(a) if axis is None else np.shape(a)[axis])


def skew(a: Any, axis: Any = 0, bias: bool = True) -> Any:
    _require_biased("skew", bias)
    a = _array(a)
    return _moment(a, 3, axis) / _moment(a, 2, axis) ** 1.5


def kurtosis(a: Any, axis: Any = 0, fisher: bool = True, bias: bool = True) -> Any:
    _require_biased("kurtosis", bias)
    a = _array(a)
    found = _moment(a, 4, axis) / _moment(a, 2, axis) ** 2
    return found - 3 if fisher else found


def _require_biased(name: str, bias: bool) -> None:
    if not bias:
        raise CaptureError(
            located(f"scipy.stats.{name} with bias=False cannot be recorded", user_line())
            + "\n    Leave bias away, or write its formula with NumPy."
        )


RULES: dict[str, Rule] = {
    f.__name__: f for f in (entropy, zscore, gmean, hmean, sem, skew, kurtosis)
}  # fmt: skip
AS_THEY_ARE = {"nan_policy": "propagate", "keepdims": False}


def _as_expression(rule: Rule) -> Rule:
    def translated(*args: Any, **kwargs: Any) -> Any:
        for name, usual in AS_THEY_ARE.items():
            if kwargs.pop(name, usual) != usual:
                raise CaptureError(located(f"scipy.stats.{rule.__name__} with {name}= cannot be recorded", user_line()))
        return as_expr(rule(*args, **kwargs))

    return translated


@once_imported("scipy.stats")
def enter(stats: Any) -> None:
    for name, rule in RULES.items():
        translates_with_values(getattr(stats, name))(_as_expression(rule))
