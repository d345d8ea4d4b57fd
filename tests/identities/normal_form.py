"""The normal form of an expression, written for proof: it shares nothing with the library's own simplification.

Two expressions with the same normal form are equal wherever both are defined and no norm in them is 0: exponentials and
powers are taken apart, the logistic function and softmax are written with exp, comparisons are taken away from ties.
"""

from __future__ import annotations

from identities import functions as f
from identities import matrices as m
from identities.reader import Operation, Reader
from identities.terms import Undecided
from steepest.expr.build import subtract
from steepest.expr.node import Expr


def proved_equal(a: Expr, b: Expr) -> bool:
    """Whether the difference vanishes term by term; False if that is not seen."""
    if a is b:
        return True
    try:
        return not Reader(OPERATIONS, f.entrywise).normal(subtract(a, b), tuple(range(1, a.ndim + 1)))
    except Undecided:
        return False


OPERATIONS: dict[str, Operation] = {
    "power": f.power, "root_of_powers": f.power, "reciprocal_or_zero": f.reciprocal, "log_power": f.log_power,
    "logical_or": f.one, "sqrt": f.root, "length": f.root, "norm": f.norm, "exp": f.exp, "log": f.log,
    "expit": f.expit, "log_expit": f.log_expit, "softmax": f.softmax, "logsumexp": f.logsumexp,
    "tanh": f.tanh, "cosh": f.cosh, "sinh": f.sinh, "sin": f.even_or_odd(-1), "cos": f.even_or_odd(1),
    "tan": f.even_or_odd(-1), "less": f.compared(1), "less_equal": f.compared(1), "greater": f.compared(-1),
    "greater_equal": f.compared(-1), "not_equal": f.one, "logical_not": f.opposite, "maximum": f.extreme(1),
    "minimum": f.extreme(-1), "sign": f.sign, "abs": f.absolute, "cast": f.same,
    "inverse": m.inverse, "regular_inverse": m.inverse, "determinant": m.determinant, "adjugate": m.adjugate,
    "log_determinant": m.log_determinant, "full_rank_pinv": f.one_atom("pinv"),
}  # fmt: skip
