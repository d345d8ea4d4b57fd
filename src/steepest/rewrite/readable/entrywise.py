"""Laws of entries: 1/(1 + exp(u)) = σ(−u), sinh(u)/cosh(u) = tanh(u), sign(u) |u| = u, x xᵖ = xᵖ⁺¹."""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.build import add, fill, negate, uniform_value
from steepest.expr.node import Add, Einsum, Expr
from steepest.expr.number import ZERO, constant
from steepest.ops.elementary import cos, cosh, exp, one_minus, sin, sinh, tan, tanh
from steepest.ops.logic import less, logical_not, sign
from steepest.ops.operation import settled
from steepest.ops.piecewise import absolute, maximum
from steepest.ops.power import power_op
from steepest.ops.special_logistic import expit

from .length import is_mask
from .term import Factor, Term, exchanged, is_finite, is_op, is_whole

RATIOS = ((sinh, cosh, tanh), (sin, cos, tan))


def logistic(t: Term, rank: int) -> Term | None:
    """1/(1 + exp(u)) = σ(−u); and 1 + exp(u) = 1/σ(−u) beside σ(−u)."""
    for f in t.factors:
        u = one_plus_exp(f.base)
        if u is not None and type(f.exponent) is int:
            share = expit(opposed(u))
            if f.exponent < 0 or any(g.base is share and g.labels == f.labels for g in t.factors):
                return exchanged(t, {f: 0}, Factor(share, f.labels, -f.exponent))
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
                    return exchanged(t, {f: f.exponent - lower, g: g.exponent - lower}, new)
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


def squared_sign(t: Term, rank: int) -> Term | None:
    """sign(u)² is 1 beside u or |u|."""
    for f in t.factors:
        if is_op(f.base, sign) and type(f.exponent) is int and f.exponent > 1:
            u = f.base.args[0]
            if partner(t, f, u) is not None or partner(t, f, absolute(u)) is not None:
                rest = tuple(g for g in t.factors if g is not f)
                return Term(t.coefficient, rest if f.exponent % 2 == 0 else (*rest, f._replace(exponent=1)))
    return None


def ratio(t: Term, rank: int) -> Term | None:
    """sinh(u)/cosh(u) = tanh(u), sin(u)/cos(u) = tan(u)."""
    for over, under, quotient in RATIOS:
        for f in t.factors:
            if not (is_op(f.base, over) and is_whole(f)):
                continue
            g = partner(t, f, under(*f.base.args))
            if g is not None and type(g.exponent) is int and g.exponent < 0:
                n = min(f.exponent, -g.exponent)  # type: ignore[type-var]
                new = Factor(quotient(*f.base.args), f.labels, n)
                return exchanged(t, {f: f.exponent - n, g: g.exponent + n}, new)
    return None


def signed_size(t: Term, rank: int) -> Term | None:
    """sign(u) |u|ⁿ = u |u|ⁿ⁻¹, sign(u) uⁿ = |u| uⁿ⁻¹."""
    for f in t.factors:
        if is_op(f.base, sign) and f.exponent == 1:
            u = f.base.args[0]
            for known, other in ((absolute(u), u), (u, absolute(u))):
                g = partner(t, f, known)
                if g is not None and type(g.exponent) is int and (g.exponent % 2 or known is u) and abs(g.exponent) > 0:
                    if known is u and g.exponent < 0:
                        continue
                    return exchanged(t, {f: 0, g: g.exponent - 1}, Factor(other, f.labels, 1))
    return None


def raised_again(t: Term, rank: int) -> Term | None:
    """xᵖ xᵏ = xᵖ⁺ᵏ for whole k."""
    for f in t.factors:
        if is_op(f.base, power_op) and f.exponent == 1:
            x, p = f.base.args
            g = partner(t, f, x)
            if g is not None and type(g.exponent) is int:
                whole = power_op(x, add(p, fill(constant(g.exponent), p.shape)))
                return exchanged(t, {f: 0, g: 0}, Factor(whole, f.labels, 1))
    return None


def partner(t: Term, f: Factor, base: Expr) -> Factor | None:
    """The factor with this base at the same entries."""
    return next((g for g in t.factors if g.base is base and g.labels == f.labels), None)


# --- conditions ---------------------------------------------------------------------------------------


def contradiction(t: Term, rank: int) -> Term | None:
    """Nothing is both c and not c."""
    for f in t.factors:
        if is_op(f.base, logical_not) and Factor(f.base.args[0], f.labels, 1) in t.factors:
            return Term(ZERO, ())
    return None


def implied(t: Term, rank: int) -> Term | None:
    """[u ≥ 0] max(u, 0) = max(u, 0), beside finite factors."""
    for f in t.factors:
        if is_op(f.base, maximum) and is_whole(f) and settled(f.base.args[1]) == 0:
            mask = partner(t, f, logical_not(less(*f.base.args)))
            if mask is not None and all(is_mask(g.base) or is_finite(g.base) for g in t.factors):
                return Term(t.coefficient, tuple(g for g in t.factors if g is not mask))
    return None


# --- a share and the rest ------------------------------------------------------------------------------


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


def is_complement(e: Add) -> bool:
    """Whether it is 1 − σ(u)."""
    shares = [a for t in e.args if isinstance(t, Einsum) for a in t.args if is_op(a, expit)]
    return len(shares) == 1 and e is one_minus(shares[0])


def opposed(u: Expr) -> Expr:
    """−u, of a sum term by term."""
    return add(*map(negate, u.args)) if isinstance(u, Add) else negate(u)


RULES = (contradiction, implied, logistic, logistic_of_the_opposite, ratio, signed_size, squared_sign, raised_again)
