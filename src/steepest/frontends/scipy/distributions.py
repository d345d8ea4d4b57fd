"""scipy.stats in a trace: stand-ins of its distributions, free and frozen, and the rules of their methods."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from steepest.errors import UnknownFunctionError, located, user_line
from steepest.frontends.numpy.draws import plain_generator
from steepest.frontends.tracing.fixed import settled
from steepest.frontends.tracing.tracer import as_expr, call, find_tracers
from steepest.frontends.tracing.translation import (
    KINDS,
    TRANSLATIONS,
    WITH_VALUES,
    once_imported,
    translates_with_values,
)

from .continuous_laws import CONTINUOUS
from .discrete_laws import DISCRETE
from .law import Law, continuous_methods, discrete_methods
from .multivariate_laws import MULTIVARIATE, frozen_parameters

# The distributions of scipy.stats by their types: frozen ones refer to copies of them.
ORIGINALS: dict[type, Any] = {}


def original(distribution: Any) -> Any:
    """The distribution of scipy.stats of which this is a copy; itself if its support is another."""
    found = ORIGINALS.get(type(distribution), distribution)
    ends = [(getattr(d, "a", None), getattr(d, "b", None)) for d in (found, distribution)]
    return found if ends[0] == ends[1] else distribution


class Distribution:
    """A distribution of scipy.stats: the same, but that its methods take traced values, and freezing keeps them."""

    def __init__(self, distribution: Any):
        self.original = distribution

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        kind: type = type(self.original)
        return kind

    def __call__(self, *args: Any, **kwargs: Any) -> Frozen:
        return Frozen(self, args, kwargs)

    freeze = __call__

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.original, name)
        return functools.partial(_called, self.original, member) if callable(member) else member


class Frozen:
    """A distribution with its parameters."""

    def __init__(self, free: Distribution, args: tuple[Any, ...], kwargs: Mapping[str, Any]):
        self.free, self.args, self.kwargs = free, args, kwargs

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.free, name)
        if not callable(method):
            return method

        def bound(*args: Any, **kwargs: Any) -> Any:
            if name in WITHOUT_VALUE:
                named = dict(zip(WITHOUT_VALUE[name], args, strict=False)) | kwargs
                return method(*self.args, **self.kwargs, **named)
            value, *rest = args if args else (kwargs.pop(next(iter(kwargs))),)
            return method(value, *self.args, *rest, **self.kwargs, **kwargs)

        return bound


# Methods that take no value, with what may come first instead.
WITHOUT_VALUE: Mapping[str, tuple[str, ...]] = {
    "rvs": ("size", "random_state"), "stats": ("moments",),
    **dict.fromkeys(("mean", "var", "std", "median", "entropy", "support"), ()),
}  # fmt: skip


def _called(distribution: Any, method: Any, *args: Any, **kwargs: Any) -> Any:
    if next(find_tracers((args, kwargs)), None) is None:
        return method(*args, **{name: plain_generator(value) for name, value in kwargs.items()})
    if method.__name__ == "rvs" and hasattr(distribution, "pdf"):
        return _draw(distribution, *args, **kwargs)
    if method not in TRANSLATIONS and method not in WITH_VALUES:
        raise _unknown(distribution, method)
    return call(method, args, kwargs)


def _draw(distribution: Any, *args: Any, size: Any = None, random_state: Any = None, **kwargs: Any) -> Any:
    """A standard draw, moved and stretched, as SciPy makes it."""
    count = distribution.numargs + 2  # besides the shapes the place and the scale; then comes the size
    shapes, loc, scale = distribution._parse_args(*args[:count], **kwargs)
    shapes, wraps = settled(shapes), "rvs" in vars(type(distribution))  # a draw on a circle stays there
    if wraps or next(find_tracers(shapes), None) is not None:
        raise _unknown(distribution, distribution.rvs)
    size = args[count] if len(args) > count else size
    size = np.broadcast_shapes(np.shape(loc), np.shape(scale), *map(np.shape, shapes)) or None if size is None else size
    return loc + scale * distribution.rvs(*shapes, size=size, random_state=plain_generator(random_state))


def _unknown(distribution: Any, method: Any) -> UnknownFunctionError:
    name = getattr(distribution, "name", None) or type(distribution).__name__.removesuffix("_gen")
    said = f"no derivative is known for scipy.stats.{name}.{method.__name__}"
    return UnknownFunctionError(
        located(said, user_line())
        + "\n    Write its formula with NumPy and scipy.special,"
        + "\n    or compute it outside the function and pass the result as an argument."
    )


def _from_frozen(frozen: Any) -> Frozen:
    return Frozen(Distribution(original(frozen.dist)), frozen.args, frozen.kwds)


def _from_multivariate(frozen: Any) -> Any:
    found = frozen_parameters(frozen)
    return frozen if found is None else Frozen(Distribution(original(frozen._dist)), found, {})


@once_imported("scipy.stats")
def enter(stats: Any) -> None:
    """The rules of all laws, and the stand-ins of the four kinds of objects."""
    for table, methods in ((CONTINUOUS, continuous_methods), (DISCRETE, discrete_methods)):
        for name, law in table.items():
            distribution = ORIGINALS[type(getattr(stats, name))] = getattr(stats, name)
            for method, rule in methods(law).items():
                translates_with_values(getattr(distribution, method))(_of_law(rule, law, distribution))
    for name, rules in MULTIVARIATE.items():
        distribution = ORIGINALS[type(getattr(stats, name))] = getattr(stats, name)
        for method, rule in rules.items():
            translates_with_values(getattr(distribution, method))(_as_expressions(rule))
    for kind in (stats.rv_continuous, stats.rv_discrete, type(stats.multivariate_normal).__mro__[1]):
        KINDS[kind] = Distribution
    frozen = stats.norm(0, 1)
    KINDS[type(frozen).__mro__[1]] = _from_frozen
    KINDS[type(stats.dirichlet([1.0, 1.0])).__mro__[1]] = _from_multivariate


def _of_law(rule: Callable[..., Any], law: Law, distribution: Any) -> Callable[..., Any]:
    return _as_expressions(functools.partial(rule, law, distribution))


def _as_expressions(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The rule computes with traced values; SciPy's own are taken, which may differ by rounding."""
    return lambda *args, **kwargs: as_expr(rule(*args, **kwargs))
