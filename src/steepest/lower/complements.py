"""σ(u) and σ(−u) from exp(u) and 1/(1 + exp(u)), where these are computed anyway, as a gate and its derivative are.

σ(−u) is that reciprocal. σ(u) = exp(u) σ(−u), and 1 − σ(−u) where u is positive: neither loses digits there, nor
overflows.
"""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.build import add, multiply, negate, ones, uniform_value, zeros
from steepest.expr.node import Add, Apply, Expr
from steepest.expr.number import numeric_value
from steepest.expr.traversal import toposort
from steepest.ops.elementary import exp
from steepest.ops.logic import less, logical_not, select
from steepest.ops.operation import settled
from steepest.ops.power import power_op
from steepest.ops.special_logistic import expit
from steepest.ops.substitution import substitute


def with_complements(roots: Sequence[Expr]) -> tuple[list[Expr], frozenset[Expr]]:
    """The roots, in which a gate and its complement have one exponential and one division; and those gates."""
    nodes = toposort(roots)
    asked = [n for n in nodes if isinstance(n, Apply) and n.op is expit]
    if not asked:
        return list(roots), frozenset()
    known = {growth.args[0]: (growth, n) for n in nodes if (growth := _growth(n)) is not None}
    complements = {n: n.args[0] for n in asked if n.args[0] in known}
    gates = {n: known[u][1] for n in asked if (u := negate(n.args[0])) in known}
    found = {n: _share(u, *known[u]) for n, u in complements.items()} | gates
    shared = dict.fromkeys([*gates.values(), *(known[u][1] for u in complements.values())])
    new = substitute([*roots, *shared], found)
    return new[: len(roots)], frozenset(new[len(roots) :])


def _growth(n: Expr) -> Expr | None:
    """The exp(u) of 1/(1 + exp(u))."""
    if not (isinstance(n, Apply) and n.op is power_op and settled(n.args[1]) == -1):
        return None
    base = n.args[0]
    if not (isinstance(base, Add) and len(base.args) == 2):
        return None
    for one, growth in (base.args, base.args[::-1]):
        number = uniform_value(one)
        if number is not None and numeric_value(number) == 1 and isinstance(growth, Apply) and growth.op is exp:
            return growth
    return None


def _share(u: Expr, growth: Expr, complement: Expr) -> Expr:
    above = less(zeros(u.shape), u)
    below = multiply(select(logical_not(above), growth), complement)  # 0 elsewhere
    return add(select(above, add(ones(u.shape), negate(complement))), below)
