"""Roots and fixed points: scipy.optimize.brentq and its kin, newton, root_scalar, root, fsolve, fixed_point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from steepest.calculus.implicit.solution import solution
from steepest.errors import CaptureError, located, user_line
from steepest.expr.build import subtract
from steepest.expr.node import Expr
from steepest.frontends.tracing.tracer import as_expr
from steepest.ops.rearrange import flatten, reshape
from steepest.ops.substitution import substitute

from .calling import Called, Settings, refusal, require_success
from .found import Found
from .unknowns import array, example, number, result, traced

Function = Callable[..., Any]


@dataclass(frozen=True)
class Bracketing:
    """brentq and its kin, between two places."""

    function: Function = field(repr=False)  # its address differs from run to run
    settings: Settings

    accuracy: ClassVar[float] = 1e-6

    def __call__(self, f: Function, a: Any, b: Any) -> Any:
        return np.float64(
            self.function(lambda y: float(f(np.float64(y))[0]), float(a), float(b), **self.settings.keywords)
        )


@dataclass(frozen=True)
class FromStarts:
    """A solver that starts at one or two places; the functions it takes are the body's outputs, by their names."""

    function: Function = field(repr=False)  # its address differs from run to run
    settings: Settings
    first: str  # the name of the function itself
    others: tuple[str, ...]  # of its derivatives
    starts: tuple[str, ...]
    read: Callable[[Any, str], Any] = field(repr=False)  # of what it returns, the solution; or an error
    name: str
    accuracy: float = 1e-6

    def __call__(self, f: Function, *starts: Any) -> Any:
        functions = {name: _output(f, k) for k, name in enumerate((self.first, *self.others))}
        found = self.function(**functions, **dict(zip(self.starts, starts, strict=True)), **self.settings.keywords)
        return np.asarray(self.read(found, self.name), dtype=np.float64)[()]


def _output(f: Function, k: int) -> Function:
    return lambda y: f(np.asarray(y, dtype=np.float64)[()])[k]


def _itself(found: Any, name: str) -> Any:
    return found


def _x(found: Any, name: str) -> Any:
    require_success(name, found)
    return found.x


def _root(found: Any, name: str) -> Any:
    return found.root


# --- the calls ------------------------------------------------------------------------------------------


def bracketing(function: Function) -> Function:
    """brentq, brenth, ridder, bisect and toms748."""

    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        call.refuse("full_output", why="how much work it took varies with the inputs")
        solver = Bracketing(function, call.settings(["xtol", "rtol", "maxiter", "k"]))
        a, b = number(call["a"]), number(call["b"])
        return _of_number(call, [call["f"]], example(a), solver, [a, b])

    return solve


def newton(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        call.refuse("full_output", "disp", why="how much work it took varies with the inputs")
        names = tuple(name for name in ("fprime", "fprime2") if call[name] is not None)
        starts = tuple(name for name in ("x0", "x1") if call[name] is not None)
        settings = call.settings(["tol", "maxiter", "rtol"])
        solver = FromStarts(function, settings, "func", names, starts, _itself, call.name)
        places = [number(call[name]) for name in starts]
        return _of_number(call, [call["func"], *(call[name] for name in names)], example(places[0]), solver, places)

    return solve


def root_scalar(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        names = tuple(name for name in ("fprime", "fprime2") if call[name] is not None)
        if any(call[name] in (True, False) for name in names):
            raise refusal(call.name, names[0], "pass the derivative as a function of its own")
        settings = call.settings(["method", "xtol", "rtol", "maxiter", "options"])
        functions = [call["f"], *(call[name] for name in names)]
        if call["bracket"] is not None:
            ends = [number(end) for end in call["bracket"]]
            x = _of_number(call, functions, example(ends[0]), InBracket(function, settings, names), ends)
        else:
            starts = tuple(name for name in ("x0", "x1") if call[name] is not None)
            places = [number(call[name]) for name in starts]
            solver = FromStarts(function, settings, "f", names, starts, _root, call.name)
            x = _of_number(call, functions, example(places[0]), solver, places)
        return Found(call.name, root=x, converged=True, flag="converged")

    return solve


@dataclass(frozen=True)
class InBracket:
    """root_scalar between two places."""

    function: Function = field(repr=False)  # its address differs from run to run
    settings: Settings
    others: tuple[str, ...]
    accuracy: ClassVar[float] = 1e-6

    def __call__(self, f: Function, a: Any, b: Any) -> Any:
        functions = {name: _output(f, k) for k, name in enumerate(("f", *self.others))}
        return np.float64(self.function(**functions, bracket=(float(a), float(b)), **self.settings.keywords).root)


def fsolve(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        call.refuse("full_output", "col_deriv", why="how much work it took varies with the inputs")
        settings = call.settings(["xtol", "maxfev", "band", "epsfcn", "factor", "diag"])
        return _of_vector(call, "func", "fprime", settings, _itself)[0]

    return solve


def root(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        call.refuse("callback", why="it is called for its effects")
        if call["jac"] in (True, False):
            raise refusal(call.name, "jac", "pass the Jacobian as a function of its own")
        x, value = _of_vector(call, "fun", "jac", call.settings(["method", "tol", "options"]), _x)
        return Found(call.name, x=x, fun=value, success=True, status=1, message="The solution converged.")

    return solve


def fixed_point(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        start = number(call["x0"])
        solver = FromStarts(
            function, call.settings(["xtol", "maxiter", "method"]), "func", (), ("x0",), _itself, call.name
        )
        return _of_number(call, [call["func"]], example(start), solver, [start], _gap)

    return solve


# --- what they have in common ------------------------------------------------------------------------------


def _value(value: Expr, unknown: Expr) -> Expr:
    return value


def _gap(value: Expr, unknown: Expr) -> Expr:
    """What vanishes at a fixed point."""
    return subtract(value, unknown)


def _of_number(
    call: Called, functions: Sequence[Function], start: Any, solver: Any, starts: Sequence[Any],
    residual: Callable[[Expr, Expr], Expr] = _value,
) -> Any:  # fmt: skip
    """The root as a number, or of many equations at once as an array."""
    further = call.further()
    found = traced(call.name, lambda y: [f(y, *further) for f in functions], [start])
    (unknown,) = found.unknowns
    outputs = [_shaped(call, e, unknown.shape) for e in found.outputs]
    (equations, body), parameters = found.bodies([residual(outputs[0], unknown)], outputs)
    return result(solution(equations, body, solver, [as_expr(s) for s in starts], parameters))


def _of_vector(
    call: Called, first: str, slope: str, settings: Settings, read: Callable[[Any, str], Any]
) -> tuple[Any, Any]:
    """The root as a vector, and the value of the function there."""
    further, start = call.further(), array(call["x0"])
    names = (slope,) if call[slope] is not None else ()
    functions = [call[name] for name in (first, *names)]
    found = traced(call.name, lambda y: [f(y, *further) for f in functions], [example(start)])
    (unknown,) = found.unknowns
    residual = _shaped(call, found.outputs[0], unknown.shape)
    (equations, body), parameters = found.bodies([residual], [residual, *found.outputs[1:]])
    solver = FromStarts(call.function, settings, first, names, ("x0",), read, call.name)
    x = result(solution(equations, body, solver, [as_expr(start)], parameters))
    return x, result(substitute([residual], {unknown: as_expr(x)})[0])


def _shaped(call: Called, e: Expr, shape: tuple[int, ...]) -> Expr:
    """As many equations as unknowns, in the unknown's shape."""
    if e.shape == shape:
        return e
    if np.prod(e.shape, dtype=int) != np.prod(shape, dtype=int):
        raise CaptureError(
            located(f"{call.name}: equations of shape {e.shape} for unknowns of shape {shape}", user_line())
            + "\n    A root has a derivative where there are as many equations as unknowns;"
            "\n    for more equations use scipy.optimize.least_squares."
        )
    return reshape(flatten(e) if e.ndim != 1 else e, shape)


CALLS: dict[str, Callable[[Function], Function]] = {
    **dict.fromkeys(("brentq", "brenth", "ridder", "bisect", "toms748"), bracketing),
    "newton": newton, "root_scalar": root_scalar, "fsolve": fsolve, "root": root, "fixed_point": fixed_point,
}  # fmt: skip
