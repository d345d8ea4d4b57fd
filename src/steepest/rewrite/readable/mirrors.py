"""Terms of a symmetric matrix or Hessian: those that are symmetric, and pairs of a term and its transpose.

Of ``y xᵀ + x yᵀ + x xᵀ`` no vector is taken out of one half of the pair together with the symmetric term.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from steepest.expr.dimension import Shape
from steepest.expr.node import Delta

from .product import Products
from .splitting import View, views_of
from .term import Term, labels_of, relabelled


class Kind(enum.Enum):
    ANY = "no symmetric matrix, or not seen to be one"
    SYMMETRIC = "its own transpose"
    PAIRED = "the transpose is another term"


def kinds(terms: Sequence[Term], shape: Shape, products: Products) -> dict[Term, Kind]:
    """What each term is to the sum."""
    half = len(shape) // 2
    if half and shape[:half] == shape[half:]:
        transposes = {t: _transposed(t, half, products) for t in terms}
        if set(transposes.values()) == set(terms):
            return {t: Kind.SYMMETRIC if t == turned else Kind.PAIRED for t, turned in transposes.items()}
    return dict.fromkeys(terms, Kind.ANY)


def _transposed(t: Term, half: int, products: Products) -> Term:
    """With the first half of its axes and the second exchanged."""
    rank = 2 * half
    names = {i: (i + half) % rank if i < rank else i for i in labels_of(t.factors)}
    return products.term(t.coefficient, relabelled(t.factors, names), rank)


def joined_kind(kinds: Sequence[Kind]) -> Kind:
    """Of terms that become one: halves of pairs stay halves, whole pairs are symmetric."""
    return kinds[0] if len(set(kinds)) == 1 else Kind.SYMMETRIC


def image_of(view: View, rank: int) -> View:
    """The same factor of the transposed term."""
    half = rank // 2
    return view._replace(places=tuple(None if p is None else (p + half) % rank for p in view.places))


def is_own_image(view: View, rank: int) -> bool:
    """Whether with a term that has the factor its transpose has it too: a scalar, δ_ij between both halves."""
    image = image_of(view, rank)
    return image == view or (isinstance(view.base, Delta) and image.places == view.places[::-1])


def looks_symmetric(view: View, terms: Sequence[Term], rank: int) -> bool:
    """Whether symmetric terms without a factor are symmetric still: it is on the diagonal, or its mirror image is
    taken out as well."""
    image = image_of(view, rank)
    return all(any(isinstance(f.base, Delta) for f in t.factors) for t in terms) or all(
        image in views_of(t, rank) for t in terms
    )
