"""Common factors taken out of sums by habit: scalars, matrices and vectors at the ends, entrywise factors.

A factor is taken out of the terms that see it at the same place: ``A_ij x_j + A_ji x_j = (A + Aᵀ)_ij x_j``. It must
save writing, a matrix or vector at the end of a chain may cost its parentheses, and what is left of each term must be
an array over the same axes: ``diag(p) − p pᵀ`` stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from steepest.expr.build import add, zeros
from steepest.expr.dimension import Shape
from steepest.expr.node import Add, Apply, Delta, Expr, Labels, Number, Variable
from steepest.expr.number import ONE, is_number, times
from steepest.expr.traversal import toposort
from steepest.ops.operation import EVERYWHERE

from .collecting import collected
from .complement import with_inverses, with_one_share
from .content import content, divided, leading
from .length import Reader, is_mask
from .product import Products
from .term import Factor, Term, atom, built, labels_of, relabelled

WIDEST = 64  # terms that are looked at together
MATRIX = 2  # axes: of a sum that stands as a factor, at most

Places = tuple[int | None, ...]


class View(NamedTuple):
    """A factor as the result sees it: each axis with its place there, or None if it is summed."""

    base: Expr
    places: Places
    inverse: bool


class Groups:
    """Takes common factors out of sums."""

    def __init__(self, products: Products):
        self.products = products
        self.reader: Reader = products.reader

    def as_sum(self, terms: Sequence[Term], shape: Shape) -> Expr:
        """The sum as an expression, factored."""
        terms = self.grouped(with_inverses(terms, len(shape), self.products), shape)
        if len(terms) > 1:
            front = leading(terms)
            if front is not ONE:
                inner = self._added(divided(terms, front), shape)
                return built(Term(front, atom(inner).factors), shape)
        return self._added(terms, shape)

    def as_term(self, terms: Sequence[Term], shape: Shape) -> Term:
        """The sum as one product."""
        terms = self.grouped(terms, shape)
        if len(terms) == 1:
            return terms[0]
        front = content(terms) if terms else ONE
        inner = self._added(divided(terms, front), shape)
        return Term(times(front, inner), ()) if is_number(inner) else Term(front, atom(inner).factors)

    def grouped(self, terms: Sequence[Term], shape: Shape) -> list[Term]:
        """Common factors taken out; then one name for a share and its complement, if both are left."""
        terms = self.factored(list(terms), shape)
        renamed = with_one_share(terms, len(shape), self.products)
        return terms if renamed == terms else self.factored(renamed, shape)

    def factored(self, terms: list[Term], shape: Shape) -> list[Term]:
        """Fewer terms, as far as that reads better."""
        while 1 < len(terms) <= WIDEST:
            for view in self._views(terms, len(shape)):
                taken = self._taken_out(terms, view, shape)
                if taken is not None:
                    terms = taken
                    break
            else:
                return terms
        return terms

    def _added(self, terms: Sequence[Term], shape: Shape) -> Expr:
        parts = [self.products.built(t, shape) for t in terms]
        flat = [a for p in parts for a in (p.args if isinstance(p, Add) and len(parts) > 1 else (p,))]
        return add(*flat) if flat else zeros(shape)

    # --- what to take out -------------------------------------------------------------------------

    def _views(self, terms: list[Term], rank: int) -> list[View]:
        """The factors that two terms or more share, the one that saves most first."""
        if _is_polynomial(terms):
            return []
        sharing: dict[View, list[Factor]] = {}
        for t in terms:
            seen = {}
            for f in t.factors:
                seen.setdefault(_view(f, rank), f)
            for view, f in seen.items():
                sharing.setdefault(view, []).append(f)
        found = []
        in_one = _is_in_one(terms)
        for view, factors in sharing.items():
            saving = self._saving(view, factors)
            throughout = len(factors) == len(terms)
            apart = not throughout and ((rank > 0 and not view.places) or in_one)  # a scalar of some terms stays there
            if len(factors) > 1 and saving >= 0 and not apart:
                key = (throughout, saving, not view.places, -self.reader.mark(view.base))
                found.append((key, str(view.places), view))
        return [view for _, _, view in sorted(found, key=lambda item: item[:2], reverse=True)]

    def _saving(self, view: View, factors: list[Factor]) -> int:
        """How many characters less, about."""
        if isinstance(view.base, Delta):
            return 6 * (len(factors) - 1)
        length = self.reader.factor_length(Factor(view.base, (), _shared_exponent(factors)))
        habit = 2 if None in view.places or len(view.places) == MATRIX else 0
        return (len(factors) - 1) * (length + 1) - 2 + habit

    # --- taking it out ----------------------------------------------------------------------------

    def _taken_out(self, terms: list[Term], view: View, shape: Shape) -> list[Term] | None:
        """``f a + f b + c`` as ``f (a + b) + c``, f being all that the terms with this factor share, or it alone."""
        rank = len(shape)
        having = [t for t in terms if view in _instances(t, rank)]
        for views in (_shared_views(having, view, rank), [view]):
            taken = _split(having, views, rank)
            axes = None if taken is None else _common_axes(taken)
            if taken is not None and axes is not None and _keeps_masks(taken):
                others = [t for t in terms if not any(t is h for h in having)]
                return [*others, self._joined(taken, axes, shape)]
        return None

    def _joined(self, taken: Split, axes: Labels, shape: Shape) -> Term:
        """The common factors times the sum of what is left of each term, an array over `axes`."""
        sizes = dict(enumerate(shape)) | labels_of(taken.common)
        names = {i: k for k, i in enumerate(axes)}
        inner = [self._moved(t, names) for t in taken.rests]
        one = self.as_term(collected(inner), tuple(sizes[i] for i in axes))
        back = dict(enumerate(axes))
        for i in labels_of(one.factors):
            back.setdefault(i, taken.rank + i)
        return self.products.term(one.coefficient, [*taken.common, *relabelled(one.factors, back)], len(shape))

    def _moved(self, t: Term, names: dict[int, int]) -> Term:
        """The term over its own axes only."""
        count = len(names)
        free = {i: count + i for i in labels_of(t.factors) if i not in names}
        return self.products.term(t.coefficient, relabelled(t.factors, names | free), count)


class Split(NamedTuple):
    """Terms with their common factors taken out. Labels below `rank` mean the same in all of them."""

    common: list[Factor]
    rests: list[Term]
    rank: int


def _view(f: Factor, rank: int) -> View:
    return View(f.base, tuple(i if i < rank else None for i in f.labels), _is_negative(f.exponent))


def _is_negative(exponent: Number) -> bool:
    return not isinstance(exponent, complex) and exponent < 0


def _instances(t: Term, rank: int) -> dict[View, Factor]:
    """The first factor of each view; what is read along a diagonal is left alone."""
    found: dict[View, Factor] = {}
    for f in t.factors:
        if len(set(f.labels)) == len(f.labels):
            found.setdefault(_view(f, rank), f)
    return found


def _shared_views(terms: Sequence[Term], first: View, rank: int) -> list[View]:
    """All views that the terms share."""
    views = [_instances(t, rank) for t in terms]
    return [first, *(v for v in views[0] if v != first and all(v in others for others in views))]


def _split(terms: Sequence[Term], views: Sequence[View], rank: int) -> Split | None:
    """The terms without the factors of these views; None if these hang together in different ways."""
    rows = [[_instances(t, rank)[v] for v in views] for t in terms]
    exponents = [_shared_exponent([row[k] for row in rows]) for k in range(len(views))]
    patterns = [_numbered([i for f in row for i in f.labels], rank) for row in rows]
    if any(p != patterns[0] for p in patterns):
        return None
    inner_rank = rank + len({i for i in patterns[0] if i >= rank})
    labels, common = iter(patterns[0]), []
    for view, exponent in zip(views, exponents, strict=True):
        common.append(Factor(view.base, tuple(next(labels) for _ in view.places), exponent))
    rests = [
        _rest(t, dict(zip(row, exponents, strict=True)), patterns[0], inner_rank, rank)
        for t, row in zip(terms, rows, strict=True)
    ]
    return Split(common, rests, inner_rank)


def _numbered(labels: Sequence[int], rank: int) -> list[int]:
    """Summed labels numbered on from `rank` as they come."""
    names: dict[int, int] = {}
    return [i if i < rank else names.setdefault(i, rank + len(names)) for i in labels]


def _shared_exponent(factors: Sequence[Factor]) -> Number:
    """The power that all have."""
    return min((f.exponent for f in factors), key=abs)


def _rest(t: Term, taken: dict[Factor, Number], labels: Sequence[int], inner_rank: int, rank: int) -> Term:
    """The term with lower exponents of some factors, whose labels get the names that are given."""
    names = dict(zip([i for f in taken for i in f.labels], labels, strict=True))
    factors = [f._replace(exponent=f.exponent - taken.get(f, 0)) for f in t.factors]
    factors = [f for f in factors if f.exponent != 0]
    for label in labels_of(factors):
        names.setdefault(label, label if label < rank else inner_rank + label)
    return Term(t.coefficient, tuple(relabelled(factors, names)))


def _common_axes(taken: Split) -> Labels | None:
    """The axes of the sum of what is left, or None if these are not arrays over the same axes.

    Numbers and scalars count for every entry, where one of the common factors has all the axes.
    """
    found = {tuple(sorted(i for i in labels_of(t.factors) if i < taken.rank)) for t in taken.rests}
    axes = max(found, key=len)
    if len(axes) > MATRIX or not found <= {axes, ()}:
        return None
    spread = any(set(axes) <= set(f.labels) for f in taken.common)
    return axes if len(found) == 1 or spread else None


def _keeps_masks(taken: Split) -> bool:
    """Whether what a mask did not choose cannot become infinite: it would now be multiplied by 0, not left out."""
    hidden = any(is_mask(f.base) for t in taken.rests for f in t.factors)
    return not hidden or all(is_mask(f.base) or _is_finite(f.base) for f in taken.common)


def _is_polynomial(terms: Sequence[Term]) -> bool:
    """A polynomial in names, ``3x² − 4x``, is left multiplied out."""
    return all(isinstance(f.base, Variable) and f.base.ndim < MATRIX and _is_whole(f) for t in terms for f in t.factors)


def _is_in_one(terms: Sequence[Term]) -> bool:
    """A polynomial in one function, ``1 − 2t − t²`` with t = tanh(s)."""
    return len({(f.base, f.labels) for t in terms for f in t.factors}) == 1 and all(
        _is_whole(f) for t in terms for f in t.factors
    )


def _is_whole(f: Factor) -> bool:
    return type(f.exponent) is int and f.exponent > 0


def _is_finite(e: Expr) -> bool:
    """Whether it is finite wherever its variables are: what a mask does not choose may then be multiplied."""
    return all(n.op.domain == EVERYWHERE for n in toposort([e]) if isinstance(n, Apply))
