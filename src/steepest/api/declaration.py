"""Declarations of variables: ``theta="n", X="m n", alpha=""``, and arrays of the sizes they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from steepest.errors import ArgumentError, FormulaError, ShapeError
from steepest.expr.dimension import Dim, Shape

# Facts of the formula language that are not dimensions; they are refused until something uses them.
FACTS = frozenset(
    "symmetric spd psd positive nonnegative diagonal orthogonal probability unit integer lower upper".split()
)
MOST_AXES = 8


@dataclass(frozen=True)
class Declaration:
    """One variable: its name and its sizes, each a name or a number."""

    name: str
    sizes: tuple[str | int, ...]

    def __str__(self) -> str:
        return f"{self.name}: {' '.join(map(str, self.sizes)) or 'scalar'}"


def declare(name: str, text: object) -> Declaration:
    """Read ``"m n"``; an empty text or ``"scalar"`` is a number.

    >>> declare("X", "m 3").sizes
    ('m', 3)
    """
    if not isinstance(text, str):
        raise ArgumentError(f"the shape of {name} is written as text, such as {name}='m n', got {text!r}")
    words = text.replace(",", " ").split()
    facts = [w for w in words if w in FACTS]
    if facts:
        raise FormulaError(f"{name}: the declared fact {facts[0]!r} is not used yet; declare the shape alone")
    words = [w for w in words if w != "scalar"]
    if len(words) > MOST_AXES:
        raise ArgumentError(f"{name} has {len(words)} axes; at most {MOST_AXES} are allowed")
    return Declaration(name, tuple(_size(name, w) for w in words))


def _size(name: str, word: str) -> str | int:
    if word.isdigit():
        return int(word)
    if not word.isidentifier():
        raise ArgumentError(f"{name}: a size is a name or a number, got {word!r}")
    return word


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
