"""Minima: scipy.optimize.minimize, minimize_scalar, least_squares, curve_fit. Each is a root of the gradient.

At a bound that holds a coordinate, the equation is that it is the bound.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from steepest.calculus.implicit.solution import solution
from steepest.calculus.jacobian import jacobian_forward
from steepest.calculus.reverse import gradients
from steepest.errors import ArgumentError, CaptureError, NotConvergedError, located, user_line
from steepest.expr.build import add, einsum, negate, scale
from steepest.expr.build import array as constant_array
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.frontends.tracing.tracer import as_expr
from steepest.ops import elementary, linalg_inverse, logic, piecewise
from steepest.ops.power import divide, sqrt, square
from steepest.ops.rearrange import flatten, reshape
from steepest.ops.special_rules import shifted
from steepest.ops.substitution import substitute

from .bounds import Between, bounds_of
from .calling import Called, Settings, refusal, require_success
from .constrained import minimize_constrained
from .found import Found
from .roots import FromStarts
from .unknowns import array, example, result, traced

Function = Callable[..., Any]
ENDED_BY_ROUNDING = frozenset({2, 3})  # SciPy's codes for no further progress
STATIONARY = 1e-5  # how small a gradient is, beside the value, where the search may end so
ROUGH = 1e-4  # how well minima are found, as a rule: the square root of what values are
NOT_AT_BOUNDS = frozenset({"trust-constr", "tnc", "cobyla", "cobyqa"})  # these end near bounds, not at them
AT_BOUND = 1e-8  # how near, relative to 1 + |bound|, a coordinate counts as held by it


def _x(found: Any, name: str) -> Any:
    """The minimum; also where the search ended for want of digits, more being asked for than there are."""
    flat = STATIONARY * (1 + abs(float(found.fun)))
    if not (found.status in ENDED_BY_ROUNDING and np.max(np.abs(found.get("jac", np.inf))) <= flat):
        require_success(name, found)
    return found.x


def _at(e: Expr, unknown: Variable, x: Any) -> Any:
    return result(substitute([e], {unknown: as_expr(x)})[0])


# --- minimize -------------------------------------------------------------------------------------------


def minimize(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        if not (isinstance(call["constraints"], (list, tuple)) and not call["constraints"]):
            return minimize_constrained(call)
        call.refuse("hessp", "callback")
        further, start = call.further(), array(call["x0"])
        if call["jac"] is True:
            both = call["fun"]
            call = call.like(fun=_part_of(both, 0), jac=_part_of(both, 1))
        if call["bounds"] is not None and str(call["method"]).lower() in NOT_AT_BOUNDS:
            raise refusal(call.name, "method", "with bounds it stays away from them; use L-BFGS-B")
        slopes = tuple(name for name in ("jac", "hess") if callable(call[name]))
        functions = [call["fun"], *(call[name] for name in slopes)]
        found = traced(call.name, lambda y: [f(y, *further) for f in functions], [example(start)])
        (unknown,) = found.unknowns
        value = _number(call, found.outputs[0])
        (gradient,) = gradients(value, [unknown])
        bounds = bounds_of(call, unknown.shape)
        equations = _held(gradient, unknown, bounds)
        (root, body), parameters = found.bodies([equations], [value, *found.outputs[1:], gradient])
        schemes = [name for name in ("jac", "hess") if isinstance(call[name], str)]
        settings = call.settings(["method", "bounds", "tol", "options", *schemes])
        search = (function, settings, "fun", slopes, ("x0",), _x, call.name, ROUGH)
        solver = FromStarts(*search) if bounds is None else Between(*search, *map(_numbers, bounds))
        x = result(solution(root, body, solver, [as_expr(start)], parameters))
        return Found(call.name, x=x, fun=_at(value, unknown, x), success=True, status=0, message="")

    return solve


def _numbers(side: np.ndarray) -> tuple[float, ...]:
    return tuple(np.ravel(side).tolist())


def _part_of(f: Function, k: int) -> Function:
    return lambda *args: f(*args)[k]


def _number(call: Called, e: Expr) -> Expr:
    if e.shape == ():
        return e
    if np.prod(e.shape, dtype=int) != 1:
        raise CaptureError(located(f"{call.name}: the function must give one number, not shape {e.shape}", user_line()))
    return reshape(flatten(e), ())


def _held(gradient: Expr, unknown: Variable, bounds: tuple[np.ndarray, ...] | None) -> Expr:
    """The gradient, and at a bound that it pushes against the distance from it."""
    if bounds is None:
        return gradient
    found = gradient
    for side, sign in zip(bounds, (1.0, -1.0), strict=True):
        if np.all(np.isinf(side)):
            continue
        bound = constant_array(np.where(np.isinf(side), 0.0, side))
        room = np.where(np.isinf(side), -np.inf, AT_BOUND * (1 + np.abs(np.where(np.isinf(side), 0.0, side))))
        distance = add(unknown, negate(bound))
        near = logic.less_equal(scale(constant(sign), distance), constant_array(room))
        found = logic.where(near, distance, found)
    return found


# --- minimize_scalar ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfOne:
    """minimize_scalar."""

    function: Function = field(repr=False)  # its address differs from run to run
    settings: Settings
    name: str
    accuracy: ClassVar[float] = ROUGH

    def __call__(self, f: Function) -> Any:
        found = self.function(lambda y: float(f(np.float64(y))[0]), **self.settings.keywords)
        require_success(self.name, found)
        bounds = self.settings.keywords.get("bounds")
        if bounds is not None and min(abs(found.x - b) for b in bounds) < 1e-4 * abs(bounds[1] - bounds[0]):
            raise NotConvergedError(
                f"{self.name} inside the function found a minimum at a bound, {found.x:.6g}, where it does not move"
                "\n    smoothly with the inputs. Give wider bounds, or write the bound itself where it holds."
            )
        return np.float64(found.x)


def minimize_scalar(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        further = call.further()
        places = call["bounds"] if call["bounds"] is not None else call["bracket"]
        settings = call.settings(["bracket", "bounds", "method", "tol", "options"])
        first = float(np.mean(places)) if places is not None else 1.0
        found = traced(call.name, lambda y: [call["fun"](y, *further)], [np.float64(first)])
        (unknown,) = found.unknowns
        value = _number(call, found.outputs[0])
        (root, body), parameters = found.bodies(gradients(value, [unknown]), [value])
        x = result(solution(root, body, OfOne(function, settings, call.name), [], parameters))
        return Found(call.name, x=x, fun=_at(value, unknown, x), success=True)

    return solve


# --- least squares --------------------------------------------------------------------------------------


def _cauchy(z: Expr) -> Expr:
    return elementary.log1p(z)


def _soft(z: Expr) -> Expr:
    return scale(constant(2), shifted(sqrt(shifted(z, 1)), -1))


def _huber(z: Expr) -> Expr:
    tail = shifted(scale(constant(2), sqrt(piecewise.maximum(z, logic.filled_like(z, 1.0)))), -1)
    return logic.where(logic.less_equal(z, logic.filled_like(z, 1.0)), z, tail)


# rho of the squared residual, as scipy.optimize.least_squares defines it.
LOSSES: dict[str, Callable[[Expr], Expr]] = {
    "linear": lambda z: z, "soft_l1": _soft, "huber": _huber, "cauchy": _cauchy, "arctan": elementary.arctan,
}  # fmt: skip


def least_squares(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        call.refuse("jac_sparsity", "callback")
        if call["loss"] not in LOSSES:
            raise refusal(call.name, "loss", f"of the losses {sorted(LOSSES)} the rule is known")
        further, start, named = call.further(), array(call["x0"]), dict(call["kwargs"] or {})
        slopes = ("jac",) if callable(call["jac"]) else ()
        functions = [call["fun"], *(call[name] for name in slopes)]
        found = traced(call.name, lambda y: [f(y, *further, **named) for f in functions], [example(start)])
        (unknown,) = found.unknowns
        residual = found.outputs[0] if found.outputs[0].ndim else reshape(found.outputs[0], (1,))
        cost = _cost(residual, LOSSES[call["loss"]], float(call["f_scale"]))
        (root, body), parameters = found.bodies(gradients(cost, [unknown]), [residual, *found.outputs[1:]])
        names = ["bounds", "method", "ftol", "xtol", "gtol", "x_scale", "loss", "f_scale", "diff_step", "tr_solver"]
        settings = call.settings([*names, "tr_options", "max_nfev", *([] if slopes else ["jac"])])
        solver = FromStarts(function, settings, "fun", slopes, ("x0",), _inside, call.name, ROUGH)
        x = result(solution(root, body, solver, [as_expr(start)], parameters))
        values = {"cost": _at(cost, unknown, x), "fun": _at(residual, unknown, x)}
        return Found(call.name, x=x, **values, success=True)

    return solve


def _cost(residual: Expr, rho: Callable[[Expr], Expr], margin: float) -> Expr:
    total = rho(scale(constant(margin**-2), square(residual)))
    return scale(constant(0.5 * margin**2), einsum("i->", total))


def _inside(found: Any, name: str) -> Any:
    """The solution, if no bound holds it."""
    require_success(name, found)
    if np.any(found.active_mask):
        raise NotConvergedError(
            f"{name} inside the function found a solution that a bound holds, where its derivative has no rule here"
            "\n    Give wider bounds, or use scipy.optimize.minimize, which has one."
        )
    return found.x


# --- curve_fit ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fitting:
    """curve_fit, given residuals instead of a curve and data: its steps are the same."""

    function: Function = field(repr=False)  # its address differs from run to run
    settings: Settings
    accuracy: ClassVar[float] = ROUGH

    def __call__(self, f: Function, p0: Any) -> Any:
        zero = np.zeros_like(f(p0)[0])
        found, _ = self.function(
            lambda x, *p: f(np.array(p, dtype=np.float64))[0], zero, zero, p0=p0, **self.settings.keywords
        )
        return found


def curve_fit(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        call.refuse("bounds", "jac", "full_output", "nan_policy", "method")
        start = array(_first_guess(call) if call["p0"] is None else call["p0"])
        count = example(start).size
        data, sigma = as_expr(call["ydata"]), call["sigma"]
        model = call["f"]
        found = traced(call.name, lambda p: [model(call["xdata"], *(p[k] for k in range(count)))], [example(start)])
        (unknown,) = found.unknowns
        residual = add(found.outputs[0], negate(data))
        if sigma is not None:
            if np.ndim(example(sigma)) > 1:
                raise refusal(call.name, "sigma", "of a covariance matrix there is no rule; give standard deviations")
            spread = as_expr(sigma)
            residual = divide(residual, spread)
        cost = _cost(residual, LOSSES["linear"], 1.0)
        (root, body), parameters = found.bodies(gradients(cost, [unknown]), [residual])
        solver = Fitting(function, call.settings([*call.arguments.get("kwargs", {})]))
        x = result(solution(root, body, solver, [as_expr(start)], parameters))
        return x, _at(_covariance(call, residual, unknown), unknown, x)

    return solve


def _first_guess(call: Called) -> np.ndarray:
    """As SciPy: ones, as many as the curve has parameters."""
    names = list(inspect.signature(call["f"]).parameters.values())
    if any(p.kind is p.VAR_POSITIONAL for p in names) or len(names) < 2:
        raise ArgumentError(located("curve_fit cannot tell how many parameters the curve has; give p0", user_line()))
    return np.ones(len(names) - 1)


def _covariance(call: Called, residual: Expr, unknown: Variable) -> Expr:
    """(JᵀJ)⁻¹, times the residual variance unless the standard deviations are absolute; Seber & Wild (1989), 5.2."""
    slope = jacobian_forward(residual, unknown)
    found = linalg_inverse.inverse(einsum("ki,kj->ij", slope, slope))
    count, size = residual.shape[0], unknown.shape[0]
    if call["absolute_sigma"]:
        return found
    variance = (
        scale(constant(1 / (count - size)), einsum("k->", square(residual))) if count > size else constant(np.inf)
    )
    return scale(variance, found)


CALLS: dict[str, Callable[[Function], Function]] = {
    "minimize": minimize, "minimize_scalar": minimize_scalar, "least_squares": least_squares, "curve_fit": curve_fit,
}  # fmt: skip
