"""A contraction while it is being lowered: its factors, and how one label is read at the places of another.

Selections are never multiplied out. A pattern that fixes label i once j is known (a slice, a shift, a diagonal)
is used up by reading everything that carries i at those places: slices, all of them views. If i is wanted in
the result, the result computed along j is put there at the end, into zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from steepest.expr.dtype import BOOL, INT, DType
from steepest.expr.node import Labels, Number
from steepest.expr.pattern import Affine, Fourier, holds
from steepest.ops.linalg_inverse import inverse
from steepest.ops.selection import one_hot_op

from .emitter import Emitter
from .program import Piece, Register, Window


@dataclass(frozen=True, slots=True)
class Factor:
    """An array in a product; its axes carry distinct labels. Of a `divisor` the reciprocal is meant."""

    labels: Labels
    register: Register
    divisor: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """1 where ``Σ coefficient·label + offset`` is zero (or, with ``>=``, not negative), else 0."""

    coefficients: tuple[tuple[int, int], ...]  # label, coefficient; labels distinct
    offset: int
    relation: str

    @property
    def labels(self) -> Labels:
        return tuple(i for i, _ in self.coefficients)


@dataclass(frozen=True, slots=True)
class Waves:
    """A Fourier matrix."""

    labels: Labels
    sign: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A one-hot array: 1 where label `place` is what the index array says."""

    index: Factor
    place: int

    @property
    def labels(self) -> Labels:
        return (*self.index.labels, self.place)


@dataclass(frozen=True, slots=True)
class Inverse:
    """The inverse of a matrix; leading labels run over a batch."""

    labels: Labels
    register: Register


Pattern: TypeAlias = Relation | Waves | Choice | Inverse
Finish = Callable[["Product", Factor], Factor]


@dataclass
class Product:
    """Factors, the masks that select, the patterns not yet used up; `out` are the labels wanted of the result."""

    emitter: Emitter
    dtype: DType
    out: Labels
    sizes: dict[int, int]
    coefficient: Number = 1
    factors: list[Factor] = field(default_factory=list)
    masks: list[Factor] = field(default_factory=list)
    patterns: list[Pattern] = field(default_factory=list)
    summed: set[int] = field(default_factory=set)
    finishes: list[Finish] = field(default_factory=list)  # what is left to do to the result, last first
    vanishes: bool = False  # a selection has nothing to select

    # --- operands ----------------------------------------------------------------------------------

    def add_factor(self, labels: Labels, register: Register, divisor: bool = False) -> None:
        self.factors.append(self.distinct(Factor(labels, register, divisor)))

    def add_mask(self, labels: Labels, register: Register) -> None:
        self.masks.append(self.distinct(Factor(labels, register)))

    def distinct(self, f: Factor) -> Factor:
        """A label carried twice: the diagonal."""
        labels = tuple(dict.fromkeys(f.labels))
        if labels == f.labels:
            return f
        return Factor(labels, self.emitter.diagonal(f.register, f.labels, labels), f.divisor)

    def update_arrays(
        self, change: Callable[[Factor], Factor], change_index: Callable[[Factor], Factor] | None = None
    ) -> None:
        """Every array, masks and index arrays included, read in another way."""
        change_index = change_index or change
        self.factors = [self.distinct(change(f)) for f in self.factors]
        self.masks = [self.distinct(change(f)) for f in self.masks]
        self.patterns = [
            Choice(self.distinct(change_index(p.index)), p.place) if isinstance(p, Choice) else p for p in self.patterns
        ]

    # --- patterns ----------------------------------------------------------------------------------

    def add_relation(self, terms: Iterable[tuple[int, int]], offset: int, relation: str) -> None:
        """A relation between labels, in its simplest form."""
        collected: dict[int, int] = {}
        for label, c in terms:
            collected[label] = collected.get(label, 0) + c
        kept = tuple((label, c) for label, c in collected.items() if c and self.sizes[label] != 1)
        if kept:
            self.patterns.append(Relation(kept, offset, relation))
        elif not holds(relation, offset):
            self.vanishes = True

    def write_out(self, p: Pattern) -> None:
        """As an ordinary array: always right, and the last resort."""
        self.patterns.remove(p)
        match p:
            case Choice(index, place):
                shape = (*self.emitter.shape(index.register), self.sizes[place])
                hot = self.emitter.call(one_hot_op, [index.register], (("size", self.sizes[place]),), shape, BOOL)
                self.add_mask(p.labels, hot)
            case Relation(coefficients, offset, relation):
                pattern = Affine(tuple(c for _, c in coefficients), offset, relation)  # type: ignore[arg-type]
                self.add_factor(p.labels, self._constant(pattern, self._shape(p.labels)))
            case Inverse(labels, register):
                inverted = self.emitter.call(inverse, [register], (), *self.emitter.inexact_type(register))
                self.add_factor(labels, inverted)
            case Waves(labels, sign):
                pattern = Fourier(sign)  # type: ignore[arg-type,assignment]
                self.add_factor(labels, self._constant(pattern, self._shape(labels)))

    def _shape(self, labels: Labels) -> tuple[int, ...]:
        return tuple(self.sizes[i] for i in labels)

    def _constant(self, pattern: Affine | Fourier, shape: tuple[int, ...]) -> Register:
        """In the type of the product, so that it does not widen it."""
        dtype = self.dtype
        if isinstance(pattern, Fourier):
            dtype = np.result_type(dtype, np.complex64) if dtype is not None else None
        elif dtype == BOOL:
            dtype = INT
        return self.emitter.patterned(pattern, shape, dtype)

    def make_relations_of(self, label: int) -> None:
        """Write out the patterns in which `label` cannot be replaced by a formula."""
        for p in list(self.patterns):
            if (isinstance(p, (Waves, Inverse)) and label in p.labels) or (isinstance(p, Choice) and label == p.place):
                self.write_out(p)

    def replace_in_relations(self, label: int, terms: Iterable[tuple[int, int]], offset: int) -> None:
        """``label = Σ coefficient·other + offset`` in every relation."""
        terms = list(terms)
        relations = [p for p in self.patterns if isinstance(p, Relation)]
        self.patterns = [p for p in self.patterns if not isinstance(p, Relation)]
        for p in relations:
            known = dict(p.coefficients)
            c = known.pop(label, 0)
            moved = [*known.items(), *((other, c * d) for other, d in terms)]
            self.add_relation(moved, p.offset + c * offset, p.relation)

    # --- reading a label elsewhere -----------------------------------------------------------------

    def restrict(self, label: int, window: Window) -> None:
        """Only a part of a label counts: outside the product is 0."""
        if window.covers(self.sizes[label]):
            return
        self.make_relations_of(label)
        size = self.sizes[label]
        self.sizes[label] = window.count
        self.update_arrays(lambda f: self._read(f, label, window))
        self.replace_in_relations(label, [(label, window.step)], window.start)
        if label in self.out:
            self.finishes.append(lambda product, f: product.embed_axis(f, label, window, size))

    def fix(self, label: int, place: int) -> None:
        """The label has one value."""
        self.make_relations_of(label)
        self.replace_in_relations(label, [], place)
        self.update_arrays(lambda f: self._read(f, label, place))
        size = self.sizes[label]
        if label in self.out:
            self.out = tuple(i for i in self.out if i != label)
            self.finishes.append(lambda product, f: product.embed_entry(f, label, place, size))
        self.summed.discard(label)

    def follow(self, label: int, leader: int, window: Window) -> None:
        """``label`` is the place in `window` that `leader` counts; both have been given that many values."""
        if window.covers(self.sizes[label]):
            for k, p in enumerate(self.patterns):  # a mere renaming, which every pattern allows
                if isinstance(p, (Waves, Inverse)):
                    self.patterns[k] = replace(p, labels=tuple(leader if i == label else i for i in p.labels))
                elif isinstance(p, Choice) and p.place == label:
                    self.patterns[k] = Choice(p.index, leader)
        else:
            self.make_relations_of(label)
        self.replace_in_relations(label, [(leader, window.step)], window.start)

        def change(f: Factor) -> Factor:
            read = self._read(f, label, window)
            return Factor(tuple(leader if i == label else i for i in read.labels), read.register, f.divisor)

        self.update_arrays(change)
        size = self.sizes[label]
        if label in self.out and leader in self.out:
            self.out = tuple(i for i in self.out if i != label)
            self.finishes.append(lambda product, f: product.embed_diagonal(f, label, leader, window, size))
        elif label in self.out:
            self.out = tuple(leader if i == label else i for i in self.out)
            self.summed.discard(leader)
            self.finishes.append(lambda product, f: product.embed_renamed(f, label, leader, window, size))
        self.summed.discard(label)

    def _read(self, f: Factor, label: int, place: Window | int) -> Factor:
        if label not in f.labels:
            return f
        shape = self.emitter.shape(f.register)
        places = [place if i == label else Window(0, 1, n) for i, n in zip(f.labels, shape, strict=True)]
        labels = f.labels if isinstance(place, Window) else tuple(i for i in f.labels if i != label)
        return Factor(labels, self.emitter.slice(f.register, places), f.divisor)

    # --- putting a result back ---------------------------------------------------------------------

    def embed_axis(self, f: Factor, label: int, window: Window, size: int) -> Factor:
        return self._embed(f, f.labels if label in f.labels else (label, *f.labels), {label: (label, window, size)})

    def embed_renamed(self, f: Factor, label: int, leader: int, window: Window, size: int) -> Factor:
        labels = tuple(label if i == leader else i for i in f.labels)
        if window.covers(size):
            return Factor(labels, f.register)
        return self._embed(f, labels if leader in f.labels else (label, *labels), {label: (leader, window, size)})

    def embed_entry(self, f: Factor, label: int, place: int, size: int) -> Factor:
        return self._embed(f, (label, *f.labels), {label: (None, place, size)})

    def embed_diagonal(self, f: Factor, label: int, leader: int, window: Window, size: int) -> Factor:
        full = (leader, Window(0, 1, window.count), window.count)
        labels = f.labels if leader in f.labels else (leader, *f.labels)
        at = labels.index(leader)
        return self._embed(f, (*labels[:at], label, *labels[at:]), {label: (leader, window, size), leader: full})

    def _embed(self, f: Factor, labels: Labels, moved: dict[int, tuple[int | None, Window | int, int]]) -> Factor:
        """A new array with the given axes, 0 but where `moved` says; other axes are those of `f`."""
        places: list[Window | int] = []
        follows: list[int] = []
        shape: list[int] = []
        for i in labels:
            if i in moved:
                leader, place, size = moved[i]
            else:
                size = self.emitter.shape(f.register)[f.labels.index(i)]
                leader, place = i, Window(0, 1, size)
            places.append(place)
            shape.append(size)
            if leader is not None:
                follows.append(leader)
        piece = Piece(f.register, tuple(places), tuple(follows), f.labels)
        return Factor(labels, self.emitter.embed([piece], tuple(shape)))
