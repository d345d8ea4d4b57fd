"""A printed formula with its values at the points of the evidence; also of a formula that was changed.

What is printed is read by the grammar of formulas, so a changed formula is computed just as it would be printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from steepest.expr.node import Constant, Variable
from steepest.formula import notation as nt
from steepest.formula.factors import multiplied
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula
from steepest.formula.text import UNICODE
from steepest.frontends.text.spelling import canonical_name
from steepest.ops.linalg_inverse import adjugate_op, determinant, inverse
from steepest.ops.piecewise import maximum

from .effort import Effort
from .evidence import Evidence, Values
from .pieces import Pieces


class AtPoints(Sequence[Values]):
    """The values of a formula, computed where they are asked for; NaN where it has none."""

    def __init__(self, pieces: Pieces, main: Notation, shape: tuple[int, ...], points: int) -> None:
        self._pieces, self._main, self._shape, self._points = pieces, main, shape, points
        self._known: dict[int, Values | None] = {}

    def __len__(self) -> int:
        return self._points

    def __getitem__(self, k: Any) -> Any:
        if not 0 <= k < self._points:
            raise IndexError(k)
        found = self._at(k)
        return np.full(self._shape, np.nan) if found is None else found

    @property
    def exist(self) -> bool:
        """Whether there are any, of this shape."""
        return self._at(0) is not None

    def _at(self, k: int) -> Values | None:
        if k not in self._known:
            self._known[k] = self._pieces.at(self._main, k, self._shape)
        return self._known[k]


class Written:
    """The right formula, `printed`, and what it and its variants are at the points."""

    def __init__(self, printed: Formula, evidence: Evidence, effort: Effort) -> None:
        self.printed, self.evidence, self.effort = _in_one_piece(printed), evidence, effort
        self._names = dict(_names(printed))
        self._pieces = Pieces(self._value, self._names, evidence.sizes, self.printed)

    @property
    def main(self) -> Notation:
        return self.printed.main

    def text(self, main: Notation) -> str:
        """The formula with another main part."""
        return Formula(main, self.printed.definitions, self.printed.states_sizes).write(UNICODE)

    def piece(self, part: Notation) -> str:
        """A part of it, without the definitions."""
        return UNICODE.write(part)

    def values(self, main: Notation) -> AtPoints | None:
        """Its values at all points, in the shape of the derivative; None if it has none, or another shape."""
        if self.effort.is_spent:
            return None
        found = AtPoints(self._pieces, main, self.evidence.shape, len(self.evidence.points))
        return found if found.exist else None

    def symbols(self) -> Iterator[Notation]:
        """The names in it."""
        seen: set[Notation] = set()
        for n in self._all():
            if isinstance(n, nt.Symbol) and isinstance(n.of, Variable) and n not in seen:
                seen.add(n)
                yield n

    def parts(self) -> Iterator[Notation]:
        """Everything that is written in it, the larger before the smaller."""
        yield from dict.fromkeys(n for n in self._all() if not isinstance(n, nt.Number))

    def _all(self) -> Iterator[Notation]:
        for root in (self.printed.main, *(value for _, value in self.printed.definitions)):
            yield from _inside(root)

    def _value(self, name: str, k: int) -> Any:
        of = self._names[name]
        return of.value if isinstance(of, Constant) else self.evidence.points[k][of.name]


def _names(printed: Formula) -> Iterator[tuple[str, Variable | Constant]]:
    """The variables and fixed arrays in it, by the names they are read by."""
    defined = {symbol for symbol, _ in printed.definitions}
    for root in (printed.main, *(value for _, value in printed.definitions)):
        for n in _inside(root):
            if isinstance(n, nt.Symbol) and isinstance(n.of, (Variable, Constant)) and n not in defined:
                yield canonical_name(UNICODE.write(n)), n.of


def _inside(n: Notation) -> Iterator[Notation]:
    yield n
    for part in nt.parts(n):
        yield from _inside(part)


def _in_one_piece(printed: Formula) -> Formula:
    """The formula with the names that it defines written out, but for constant matrices."""
    main, kept = printed.main, []
    for symbol, value in reversed(printed.definitions):
        if isinstance(value, (nt.Commutation, nt.Patterned)):
            kept.append((symbol, value))
        else:
            main = _with(main, symbol, value)
    return Formula(_plain(main), tuple(reversed(kept)), printed.states_sizes)


def _plain(n: Notation) -> Notation:
    """The same as people derive it by hand: det(S) S⁻¹ for adj(S), max(0, u) for [u > 0] max(0, u)."""
    n = nt.with_parts(n, _plain)
    match n:
        case nt.Function(op, (of,)) if op is adjugate_op:
            return multiplied(nt.Function(determinant, (of,), ()), nt.Function(inverse, (of,), ()))
        case nt.Scaled(factors) | nt.Entrywise(factors):
            kept = [f for f in factors if not any(_is_mask_of(f, g) for g in factors)]
            return multiplied(*kept) if len(kept) < len(factors) else n
    return n


def _is_mask_of(mask: Notation, n: Notation) -> bool:
    """Whether `n` is max(0, u), and the mask is 0 where u is negative."""
    match mask, n:
        case nt.Iverson(nt.Relation(">" | "≥", u, nt.Number() | nt.Fill())), nt.Function(op, args):
            return op is maximum and u in args
    return False


def _with(n: Notation, symbol: Notation, value: Notation) -> Notation:
    return value if n == symbol else nt.with_parts(n, lambda part: _with(part, symbol, value))
