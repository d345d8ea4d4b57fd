"""Products that have a name: 1/(1 + exp(u)) = σ(−u), exp(x)/Σ exp(x) = softmax(x), A A⁻¹ = I, adj(A)/det(A) = A⁻¹.

Each rule looks at one term and is a law of entries, right wherever both sides are defined.
"""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.build import add, delta, negate, uniform_value
from steepest.expr.node import Add, Apply, Einsum, Expr, Number
from steepest.expr.number import ZERO
from steepest.ops.elementary import exp
from steepest.ops.linalg_inverse import adjugate_op, determinant, inverse
from steepest.ops.logic import logical_not
from steepest.ops.reduction import softmax
from steepest.ops.special_logistic import expit

from .term import Factor, Term, is_negative


def logistic(t: Term, rank: int) -> Term | None:
    """1/(1 + exp(u)) = σ(−u); and 1 + exp(u) = 1/σ(−u) beside σ(−u)."""
    for f in t.factors:
        u = one_plus_exp(f.base)
        if u is not None and type(f.exponent) is int:
            share = expit(opposed(u))
            if f.exponent < 0 or any(g.base is share and g.labels == f.labels for g in t.factors):
                return _exchanged(t, {f: 0}, Factor(share, f.labels, -f.exponent))
    return None


def logistic_of_the_opposite(t: Term, rank: int) -> Term | None:
    """exp(u) σ(−u) = σ(u)."""
    for f in t.factors:
        if is_op(f.base, exp) and type(f.exponent) is int and f.exponent > 0:
            opposite = expit(opposed(f.base.args[0]))
            for g in t.factors:
                if g.base is opposite and g.labels == f.labels and type(g.exponent) is int:
                    lower = min(f.exponent, g.exponent)
                    new = Factor(expit(f.base.args[0]), f.labels, lower)
                    return _exchanged(t, {f: f.exponent - lower, g: g.exponent - lower}, new)
    return None


def one_plus_exp(e: Expr) -> Expr | None:
    """The u of ``1 + exp(u)``."""
    if not (isinstance(e, Add) and len(e.args) == 2):
        return None
    for one, other in (e.args, e.args[::-1]):
        filled = uniform_value(one)
        if filled is not None and filled.value == 1 and not filled.sizes and is_op(other, exp):
            return other.args[0]
    return None


def shares(t: Term, rank: int) -> Term | None:
    """exp(x)_i / Σ_j exp(x)_j = softmax(x)_i, for vectors; also inside of a scalar that is a sum over i."""
    for f in t.factors:
        e = summed_exp(f.base)
        if e is None or not is_negative(f.exponent):
            continue
        share = softmax(e.args[0])
        for g in t.factors:
            if g.base is e and type(g.exponent) is int and g.exponent > 0:
                return _exchanged(t, {g: g.exponent - 1, f: f.exponent + 1}, Factor(share, g.labels, 1))
            if isinstance(g.base, Einsum) and not g.labels and e in g.base.args and g.exponent == 1 and g.base is not f.base:
                args = list(g.base.args)
                args[args.index(e)] = share
                inner = zip(g.base.indices, args, strict=True)
                free = rank + max((i + 1 for h in t.factors for i in h.labels), default=0)
                factors = [Factor(a, tuple(free + i for i in ix), 1) for ix, a in inner]
                found = _exchanged(t, {g: 0, f: f.exponent + 1}, factors[0])
                return Term(found.coefficient, (*found.factors, *factors[1:]))
    return None


def summed_exp(e: Expr) -> Apply | None:
    """The exp(x) of ``Σ exp(x)``."""
    if isinstance(e, Einsum) and not e.out and len(e.args) == 1 and len(e.indices[0]) == 1 and is_op(e.args[0], exp):
        return e.args[0]  # type: ignore[return-value]
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
                    return _exchanged(t, {f: 0, g: g.exponent + 1}, Factor(inverse(a), f.labels, 1))
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
                        return _exchanged(t, {f: 0, g: 0}, identity)
    return None


def contradiction(t: Term, rank: int) -> Term | None:
    """Nothing is both c and not c."""
    for f in t.factors:
        if is_op(f.base, logical_not) and Factor(f.base.args[0], f.labels, 1) in t.factors:
            return Term(ZERO, ())
    return None


def share_or_complement(terms: Sequence[Term], rank: int) -> Expr | None:
    """1 − σ(u) = σ(−u)."""
    if len(terms) == 2:
        for one, other in (terms, terms[::-1]):
            (*_, f) = other.factors or (None,)
            plain = not one.factors and one.coefficient.value == 1 and not one.coefficient.sizes
            negative = len(other.factors) == 1 and other.coefficient.value == -1 and not other.coefficient.sizes
            if plain and negative and f and is_op(f.base, expit) and f.exponent == 1 and f.base.ndim == rank:
                return expit(opposed(f.base.args[0]))
    return None


def opposed(u: Expr) -> Expr:
    """−u, of a sum term by term."""
    return add(*map(negate, u.args)) if isinstance(u, Add) else negate(u)


def _occurrences(t: Term, label: int) -> int:
    return sum(f.labels.count(label) for f in t.factors)


def is_op(e: Expr, op: object) -> bool:
    return isinstance(e, Apply) and e.op is op


def _exchanged(t: Term, exponents: dict[Factor, Number], new: Factor) -> Term:
    """The term with other exponents of some factors, and a new factor."""
    factors = [f._replace(exponent=exponents.get(f, f.exponent)) for f in t.factors]
    return Term(t.coefficient, (*(f for f in factors if f.exponent != 0), new))


RULES = (contradiction, logistic, logistic_of_the_opposite, shares, whole_share, cofactors, inverses)
