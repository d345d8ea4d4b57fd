"""Terms of a symmetric matrix: those that are symmetric, and pairs of a term and its transpose.

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
    if len(shape) == 2 and shape[0] == shape[1]:
        transposes = {t: _transposed(t, products) for t in terms}
        if set(transposes.values()) == set(terms):
            return {t: Kind.SYMMETRIC if t == turned else Kind.PAIRED for t, turned in transposes.items()}
    return dict.fromkeys(terms, Kind.ANY)


def _transposed(t: Term, products: Products) -> Term:
    names = {i: 1 - i if i < 2 else i for i in labels_of(t.factors)}
    return products.term(t.coefficient, relabelled(t.factors, names), 2)
