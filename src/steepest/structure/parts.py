"""The independent parts of a term: a Kronecker product has several, and each says in words what it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .place import Labels, Place, labels_of
from .term import Factor, Term


@dataclass(frozen=True, eq=False)
class Part:
    """Factors that hang together, with the axes of rows and of columns on which their labels stand."""

    term: Term
    factors: tuple[Factor, ...]
    labels: frozenset[int]
    rows: tuple[int, ...]
    columns: tuple[int, ...]

    @property
    def shared(self) -> Labels:
        """Labels of rows and columns alike: they count blocks."""
        return tuple(i for i in self._own(self.term.rows) if i in self._own(self.term.columns))

    @property
    def row_labels(self) -> Labels:
        """The labels along the rows of a block."""
        return tuple(i for i in self._own(self.term.rows) if i not in self.shared)

    @property
    def column_labels(self) -> Labels:
        return tuple(i for i in self._own(self.term.columns) if i not in self.shared)

    def _own(self, places: tuple[Place, ...]) -> Labels:
        return tuple(i for i in labels_of(places) if i in self.labels)

    def count(self, labels: Labels) -> int:
        return math.prod(self.term.sizes[i] for i in labels)

    @property
    def rank(self) -> int:
        """At most so many rows of a block are independent, by the sums in the product."""
        rows, columns = set(self.row_labels), set(self.column_labels)
        left = {i for own, _ in self.factors if rows & set(own) and not columns & set(own) for i in own}
        right = {i for own, _ in self.factors if columns & set(own) and not rows & set(own) for i in own}
        both = any(rows & set(own) and columns & set(own) for own, _ in self.factors)
        full = min(self.count(self.row_labels), self.count(self.column_labels))
        if both:
            return full
        return min(full, *(self.count(tuple(side - set(self.shared))) for side in (left - rows, right - columns)))

    def words(self) -> str:
        blocks = self.count(self.shared)
        height, width = self.count(self.row_labels), self.count(self.column_labels)
        carried = {i for own, _ in self.factors for i in own}
        if height == width == 1:
            kind = "diagonal" if carried & set(self.shared) else "identity"
            return f"{kind} {blocks} × {blocks}"
        inner = f"{height} × {width}"
        if self.rank < min(height, width):
            inner += f" of rank {self.rank}"
        if blocks == 1:
            return inner
        return f"{blocks} blocks of {inner}" if carried & set(self.shared) else f"{blocks} equal blocks of {inner}"


def parts_of(term: Term) -> list[Part]:
    """The parts of a term; labels that stand together on one axis are not taken apart."""
    groups: list[set[int]] = []
    ties = [set(own) for own, _ in term.factors] + [set(p.labels) for p in (*term.rows, *term.columns)]
    for tie in ties:
        if tie:
            joined = set().union(tie, *(g for g in groups if g & tie))
            groups = [g for g in groups if not g & tie] + [joined]
    one_sided = [g for g in groups if not (_stands(g, term.rows) and _stands(g, term.columns))]
    if any(_stands(g, term.rows) for g in one_sided) and any(_stands(g, term.columns) for g in one_sided):
        groups = [g for g in groups if g not in one_sided] + [set().union(*one_sided)]  # a product of two vectors
    ordered = sorted(groups, key=lambda g: min((k for k, p in enumerate(term.rows) if g & set(p.labels)), default=-1))
    return [
        Part(
            term,
            tuple(f for f in term.factors if set(f[0]) & group),
            frozenset(group),
            tuple(k for k, p in enumerate(term.rows) if set(p.labels) & group),
            tuple(k for k, p in enumerate(term.columns) if set(p.labels) & group),
        )
        for group in ordered
    ]


def _stands(group: set[int], side: tuple[Place, ...]) -> bool:
    return bool(group & set(labels_of(side)))


def covers(term: Term) -> bool:
    """Whether every axis is counted by a label of its own on its side, from first to last."""
    sides = (term.rows, term.columns)
    return all(p.covers(term.sizes) for side in sides for p in side) and all(
        len(labels_of(side)) == sum(len(p.labels) for p in side) for side in sides
    )
