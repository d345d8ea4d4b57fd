"""What names mean something in a formula."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from steepest.expr.dimension import Dim

from . import notation as nt
from .glyphs import LETTERS
from .notation import Notation, parts, with_parts


def names_in(n: Notation) -> set[str]:
    """All names that are read in a notation: of symbols, sizes and indices."""
    own = set(n.letters) if isinstance(n, (nt.Entry, nt.SumOver, nt.Array)) else symbols_of(n)
    return own.union(*(names_in(p) for p in parts(n)))


def symbols_of(n: Notation) -> set[str]:
    """The names of a symbol or number itself, and of its sizes."""
    match n:
        case nt.Symbol(name, of):
            return {name, *(d.name for d in of.shape if isinstance(d, Dim))}
        case nt.Number(of):
            return {d.name for d, _ in of.sizes}
    return set()


def symbols_in(n: Notation) -> set[str]:
    """All names but those of indices."""
    return symbols_of(n).union(*(symbols_in(p) for p in parts(n)))


def bound_letters(n: Notation) -> set[str]:
    """The indices that sums and arrays in a notation run over."""
    own = set(n.letters) if isinstance(n, (nt.SumOver, nt.Array)) else set()
    return own.union(*(bound_letters(p) for p in parts(n)))


def letters_in(n: Notation) -> set[str]:
    """The indices of the entries in a notation, bound or not."""
    own = set(n.letters) if isinstance(n, nt.Entry) else set()
    return own.union(*(letters_in(p) for p in parts(n)))


def with_clear_letters(n: Notation, taken: Collection[str]) -> Notation:
    """The same with other letters for indices that something else is called: of ``Σ_k k_k`` the sum is over j."""
    letters = bound_letters(n)
    clashing = [c for c in LETTERS if c in letters and c in taken]
    fresh = (c for c in LETTERS if c not in letters and c not in taken and c not in letters_in(n))
    return _renamed(n, dict(zip(clashing, fresh, strict=False))) if clashing else n


def _renamed(n: Notation, names: Mapping[str, str]) -> Notation:
    if isinstance(n, (nt.Entry, nt.SumOver, nt.Array)):
        n = replace(n, letters=tuple(names.get(c, c) for c in n.letters))
    return with_parts(n, lambda part: _renamed(part, names))
