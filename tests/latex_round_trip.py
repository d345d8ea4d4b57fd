"""Formulas written in LaTeX and read again, as a value to compare with that of the expression."""

from __future__ import annotations

import numpy as np

from steepest.engines.python.compile import evaluate
from steepest.expr.dimension import Dim
from steepest.expr.node import Constant, Expr, Variable
from steepest.expr.traversal import toposort
from steepest.formula.names import display_names
from steepest.formula.printing import formula_latex
from steepest.frontends.text.meaning import read_declared
from steepest.frontends.text.spelling import canonical_name


def values_of(e: Expr, rng: np.random.Generator, sizes: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """The value of an expression at a random point, and that of its LaTeX read back."""
    nodes = toposort([e])
    variables = [n for n in nodes if isinstance(n, Variable)]
    arrays = [n for n in nodes if isinstance(n, Constant) and n.dtype is not None]
    point = {v: rng.uniform(0.3, 1.4, v.shape) for v in variables}
    shown = display_names(variables)
    declared = {canonical_name(shown[v]): plain(v.shape) for v in variables}
    declared |= {f"c{k + 1}": plain(c.shape) for k, c in enumerate(arrays)}
    named = {d.name: int(d) for n in nodes for d in n.shape if isinstance(d, Dim)}
    with np.errstate(all="ignore"):
        (value,) = evaluate([e], point)
        reading = read_declared(formula_latex(e), declared, {**sizes, **named}, plain(e.shape))
        read = reading.function(*point.values(), *(c.value for c in arrays))
    return np.asarray(value), np.broadcast_to(read, e.shape)


def plain(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(n) for n in shape)
