"""Products in which exponentials overflow against each other: exp(u)/(1 + exp(u)) = σ(u), exp(x)/Σ exp(x) = softmax(x).

A rule is given the operands of a product with their labels, and returns them with some replaced, or None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from steepest.expr.build import Operand, add, contract, negate, scale, split_coefficient
from steepest.expr.node import Add, Einsum, Expr
from steepest.expr.number import constant
from steepest.ops.elementary import exp, expm1
from steepest.ops.operation import settled
from steepest.ops.power import power, power_op, sqrt, whole_power
from steepest.ops.special_logistic import expit, logaddexp

from .exponents import is_op, number_of
from .ratios import ratio
from .rows import shares_of_row
from .sums import stable_sum

Operands = Sequence[Operand]
Rule = Callable[[Operands], list[Operand] | None]
PASSES = 16  # a bound only: each takes away one pair of factors


def stable_product(e: Einsum) -> Expr:
    """The product with all rules applied."""
    operands: list[Operand] = list(e.operands())
    changed = False
    for _ in range(PASSES):
        new = next((found for rule in RULES if (found := rule(operands)) is not None), None)
        if new is None:
            break
        operands, changed = new, True
    return contract(operands, e.out, e.label_sizes()) if changed else e


def _pairwise(replace: Callable[[Expr, Expr], Sequence[Expr] | None]) -> Rule:
    """A rule for two factors at the same entries."""

    def rule(operands: Operands) -> list[Operand] | None:
        for j, (labels, a) in enumerate(operands):
            for k, (others, b) in enumerate(operands):
                if j != k and labels == others and (found := replace(a, b)) is not None:
                    rest = [o for i, o in enumerate(operands) if i not in (j, k)]
                    return [*rest, *((labels if f.ndim else (), f) for f in found)]
        return None

    return rule


def exponential_share(a: Expr, b: Expr) -> list[Expr] | None:
    """exp(u) σ(v) = exp(u + v) σ(−v) where u + v is a number; exp(u) exp(−n log(eᵖ + e^q)) where u is p or q."""
    if not is_op(a, exp):
        return None
    (u,) = a.args
    if is_op(b, expit):
        known = number_of(add(u, b.args[0]))
        return None if known is None else _numbered(math.exp(known), expit(negate(b.args[0])))
    found = _reciprocal_of_sum(b)
    if found is None:
        return None
    times, p, q = found
    for one, other in ((p, q), (q, p)):
        known = number_of(add(u, negate(one)))
        if known is not None:
            rest = [exp(scale(constant(1 - times), logaddexp(p, q)))] if times > 1 else []
            return [*rest, *_numbered(math.exp(known), expit(add(one, negate(other))))]
    return None


def _reciprocal_of_sum(e: Expr) -> tuple[int, Expr, Expr] | None:
    """n, p, q of exp(−n log(eᵖ + e^q))."""
    if not is_op(e, exp):
        return None
    coefficient, base = split_coefficient(e.args[0])
    times = number_of(coefficient)
    if is_op(base, logaddexp) and times is not None and times < 0 and float(times).is_integer():
        p, q = base.args
        return -int(times), p, q
    return None


def _numbered(number: float, e: Expr) -> list[Expr]:
    return [e] if number == 1 else [constant(number), e]


def shared_sum(a: Expr, b: Expr) -> list[Expr] | None:
    """(Σ ±c exp(u)) / (eᵖ + e^q) term by term, where each term is a share of what is below."""
    below = is_op(b, expit) or _reciprocal_of_sum(b) is not None
    parts = (exp(*a.args), constant(-1)) if is_op(a, expm1) else a.args
    if not (isinstance(a, Add) or is_op(a, expm1)) or not below:
        return None
    terms = []
    for t in parts:
        coefficient, base = split_coefficient(t)
        if number_of(t) is not None and is_op(b, expit):
            terms.append(scale(constant(number_of(t) or 0.0), b))
            continue
        found = exponential_share(base, b)
        if found is None:
            return None
        *numbers, share = found
        terms.append(scale(coefficient, scale(numbers[0], share) if numbers else share))
    return [stable_sum(add(*terms))]


def merged_root(a: Expr, b: Expr) -> list[Expr] | None:
    """xⁿ √x = x^(n + ½), n > 0: where x is 0 the slope of the root alone is not finite."""
    inner, exponent = whole_power(a)
    if exponent < 1:
        return None
    if is_op(b, sqrt) and b.args[0] is inner:
        return [power(inner, constant(exponent + 0.5))]
    if is_op(b, power_op) and b.args[0] is inner:
        p = settled(b.args[1])
        if isinstance(p, float) and 0 < p < 1:
            return [power(inner, constant(exponent + p))]
    return None


RULES: tuple[Rule, ...] = (
    _pairwise(exponential_share),
    _pairwise(shared_sum),
    _pairwise(ratio),
    _pairwise(merged_root),
    shares_of_row,
)
