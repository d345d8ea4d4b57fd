"""Three meanings of the derivative in a variable whose entries are tied to each other, such as a symmetric matrix.

- ``unconstrained``: the entries vary each for itself, as if nothing were declared. G.
- ``projected``: the derivative along the matrices of the declared structure, the gradient in their space:
  (G + Gᵀ)/2 of symmetric ones, the diagonal of G of diagonal ones, its triangle of triangular ones.
- ``cookbook``: by the free entries, each of which may stand at two places: G + Gᵀ − diag(G) of symmetric ones
  (Petersen & Pedersen, The Matrix Cookbook, 2012, eq. 138). Where each stands at one place, as ``projected``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.errors import ArgumentError
from steepest.expr.build import add, contract, delta, negate, scale, structured
from steepest.expr.fact import Fact, Facts, words
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.expr.pattern import Affine
from steepest.ops.matrix import transposed


class Meaning(enum.Enum):
    UNCONSTRAINED = "unconstrained"
    PROJECTED = "projected"
    COOKBOOK = "cookbook"


def meaning_of(text: str, name: str, declared: Mapping[str, Facts]) -> Meaning:
    """The meaning, by its name, of a derivative by the variable `name`.

    ArgumentError if there is no such meaning, or none of the `declared` variables gives it sense.
    """
    if text not in {m.value for m in Meaning}:
        known = ", ".join(repr(m.value) for m in Meaning)
        raise ArgumentError(f"the meaning of a derivative in a symmetric variable is one of {known}, got {text!r}")
    if Meaning(text) is not Meaning.UNCONSTRAINED and not any(map(structure_of, declared.values())):
        raise ArgumentError(
            f"{name} is not declared symmetric, diagonal or triangular: there is no {text} derivative by it"
            f"\n    Declare it: {name}='n n symmetric'."
        )
    return Meaning(text) if structure_of(declared[name]) else Meaning.UNCONSTRAINED


Map = Callable[[Any], Any]  # of matrices: arrays, or tracers of them


@dataclass(frozen=True)
class Structure:
    """A linear space of matrices: its orthogonal projection, and how its free entries make a matrix."""

    word: str
    project: Callable[[Expr], Expr]  # of the last two axes
    by_entries: Callable[[Expr], Expr]  # from the derivative by all entries to that by the free ones
    projected: Map
    filled: Map  # linear: each pair of places adds up to the one free entry
    free: Map  # what is filled to a matrix of the structure
    formula: str  # of the projection and of the derivative by the free entries
    cookbook_formula: str

    def maps(self, meaning: Meaning) -> tuple[Map, Map]:
        """From what varies freely to the matrix, and a way back."""
        return (self.filled, self.free) if meaning is Meaning.COOKBOOK else (self.projected, self.projected)


def structure_of(facts: Facts) -> Structure | None:
    return next((s for fact, s in STRUCTURES if fact in facts), None)


def turned(meaning: Meaning, facts: Facts, derivative: Expr) -> Expr:
    """A derivative by independent entries (the last two axes) in another meaning."""
    structure = structure_of(facts)
    if meaning is Meaning.UNCONSTRAINED or structure is None:
        return derivative
    return structure.project(derivative) if meaning is Meaning.PROJECTED else structure.by_entries(derivative)


def note_of(meaning: Meaning, variable: str, facts: Facts) -> tuple[str, ...]:
    """What a derivative says about its meaning, if its variable is tied to something."""
    tied = [w for w in words(facts) if Fact(w) not in FREE]
    if not tied:
        return ()
    structure = structure_of(facts)
    if meaning is Meaning.UNCONSTRAINED or structure is None:
        return (f"entries of {variable} vary independently ({', '.join(tied)} is used in the result only)",)
    if meaning is Meaning.PROJECTED:
        return (f"projected on the {structure.word} matrices: {structure.formula}",)
    return (f"by the free entries of the {structure.word} {variable}: {structure.cookbook_formula}",)


# --- the structures -----------------------------------------------------------------------------------


def _diagonal(d: Expr) -> Expr:
    """The entries on the diagonal, else 0."""
    labels = tuple(range(d.ndim))
    on_it = (*labels[:-1], labels[-2])
    return contract([(on_it, d), (labels[-2:], delta(d.shape[-1]))], labels, {labels[-1]: d.shape[-1]})


def _triangle(sign: int) -> Callable[[Expr], Expr]:
    def part(d: Expr) -> Expr:
        labels = tuple(range(d.ndim))
        window = structured(Affine((sign, -sign), 0, ">="), d.shape[-2:])
        return contract([(labels[-2:], window), (labels, d)], labels)

    return part


def _symmetrised(d: Expr) -> Expr:
    return scale(constant(0.5), add(d, transposed(d)))


def _by_free_symmetric(d: Expr) -> Expr:
    return add(d, transposed(d), negate(_diagonal(d)))


def _on_diagonal(a: Any) -> Any:
    return np.diag(np.diag(a))


DIAGONAL = Structure(
    "diagonal", _diagonal, _diagonal, _on_diagonal, _on_diagonal, _on_diagonal,
    "the diagonal of the derivative by all entries", "the diagonal of the derivative by all entries",
)  # fmt: skip
SYMMETRIC = Structure(
    "symmetric", _symmetrised, _by_free_symmetric, lambda a: (a + a.T) / 2,
    lambda a: a + a.T - _on_diagonal(a), lambda a: (a + _on_diagonal(a)) / 2,
    "(G + Gᵀ)/2 of the derivative G by all entries",
    "G + Gᵀ − diag(G) of the derivative G by all entries (Matrix Cookbook, eq. 138)",
)  # fmt: skip
TRIANGLE = "the triangle of the derivative by all entries"
LOWER, UPPER = (
    Structure(word, _triangle(sign), _triangle(sign), cut, cut, cut, TRIANGLE, TRIANGLE)
    for word, sign, cut in (("lower triangular", 1, np.tril), ("upper triangular", -1, np.triu))
)
STRUCTURES: tuple[tuple[Fact, Structure], ...] = (
    (Fact.DIAGONAL, DIAGONAL), (Fact.SYMMETRIC, SYMMETRIC), (Fact.LOWER, LOWER), (Fact.UPPER, UPPER),
)  # fmt: skip
FREE = frozenset({Fact.POSITIVE, Fact.NONNEGATIVE, Fact.INTEGER})  # say nothing of how entries vary together
