"""Sums: terms that hold the same axes first, small ones before they are spread; minus signs as subtractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from steepest.expr.dtype import BOOL, DType
from steepest.expr.node import Number

from .embedding import permuted
from .emitter import Emitter
from .program import Piece
from .value import Value, aligned, common_axes, in_type, multiplied


def added(emitter: Emitter, terms: Sequence[tuple[DType, Value]], dtype: DType) -> Value:
    """The sum of terms, given each with the element type of its node."""
    context = dtype if dtype is not None and dtype.kind in "fc" else None
    number: Number = 0
    groups: dict[frozenset[int], list[Value]] = {}
    for own, v in terms:
        value = emitter.number(v.register)
        if value is not None:
            number = number + v.factor * value
        else:
            settled = _numeric(emitter, in_type(emitter, v, own if own is not None else context), dtype)
            groups.setdefault(frozenset(v.axes), []).append(settled)
    sums = [_sum_of(emitter, _assembled(emitter, group)) for group in groups.values()]
    if number != 0 or not sums:
        sign = -1 if _negative(number) else 1
        sums.append(Value(emitter.literal(sign * number), (), sign))
    sums.sort(key=lambda v: emitter.size(v.register))
    result = sums[0]
    for v in sums[1:]:
        result = _sum_of(emitter, [v, result])
    return in_type(emitter, result, dtype)


def _numeric(emitter: Emitter, v: Value, dtype: DType) -> Value:
    """Truth values as numbers: NumPy subtracts no booleans."""
    if emitter.dtype(v.register) != BOOL:
        return v
    return Value(emitter.convert(v.register, np.dtype(np.int64) if dtype is None else dtype), v.axes, v.factor)


def _assembled(emitter: Emitter, terms: list[Value]) -> list[Value]:
    """Terms that are zeros but for some pieces, as one such array."""
    embedded = [v for v in terms if v.register in emitter.embedded]
    if len(embedded) < 2:
        return terms
    axes = tuple(sorted(embedded[0].axes))
    pieces = [_moved(emitter, p, v, axes) for v in embedded for p in emitter.embedded[v.register]]
    shape = tuple(emitter.shape(embedded[0].register)[embedded[0].axes.index(k)] for k in axes)
    whole = Value(emitter.embed(pieces, shape), axes)
    return [whole, *(v for v in terms if v.register not in emitter.embedded)]


def _moved(emitter: Emitter, p: Piece, v: Value, axes: tuple[int, ...]) -> Piece:
    """A piece of a term with the term's factor, and its axes in another order."""
    source = emitter.arithmetic("*", emitter.literal(v.factor), p.source)
    return replace(permuted(p, [v.axes.index(k) for k in axes]), source=source)


def _sum_of(emitter: Emitter, terms: list[Value]) -> Value:
    """A positive term first if there is one; if none, the negative of a sum."""
    if len(terms) == 1:
        return terms[0]
    axes = common_axes(terms)
    first = next((k for k, v in enumerate(terms) if not _negative(v.factor)), None)
    if first is None:
        result = _sum_of(emitter, [Value(v.register, v.axes, -v.factor) for v in terms])
        return Value(result.register, result.axes, -result.factor)
    ordered = [terms[first], *terms[:first], *terms[first + 1 :]]
    total = _scaled(emitter, ordered[0], axes, ordered[0].factor)
    for v in ordered[1:]:
        if _negative(v.factor):
            total = emitter.arithmetic("-", total, _scaled(emitter, v, axes, -v.factor))
        else:
            total = emitter.arithmetic("+", total, _scaled(emitter, v, axes, v.factor))
    return Value(total, axes)


def _scaled(emitter: Emitter, v: Value, axes: tuple[int, ...], factor: Number) -> int:
    return aligned(emitter, multiplied(emitter, Value(v.register, v.axes, factor)), axes)


def _negative(x: Number) -> bool:
    return not isinstance(x, complex) and x < 0
