"""A map over rows that take different branches.

A row of each branch is traced, and tells by its guards which rows take it too. Where there are few branches, each is
computed for all rows, and every row takes the result of its own: that goes on to hold when rows change branches.
Otherwise, and where a branch might fail for the rows of another (a singular matrix), the rows are grouped by branch,
each group is one batched computation, and the results are put back in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.calculus.batching import batch
from steepest.errors import ShapeError, located, place_of
from steepest.expr.build import array, contract, fill, variable
from steepest.expr.node import Apply, Expr, Scan
from steepest.expr.number import ONE
from steepest.expr.traversal import contains_variable, toposort
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.recording import Recording
from steepest.frontends.tracing.tracer import Tracer, as_expr
from steepest.frontends.trees import unflatten
from steepest.ops import logic
from steepest.ops.substitution import substitute

from .arguments import Leaf
from .evaluation import evaluate_here
from .function import record_of, value_of

FEW = 4  # branches that are computed for all rows
MOST = 64  # branches that are told apart; with more, each row is computed for itself


@dataclass(frozen=True)
class Rows:
    """A function, and the leaves of its arguments: those that are `moved` have a row for each call along axis 0."""

    function: Callable[..., Any]
    leaves: Sequence[Any]
    moved: Sequence[bool]
    count: int
    call: Callable[[Any, Sequence[Any]], Any]  # puts leaves into the arguments

    def traced(self, row: int) -> Capture:
        """The function at one of the rows."""
        pairs = zip(self.leaves, self.moved, strict=True)
        leaves = [
            Leaf(np.asarray(value_of(x))[row] if m else x, varies=isinstance(x, (Tracer, np.ndarray, float)))
            for x, m in pairs
        ]
        names = [f"x{k}" for k in range(len(leaves))]
        return record_of(self.function).trace(leaves, names, self.call).capture

    def varying(self) -> list[int]:
        return [k for k, x in enumerate(self.leaves) if isinstance(x, (Tracer, np.ndarray, float))]

    def batched(self, capture: Capture, exprs: Sequence[Expr], rows: np.ndarray | None = None) -> list[Expr]:
        """Expressions of one row for all rows, or for some of them."""
        count = self.count if rows is None else len(rows)
        wide: dict[Expr, Expr] = {}
        inputs: dict[Expr, Expr] = {}
        for v, k in zip(capture.variables, self.varying(), strict=True):
            if self.moved[k]:
                wide[v] = variable(f"{v.name}_rows", (count, *v.shape), v.dtype, -1 - v.tag)
                inputs[wide[v]] = as_expr(self.leaves[k] if rows is None else self.leaves[k][rows])
            else:
                inputs[v] = as_expr(self.leaves[k])
        return substitute(batch(exprs, wide, count), inputs)


@dataclass(frozen=True)
class Branch:
    """What one row does, and which rows do the same."""

    capture: Capture
    takes: Expr  # a boolean for each row
    rows: np.ndarray  # the same, as it is here


def by_branch(rows: Rows, outer: Recording) -> Any:
    """The results of all rows, put together; None if there are too many branches."""
    branches = _told_apart(rows)
    if branches is None:
        return None
    for b in branches:
        outer.has_derivatives |= b.capture.has_derivatives
        outer.dependencies.include(b.capture.dependencies)
    first = branches[0].capture
    if any(b.capture.tree != first.tree or result_types(b.capture) != result_types(first) for b in branches):
        where = place_of(rows.function)
        raise ShapeError(located("vmap: rows that take different branches give results of different shapes", where))
    everywhere = len(branches) == 1 or (len(branches) <= FEW and all(is_total(b.capture) for b in branches))
    return unflatten(first.tree, (_chosen if everywhere else _grouped)(rows, branches, outer))


def is_total(c: Capture) -> bool:
    """Whether a branch can be computed for the rows of another: nothing in it raises an error, whatever the values."""
    return all(n.op.elementwise if isinstance(n, Apply) else not isinstance(n, Scan) for n in toposort(c.outputs))


def result_types(c: Capture) -> list[Any]:
    """The shape and type of each result."""
    return [(y.shape, np.asarray(v).dtype) for y, v in zip(c.outputs, c.values, strict=True)]


def _told_apart(rows: Rows) -> list[Branch] | None:
    """The branches of all rows; None if there are too many, or a row does not do again what it did."""
    left = np.ones(rows.count, bool)
    branches: list[Branch] = []
    while left.any():
        if len(branches) == MOST:
            return None
        row = int(np.argmax(left))
        capture = rows.traced(row)
        takes = _takes(rows, capture)
        here = np.asarray(evaluate_here([takes])[0]) & left
        if not here[row]:
            return None
        branches.append(Branch(capture, takes, here))
        left = left & ~here
    return branches


def _takes(rows: Rows, capture: Capture) -> Expr:
    """For each row whether the guards of a branch hold there, and nothing in it raises an error."""
    found = fill(ONE, (rows.count,))
    for g, expr in zip(capture.checks, rows.batched(capture, [g.expr for g in capture.checks]), strict=True):
        labels = tuple(range(expr.ndim))
        seen = contract([(labels[1:], array(g.seen))], labels, dict(enumerate(expr.shape)))
        differs = contract([(labels, logic.differs(expr, seen))], labels[:1])
        found = logic.logical_and(found, logic.logical_not(logic.nonzero(differs)))
    return found


# --- each branch for all rows ---------------------------------------------------------------------------


def _chosen(rows: Rows, branches: Sequence[Branch], outer: Recording) -> list[Any]:
    """Each row with the result of its branch."""
    results = [rows.batched(b.capture, b.capture.outputs) for b in branches]
    if len(branches) > 1:
        exprs: list[Expr] = []
        for k in range(len(results[0])):
            chosen = results[-1][k]
            for b, found in zip(branches[-2::-1], results[-2::-1], strict=True):
                chosen = _where(b.takes, found[k], chosen)
            exprs.append(chosen)
    else:
        exprs = results[0]
    values = evaluate_here(exprs)
    covered = branches[0].takes
    for b in branches[1:]:
        covered = logic.logical_or(covered, b.takes)
    if contains_variable(covered):
        outer.guard(covered, np.ones(rows.count, bool))
    return [Tracer(outer, e, v) for e, v in zip(exprs, values, strict=True)]


def _where(rows: Expr, a: Expr, b: Expr) -> Expr:
    labels = tuple(range(a.ndim))
    spread = contract([(labels[:1], rows)], labels, dict(enumerate(a.shape)))
    return logic.where(spread, a, b)


# --- each branch for its own rows -----------------------------------------------------------------------


def _grouped(rows: Rows, branches: Sequence[Branch], outer: Recording) -> list[Any]:
    """The results of the groups, in the order of the rows."""
    columns: list[list[Any]] = []
    for b in branches:
        if contains_variable(b.takes):
            outer.guard(b.takes, evaluate_here([b.takes])[0])
        exprs = rows.batched(b.capture, b.capture.outputs, np.flatnonzero(b.rows))
        columns.append([Tracer(outer, e, v) for e, v in zip(exprs, evaluate_here(exprs), strict=True)])
    order = np.argsort(np.concatenate([np.flatnonzero(b.rows) for b in branches]))
    return [np.concatenate(parts)[order] for parts in zip(*columns, strict=True)]
