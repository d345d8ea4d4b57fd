"""Common factors taken out of sums by habit: scalars, matrices and vectors at the ends, entrywise factors.

A factor is taken out of the terms that see it at the same place: ``A_ij x_j + A_ji x_j = (A + Aᵀ)_ij x_j``. It must
save writing, a matrix or vector at the end of a chain may cost its parentheses, and what is left of each term must be
an array over the same axes: ``diag(p) − p pᵀ`` stays.
"""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.build import add, zeros
from steepest.expr.dimension import Shape
from steepest.expr.node import Add, Delta, Expr, Labels, Variable
from steepest.expr.number import ONE, is_number, times

from .collecting import collected, with_branches, with_circles
from .complement import with_inverses, with_one_share
from .content import cleared, content, divided, leading, of_one_fraction
from .length import is_mask
from .mirrors import Kind, is_own_image, joined_kind, kinds, looks_symmetric
from .product import Products
from .quotients import Opener, over_one
from .splitting import MATRIX, Split, View, loosened, shared_exponent, shared_views, split, views_of
from .term import Factor, Term, atom, built, is_finite, is_whole, labels_of, relabelled

WIDEST = 64  # terms that are looked at together
DIAGONAL = 6  # characters of diag( )
LESS = 0.8  # how much shorter a symmetric sum must get for its symmetry not to show

Group = tuple[View, list[Term]]


class Groups:
    """Takes common factors out of sums. `opened` gives the terms of one sum, those inside of it left alone."""

    def __init__(self, products: Products, opened: Opener):
        self.products, self.opened, self.reader = products, opened, products.reader
        self.condensed: dict[tuple[tuple[Term, ...], Shape], Term] = {}

    def as_sum(self, terms: Sequence[Term], shape: Shape) -> Expr:
        """The sum as an expression, factored."""
        terms = self.reader.in_order(with_inverses(terms, len(shape), self.products))
        terms = self.grouped(terms, shape)
        front = leading(terms) if len(terms) > 1 else ONE
        if front is ONE:
            return self._added(terms, shape)
        return built(Term(front, atom(self._added(divided(terms, front), shape)).factors), shape)

    def as_term(self, terms: Sequence[Term], shape: Shape) -> Term:
        """The sum as one product."""
        terms = self.reader.in_order(terms)
        key = (tuple(terms), shape)
        if key not in self.condensed:
            self.condensed[key] = self._as_term(terms, shape)
        return self.condensed[key]

    def _as_term(self, terms: Sequence[Term], shape: Shape) -> Term:
        terms = self.grouped(terms, shape)
        if len(terms) == 1:
            return terms[0]
        front = content(terms) if terms else ONE
        inner = self._added(divided(terms, front), shape)
        return Term(times(front, inner), ()) if is_number(inner) else Term(front, atom(inner).factors)

    def grouped(self, terms: Sequence[Term], shape: Shape) -> list[Term]:
        """Common factors taken out; then one name for a share and its complement, if both are left."""
        quotient = over_one(terms, len(shape), self.products, self.opened)
        if quotient is not None:
            numerators, below = quotient
            front = cleared(numerators)
            one = self.as_term(divided(numerators, front), shape)
            return [self.products.term(times(front, one.coefficient), (*one.factors, below), len(shape))]
        found = self.factored(list(terms), shape)
        renamed = with_one_share(found, len(shape), self.products)
        return found if renamed == found else self.factored(renamed, shape)

    def factored(self, terms: list[Term], shape: Shape) -> list[Term]:
        """Fewer terms, as far as that reads better."""
        loose = loosened(terms, len(shape))
        if loose:
            found = self.factored([loose.get(t, t) for t in terms], shape)
            return [self.products.term(*t, len(shape)) for t in found]
        kind = kinds(terms, shape, self.products)
        found = self._factored(terms, shape, kind)
        if any(k is not Kind.ANY for k in kind.values()):
            freely = self._factored(terms, shape, dict.fromkeys(terms, Kind.ANY))
            if self.reader.sum_length(freely) < LESS * self.reader.sum_length(found):
                return freely
        return found

    def _factored(self, terms: list[Term], shape: Shape, kind: dict[Term, Kind]) -> list[Term]:
        refused: set[tuple[View, tuple[Term, ...]]] = set()
        while 1 < len(terms) <= WIDEST:
            for view, having in self._groups(terms, kind, len(shape)):
                if (view, tuple(having)) in refused:
                    continue
                joined = self._taken_out(having, view, shape)
                if joined is None:
                    refused.add((view, tuple(having)))
                else:
                    kind[joined] = joined_kind([kind[t] for t in having])
                    terms = [*(t for t in terms if t not in having), joined]
                    break
            else:
                return terms
        return terms

    def _added(self, terms: Sequence[Term], shape: Shape) -> Expr:
        parts = []
        for front, group in of_one_fraction(terms):
            inner = [self.products.built(t, shape) for t in group]
            flat = [a for p in inner for a in (p.args if isinstance(p, Add) and len(terms) > 1 else (p,))]
            parts.append(flat if front is ONE else [built(Term(front, atom(add(*flat)).factors), shape)])
        return add(*(p for part in parts for p in part)) if terms else zeros(shape)

    # --- what to take out -------------------------------------------------------------------------

    def _groups(self, terms: list[Term], kind: dict[Term, Kind], rank: int) -> list[Group]:
        """The factors that two terms or more share, with these terms; what saves most first."""
        if _is_polynomial(terms):
            return []
        sharing: dict[View, list[tuple[Term, Factor]]] = {}
        for t in terms:
            for view, f in views_of(t, rank).items():
                sharing.setdefault(view, []).append((t, f))
        in_one = _is_in_one(terms)
        found = []
        for view, pairs in sharing.items():
            throughout = len(pairs) == len(terms)
            if isinstance(view.base, Delta) and None in view.places:
                continue
            if not throughout and ((rank > 0 and not view.places) or in_one):
                continue  # a scalar of some terms stays there
            own = is_own_image(view, rank)
            for group in [pairs] if throughout or own else _by_kind(pairs, kind):
                symmetric = kind[group[0][0]] is Kind.SYMMETRIC
                if symmetric and not own and not looks_symmetric(view, [t for t, _ in group], rank):
                    continue
                saving = self._saving(view, [f for _, f in group])
                if len(group) > 1 and saving >= 0:
                    name = str((view.places, kind[group[0][0]].name))
                    key = (throughout, saving, not view.places, -self.reader.mark(view.base), name)
                    found.append((key, (view, [t for t, _ in group])))
        return [group for _, group in sorted(found, key=lambda item: item[0], reverse=True)]

    def _saving(self, view: View, factors: list[Factor]) -> int:
        """How many characters less, about."""
        if isinstance(view.base, Delta):
            return DIAGONAL * (len(factors) - 1)
        length = self.reader.factor_length(Factor(view.base, (), shared_exponent(factors)))
        habit = 2 if None in view.places or len(view.places) == MATRIX else 0
        return (len(factors) - 1) * (length + 1) - 2 + habit

    # --- taking it out ----------------------------------------------------------------------------

    def _taken_out(self, having: list[Term], view: View, shape: Shape) -> Term | None:
        """``f a + f b`` as ``f (a + b)``, f being all that the terms share, or the one factor."""
        rank = len(shape)
        shared = shared_views(having, view, rank)
        matrices = [v for v in shared if v is view or len(v.places) == MATRIX]
        for views in (shared, matrices, [view]):
            taken = split(having, views, rank)
            axes = None if taken is None else taken.axes()
            if taken is not None and axes is not None and _keeps_masks(taken):
                return self._joined(taken, axes, shape)
        return None

    def _joined(self, taken: Split, axes: Labels, shape: Shape) -> Term:
        """The common factors times the sum of what is left of each term, an array over `axes`."""
        sizes = dict(enumerate(shape)) | labels_of(taken.common)
        names = {i: k for k, i in enumerate(axes)}
        inner = [self._moved(t, names) for t in taken.rests]
        one = self.as_term(with_circles(with_branches(collected(inner))), tuple(sizes[i] for i in axes))
        back = dict(enumerate(axes))
        for i in labels_of(one.factors):
            back.setdefault(i, taken.rank + i)
        return self.products.term(one.coefficient, [*taken.common, *relabelled(one.factors, back)], len(shape))

    def _moved(self, t: Term, names: dict[int, int]) -> Term:
        """The term over its own axes only."""
        count = len(names)
        free = {i: count + i for i in labels_of(t.factors) if i not in names}
        return self.products.term(t.coefficient, relabelled(t.factors, names | free), count)


def _by_kind(pairs: list[tuple[Term, Factor]], kind: dict[Term, Kind]) -> list[list[tuple[Term, Factor]]]:
    """Symmetric terms by themselves, halves of pairs by themselves."""
    return [group for k in Kind if len(group := [p for p in pairs if kind[p[0]] is k]) > 1]


def _keeps_masks(taken: Split) -> bool:
    """Whether what a mask did not choose cannot become infinite: it would now be multiplied by 0, not left out."""
    hidden = any(is_mask(f.base) for t in taken.rests for f in t.factors)
    return not hidden or all(is_mask(f.base) or is_finite(f.base) for f in taken.common)


def _is_polynomial(terms: Sequence[Term]) -> bool:
    """A polynomial in names, ``3x² − 4x``, is left multiplied out."""
    return all(isinstance(f.base, Variable) and f.base.ndim < MATRIX and is_whole(f) for t in terms for f in t.factors)


def _is_in_one(terms: Sequence[Term]) -> bool:
    """A polynomial in one function, ``1 − 2t − t²`` with t = tanh(s)."""
    factors = [f for t in terms for f in t.factors]
    return len({(f.base, f.labels) for f in factors}) == 1 and all(map(is_whole, factors))
