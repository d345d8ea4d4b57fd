"""σ(u) and σ(−u) side by side: ``p (1 − p)``."""

from __future__ import annotations

from steepest.expr.node import Expr
from steepest.ops.elementary import one_minus
from steepest.ops.special_logistic import expit

from .entrywise import opposed
from .length import Reader
from .term import Term, is_op


def paired(t: Term, reader: Reader) -> Term:
    """σ(u) σ(−u) written σ(u) (1 − σ(u)), of the u that is shorter in print."""
    written = []
    for f in t.factors:
        base = f.base
        if is_op(base, expit):
            opposite = expit(opposed(base.args[0]))
            meets = any(g.base is opposite and g.labels == f.labels for g in t.factors)
            if meets and base is not nearer(reader, base, opposite):
                base = one_minus(opposite)
        written.append(f._replace(base=base))
    return Term(t.coefficient, tuple(written))


def nearer(reader: Reader, one: Expr, other: Expr) -> Expr:
    """Of σ(u) and σ(−u) the one whose operand is shorter."""
    return min(one, other, key=lambda e: (reader.length(e.args[0]), reader.mark(e)))
