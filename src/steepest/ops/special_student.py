"""Student's law and its quantiles, by the point and by the degrees of freedom.

Those by the degrees of freedom are functions of their own, `stdtr_by_df` and `student_density_by_both`, with the number
of times as their first operands; `student_slopes` computes them.
"""

from __future__ import annotations

import scipy.special as sp

from steepest.expr.build import multiply, negate, scale
from steepest.expr.node import Expr
from steepest.expr.number import ONE, ZERO, constant

from . import student_slopes
from .elementary import exp
from .operation import Operation, elementwise, settled
from .power import divide, log, reciprocal
from .special_entropy import weighted_log1p
from .special_gamma import betaln
from .special_incomplete import orders_and_limit
from .special_rules import measured, of_operand_type, shifted, total, unknown


def _density(t: Expr, df: Expr) -> Expr:
    """A formula for plain numbers of degrees of freedom; differentiated by others it would cancel."""
    if settled(df) is None:
        return student_density_by_both(ZERO, ZERO, df, t)
    df = measured(df, t)
    half = scale(constant(0.5), df)
    tail = weighted_log1p(scale(constant(-0.5), shifted(df, 1)), multiply(t, t, reciprocal(df)))
    return exp(total(tail, scale(constant(-0.5), log(df)), negate(betaln(constant(0.5), half))))


stdtr_by_df: Operation = elementwise(
    "stdtr_by_df", of_operand_type(student_slopes.stdtr_by_df),
    [
        unknown("stdtr_by_df", "n"),
        lambda y, n, df, t: stdtr_by_df(shifted(n, 1), df, t),
        lambda y, n, df, t: student_density_by_both(ZERO, n, df, t),
    ],
    sample=orders_and_limit(-2, 2, 1, 1), domain="df > 0", cost=3000,
    source="JKB 28, differentiated under the integral; Comtet (1974), 3.3",
)  # fmt: skip
student_density_by_both: Operation = elementwise(
    "student_density_by_both", of_operand_type(student_slopes.student_density_by_both),
    [
        unknown("student_density_by_both", "k"), unknown("student_density_by_both", "n"),
        lambda y, k, n, df, t: student_density_by_both(k, shifted(n, 1), df, t),
        lambda y, k, n, df, t: student_density_by_both(shifted(k, 1), n, df, t),
    ],
    sample=orders_and_limit(-2, 2, 1, 2), domain="df > 0", cost=200, source="JKB 28; Comtet (1974), 3.3",
)  # fmt: skip


def _by_df(df: Expr, t: Expr) -> Expr:
    return stdtr_by_df(ONE, df, t)


stdtr = elementwise(
    "stdtr", of_operand_type(sp.stdtr), [lambda y, df, t: _by_df(df, t), lambda y, df, t: _density(t, df)],
    sample=orders_and_limit(-2, 2, 1), domain="df > 0", cost=80, source="JKB 28",
)  # fmt: skip


def _quantile_by_df(y: Expr, df: Expr, p: Expr) -> Expr:
    """The share below y stays what it is."""
    return negate(divide(_by_df(df, y), student_density_by_both(ZERO, ZERO, df, y)))


stdtrit = elementwise(
    "stdtrit", of_operand_type(sp.stdtrit), [_quantile_by_df, lambda y, df, p: reciprocal(_density(y, df))],
    sample=orders_and_limit(0.1, 0.9, 1), domain="df > 0, 0 < p < 1", cost=160, source="JKB 28",
)  # fmt: skip
