"""Sums of products with named indices, in one canonical form: the algebra of the symbolic proof.

A factor is an atom (a name with what it was made from) on its labels, with a real exponent; a label that is not free
is summed. The parts of a term that hang together by summed labels and have no free one are numbers, and become atoms
of their own: so ‖x‖² = Σ x_j x_j cancels against 1/‖x‖².
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Atom = tuple[Any, ...]
Labels = tuple[int, ...]
Factors = dict[tuple[Atom, Labels], float]

DELTA: Atom = ("δ",)
MOST_ORDERS = 5040  # of summed labels that are tried
MOST_TERMS = 400
DIGITS = 9  # of a coefficient, that it is compared in


class Undecided(Exception):
    """The proof would be too long."""


@dataclass
class Term:
    coefficient: float
    factors: Factors

    def labels(self) -> set[int]:
        return {label for _, labels in self.factors for label in labels}


Polynomial = list[Term]


def times(a: Term, b: Term) -> Term:
    factors = defaultdict(float, a.factors)
    for key, exponent in b.factors.items():
        factors[key] += exponent
    return Term(a.coefficient * b.coefficient, {key: e for key, e in factors.items() if e})


def renamed(t: Term, names: Mapping[int, int]) -> Term:
    factors: Factors = defaultdict(float)
    for (atom, labels), exponent in t.factors.items():
        factors[ordered(atom, tuple(names.get(i, i) for i in labels))] += exponent
    return Term(t.coefficient, {key: e for key, e in factors.items() if e})


def ordered(atom: Atom, labels: Labels) -> tuple[Atom, Labels]:
    """An atom with its labels; those of symmetric matrices are sorted."""
    return atom, tuple(sorted(labels)) if atom == DELTA or "symmetric" in atom else labels


def without_deltas(t: Term, free: Iterable[int], sizes: Mapping[int, Any]) -> Term:
    """δ_ij with a summed j makes j an i; δ_ij of two free ones makes all others of its j an i."""
    free = set(free)
    while True:
        found = next(((a, b) for (atom, (a, b)) in _deltas(t) if a == b or not {a, b} <= free), None)
        if found is None:
            break
        a, b = found
        rest = {key: e for key, e in t.factors.items() if key != ordered(DELTA, (a, b))}
        t = Term(t.coefficient, rest)
        if a != b:
            gone, kept = (a, b) if a not in free else (b, a)
            t = renamed(t, {gone: kept})
            a = kept
        if a not in free and a not in t.labels():
            t = times(t, size_of(sizes[a]))
    for key in list(t.factors):
        atom, labels = key
        if atom == DELTA:
            kept, gone = sorted(labels)
            others = renamed(Term(1.0, {k: e for k, e in t.factors.items() if k != key}), {gone: kept})
            t = Term(t.coefficient, {key: 1.0, **others.factors})
    return t


def _deltas(t: Term) -> list[tuple[Atom, Labels]]:
    return [key for key in t.factors if key[0] == DELTA]


def size_of(size: Any) -> Term:
    """The length of an axis: symbolic where it has a name."""
    name = getattr(size, "name", None)
    return Term(1.0, {(("size", name), ()): 1.0}) if name else Term(float(size), {})


# --- canonical form -----------------------------------------------------------------------------------


def numbers_apart(t: Term, free: Iterable[int]) -> Term:
    """The parts of a term that are numbers, each made one atom."""
    free = set(free)
    result = Term(t.coefficient, {})
    for part in _parts(t, free):
        labels = {label for _, ls in part for label in ls}
        if not labels or labels & free:
            result = times(result, Term(1.0, part))
        else:
            result = times(result, Term(1.0, {(("number", key_of_term(Term(1.0, part), ())), ()): 1.0}))
    return result


def _parts(t: Term, free: set[int]) -> list[Factors]:
    """The factors that hang together by summed labels."""
    groups: list[tuple[set[int], Factors]] = []
    for key, exponent in t.factors.items():
        own = set(key[1]) - free
        joined: Factors = {key: exponent}
        apart = []
        for labels, factors in groups:
            if labels & own:
                own |= labels
                joined |= factors
            else:
                apart.append((labels, factors))
        groups = [*apart, (own, joined)]
    return [factors for _, factors in groups]


def key_of_term(t: Term, free: Sequence[int]) -> tuple[Any, ...]:
    """The factors with labels renamed to the least of all namings; the coefficient is left out."""
    place = {label: k for k, label in enumerate(free)}
    summed = sorted(t.labels() - set(free))
    colour: dict[int, Any] = {**{i: ("free", k) for i, k in place.items()}, **dict.fromkeys(summed, ("summed",))}
    for _ in range(3):
        seen: dict[int, list[str]] = {i: [] for i in summed}
        for (atom, labels), exponent in t.factors.items():
            colours = [colour[i] for i in labels]
            around = repr((atom, exponent, sorted(colours, key=repr) if "symmetric" in atom else colours))
            for position, i in enumerate(labels):
                if i in seen:
                    seen[i].append(repr((around, position if "symmetric" not in atom else 0)))
        colour |= {i: ("summed", hash(repr(sorted(found)))) for i, found in seen.items()}
    classes = [
        list(group)
        for _, group in itertools.groupby(sorted(summed, key=lambda i: repr(colour[i])), key=lambda i: colour[i])
    ]
    count = 1
    for group in classes:
        for k in range(2, len(group) + 1):
            count *= k
    if count > MOST_ORDERS:
        raise Undecided("too many ways to name the summed labels")
    best = None
    for orders in itertools.product(*(itertools.permutations(group) for group in classes)):
        names = {**place, **{i: len(place) + k for k, i in enumerate(itertools.chain(*orders))}}
        key = sorted(
            (
                (*ordered(atom, tuple(names[i] for i in labels)), exponent)
                for (atom, labels), exponent in t.factors.items()
            ),
            key=repr,
        )
        if best is None or repr(key) < repr(best):
            best = key
    return tuple(best or ())


def collected(terms: Iterable[Term], free: Sequence[int]) -> dict[tuple[Any, ...], Term]:
    """Like terms added, each under its key; those that cancel are gone."""
    found: dict[tuple[Any, ...], Term] = {}
    scale: dict[tuple[Any, ...], float] = {}
    for t in terms:
        key = key_of_term(t, free)
        known = found.get(key)
        found[key] = t if known is None else Term(known.coefficient + t.coefficient, known.factors)
        scale[key] = max(scale.get(key, 0.0), abs(t.coefficient))
        if len(found) > MOST_TERMS:
            raise Undecided("too many terms")
    return {key: t for key, t in found.items() if abs(t.coefficient) > 10**-DIGITS * scale[key]}


def key_of(terms: Iterable[Term], free: Sequence[int]) -> tuple[Any, ...]:
    """What tells a polynomial apart."""
    return tuple(
        sorted(((float(f"{t.coefficient:.{DIGITS}g}"), key) for key, t in collected(terms, free).items()), key=repr)
    )
