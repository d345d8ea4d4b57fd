"""Terms seen as common factors times what is left of each: A_ij x_j and A_ji x_j as x_j times A_ij and A_ji."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from steepest.expr.build import delta
from steepest.expr.node import Expr, Labels, Number

from .term import Factor, Term, is_negative, labels_of, relabelled

MATRIX = 2  # axes: of a sum that stands as a factor, at most

Places = tuple[int | None, ...]


class View(NamedTuple):
    """A factor as the result sees it: each axis with its place there, or None if it is summed."""

    base: Expr
    places: Places
    inverse: bool


class Split(NamedTuple):
    """Terms with their common factors taken out. Labels below `rank` mean the same in all of them."""

    common: list[Factor]
    rests: list[Term]
    rank: int
    outer_rank: int  # labels below are axes of the result

    def axes(self) -> Labels | None:
        """The axes of the sum of what is left, or None if these are not arrays over the same axes.

        Numbers and scalars count for every entry, where one of the common factors has all the axes, or none has any.
        """
        found = {tuple(sorted(i for i in labels_of(t.factors) if i < self.rank)) for t in self.rests}
        axes = max(found, key=len)
        if len(axes) > MATRIX or not found <= {axes, ()}:
            return None
        spread = any(set(axes) <= set(f.labels) for f in self.common)
        constant = self.rank == self.outer_rank and not any(f.labels for f in self.common)
        return axes if len(found) == 1 or spread or constant else None


@lru_cache(maxsize=2048)
def views_of(t: Term, rank: int) -> dict[View, Factor]:
    """The first factor of each view; what is read along a diagonal is left alone."""
    found: dict[View, Factor] = {}
    for f in t.factors:
        if len(set(f.labels)) == len(f.labels):
            places = tuple(i if i < rank else None for i in f.labels)
            found.setdefault(View(f.base, places, is_negative(f.exponent)), f)
    return found


def loosened(terms: Sequence[Term], rank: int) -> dict[Term, Term]:
    """Terms that see a matrix at an axis, ``p_i W_ij``, as others see it at a summed label: ``p_i δ_ia W_aj``.

    So that ``diag(p) W − p pᵀ W`` is ``(diag(p) − p pᵀ) W``. Without a vector on that axis it would be an identity
    alone, ``W − p pᵀ W``, and stays.
    """
    summed = {v for t in terms for v in views_of(t, rank) if len(v.places) == MATRIX and v.places.count(None) == 1}
    found = {}
    for t in terms:
        vectors = {f.labels for f in t.factors}
        for f in t.factors:
            for axis in range(MATRIX):
                if (
                    len(f.labels) != MATRIX
                    or max(f.labels) >= rank
                    or f.exponent != 1
                    or (f.labels[axis],) not in vectors
                ):
                    continue
                places = tuple(None if k == axis else i for k, i in enumerate(f.labels))
                if View(f.base, places, False) in summed:
                    fresh = max(rank, *(i + 1 for i in labels_of(t.factors)))
                    label = f.labels[axis]
                    moved = f._replace(labels=tuple(fresh if k == axis else i for k, i in enumerate(f.labels)))
                    identity = Factor(delta(f.base.shape[axis]), (label, fresh), 1)
                    found[t] = Term(t.coefficient, (*(g for g in t.factors if g is not f), moved, identity))
    return found


def shared_views(terms: Sequence[Term], first: View, rank: int) -> list[View]:
    """All views that the terms share."""
    views = [views_of(t, rank) for t in terms]
    return [first, *(v for v in views[0] if v != first and all(v in others for others in views))]


def shared_exponent(factors: Sequence[Factor]) -> Number:
    """The power that all have."""
    return min((f.exponent for f in factors), key=abs)


def split(terms: Sequence[Term], views: Sequence[View], rank: int) -> Split | None:
    """The terms without the factors of these views; None if these hang together in different ways.

    Where two common factors meet at a summed label in some terms only, an identity stands between them:
    AᵀA + AᵀBA is AᵀIA + AᵀBA.
    """
    seen = [views_of(t, rank) for t in terms]
    rows = [[factors[v] for v in views] for factors in seen]
    exponents = [shared_exponent([row[k] for row in rows]) for k in range(len(views))]
    patterns = [_numbered([i for f in row for i in f.labels], rank) for row in rows]
    finest = max(patterns, key=lambda p: len(set(p)))
    if any(len(set(zip(finest, p, strict=True))) > len(set(finest)) for p in patterns):
        return None
    labels, common = iter(finest), []
    for view, exponent in zip(views, exponents, strict=True):
        common.append(Factor(view.base, tuple(next(labels) for _ in view.places), exponent))
    sizes = labels_of(common)
    inner_rank = rank + len({i for i in finest if i >= rank})
    rests = [
        _rest(t, dict(zip(row, exponents, strict=True)), finest, sizes, (rank, inner_rank))
        for t, row in zip(terms, rows, strict=True)
    ]
    return Split(common, rests, inner_rank, rank)


def _numbered(labels: Sequence[int], rank: int) -> list[int]:
    """Summed labels numbered on from `rank` as they come."""
    names: dict[int, int] = {}
    return [i if i < rank else names.setdefault(i, rank + len(names)) for i in labels]


def _rest(
    t: Term, taken: dict[Factor, Number], labels: Sequence[int], sizes: dict[int, int], ranks: tuple[int, int]
) -> Term:
    """The term with lower exponents of some factors, whose labels get the names that are given."""
    rank, inner_rank = ranks
    names: dict[int, int] = {}
    identities: dict[Factor, None] = {}
    for own, label in zip([i for f in taken for i in f.labels], labels, strict=True):
        if names.setdefault(own, label) != label:
            identities[Factor(delta(sizes[label]), (names[own], label), 1)] = None
    factors = [f._replace(exponent=f.exponent - taken.get(f, 0)) for f in t.factors]
    factors = [f for f in factors if f.exponent != 0]
    for label in labels_of(factors):
        names.setdefault(label, label if label < rank else inner_rank + label)
    return Term(t.coefficient, (*relabelled(factors, names), *identities))
