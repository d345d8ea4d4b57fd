"""What is said beside a formula instead of in it: where it is 0 by convention, where it takes something not to be 0.

The derivative of ‖x‖ is x/‖x‖, and 0 at x = 0: as an expression ``[‖x‖ ≠ 0] x/‖x‖``, in a book a remark. Nothing
need be said where the function itself has no value, being a quotient by ‖x‖ or its logarithm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields

from steepest.analysis.known import Known
from steepest.expr.build import fill, is_zero
from steepest.expr.node import Apply, Einsum, Expr, Labels
from steepest.expr.traversal import rebuild_graph, toposort
from steepest.ops.interval import Interval
from steepest.ops.logic import differs, logical_or
from steepest.ops.operation import rebuilt, settled
from steepest.ops.power import log, log_power, power_op, reciprocal_or_zero, root_of_powers

from .opening import Opening
from .product import is_root
from .term import Factor, Term, is_negative, is_op

Under = Callable[[Expr], Expr | None]  # what is under a root


@dataclass(frozen=True)
class Conditions:
    """Remarks on a formula. Arrays are meant entry by entry."""

    zero: tuple[Expr, ...] = ()  # where one of these is 0, so is the formula
    zero_terms: tuple[Expr, ...] = ()  # where one of these is 0, the terms over it count as 0
    nonzero: tuple[Expr, ...] = ()  # these are taken not to be 0
    needless: tuple[Expr, ...] = ()  # at whose zeros the formula is right without a remark

    def __or__(self, other: Conditions) -> Conditions:
        """Both."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Conditions(*(tuple(dict.fromkeys(a + b)) for a, b in pairs))


NO_CONDITIONS = Conditions()


def with_conditions(roots: Sequence[Expr]) -> list[Expr]:
    """Operations and conditions that rules need at single points, in the words a remark is made of: 1/y where y ≠ 0."""
    nodes = toposort(roots)
    bases = {n.args[0] for n in nodes if is_op(n, power_op)}
    at_points = {n: condition for n in nodes if (condition := _condition_of_power(n, bases)) is not None}
    return rebuild_graph(roots, lambda n, args: _in_conditions(at_points.get(n) or rebuilt(n, args)))


def _condition_of_power(mask: Expr, bases: Collection[Expr]) -> Expr | None:
    """Of ``x ≠ 0 or p ≠ 0`` beside a power of x the half that a book has."""
    if is_op(mask, logical_or):
        one, other = mask.args
        if _unequal_to_zero(one) and one.args[0] in bases and _unequal_to_zero(other):
            return other if other.shape == mask.shape else fill(other, mask.shape)
    return None


def _in_conditions(n: Expr) -> Expr:
    if isinstance(n, Apply) and n.op in (reciprocal_or_zero, root_of_powers, log_power):
        written: Expr = n.op.expansion(*n.args)
        return written
    return n


def without_masks(
    terms: Sequence[Term], rank: int, under: Under, poles: Collection[Expr], known: Known
) -> tuple[list[Term], Conditions]:
    """The terms without conditions ``y ≠ 0``, where these hold anyway, or can be said beside them."""
    zero, zero_terms, needless = [], [], []
    for mask in dict.fromkeys(f.base for t in terms for f in t.factors if _unequal_to_zero(f.base)):
        y = mask.args[0]
        undefined = y in poles or under(y) in poles
        plain = [t for t in terms if _has(t, mask) and (undefined or _says_it(t, mask, under, known))]
        terms = [_without(t, mask) if t in plain else t for t in terms]
        having = [t for t in terms if _has(t, mask)]
        below = [t for t in terms if any(_is_below(f, y, under) for f in t.factors)]
        if not having:
            needless.append(y)
            continue
        if len(having) == len(terms) and not any(i >= rank for t in terms for i in _labels(t, mask)):
            zero.append(y)
        elif having == below:
            zero_terms.append(y)
        else:
            continue
        terms = [_without(t, mask) for t in terms]
    return list(terms), Conditions(tuple(zero), tuple(zero_terms), needless=tuple(needless))


def _has(t: Term, base: Expr) -> bool:
    return any(f.base is base for f in t.factors)


def _labels(t: Term, base: Expr) -> Labels:
    return next(f.labels for f in t.factors if f.base is base)


def _without(t: Term, base: Expr) -> Term:
    return Term(t.coefficient, tuple(f for f in t.factors if f.base is not base))


def _unequal_to_zero(e: Expr) -> bool:
    return is_op(e, differs) and is_zero(e.args[1])


def _says_it(t: Term, mask: Expr, under: Under, known: Known) -> bool:
    """Whether the term is the same without the mask: y is never 0, or is a factor."""
    y = mask.args[0]
    if not may_be_zero(known.range(y)):
        return True
    if any(_is_below(f, y, under) for f in t.factors):
        return False
    labels = _labels(t, mask)
    above = [f for f in t.factors if not is_negative(f.exponent)]
    return any((f.base in (y, under(y)) and f.labels == labels) or f.base is _squared(under(y)) for f in above)


def _squared(u: Expr | None) -> Expr | None:
    """The x of the scalar Σ x²: with it every entry of x is 0."""
    if isinstance(u, Einsum) and not u.out and len(u.args) == 2 and len(set(zip(u.args, u.indices, strict=True))) == 1:
        return u.args[0]
    return None


def may_be_zero(values: Interval) -> bool:
    return not (values.positive or values.negative)


def _is_below(f: Factor, y: Expr, under: Under) -> bool:
    return (f.base in (y, under(y)) or under(f.base) is y) and is_negative(f.exponent)


def poles(nodes: Iterable[Expr], opening: Opening) -> set[Expr]:
    """The expressions at whose zeros one of the nodes has no value: what is divided by, and what has a logarithm."""
    found: set[Expr] = set()
    for n in nodes:
        if isinstance(n, Apply) and (n.op is log or (n.op is power_op and _has_pole(n))):
            terms = opening.terms(n.args[0])
            if len(terms) == 1:
                found.update(f.base for f in terms[0].factors)
                roots = [u for f in terms[0].factors if is_root(f.base) and (u := opening.products.square(f.base))]
                found.update(f.base for u in roots for f in u.factors)
            found.add(n.args[0])
    return found


def _has_pole(n: Apply) -> bool:
    exponent = settled(n.args[1])
    return exponent is not None and is_negative(exponent)
