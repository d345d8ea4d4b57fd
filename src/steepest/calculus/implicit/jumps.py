"""Where a body jumps, and so the theorems do not hold: a jump that moves has a part in the derivative."""

from __future__ import annotations

from steepest.errors import UnknownFunctionError
from steepest.expr.node import Apply, Expr, Variable
from steepest.expr.traversal import depends_on
from steepest.ops.logic import isfinite, isinf, isnan
from steepest.ops.operation import Smoothness

OF_NO_CONSEQUENCE = (isnan, isinf, isfinite)


def require_no_jump(what: str, e: Expr, *variables: Variable) -> None:
    """UnknownFunctionError if a step of the expression depends on all these variables."""
    varying = [depends_on([e], [v]) for v in variables]
    common = set.intersection(*varying)
    found = [
        n.op.name for n in common
        if isinstance(n, Apply) and n.op.smoothness is Smoothness.STEPS and n.op not in OF_NO_CONSEQUENCE
    ]  # fmt: skip
    if found:
        raise UnknownFunctionError(
            f"{what} may jump (by {sorted(found)[0]!r}) at a place that moves with what is differentiated,"
            " and its derivative does not see that"
            "\n    Split it there, with the place as an end of an integral or of a span of time,"
            "\n    or write the switch with a continuous function (np.maximum, np.abs)."
        )
