"""Python's `statistics` on traced numbers, which it would take apart into exact fractions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.frontends.tracing.tracer import call, to_values
from steepest.frontends.tracing.translation import KINDS, OBJECTS


def data_of(items: Any) -> Any:
    return call(np.asarray, (list(items),), {})


def mean(data: Any) -> Any:
    return np.mean(data_of(data))


def fmean(data: Any, weights: Any = None) -> Any:
    return mean(data) if weights is None else np.average(data_of(data), weights=data_of(weights))


def geometric_mean(data: Any) -> Any:
    return np.exp(np.mean(np.log(_positive(data))))


def harmonic_mean(data: Any, weights: Any = None) -> Any:
    x = _positive(data)
    shares = np.ones(len(x)) if weights is None else data_of(weights)
    return np.sum(shares) / np.sum(shares / x)


def _positive(data: Any) -> Any:
    """The data; `statistics` raises an error where they are not positive, so that the trace holds where they are."""
    x = data_of(data)
    if not np.all(x > 0):
        raise statistics.StatisticsError("this mean is of positive numbers")
    return x


def median(data: Any) -> Any:
    return np.median(data_of(data))


def median_low(data: Any) -> Any:
    x = data_of(data)
    return np.sort(x)[(len(x) - 1) // 2]


def median_high(data: Any) -> Any:
    x = data_of(data)
    return np.sort(x)[len(x) // 2]


def pvariance(data: Any, mu: Any = None) -> Any:
    x = data_of(data)
    return np.mean((x - (np.mean(x) if mu is None else mu)) ** 2)


def variance(data: Any, xbar: Any = None) -> Any:
    x = data_of(data)
    return np.sum((x - (np.mean(x) if xbar is None else xbar)) ** 2) / (len(x) - 1)


def pstdev(data: Any, mu: Any = None) -> Any:
    return np.sqrt(pvariance(data, mu))


def stdev(data: Any, xbar: Any = None) -> Any:
    return np.sqrt(variance(data, xbar))


def covariance(x: Any, y: Any, /) -> Any:
    a, b = data_of(x), data_of(y)
    return np.sum((a - np.mean(a)) * (b - np.mean(b))) / (len(a) - 1)


def correlation(x: Any, y: Any, /, *, method: str = "linear") -> Any:
    a, b = ((np.argsort(np.argsort(v)) if method == "ranked" else v) for v in (data_of(x), data_of(y)))
    return covariance(a, b) / (stdev(a) * stdev(b))


def linear_regression(x: Any, y: Any, /, *, proportional: bool = False) -> Any:
    a, b = data_of(x), data_of(y)
    if proportional:
        return statistics.LinearRegression(np.sum(a * b) / np.sum(a * a), 0.0)
    slope = covariance(a, b) / variance(a)
    return statistics.LinearRegression(slope, np.mean(b) - slope * np.mean(a))


def quantiles(data: Any, *, n: int = 4, method: str = "exclusive") -> list[Any]:
    """Hyndman and Fan's definitions 6 ("exclusive") and 7 ("inclusive")."""
    x = np.sort(data_of(data))
    intervals, shift = (len(x) - 1, 0) if method == "inclusive" else (len(x) + 1, 1)
    found = []
    for i in range(1, n):
        j = min(max(i * intervals // n, shift), len(x) - 2 + shift)
        share = i * intervals - j * n
        found.append((x[j - shift] * (n - share) + x[j - shift + 1] * share) / n)
    return found


COUNTERPARTS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        mean, fmean, geometric_mean, harmonic_mean, median, median_low, median_high, pvariance, variance, pstdev, stdev,
        covariance, correlation, linear_regression, quantiles,
    )
}  # fmt: skip


def on_tracers(function: Callable[..., Any]) -> Callable[..., Any]:
    """What stands for a function of `statistics` when it is given traced numbers."""
    counterpart = COUNTERPARTS.get(function.__name__)
    if counterpart is None:
        return lambda *args, **kwargs: call(function, args, kwargs)  # which says that it is not known

    def checked(*args: Any, **settings: Any) -> Any:
        function(*to_values(args), **to_values(settings))  # which raises what it raises
        return counterpart(*args, **settings)

    return checked


class Normal:
    """``statistics.NormalDist`` with traced parameters, or at traced numbers."""

    def __init__(self, mu: Any = 0.0, sigma: Any = 1.0):
        if sigma < 0:
            raise statistics.StatisticsError("sigma must be non-negative")
        self.mean = self.median = self.mode = mu
        self.stdev = sigma

    @classmethod
    def from_samples(cls, data: Any) -> Normal:
        return cls(mean(data), stdev(data))

    @property
    def variance(self) -> Any:
        return self.stdev**2

    def zscore(self, x: Any) -> Any:
        return (x - self.mean) / self.stdev

    def pdf(self, x: Any) -> Any:
        return np.exp(-0.5 * self.zscore(x) ** 2) / (self.stdev * math.sqrt(math.tau))

    def cdf(self, x: Any) -> Any:
        return sp.ndtr(self.zscore(x))

    def inv_cdf(self, p: Any) -> Any:
        return self.mean + self.stdev * sp.ndtri(p)

    def __add__(self, other: Any) -> Normal:
        if isinstance(other, Normal):
            return Normal(self.mean + other.mean, np.sqrt(self.variance + other.variance))
        return Normal(self.mean + other, self.stdev)

    __radd__ = __add__

    def __mul__(self, factor: Any) -> Normal:
        return Normal(self.mean * factor, self.stdev * np.abs(factor))

    __rmul__ = __mul__

    def __neg__(self) -> Normal:
        return self * -1.0

    def __sub__(self, other: Any) -> Normal:
        return self + -other

    def __truediv__(self, divisor: Any) -> Normal:
        return self * (1.0 / divisor)


OBJECTS[id(statistics.NormalDist)] = Normal
KINDS[statistics.NormalDist] = lambda item: Normal(item.mean, item.stdev)
