"""``where(c, a, b)``, which is computed as ``[c] a + [not c] b``, written as one choice."""

from __future__ import annotations

from . import notation as nt
from .factors import multiplied
from .functions import opposite
from .notation import Notation


def with_cases(terms: list[Notation]) -> list[Notation]:
    """The terms with each complementary pair joined."""
    result: list[Notation] = []
    for t in terms:
        partner = next((k for k, r in enumerate(result) if _choice(r, t) is not None), None)
        if partner is None:
            result.append(t)
        else:
            choice = _choice(result[partner], t)
            assert choice is not None
            result[partner] = choice
    return result


def _choice(a: Notation, b: Notation) -> Notation | None:
    for condition in _conditions(a):
        if opposite(condition) in _conditions(b):
            chosen, otherwise = _without(a, condition), _without(b, opposite(condition))
            if _is_denial(condition):
                return nt.Cases(opposite(condition), otherwise, chosen)
            return nt.Cases(condition, chosen, otherwise)
    return None


def _is_denial(condition: Notation) -> bool:
    return isinstance(condition, nt.Function) or (isinstance(condition, nt.Relation) and condition.sign in "≤≠<")


def _factors(n: Notation) -> list[Notation]:
    if isinstance(n, (nt.Scaled, nt.Entrywise)):
        return [f for factor in n.factors for f in _factors(factor)]
    return [n]


def _conditions(n: Notation) -> list[Notation]:
    return [f.condition for f in _factors(n) if isinstance(f, nt.Iverson)]


def _without(n: Notation, condition: Notation) -> Notation:
    kept = [f for f in _factors(n) if not (isinstance(f, nt.Iverson) and f.condition == condition)]
    return multiplied(*kept)
