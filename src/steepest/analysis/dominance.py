"""``diag(v) − vvᵀ``, ``I − 𝟏𝟏ᵀ/n`` and what is made of them: a difference of two semidefinite terms that is one itself.

For v ≥ 0 the Cauchy–Schwarz inequality says ``(Σ v z)² ≤ (Σ v)(Σ v z²)``. A term that sums over a row and a column
each weighted by v is thus at most Σ v times the term in which that row and column are one index.
"""

from __future__ import annotations

from collections.abc import Iterator

from steepest.expr.build import contract, delta, negate, scale, split_coefficient
from steepest.expr.fact import Fact
from steepest.expr.node import Add, Apply, Constant, Einsum, Expr, Variable
from steepest.expr.number import constant, size_constant, times, to_power
from steepest.ops.definite import Definite

from .flatten import flattened
from .known import Known
from .law import DOMINANCE
from .mirror import ROW, mirrored, semidefinite_parts
from .proof import Proof

ROUNDING = 1e-12


def dominated(e: Add, known: Known) -> Proof | None:
    """That a sum is semidefinite as each negative term is dominated by a positive one of its own."""
    parts = [(t, known.proof(t)) for t in e.args]
    positive = [p for _, p in parts if p is not None and p.definite >= Definite.PSD]
    negative = [t for t, p in parts if p is None or p.definite < Definite.PSD]
    free = list(positive)
    used: list[Proof] = []
    for t in negative:
        dominating = next((p for p in free if _dominates(p.about, negate(t), known)), None)
        if dominating is None:
            return None
        free.remove(dominating)
        used.append(dominating)
    definite = max((p.definite for p in free), default=Definite.PSD)
    return Proof(definite, DOMINANCE, e, (*used, *free))


def _dominates(larger: Expr, smaller: Expr, known: Known) -> bool:
    """Whether `larger` − `smaller` is semidefinite by the inequality."""
    wanted, base = split_coefficient(flattened(larger))
    for bound in _bounds(flattened(smaller), known):
        coefficient, merged = split_coefficient(bound)
        if merged is base and _at_least(wanted, coefficient):
            return True
    return False


def _at_least(a: Constant, b: Constant) -> bool:
    """Whether a ≥ b > 0, whatever the sizes."""
    inverse = to_power(b, -1)
    ratio = times(a, inverse) if inverse is not None else None
    return (
        ratio is not None and not ratio.sizes and not isinstance(ratio.value, complex) and ratio.value >= 1 - ROUNDING
    )


def _bounds(e: Expr, known: Known) -> Iterator[Expr]:
    """Terms that dominate a term: for each of its rows, with v among the factors, or v = 1."""
    if not isinstance(e, Einsum):
        return
    operands = e.operands()
    half = len(e.out) // 2
    found = mirrored(operands, e.out[:half], e.out[half:], semidefinite_parts(known))
    if found is None:
        return
    sizes = e.label_sizes()
    for row in [i for i, side in found.sides.items() if side == ROW]:
        column = found.images[row]
        joint = ((row, column), delta(sizes[row]))
        yield scale(size_constant(sizes[row]), contract([*operands, joint], e.out, sizes))
        for (labels, a), other in found.pairs:
            total = row_total(a)
            if total is not None and labels[-1] == row and not any(found.sides.get(i) for i in labels[:-1]):
                rest = list(operands)
                rest.remove(other)
                yield scale(constant(total), contract([*rest, joint], e.out, sizes))


def row_total(v: Expr) -> float | None:
    """The sum over the last axis, where the entries are ≥ 0 and it is always the same."""
    if isinstance(v, Variable):
        return 1.0 if Fact.PROBABILITY in v.facts else None
    return v.op.row_sum if isinstance(v, Apply) else None
