"""Where an expression is defined: whether that is a convex set on which it is smooth, and what it says of its parts."""

from __future__ import annotations

from collections.abc import Collection

from steepest.expr.dtype import BOOL
from steepest.expr.node import Apply, Einsum, Expr, Scan, Variable
from steepest.expr.traversal import depends_on, toposort
from steepest.ops.definite import Definite
from steepest.ops.interval import INF, POSITIVE, Interval
from steepest.ops.operation import Curvature, Operation, Smoothness

from .composition import Composition, domains_of
from .knowledge import Knowledge


def assumptions(root: Expr) -> dict[Expr, Interval]:
    """The intervals in which operands must lie wherever `root` has a value; none where a mask may skip them."""
    nodes = toposort([root])
    if any(n.dtype == BOOL for n in nodes):
        return {}
    found: dict[Expr, Interval] = {}
    for n in nodes:
        if isinstance(n, Apply):
            for a, interval in zip(n.args, n.op.arguments, strict=False):  # most have none
                _assume(found, a, interval)
    plain = Knowledge()
    for n in reversed(nodes):  # a positive product of factors ≥ 0 has positive factors
        positive = isinstance(n, Einsum) and not n.sums and n in found and found[n].positive
        if positive and all(plain.range(a).nonnegative for a in n.args):
            for a in n.args:
                _assume(found, a, POSITIVE)
    return found


def _assume(found: dict[Expr, Interval], e: Expr, interval: Interval) -> None:
    found[e] = found[e].meet(interval) if e in found else interval


def is_smooth_on_convex_domain(root: Expr, variables: Collection[Variable], known: Knowledge) -> bool:
    """Whether `root` is twice differentiable at all values of the variables for which it is defined, a convex set."""
    varying = depends_on([root], variables)
    # What is assumed for being defined says nothing of where that is, but where the variables have no part in it.
    plain = Knowledge({e: i for e, i in known.assumed.items() if e not in varying})
    composition = Composition(root, variables, plain)
    for n in toposort([root]):
        if n not in varying:
            continue
        if n.dtype is not None and n.dtype.kind != "f":  # booleans, whole and complex numbers
            return False
        if isinstance(n, Scan):
            return False
        if isinstance(n, Apply) and not _smooth(n, composition, plain, known, varying):
            return False
    return True


def _smooth(n: Apply, composition: Composition, plain: Knowledge, known: Knowledge, varying: Collection[Expr]) -> bool:
    op: Operation = n.op
    if op.smoothness is not Smoothness.SMOOTH:
        return False
    if op.on_definite is not None:
        return known.definite(n.args[0]) is Definite.PD
    domains = domains_of(op, [known.range(a) for a in n.args])
    if domains is None:
        return False
    return all(_convex_preimage(a, d, composition, plain) for a, d in zip(n.args, domains, strict=True) if a in varying)


def _convex_preimage(a: Expr, domain: Interval, composition: Composition, plain: Knowledge) -> bool:
    """Whether the points where `a` lies in the interval are a convex set."""
    bends = composition.of(a).curvature
    if plain.range(a).within(domain) or bends == Curvature.AFFINE:
        return True
    return (Curvature.CONCAVE in bends and domain.high == INF) or (Curvature.CONVEX in bends and domain.low == -INF)
