"""The symbols for what is still to be worked out: ``d(Xθ)``, ``d/dx sin(x²)``, ``Δ(x²)/h``.

A derivation goes from the outside in: the change of a function is written in the changes of its parts, each a symbol
of its own, until only the change of the variable is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from steepest.calculus.forward import tangents
from steepest.expr.build import negate, scale, split_coefficient, uniform_value, variable
from steepest.expr.dtype import BOOL, carries_derivative
from steepest.expr.node import Apply, Expr
from steepest.formula.notation import Notation
from steepest.formula.sign import is_negative
from steepest.ops.power import reciprocal, reciprocal_or_zero
from steepest.ops.substitution import substitute


@dataclass
class Changes:
    """A symbol for the change of each node, and how it is written.

    `seeds` are the variables with their own change; `write` gives the notation of a symbol, of a node's change.
    """

    seeds: dict[Expr, Expr]
    write: Callable[[Expr, Expr], Notation]
    symbols: dict[Expr, Expr] = field(default_factory=dict)
    meanings: dict[Expr, Expr] = field(default_factory=dict)  # what names of parts stand for, all of which vary
    nodes: dict[Expr, Expr] = field(default_factory=dict)  # what a symbol is the change of
    written: dict[Expr, Notation] = field(default_factory=dict)
    _tangents: dict[Expr, Expr] = field(default_factory=dict)
    _constant: set[Expr] = field(default_factory=set)

    def of(self, n: Expr) -> Expr:
        """The symbol for the change of a node."""
        if n not in self.symbols:
            symbol = variable(f"change {len(self.symbols)}", n.shape, n.dtype, tag=-1)
            self.symbols[n], self.nodes[symbol] = symbol, n
            self.written[symbol] = self.write(n, symbol)
        return self.symbols[n]

    def at_once(self, n: Expr) -> Expr:
        """The change of a node, which of the variable itself is known."""
        return self.seeds[n] if n in self.seeds else self.of(n)

    def of_term(self, n: Expr) -> Expr:
        """The change of a term of a sum, without its sign: ``−dy`` rather than ``d(−y)``; of a constant also without
        its number.
        """
        number, body = split_coefficient(n)
        if self.vary(n):
            return negate(self.of(negate(n))) if is_negative(number) else self.of(n)
        plain = uniform_value(body) is None and body.dtype != BOOL
        return scale(number, self.of(body)) if plain else self.of(n)

    def vary(self, n: Expr) -> bool:
        """Whether a node passes a change on: not if it is constant, nor if it is piecewise constant."""
        for name in self.meanings:
            self._tangents.setdefault(name, name)
        if n not in self._tangents and n not in self._constant:
            self._tangents |= tangents([n], {**self.seeds, **self._tangents})
            if n not in self._tangents or not carries_derivative(n.dtype):
                self._constant.add(n)
        return n not in self._constant

    def moving(self, n: Expr) -> list[Expr]:
        """The operands of a node that vary, each once."""
        return list(dict.fromkeys(a for a in n.args if self.vary(a)))


def tangent_of(n: Expr, seeds: Mapping[Expr, Expr]) -> Expr:
    """The change of a node in those of its operands.

    Where a length is 0 there is a convention, which is not told: the change is that of all other places.
    """
    change = tangents([n], seeds)[n]
    return substitute([change], {reciprocal_or_zero(n): reciprocal(n)})[0] if isinstance(n, Apply) else change


@dataclass(frozen=True)
class Move:
    """One rule for one node: its change in terms of those of its parts.

    A slight one needs no line of its own. `example` is a node of general parts, of which the same rule says its law.
    """

    node: Expr
    rule: str
    change: Expr
    example: Expr | None = None
    slight: bool = False
    words: str = ""  # the law as the operation's record has it, for where the rule itself is too long
    identity: tuple[Expr, Expr] | None = None  # what is equal before it is divided by a step
