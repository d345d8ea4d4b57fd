"""grad, jacobian, hessian and their relatives: functions in, functions out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, ShapeError
from steepest.frontends.tracing.tracer import Tracer
from steepest.frontends.trees import flatten

from .arguments import Argnums
from .compilation import compile_choice
from .explanation import Explanation
from .plan import Wanted
from .structured import Structure, structure_choice
from .transformed import Transformed
from .wanted import (
    GRAD,
    GRAD_AUX,
    HESSIAN,
    HESSIAN_KEPT,
    HVP,
    JACFWD,
    JACOBIAN,
    JACOBIAN_KEPT,
    JACREV,
    JIT,
    JVP,
    VALUE_AND_GRAD,
    VALUE_AND_GRAD_AUX,
    VJP,
)

Function = Callable[..., Any]


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


class HessianProduct:
    """The Hessian of a function times a direction: called with the function's arguments, and then the direction."""

    def __init__(self, transformed: Transformed):
        self._transformed = transformed

    def __call__(self, *args: Any) -> Any:
        if len(args) < 2:
            raise ArgumentError(f"{self!r} takes the arguments and then a direction: hvp(f)(x, v)")
        *primals, v = args
        return self._transformed.run(tuple(primals), {}, _flat(v))

    def explain(self) -> Explanation:
        """What was captured, and which engine ran."""
        return self._transformed.explain()

    def __repr__(self) -> str:
        return repr(self._transformed)


def hvp(f: Function, argnums: Argnums = 0, *, compile: str = "auto") -> HessianProduct:
    """``hvp(f)(x, v)``: the Hessian times a direction, without forming the Hessian.

    >>> import numpy as np
    >>> hvp(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]), np.array([1.0, 0.0]))
    array([6., 2.])
    """
    return HessianProduct(_by(f, HVP, argnums, compile))


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
