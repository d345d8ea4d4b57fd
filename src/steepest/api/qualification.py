"""What a formula takes for granted: the branch that was taken, and arrays that stand in it by name.

A formula is read off one run of the function. If that run took a branch on a value, the formula holds on that
branch only, and says so; if it uses a fixed array, it says what the array is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steepest.expr.node import Constant, Expr
from steepest.expr.traversal import toposort
from steepest.formula.printing import condition_text, formula_text, symbols
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.recording import Guard
from steepest.rewrite.readable.conditions import Conditions

from .thresholds import out_of_reach

SHOWN = 12  # entries of a fixed array that are written out


@dataclass(frozen=True)
class Qualification:
    """The conditions of a formula, where it is 0 by convention, and the fixed arrays in it, as lines of text."""

    conditions: tuple[str, ...]
    conventions: tuple[str, ...]
    arrays: tuple[str, ...]

    def lines(self) -> list[str]:
        return [*(f"for {c}" for c in self.conditions), *self.conventions, *(f"with {a}" for a in self.arrays)]


def qualification(e: Expr, capture: Capture, conditions: Conditions) -> Qualification:
    """What is to be said beside the formula of `e`."""
    guards = [*map(_condition, capture.guards), *map(condition_text, out_of_reach(capture.comparisons))]
    return Qualification(
        tuple(dict.fromkeys([*guards, *(f"{formula_text(u)} ≠ 0" for u in conditions.nonzero)])),
        (
            *(f"0 where {formula_text(u)} = 0" for u in conditions.zero),
            *(f"terms over {formula_text(u)} are 0 where {formula_text(u)} = 0" for u in conditions.zero_terms),
        ),
        tuple(_array(name, c) for c, name in fixed_arrays(e)),
    )


def fixed_arrays(e: Expr) -> list[tuple[Constant, str]]:
    """The fixed arrays of an expression with the names they are printed by."""
    names = symbols(e)
    return [
        (n, str(getattr(names[n], "name", "")))
        for n in toposort([e])
        if isinstance(n, Constant) and n.dtype is not None
    ]


def same_arrays(e: Expr, others: Sequence[Expr]) -> bool:
    """Whether other expressions have the same fixed arrays, in the same places."""
    mine = [c.value for c, _ in fixed_arrays(e)]
    for other in others:
        theirs = [c.value for c, _ in fixed_arrays(other)]
        if len(mine) != len(theirs) or not all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True)):
            return False
    return True


def _condition(guard: Guard) -> str:
    text = condition_text(guard.expr)
    if guard.seen.dtype == np.bool_ and guard.seen.ndim == 0:
        return text if guard.seen else f"not ({text})"
    if guard.seen.size <= SHOWN:
        return f"{text} = {np.array2string(guard.seen, separator=', ')}"
    return f"the value that {guard.where or 'the function'} looks at"


def _array(name: str, c: Constant) -> str:
    if c.value.size <= SHOWN:
        return f"{name} = {np.array2string(c.value, separator=', ').replace(chr(10), '')}"
    return f"{name} = a fixed array of shape {c.value.shape}"
