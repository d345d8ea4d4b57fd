"""Declared facts: which shapes they fit, which exclude each other, and whether an array has them.

Tolerances are free of scale: a deviation counts relative to the largest entry (or eigenvalue), in the
precision of the array. NaN satisfies nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import ArgumentError
from steepest.expr.fact import Fact, Facts, with_implied, words

MATRIX = frozenset({
    Fact.SYMMETRIC, Fact.PSD, Fact.SPD, Fact.LOWER, Fact.UPPER, Fact.DIAGONAL, Fact.ORTHOGONAL,
})  # fmt: skip
VECTOR = frozenset({Fact.PROBABILITY, Fact.UNIT})

# What no array of more than one entry satisfies together, or only arrays that cannot vary.
EXCLUSIVE: tuple[tuple[Fact, Fact, str], ...] = (
    (Fact.ORTHOGONAL, Fact.PSD, "only the identity is both"),
    (Fact.ORTHOGONAL, Fact.NONNEGATIVE, "only permutations are both"),
    (Fact.ORTHOGONAL, Fact.LOWER, "only diagonals of ±1 are both"),
    (Fact.ORTHOGONAL, Fact.UPPER, "only diagonals of ±1 are both"),
    (Fact.POSITIVE, Fact.LOWER, "a triangular matrix has zeros"),
    (Fact.POSITIVE, Fact.UPPER, "a triangular matrix has zeros"),
    (Fact.PROBABILITY, Fact.UNIT, "only vectors with a single 1 are both"),
    (Fact.INTEGER, Fact.PROBABILITY, "only vectors with a single 1 are both"),
    (Fact.INTEGER, Fact.UNIT, "only vectors with a single ±1 are both"),
    (Fact.INTEGER, Fact.ORTHOGONAL, "only signed permutations are both"),
    (Fact.INTEGER, Fact.PSD, "whole numbers do not vary, a definite matrix does"),
)


def require_fitting(name: str, sizes: tuple[str | int, ...], facts: Facts) -> None:
    """ArgumentError if a fact makes no sense of this shape, or two facts exclude each other."""
    declared = [Fact(w) for w in words(facts)]
    for fact in declared:
        if fact in MATRIX and (len(sizes) != 2 or sizes[0] != sizes[1]):
            raise ArgumentError(
                f"{name} is declared {fact.value}, which a square matrix can be, not {_shape_in_words(sizes)}"
                f"\n    Give both axes one size: {name}='n n {fact.value}'."
            )
        if fact in VECTOR and len(sizes) != 1:
            raise ArgumentError(
                f"{name} is declared {fact.value}, which a vector can be, not {_shape_in_words(sizes)}"
                f"\n    Give it one size: {name}='n {fact.value}'."
            )
    for one, other, why in EXCLUSIVE:
        if {one, other} <= facts:
            said = [f.value for f in declared if {one, other} & with_implied(frozenset({f}))]
            raise ArgumentError(f"{name} is declared {' and '.join(said)}: {why}\n    Drop one of the facts.")


def _shape_in_words(sizes: tuple[str | int, ...]) -> str:
    kinds = ("a number", "a vector", "a matrix")
    kind = kinds[len(sizes)] if len(sizes) < len(kinds) else f"an array of {len(sizes)} axes"
    return f"{kind} of shape {' × '.join(map(str, sizes))}" if len(sizes) > 1 else kind


# --- whether an array has them --------------------------------------------------------------------

# How an array breaks a fact, empty if it does not; of its name, its value, its precision.
Test = Callable[[str, np.ndarray, Any], str]


def require_satisfied(name: str, value: Any, facts: Facts) -> None:
    """ArgumentError, with the worst entry, if an array does not have the facts declared of it."""
    a = np.asarray(value)
    if not facts or not a.size:
        return
    if a.dtype.kind == "c":
        raise ArgumentError(f"{name} is declared {', '.join(words(facts))}: these are facts of real arrays")
    a = a if a.dtype.kind == "f" else a.astype(np.float64)
    for fact, test in TESTS.items():
        breach = test(name, a, np.finfo(a.dtype).eps) if fact in facts else ""
        if breach:
            raise ArgumentError(f"{name} is declared {', '.join(words(facts))}, but {breach}")


def _worst(name: str, deviation: np.ndarray) -> tuple[float, str, tuple[int, ...]]:
    """The largest deviation, NaN above all, with the name of the entry and its place."""
    place = tuple(int(k) for k in np.unravel_index(int(np.argmax(deviation)), deviation.shape))
    return float(deviation[place]), _entry(name, place), place


def _entry(name: str, place: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, place))}]" if place else name


def _nonnegative(name: str, a: np.ndarray, _: Any) -> str:
    off, entry, place = _worst(name, -a)
    return "" if off <= 0 else f"{entry} = {a[place]:.6g}"


def _positive(name: str, a: np.ndarray, _: Any) -> str:
    off, entry, place = _worst(name, -a)
    return "" if off < 0 else f"{entry} = {a[place]:.6g}"


def _whole(name: str, a: np.ndarray, _: Any) -> str:
    off, entry, place = _worst(name, np.abs(a - np.rint(a)))
    return "" if off == 0 else f"{entry} = {a[place]:.6g}"


def _symmetric(name: str, a: np.ndarray, eps: Any) -> str:
    off, entry, place = _worst(name, np.abs(a - a.T))
    i, j = place
    if off <= np.sqrt(eps) * np.abs(a).max():
        return ""
    return (
        f"{entry} = {a[i, j]:.6g} and {_entry(name, (j, i))} = {a[j, i]:.6g}"
        f"\n    If that is rounding, pass ({name} + {name}.T) / 2; else declare the shape alone."
    )


def _zero_where(outside: Callable[[np.ndarray], np.ndarray]) -> Test:
    def test(name: str, a: np.ndarray, eps: Any) -> str:
        off, entry, place = _worst(name, np.abs(outside(a)))
        return "" if off <= np.sqrt(eps) * np.abs(a).max() else f"{entry} = {a[place]:.6g}, where it must be 0"

    return test


def _definite(name: str, a: np.ndarray, eps: Any) -> str:
    """Positive definite to working precision, as a Cholesky factorisation needs it."""
    values = np.linalg.eigvalsh((a + a.T) / 2)
    if values[0] > len(a) * eps * np.abs(values).max():
        return ""
    return (
        f"its least eigenvalue is {values[0]:.3g} (the largest: {values[-1]:.3g})"
        f"\n    Add a small multiple of the identity, or declare it psd or symmetric."
    )


def _semidefinite(name: str, a: np.ndarray, eps: Any) -> str:
    values = np.linalg.eigvalsh((a + a.T) / 2)
    if values[0] >= -np.sqrt(eps) * np.abs(values).max():
        return ""
    return f"its least eigenvalue is {values[0]:.3g}\n    Declare it symmetric."


def _orthogonal(name: str, a: np.ndarray, eps: Any) -> str:
    gram = a.T @ a
    off, entry, place = _worst(f"({name}ᵀ{name})", np.abs(gram - np.eye(len(a))))
    return "" if off <= np.sqrt(eps) else f"{entry} = {gram[place]:.6g}, not {int(place[0] == place[1])}"


def _unit(name: str, a: np.ndarray, eps: Any) -> str:
    length = np.sqrt(a @ a)
    return "" if abs(length - 1) <= np.sqrt(eps) else f"its length is {length:.6g}\n    Divide it by its length."


def _probability(name: str, a: np.ndarray, eps: Any) -> str:
    total = a.sum()
    return "" if abs(total - 1) <= np.sqrt(eps) else f"its sum is {total:.6g}\n    Divide it by its sum."


# In order of cost; each test may rely on those before it.
TESTS: dict[Fact, Test] = {
    Fact.NONNEGATIVE: _nonnegative,
    Fact.POSITIVE: _positive,
    Fact.INTEGER: _whole,
    Fact.PROBABILITY: _probability,
    Fact.UNIT: _unit,
    Fact.LOWER: _zero_where(lambda a: np.triu(a, 1)),
    Fact.UPPER: _zero_where(lambda a: np.tril(a, -1)),
    Fact.SYMMETRIC: _symmetric,
    Fact.PSD: _semidefinite,
    Fact.SPD: _definite,
    Fact.ORTHOGONAL: _orthogonal,
}
