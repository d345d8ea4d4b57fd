"""From index notation to matrix notation.

A product of scalars, vectors and matrices with summed indices is a graph: every index is a vertex, every
matrix an edge between its two indices, every vector a weight on a vertex. Reducing the graph like an
electrical network writes the matrix formula:

    two edges in series    A_ij B_jk  → A B             two in parallel   A_ij B_ij → A ⊙ B
    a dead end             A_ij v_j   → A v             a loop            A_ii      → the diagonal of A
    a weight in a series   A_ij v_j B_jk → A diag(v) B

It succeeds exactly when the graph is two-terminal series-parallel (Valdes, Tarjan and Lawler, The recognition
of series parallel digraphs, 1982); otherwise the answer is None and the term stays in index notation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from steepest.expr.node import Labels
from steepest.expr.number import size_constant

from . import notation as nt
from .collect import transposed
from .compose import diagonal, diagonal_of, inner, outer, product, total, trace
from .factors import multiplied, split_scalars
from .notation import Notation
from .transposition import count_transposes

Factor = tuple[Labels, Notation]
Edge = tuple[int, int, Notation]


def matrix_form(factors: Sequence[Factor], out: Labels, sizes: Mapping[int, int]) -> Notation | None:
    """The formula of ``Σ Π factors`` with free labels `out` (at most two), or None if there is none."""
    if len(out) > 2 or any(len(labels) > 2 for labels, _ in factors):
        return None
    network = Network(factors, out, sizes)
    network.reduce()
    return network.written() if network.is_reduced() else None


class Network:
    """The graph of one term as it shrinks; it may have any number of free labels."""

    def __init__(self, factors: Sequence[Factor], out: Labels, sizes: Mapping[int, int]):
        self.out, self.sizes = out, sizes
        self.edges: list[Edge] = []
        self.weights: dict[int, list[Notation]] = defaultdict(list)
        self.scalars: list[Notation] = []
        for labels, factor in factors:
            front, body = split_scalars(factor)
            self.scalars += front
            if not labels:
                self.scalars.append(body)
            elif len(labels) == 1:
                self.weights[labels[0]].append(body)
            else:
                i, j = labels
                self._place_matrix(i, j, body)

    def _place_matrix(self, i: int, j: int, a: Notation) -> None:
        """A matrix between two labels; a column times a row is a weight on each."""
        match a:
            case nt.Outer(left, right):
                self.weights[i].append(left)
                self.weights[j].append(right)
            case nt.Diagonal(v):
                self.weights[i].append(v)
                self.edges.append((i, j, nt.Identity(self.sizes[i])))
            case _:
                self.edges.append((i, j, a))

    # --- identities -------------------------------------------------------------------------------

    def eliminate_identities(self) -> None:
        """δ_ij renames one of its labels to the other, unless both are free."""
        while (k := self._removable_identity()) is not None:
            i, j, _ = self.edges.pop(k)
            keep, drop = (i, j) if j not in self.out else (j, i)
            rename = {drop: keep}
            self.edges = [(rename.get(p, p), rename.get(q, q), a) for p, q, a in self.edges]
            if drop != keep:
                self.weights[keep] += self.weights.pop(drop, [])
            used = any(keep in (p, q) for p, q, _ in self.edges)
            if keep not in self.out and not self.weights.get(keep) and not used:
                self.scalars.append(nt.Number(size_constant(self.sizes[keep])))

    def _removable_identity(self) -> int | None:
        for k, (i, j, a) in enumerate(self.edges):
            if isinstance(a, nt.Identity) and (i == j or not (i in self.out and j in self.out)):
                return k
        return None

    # --- reductions -------------------------------------------------------------------------------

    def reduce(self) -> None:
        self.eliminate_identities()
        while self.reduce_once():
            pass
        self.close_summed_vertices()

    def is_reduced(self) -> bool:
        """Whether only free labels are left."""
        return all(i in self.out and j in self.out for i, j, _ in self.edges)

    def reduce_once(self) -> bool:
        return self.reduce_loop() or self.reduce_parallel() or self.reduce_dead_end() or self.reduce_series()

    def reduce_loop(self) -> bool:
        for k, (i, j, a) in enumerate(self.edges):
            if i == j:
                self.edges.pop(k)
                self.weights[i].append(self._without_scalars(diagonal_of(a)))
                return True
        return False

    def reduce_parallel(self) -> bool:
        for k, (i, j, a) in enumerate(self.edges):
            for m, (p, q, b) in enumerate(self.edges[:k]):
                if {i, j} != {p, q}:
                    continue
                if isinstance(a, nt.Identity) or isinstance(b, nt.Identity):
                    self._weigh_identity(k, m)
                elif self._is_bare_cycle(i, j):  # reads better as a trace than as a sum over a ⊙ b
                    self.join_at(j, m, k)
                elif (inner := self._inner_of_diagonal(k, m)) is not None:
                    self.join_at(inner, m, k)
                else:
                    same_way = b if (p, q) == (i, j) else transposed(b)
                    self.edges[k] = (i, j, self._without_scalars(multiplied(a, same_way)))
                    self.edges.pop(m)
                return True
        return False

    def _weigh_identity(self, k: int, m: int) -> None:
        """δ_ij A_ij is the diagonal of A on δ_ij."""
        identity, other = (k, m) if isinstance(self.edges[k][2], nt.Identity) else (m, k)
        i, _, _ = self.edges[identity]
        self.weights[i].append(self._without_scalars(diagonal_of(self.edges[other][2])))
        self.edges.pop(other)

    def reduce_dead_end(self) -> bool:
        index = self._inner_vertex(1)
        if index is None:
            return False
        (k,) = self._edges_at(index)
        other, a = oriented(self.edges.pop(k), index)
        weight = self.weights.pop(index, None)
        vector = multiplied(*weight) if weight else nt.Ones(self.sizes[index])
        self.weights[other].append(self._without_scalars(product(turned(a), vector)))
        return True

    def reduce_series(self) -> bool:
        index = self._inner_vertex(2)
        if index is None:
            return False
        self.join_at(index, *self._edges_at(index))
        return True

    def join_at(self, index: int, k: int, m: int) -> None:
        """Replace edges k < m, which meet at a summed label, by their matrix product."""
        second, first = self.edges.pop(m), self.edges.pop(k)
        start, a = oriented(first, index)
        end, b = oriented(second, index)
        weight = self.weights.pop(index, None)
        middle = [diagonal(multiplied(*weight))] if weight else []
        self.edges.append((start, end, self._without_scalars(product(turned(a), *middle, b))))

    def _inner_of_diagonal(self, k: int, m: int) -> int | None:
        """The summed end of two edges that read better as ``diagvec(BA)`` than as ``(Aᵀ ⊙ B)𝟏``."""
        ends = self.edges[k][:2]
        inner = next((x for x in ends if self._is_inner(x, 2) and not self.weights.get(x)), None)
        if inner is None:
            return None
        a, b = (oriented(self.edges[e], inner)[1] for e in (k, m))
        as_product = min(count_transposes([transposed(a), b]), count_transposes([transposed(b), a]))
        return inner if as_product < count_transposes([transposed(a), transposed(b)]) else None

    def _is_bare_cycle(self, i: int, j: int) -> bool:
        return all(self._is_inner(x, 2) and not self.weights.get(x) for x in (i, j))

    def _edges_at(self, index: int) -> list[int]:
        return [k for k, (i, j, _) in enumerate(self.edges) if index in (i, j)]

    def _is_inner(self, index: int, degree: int) -> bool:
        """A summed label that occurs on exactly `degree` edges."""
        return index not in self.out and len(self._edges_at(index)) == degree

    def _inner_vertex(self, degree: int) -> int | None:
        ends = (end for i, j, _ in self.edges for end in (i, j))
        return next((end for end in ends if self._is_inner(end, degree)), None)

    def _without_scalars(self, n: Notation) -> Notation:
        front, body = split_scalars(n)
        self.scalars += front
        return body

    # --- the result -------------------------------------------------------------------------------

    def close_summed_vertices(self) -> None:
        """Every isolated summed label has become a scalar."""
        for index in list(self.weights):
            vectors = self.weights[index]
            if index not in self.out and vectors and not self._edges_at(index):
                self.scalars.append(closed(self.weights.pop(index)))

    def written(self) -> Notation:
        return multiplied(*self.scalars, *self._body())

    def _body(self) -> list[Notation]:
        vectors = [multiplied(*self.weights[i]) if self.weights.get(i) else None for i in self.out]
        shape = tuple(self.sizes[i] for i in self.out)
        if all(v is None for v in vectors) and not self.edges:
            return [nt.Fill(nt.Number(size_constant(1)), shape)] if shape else []
        if len(self.out) == 1:
            return [v for v in vectors if v is not None]
        if not self.edges:
            left, right = (nt.Ones(n) if v is None else v for v, n in zip(vectors, shape, strict=True))
            return [outer(left, right)]
        _, matrix = oriented(self.edges[0], self.out[0])
        rows, columns = ([] if v is None else [diagonal(v)] for v in vectors)
        return [product(*rows, matrix, *columns)]


def closed(vectors: list[Notation]) -> Notation:
    """The sum over one label of the product of vectors."""
    if len(vectors) == 1:
        (only,) = vectors
        return trace(only.of) if isinstance(only, nt.DiagonalOf) else total(only)
    if len(vectors) == 2:
        return inner(*vectors)
    for k, v in enumerate(vectors):
        if not isinstance(v, (nt.Iverson, nt.Ones)) and v in vectors[:k]:
            rest = [w for m, w in enumerate(vectors) if m not in (k, vectors.index(v))]
            if v in rest:
                break
            return inner(v, multiplied(*rest, v))
    joined = multiplied(*vectors)
    front, body = split_scalars(joined)
    if isinstance(body, nt.Entrywise):
        first, *others = body.factors
        return multiplied(*front, inner(first, multiplied(*others)))
    return total(joined)


def oriented(edge: Edge, first: int) -> tuple[int, Notation]:
    """The other end of the edge, and its matrix with rows at `first`."""
    i, j, a = edge
    return (j, a) if i == first else (i, turned(a))


def turned(a: Notation) -> Notation:
    """The transpose; what is multiplied entry by entry stands in the order of what is written then."""
    found = transposed(a)
    return multiplied(*found.factors) if isinstance(found, nt.Entrywise) else found
