"""A probability law of SciPy: its functions in standard form, and what each method makes of them.

The functions of a `Law` are plain NumPy of the standardised value ``z = (x - loc) / scale`` and the shape
parameters. The methods add location, scale and support, in SciPy's conventions: outside the support the density is
0, where a parameter is impossible everything is NaN. Parameters that are possible are so by a guard: a formula does
not say in every line that a scale is positive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.frontends.tracing.lifting import lift
from steepest.frontends.tracing.tracer import Tracer, call
from steepest.frontends.tracing.translation import translates
from steepest.ops.count import count

Standard = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Law:
    """The standard form of a law; what is None is refused, or follows from the others as SciPy has it."""

    log_density: Standard  # of a discrete law the logarithm of its probabilities
    low: float | Standard = -np.inf  # the support, from the least value …
    high: float | Standard = np.inf  # … to the greatest; given the shapes where they decide
    possible: Standard | None = None  # which shapes are; all if None
    ends: bool = True  # whether the formula holds at the ends of the support; else the density is 0 there
    cdf: Standard | None = None
    sf: Standard | None = None
    logcdf: Standard | None = None
    logsf: Standard | None = None
    ppf: Standard | None = None
    isf: Standard | None = None
    source: str = ""


@dataclass(frozen=True)
class Parameters:
    """What a method was called with, as SciPy reads it."""

    shapes: tuple[Any, ...]
    loc: Any
    scale: Any


def parameters(distribution: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Parameters:
    shapes, loc, scale = distribution._parse_args(*args, **kwargs)
    return Parameters(tuple(map(as_array, shapes)), as_array(loc), as_array(scale))


def as_array(x: Any) -> Any:
    """Lists as arrays, also lists of traced numbers; numbers stay numbers."""
    if isinstance(x, (list, tuple)):
        return call(np.asarray, (x,), {})
    return x


def counted(k: Any) -> Any:
    """A count, by which no derivative is taken: between whole numbers there is no probability."""
    return np.positive(k)


translates(counted)(lambda k: count(lift(k)))


def as_count(k: Any) -> Any:
    k = as_array(k)
    return call(counted, (k,), {}) if isinstance(k, Tracer) and k.dtype.kind == "f" else k


def is_plain(x: Any, value: float) -> bool:
    return not isinstance(x, Tracer) and np.ndim(x) == 0 and bool(x == value)


def standardised(x: Any, p: Parameters) -> Any:
    centred = x if is_plain(p.loc, 0) else x - p.loc
    return centred if is_plain(p.scale, 1) else centred / p.scale


def end(bound: float | Standard, shapes: tuple[Any, ...]) -> Any:
    return bound(*shapes) if callable(bound) else bound


def below(law: Law, x: Any, z: Any, p: Parameters, compare: np.ufunc = np.less) -> Any:
    """Where the value lies before the support, or None if nowhere; at 0 the scale does not matter."""
    low = end(law.low, p.shapes)
    if is_plain(low, -np.inf):
        return None
    value, bound = (x, p.loc) if is_plain(low, 0) else (z, low)
    return any_of(compare(value, bound))


def above(law: Law, z: Any, p: Parameters, compare: np.ufunc = np.greater) -> Any:
    """Where the value lies past the support, or None if nowhere."""
    high = end(law.high, p.shapes)
    if is_plain(high, np.inf):
        return None
    return any_of(compare(z, high))


def any_of(condition: Any) -> Any:
    """The condition, or None where it holds nowhere."""
    return condition if np.any(condition) else None


def replaced(result: Any, condition: Any, value: float) -> Any:
    return result if condition is None else np.where(condition, value, result)


def possible_only(result: Any, *conditions: Any) -> Any:
    """NaN where a parameter is impossible."""
    for condition in conditions:
        if not np.all(condition):
            result = np.where(condition, result, np.nan)
    return result


def possible(law: Law, p: Parameters) -> list[Any]:
    """The conditions on the parameters; last the one on the scale."""
    conditions = [] if law.possible is None else [law.possible(*p.shapes)]
    return [*conditions, np.greater(p.scale, 0)]


# --- the methods ----------------------------------------------------------------------------------------


def log_density(law: Law, distribution: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """The logarithm of a negative scale is NaN of itself."""
    p, x = parameters(distribution, args, kwargs), as_array(x)
    start = 0.0 if is_plain(p.scale, 1) else np.log(p.scale)

    def formula(z: Any, *shapes: Any) -> Any:
        value = law.log_density(z, *shapes)
        return value if is_plain(start, 0) else value - start

    return possible_only(_on_support(law, formula, x, p, *_edges(law), -np.inf, -np.inf), *possible(law, p)[:-1])


def density(law: Law, distribution: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    p, x = parameters(distribution, args, kwargs), as_array(x)

    def formula(z: Any, *shapes: Any) -> Any:
        value = np.exp(law.log_density(z, *shapes))
        return value if is_plain(p.scale, 1) else value / p.scale

    return possible_only(_on_support(law, formula, x, p, *_edges(law), 0.0, 0.0), *possible(law, p))


def _edges(law: Law) -> tuple[np.ufunc, np.ufunc]:
    """What compares a value with the ends of the support, to be outside."""
    return (np.less, np.greater) if law.ends else (np.less_equal, np.greater_equal)


def _on_support(
    law: Law, formula: Standard, x: Any, p: Parameters, start: np.ufunc, stop: np.ufunc, before: float, past: float
) -> Any:  # fmt: skip
    """The formula on the support, and fixed values outside, where it is asked for a place inside instead."""
    z = standardised(x, p)
    outside = (below(law, x, z, p, start), before), (above(law, z, p, stop), past)
    for condition, _ in outside:
        z = replaced(z, condition, _inside(law, p.shapes))
    result = formula(z, *p.shapes)
    for condition, value in outside:
        result = replaced(result, condition, value)
    return result


def _inside(law: Law, shapes: tuple[Any, ...]) -> Any:
    """Some value of the support."""
    low, high = end(law.low, shapes), end(law.high, shapes)
    if is_plain(high, np.inf):
        return low + 1
    return high - 1 if is_plain(low, -np.inf) else (low + high) / 2


def log_probability(law: Law, distribution: Any, k: Any, *args: Any, **kwargs: Any) -> Any:
    """Of a count; numbers that are not whole are impossible."""
    p, k = parameters(distribution, args, kwargs), as_count(k)
    z = standardised(k, p)
    result = _on_support(law, law.log_density, k, p, np.less, np.greater, -np.inf, -np.inf)
    result = replaced(result, any_of(np.greater(z, np.floor(z))), -np.inf)
    return possible_only(result, *possible(law, p))


def probability(law: Law, distribution: Any, k: Any, *args: Any, **kwargs: Any) -> Any:
    return np.exp(log_probability(law, distribution, k, *args, **kwargs))


def _share(formula: Callable[[Law], Standard], start: np.ufunc, before: float, past: float) -> Callable[..., Any]:
    """A distribution function, or its logarithm: fixed before the support, where it starts, and past it."""

    def method(law: Law, distribution: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        p, x = parameters(distribution, args, kwargs), as_array(x)
        result = _on_support(law, formula(law), x, p, start, np.greater_equal, before, past)
        return possible_only(result, *possible(law, p))

    return method


def _cdf(law: Law) -> Standard:
    assert law.cdf is not None
    return law.cdf


def _sf(law: Law) -> Standard:
    return law.sf or (lambda z, *shapes: 1 - _cdf(law)(z, *shapes))


def _logcdf(law: Law) -> Standard:
    return law.logcdf or (lambda z, *shapes: np.log(_cdf(law)(z, *shapes)))


def _logsf(law: Law) -> Standard:
    return law.logsf or (lambda z, *shapes: np.log(_sf(law)(z, *shapes)))


def _accurate_logcdf(law: Law) -> Standard:
    return law.logcdf or (_logcdf(law) if law.sf is None else _log_share(_cdf(law), law.sf))


def _accurate_logsf(law: Law) -> Standard:
    return law.logsf or (_logsf(law) if law.sf is None else _log_share(law.sf, _cdf(law)))


def _log_share(share: Standard, rest: Standard) -> Standard:
    """The logarithm of a share, near 1 by what is missing from it: so SciPy has it for continuous laws."""

    def formula(z: Any, *shapes: Any) -> Any:
        part = share(z, *shapes)
        large = any_of(np.greater(part, 0.5))
        return np.log(part) if large is None else np.where(large, np.log1p(-rest(z, *shapes)), np.log(part))

    return formula


def _ppf(law: Law) -> Standard:
    assert law.ppf is not None
    return law.ppf


def _isf(law: Law) -> Standard:
    return law.isf or (lambda q, *shapes: _ppf(law)(1 - q, *shapes))


def _quantile(formula: Callable[[Law], Standard], least: str, most: str) -> Callable[..., Any]:
    """A quantile function; of the probabilities 0 and 1 it gives these ends of the support."""

    def method(law: Law, distribution: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
        p, q = parameters(distribution, args, kwargs), as_array(q)
        result = formula(law)(q, *p.shapes)
        for share, side in ((0, least), (1, most)):
            result = replaced(result, any_of(np.equal(q, share)), end(getattr(law, side), p.shapes))
        result = result if is_plain(p.scale, 1) else result * p.scale
        result = result if is_plain(p.loc, 0) else result + p.loc
        return possible_only(result, np.logical_and(np.less_equal(0, q), np.less_equal(q, 1)), *possible(law, p))

    return method


Methods = dict[str, Callable[..., Any]]
SHARES = {
    "cdf": (_cdf, 0.0, 1.0),
    "sf": (_sf, 1.0, 0.0),
    "logcdf": (_logcdf, -np.inf, 0.0),
    "logsf": (_logsf, 0.0, -np.inf),
}
ACCURATE = SHARES | {"logcdf": (_accurate_logcdf, -np.inf, 0.0), "logsf": (_accurate_logsf, 0.0, -np.inf)}
CONTINUOUS_SHARES: Methods = {name: _share(f, np.less_equal, *ends) for name, (f, *ends) in ACCURATE.items()}
DISCRETE_SHARES: Methods = {name: _share(f, np.less, *ends) for name, (f, *ends) in SHARES.items()}
QUANTILES: Methods = {"ppf": _quantile(_ppf, "low", "high"), "isf": _quantile(_isf, "high", "low")}


def continuous_methods(law: Law) -> Methods:
    """The rules of the methods that the law has."""
    found = {"logpdf": log_density, "pdf": density}
    return found | (CONTINUOUS_SHARES if law.cdf else {}) | (QUANTILES if law.ppf else {})


def discrete_methods(law: Law) -> Methods:
    return {"logpmf": log_probability, "pmf": probability} | (DISCRETE_SHARES if law.cdf else {})
