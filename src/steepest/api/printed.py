"""What is printed is what is computed: the printed tree is evaluated and compared before it is shown."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.engines.python.compile import evaluate
from steepest.errors import FormulaError
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import toposort
from steepest.formula.evaluate import evaluate as evaluate_notation
from steepest.formula.printing import formula_of

from .examples import points

TOLERANCE = 1e-8
POINTS = 2


def require_printed_value(e: Expr, title: str) -> None:
    """Raise if the printed form of `e` does not have the value of `e` at generic points."""
    variables = [n for n in toposort([e]) if isinstance(n, Variable)]
    printed = formula_of(e)
    tried = 0
    for point in points([v.shape for v in variables], seed=0, facts=[v.facts for v in variables]):
        env = dict(zip(variables, point, strict=True))
        values: dict[Expr, Any] = dict(env.items())
        with np.errstate(all="ignore"):
            try:
                (value,) = evaluate([e], env)
                shown = evaluate_notation(printed, values)
            except np.linalg.LinAlgError:
                continue  # not in the domain
        if not np.isfinite(value).all():
            continue
        tried += 1
        scale = np.max(np.abs(value), initial=0.0)
        if np.shape(shown) != np.shape(value) or not np.allclose(shown, value, rtol=TOLERANCE, atol=TOLERANCE * scale):
            raise FormulaError(f"{title}: the printed formula differs from the expression; please report this")
        if tried == POINTS:
            return
    if not tried:
        raise FormulaError(f"{title}: no point was found where it is defined, so what is printed cannot be checked")
