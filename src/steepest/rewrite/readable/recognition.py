"""Products over several entries that have a name: exp(x)/Σ exp(x) = softmax(x), A A⁻¹ = I, adj(A)/det(A) = A⁻¹.

Each rule looks at one term, and is right wherever both sides are defined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from steepest.expr.build import delta
from steepest.expr.node import Apply, Einsum, Expr, Labels, Structured
from steepest.expr.number import ZERO
from steepest.expr.pattern import Affine, holds
from steepest.ops.elementary import exp
from steepest.ops.linalg_inverse import adjugate_op, determinant, inverse
from steepest.ops.power import whole_power
from steepest.ops.reduction import softmax

from . import entrywise
from .term import Factor, Term, exchanged, is_negative, is_op


def shares(t: Term, rank: int) -> Term | None:
    """exp(x)_i / Σ_j exp(x)_j = softmax(x)_i, for vectors; also inside of a scalar that is a sum over i."""
    for f in t.factors:
        e = summed_exp(f.base)
        if e is None or not is_negative(f.exponent):
            continue
        share = softmax(e.args[0])
        for g in t.factors:
            if g.base is e and type(g.exponent) is int and g.exponent > 0:
                return exchanged(t, {g: g.exponent - 1, f: f.exponent + 1}, Factor(share, g.labels, 1))
            if g.base is f.base or g.labels or g.exponent != 1:
                continue
            if isinstance(g.base, Einsum) and e in g.base.args:
                args = list(g.base.args)
                args[args.index(e)] = share
                free = rank + max((i + 1 for h in t.factors for i in h.labels), default=0)
                labels = [tuple(free + i for i in ix) for ix in g.base.indices]
                factors = [_entry(a, ix) for a, ix in zip(args, labels, strict=True)]
                found = exchanged(t, {g: 0, f: f.exponent + 1}, factors[0])
                return Term(found.coefficient, (*found.factors, *factors[1:]))
    return None


def _entry(e: Expr, labels: Labels) -> Factor:
    base, exponent = whole_power(e)
    return Factor(base, labels, exponent)


def summed_exp(e: Expr) -> Apply | None:
    """The exp(x) of ``Σ exp(x)``."""
    if isinstance(e, Einsum) and not e.out and len(e.args) == 1 and len(e.indices[0]) == 1 and is_op(e.args[0], exp):
        return e.args[0]
    return None


def whole_share(t: Term, rank: int) -> Term | None:
    """Σ_i softmax(x)_i = 1 along the axis of the softmax."""
    for f in t.factors:
        if is_op(f.base, softmax) and f.exponent == 1 and f.labels[-1] >= rank:
            label = f.labels[-1]
            if sum(g.labels.count(label) for g in t.factors) == 1:
                rest = tuple(g for g in t.factors if g is not f)
                if set(f.labels[:-1]) <= {i for g in rest for i in g.labels} | set(range(rank)):
                    return Term(t.coefficient, rest)
    return None


def cofactors(t: Term, rank: int) -> Term | None:
    """adj(A)/det(A) = A⁻¹."""
    for f in t.factors:
        if is_op(f.base, adjugate_op) and f.exponent == 1:
            a = f.base.args[0]
            for g in t.factors:
                if is_op(g.base, determinant) and g.base.args[0] is a and is_negative(g.exponent) and a.ndim == 2:
                    return exchanged(t, {f: 0, g: g.exponent + 1}, Factor(inverse(a), f.labels, 1))
    return None


def inverses(t: Term, rank: int) -> Term | None:
    """A A⁻¹ = A⁻¹A = I, where nothing else is on the index between."""
    for f in t.factors:
        if not (is_op(f.base, inverse) and f.exponent == 1 and len(f.labels) == 2):
            continue
        for g in t.factors:
            if g.base is f.base.args[0] and g.exponent == 1:
                for near in (0, 1):
                    shared = f.labels[near]
                    if shared == g.labels[1 - near] and shared >= rank and _occurrences(t, shared) == 2:
                        identity = Factor(delta(f.base.shape[0]), (f.labels[1 - near], g.labels[near]), 1)
                        return exchanged(t, {f: 0, g: 0}, identity)
    return None


def nowhere(t: Term, rank: int) -> Term | None:
    """[i ≥ j + 1] is 0 on the diagonal: a pattern whose labels cancel, and which does not hold then."""
    return Term(ZERO, ()) if any(_never_holds(p, labels) for f in t.factors for p, labels in _patterns(f)) else None


def _patterns(f: Factor) -> Iterator[tuple[Affine, Sequence[object]]]:
    """The patterns that a factor is, or is a product with, and what each of their axes is called."""
    match f.base:
        case Structured(pattern=Affine() as pattern):
            yield pattern, f.labels
        case Einsum(out=out):
            outer = dict(zip(out, f.labels, strict=True))
            for labels, a in f.base.operands():
                if isinstance(a, Structured) and isinstance(a.pattern, Affine):
                    yield a.pattern, [outer.get(i, (i,)) for i in labels]


def _never_holds(pattern: Affine, labels: Sequence[object]) -> bool:
    totals = Counter[object]()
    for label, c in zip(labels, pattern.coefficients, strict=True):
        totals[label] += c
    return not any(totals.values()) and not holds(pattern.relation, pattern.offset)


def _occurrences(t: Term, label: int) -> int:
    return sum(f.labels.count(label) for f in t.factors)


RULES = (*entrywise.RULES, shares, whole_share, cofactors, inverses, nowhere)
