"""grad, jacobian, hessian and their relatives: functions in, functions out."""

from __future__ import annotations

import copyreg
import pkgutil
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.calculus.forward import push_forward, tangent_variable
from steepest.calculus.jacobian import jacobian_forward, jacobian_reverse
from steepest.calculus.reverse import gradients, transpose
from steepest.errors import ArgumentError, NotScalarError, ShapeError, located
from steepest.expr.build import variable
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import complex_valued
from steepest.frontends.numpy.capture import Capture
from steepest.frontends.numpy.tracer import Tracer
from steepest.frontends.trees import flatten, unflatten

from .arguments import Argnums
from .call import Call
from .compilation import NonFinite, compile_choice
from .orders import block, hessian_blocks
from .plan import Wanted
from .structured import Structure, argument_tree, hessian_maps, jacobian_maps, keeping, structure_choice
from .transformed import Transformed

Function = Callable[..., Any]


# --- what each computes -------------------------------------------------------------------------------


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
        front = [y] if value else []
        return [*front, *gradients(y, variables), *_rest(capture, aux)]

    def assemble(call: Call, capture: Capture, outputs: list[Any]) -> Any:
        head = outputs.pop(0) if value else None
        count = 1 if call.single else sum(map(len, call.active_places()))
        tree = _gradient_tree(call, outputs[:count])
        if not aux:
            return (head, tree) if value else tree
        extra = _aux_of(capture, outputs[count:])
        return ((head, extra), tree) if value else (tree, extra)

    return Wanted("value_and_grad" if value else "grad", derive, assemble)


def _jacobian(name: str, build: Callable[[Capture, Expr, Variable], Expr]) -> Wanted:
    def derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
        return [build(capture, y, x) for y in _smooth(capture) for x in variables]

    def assemble(call: Call, capture: Capture, outputs: list[Any]) -> Any:
        count = sum(map(len, call.active_places()))
        blocks = [outputs[k : k + count] for k in range(0, len(outputs), count)]
        return unflatten(capture.tree, [_gradient_tree(call, block) for block in blocks])

    return Wanted(name, derive, assemble)


def _smooth(capture: Capture) -> Sequence[Expr]:
    capture.require_numbers(range(len(capture.outputs)))
    for y in capture.outputs:
        _require_smooth(capture, y)
    return capture.outputs


def _require_smooth(capture: Capture, y: Expr) -> None:
    if not carries_derivative(y.dtype):
        raise ArgumentError(
            located(f"{capture.name} returns values of type {y.dtype}, which have no derivative", capture.where)
            + "\n    Return a float that depends on the argument smoothly."
        )


def _hessian_derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
    first = gradients(_scalar_output(capture, False), variables)
    return hessian_blocks("hessian", capture, first, variables)


def _hessian_assemble(call: Call, capture: Capture, outputs: list[Any]) -> Any:
    count = sum(map(len, call.active_places()))
    rows = [_gradient_tree(call, outputs[k : k + count]) for k in range(0, len(outputs), count)]
    return _gradient_tree(call, rows)


def _tangents(capture: Capture, variables: list[Variable]) -> list[Variable]:
    return [tangent_variable(v) for v in variables]


def _hvp_derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
    first = gradients(_scalar_output(capture, False), variables)
    seeds: dict[Expr, Expr] = {v: tangent_variable(v) for v in variables}
    return push_forward(first, seeds)


def _jvp_derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
    seeds: dict[Expr, Expr] = {v: tangent_variable(v) for v in variables}
    outputs = _smooth(capture)
    return [*outputs, *push_forward(outputs, seeds)]


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
    outputs = _smooth(capture)
    return transpose(push_forward(outputs, seeds), list(seeds.values()), _cotangents(capture, variables))


def _value_derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
    return list(capture.outputs)


def _value_assemble(call: Call, capture: Capture, outputs: list[Any]) -> Any:
    return unflatten(capture.tree, [capture.settled.get(k, x) for k, x in enumerate(outputs)])


GRAD, GRAD_AUX = _gradient(aux=False, value=False), _gradient(aux=True, value=False)
VALUE_AND_GRAD, VALUE_AND_GRAD_AUX = _gradient(aux=False, value=True), _gradient(aux=True, value=True)
JACOBIAN = _jacobian("jacobian", lambda capture, y, x: block("jacobian", capture, y, x).whole())
JACFWD = _jacobian("jacfwd", lambda capture, y, x: jacobian_forward(y, x))
JACREV = _jacobian("jacrev", lambda capture, y, x: jacobian_reverse(y, x))
HESSIAN = Wanted("hessian", _hessian_derive, _hessian_assemble)
JACOBIAN_KEPT = keeping(
    "jacobian",
    lambda capture, variables: jacobian_maps(capture, _smooth(capture), variables),
    lambda call, capture: (capture.tree, argument_tree(call)),
)
HESSIAN_KEPT = keeping(
    "hessian",
    lambda capture, variables: hessian_maps(capture, gradients(_scalar_output(capture, False), variables), variables),
    lambda call, capture: (argument_tree(call), argument_tree(call)),
)
HVP = Wanted("hvp", _hvp_derive, lambda call, capture, outputs: _gradient_tree(call, outputs), extra=_tangents)
JVP = Wanted("jvp", _jvp_derive, _jvp_assemble, extra=_tangents)
VJP = Wanted("vjp", _vjp_derive, lambda call, capture, outputs: _gradient_tree(call, outputs), extra=_cotangents)
JIT = Wanted("jit", _value_derive, _value_assemble, nonfinite=NonFinite.RETURNED)


def _by_name(wanted: Wanted) -> Any:
    """For `pickle`: those above are found again by their names, in whatever process."""
    names = (name for name, item in globals().items() if item is wanted)
    name = next(names, None)
    return object.__reduce_ex__(wanted, 2) if name is None else (pkgutil.resolve_name, (f"{__name__}:{name}",))


copyreg.pickle(Wanted, _by_name)


# --- the public functions ------------------------------------------------------------------------------


# `compile` says when machine code is made: "auto" in the background, when it pays; "eager" before the first result;
# "off" never. Results are the same up to rounding.


def _by(f: Function, wanted: Wanted, argnums: Argnums, word: str) -> Transformed:
    if isinstance(argnums, (tuple, list)) and not argnums:
        raise ArgumentError("argnums is empty: there is nothing to differentiate by")
    return Transformed(f, wanted, argnums, compile_choice(word))


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False, *, compile: str = "auto") -> Transformed:
    """The gradient of a function that returns one number, shaped like its argument.

    `argnums` is a position, a parameter name, or a tuple of them (then the result is a tuple). With
    `has_aux`, `f` returns ``(number, anything)`` and the result is ``(gradient, anything)``. `compile` says when
    machine code is made: ``"auto"`` in the background, once it pays; ``"eager"`` at the first call; ``"off"`` never.

    >>> import numpy as np
    >>> grad(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    return _by(f, GRAD_AUX if has_aux else GRAD, argnums, compile)


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False, *, compile: str = "auto") -> Transformed:
    """``(f(x), gradient)`` in one pass; with `has_aux`, ``((f(x), aux), gradient)``."""
    return _by(f, VALUE_AND_GRAD_AUX if has_aux else VALUE_AND_GRAD, argnums, compile)


def jacobian(f: Function, argnums: Argnums = 0, *, structure: str = "dense", compile: str = "auto") -> Transformed:
    """All first derivatives: shape ``out.shape + in.shape``, whichever way is cheaper.

    With ``structure="keep"`` the result is a `LinearMap` that is diagonal, sparse, of low rank, a Kronecker product
    where the derivative is: ``.dense()``, ``@``, ``.T``, ``.solve(b)``; for several arguments, `Blocks` of them.

    >>> import numpy as np
    >>> jacobian(lambda x: x**2)(np.array([1.0, 3.0]))
    array([[2., 0.],
           [0., 6.]])
    """
    wanted = JACOBIAN_KEPT if structure_choice(structure) is Structure.KEEP else JACOBIAN
    return _by(f, wanted, argnums, compile)


def jacfwd(f: Function, argnums: Argnums = 0, *, compile: str = "auto") -> Transformed:
    """The Jacobian by forward accumulation."""
    return _by(f, JACFWD, argnums, compile)


def jacrev(f: Function, argnums: Argnums = 0, *, compile: str = "auto") -> Transformed:
    """The Jacobian by reverse accumulation."""
    return _by(f, JACREV, argnums, compile)


def hessian(f: Function, argnums: Argnums = 0, *, structure: str = "dense", compile: str = "auto") -> Transformed:
    """All second derivatives of a function that returns one number: shape ``in.shape + in.shape``.

    With ``structure="keep"`` as for `jacobian`; ``.hvp(v)`` is the product with a direction.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    wanted = HESSIAN_KEPT if structure_choice(structure) is Structure.KEEP else HESSIAN
    return _by(f, wanted, argnums, compile)


def hvp(f: Function, argnums: Argnums = 0, *, compile: str = "auto") -> Function:
    """``hvp(f)(x, v)``: the Hessian times a direction, without forming the Hessian."""
    transformed = _by(f, HVP, argnums, compile)

    def product(*args: Any) -> Any:
        if len(args) < 2:
            raise ArgumentError(f"{transformed!r} takes the arguments and then a direction: hvp(f)(x, v)")
        *primals, v = args
        return transformed.run(tuple(primals), {}, _flat(v))

    return product


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """``(f(x), J v)``: the value and the derivative along the tangents."""
    _same_length(primals, tangents)
    transformed = Transformed(f, JVP, tuple(range(len(primals))))
    result: tuple[Any, Any] = transformed.run(tuple(primals), {}, _flat(tuple(tangents)))
    return result


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """``(f(x), pull)`` where ``pull(g)`` is ``Jᵀ g``, one for each argument."""
    everything = tuple(range(len(primals)))
    value = Transformed(f, JIT, everything)(*primals)
    transformed = Transformed(f, VJP, everything)

    def pull(cotangent: Any) -> Any:
        return transformed.run(tuple(primals), {}, _flat(cotangent))

    return value, pull


def linearize(f: Function, *primals: Any) -> tuple[Any, Function]:
    """``(f(x), push)`` where ``push(*tangents)`` is the derivative along them."""
    transformed = Transformed(f, JVP, tuple(range(len(primals))))
    value = Transformed(f, JIT, tuple(range(len(primals))))(*primals)

    def push(*tangents: Any) -> Any:
        _same_length(primals, tangents)
        return transformed.run(tuple(primals), {}, _flat(tangents))[1]

    return value, push


def jit(f: Function, *, compile: str = "auto") -> Transformed:
    """`f` itself, compiled: the same results from the captured program.

    With ``compile="auto"`` machine code is made in the background once that pays, with ``"eager"`` before the first
    result, with ``"off"`` never. `explain` of the result tells what became of it.
    """
    return Transformed(f, JIT, (), compile_choice(compile))


def _flat(tree: Any) -> list[Any]:
    leaves, _ = flatten(tree)
    return [_direction(x) for x in leaves]


def _direction(x: Any) -> Any:
    if isinstance(x, Tracer):
        return x
    try:
        return np.asarray(x, dtype=None if hasattr(x, "dtype") or isinstance(x, complex) else np.float64)[()]
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"a direction must be of numbers, got {x!r}") from error


def _same_length(primals: Sequence[Any], tangents: Sequence[Any]) -> None:
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise ArgumentError("primals and tangents must be tuples or lists, one entry for each argument of f")
    if len(primals) != len(tangents):
        raise ShapeError(f"{len(primals)} primals but {len(tangents)} tangents")
