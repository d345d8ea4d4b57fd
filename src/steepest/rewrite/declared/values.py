"""Operations that a fact makes simpler: |x| = x where x ≥ 0, log xᵃ = a log x where x > 0, Q⁻¹ = Qᵀ.

A law holds wherever the declared facts do. Facts are used on derivatives, never before one is taken: a function that
is reduced by a fact has other derivatives off the set where the fact holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from steepest.analysis.knowledge import Knowledge
from steepest.expr.build import add, contract, fill, negate, scale
from steepest.expr.fact import Fact
from steepest.expr.node import Apply, Einsum, Expr, Variable
from steepest.expr.number import ONE, constant, is_number
from steepest.expr.traversal import rebuild_graph
from steepest.ops.definite import Definite
from steepest.ops.linalg_definite import definite_inverse, half_log_determinant
from steepest.ops.linalg_inverse import determinant, determinant_sign, inverse, log_determinant, pinv, regular_inverse
from steepest.ops.logic import differs, less, less_equal, sign
from steepest.ops.matrix import transposed
from steepest.ops.operation import Operation, rebuilt
from steepest.ops.piecewise import absolute, fmax, fmin, maximum, minimum
from steepest.ops.power import length, log, power, power_op, sqrt, whole_power
from steepest.ops.reduction import norm

Rule = Callable[[Apply, Knowledge], Expr | None]


def with_facts(roots: Sequence[Expr], known: Knowledge, written: Collection[Expr] = ()) -> list[Expr]:
    """Equal expressions, for all values that the variables may have. Logarithms in `written` stay in one piece."""

    def visit(n: Expr, args: tuple[Expr, ...]) -> Expr:
        new = rebuilt(n, args)
        if isinstance(new, Apply):
            rule = RULES.get(new.op) or (OPENING.get(new.op) if n not in written else None)
            found = rule(new, known) if rule else None
            return new if found is None else found
        return _total(new) if isinstance(new, Einsum) else new

    return rebuild_graph(roots, visit)


# --- signs ------------------------------------------------------------------------------------------


def _absolute(n: Apply, known: Knowledge) -> Expr | None:
    """|x| = x where x ≥ 0, −x where x ≤ 0."""
    found = known.range(n.args[0])
    return n.args[0] if found.nonnegative else negate(n.args[0]) if found.nonpositive else None


def _sign(n: Apply, known: Knowledge) -> Expr | None:
    found = known.range(n.args[0])
    value = 1 if found.positive else -1 if found.negative else None
    return None if value is None else fill(constant(value), n.shape)


def _root(n: Apply, known: Knowledge) -> Expr | None:
    """√(x²) = x where x ≥ 0."""
    x, exponent = whole_power(n.args[0])
    return power(x, constant(exponent // 2)) if exponent % 2 == 0 and known.range(x).nonnegative else None


def _larger(n: Apply, known: Knowledge) -> Expr | None:
    return _one_of_two(n, known, 1)


def _smaller(n: Apply, known: Knowledge) -> Expr | None:
    return _one_of_two(n, known, -1)


def _one_of_two(n: Apply, known: Knowledge, direction: int) -> Expr | None:
    """The operand that is never beyond the other one, if it has the shape of the result."""
    a, b = n.args
    p, q = (known.range(x) for x in n.args)
    above = 1 if p.low >= q.high else -1 if p.high <= q.low else 0
    chosen = a if above * direction > 0 else b if above else None
    return chosen if chosen is not None and chosen.shape == n.shape else None


def _comparison(holds: Callable[[float, float], bool], fails: Callable[[float, float], bool]) -> Rule:
    """A comparison of intervals that settles one of numbers: `holds` of (high, low), `fails` of (low, high)."""

    def rule(n: Apply, known: Knowledge) -> Expr | None:
        p, q = (known.range(x) for x in n.args)
        if holds(p.high, q.low):
            return fill(constant(True), n.shape)
        return fill(constant(False), n.shape) if fails(p.low, q.high) else None

    return rule


def _differing(n: Apply, known: Knowledge) -> Expr | None:
    p, q = (known.range(x) for x in n.args)
    gap = p + -q
    return fill(constant(True), n.shape) if gap.positive or gap.negative else None


# --- logarithms -------------------------------------------------------------------------------------


def _log(n: Apply, known: Knowledge) -> Expr | None:
    """log xᵃ = a log x, log xy = log x + log y, of factors that are positive."""
    e = n.args[0]
    if not isinstance(e, Einsum):
        base, exponent = _positive_power(e, known)
        return None if exponent is ONE else scale(exponent, log(base))
    if e.sums or not all(known.range(a).positive for a in e.args):
        return None
    sizes = e.out_sizes()
    logs = []
    for labels, a in e.operands():
        base, exponent = _positive_power(a, known)
        logs.append(contract([((), exponent), (labels, log(base))], e.out, sizes))
    return add(*logs)


def _positive_power(a: Expr, known: Knowledge) -> tuple[Expr, Expr]:
    """A power as base and plain exponent, if the base is positive."""
    if isinstance(a, Apply) and a.op is power_op and is_number(a.args[1]) and known.range(a.args[0]).positive:
        return a.args[0], a.args[1]
    return a, ONE


# --- matrices ---------------------------------------------------------------------------------------


def _has(e: Expr, fact: Fact) -> bool:
    return isinstance(e, Variable) and fact in e.facts


def _inverse(n: Apply, known: Knowledge) -> Expr | None:
    """Q⁻¹ = Qᵀ."""
    return transposed(n.args[0]) if _has(n.args[0], Fact.ORTHOGONAL) else None


def _pseudo_inverse(n: Apply, known: Knowledge) -> Expr | None:
    return inverse(n.args[0]) if known.definite(n.args[0]) is Definite.PD else None


def _by_cholesky(plain: Callable[[Expr], Expr]) -> Rule:
    """What is made of the lower triangle of a matrix: of all of it if that is symmetric, else by Cholesky's factor."""

    def rule(n: Apply, known: Knowledge) -> Expr | None:
        (matrix,) = n.args
        written = n.op.expansion
        return plain(matrix) if known.symmetric(matrix) or written is None else written(matrix)

    return rule


def _log_determinant(n: Apply, known: Knowledge) -> Expr | None:
    """log |det S| = log det S where S is positive definite."""
    return log(determinant(n.args[0])) if known.definite(n.args[0]) is Definite.PD else None


def _determinant_sign(n: Apply, known: Knowledge) -> Expr | None:
    return fill(ONE, n.shape) if known.definite(n.args[0]) is Definite.PD else None


def _norm(n: Apply, known: Knowledge) -> Expr | None:
    """‖u‖ = 1, ‖Qx‖ = ‖Qᵀx‖ = ‖x‖."""
    (v,) = n.args
    if _has(v, Fact.UNIT):
        return ONE
    match v:
        case Einsum(args=(a, b), sums=True) if v.ndim == 1:
            turned = [x for q, x in ((a, b), (b, a)) if _has(q, Fact.ORTHOGONAL) and x.ndim == 1]
            return norm(turned[0]) if turned else None
    return None


def _total(n: Einsum) -> Expr:
    """Σp = 1, uᵀu = 1."""
    match n:
        case Einsum(args=(p,), out=()) if _has(p, Fact.PROBABILITY):
            return ONE
        case Einsum(args=(u, v), out=(), indices=(i, j)) if u is v and i == j and _has(u, Fact.UNIT):
            return ONE
    return n


RULES: dict[Operation, Rule] = {
    absolute: _absolute,
    sign: _sign,
    sqrt: _root,
    length: _root,
    maximum: _larger,
    fmax: _larger,
    minimum: _smaller,
    fmin: _smaller,
    less: _comparison(lambda high, low: high < low, lambda low, high: low >= high),
    less_equal: _comparison(lambda high, low: high <= low, lambda low, high: low > high),
    differs: _differing,
    inverse: _inverse,
    regular_inverse: _inverse,
    pinv: _pseudo_inverse,
    definite_inverse: _by_cholesky(inverse),
    half_log_determinant: _by_cholesky(lambda a: scale(constant(0.5), log(determinant(a)))),
    determinant_sign: _determinant_sign,
    norm: _norm,
}
OPENING: dict[Operation, Rule] = {log: _log, log_determinant: _log_determinant}
