"""The Jacobian of an expression by elimination: forward, reverse, or across from a narrow place in the middle.

A differential is a graph of linear maps, an edge for each operand that varies. Eliminating a vertex replaces it by the
products of the edges into it with the edges out of it; when none is left between input and output, the edge that
remains is the Jacobian (Griewank and Walther, *Evaluating Derivatives*, ch. 9). Operands first is forward mode,
results first is reverse mode; the cheapest vertex first is neither, and wins where an expression has a waist.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Protocol

import numpy as np

from steepest.expr.build import Operand, add, contract, delta, structured, transpose_axes, zeros
from steepest.expr.dimension import Shape
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Apply, Constant, Einsum, Expr, Scan
from steepest.expr.number import ONE
from steepest.expr.pattern import Affine
from steepest.expr.traversal import depends_on, toposort
from steepest.ops.complex_parts import REAL_LINEAR

from .batching import in_columns
from .flat import Map, composed
from .gathering import gathered
from .like_terms import fewer, merged
from .reverse import linear_operand
from .work import entries


def identity(shape: Shape) -> Expr:
    """The identity map of arrays of this shape: shape ``shape + shape``."""
    n = len(shape)
    labels = tuple(range(2 * n))
    return contract([((k, n + k), delta(size)) for k, size in enumerate(shape)], labels) if n else ONE


@dataclass
class LinearGraph:
    """Linear maps between the nodes of a differential; `order` has those between input and output, operands first."""

    source: Expr
    sink: Expr
    order: list[Expr]
    into: dict[Expr, dict[Expr, Map]] = field(default_factory=dict)
    out_of: dict[Expr, dict[Expr, Map]] = field(default_factory=dict)
    masks_in_sums: bool = False  # whether a sum was formed of products from which a mask had selected

    def connect(self, a: Expr, b: Expr, terms: Map) -> None:
        """``db = terms · da``, added to what there is."""
        total = (*self.into.setdefault(b, {}).get(a, ()), *terms)
        self.into[b][a] = total
        self.out_of.setdefault(a, {})[b] = total

    def eliminate(self, v: Expr) -> None:
        """Everything that goes through a vertex goes past it."""
        before, after = self.into.pop(v, {}), self.out_of.pop(v, {})
        for a in before:
            del self.out_of[a][v]
        for b in after:
            del self.into[b][v]
        inner = {a: _settled(terms) for a, terms in before.items()}
        outer = {b: _settled(terms) for b, terms in after.items()}
        self.masks_in_sums |= any(len(outer[b]) < len(terms) and has_mask(terms) for b, terms in after.items())
        if sum(map(len, outer.values())) > 1:  # then each term into the vertex is used more than once
            inner = {a: tuple(map(gathered, terms)) for a, terms in inner.items()}
        if sum(map(len, inner.values())) > 1:
            outer = {b: tuple(map(gathered, terms)) for b, terms in outer.items()}
        unit = identity(v.shape)
        for b in outer:
            for a in inner:
                self.connect(a, b, composed(outer[b], inner[a], v.ndim, unit))

    def degree(self, v: Expr) -> float:
        """The multiplications that eliminating a vertex takes, by how many entries of its maps are not zero."""
        before = sum(entries(t) for terms in self.into.get(v, {}).values() for t in terms)
        after = sum(entries(t) for terms in self.out_of.get(v, {}).values() for t in terms)
        return before * after / max(prod(v.shape), 1)

    def neighbours(self, v: Expr) -> Iterable[Expr]:
        """The vertices before and after."""
        return [*self.into.get(v, {}), *self.out_of.get(v, {})]

    def shorten(self) -> None:
        """Vertices with one term in and one out, of which one is entrywise, eliminated: any order can begin so."""
        for v in self.order:
            before = [t for terms in self.into.get(v, {}).values() for t in terms]
            after = [t for terms in self.out_of.get(v, {}).values() for t in terms]
            if len(before) == len(after) == 1 and min(entries(before[0]), entries(after[0])) <= prod(v.shape):
                self.eliminate(v)
        self.order = [v for v in self.order if v in self.into or v in self.out_of]

    def copy(self) -> LinearGraph:
        """The same graph, to be gone through in another order."""
        into = {v: dict(maps) for v, maps in self.into.items()}
        out_of = {v: dict(maps) for v, maps in self.out_of.items()}
        return LinearGraph(self.source, self.sink, list(self.order), into, out_of, self.masks_in_sums)

    def result(self) -> Map:
        return merged(self.into.get(self.sink, {}).get(self.source, ()))


def _settled(terms: Map) -> Map:
    total = merged(terms) if len(terms) > 1 else terms
    return fewer(total) if len(total) > 1 else total


def has_mask(terms: Map) -> bool:
    return any(a.dtype == BOOL for t in terms for a in t.args)


def linear_graph(linear: Expr, t: Expr) -> LinearGraph:
    """The graph of an expression that is linear in `t`."""
    varying = depends_on([linear], [t])
    known: dict[Expr, Expr] = {}

    def so_far(a: Expr) -> Expr:
        before = _graph(a, t, varying, known)
        operands_first(before)
        terms = before.result()
        return add(*terms) if terms else zeros((*a.shape, *t.shape))

    for n in toposort([linear]):
        if n in varying and isinstance(n, Apply) and n.op in REAL_LINEAR:  # it is no factor: taken of the whole map
            known[n] = n.op(so_far(n.args[linear_operand(n, varying)]))
        elif n in varying and isinstance(n, Apply) and not n.op.elementwise:
            known[n] = _of_columns(n, so_far(n.args[linear_operand(n, varying)]), len(t.shape))
        elif n in varying and isinstance(n, Scan):  # nor is a loop: it runs for all columns at once
            known[n] = in_columns(n, {a: so_far(a) for a in n.args if a in varying}, t.shape)
    return _graph(linear, t, varying, known)


def _of_columns(n: Apply, columns: Expr, inner: int) -> Expr:
    """A linear operation of one operand on each column of a map: operations take leading axes as rows."""
    outer = tuple(range(columns.ndim - inner))
    rows = transpose_axes(columns, (*range(len(outer), columns.ndim), *outer))
    found: Expr = n.op(rows, **dict(n.params))
    return transpose_axes(found, (*range(inner, found.ndim), *range(inner)))


def _graph(linear: Expr, t: Expr, varying: set[Expr], known: Mapping[Expr, Expr]) -> LinearGraph:
    order = [n for n in toposort([linear], stop=known.keys()) if n in varying and n is not t]
    graph = LinearGraph(t, linear, [n for n in order if n is not linear])
    if linear is t:
        graph.connect(t, linear, (identity(t.shape),))
    for n in order:
        for a, terms in [(t, (known[n],))] if n in known else _edges(n, varying):
            graph.connect(a, n, terms)
    return graph


def _edges(n: Expr, varying: set[Expr]) -> list[tuple[Expr, Map]]:
    match n:
        case Add():
            return [(a, (identity(n.shape),)) for a in n.args if a in varying]
        case Einsum():
            k = linear_operand(n, varying)
            return [(n.args[k], (_local_map(n, k),))]
        case Apply():  # a change of type
            return [(n.args[linear_operand(n, varying)], (identity(n.shape),))]
        case _:
            return []


def _local_map(n: Einsum, k: int) -> Expr:
    """A contraction as a linear map of its operand k."""
    fresh = n.fresh_labels()
    own = n.indices[k]
    entries = tuple(next(fresh) for _ in own)
    operands: list[Operand] = [(labels, _as_selection(a)) for j, (labels, a) in enumerate(n.operands()) if j != k]
    operands += [((i, j), delta(size)) for i, j, size in zip(own, entries, n.args[k].shape, strict=True)]
    sizes = n.out_sizes() | dict(zip(entries, n.args[k].shape, strict=True))
    return contract(operands, (*n.out, *entries), sizes)


def _as_selection(a: Expr) -> Expr:
    """A constant row with one True is the selection of one entry."""
    if not isinstance(a, Constant) or a.dtype != BOOL or a.ndim != 1 or np.count_nonzero(a.value) != 1:
        return a
    return structured(Affine((1,), -int(np.argmax(a.value))), a.shape)


class Eliminable(Protocol):
    """A graph of which one vertex after the other is eliminated."""

    order: list[Expr]

    def eliminate(self, v: Expr) -> None:
        """Everything that goes through a vertex goes past it."""

    def degree(self, v: Expr) -> float:
        """The multiplications that this takes."""

    def neighbours(self, v: Expr) -> Iterable[Expr]:
        """The vertices whose degree changes with it."""


Order = Callable[[Eliminable], None]


def operands_first(graph: Eliminable) -> None:
    """Forward accumulation."""
    for v in graph.order:
        graph.eliminate(v)


def results_first(graph: Eliminable) -> None:
    """Reverse accumulation."""
    for v in reversed(graph.order):
        graph.eliminate(v)


def cheapest_first(graph: Eliminable) -> None:
    """The vertex that takes the fewest multiplications, again and again (Markowitz's rule)."""
    degrees = {v: graph.degree(v) for v in graph.order}
    place = {v: k for k, v in enumerate(graph.order)}
    queue = [(degree, place[v]) for v, degree in degrees.items()]
    heapq.heapify(queue)
    while queue:
        degree, k = heapq.heappop(queue)
        v = graph.order[k]
        if degrees.get(v) != degree:
            continue  # it has changed since
        del degrees[v]
        near = [n for n in graph.neighbours(v) if n in degrees]
        graph.eliminate(v)
        for n in near:
            degrees[n] = graph.degree(n)
            heapq.heappush(queue, (degrees[n], place[n]))


def eliminated(linear: Expr, t: Expr, order: Order) -> Map:
    """The map that takes `t` to `linear`."""
    graph = linear_graph(linear, t)
    order(graph)
    return graph.result()
