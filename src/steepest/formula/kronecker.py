"""Arrays with three or four axes as matrices: Kronecker products.

A derivative ∂Y_ij/∂X_kl is written as the matrix ∂vec(Y)/∂vec(X)ᵀ, where vec stacks columns. The terms of a
derivative split into parts, which tell its form (Magnus & Neudecker, Matrix Differential Calculus, ch. 2–3 and 9):

    P_ik Q_jl  → Q ⊗ P              a_i B_ij C_kl → vec(A) vec(C)ᵀ with A = diag(a) B
    P_il Q_jk  → (Q ⊗ P) K          K vec(X) = vec(Xᵀ), the commutation matrix
    E_ij P_ik Q_jl F_kl → diag(vec(E)) (Q ⊗ P) diag(vec(F))
    Σ_pq X_pi T_pjql Y_qk → (I ⊗ Xᵀ) T (I ⊗ Y)

A vector has one axis instead of two: ``w_l P_ik`` is wᵀ ⊗ P. What does not split is None: it stays in indices.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from steepest.expr.node import Labels

from . import notation as nt
from .collect import added, with_common_number
from .compose import diagonal, entries, kronecker, outer, product
from .factors import multiplied, split_scalars
from .matrix_form import Edge, Network, oriented
from .notation import Notation
from .rank import rank
from .transposition import transpose


def kronecker_form(terms: Sequence[Network], rows: int, commutation: Notation) -> Notation | None:
    """The sum of the terms as one matrix whose rows are the first `rows` axes."""
    pieces = []
    for t in terms:
        piece = _Term.of(t, rows, commutation).piece()
        if piece is None:
            return None
        pieces.append(piece)
    pieces = _merged(pieces, lambda p: p.right, lambda p: p.left, lambda p, left: replace(p, left=left))
    pieces = _merged(pieces, lambda p: p.left, lambda p: p.right, lambda p, right: replace(p, right=right))
    common, rests = _common_scalars(pieces)
    first, last = _shared([p.before for p in pieces]), _shared([p.after[::-1] for p in pieces])
    inner = [replace(p, before=p.before[first:], after=p.after[: len(p.after) - last]) for p in pieces]
    total = added(*(multiplied(*rest, p.written()) for rest, p in zip(rests, inner, strict=True)))
    one = pieces[0]
    return multiplied(*common, product(*one.before[:first], total, *one.after[len(one.after) - last :]))


def _shared(chains: Sequence[tuple[Notation, ...]]) -> int:
    """How many factors several chains begin with in common; none of a chain alone, which needs no brackets."""
    same = (len(set(factors)) == 1 for factors in zip(*chains, strict=False))
    return len(list(itertools.takewhile(bool, same))) if len(chains) > 1 else 0


class _Kind(enum.Enum):
    """What the two sides of a term are to each other."""

    KRONECKER = "left ⊗ right, where a vector is a column"
    KRONECKER_ROW = "left ⊗ right, where a vector is a row"
    OUTER = "vec(left) vec(right)ᵀ"


@dataclass(frozen=True)
class _Piece:
    """``scalars · before · (left, right) · after``."""

    kind: _Kind
    scalars: tuple[Notation, ...]
    left: Notation
    right: Notation
    before: tuple[Notation, ...] = ()
    after: tuple[Notation, ...] = ()

    def written(self) -> Notation:
        """The matrix without the scalars."""
        match self.kind:
            case _Kind.OUTER:
                sides = [vec(n) if rank(n) == 2 else n for n in (self.left, self.right)]
                return product(*self.before, outer(*sides), *self.after)
            case _Kind.KRONECKER_ROW:
                sides = [nt.Transpose(n) if rank(n) == 1 else n for n in (self.left, self.right)]
                return product(*self.before, kronecker(*sides), *self.after)
        return product(*self.before, kronecker(self.left, self.right), *self.after)


Side = Callable[[_Piece], Notation]


def _merged(
    pieces: Sequence[_Piece], shared: Side, other: Side, joined: Callable[[_Piece, Notation], _Piece]
) -> list[_Piece]:
    """Pieces that differ in one side of the product only become one: ``B ⊗ A + C ⊗ A = (B + C) ⊗ A``."""
    groups: dict[object, list[_Piece]] = {}
    for p in pieces:
        groups.setdefault((p.kind, p.before, shared(p), p.after), []).append(p)
    found = []
    for group in groups.values():
        first = group[0]
        if len(group) > 1:
            common, rests = _common_scalars(group)
            total = with_common_number([multiplied(*r, other(p)) for r, p in zip(rests, group, strict=True)])
            scalars, rest = split_scalars(total)
            first = replace(joined(first, rest), scalars=(*common, *scalars))
        found.append(first)
    return found


def _common_scalars(pieces: Sequence[_Piece]) -> tuple[list[Notation], list[list[Notation]]]:
    """The scalars that all pieces have, and those that each has besides."""
    first, *others = pieces
    common = [s for s in dict.fromkeys(first.scalars) if others and all(s in p.scalars for p in others)]
    rests = []
    for p in pieces:
        rest = list(p.scalars)
        for s in common:
            rest.remove(s)
        rests.append(rest)
    return common, rests


@dataclass
class _Term:
    """One term on its way to a matrix."""

    rows: Labels
    columns: Labels
    edges: list[Edge]
    weights: Mapping[int, list[Notation]]
    sizes: Mapping[int, int]
    scalars: list[Notation]
    commutation: Notation | None  # None where it would have another shape

    @classmethod
    def of(cls, n: Network, rows: int, commutation: Notation) -> _Term:
        return cls(n.out[:rows], n.out[rows:], list(n.edges), n.weights, n.sizes, list(n.scalars), commutation)

    def piece(self) -> _Piece | None:
        if (len(self.rows), len(self.columns)) not in ((1, 2), (2, 1), (2, 2)) or self.three_are_one():
            return None
        return self.split() or next((p for p in map(self.split_inside, *self.ends()) if p is not None), None)

    def three_are_one(self) -> bool:
        """Whether identity matrices tie three axes together, as in δ_ij δ_ik: then no side is free of the other."""
        tied = [{i, j} for i, j, a in self.edges if isinstance(a, nt.Identity) and i != j]
        return any(one != other and one & other for one, other in itertools.combinations(tied, 2))

    # --- a term that splits behind a matrix -------------------------------------------------------

    def ends(self) -> tuple[list[int | None], list[int | None]]:
        """Pairs of a row and a column that may be taken off, or one of them."""
        pairs = [(r, c) for r in (*self.rows, None) for c in (*self.columns, None)]
        return [r for r, _ in pairs], [c for _, c in pairs]

    def split_inside(self, row: int | None, column: int | None) -> _Piece | None:
        """``Σ_p X_pi T_pjkl`` is (I ⊗ Xᵀ) T, and likewise for the columns; then T may split."""
        inner = replace(self, edges=list(self.edges), scalars=list(self.scalars))
        before, after = (() if end is None else inner.without(end) for end in (row, column))
        if before is None or after is None or not (before or after):
            return None
        found = inner.split()
        if found is None:
            return None
        return replace(found, before=(*map(transpose, before), *found.before), after=(*found.after, *after))

    def without(self, label: int) -> tuple[Notation, ...] | None:
        """Take off the one matrix that a free label hangs on; its other end becomes free instead."""
        at = [k for k, (i, j, _) in enumerate(self.edges) if label in (i, j)]
        group = self.rows if label in self.rows else self.columns
        if len(at) != 1 or self.weights.get(label):
            return None
        end, matrix = oriented(self.edges[at[0]], label)
        if isinstance(matrix, nt.Identity) or end in group:
            return None
        self.edges.pop(at[0])
        new = end
        if end in (*self.rows, *self.columns):
            new = 1 + max(self.sizes)
            self.sizes = {**self.sizes, new: self.sizes[end]}
            self.edges.append((new, end, nt.Identity(self.sizes[end])))
        other = [nt.Identity(self.sizes[x]) for x in group if x != label]
        sides = [transpose(matrix) if x == label else nt.Identity(self.sizes[x]) for x in reversed(group)]
        group = tuple(new if x == label else x for x in group)
        if label in self.rows:
            self.rows = group
        else:
            self.columns, self.commutation = group, None
        return (sides[0] if not other else kronecker(*sides),)

    # --- a term that splits -----------------------------------------------------------------------

    def split(self) -> _Piece | None:
        free = (*self.rows, *self.columns)
        if any(i not in free or j not in free for i, j, _ in self.edges):
            return None
        self.move_along_identities()
        across = {
            (i, j) if i in self.rows else (j, i) for i, j, _ in self.edges if (i in self.rows) != (j in self.rows)
        }
        if not across and not self.edges and len(free) == 4:  # a bᵀ ⊗ c dᵀ rather than vec(c aᵀ) vec(d bᵀ)ᵀ
            return self.product(self.pairings()[0])
        if not across:
            column, row = (self.within(group) for group in (self.rows, self.columns))
            return _Piece(_Kind.OUTER, tuple(self.scalars), column, row)
        pairing = next((p for p in self.pairings() if across <= set(p)), None)
        return None if pairing is None else self.product(pairing)

    def is_across(self, edge: tuple[int, int, Notation]) -> bool:
        return (edge[0] in self.rows) != (edge[1] in self.rows)

    def move_along_identities(self) -> None:
        """Where δ_ik is a factor, i and k are one: a matrix A_il is the A_kl within the columns."""
        for a, b, matrix in list(self.edges):
            if not isinstance(matrix, nt.Identity) or (a in self.rows) == (b in self.rows):
                continue
            row, column = (a, b) if a in self.rows else (b, a)
            for k, (i, j, m) in enumerate(self.edges):
                if {i, j} == {row, column}:
                    continue
                if row in (i, j) and self.is_across((i, j, m)):
                    self.edges[k] = (column if i == row else i, column if j == row else j, m)
                elif column in (i, j) and self.is_across((i, j, m)):
                    self.edges[k] = (row if i == column else i, row if j == column else j, m)

    def pairings(self) -> list[tuple[tuple[int, int], ...]]:
        """Which row goes with which column: in order, or crossed."""
        r, c = self.rows, self.columns
        if len(r) == len(c):
            return [((r[0], c[0]), (r[1], c[1])), ((r[0], c[1]), (r[1], c[0]))]
        return [((i, k),) for i in r for k in c]

    def product(self, pairing: tuple[tuple[int, int], ...]) -> _Piece | None:
        before, after = (self.weights_within(group) for group in (self.rows, self.columns))
        if len(pairing) == 2:
            (left, right), crossed = [self.matrix(*pair) for pair in pairing[::-1]], pairing[0][1] != self.columns[0]
            if crossed and self.commutation is None:
                return None
            last = (self.commutation,) if crossed and self.commutation is not None else ()
            return _Piece(_Kind.KRONECKER, tuple(self.scalars), left, right, before, (*last, *after))
        ((i, k),) = pairing
        group = self.rows if len(self.rows) == 2 else self.columns
        (alone,) = (x for x in group if x not in (i, k))
        right, left = (self.vector(alone) if x == alone else self.matrix(i, k) for x in group)
        kind = _Kind.KRONECKER if group is self.rows else _Kind.KRONECKER_ROW
        return _Piece(kind, tuple(self.scalars), left, right, before, after)

    # --- parts ------------------------------------------------------------------------------------

    def vector(self, label: int) -> Notation:
        weights = self.weights.get(label)
        return self.bare(multiplied(*weights)) if weights else nt.Ones(self.sizes[label])

    def bare(self, n: Notation) -> Notation:
        front, body = split_scalars(n)
        self.scalars += front
        return body

    def matrix(self, i: int, j: int) -> Notation:
        """All that hangs on two labels, as a matrix."""
        edge = self.edge(i, j)
        if edge is None:
            return self.bare(outer(self.vector(i), self.vector(j)))
        weights = [[diagonal(self.vector(x))] if self.weights.get(x) else [] for x in (i, j)]
        return self.bare(product(*weights[0], edge, *weights[1]))

    def edge(self, i: int, j: int) -> Notation | None:
        """The product, entry by entry, of the matrices between two labels."""
        between = [oriented(e, i)[1] for e in self.edges if {e[0], e[1]} == {i, j}]
        return multiplied(*between) if between else None

    def within(self, group: Sequence[int]) -> Notation:
        """What hangs on a group of axes, as a vector or matrix."""
        return self.vector(group[0]) if len(group) == 1 else self.matrix(*group)

    def weights_within(self, group: Sequence[int]) -> tuple[Notation, ...]:
        """A matrix within the rows, or within the columns, is a weight on each."""
        edge = self.edge(*group) if len(group) == 2 else None
        return () if edge is None else (diagonal(vec(self.bare(edge))),)


def vec(a: Notation) -> Notation:
    """The columns of a matrix one below the other."""
    match a:
        case nt.Outer(nt.Ones(m), nt.Ones(n)):
            return nt.Ones(entries(m, n))
    return nt.Vec(a)
