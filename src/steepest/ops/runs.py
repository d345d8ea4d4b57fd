"""Entries that stand one after the other in an array: together they are a stretch of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from steepest.expr.build import Operand, contract, structured
from steepest.expr.node import Einsum, Expr, Structured
from steepest.expr.pattern import Affine

LEAST = 4  # entries


def runs(items: Sequence[Expr]) -> Iterator[tuple[int, Expr | None]]:
    """How many items come next, and what they are along a new first axis if they are a stretch of an array."""
    places = [_place(e) for e in items]
    start = 0
    while start < len(items):
        stop = _end(places, start)
        if stop - start < LEAST:
            yield 1, None
            start += 1
        else:
            yield stop - start, _stretch(items[start], places[start:stop])
            start = stop


def _place(e: Expr) -> tuple[Any, int] | None:
    """What is read of all but the place of it, and the place; None if an expression reads no single place."""
    if not isinstance(e, Einsum):
        return None
    rules = [k for k, a in enumerate(e.args) if isinstance(a, Structured)]
    pattern = e.args[rules[0]].pattern if len(rules) == 1 else None  # type: ignore[attr-defined]
    if not isinstance(pattern, Affine) or pattern.coefficients != (1,) or pattern.relation != "==":
        return None
    (k,) = rules
    names = {label: axis for axis, label in enumerate(e.out)} | {e.indices[k][0]: -1}
    if not all(i in names for labels in e.indices for i in labels):
        return None
    others = [(a, tuple(names[i] for i in labels)) for n, (labels, a) in enumerate(e.operands()) if n != k]
    return (frozenset(others), len(others), e.args[k].shape, e.shape, e.dtype), -pattern.offset


def _end(places: Sequence[tuple[Any, int] | None], start: int) -> int:
    """Where the run ends that starts here."""
    first = places[start]
    second = places[start + 1] if start + 1 < len(places) else None
    if first is None or second is None or first[0] != second[0] or first[1] == second[1]:
        return start + 1
    step, stop = second[1] - first[1], start + 1
    while stop < len(places):
        place = places[stop]
        if place is None or place[0] != first[0] or place[1] != first[1] + step * (stop - start):
            break
        stop += 1
    return stop


def _stretch(e: Expr, places: Sequence[Any]) -> Expr:
    assert isinstance(e, Einsum)
    (_, first), (_, second) = places[:2]
    time = next(e.fresh_labels())
    operands: list[Operand] = []
    for labels, a in e.operands():
        if isinstance(a, Structured):
            moving = structured(Affine((1, first - second), -first), (*a.shape, len(places)))
            operands.append(((*labels, time), moving))
        else:
            operands.append((labels, a))
    return contract(operands, (time, *e.out), e.label_sizes() | {time: len(places)})
