"""The symbols for what is still to be worked out: ``d(Xθ)``, ``d/dx sin(x²)``, ``Δ(x²)/h``.

A derivation goes from the outside in: the change of a function is written in the changes of its parts, each a symbol
of its own, until only the change of the variable is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from steepest.calculus.forward import tangents
from steepest.expr.build import variable
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Expr
from steepest.formula.notation import Notation


@dataclass
class Changes:
    """A symbol for the change of each node, and how it is written.

    `seeds` are the variables with their own change; `write` gives the notation of a symbol, of a node's change.
    """

    seeds: Mapping[Expr, Expr]
    write: Callable[[Expr, Expr], Notation]
    symbols: dict[Expr, Expr] = field(default_factory=dict)
    nodes: dict[Expr, Expr] = field(default_factory=dict)  # what a symbol is the change of
    written: dict[Expr, Notation] = field(default_factory=dict)
    _varying: dict[Expr, bool] = field(default_factory=dict)

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

    def vary(self, n: Expr) -> bool:
        """Whether a node passes a change on: not if it is constant, nor if it is piecewise constant."""
        if n not in self._varying:
            known = tangents([n], self.seeds)
            self._varying[n] = n in known and carries_derivative(n.dtype)
        return self._varying[n]

    def moving(self, n: Expr) -> list[Expr]:
        """The operands of a node that vary, each once."""
        return list(dict.fromkeys(a for a in n.args if self.vary(a)))
