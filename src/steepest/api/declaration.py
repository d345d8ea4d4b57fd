"""Declarations of variables: ``theta="n", S="n n spd", alpha="positive"``, and arrays of the sizes they name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from steepest.errors import ArgumentError, ShapeError
from steepest.expr.dimension import Dim, Shape
from steepest.expr.fact import NO_FACTS, Fact, Facts, with_implied, words

from .facts import require_fitting

FACTS = {fact.value: fact for fact in Fact}
MOST_AXES = 8
LONG = 6  # letters of a word that is not misspelt by chance
LIKELY_MISSPELT = 0.8  # how alike a size's name and a fact must be to be asked about


@dataclass(frozen=True)
class Declaration:
    """One variable: its name, its sizes (each a name or a number), and what is known of its value."""

    name: str
    sizes: tuple[str | int, ...]
    facts: Facts = NO_FACTS

    @property
    def text(self) -> str:
        """As it is declared: ``"n n spd"``."""
        return " ".join([*map(str, self.sizes or ["scalar"]), *words(self.facts)])

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"


def declare(name: str, text: object) -> Declaration:
    """Read ``"m n"``; an empty text or ``"scalar"`` is a number. Facts (`steepest.expr.fact`) stand beside the sizes.

    >>> declare("X", "m 3").sizes
    ('m', 3)
    >>> print(declare("S", "n n spd"))
    S: n n spd
    """
    if not isinstance(text, str):
        raise ArgumentError(f"the shape of {name} is written as text, such as {name}='m n', got {text!r}")
    parts = text.replace(",", " ").split()
    facts = with_implied(frozenset(FACTS[w] for w in parts if w in FACTS))
    parts = [w for w in parts if w not in FACTS and w != "scalar"]
    if parts[1:2] == ["x"]:
        raise ArgumentError(
            f"{name}: x would be the name of a size\n    Write them apart: {name}='{parts[0]} {parts[-1]}'."
        )
    if len(parts) > MOST_AXES:
        raise ArgumentError(f"{name} has {len(parts)} axes; at most {MOST_AXES} are allowed")
    sizes = tuple(_size(name, w) for w in parts)
    require_fitting(name, sizes, facts)
    return Declaration(name, sizes, facts)


def _size(name: str, word: str) -> str | int:
    if word.isdigit():
        return int(word)
    if not word.isidentifier():
        raise ArgumentError(f"{name}: a size is a name or a number, got {word!r}\n    Write them apart: {name}='m n'.")
    long = [fact for fact in FACTS if len(fact) >= LONG]  # "units" is a size like any other
    alike = [word.lower()] if word.lower() in FACTS else difflib.get_close_matches(word, long, 1, LIKELY_MISSPELT)
    if alike:
        raise ArgumentError(f"{name}: {word!r} would be the name of a size; did you mean {alike[0]!r}?")
    return word


def require_distinct_names(declarations: Sequence[Declaration]) -> None:
    """ArgumentError where a variable and a size have one name: what is printed could not be told apart."""
    both = [d.name for d in declarations if d.name in size_names(declarations)]
    if both:
        raise ArgumentError(f"{both[0]} is a variable and the name of a size: give the size another name")


def size_names(declarations: Sequence[Declaration]) -> list[str]:
    """The named sizes in order of first mention."""
    return list(dict.fromkeys(s for d in declarations for s in d.sizes if isinstance(s, str)))


def shape_of(declaration: Declaration, sizes: Mapping[str, int]) -> Shape:
    """The shape with named sizes, at the given lengths."""
    return tuple(Dim(sizes[s], s) if isinstance(s, str) else s for s in declaration.sizes)


def measured_sizes(declarations: Sequence[Declaration], arrays: Sequence[np.ndarray]) -> dict[str, int]:
    """The sizes that arrays have, which must be one for each name."""
    found: dict[str, tuple[int, str]] = {}
    for d, a in zip(declarations, arrays, strict=True):
        if a.ndim != len(d.sizes):
            raise ShapeError(f"{d.name} is declared with {len(d.sizes)} axes ({d}), got shape {a.shape}")
        for s, n in zip(d.sizes, a.shape, strict=True):
            if isinstance(s, int):
                if s != n:
                    raise ShapeError(f"{d.name} is declared with length {s} where it has {n}: shape {a.shape}")
            elif found.setdefault(s, (n, d.name))[0] != n:
                raise ShapeError(f"{s} is {found[s][0]} in {found[s][1]} and {n} in {d.name}")
    return {s: n for s, (n, _) in found.items()}


def assigned_sizes(declarations: Sequence[Declaration], lengths: Sequence[int]) -> dict[str, int]:
    """A length for each named size, rising; names that count columns come first, so that matrices are tall."""
    names = size_names(declarations)
    rows: dict[str, int] = dict.fromkeys(names, 0)
    for d in declarations:
        if len(d.sizes) == 2:
            for place, s in zip((1, -1), d.sizes, strict=True):
                if isinstance(s, str):
                    rows[s] += place
    ordered = sorted(names, key=lambda s: rows[s])  # stable: among equals, the order of first mention
    if len(ordered) > len(lengths):
        raise ArgumentError(f"{len(ordered)} named sizes are declared; at most {len(lengths)} are allowed")
    return dict(zip(ordered, lengths, strict=False))


def turned(sizes: Mapping[str, int]) -> dict[str, int]:
    """The same lengths given the other way round, so that what was tall is wide."""
    return dict(zip(sizes, list(sizes.values())[::-1], strict=True))
