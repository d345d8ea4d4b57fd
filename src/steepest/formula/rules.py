"""What a teacher calls the step from a node's operands to the node, and the law it follows."""

from __future__ import annotations

from collections.abc import Collection

from steepest.expr.node import Add, Apply, Einsum, Expr
from steepest.ops.power import power_op, whole_power

Rule = tuple[str, str]

SUM: Rule = ("sum rule", "d(u + v) = du + dv")
CONSTANT_MULTIPLE: Rule = ("constant multiple", "d(c u) = c du")
LINEAR_MAP: Rule = ("linear map", "d(A u) = A du")
ENTRIES: Rule = ("sum of entries", "d Σ u = Σ du")
PRODUCT: Rule = ("product rule", "d(u v) = v du + u dv")
POWER: Rule = ("power rule", "d(uⁿ) = n uⁿ⁻¹ du")
SQUARED_NORM: Rule = ("squared norm", "d ‖u‖² = 2 uᵀ du")
QUOTIENT: Rule = ("quotient rule", "d(u/v) = (v du − u dv)/v²")
RECIPROCAL: Rule = ("reciprocal", "d(1/v) = −dv/v²")


def rule_of(n: Expr, varying: Collection[Expr]) -> Rule:
    """The rule by which a node passes on the change of its varying operands."""
    match n:
        case Add():
            return SUM
        case Einsum():
            return _contraction_rule(n, varying)
        case Apply():
            return _operation_rule(n, varying)
    raise TypeError(f"{type(n).__name__} has no operands that vary")


def _contraction_rule(n: Einsum, varying: Collection[Expr]) -> Rule:
    moving = [(labels, a) for labels, a in zip(n.indices, n.args, strict=True) if a in varying]
    fixed = [(labels, a) for labels, a in zip(n.indices, n.args, strict=True) if a not in varying]
    if any(is_reciprocal(a) for _, a in moving):
        return RECIPROCAL if len(moving) == 1 else QUOTIENT
    if len(moving) == 1:
        if any(labels not in ((), n.out) for labels, _ in fixed):
            return LINEAR_MAP
        return CONSTANT_MULTIPLE if fixed or not n.sums else ENTRIES
    if len(set(moving)) == 1:
        labels = moving[0][0]
        if labels == n.out:
            return POWER
        if len(moving) == 2 and n.out == () and all(ls == () for ls, _ in fixed) and len(set(labels)) == len(labels):
            return SQUARED_NORM
    return PRODUCT


def _operation_rule(n: Apply, varying: Collection[Expr]) -> Rule:
    if is_reciprocal(n):
        return RECIPROCAL if whole_power(n)[1] == -1 else POWER
    name = n.op.rule_name or f"derivative of {n.op.name}"
    laws = [
        n.op.rule_text[min(k, len(n.op.rule_text) - 1)] for k, a in enumerate(n.args) if a in varying and n.op.rule_text
    ]
    return name, "; ".join(dict.fromkeys(laws))


def is_reciprocal(e: Expr) -> bool:
    """A whole negative power: the other half of a quotient."""
    return isinstance(e, Apply) and e.op is power_op and whole_power(e)[1] < 0
