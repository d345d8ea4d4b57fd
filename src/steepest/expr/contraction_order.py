"""In which order the factors of a product are multiplied, two at a time, and what that costs.

Costs are counted as multiply-adds, and each entry of an intermediate array counts as some more of them, since it is
written and read again. Up to `SEARCHED` factors the best order is found by dynamic programming over sets of factors
(Lam, Sadayappan and Wenger 1997); larger products are first made smaller by the cheapest pair, again and again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

LabelSet: TypeAlias = frozenset[int]

SEARCHED = 6  # factors
PER_ENTRY = 4  # multiply-adds that one entry of an intermediate array costs


def cheapest_order(factors: Sequence[Collection[int]], sizes: Mapping[int, int], out: Collection[int]) -> float:
    """What the product costs in the order that `first_pair` leads to."""
    whole, lengths, kept = _canonical(factors, sizes, out)
    sets = _summed_alone(whole, kept)
    cost = sum(_count(f, lengths) for f, s in zip(whole, sets, strict=True) if s != f)
    while len(sets) > 1:
        i, j = _next_pair(sets, lengths, kept)
        rest = tuple(f for k, f in enumerate(sets) if k not in (i, j))
        result = _kept(sets[i] | sets[j], rest, kept)
        cost += _pair_cost(sets[i] | sets[j], result, lengths)
        sets = (*rest, result)
    return cost


def first_pair(factors: Sequence[Collection[int]], sizes: Mapping[int, int], out: Collection[int]) -> tuple[int, int]:
    """The places of the two factors to multiply first."""
    sets, lengths, kept = _canonical(factors, sizes, out)
    return _next_pair(_summed_alone(sets, kept), lengths, kept)


def _canonical(
    factors: Sequence[Collection[int]], sizes: Mapping[int, int], out: Collection[int]
) -> tuple[tuple[LabelSet, ...], tuple[int, ...], LabelSet]:
    """The same under labels 0, 1, …: equal products then have equal answers."""
    names: dict[int, int] = {}
    sets = tuple(frozenset(names.setdefault(i, len(names)) for i in labels) for labels in factors)
    lengths = tuple(int(sizes[i]) for i in names)
    return sets, lengths, frozenset(names[i] for i in out if i in names)


def _summed_alone(sets: tuple[LabelSet, ...], kept: LabelSet) -> tuple[LabelSet, ...]:
    """Labels that one factor alone carries are summed first."""
    return tuple(_kept(f, sets[:k] + sets[k + 1 :], kept) for k, f in enumerate(sets))


def _next_pair(sets: tuple[LabelSet, ...], lengths: tuple[int, ...], kept: LabelSet) -> tuple[int, int]:
    """Factors with the same labels go first: nothing can be gained by waiting."""
    seen: dict[LabelSet, int] = {}
    for k, labels in enumerate(sets):
        if labels in seen:
            return seen[labels], k
        seen[labels] = k
    return (_searched if len(sets) <= SEARCHED else _greedy)(sets, lengths, kept)


def _greedy(sets: tuple[LabelSet, ...], lengths: tuple[int, ...], kept: LabelSet) -> tuple[int, int]:
    """The cheapest pair."""
    best, best_cost = (0, 1), None
    for i in range(len(sets)):
        for j in range(i + 1, len(sets)):
            rest = tuple(f for k, f in enumerate(sets) if k not in (i, j))
            union = sets[i] | sets[j]
            cost = _pair_cost(union, _kept(union, rest, kept), lengths)
            if best_cost is None or cost < best_cost:
                best, best_cost = (i, j), cost
    return best


@lru_cache(maxsize=4096)
def _searched(sets: tuple[LabelSet, ...], lengths: tuple[int, ...], kept: LabelSet) -> tuple[int, int]:
    """The first pair of the best order."""
    n = len(sets)
    everything = (1 << n) - 1
    carried = [frozenset().union(*(sets[k] for k in range(n) if group >> k & 1)) for group in range(everything + 1)]
    result = [carried[g] & (kept | carried[everything ^ g]) for g in range(everything + 1)]
    cost = [0.0] * (everything + 1)
    split = [0] * (everything + 1)
    for group in range(1, everything + 1):
        if group & (group - 1) == 0:
            continue
        best = float("inf")
        part = (group - 1) & group
        while part > group ^ part:  # each way of splitting once
            other = group ^ part
            here = cost[part] + cost[other] + _pair_cost(result[part] | result[other], result[group], lengths)
            if here <= best:  # of equal ones, that which leaves the last factor for the end
                best, split[group] = here, part
            part = (part - 1) & group
        cost[group] = best
    group = everything
    while True:
        for half in (split[group], group ^ split[group]):
            if half & (half - 1):
                group = half
                break
        else:
            i, j = (half.bit_length() - 1 for half in (split[group], group ^ split[group]))
            return min(i, j), max(i, j)


def _kept(union: LabelSet, rest: Sequence[LabelSet], kept: LabelSet) -> LabelSet:
    return union & kept.union(*rest)


def _pair_cost(union: LabelSet, result: LabelSet, lengths: tuple[int, ...]) -> float:
    return _count(union, lengths) + PER_ENTRY * _count(result, lengths)


def _count(labels: LabelSet, lengths: tuple[int, ...]) -> float:
    total = 1.0
    for i in labels:
        total *= lengths[i]
    return total
