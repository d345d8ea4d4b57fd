"""The value of a formula from those of its parts: what a variant shares with the others is computed once.

A part is read by the grammar of formulas as it would be printed, with names for what is inside it. What has no value by
itself (the size of 𝟏 is that of what it stands beside) is read together with what is around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.errors import SteepestError
from steepest.expr.build import variable
from steepest.expr.node import Constant, Variable
from steepest.formula import notation as nt
from steepest.formula.names import unused
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula
from steepest.formula.rank import rank
from steepest.formula.text import UNICODE
from steepest.frontends.text.meaning import read_declared
from steepest.frontends.text.spelling import canonical_name

Values = NDArray[np.float64]
Shape = tuple[int, ...]
Read = Callable[..., Any]

AS_THEY_ARE = (nt.Number, nt.Ones, nt.Identity, nt.Basis, nt.Patterned, nt.Commutation, nt.SumOver, nt.Array, nt.Chosen)
WITHIN = (nt.Fill, nt.Relation, nt.Iverson, nt.Unstacked)  # whatever is around them
LARGE = 1 << 24  # numbers that are kept
FAILURES = (SteepestError, ValueError, TypeError, IndexError, ArithmeticError, np.linalg.LinAlgError)


class Pieces:
    """Values of formulas of the same names at one point after another; None for what is no mathematics."""

    def __init__(
        self, value: Callable[[str, int], Any], names: Mapping[str, Variable | Constant], sizes: Mapping[str, int],
        frame: Formula,
    ) -> None:  # fmt: skip
        self._value_of, self._own, self._sizes, self._frame = value, dict(names), sizes, frame
        self._shapes = {name: np.shape(value(name, 0)) for name in names}
        self._readings: dict[tuple[Notation, Shape | None], Read | None] = {}
        self._plans: dict[tuple[Notation, Shape | None], tuple[Read, tuple[Notation, ...]] | None] = {}
        self._values: dict[tuple[Notation, int], Values] = {}
        self._kept = 0
        self._symbols: dict[tuple[int, Shape], nt.Symbol] = {}
        self._positions: dict[nt.Symbol, int] = {}  # of the names of parts

    def at(self, n: Notation, k: int, shape: Shape | None = None) -> Values | None:
        """The value at point k, in a required shape if there is one."""
        plan = self._plan(n, shape)
        if plan is None:
            return None
        found = self._run(plan, k)
        if found is None or shape is None:
            return found
        return np.broadcast_to(found, shape) if found.shape in ((), shape) else None

    def _inner(self, n: Notation, k: int) -> Values | None:
        known = self._values.get((n, k))
        if known is not None:
            return known
        if isinstance(n, nt.Symbol):
            name = _name(n)
            found = np.asarray(self._value_of(name, k), np.float64) if name in self._own else None
        else:
            plan = self._plan(n, None)
            found = None if plan is None else self._run(plan, k)
        if found is not None and self._kept + found.size <= LARGE:
            self._values[n, k] = found
            self._kept += found.size + 1
        return found

    def _run(self, plan: tuple[Read, tuple[Notation, ...]], k: int) -> Values | None:
        read, inside = plan
        arguments = [self._inner(c, k) for c in inside]
        if any(a is None for a in arguments):
            return None
        try:
            with np.errstate(all="ignore"):
                return np.asarray(read(k, *arguments), np.float64)
        except FAILURES:
            return None

    def _plan(self, n: Notation, shape: Shape | None) -> tuple[Read, tuple[Notation, ...]] | None:
        key = (n, shape)
        if key not in self._plans:
            self._plans[key] = None if _is_within(n) and shape is None else self._planned(n, shape)
        return self._plans[key]

    def _planned(self, n: Notation, shape: Shape | None) -> tuple[Read, tuple[Notation, ...]] | None:
        inside: list[Notation] = []
        if isinstance(n, nt.Symbol):
            skeleton = self._named(n, inside)
        elif isinstance(n, AS_THEY_ARE):
            skeleton = n
        else:
            skeleton = nt.with_parts(n, lambda c: self._named(c, inside))
        read = self._reading(skeleton, shape)
        if read is None:
            return None
        plan = (read, tuple(inside))
        return None if self._run(plan, 0) is None else plan

    def _named(self, n: Notation, inside: list[Notation]) -> Notation:
        """A name for a part that has a value by itself; else the part, with names for what is inside it."""
        if isinstance(n, AS_THEY_ARE):
            return n
        value = None if _is_within(n) else self._inner(n, 0)
        if value is None:
            return nt.with_parts(n, lambda c: self._named(c, inside))
        symbol = self._symbol(inside.index(n) if n in inside else len(inside), value.shape)
        if n not in inside:
            inside.append(n)
        return symbol

    def _symbol(self, k: int, shape: Shape) -> nt.Symbol:
        if (k, shape) not in self._symbols:
            name = unused(f"part{k}", {*self._own, *self._sizes})
            self._symbols[k, shape] = nt.Symbol(name, variable(name, shape))
            self._positions[self._symbols[k, shape]] = k
        return self._symbols[k, shape]

    def _reading(self, skeleton: Notation, shape: Shape | None) -> Read | None:
        key = (skeleton, shape)
        if key not in self._readings:
            self._readings[key] = self._read(skeleton, shape)
        return self._readings[key]

    def _read(self, skeleton: Notation, shape: Shape | None) -> Read | None:
        parts: dict[str, int] = {}
        declared: dict[str, Shape] = {}
        for symbol in _symbols_in(skeleton):
            name = _name(symbol)
            if symbol in self._positions:
                parts[name] = self._positions[symbol]
                declared[name] = tuple(int(d) for d in symbol.of.shape)
            elif name in self._own:
                declared[name] = self._shapes[name]
        try:
            text = Formula(skeleton, self._frame.definitions, self._frame.states_sizes).write(UNICODE)
            function = read_declared(text, declared, self._sizes, shape).function
        except Exception:  # a variant need not be mathematics: it may not even have a written form
            return None

        def read(k: int, *values: Values) -> Any:
            return function(*(values[parts[name]] if name in parts else self._value_of(name, k) for name in declared))

        return read


def _name(symbol: nt.Symbol) -> str:
    return canonical_name(UNICODE.write(symbol))


def _is_within(n: Notation) -> bool:
    """Whether a part means what it does only in what is around it, such as the row vᵀ."""
    return isinstance(n, WITHIN) or (isinstance(n, nt.Transpose) and rank(n.of) == 1)


def _symbols_in(n: Notation) -> list[nt.Symbol]:
    found = [n] if isinstance(n, nt.Symbol) else []
    for part in nt.parts(n):
        found += _symbols_in(part)
    return found
