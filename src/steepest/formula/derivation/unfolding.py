"""From the outside in: the change of a function in terms of the changes of its parts, one rule at a time.

What is found after each rule is the whole change so far, an expression in the symbols that are still open. A part that
occurs twice is worked out once, after everything it occurs in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from steepest.errors import FormulaError
from steepest.expr.node import Expr
from steepest.expr.traversal import toposort
from steepest.ops.substitution import substitute

from .changes import Changes, Move

LONGEST = 100  # rules: nobody reads more steps than that


@dataclass(frozen=True)
class Line:
    """A move of note with the slight ones that follow it, and the change of the function after each of them."""

    moves: tuple[Move, ...]
    results: tuple[Expr, ...]  # of the node, after each move
    so_far: tuple[Expr, ...]  # of the function, after each move


class Unfolding:
    """The lines of a derivation, and the expression it ends in."""

    def __init__(self, y: Expr, changes: Changes, move: Callable[[Expr, Changes], Move], named: Collection[Expr] = ()):
        self.changes, self.move, self.named = changes, move, named
        self.current = changes.at_once(y)
        self.waiting: list[Expr] = []  # symbols not worked out yet, those met last at the end
        self.count = 0
        self.done: dict[Expr, Expr] = {}
        self._below: dict[Expr, set[Expr]] = {}

    def lines(self) -> list[Line]:
        found: list[Line] = []
        self._note(self.current)
        while (symbol := self._next(self.current)) is not None:
            found.append(self._line(symbol))
        return found

    def _line(self, symbol: Expr) -> Line:
        moves, results, so_far = [], [], []
        result, following = symbol, symbol
        while True:
            move = self._take(following)
            (result,) = substitute([result], {following: move.change})
            moves.append(move)
            results.append(result)
            so_far.append(self.current)
            slight = self._next_slight(result)
            if slight is None:
                return Line(tuple(moves), tuple(results), tuple(so_far))
            following = slight

    def _take(self, symbol: Expr) -> Move:
        self.count += 1
        if self.count > LONGEST:
            raise FormulaError(
                f"this derivation has more than {LONGEST} steps, too many to be written out: ask for the formula alone,"
                " or for the steps of a part of it"
            )
        move = self.move(self.changes.nodes[symbol], self.changes)
        move = replace(move, change=self._with_what_is_known(move.change))
        self.done[symbol] = move.change
        (self.current,) = substitute([self.current], {symbol: move.change})
        self.waiting.remove(symbol)
        self._note(move.change)
        return move

    def _with_what_is_known(self, e: Expr) -> Expr:
        while any(s in self.done for s in self._open(e)):
            (e,) = substitute([e], self.done)
        return e

    def _note(self, e: Expr) -> None:
        """Symbols that are new in an expression are worked out next, in the order they are met."""
        new = [s for s in self._open(e) if s not in self.waiting]
        self.waiting += reversed(new)

    def _open(self, e: Expr) -> list[Expr]:
        return [s for s in toposort([e]) if s in self.changes.nodes]

    def _next(self, e: Expr) -> Expr | None:
        """The symbol met last of those that occur in no other part still open."""
        here = self._open(e)
        everywhere = self._open(self.current)
        for s in reversed(self.waiting):
            if s in here and not any(self._contains(other, s) for other in everywhere):
                return s
        return None

    def _next_slight(self, e: Expr) -> Expr | None:
        """The next symbol if its rule needs no line of its own."""
        here = self._open(e)
        everywhere = self._open(self.current)
        for s in reversed(self.waiting):
            node = self.changes.nodes[s]
            if s not in here or node in self.named:
                continue
            known = node in self.changes.seeds
            ready = known or not any(self._contains(other, s) for other in everywhere)
            if ready and self.move(node, self.changes).slight:
                return s
        return None

    def _contains(self, other: Expr, s: Expr) -> bool:
        """Whether the node of one symbol is inside that of another."""
        outer, inner = self.changes.nodes[other], self.changes.nodes[s]
        if outer is inner:
            return False
        return inner in self._inside(outer)

    def _inside(self, n: Expr) -> set[Expr]:
        """The nodes under n, and under what names stand for."""
        if n not in self._below:
            meaning = self.changes.meanings.get(n, n)
            below = set(toposort([meaning]))
            for name in below & self.changes.meanings.keys() - {n}:
                below |= self._inside(name)
            self._below[n] = below
        return self._below[n]
