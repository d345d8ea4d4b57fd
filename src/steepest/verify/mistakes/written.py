"""A printed formula with its values at the points of the evidence; also of a formula that was changed.

What is printed is read by the grammar of formulas, so a changed formula is computed just as it would be printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from steepest.errors import SteepestError
from steepest.expr.node import Constant, Variable
from steepest.formula import notation as nt
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula
from steepest.formula.text import UNICODE
from steepest.frontends.text.meaning import read_declared
from steepest.frontends.text.spelling import canonical_name

from .evidence import Evidence, Values

MOST_READ = 80_000  # characters; a mistake that is not found by then is not named


class Written:
    """The right formula, `printed`, and what it and its variants are at the points."""

    def __init__(self, printed: Formula, evidence: Evidence) -> None:
        self.printed, self.evidence = _in_one_piece(printed), evidence
        self._names = dict(_names(printed))
        self._declared = {name: np.shape(self._value(name, 0)) for name in self._names}
        self._left = MOST_READ
        self._known: dict[str, tuple[Values, ...] | None] = {}

    @property
    def main(self) -> Notation:
        return self.printed.main

    def text(self, main: Notation) -> str:
        """The formula with another main part."""
        return Formula(main, self.printed.definitions, self.printed.states_sizes).write(UNICODE)

    def piece(self, part: Notation) -> str:
        """A part of it, without the definitions."""
        return UNICODE.write(part)

    def values(self, main: Notation) -> tuple[Values, ...] | None:
        """Its values at all points, in the shape of the derivative; None if it has none, or another shape."""
        found = self._found(main, self.evidence.shape)
        return None if found is None else found

    def shape(self, part: Notation) -> tuple[int, ...] | None:
        """The shape of a part."""
        found = self._found(part, None)
        return None if found is None else found[0].shape

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

    def _found(self, main: Notation, shape: tuple[int, ...] | None) -> tuple[Values, ...] | None:
        if self._left <= 0:
            return None
        try:
            text = self.text(main)
        except Exception:  # a variant need not be mathematics: it may not even have a written form
            return None
        key = f"{shape}{text}"
        if key not in self._known:
            self._left -= len(text)
            self._known[key] = self._read(text, shape)
        return self._known[key]

    def _read(self, text: str, shape: tuple[int, ...] | None) -> tuple[Values, ...] | None:
        try:
            reading = read_declared(text, self._declared, self.evidence.sizes, shape)
            with np.errstate(all="ignore"):
                found = [reading.function(*self._arguments(k)) for k in range(len(self.evidence.points))]
        except (SteepestError, ValueError, TypeError, IndexError, ArithmeticError, np.linalg.LinAlgError):
            return None
        values = [np.asarray(v, np.float64) for v in found]
        if shape is not None:
            if any(v.shape not in ((), shape) for v in values):
                return None
            values = [np.broadcast_to(v, shape) for v in values]
        return tuple(values)

    def _arguments(self, k: int) -> list[Any]:
        return [self._value(name, k) for name in self._names]

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
    return Formula(main, tuple(reversed(kept)), printed.states_sizes)


def _with(n: Notation, symbol: Notation, value: Notation) -> Notation:
    return value if n == symbol else nt.with_parts(n, lambda part: _with(part, symbol, value))
