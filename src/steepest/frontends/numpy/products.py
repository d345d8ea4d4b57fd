"""Translations of matrix and tensor products: all of them are contractions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.build import Operand, contract
from steepest.expr.node import Expr
from steepest.frontends.tracing.lifting import broadcast_shape, lift, normalized_axis
from steepest.frontends.tracing.postponing import Shape, can_wait
from steepest.frontends.tracing.translation import translates
from steepest.ops.complex_parts import conj
from steepest.ops.rearrange import flatten


def matmul(x1: Any, x2: Any) -> Expr:
    """np.matmul: the last axis with the one before last, leading axes broadcast."""
    a, b = lift(x1), lift(x2)
    i, j, k = -1, -2, -3
    batch = broadcast_shape(a.shape[:-2], b.shape[:-2])
    left = [*range(len(batch) + 2 - a.ndim, len(batch)), i, j] if a.ndim > 1 else [j]
    right = [*range(len(batch) + 2 - b.ndim, len(batch)), j, k] if b.ndim > 1 else [j]
    out = (*range(len(batch)), *((i,) if a.ndim > 1 else ()), *((k,) if b.ndim > 1 else ()))
    return contract(_stretched([left, right], [a, b]), out, dict(enumerate(batch)))


def dot(a: Any, b: Any) -> Expr:
    x, y = lift(a), lift(b)
    if x.ndim == 0 or y.ndim == 0:
        return contract([(tuple(range(x.ndim)), x), (tuple(range(y.ndim)), y)], tuple(range(max(x.ndim, y.ndim))))
    left = tuple(range(x.ndim))
    shared = left[-1]
    right = tuple(range(x.ndim, x.ndim + y.ndim))
    axis = max(y.ndim - 2, 0)
    right = (*right[:axis], shared, *right[axis + 1 :])
    return contract([(left, x), (right, y)], (*left[:-1], *right[:axis], *right[axis + 1 :]))


def inner(a: Any, b: Any) -> Expr:
    x, y = lift(a), lift(b)
    if x.ndim == 0 or y.ndim == 0:
        return dot(x, y)
    left = tuple(range(x.ndim))
    right = (*range(x.ndim, x.ndim + y.ndim - 1), left[-1])
    return contract([(left, x), (right, y)], (*left[:-1], *right[:-1]))


def outer(a: Any, b: Any) -> Expr:
    return contract([((0,), flatten(lift(a))), ((1,), flatten(lift(b)))], (0, 1))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Expr:
    x, y = lift(a), lift(b)
    if isinstance(axes, (int, np.integer)):
        first: list[int] = list(range(x.ndim - int(axes), x.ndim))
        second: list[int] = list(range(int(axes)))
    else:
        one, two = axes
        first = [normalized_axis(k, x.ndim) for k in (one if isinstance(one, (list, tuple)) else [one])]
        second = [normalized_axis(k, y.ndim) for k in (two if isinstance(two, (list, tuple)) else [two])]
    left = list(range(x.ndim))
    right = list(range(x.ndim, x.ndim + y.ndim))
    for p, q in zip(first, second, strict=True):
        right[q] = left[p]
    out = [i for k, i in enumerate(left) if k not in first] + [i for k, i in enumerate(right) if k not in second]
    return contract([(tuple(left), x), (tuple(right), y)], out)


def einsum(*operands: Any, optimize: Any = False, **settings: Any) -> Expr:
    """np.einsum, with a subscripts string or lists of axis numbers; ``…`` stands for broadcast axes."""
    if settings:
        raise CaptureError(f"np.einsum with {sorted(settings)} cannot be recorded")
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0].replace(" ", ""), [lift(x) for x in operands[1:]]
        inputs, arrow, result = subscripts.partition("->")
        terms = [_parsed(part) for part in inputs.split(",")]
        out = _parsed(result) if arrow else None
    else:
        listed = list(operands)
        out = list(listed.pop()) if len(listed) % 2 else None
        arrays = [lift(x) for x in listed[::2]]
        terms = [list(axes) for axes in listed[1::2]]
    return _contraction(terms, arrays, out)


def _shape_of_einsum(subscripts: Any, *operands: Any, **settings: Any) -> Shape | None:
    """That of the result, where all its axes are named, and no axis is stretched."""
    inputs, arrow, result = subscripts.replace(" ", "").partition("->") if isinstance(subscripts, str) else ("", "", "")
    terms = inputs.split(",")
    if not arrow or "." in subscripts or settings or list(map(len, terms)) != list(map(np.ndim, operands)):
        return None
    named = [pair for term, x in zip(terms, operands, strict=True) for pair in zip(term, np.shape(x), strict=True)]
    sizes = dict(named)
    return tuple(sizes[i] for i in result) if all(sizes[i] == n for i, n in named) else None


def _parsed(part: str) -> list[Any]:
    head, dots, tail = part.partition("...")
    return [*map(ord, head), *([Ellipsis] if dots else []), *map(ord, tail)]


def _contraction(terms: list[list[Any]], arrays: list[Expr], out: list[Any] | None) -> Expr:
    extra = [a.ndim - sum(i is not Ellipsis for i in t) for t, a in zip(terms, arrays, strict=True)]
    rank = max((n for n, t in zip(extra, terms, strict=True) if Ellipsis in t), default=0)
    dots = [-1 - k for k in range(rank)][::-1]  # labels of the axes that … stands for, aligned at the right
    explicit = [i for t in terms for i in t if i is not Ellipsis]
    if out is None:  # NumPy's rule: every label that occurs once, in order, after the broadcast axes
        once = sorted(i for i in set(explicit) if explicit.count(i) == 1)
        out = [Ellipsis, *once] if rank else once
    labelled = [_with_dots(t, dots[rank - n :]) for t, n in zip(terms, extra, strict=True)]
    target = _with_dots(out, dots)
    return contract(_stretched(labelled, arrays), target)


def _with_dots(term: list[Any], dots: list[int]) -> list[int]:
    return [i for item in term for i in (dots if item is Ellipsis else [item])]


def _stretched(labelled: list[list[int]], arrays: list[Expr]) -> list[Operand]:
    """An axis of length 1 beside a longer one of the same label is read at its only place."""
    longest: dict[int, int] = {}
    for labels, a in zip(labelled, arrays, strict=True):
        for i, n in zip(labels, a.shape, strict=True):
            longest[i] = longest.get(i, 1) if n == 1 else n  # not the larger: 1 stretches to 0 too
    fresh = max(longest, default=0) + 1
    operands = []
    for labels, a in zip(labelled, arrays, strict=True):
        own = list(labels)
        for k, n in enumerate(a.shape):
            if n != longest[own[k]]:
                own[k], fresh = fresh, fresh + 1
        operands.append((tuple(own), a))
    return operands


def vdot(a: Any, b: Any) -> Expr:
    return contract([((0,), conj(flatten(lift(a)))), ((0,), flatten(lift(b)))], ())


def multi_dot(arrays: Sequence[Any]) -> Expr:
    """np.linalg.multi_dot: one contraction; the order of products is chosen when it is lowered."""
    items = [lift(x) for x in arrays]
    result = items[0]
    for x in items[1:]:
        result = dot(result, x)
    return result


translates(np.matmul)(matmul)
translates(np.dot)(dot)
translates(np.inner)(inner)
translates(np.outer)(outer)
translates(np.tensordot)(tensordot)
translates(np.einsum)(einsum)
can_wait(np.einsum, _shape_of_einsum)
translates(np.vdot)(vdot)
translates(np.linalg.multi_dot)(multi_dot)
