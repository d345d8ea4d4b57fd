"""``where(u == c, k, g)`` where g, in its stable form, has the value k at u = c by itself: then g is all of it.

The branch for the one point is there because g as written cannot be computed at it. The derivative of that branch, a
constant, is not the function's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from steepest.expr.build import Operand, add, contract, fill, uniform_value
from steepest.expr.node import Add, Apply, Einsum, Expr
from steepest.expr.number import ONE, ZERO
from steepest.expr.traversal import rebuild_graph, toposort
from steepest.ops.logic import differs, equals, less, less_equal, logical_not
from steepest.ops.operation import Smoothness, rebuilt

from .exponents import is_op, number_of

Stabilise = Callable[[Expr], Expr]


class Point(NamedTuple):
    """Where u is c: the mask of that place, and that of all others."""

    u: Expr
    c: Expr
    inside: Expr
    outside: Expr


def filled_points(e: Expr, stabilise: Stabilise) -> Expr:
    """A `where` with a branch for one point only, as the other branch, if that has its value there."""
    terms = list(e.args) if isinstance(e, Add) else [e]
    for t in terms:
        point = _left_out_of(t)
        if point is None:
            continue
        around = stabilise(under(point, _without(t, point.outside)))
        inside = [s for s in terms if s is not t and _selected_by(point.inside, s)]
        given = add(*(_without(s, point.inside) for s in inside)) if inside else fill(ZERO, e.shape)
        if _is_smooth_at(point, around) and _same_at(point, around, given):
            return add(around, *(s for s in terms if s is not t and s not in inside))
    return e


def _left_out_of(t: Expr) -> Point | None:
    """The one point at which a term does not count."""
    if isinstance(t, Einsum) and not t.sums:
        for labels, a in t.operands():
            found = _point_of(a) if labels == t.out else None
            if found is not None and found.u.shape == t.shape:
                return found
    return None


def _point_of(outside: Expr) -> Point | None:
    """Of the masks ``u != c`` and ``not u == c``."""
    if is_op(outside, differs):
        u, c = outside.args
        inside: Expr = logical_not(outside)
    elif is_op(outside, logical_not) and is_op(outside.args[0], equals):
        inside = outside.args[0]
        u, c = inside.args
    else:
        return None
    return None if number_of(c) is None else Point(u, c, inside, outside)


def protected(nodes: Iterable[Expr]) -> set[Expr]:
    """Terms with another beside them for just the point that they leave out: neither is to be looked at alone."""
    found: set[Expr] = set()
    for n in nodes:
        if isinstance(n, Add):
            for t in n.args:
                point = _left_out_of(t)
                if point is not None and any(_selected_by(point.inside, s) for s in n.args):
                    found.add(t)
    return found


def _is_smooth_at(point: Point, e: Expr) -> bool:
    """Whether nothing in it jumps at the point: else its value there says nothing of its slope."""
    nodes = [n for n in toposort([e]) if isinstance(n, Apply) and n.op.smoothness is not Smoothness.SMOOTH]
    compared = [a for n in nodes if n.op in COMPARISONS for a in n.args]
    if any(n.op not in (*COMPARISONS, logical_not) for n in nodes):
        return False
    sides = list(map(number_of, _at(point, compared)))
    return all(a is not None and b is not None and a != b for a, b in zip(sides[::2], sides[1::2], strict=True))


COMPARISONS = (less, less_equal)


def _selected_by(mask: Expr, t: Expr) -> bool:
    return t is mask or (isinstance(t, Einsum) and not t.sums and (t.out, mask) in t.operands())


def _without(t: Expr, mask: Expr) -> Expr:
    """The term without this mask."""
    if t is mask:
        return fill(ONE, t.shape)
    assert isinstance(t, Einsum)
    rest: list[Operand] = [o for o in t.operands() if o != (t.out, mask)]
    return contract(rest, t.out, t.out_sizes())


def under(point: Point, e: Expr) -> Expr:
    """`e` as it is where the mask does not hold: of each ``where`` by the same mask the other branch.

    Only what is computed entry by entry from it is looked at: there an entry of the mask says what an entry is.
    """
    region = _entrywise_region(e)
    new: dict[Expr, Expr] = {}
    for n in toposort([e]):
        if n in region:
            new[n] = _other_branch(point, rebuilt(n, tuple(new.get(a, a) for a in n.args)))
    return new.get(e, e)


def _entrywise_region(e: Expr) -> set[Expr]:
    region: set[Expr] = set()
    stack = [e]
    while stack:
        n = stack.pop()
        if n not in region and n.args and n.shape == e.shape and _is_entrywise(n):
            region.add(n)
            stack.extend(n.args)
    return region


def _is_entrywise(n: Expr) -> bool:
    match n:
        case Add():
            return True
        case Einsum():
            return not n.sums and all(labels in (n.out, ()) for labels in n.indices)
        case Apply():
            return bool(n.op.elementwise)
    return False


def _other_branch(point: Point, n: Expr) -> Expr:
    terms = n.args if isinstance(n, Add) else (n,)
    kept = [t for t in terms if not _selected_by(point.inside, t)]
    if not kept:
        return fill(ZERO, n.shape)
    return add(*(_without(t, point.outside) if _selected_by(point.outside, t) else t for t in kept))


def _same_at(point: Point, one: Expr, other: Expr) -> bool:
    """Whether two expressions are the same finite number at the point."""
    x, y = map(number_of, _at(point, [one, other]))
    return x is not None and x == y and abs(x) < math.inf


def _at(point: Point, exprs: Sequence[Expr]) -> list[Expr]:
    number = uniform_value(point.c)
    assert number is not None
    c = fill(number, point.u.shape)
    return rebuild_graph(exprs, lambda n, args: c if n is point.u else rebuilt(n, args))
