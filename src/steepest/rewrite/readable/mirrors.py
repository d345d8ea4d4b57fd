"""Terms of a symmetric matrix or Hessian: those that are symmetric, and pairs of a term and its transpose.

Of ``y xᵀ + x yᵀ + x xᵀ`` no vector is taken out of one half of the pair together with the symmetric term.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from steepest.expr.dimension import Shape

from .product import Products
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
