"""Arrays with more than two axes: multiplied out into terms, each a network of vectors and matrices.

Derivatives by matrices are such arrays. Where every term splits into matrices they are written as Kronecker
products (`kronecker`), else entry by entry.
"""

from __future__ import annotations

from collections.abc import Mapping

from steepest.expr.node import Expr
from steepest.expr.number import ONE

from . import notation as nt
from .collect import added
from .factors import multiplied
from .index_form import array, entry_of, fresh_letters, sum_over
from .matrix_form import Network
from .notation import Notation
from .opening import opened
from .text import UNICODE
from .translate import factor, translate


def networks(e: Expr, names: Mapping[Expr, Notation]) -> list[Network] | None:
    """The terms of an array, reduced, with free labels 0, 1, …; None if they are too many or not of matrices."""
    found = opened(e, names)
    if found is None:
        return None
    written = {a: factor(translate(a, names), a) for term in found.terms for _, a in term}
    result = []
    for term in found.terms:
        factors = [(labels, written[a]) for labels, a in term]
        factors.sort(key=lambda f: (UNICODE.write(f[1]), f[0]))
        network = Network(factors, tuple(range(e.ndim)), found.sizes)
        network.reduce()
        result.append(network)
    return result


def entries(terms: list[Network], shape: tuple[int, ...]) -> Notation:
    """``[Σ …]_ijk``: the array of the terms, entry by entry."""
    out = fresh_letters(len(shape), ())
    return array(out, shape, added(*(_entry(t, out) for t in terms)))


def _entry(network: Network, out: nt.Letters) -> Notation:
    """One entry of a term, with sums over the labels that could not be reduced."""
    free = dict(zip(network.out, out, strict=True))
    used = dict.fromkeys(i for p, q, _ in network.edges for i in (p, q))
    summed = [i for i in used if i not in free]
    letters = {**free, **dict(zip(summed, fresh_letters(len(summed), out), strict=True))}
    vectors = [entry_of(v, (letters[i],)) for i, vs in network.weights.items() if i in letters for v in vs]
    matrices = [entry_of(a, (letters[i], letters[j])) for i, j, a in network.edges]
    inside = multiplied(nt.Number(ONE), *vectors, *matrices)
    sizes = tuple(network.sizes[i] for i in summed)
    return multiplied(*network.scalars, sum_over(tuple(letters[i] for i in summed), sizes, inside))
