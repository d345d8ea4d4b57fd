"""The mirror rule: when a contraction is a positive semidefinite matrix, a symmetric one, or a number ≥ 0.

Let σ swap the row labels of a contraction with its column labels. If σ extends to all labels so that the
factors are

- pairs ``B(L)``, ``B(σL)`` of one array, one reading rows and the other columns,
- kernels ``M(a, σa)``,
- weights, all of whose labels σ leaves alone,

then for each value of the labels left alone the contraction is ``wᵀ(bbᵀ ⊙ M₁ ⊙ M₂ …)w``-like: a Schur product of
rank-one matrices and kernels, summed over rows and columns that do not show. By Schur's product theorem (Horn &
Johnson, Matrix Analysis, 7.5.3) it is positive semidefinite if the kernels are and the weights are ≥ 0.
``BᵀB``, ``BᵀMB``, ``diag(v)``, ``xxᵀ``, ``A ⊗ B``, ``tr(AᵀMA)`` are cases of it. With symmetric kernels and any
weights it is symmetric.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from steepest.expr.build import Operand
from steepest.expr.node import Delta, Expr
from steepest.ops.definite import Definite

from .known import Known

MOST_FACTORS = 14
MOST_STEPS = 2000  # of the search for σ

ROW, FIXED = 1, 0  # sides; that of a column is −ROW


@dataclass(frozen=True)
class Mirror:
    """How the factors of a contraction mirror each other."""

    rows: tuple[int, ...]
    pairs: tuple[tuple[Operand, Operand], ...]  # the row's, the column's
    kernels: tuple[Operand, ...]
    weights: tuple[Operand, ...]
    spread: frozenset[int]  # row labels that a delta joins to their column labels
    sides: Mapping[int, int]
    images: Mapping[int, int]


@dataclass(frozen=True)
class Accept:
    """Which arrays will do; as a kernel an array of 2k axes pairs its first k with its last k."""

    kernel: Callable[[Expr], bool]
    weight: Callable[[Expr], bool]
    symmetric: Callable[[Expr], bool]


def semidefinite_parts(known: Known) -> Accept:
    return Accept(
        kernel=lambda a: known.definite(a) >= Definite.PSD,
        weight=lambda a: known.range(a).nonnegative,
        symmetric=known.symmetric,
    )


def symmetric_parts(known: Known) -> Accept:
    return Accept(kernel=known.symmetric, weight=lambda _: True, symmetric=known.symmetric)


@dataclass
class _State:
    image: dict[int, int]
    side: dict[int, int]

    def joined(self, label: int, image: int, side: int) -> _State | None:
        """With σ(label) = image; None if that contradicts what is set."""
        if self.image.get(label, image) != image or self.image.get(image, label) != label:
            return None
        side = FIXED if label == image else side
        if self.side.get(label, side) != side or self.side.get(image, -side) != -side:
            return None
        return _State({**self.image, label: image, image: label}, {**self.side, label: side, image: -side})


def mirrored(
    operands: Sequence[Operand],
    rows: Sequence[int],
    columns: Sequence[int],
    accept: Accept,
    fixed: Sequence[int] = (),
) -> Mirror | None:
    """The mirror of a contraction between its rows and columns (the k-th with the k-th), None if none is found.

    Labels in `fixed` are of a batch: for each of their values there is a matrix.
    """
    if len(operands) > MOST_FACTORS or len(set(rows) | set(columns)) < len(rows) + len(columns):
        return None
    state: _State | None = _State({}, {})
    for r, c in zip(rows, columns, strict=True):
        state = state.joined(r, c, ROW) if state else None
    for i in fixed:
        state = state.joined(i, i, FIXED) if state else None
    if state is None:
        return None
    operands, spread = _without_diagonal_deltas(operands, state)
    search = _Search(accept)
    found = next(search.extend(tuple(operands), state, (), (), ()), None)
    return None if found is None else Mirror(tuple(rows), *found[:3], frozenset(spread), found[3].side, found[3].image)


def _without_diagonal_deltas(operands: Sequence[Operand], state: _State) -> tuple[list[Operand], set[int]]:
    """δ between a row and its column: the other factors read there a label that σ leaves alone."""
    spread: dict[int, int] = {}
    for labels, a in operands:
        if isinstance(a, Delta) and state.image.get(labels[0]) == labels[1]:
            row, column = labels if state.side[labels[0]] == ROW else labels[::-1]
            spread[column] = row
    rest = [
        (tuple(spread.get(i, i) for i in labels), a)
        for labels, a in operands
        if not (isinstance(a, Delta) and state.image.get(labels[0]) == labels[1])
    ]
    for column, row in spread.items():
        del state.image[column], state.side[column]
        state.image[row], state.side[row] = row, FIXED
    return rest, set(spread.values())


Found = tuple[tuple[tuple[Operand, Operand], ...], tuple[Operand, ...], tuple[Operand, ...], _State]


class _Search:
    """All ways to match the factors, one factor after the other, those with known labels first."""

    def __init__(self, accept: Accept):
        self.accept, self.steps = accept, 0

    def extend(
        self, left: tuple[Operand, ...], state: _State, pairs: tuple[tuple[Operand, Operand], ...],
        kernels: tuple[Operand, ...], weights: tuple[Operand, ...],
    ) -> Iterator[Found]:  # fmt: skip
        self.steps += 1
        if self.steps > MOST_STEPS:
            return
        if not left:
            yield pairs, kernels, weights, state
            return
        chosen = max(left, key=lambda o: (sum(bool(state.side.get(i)) for i in o[0]), -left.index(o)))
        rest = list(left)
        rest.remove(chosen)
        for k, other in enumerate(rest):
            if other[1] is chosen[1]:
                for joined, pair in self._as_pair(chosen, other, state):
                    others = (*rest[:k], *rest[k + 1 :])
                    yield from self.extend(others, joined, (*pairs, pair), kernels, weights)
        joined_kernel = self._as_kernel(chosen, state)
        if joined_kernel is not None:
            yield from self.extend(tuple(rest), joined_kernel, pairs, (*kernels, chosen), weights)
        fixed = self._as_weight(chosen, state)
        if fixed is not None:
            yield from self.extend(tuple(rest), fixed, pairs, kernels, (*weights, chosen))

    def _as_pair(self, a: Operand, b: Operand, state: _State) -> Iterator[tuple[_State, tuple[Operand, Operand]]]:
        """One array twice, the one factor among the rows, the other among the columns."""
        sides = {state.side.get(i, FIXED) for i in a[0]} - {FIXED}
        if len(sides) > 1:
            return
        side = sides.pop() if sides else ROW
        turned = [b[0], b[0][::-1]] if len(b[0]) == 2 and self.accept.symmetric(b[1]) else [b[0]]
        for images in turned:
            joined: _State | None = state
            for i, j in zip(a[0], images, strict=True):
                joined = joined.joined(i, j, side) if joined else None
            if joined is not None:
                yield joined, ((a, b) if side == ROW else (b, a))

    def _as_kernel(self, a: Operand, state: _State) -> _State | None:
        labels = a[0]
        half = len(labels) // 2
        if not labels or len(labels) % 2:
            return None
        sides = {state.side.get(i, FIXED) for i in labels[:half]} - {FIXED}
        sides |= {-state.side.get(i, FIXED) for i in labels[half:]} - {FIXED}
        if len(sides) > 1:
            return None
        joined: _State | None = state
        for i, j in zip(labels[:half], labels[half:], strict=True):
            joined = joined.joined(i, j, next(iter(sides), ROW)) if joined else None
        return joined if joined is not None and self.accept.kernel(a[1]) else None

    def _as_weight(self, a: Operand, state: _State) -> _State | None:
        joined: _State | None = state
        for i in a[0]:
            joined = joined.joined(i, i, FIXED) if joined else None
        return joined if joined is not None and self.accept.weight(a[1]) else None
