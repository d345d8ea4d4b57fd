"""Structure read off an expression: the small arrays to compute, and how a derivative is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TypeAlias

import numpy as np

from steepest.calculus.gathering import connected, gathered
from steepest.calculus.selections import Nothing, Relation, Solution, is_selection, operand_of, relation_of, solve
from steepest.expr.build import Operand, add, contract
from steepest.expr.dtype import BOOL
from steepest.expr.node import Apply, Constant, Einsum, Expr, Labels
from steepest.expr.number import constant, is_number
from steepest.ops.selection import one_hot_op

from .linear_map import LinearMap
from .place import Place
from .term import Term

FULL = 2  # a sum of terms with more than one in so many entries is kept as one dense array


@dataclass(frozen=True)
class Side:
    """One axis of a term before its index array, if it has one, is known."""

    size: int
    start: int
    steps: tuple[tuple[int, int], ...]
    index: Expr | None = None


@dataclass(frozen=True)
class Sketch:
    """A term whose arrays are still expressions."""

    rows: tuple[Side, ...]
    columns: tuple[Side, ...]
    sizes: dict[int, int]
    factors: tuple[Operand, ...]

    @property
    def entries(self) -> int:
        labels = {i for side in (*self.rows, *self.columns) for i, _ in side.steps}
        return int(np.prod([self.sizes[i] for i in labels], dtype=np.int64))


_KnownPlace: TypeAlias = Side | Place
_KnownSketch: TypeAlias = tuple[
    tuple[_KnownPlace, ...],
    tuple[_KnownPlace, ...],
    dict[int, int],
    tuple[tuple[Labels, Expr | np.ndarray], ...],
]


@dataclass(frozen=True)
class Reading:
    """The arrays that a derivative is made of, and how."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    sketches: tuple[Sketch, ...]
    dtype: np.dtype

    @cached_property
    def arrays(self) -> tuple[Expr, ...]:
        """What has to be computed: everything but arrays that are known already."""
        found: dict[Expr, None] = {}
        for s in self.sketches:
            indices = [side.index for side in (*s.rows, *s.columns) if side.index is not None]
            found.update(
                dict.fromkeys(e for e in (*indices, *(e for _, e in s.factors)) if not isinstance(e, Constant))
            )
        return tuple(found)

    def built(self, known: Mapping[Expr, np.ndarray]) -> LinearMap:
        """The derivative, of the values of `arrays`."""
        terms = [
            Term(_placed(rows, known), _placed(columns, known), sizes, tuple((i, _value(e, known)) for i, e in factors))
            for rows, columns, sizes, factors in self._known
        ]
        return LinearMap(self.rows, self.columns, tuple(terms), self.dtype)

    @cached_property
    def _known(self) -> tuple[_KnownSketch, ...]:
        """The sketches, with what needs no values in place: it is the same for all calls."""

        def place(side: Side) -> _KnownPlace:
            index = None if side.index is None else self._settled(side.index)
            if isinstance(index, Expr):
                return side
            return Place(side.size, side.start, side.steps, index)

        return tuple(
            (
                tuple(map(place, s.rows)),
                tuple(map(place, s.columns)),
                s.sizes,
                tuple((labels, self._settled(e)) for labels, e in s.factors),
            )
            for s in self.sketches
        )

    def _settled(self, e: Expr) -> Expr | np.ndarray:
        return np.asarray(e.value, self.dtype if e.dtype is None else None) if isinstance(e, Constant) else e


def _value(e: Expr | np.ndarray, known: Mapping[Expr, np.ndarray]) -> np.ndarray:
    return known[e] if isinstance(e, Expr) else e


def _placed(places: tuple[_KnownPlace, ...], known: Mapping[Expr, np.ndarray]) -> tuple[Place, ...]:
    return tuple(
        p if isinstance(p, Place) else Place(p.size, p.start, p.steps, None if p.index is None else known[p.index])
        for p in places
    )


def reading(terms: Sequence[Expr], rows: Sequence[int], columns: Sequence[int], dtype: np.dtype) -> Reading:
    """The structure of a sum of terms, each an array of shape ``rows + columns``."""
    shape = (*rows, *columns)
    sketches = [s for t in terms if (s := sketch(t, len(rows))) is not None]
    total = int(np.prod(shape, dtype=np.int64))
    if any(_is_full(s, total) for s in sketches) and terms:
        sketches = [_dense(add(*terms), len(rows))]
    return Reading(tuple(map(int, rows)), tuple(map(int, columns)), tuple(sketches), dtype)


def _is_full(s: Sketch, total: int) -> bool:
    """Whether one array of a term is about as large as the dense one."""
    return any(FULL * np.prod(e.shape, dtype=np.int64) > total for _, e in s.factors) and FULL * s.entries > total > 1


def _dense(e: Expr, rank: int) -> Sketch:
    labels = tuple(range(e.ndim))
    sides = tuple(Side(int(n), 0, ((i, 1),)) for i, n in enumerate(e.shape))
    return Sketch(sides[:rank], sides[rank:], dict(enumerate(map(int, e.shape))), ((labels, e),))


def sketch(e: Expr, rank: int) -> Sketch | None:
    """One term with its selections solved; None if they leave nothing."""
    e = gathered(e)
    if not isinstance(e, Einsum) and not is_selection(e):
        return _dense(e, rank)
    try:
        return _Sketching(e, rank).result()
    except Nothing:
        return None


class _Sketching:
    """Selections become places; what they read of arrays is computed with the arrays."""

    def __init__(self, e: Expr, rank: int) -> None:
        axes = tuple(range(e.ndim))
        self.operands, self.out = (e.operands(), e.out) if isinstance(e, Einsum) else ([(axes, e)], axes)
        self.rank = rank
        sizes = e.label_sizes() if isinstance(e, Einsum) else dict(enumerate(e.shape))
        self.sizes = {i: int(n) for i, n in sizes.items()}
        self.arrays = [(labels, a) for labels, a in self.operands if not is_selection(a)]
        self.picks = self._picks()
        relations = [relation_of(labels, a) for labels, a in self.operands if is_selection(a)]
        self.solution: Solution = solve(relations, self.sizes, self._order())
        if any(not self._is_placed(i) for i in self.out if i not in self.picks):
            self.picks = {}
            self.arrays = [(labels, a) for labels, a in self.operands if not is_selection(a)]
            free = [i for i in self._order() if i not in self.out]
            self.arrays += [operand_of(r, self.sizes) for r in relations]
            self.solution = solve((), self.sizes, free)
        else:
            self.arrays += [operand_of(r, self.sizes) for r in self.solution.left]
        fresh = count(1 + max(self.sizes, default=0))
        self.windowed = {i: next(fresh) for i in self.solution.windows}
        for i, (_, n) in self.solution.windows.items():
            self.sizes[self.windowed[i]] = n

    def _order(self) -> list[int]:
        """Which labels should follow others: those of the result that no array has, then inner ones, then all."""
        carried = {i for labels, _ in self.arrays for i in labels}
        out = set(self.out)
        picked = {*self.picks, *(i for labels, _ in self.picks.values() for i in labels)}
        free = [i for i in self.sizes if i not in picked]
        return sorted(free, key=lambda i: (i in carried, i not in out))

    def _picks(self) -> dict[int, Operand]:
        """Labels of the result that an index array says, and nothing else: the index and its labels."""
        found: dict[int, Operand] = {}
        for labels, a in self.arrays:
            if not (isinstance(a, Apply) and a.op is one_hot_op and a.args[0].dtype is not None):
                continue
            place = labels[-1]
            others = [ls for ls, b in self.operands if (ls, b) != (labels, a)]
            alone = not any(place in ls for ls in others) and place not in labels[:-1]
            if place in self.out and alone and a.args[0].dtype.kind in "iu" and len(set(labels)) == len(labels):
                found[place] = (labels[:-1], a.args[0])
        said = {((*labels, place), index) for place, (labels, index) in found.items()}
        self.arrays = [(ls, a) for ls, a in self.arrays if not (isinstance(a, Apply) and (ls, a.args[0]) in said)]
        return found

    def _is_placed(self, label: int) -> bool:
        """Whether the axis of a label is counted once by what it follows."""
        _, steps = self.solution.places.get(label, (0, {label: 1}))
        reach = 1
        for other, step in sorted(steps.items(), key=lambda s: abs(s[1])):
            if abs(step) < reach:
                return False
            reach = abs(step) * self.solution.window(other, self.sizes)[1]
        return True

    def result(self) -> Sketch:
        places = [self._side(i) for i in self.out]
        seen = {i for s in places for i, _ in s.steps}
        given = [(ls, a) for ls, a in self.arrays if not is_number(a)]
        arrays = [self._read(ls, a) for ls, a in given]
        factors: list[Operand] = []
        for members in _together(arrays, given):
            if any(given[k][1].dtype == BOOL for k in members):
                factors.append(self._selected([given[k] for k in members], seen))
            else:
                factors += _cores([arrays[k] for k in members], seen)
        numbers = [(ls, a) for ls, a in self.arrays if is_number(a)]
        numbers += [((), constant(self.sizes[i])) for i in self._summed_alone(arrays, seen)]
        if numbers or not factors:
            factors = self._with_number(contract(numbers, ()), factors)
        used = {i for s in places for i, _ in s.steps} | {i for ls, _ in factors for i in ls}
        sizes = {i: int(self.sizes[i]) for i in used}
        return Sketch(tuple(places[: self.rank]), tuple(places[self.rank :]), sizes, tuple(factors))

    def _side(self, label: int) -> Side:
        size = int(self.sizes[label])
        if label in self.picks:
            labels, index = self.picks[label]
            renamed, e = self._read(labels, index)
            return Side(size, 0, tuple((i, 1) for i in renamed), e)
        start, steps = self.solution.places.get(label, (0, {label: 1}))
        kept = []
        for other, step in steps.items():
            low, n = self.solution.window(other, self.sizes)
            start += step * low
            if n != 1:
                kept.append((self.windowed.get(other, other), step))
        return Side(size, start, tuple(sorted(kept, key=lambda s: -abs(s[1]))))

    def _read(self, labels: Labels, e: Expr) -> Operand:
        """An array at the places its labels follow: the labels it then has."""
        relations, names = self._links(labels)
        if not relations and names == labels:
            return labels, e
        out = tuple(dict.fromkeys(j for i in labels for j in self._leaders(i)))
        return out, contract([(names, e), *relations], out)

    def _leaders(self, label: int) -> Labels:
        _, steps = self.solution.places.get(label, (0, {label: 1}))
        return tuple(self.windowed.get(i, i) for i in steps)

    def _links(self, labels: Labels) -> tuple[list[Operand], Labels]:
        """The relations of followed or windowed labels with those they follow; labels that are only renamed."""
        relations: list[Operand] = []
        names: dict[int, int] = {}
        for i in dict.fromkeys(labels):
            start, steps = self.solution.places.get(i, (0, {i: 1}))
            terms = {i: 1}
            for other, step in steps.items():
                start += step * self.solution.window(other, self.sizes)[0]
                terms[self.windowed.get(other, other)] = terms.get(self.windowed.get(other, other), 0) - step
            if i not in self.solution.places and i not in self.windowed:
                continue
            if start == 0 and len(terms) == 2 and set(terms.values()) == {1, -1}:
                (leader,) = (j for j in terms if j != i)
                if self.sizes[leader] == self.sizes[i]:
                    names[i] = leader
                    continue
            relations.append(operand_of(Relation(terms, -start), self.sizes))
        return relations, tuple(names.get(i, i) for i in labels)

    def _selected(self, group: Sequence[Operand], kept: set[int]) -> Operand:
        """The product of arrays as one contraction: a mask selects from the whole product."""
        relations: dict[Operand, None] = {}
        operands: list[Operand] = []
        for labels, a in group:
            links, names = self._links(labels)
            relations.update(dict.fromkeys(links))
            operands.append((names, a))
        out = tuple(dict.fromkeys(j for labels, _ in group for i in labels for j in self._leaders(i) if j in kept))
        return out, contract([*operands, *relations], out)

    def _summed_alone(self, arrays: Sequence[Operand], seen: set[int]) -> list[int]:
        """Labels with values that no array and no axis depends on: each counts as often as it has values."""
        carried = seen.union(*(labels for labels, _ in arrays))
        free = [i for i in self.sizes if i not in self.solution.places and i not in self.out]
        leaders = {self.windowed.get(i, i) for i in free if i not in self.windowed.values()}
        return sorted(leaders - carried)

    def _with_number(self, number: Expr, factors: Sequence[Operand]) -> list[Operand]:
        if not factors:
            return [((), number)]
        k = min(range(len(factors)), key=lambda k: int(np.prod(factors[k][1].shape, dtype=np.int64)))
        labels, e = factors[k]
        scaled = contract([((), number), (labels, e)], labels)
        return [*factors[:k], (labels, scaled), *factors[k + 1 :]]


def _cores(group: Sequence[Operand], seen: set[int]) -> list[Operand]:
    """Arrays that have labels in common, each by itself: as one they might be larger than they need be."""
    others = [seen.union(*(ls for k, (ls, _) in enumerate(group) if k != j)) for j in range(len(group))]
    return [_core(f, kept) for f, kept in zip(group, others, strict=True)]


def _core(operand: Operand, kept: set[int]) -> Operand:
    """An array summed over the labels that are not kept."""
    out = tuple(dict.fromkeys(i for i in operand[0] if i in kept))
    return operand if operand[0] == out else (out, contract([operand], out))


def _together(arrays: Sequence[Operand], given: Sequence[Operand]) -> list[list[int]]:
    """Which arrays have labels in common, by their numbers; all of them where one mask selects everything."""
    if any(not labels and a.dtype == BOOL for (labels, _), (_, a) in zip(arrays, given, strict=True)):
        return [list(range(len(arrays)))]
    alone = [[k] for k, (labels, _) in enumerate(arrays) if not labels]
    groups = connected([f for f in arrays if f[0]])
    return [*alone, *([k for k, f in enumerate(arrays) if f in group] for group in groups)]
