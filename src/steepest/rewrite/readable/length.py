"""How long an expression is in print, about, and what tells it from others: neither depends on sizes.

Sizes are numbers that differ from trace to trace, and digests contain them. What is chosen for print must be the same
at all sizes, so choices go by length and by `Reader.mark`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from steepest.expr.dimension import Dim
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Number, Structured, Variable
from steepest.expr.number import is_number
from steepest.expr.traversal import toposort

from .term import Factor, Term

JOIN = 3  # " + "
NAMED = 6  # of an array that may get a name, p = softmax(Wx)


class Reader:
    """Lengths and marks of expressions, kept for as long as one expression is read."""

    def __init__(self) -> None:
        self._lengths: dict[Expr, int] = {}
        self._marks: dict[Expr, int] = {}

    def length(self, e: Expr) -> int:
        """About how many characters the expression takes, parentheses not counted."""
        for n in toposort([e], stop=self._lengths.keys()):
            if n not in self._lengths:
                self._lengths[n] = self._own_length(n)
        return self._lengths[e]

    def mark(self, e: Expr) -> int:
        """A number that tells expressions apart, the same in every trace and every run."""
        for n in toposort([e], stop=self._marks.keys()):
            if n not in self._marks:
                self._marks[n] = self._own_mark(n)
        return self._marks[e]

    def in_order(self, terms: Sequence[Term]) -> list[Term]:
        """The terms in an order that does not depend on where they came from."""
        return sorted(terms, key=self._term_mark)

    def _term_mark(self, t: Term) -> tuple[object, ...]:
        factors = [(self.mark(f.base), f.labels, str(f.exponent)) for f in t.factors]
        return factors, self.mark(t.coefficient)

    def factor_length(self, f: Factor) -> int:
        """With its exponent, and parentheses if it is a sum."""
        return self.length(f.base) + _exponent_length(f.exponent) + 2 * isinstance(f.base, Add)

    def term_length(self, t: Term) -> int:
        return number_length(t.coefficient) + sum(self.factor_length(f) + 1 for f in t.factors)

    def sum_length(self, terms: Sequence[Term]) -> int:
        return sum(self.term_length(t) + JOIN for t in terms)

    # --- one node, its operands known -------------------------------------------------------------

    def _own_length(self, n: Expr) -> int:
        inner = [self._lengths[a] for a in n.args]
        match n:
            case Variable(name=name):
                return len(name) if len(name) < 3 else 1 + len(name) // 2  # a Greek letter, more often than not
            case Constant():
                return number_length(n) if is_number(n) else 2
            case Delta():
                return 3
            case Structured():
                return 3
            case Add():
                return sum(inner) + JOIN * (len(inner) - 1)
            case Einsum():
                parentheses = 2 * sum(isinstance(a, Add) for a in n.args) if len(n.args) > 1 else 0
                carried = {i for ix in n.indices for i in ix}
                summed = len(carried.difference(n.out)) if n.ndim > 2 else 2 * (not n.out and n.sums)
                return sum(inner) + parentheses + len(inner) - 1 + summed + 2 * sum(i not in carried for i in n.out)
            case Apply():
                sign = n.op.text.replace("{0}", "").replace("{1}", "")
                whole = len(sign) + sum(inner) + 2 * (not isinstance(n.args[0], Variable) or "{" not in n.op.text)
                return min(whole, NAMED) if n.ndim else whole
        return 1

    def _own_mark(self, n: Expr) -> int:
        marks = [self._marks[a] for a in n.args]
        match n:
            case Variable(name=name, tag=tag):
                own: object = (name, tag)
            case Constant() if is_number(n):
                own = (repr(n.value), tuple((d.name, e) for d, e in n.sizes))
            case Constant():
                own = ("array", n.ndim)
            case Structured(pattern=pattern):
                own = repr(pattern)
            case Einsum(indices=indices, out=out):
                pairs = sorted((m, len(ix), sum(i in out for i in ix)) for m, ix in zip(marks, indices, strict=True))
                named = tuple(d.name if isinstance(d, Dim) else "" for d in n.shape)
                own, marks = (tuple(pairs), len(out), named), []
            case Add():
                own, marks = (), sorted(marks)
            case Apply(op=op, params=params):
                own = (op.name, repr(params))
            case _:
                own = ()
        return zlib.crc32(repr((type(n).__name__, own, marks)).encode())


def number_length(c: Constant) -> int:
    """0 for 1, 1 for −1."""
    value = c.value
    if isinstance(value, complex):
        return 6
    fraction = isinstance(value, float) and not value.is_integer()
    digits = 4 if fraction else len(str(abs(int(value)))) - (abs(value) == 1) + (value < 0)
    return digits + 2 * len(c.sizes)


def _exponent_length(exponent: Number) -> int:
    if exponent == 1:
        return 0
    return 2 if exponent in (-1, 2, 3) else 3


def is_mask(e: Expr) -> bool:
    return e.dtype == BOOL
