"""Random numbers with traced parameters: a standard draw, moved and stretched.

A draw from a law with parameters is a function of them and of a draw from the standard law, which NumPy makes from
the same stream of bits (Kingma & Welling, Auto-Encoding Variational Bayes (2014), 2.4). A generator seeded inside the
function makes the draw a constant; any other makes the function not deterministic, and the net says so.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import UnknownFunctionError, located, user_line
from steepest.frontends.tracing.fixed import any_varies, settled
from steepest.frontends.tracing.stand_ins import MakingType
from steepest.frontends.tracing.tracer import find_tracers, to_values
from steepest.frontends.tracing.translation import KINDS, OBJECTS

Draw = Callable[..., Any]
Sampler = Callable[..., Any]


def _shape(size: Any, *parameters: Any) -> Any:
    """The shape of the draw: as asked for, else that of the parameters together."""
    return np.broadcast_shapes(*map(np.shape, parameters)) or None if size is None else size


def _by_place_and_scale(name: str) -> Sampler:
    def sampler(rng: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        return loc + scale * getattr(rng, name)(size=_shape(size, loc, scale))

    return sampler


def _normal(rng: Any, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
    return loc + scale * rng.standard_normal(_shape(size, loc, scale))


def _lognormal(rng: Any, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None) -> Any:
    return np.exp(_normal(rng, mean, sigma, size))


def _uniform(rng: Any, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
    return low + (high - low) * rng.uniform(size=_shape(size, low, high))


def _exponential(rng: Any, scale: Any = 1.0, size: Any = None) -> Any:
    return scale * rng.standard_exponential(_shape(size, scale))


def _rayleigh(rng: Any, scale: Any = 1.0, size: Any = None) -> Any:
    return scale * rng.rayleigh(size=_shape(size, scale))


def _gamma(rng: Any, shape: Any, scale: Any = 1.0, size: Any = None) -> Any:
    shape = _fixed("gamma", "by its shape: only by its scale", shape)
    return scale * rng.standard_gamma(shape, _shape(size, shape, scale))


def _weibull(rng: Any, a: Any, size: Any = None) -> Any:
    return rng.standard_exponential(_shape(size, a)) ** (1.0 / a)


def _pareto(rng: Any, a: Any, size: Any = None) -> Any:
    return np.expm1(rng.standard_exponential(_shape(size, a)) / a)


def _multivariate_normal(rng: Any, mean: Any, cov: Any, size: Any = None, *further: Any, **settings: Any) -> Any:
    cov = _fixed("multivariate_normal", "by its covariance: write mean + np.linalg.cholesky(cov) @ z for it", cov)
    return mean + rng.multivariate_normal(np.zeros(np.shape(mean)), cov, size, *further, **settings)


def _choice(
    rng: Any, a: Any, size: Any = None, replace: bool = True, p: Any = None, axis: int = 0, **settings: Any
) -> Any:
    p = _fixed("choice", "by its probabilities: which item is chosen jumps with them", p)
    return np.take(a, rng.choice(np.shape(a)[axis], size, replace, p, **settings), axis=axis)


def _permutation(rng: Any, x: Any, axis: int = 0) -> Any:
    return np.take(x, rng.permutation(np.shape(x)[axis]), axis=axis)


def _fixed(name: str, why: str, x: Any) -> Any:
    """A parameter that must not vary, as a plain value."""
    if any_varies(x):
        raise _refused(name, why)
    return settled(x)


SAMPLERS: dict[str, Sampler] = {
    "normal": _normal, "lognormal": _lognormal, "uniform": _uniform, "exponential": _exponential,
    "rayleigh": _rayleigh, "gamma": _gamma, "weibull": _weibull, "pareto": _pareto, "choice": _choice,
    "permutation": _permutation, "multivariate_normal": _multivariate_normal,
    **{name: _by_place_and_scale(name) for name in ("gumbel", "laplace", "logistic")},
}  # fmt: skip


def _refused(name: str, why: str) -> UnknownFunctionError:
    return UnknownFunctionError(
        located(f"a random draw from {name} has no derivative {why}", user_line())
        + "\n    Draw outside the function and pass the numbers as an argument,"
        "\n    or write the draw as a function of standard ones."
    )


def drawn(rng: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """A method of a generator, on parameters of which some may be traced."""
    if next(find_tracers((args, kwargs)), None) is None:
        return getattr(rng, name)(*args, **kwargs)
    if name not in SAMPLERS:
        carried = [t for t in find_tracers((args, kwargs)) if t.dtype.kind in "fc"]
        if not carried:
            return getattr(rng, name)(*to_values(args), **to_values(kwargs))
        raise _refused(name, "here")
    return SAMPLERS[name](rng, *args, **kwargs)


class RandomNumbers:
    """A generator of NumPy's: the same, but that parameters may be traced."""

    def __init__(self, original: Any):
        self.original = original

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        kind: type = type(self.original)
        return kind

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.original, name)
        return functools.partial(drawn, self.original, name) if callable(member) else member


def plain_generator(x: Any) -> Any:
    """The generator behind a stand-in; anything else as it is."""
    return x.original if type(x) is RandomNumbers else x


def _making(function: Callable[..., Any]) -> Callable[..., RandomNumbers]:
    return lambda *args, **kwargs: RandomNumbers(function(*map(plain_generator, args), **kwargs))


for _kind in (np.random.Generator, np.random.RandomState):
    KINDS[_kind] = RandomNumbers
    OBJECTS[id(_kind)] = MakingType(_kind.__name__, (), {"original": _kind, "of_tracer": staticmethod(_making(_kind))})
OBJECTS[id(np.random.default_rng)] = _making(np.random.default_rng)
for _name in SAMPLERS:
    if hasattr(np.random, _name):
        _global = getattr(np.random, _name)
        OBJECTS[id(_global)] = functools.partial(drawn, _global.__self__, _name)
