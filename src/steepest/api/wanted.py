"""What each derivative computes from a capture, or by sweeps over a tape, and how the results are put together."""

from __future__ import annotations

import copyreg
import pkgutil
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.calculus.forward import push_forward, tangent_variable
from steepest.calculus.jacobian import jacobian_forward, jacobian_reverse
from steepest.calculus.one_pass import in_one_pass
from steepest.calculus.reverse import gradients, transpose
from steepest.errors import ArgumentError, NotScalarError, located
from steepest.expr.build import variable
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Expr, Scan, Variable
from steepest.expr.traversal import complex_valued, contains_variable, toposort
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.trees import unflatten
from steepest.ops.complex_parts import cast
from steepest.rewrite.stable.form import stable

from .call import Call
from .compilation import NonFinite
from .net import Extent
from .orders import block, hessian_blocks
from .plan import Wanted
from .structured import argument_tree, hessian_maps, jacobian_maps, keeping
from .sweeps import TapedRun


def _scalar_output(capture: Capture, aux: bool) -> Expr:
    """The one real number a gradient is taken of."""
    if aux:
        _two_parts(capture)
    elif _nested(capture):
        raise _not_scalar(
            capture,
            f"returns {len(capture.outputs)} value{'s' * (len(capture.outputs) != 1)} in a container",
            "Use jacobian for all derivatives, or has_aux=True if it returns (number, other results).",
        )
    capture.require_numbers([0])
    y = capture.outputs[0]
    if y.shape != ():
        raise _not_scalar(
            capture,
            f"returns an array of shape {tuple(map(int, y.shape))}",
            f"Use jacobian({capture.name}) for all derivatives, or make it a number (np.sum, an entry).",
        )
    if complex_valued(y):
        raise _not_scalar(capture, "returns a complex number", "Take np.real, np.imag or np.abs of it.")
    _require_smooth(capture, y)
    return y


def _looks_at_loops(capture: Capture) -> bool:
    """Whether guards have loops, which then run for them too and stay what they are."""
    return any(isinstance(n, Scan) for n in toposort([g.expr for g in capture.checks]))


def _not_scalar(capture: Capture, what: str, way_on: str) -> NotScalarError:
    return NotScalarError(
        located(f"{capture.name} {what}; a gradient needs one real number", capture.where) + f"\n    {way_on}"
    )


def _nested(capture: Capture) -> bool:
    return not capture.tree.is_leaf()


def _rest(capture: Capture, aux: bool) -> list[Expr]:
    return list(capture.outputs[1:]) if aux else []


def _aux_of(capture: Capture, outputs: Sequence[Any]) -> Any:
    """What the function returned beside the value."""
    _, tree = _two_parts(capture)
    return unflatten(tree, [capture.settled.get(k, x) for k, x in enumerate(outputs, start=1)])


def _two_parts(capture: Capture) -> tuple[Any, Any]:
    children = capture.tree.children()
    if len(children) != 2 or not children[0].is_leaf():
        raise _not_scalar(capture, "does not return a pair", "With has_aux=True return (number, anything).")
    return children[0], children[1]


def _gradient_tree(call: Call, gradients_: Sequence[Any]) -> Any:
    """Gradients in the shape of the arguments; one alone if `argnums` was one."""
    if call.single:
        return gradients_[0]
    flat = iter(gradients_)
    trees = [
        unflatten(call.argument_trees[a], [next(flat) for _ in places])
        for a, places in zip(call.active, call.active_places(), strict=True)
    ]
    return trees[0] if not call.many else tuple(trees)


def _gradient(aux: bool, value: bool) -> Wanted:
    def derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
        y = _scalar_output(capture, aux)
        (differentiated,) = stable([y])
        values = [y, *_rest(capture, aux)]
        found = in_one_pass(differentiated, variables, values) if not _looks_at_loops(capture) else None
        values, slopes = (values, gradients(differentiated, variables)) if found is None else found
        typed = [cast(g, x.dtype) if g.dtype is None else g for g, x in zip(slopes, variables, strict=True)]
        return [*values[: int(value)], *typed, *values[1:]]

    def assemble(call: Call, capture: Capture, outputs: list[Any]) -> Any:
        head = outputs.pop(0) if value else None
        count = 1 if call.single else sum(map(len, call.active_places()))
        tree = _gradient_tree(call, outputs[:count])
        if not aux:
            return (head, tree) if value else tree
        extra = _aux_of(capture, outputs[count:])
        return ((head, extra), tree) if value else (tree, extra)

    def swept(run: TapedRun, variables: list[Variable], _: Sequence[Any]) -> list[Any]:
        y, values = _scalar_output(run.capture, aux), run.values
        back = run.gradients([np.ones((), y.dtype)[()]], variables)
        return [*(values[:1] if value else []), *back, *(values[1:] if aux else [])]

    return Wanted("value_and_grad" if value else "grad", derive, assemble, swept=swept)


def _jacobian(
    name: str,
    build: Callable[[Capture, Expr, Variable], Expr],
    sweep: Callable[[TapedRun, Sequence[Variable]], list[Any]],
) -> Wanted:
    def derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
        return [build(capture, y, x) for y in stable(_smooth(capture)) for x in variables]

    def assemble(call: Call, capture: Capture, outputs: list[Any]) -> Any:
        count = sum(map(len, call.active_places()))
        blocks = [outputs[k : k + count] for k in range(0, len(outputs), count)]
        return unflatten(capture.tree, [_gradient_tree(call, block) for block in blocks])

    def swept(run: TapedRun, variables: list[Variable], _: Sequence[Any]) -> list[Any]:
        _smooth(run.capture)
        return sweep(run, variables)

    return Wanted(name, derive, assemble, swept=swept)


def _smooth(capture: Capture) -> Sequence[Expr]:
    capture.require_numbers(range(len(capture.outputs)))
    for y in capture.outputs:
        _require_smooth(capture, y)
    return capture.outputs


def _require_smooth(capture: Capture, y: Expr) -> None:
    if not carries_derivative(y.dtype) and contains_variable(y):
        raise ArgumentError(
            located(f"{capture.name} returns values of type {y.dtype}, which have no derivative", capture.where)
            + "\n    Return a float that depends on the argument smoothly."
        )


def _first_derivatives(capture: Capture, variables: list[Variable]) -> list[Expr]:
    return gradients(stable([_scalar_output(capture, False)])[0], variables)


def _hessian_derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
    first = _first_derivatives(capture, variables)
    return hessian_blocks("hessian", capture, first, variables)


def _hessian_assemble(call: Call, capture: Capture, outputs: list[Any]) -> Any:
    count = sum(map(len, call.active_places()))
    rows = [_gradient_tree(call, outputs[k : k + count]) for k in range(0, len(outputs), count)]
    return _gradient_tree(call, rows)


def _tangents(capture: Capture, variables: list[Variable]) -> list[Variable]:
    return [tangent_variable(v) for v in variables]


def _hvp_derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
    first = _first_derivatives(capture, variables)
    seeds: dict[Expr, Expr] = {v: tangent_variable(v) for v in variables}
    return push_forward(first, seeds)


def _jvp_derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
    seeds: dict[Expr, Expr] = {v: tangent_variable(v) for v in variables}
    outputs = _smooth(capture)
    return [*outputs, *push_forward(stable(outputs), seeds)]


def _jvp_assemble(call: Call, capture: Capture, outputs: list[Any]) -> Any:
    half = len(outputs) // 2
    return unflatten(capture.tree, outputs[:half]), unflatten(capture.tree, outputs[half:])


def _cotangents(capture: Capture, variables: list[Variable]) -> list[Variable]:
    return [
        variable(f"g{k}", y.shape, np.dtype(np.float64) if y.dtype is None else y.dtype, -1 - variables[0].tag)
        for k, y in enumerate(capture.outputs)
    ]


def _vjp_derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
    seeds: dict[Expr, Expr] = {v: tangent_variable(v) for v in variables}
    outputs = stable(_smooth(capture))
    return transpose(push_forward(outputs, seeds), list(seeds.values()), _cotangents(capture, variables))


def _value_derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
    return list(capture.outputs)


def _jvp_swept(run: TapedRun, variables: list[Variable], directions: Sequence[Any]) -> list[Any]:
    _smooth(run.capture)
    return [*run.values, *run.tangents(dict(zip(variables, directions, strict=True)))]


def _vjp_swept(run: TapedRun, variables: list[Variable], directions: Sequence[Any]) -> list[Any]:
    _smooth(run.capture)
    return run.gradients(directions, variables)


def _value_swept(run: TapedRun, variables: list[Variable], _: Sequence[Any]) -> list[Any]:
    return run.values


def _value_assemble(call: Call, capture: Capture, outputs: list[Any]) -> Any:
    return unflatten(capture.tree, [capture.settled.get(k, x) for k, x in enumerate(outputs)])


GRAD, GRAD_AUX = _gradient(aux=False, value=False), _gradient(aux=True, value=False)
VALUE_AND_GRAD, VALUE_AND_GRAD_AUX = _gradient(aux=False, value=True), _gradient(aux=True, value=True)
JACOBIAN = _jacobian("jacobian", lambda capture, y, x: block("jacobian", capture, y, x).whole(), TapedRun.fewest)
JACFWD = _jacobian("jacfwd", lambda capture, y, x: jacobian_forward(y, x), TapedRun.columns)
JACREV = _jacobian("jacrev", lambda capture, y, x: jacobian_reverse(y, x), TapedRun.rows)
HESSIAN = Wanted("hessian", _hessian_derive, _hessian_assemble)
JACOBIAN_KEPT = keeping(
    "jacobian",
    lambda capture, variables: jacobian_maps(capture, stable(_smooth(capture)), variables),
    lambda call, capture: (capture.tree, argument_tree(call)),
)
HESSIAN_KEPT = keeping(
    "hessian",
    lambda capture, variables: hessian_maps(capture, _first_derivatives(capture, variables), variables),
    lambda call, capture: (argument_tree(call), argument_tree(call)),
)
HVP = Wanted("hvp", _hvp_derive, lambda call, capture, outputs: _gradient_tree(call, outputs), extra=_tangents)
JVP = Wanted("jvp", _jvp_derive, _jvp_assemble, extra=_tangents, swept=_jvp_swept)
VJP = Wanted(
    "vjp",
    _vjp_derive,
    lambda call, capture, outputs: _gradient_tree(call, outputs),
    extra=_cotangents,
    swept=_vjp_swept,
)
JIT = Wanted(
    "jit", _value_derive, _value_assemble, nonfinite=NonFinite.RETURNED, extent=Extent.VALUES, swept=_value_swept
)


def _by_name(wanted: Wanted) -> Any:
    """For `pickle`: those above are found again by their names, in whatever process."""
    names = (name for name, item in globals().items() if item is wanted)
    name = next(names, None)
    return object.__reduce_ex__(wanted, 2) if name is None else (pkgutil.resolve_name, (f"{__name__}:{name}",))


copyreg.pickle(Wanted, _by_name)
