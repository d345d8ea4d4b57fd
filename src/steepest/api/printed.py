"""What is printed is what is computed: the printed tree is evaluated and compared before it is shown."""

from __future__ import annotations

import numpy as np

from steepest.engines.python.compile import evaluate
from steepest.errors import FormulaError
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import toposort
from steepest.formula.evaluate import evaluate as evaluate_notation
from steepest.formula.printing import formula_of

from .declaration import example_array

TOLERANCE = 1e-8
POINTS = 2


def require_printed_value(e: Expr, title: str) -> None:
    """Raise if the printed form of `e` does not have the value of `e` at generic points."""
    variables = [n for n in toposort([e]) if isinstance(n, Variable)]
    printed = formula_of(e)
    for seed in range(POINTS):
        env = {v: example_array(v.shape, 100 * seed + k) for k, v in enumerate(variables)}
        with np.errstate(all="ignore"):
            (value,) = evaluate([e], env)
            shown = evaluate_notation(printed, env)
        scale = np.max(np.abs(value), initial=0.0, where=np.isfinite(value))
        if np.shape(shown) != np.shape(value) or not np.allclose(
            shown, value, rtol=TOLERANCE, atol=TOLERANCE * scale, equal_nan=True
        ):
            raise FormulaError(f"{title}: the printed formula differs from the expression; please report this")
