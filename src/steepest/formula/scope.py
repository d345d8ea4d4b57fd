"""What names mean something in a formula."""

from __future__ import annotations

from steepest.expr.dimension import Dim

from . import notation as nt
from .notation import Notation, parts


def names_in(n: Notation) -> set[str]:
    """All names that are read in a notation: of symbols, sizes and indices."""
    own: set[str] = set()
    match n:
        case nt.Symbol(name, of):
            own = {name, *(d.name for d in of.shape if isinstance(d, Dim))}
        case nt.Number(of):
            own = {d.name for d, _ in of.sizes}
        case nt.Entry(_, letters) | nt.SumOver(letters) | nt.Array(letters):
            own = set(letters)
    return own.union(*(names_in(p) for p in parts(n)))
