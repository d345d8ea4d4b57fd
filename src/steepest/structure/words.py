"""The structure of a sum of terms in words."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from .parts import covers, parts_of
from .place import shape_of
from .term import Term

MULTIPLE = "multiple of the identity"
COUNTED = 10**5  # entries that are looked at one by one
NARROW = 4  # a band is called one if it is at most this part of the matrix wide


def words_of(terms: Sequence[Term], rows: tuple[int, ...], columns: tuple[int, ...]) -> str:
    """What a reader should know: "diagonal", "identity 200 × 200 ⊗ 5 × 5", "tridiagonal", …"""
    if not terms:
        return "zero"
    if not rows and not columns:
        return "number"
    if rows == columns and all(map(on_the_diagonal, terms)):
        return MULTIPLE if all(map(_is_constant, terms)) else "diagonal"
    if all(map(is_thin, terms)) or not all(map(covers, terms)):
        return _scattered(terms, rows, columns)
    return " + ".join(dict.fromkeys(words_of_term(t) for t in terms))


def words_of_term(t: Term) -> str:
    """Of a term that fills all places."""
    if shape_of(t.rows) == shape_of(t.columns) and on_the_diagonal(t):
        return MULTIPLE if _is_constant(t) else "diagonal"
    parts = parts_of(t)
    if len(parts) == 1 and not parts[0].shared:
        (p,) = parts
        return f"rank {p.rank}" if p.rank < min(p.count(p.row_labels), p.count(p.column_labels)) else "dense"
    return " ⊗ ".join(p.words() for p in parts)


def on_the_diagonal(t: Term) -> bool:
    """Whether row and column are the same everywhere."""
    return len(t.rows) == len(t.columns) and all(r.follows(c) for r, c in zip(t.rows, t.columns, strict=True))


def _is_constant(t: Term) -> bool:
    return covers(t) and not any(own for own, _ in t.factors)


def is_thin(t: Term) -> bool:
    """Whether it is thin: no more entries than a few along the longer side."""
    longer = max(prod(shape_of(t.rows)), prod(shape_of(t.columns)))
    return t.entries <= longer and t.entries * 2 <= prod(shape_of(t.rows)) * prod(shape_of(t.columns))


def _scattered(terms: Sequence[Term], rows: tuple[int, ...], columns: tuple[int, ...]) -> str:
    height, width = prod(rows), prod(columns)
    if len(rows) == len(columns) == 1 and height > 2:
        offsets = [k for t in terms for k in t.offsets()]
        below, above = max(0, *offsets), -min(0, *offsets)
        if (below, above, height) == (1, 1, width):
            return "tridiagonal"
        if NARROW * (below + above + 1) <= height:
            return f"banded: {below} below and {above} above the diagonal"
    most = sum(t.entries for t in terms)
    if most > COUNTED:
        return f"sparse: at most {most} of {height} × {width} entries"
    places = [t.coordinates()[:2] for t in terms]
    row, column = (np.concatenate([p[k] for p in places]) for k in (0, 1))
    return f"sparse: {len(np.unique(row * width + column))} of {height} × {width} entries"
