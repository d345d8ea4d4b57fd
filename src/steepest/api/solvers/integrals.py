"""Integrals: scipy.integrate.quad, quad_vec, dblquad, fixed_quad."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import scipy.special

from steepest.calculus.implicit.integral import integral
from steepest.expr.node import Expr
from steepest.frontends.tracing.fixed import any_varies
from steepest.frontends.tracing.tracer import as_expr
from steepest.ops.rearrange import flatten, reshape

from .calling import Called, Settings, refusal
from .unknowns import example, number, result, traced

Function = Callable[..., Any]


@dataclass(frozen=True)
class EntryByEntry:
    """quad, of each entry of an array by itself; of the value and its error the one that is asked for."""

    function: Function = field(repr=False)  # its address differs from run to run
    settings: Settings
    index: int = 0
    accuracy: ClassVar[float] = 1e-6

    def __call__(self, f: Function, a: Any, b: Any) -> Any:
        ends, keywords = (float(a), float(b)), self.settings.keywords
        shape = np.shape(f(np.float64(_inside(*ends))))
        found = [
            self.function(lambda t, i=i: float(np.asarray(f(np.float64(t)))[i]), *ends, **keywords)[self.index]
            for i in np.ndindex(shape)
        ]
        return np.reshape(np.array(found), shape)[()]


@dataclass(frozen=True)
class AtOnce:
    """quad_vec."""

    function: Function = field(repr=False)  # its address differs from run to run
    settings: Settings
    accuracy: ClassVar[float] = 1e-6

    def __call__(self, f: Function, a: Any, b: Any) -> Any:
        return np.asarray(self.function(lambda t: f(np.float64(t)), float(a), float(b), **self.settings.keywords)[0])[
            ()
        ]


def _inside(a: float, b: float) -> float:
    """A place between the ends."""
    if np.isfinite(a) and np.isfinite(b):
        return (a + b) / 2
    return a + 1 if np.isfinite(a) else b - 1 if np.isfinite(b) else 0.25


def quad(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        call.refuse("full_output", "complex_func", "wopts")
        if call["weight"] is not None and any_varies((call["a"], call["b"])):
            raise refusal(
                call.name, "weight", "the ends vary, and so does the weight there; write it into the integrand"
            )
        settings = call.settings(["epsabs", "epsrel", "limit", "points", "weight", "wvar", "maxp1", "limlst"])
        value = _integral(call, call["func"], call.further(), EntryByEntry(function, settings))
        return value, UnknownError(call.name)

    return solve


class UnknownError:
    """The estimate of an integral's error, which varies with the inputs in no smooth way: it has no use in a trace."""

    def __init__(self, solver: str):
        self.solver = solver

    def __getattr__(self, name: str) -> Any:
        raise refusal(self.solver, "error", "the estimated error of the integral is no function with a derivative")


def quad_vec(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        call.refuse("full_output", "workers")
        settings = call.settings(["epsabs", "epsrel", "norm", "cache_size", "limit", "points", "quadrature"])
        value = _integral(call, call["f"], call.further(), AtOnce(function, settings))
        return value, UnknownError(call.name)

    return solve


def dblquad(function: Function) -> Function:
    """The inner integral is part of the integrand of the outer one."""

    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        further, inner = call.further(), call["func"]
        solver = EntryByEntry(function.__globals__["quad"], call.settings(["epsabs", "epsrel"]))

        def across(x: Any) -> Any:
            ends = [end(x) if callable(end) else end for end in (call["gfun"], call["hfun"])]
            return _integral(call.like(a=ends[0], b=ends[1]), lambda y: inner(y, x, *further), (), solver)

        return _integral(call, across, (), solver), UnknownError(call.name)

    return solve


def fixed_quad(function: Function) -> Function:
    """Gauss and Legendre's rule of n points is a sum (DLMF 3.5.15)."""

    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        places, weights = scipy.special.roots_legendre(call["n"])
        a, half = call["a"], (call["b"] - call["a"]) / 2.0
        values = call["func"](half * (places + 1) + a, *call.further())
        return half * np.sum(weights * values, axis=-1), None

    return solve


def _integral(call: Called, function: Function, further: tuple[Any, ...], solver: Any) -> Any:
    ends = [number(call["a"]), number(call["b"])]
    middle = np.float64(_inside(*(float(example(end)) for end in ends)))
    found = traced(call.name, lambda t: [function(t, *further)], [middle])
    (value,) = found.outputs
    ((body,), parameters) = found.bodies([_scalar(value) if isinstance(solver, EntryByEntry) else value])
    return result(integral(body, solver, [as_expr(end) for end in ends], parameters))


def _scalar(e: Expr) -> Expr:
    """Of an integrand that gives arrays of one entry, the entry."""
    return e if e.ndim == 0 else reshape(flatten(e), ())


CALLS: dict[str, Callable[[Function], Function]] = {
    "quad": quad, "quad_vec": quad_vec, "dblquad": dblquad, "fixed_quad": fixed_quad,
}  # fmt: skip
