"""What is known of the parts of an expression, each found once."""

from __future__ import annotations

from collections.abc import Mapping

from steepest.expr.node import Einsum, Expr
from steepest.expr.traversal import complex_valued, toposort
from steepest.ops.definite import Definite
from steepest.ops.interval import EVERYTHING, NONNEGATIVE, POSITIVE, Interval

from .definiteness import proof_of
from .proof import Proof
from .ranges import range_of

DEEPEST = 40  # matrices inside of matrices that are looked into


class Knowledge:
    """Ranges, symmetry and definiteness of expressions. What is not known is `EVERYTHING`, None, False.

    >>> from steepest.expr.build import einsum, variable
    >>> from steepest.expr.fact import Fact
    >>> X = variable("X", (4, 3))
    >>> Knowledge().definite(einsum("ki,kj->ij", X, X)).name
    'PSD'
    """

    def __init__(self, assumed: Mapping[Expr, Interval] | None = None) -> None:
        """`assumed` are intervals that hold wherever the expression in question is defined."""
        self.assumed = dict(assumed or {})
        self._ranges: dict[Expr, Interval] = {}
        self._proofs: dict[Expr, Proof | None] = {}
        self._depth = 0

    def range(self, e: Expr) -> Interval:
        """Where the entries of `e` lie, whatever the values of its variables."""
        for n in toposort([e], stop=self._ranges.keys()):
            if n not in self._ranges:
                self._ranges[n] = self._found(n).meet(self.assumed.get(n, EVERYTHING))
        return self._ranges[e]

    def _found(self, n: Expr) -> Interval:
        """By its operands; of a quadratic form by what is known of its matrix."""
        if complex_valued(n):
            return EVERYTHING
        found = range_of(n, self._ranges.__getitem__)
        if n.ndim or found.nonnegative or not (isinstance(n, Einsum) and n.sums):
            return found
        self._ranges[n] = found  # until more is known
        definite = self.definite(n)
        return found.meet(POSITIVE if definite is Definite.PD else NONNEGATIVE) if definite >= Definite.PSD else found

    def proof(self, e: Expr) -> Proof | None:
        """The best that is known of `e` as a matrix from its last axes to its first, or as a number."""
        if e not in self._proofs:
            if self._depth > DEEPEST or complex_valued(e):
                return None
            self._proofs[e] = None  # a claim never rests on itself
            self._depth += 1
            try:
                self._proofs[e] = proof_of(e, self)
            finally:
                self._depth -= 1
        return self._proofs[e]

    def definite(self, e: Expr) -> Definite:
        found = self.proof(e)
        return Definite.UNKNOWN if found is None else found.definite

    def symmetric(self, e: Expr) -> bool:
        return e.ndim == 2 and self.definite(e) >= Definite.SYMMETRIC
