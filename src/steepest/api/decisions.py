"""What a capture decides by values: the branches that were taken, and conditions that choose between entries."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.engines.python.compile import compile_program
from steepest.expr.body import all_nodes, bodies_of
from steepest.expr.dtype import BOOL
from steepest.expr.node import Apply, Expr, Variable
from steepest.expr.traversal import toposort
from steepest.frontends.tracing.recording import Guard
from steepest.lower.lowering import lower
from steepest.ops.logic import ceil, differs, equals, floor, floor_divide, less, less_equal, rint, signbit, trunc
from steepest.ops.operation import Operation
from steepest.verify.searching import FEWEST, Decisions

COMPARISONS = frozenset({less, less_equal, equals, differs, signbit})
ROUNDING = frozenset({floor, ceil, trunc, rint, floor_divide})


def decisions_of(
    outputs: Sequence[Expr],
    guards: Sequence[Guard],
    variables: Sequence[Variable],
    inputs_at: Callable[[Sequence[np.ndarray]], Sequence[Any]],
    values: Sequence[np.ndarray],
) -> Decisions:
    """The decisions of a capture; `inputs_at` makes its inputs of the values that are nudged."""
    looked_at = [*outputs, *(g.expr for g in guards)]
    rounds = _has(looked_at, ROUNDING)
    seen = list(dict.fromkeys([*(g.expr for g in guards if g.expr.dtype == BOOL), *_searching(outputs)]))
    run = compile_program(lower(seen, variables))
    single = [k for k, e in enumerate(seen) if not e.shape]
    several = [k for k, e in enumerate(seen) if e.shape]

    def taken(flat: Sequence[np.ndarray]) -> NDArray[np.bool_]:
        with np.errstate(all="ignore"):
            found = run(*inputs_at(flat))
        return np.concatenate([np.array([found[k] for k in single], bool), *(np.ravel(found[k]) for k in several)])

    usual = taken(values)
    return Decisions(
        count=sum(math.prod(map(int, e.shape)) for e in seen),
        turned=lambda flat: taken(flat) != usual,
        hidden=not rounds and any(_decides(n) for n in toposort(looked_at)),
        rounds=rounds,
    )


def decisions_on_tape(outputs: Sequence[Expr]) -> Decisions:
    """Those of the pieces on a tape, which cannot be looked at elsewhere than where it was made."""
    rounds = _has(outputs, ROUNDING)
    return Decisions(0, lambda flat: np.zeros(0, bool), not rounds and compares(outputs), rounds)


def compares(outputs: Sequence[Expr]) -> bool:
    """Whether values are compared on the way to the outputs, in loops too."""
    return _has(outputs, COMPARISONS)


def _searching(outputs: Sequence[Expr]) -> list[Expr]:
    """The comparisons that a search could be made of: of numbers, and of arrays if enough are made in turn.

    A search compares at a place that comparisons before have chosen. A kink in each entry of an array does not, and to
    look for its turns would cost many passes over data.
    """
    comparisons: list[Expr] = []
    in_turn: dict[Expr, int] = {}  # the most comparisons on a way to a node, with it
    for n in toposort(outputs):
        in_turn[n] = max((in_turn[a] for a in n.args), default=0)
        if isinstance(n, Apply) and n.op in COMPARISONS:
            in_turn[n] += 1
            comparisons.append(n)
    is_long = max(in_turn.values(), default=0) >= FEWEST
    return [n for n in comparisons if is_long or not n.shape]


def _decides(n: Expr) -> bool:
    """Whether a loop, or the function given to a solver, compares values in it."""
    return compares([e for body in bodies_of(n) for e in body.outputs])


def _has(outputs: Sequence[Expr], which: frozenset[Operation]) -> bool:
    return any(isinstance(n, Apply) and n.op in which for n in all_nodes(outputs))
