"""Random expressions for property tests: the one generator that all of them share.

Every expression is finite and varies smoothly around the points of `environment`: steep functions are given
a bounded operand, and those with a limited domain a safe one. Sizes are distinct, so that a swapped axis shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import hypothesis.strategies as st
import numpy as np
from hypothesis import note

from steepest.expr.build import add, array, delta, einsum, fill, multiply, negate, scale, transpose_axes, variable
from steepest.expr.dimension import Shape
from steepest.expr.node import Apply, Constant, Delta, Einsum, Expr, Structured, Variable
from steepest.expr.number import constant
from steepest.ops.elementary import tanh
from steepest.ops.logic import less, where
from steepest.ops.operation import Operation, Smoothness
from steepest.ops.power import log, power, reciprocal, sqrt
from steepest.ops.product import cumprod, prod
from steepest.ops.rearrange import embed, entry, join, part, reshape, strided
from steepest.ops.reduction import logsumexp, norm, softmax
from steepest.ops.selection import largest, smallest, sort
from steepest.ops.table import OPERATIONS

S, U, V = variable("s"), variable("u", (3,)), variable("v", (4,))
A, B = variable("A", (3, 4)), variable("B", (3, 3))
VARIABLES: tuple[Variable, ...] = (S, U, V, A, B)
SHAPES: tuple[Shape, ...] = tuple(x.shape for x in VARIABLES)

Draw: TypeAlias = st.DrawFn
Builder = Callable[[Draw, Shape, int], Expr]

FIXED = {shape: array(np.random.default_rng(31).uniform(-1, 1, shape)) for shape in SHAPES}


def environment(seed: int = 0) -> dict[Variable, np.ndarray]:
    """A generic point for the variables."""
    rng = np.random.default_rng((32, seed))
    return {x: rng.uniform(-1, 1, x.shape) for x in VARIABLES}


# --- operations of the table that fit anywhere -------------------------------------------------------


def _fits_anywhere(op: Operation, arity: int) -> bool:
    """Whether it is smooth, or has kinks alone, on all reals."""
    return (
        op.elementwise
        and len(op.differentials) == arity
        and all(rule is not None for rule in op.differentials)
        and op.transpose is None
        and op.domain == "all real numbers"
        and op.smoothness is not Smoothness.STEPS
        and op.sample_params == ({},)
        and all(np.asarray(p).dtype == np.float64 for p in op.sample(np.random.default_rng(0)))
        and _has_a_slope_at_the_origin(op, arity)
    )


def _has_a_slope_at_the_origin(op: Operation, arity: int) -> bool:
    """The cube root has none."""
    origin, beside = op.numpy(*[0.0] * arity), op.numpy(*[1e-12] * arity)
    return arity > 1 or bool(abs(beside - origin) < 1e3 * 1e-12)


def _is_steep(op: Operation) -> bool:
    """Whether it grows so fast that two of them, nested, overflow."""
    with np.errstate(all="ignore"):
        return not np.all(np.abs(op.numpy(np.array([-40.0, 40.0]))) < 1e3)


UNARY = [op for op in OPERATIONS.values() if _fits_anywhere(op, 1)]
BINARY = [op for op in OPERATIONS.values() if _fits_anywhere(op, 2)]
STEEP = frozenset(op.name for op in UNARY if _is_steep(op))


# --- builders: each makes an expression of the wanted shape ------------------------------------------


def _leaf(draw: Draw, shape: Shape, depth: int) -> Expr:
    own = next(x for x in VARIABLES if x.shape == shape)
    number = fill(constant(draw(st.sampled_from([-2, 0, 1, 0.5]))), shape)
    return draw(st.sampled_from([own, own, own, FIXED[shape], number]))


def _sum(draw: Draw, shape: Shape, depth: int) -> Expr:
    a, b = _any(draw, shape, depth), _any(draw, shape, depth)
    return add(a, draw(st.sampled_from([b, negate(b), scale(constant(3), b)])))


def _product(draw: Draw, shape: Shape, depth: int) -> Expr:
    return multiply(_any(draw, shape, depth), _any(draw, draw(st.sampled_from([shape, ()])), depth))


def _unary(draw: Draw, shape: Shape, depth: int) -> Expr:
    op = draw(st.sampled_from(UNARY))
    x = _any(draw, shape, depth)
    return op(tanh(x)) if op.name in STEEP else op(x)


def _binary(draw: Draw, shape: Shape, depth: int) -> Expr:
    return draw(st.sampled_from(BINARY))(_any(draw, shape, depth), _any(draw, shape, depth))


def _on_positive(draw: Draw, shape: Shape, depth: int) -> Expr:
    x = _any(draw, shape, depth)
    positive = add(fill(constant(1), shape), multiply(x, x))
    kind = draw(st.sampled_from([log, sqrt, reciprocal, "power"]))
    return power(positive, tanh(_any(draw, shape, depth))) if kind == "power" else kind(positive)


def _choice(draw: Draw, shape: Shape, depth: int) -> Expr:
    a, b, c, d = (_any(draw, shape, depth) for _ in range(4))
    return where(less(a, b), c, d)


def _broadcast(draw: Draw, shape: Shape, depth: int) -> Expr:
    return fill(_any(draw, (), depth), shape)


CONTRACTIONS: dict[Shape, list[tuple[str, tuple[Shape, ...]]]] = {
    (): [("i,i->", ((3,), (3,))), ("ij->", ((3, 4),)), ("ii->", ((3, 3),)), ("ij,i,j->", ((3, 4), (3,), (4,)))],
    (3,): [("ij,j->i", ((3, 4), (4,))), ("ii->i", ((3, 3),)), ("ji,j->i", ((3, 3), (3,))), ("ij,j->i", ((3, 3), (3,)))],
    (4,): [("ij,i->j", ((3, 4), (3,))), ("ij->j", ((3, 4),)), ("i,j->j", ((3,), (4,)))],
    (3, 4): [("i,j->ij", ((3,), (4,))), ("ij,jk->ik", ((3, 3), (3, 4))), ("i,ij->ij", ((3,), (3, 4)))],
    (3, 3): [("ij,kj->ik", ((3, 4), (3, 4))), ("i,j->ji", ((3,), (3,))), ("ij,jk->ki", ((3, 3), (3, 3)))],
}  # fmt: skip


def _contraction(draw: Draw, shape: Shape, depth: int) -> Expr:
    spec, shapes = draw(st.sampled_from(CONTRACTIONS[shape]))
    return einsum(spec, *(_any(draw, s, depth) for s in shapes))


Map = tuple[Shape, Callable[[Expr], Expr]]  # the shape it takes, and what it does

MAPS: dict[Shape, list[Map]] = {
    (): [
        ((3,), lambda x: entry(x, 1)), ((4,), lambda x: entry(x, 3)), ((4,), logsumexp), ((3,), norm), ((4,), prod),
        ((3,), largest), ((4,), smallest),
    ],
    (3,): [
        ((4,), lambda x: part(x, 1, 4)), ((3,), lambda x: strided(x, 2, -1, 3)), ((3,), softmax), ((3,), cumprod),
        ((3,), sort), ((3, 4), logsumexp), ((3, 4), norm), ((3, 4), largest), ((3, 4), prod),
        ((3, 4), lambda x: entry(x, 2)),
    ],
    (4,): [
        ((3,), lambda x: embed(x, 1, 1, 4)), ((3,), lambda x: join([part(x, 1, 3), part(x, 0, 2)])), ((4,), softmax),
        ((3, 4), lambda x: part(reshape(x, (12,)), 3, 7)), ((4,), cumprod), ((4,), sort),
    ],
    (3, 4): [
        ((3, 4), softmax), ((3, 4), sort), ((3, 4), cumprod), ((3, 3), lambda x: embed(x, 0, 1, 4)),
        ((3, 4), lambda x: transpose_axes(reshape(x, (4, 3)), (1, 0))),
    ],
    (3, 3): [
        ((3, 3), lambda x: transpose_axes(x, (1, 0))), ((3, 4), lambda x: strided(x, 3, -1, 3)), ((3, 3), softmax),
        ((3,), lambda x: einsum("i,ij->ij", x, delta(3))), ((3, 3), cumprod),
    ],
}  # fmt: skip


def _map(draw: Draw, shape: Shape, depth: int) -> Expr:
    source, build = draw(st.sampled_from(MAPS[shape]))
    return build(_any(draw, source, depth))


BUILDERS: tuple[Builder, ...] = (
    _leaf, _sum, _product, _product, _unary, _unary, _binary, _on_positive, _choice, _broadcast, _contraction,
    _contraction, _map, _map,
)  # fmt: skip


def _any(draw: Draw, shape: Shape, depth: int) -> Expr:
    builder = _leaf if depth == 0 else draw(st.sampled_from(BUILDERS))
    return builder(draw, shape, depth - 1)


@st.composite
def expressions(draw: Draw, shape: Shape | None = None, depth: int = 3) -> Expr:
    """An expression in `VARIABLES`, of the given shape or any of `SHAPES`."""
    found = _any(draw, draw(st.sampled_from(SHAPES)) if shape is None else shape, depth)
    note(written(found))
    return found


def written(e: Expr) -> str:
    """The expression on one line, as it could be built again."""
    args = ", ".join(map(written, e.args))
    match e:
        case Variable(name=name):
            return name
        case Constant(value=value):
            return str(value) if e.dtype is None else f"FIXED[{e.shape}]"
        case Delta():
            return f"delta({e.shape[0]})"
        case Structured(pattern=pattern):
            return f"{pattern}"
        case Einsum(indices=indices, out=out):
            inputs = ",".join(map(_letters, indices))
            return f'einsum("{inputs}->{_letters(out)}", {args})'
        case Apply(op=op):
            return f"{op.name}({args})"
        case _:
            return f"{type(e).__name__.lower()}({args})"


def _letters(labels: tuple[int, ...]) -> str:
    return "".join(chr(ord("i") + label) for label in labels)


def scalars(depth: int = 3) -> st.SearchStrategy[Expr]:
    return expressions((), depth)
