"""What may be declared of a variable besides its shape. A fact is part of a variable's identity."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from functools import lru_cache


class Fact(enum.Enum):
    """One property of a variable's value; the text is how it is declared."""

    SYMMETRIC = "symmetric"  # Sᵀ = S
    PSD = "psd"  # symmetric, xᵀSx ≥ 0
    SPD = "spd"  # symmetric, xᵀSx > 0 unless x = 0
    LOWER = "lower"  # 0 above the diagonal
    UPPER = "upper"  # 0 below the diagonal
    DIAGONAL = "diagonal"  # 0 off the diagonal
    ORTHOGONAL = "orthogonal"  # QᵀQ = QQᵀ = I
    POSITIVE = "positive"  # every entry > 0
    NONNEGATIVE = "nonnegative"  # every entry ≥ 0
    PROBABILITY = "probability"  # entries ≥ 0 with sum 1
    UNIT = "unit"  # a vector of length 1
    INTEGER = "integer"  # whole entries


Facts = frozenset[Fact]
NO_FACTS: Facts = frozenset()

# (facts, what follows from them together)
CONSEQUENCES: tuple[tuple[Facts, Facts], ...] = tuple(
    (frozenset(known), frozenset(follows))
    for known, follows in (
        ((Fact.SPD,), (Fact.PSD,)),
        ((Fact.PSD,), (Fact.SYMMETRIC,)),
        ((Fact.DIAGONAL,), (Fact.SYMMETRIC, Fact.LOWER, Fact.UPPER)),
        ((Fact.LOWER, Fact.UPPER), (Fact.DIAGONAL,)),
        ((Fact.SYMMETRIC, Fact.LOWER), (Fact.DIAGONAL,)),
        ((Fact.SYMMETRIC, Fact.UPPER), (Fact.DIAGONAL,)),
        ((Fact.DIAGONAL, Fact.NONNEGATIVE), (Fact.PSD,)),
        ((Fact.POSITIVE,), (Fact.NONNEGATIVE,)),
        ((Fact.PROBABILITY,), (Fact.NONNEGATIVE,)),
    )
)


@lru_cache(maxsize=256)
def with_implied(facts: Facts) -> Facts:
    """The facts and all that follow.

    >>> sorted(f.value for f in with_implied(frozenset({Fact.SPD})))
    ['psd', 'spd', 'symmetric']
    """
    while True:
        more = facts.union(*(follows for known, follows in CONSEQUENCES if known <= facts))
        if more == facts:
            return facts
        facts = more


def words(facts: Iterable[Fact]) -> list[str]:
    """The facts as declared, without those that follow from another, in one order.

    >>> words(with_implied(frozenset({Fact.SPD, Fact.POSITIVE})))
    ['spd', 'positive']
    >>> words(with_implied(frozenset({Fact.DIAGONAL})))
    ['diagonal']
    """
    facts = frozenset(facts)
    if not facts:  # as for the many variables of loops
        return []
    needed = [f for f in Fact if f in facts]
    for f in list(needed):  # drop what the others imply
        others = frozenset(needed) - {f}
        if f in with_implied(others):
            needed.remove(f)
    return [f.value for f in needed]
