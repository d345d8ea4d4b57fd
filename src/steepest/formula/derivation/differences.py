"""The difference quotient of a whole from those of its parts, exactly.

For places a and b, Δn = n(b) − n(a): a product is split by adding and subtracting in between, a reciprocal brought to
a common denominator, a root multiplied by its conjugate; for functions there are rules of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from steepest.errors import FormulaError
from steepest.expr.build import add, contract, is_zero, multiply, negate, scale, variable, zeros
from steepest.expr.node import Add, Apply, Einsum, Expr
from steepest.expr.number import MINUS_ONE, ZERO, constant
from steepest.expr.traversal import toposort
from steepest.formula.polynomial import expand
from steepest.ops.elementary import exp
from steepest.ops.operation import Operation, settled
from steepest.ops.power import log, power, power_op, reciprocal, whole_power
from steepest.ops.substitution import substitute

from .changes import Changes, Move
from .secant import Quotient, Secant


@dataclass(frozen=True)
class KnownLimit:
    """``over/under``, a quotient whose limit for h → 0 is known."""

    over: Expr
    under: Expr
    limit: Expr


Rule = Callable[["Differences", Expr, Expr], tuple[str, Expr]]  # of (u, Δu/h): what it is called, and Δn/h


@dataclass
class Differences:
    """The rules for one secant. `limits` are the quotients of known limit, each under a symbol.

    `rules` are those of functions; `rewritten` says of others what they are in simpler ones.
    """

    secant: Secant
    rules: Mapping[Operation, Rule]
    rewritten: Mapping[Operation, Callable[[Expr], Expr]]
    limits: dict[Expr, KnownLimit] = field(default_factory=dict)
    _moves: dict[Expr, Move] = field(default_factory=dict)

    def rule(self, n: Expr, changes: Changes) -> Move:
        """``Δn/h`` from those of the operands. Raises FormulaError where no way is known."""
        if n not in self._moves:
            self._moves[n] = self._rule(n, changes)
        return self._moves[n]

    def _rule(self, n: Expr, changes: Changes) -> Move:
        if n in changes.seeds:
            return Move(n, "the variable itself", changes.seeds[n], slight=True)
        if not changes.vary(n):
            self._require_constant(n)
            return Move(n, "constant", zeros(n.shape), slight=True)
        if (expanded := self._expanded(n)) is not None:
            linear = self.secant.h not in toposort([expanded])
            return Move(n, "linear", expanded, slight=True) if linear else self._move(n, "expand", expanded)
        match n:
            case Add():
                return Move(n, "sum", add(*(changes.of_term(t) for t in n.args)), slight=True)
            case Einsum():
                return self._product(n, changes)
            case Apply():
                return self._function(n, changes)
        raise TypeError(f"{type(n).__name__} has no parts")

    def worked_out(self, n: Expr, changes: Changes) -> Expr:
        """``Δn/h`` without a line for each rule."""
        e = changes.at_once(n)
        while open_ones := [s for s in toposort([e]) if s in changes.nodes]:
            (e,) = substitute([e], {s: self.rule(changes.nodes[s], changes).change for s in open_ones})
        return e

    def revealed(self, e: Expr) -> Expr:
        """With the quotients of known limit written out."""
        meanings = {symbol: multiply(reciprocal(k.under), k.over) for symbol, k in self.limits.items()}
        while any(n in meanings for n in toposort([e])):
            (e,) = substitute([e], meanings)
        return e

    def limit(self, e: Expr) -> Expr:
        """For h → 0, with the known limits; all else is continuous there."""
        values: dict[Expr, Expr] = {self.secant.h: ZERO}
        for symbol in [n for n in toposort([e]) if n in self.limits]:
            values[symbol] = self.limit(self.limits[symbol].limit)
        return substitute([e], values)[0]

    # --- the rules ------------------------------------------------------------------------------------

    def _expanded(self, n: Expr) -> Expr | None:
        """Of a polynomial: its powers of h, one h less; of odd powers only between x − h and x + h."""
        s = self.secant
        try:
            coefficients = expand(n, s.x, s.direction)
        except FormulaError:
            return None
        central = s.quotient is Quotient.CENTRAL
        terms = [
            scale(power(s.h, constant(k - 1)), c)
            for k, c in enumerate(coefficients)
            if k and not is_zero(c) and (k % 2 or not central)
        ]
        return add(*terms) if terms else zeros(n.shape)

    def _product(self, n: Einsum, changes: Changes) -> Move:
        """``Δ(uv) = Δu v(b) + u(a) Δv``: added and subtracted in between, once for every operand that varies."""
        operands = n.operands()
        sizes = n.out_sizes()
        moving = [k for k, (_, a) in enumerate(operands) if changes.vary(a)]
        for a in n.args:
            if not changes.vary(a):
                self._require_constant(a)
        terms = []
        for k in moving:
            args = [
                (labels, changes.at_once(a) if j == k else self.at(a, far=j > k))
                for j, (labels, a) in enumerate(operands)
            ]
            terms.append(contract(args, n.out, sizes))
        name = "linear" if len(moving) == 1 else "product: add and subtract in between"
        return Move(n, name, add(*terms), slight=len(moving) == 1)

    def _require_constant(self, n: Expr) -> None:
        """What jumps somewhere is constant for small steps only."""
        if self.secant.x in toposort([n]):
            raise FormulaError(
                "the function is made of pieces, and a difference quotient across them is not worked out here:"
                " use the steps by rules instead"
            )

    def at(self, n: Expr, far: bool) -> Expr:
        return self.secant.at(n, self.secant.far if far else self.secant.near)

    def _function(self, n: Apply, changes: Changes) -> Move:
        written = self.rewritten.get(n.op)
        if written is not None:
            (u,) = n.args
            simpler = written(u)
            return Move(n, "write with simpler functions", changes.of(simpler), identity=(n, simpler))
        if n.op is power_op:
            return self._power(n, changes)
        rule = self.rules.get(n.op)
        if rule is None and n.op.square is not None:
            return self._move(n, *self._root(n, changes))
        if rule is None:
            raise FormulaError(
                f"the difference quotient of {n.op.name} is not worked out by hand here: use the steps by rules instead"
            )
        (u,) = n.args
        name, change = rule(self, u, self.worked_out(u, changes))
        return self._move(n, name, change)

    def _power(self, n: Apply, changes: Changes) -> Move:
        base, exponent = whole_power(n)
        if base is n.args[0] and exponent < 0:
            below = power(base, constant(-exponent))
            bottoms = (reciprocal(self.at(below, far)) for far in (False, True))
            return self._move(n, "common denominator", multiply(MINUS_ONE, *bottoms, self.worked_out(below, changes)))
        if settled(n.args[1]) == 0.5:
            return self._move(n, *self._root(n, changes))
        simpler = exp(multiply(n.args[1], log(n.args[0])))
        return Move(n, "write with exp and log", changes.of(simpler), identity=(n, simpler))

    def _root(self, n: Apply, changes: Changes) -> tuple[str, Expr]:
        """``Δ√u = Δu/(√u(a) + √u(b))``, of all whose square is simpler: lengths too."""
        square = n.args[0] if n.op is power_op else n.op.square(*n.args, **dict(n.params))
        both = add(*(self.at(n, far) for far in (False, True)))
        return "multiply by the conjugate", multiply(reciprocal(both), self.worked_out(square, changes))

    def _move(self, n: Expr, name: str, change: Expr) -> Move:
        """The rule, with the identity of values that it divides by the step."""
        difference = add(self.at(n, far=True), negate(self.at(n, far=False)))
        return Move(n, name, change, identity=(difference, self._times_length(change)))

    def _times_length(self, change: Expr) -> Expr:
        """``Δn`` from Δn/h; where each term has one quotient of known limit, its divisor cancels."""
        terms = change.args if isinstance(change, Add) else (change,)
        inside = [n for t in terms for n in (t, *t.args) if n in self.limits]
        if not inside:
            return scale(self.secant.length, change)
        double = constant(2 if self.central else 1)
        over = {}
        for symbol in inside:
            known = self.limits[symbol]
            over[symbol] = known.over if known.under is self.secant.length else scale(double, known.over)
        return substitute([change], over)[0]

    # --- what rules are made of -----------------------------------------------------------------------

    def known(self, over: Expr, limit: Expr, under: Expr | None = None) -> Expr:
        """A symbol for a quotient whose limit is known; below the line is the step, unless told."""
        known = KnownLimit(over, self.secant.h if under is None else under, limit)
        for symbol, other in self.limits.items():
            if other == known:
                return symbol
        symbol = variable(f"limit {len(self.limits)}", over.shape, over.dtype, tag=-6)
        self.limits[symbol] = known
        return symbol

    def halfway(self, u: Expr) -> Expr:
        """The mean of the two values."""
        try:
            coefficients = expand(u, self.secant.x, self.secant.direction)
        except FormulaError:
            return scale(constant(0.5), add(self.at(u, far=False), self.at(u, far=True)))
        even = [scale(power(self.secant.h, constant(k)), c) for k, c in enumerate(coefficients) if k % 2 == 0]
        return add(*(c for c in even if not is_zero(c))) if even else u

    @property
    def central(self) -> bool:
        return self.secant.quotient is Quotient.CENTRAL
