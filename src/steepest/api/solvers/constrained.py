"""scipy.optimize.minimize with constraints: the point and the multipliers, by Karush, Kuhn and Tucker's conditions.

    ∇f = Σ λᵢ ∇cᵢ,   cᵢ = 0 of an equality,   min(cᵢ, λᵢ) = 0 of an inequality cᵢ ≥ 0

(Nocedal & Wright, Numerical Optimization (2006), theorem 12.1). Together they are equations for x and λ, and the
implicit-function theorem does the rest. An inequality that holds with equality but does not push, where the solution
has a kink, is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from steepest.calculus.implicit.solution import solution
from steepest.calculus.jacobian import jacobian_forward
from steepest.calculus.reverse import gradients
from steepest.errors import NotConvergedError
from steepest.expr.build import add, einsum, negate
from steepest.expr.node import Expr, Variable
from steepest.frontends.tracing.tracer import as_expr
from steepest.ops import logic
from steepest.ops.rearrange import flatten, join, part, reshape
from steepest.ops.substitution import substitute

from .bounds import bounds_of
from .calling import Called, Settings, refusal, require_success
from .found import Found
from .unknowns import array, example, result, traced

Function = Callable[..., Any]
ROUGH = 1e-4  # how well minima are found, as a rule
HELD = 1e-6  # how near 0, relative to 1 + |x|, an inequality counts as one that holds with equality
PUSHING = 1e-6  # how large, beside gradients here and at the start, the push of such a one must be


@dataclass(frozen=True)
class Constraint:
    """One of SciPy's: a function of x that is to be 0, or not negative."""

    is_equality: bool
    function: Function


@dataclass(frozen=True)
class Constrained:
    """minimize, given the body's value, constraints and slopes; finds the point and the multipliers."""

    function: Function = field(repr=False)  # its address differs from run to run
    settings: Settings
    name: str
    equalities: int
    inequalities: int
    sides: int  # of the inequalities, those that are bounds; they come last
    with_slope: bool
    accuracy: ClassVar[float] = ROUGH

    def __call__(self, f: Function, start: Any) -> Any:
        at = _Body(f, len(start), self.equalities, self.inequalities)
        own = self.inequalities - self.sides
        constraints = [
            {"type": "eq", "fun": lambda x: at(x).equal, "jac": lambda x: at(x).slopes[: self.equalities]},
            {"type": "ineq", "fun": lambda x: at(x).least[:own],
             "jac": lambda x: at(x).slopes[self.equalities : self.equalities + own]},
        ]  # fmt: skip
        given = [c for c, count in zip(constraints, (self.equalities, own), strict=True) if count]
        slope = {"jac": lambda x: at(x).gradient} if self.with_slope else {}
        found = self.function(
            lambda x: float(at(x).value), start, constraints=given, **slope, **self.settings.keywords
        )  # fmt: skip
        require_success(self.name, found)
        return np.concatenate([found.x, self._multipliers(at(found.x), found.x, np.max(np.abs(at(start).gradient)))])

    def _multipliers(self, here: _Here, x: Any, steep: float) -> Any:
        """Those with which the constraints that hold balance the gradient."""
        holding = np.concatenate([np.ones(self.equalities, bool), here.least <= HELD * (1 + np.max(np.abs(x)))])
        pushes = np.zeros(len(holding))
        pushes[holding] = np.linalg.lstsq(here.slopes[holding].T, here.gradient, rcond=None)[0]
        sizes = np.max(np.abs(here.slopes), axis=1)
        weak = holding & (pushes * sizes <= PUSHING * max(steep, np.max(np.abs(here.gradient))))
        if np.any(weak[self.equalities :]):
            raise NotConvergedError(
                f"{self.name} inside the function found a solution at which a constraint holds with equality but does"
                " not push: it has a kink there, or the search ended early"
                "\n    Ask for more digits (tol=), or leave away the constraint where it makes no difference."
            )
        return pushes


@dataclass(frozen=True)
class _Here:
    value: Any
    gradient: Any
    equal: Any
    least: Any
    slopes: Any


@dataclass
class _Body:
    """The body at points without multipliers."""

    function: Function
    size: int
    equalities: int
    inequalities: int

    def __call__(self, x: Any) -> _Here:
        padded = np.concatenate([np.asarray(x, dtype=np.float64), np.zeros(self.equalities + self.inequalities)])
        value, gradient, constraints, slopes = self.function(padded)
        k, n = self.equalities, self.size
        return _Here(value, gradient[:n], constraints[:k], constraints[k:], slopes[:, :n])


def minimize_constrained(call: Called) -> Any:
    """As scipy.optimize.minimize; the multipliers are not handed back."""
    call.refuse("hess", "hessp", "callback")
    if call["method"] not in (None, "SLSQP", "slsqp"):
        raise refusal(call.name, "method", "with constraints= there is a rule for SLSQP alone, SciPy's own choice")
    start, further = array(call["x0"]), call.further()
    n = example(start).size
    given = sorted(_constraints(call), key=lambda c: not c.is_equality)
    sizes = [_size(call, c, start) for c in given]
    sides = list(_sides(bounds_of(call, (n,))))
    equalities = sum(size for c, size in zip(given, sizes, strict=True) if c.is_equality)
    inequalities = sum(sizes) - equalities + len(sides)

    def together(y: Any) -> Sequence[Any]:
        x = y[:n]
        value = call["fun"](x, *further)
        return [value[0] if call["jac"] is True else value, *(c.function(x) for c in given)]

    unknown_at = np.concatenate([example(start), np.zeros(equalities + inequalities)])
    found = traced(call.name, together, [unknown_at])
    value = reshape(flatten(found.outputs[0]), ())
    (unknown,) = found.unknowns
    near = [add(_scaled(part(unknown, k, k + 1), sign), as_expr(np.array([-sign * end]))) for k, sign, end in sides]
    constraints = join([*map(flatten, found.outputs[1:]), *near])
    lagrangian = add(value, negate(einsum("i,i->", part(unknown, n, n + constraints.shape[0]), constraints)))
    (root, body), parameters = found.bodies([_conditions(lagrangian, constraints, unknown, equalities)],
                                            [value, *gradients(value, [unknown]), constraints,
                                             jacobian_forward(constraints, unknown)])  # fmt: skip
    with_slope = call["jac"] is True or callable(call["jac"])
    settings = call.settings(["method", "bounds", "tol", "options"])
    solver = Constrained(call.function, settings, call.name, equalities, inequalities, len(sides), with_slope)
    whole = solution(root, body, solver, [as_expr(start)], parameters)
    x = result(part(whole, 0, n))
    least = result(substitute([value], {unknown: whole})[0])
    return Found(call.name, x=x, fun=least, success=True, status=0, message="")


def _conditions(lagrangian: Expr, constraints: Expr, unknown: Variable, equalities: int) -> Expr:
    """What is 0 at the solution, of the shape of x and the multipliers together."""
    (stationary,) = gradients(lagrangian, [unknown])
    count = constraints.shape[0]
    n = unknown.shape[0] - count
    found = [part(stationary, 0, n)]
    if equalities:
        found.append(part(constraints, 0, equalities))
    if equalities < count:
        least, pushes = part(constraints, equalities, count), part(unknown, n + equalities, n + count)
        found.append(logic.where(logic.less(least, pushes), least, pushes))
    return join(found)


def _scaled(e: Expr, sign: float) -> Expr:
    return e if sign > 0 else negate(e)


def _size(call: Called, constraint: Constraint, start: Any) -> int:
    (e,) = traced(call.name, lambda x: [constraint.function(x)], [example(start)]).outputs
    return int(np.prod(e.shape, dtype=int))


def _constraints(call: Called) -> Iterator[Constraint]:
    """Those given, each as a function that is to be 0 or not negative."""
    given = call["constraints"]
    for c in given if isinstance(given, (list, tuple)) else [given]:
        if isinstance(c, dict):
            yield Constraint(c["type"].lower() == "eq", _with(c["fun"], c.get("args", ())))
        elif hasattr(c, "lb") and hasattr(c, "ub"):
            yield from _between(c)
        else:
            raise refusal(call.name, "constraints", f"a {type(c).__name__} is no constraint that is known here")


def _with(function: Function, args: Any) -> Function:
    return lambda x: function(x, *(args if isinstance(args, tuple) else (args,)))


def _between(c: Any) -> Iterator[Constraint]:
    """scipy.optimize.LinearConstraint or NonlinearConstraint."""
    function = c.fun if hasattr(c, "fun") else lambda x: np.asarray(c.A) @ x
    low, high = np.broadcast_arrays(np.atleast_1d(c.lb), np.atleast_1d(c.ub))
    same = low == high
    kinds = (same, 1.0, low), (np.isfinite(low) & ~same, 1.0, low), (np.isfinite(high) & ~same, -1.0, high)
    for which, sign, end in kinds:
        if np.any(which):
            yield Constraint(which is same, _rows(function, which, sign, end))


def _rows(function: Function, which: Any, sign: float, end: Any) -> Function:
    """How far these rows of a function are from one end; one end may be that of all rows."""

    def distance(x: Any) -> Any:
        value = np.reshape(function(x), (-1,))
        chosen, at = (np.broadcast_to(v, (len(value),)) for v in (which, end))
        return sign * (value[np.nonzero(chosen)[0]] - at[chosen])

    return distance


def _sides(bounds: Any) -> Iterator[tuple[int, float, float]]:
    """Each bound: of which entry, which side, and where."""
    for ends, sign in zip(bounds or (), (1.0, -1.0), strict=False):
        yield from ((k, sign, float(end)) for k, end in enumerate(ends) if np.isfinite(end))
