"""What differs from step to step by a rule of its own, as sequences: numbers, fixed arrays, places read."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from steepest.expr.build import Operand, array, contract, structured, variable
from steepest.expr.dtype import BOOL, DType
from steepest.expr.node import Constant, Einsum, Expr, Structured, Variable
from steepest.expr.number import is_number
from steepest.expr.pattern import Affine
from steepest.expr.traversal import depends_on, toposort
from steepest.ops.selection import one_hot

ENTRY = -(2**46)  # the tag of symbols for entries of sequences, until they are bound

Row = Sequence[Expr]  # one number, fixed array or rule in all steps
Rows = Mapping[Expr, Row]  # by what it is in the step that stands for all


def lengthened(e: Expr, rows: Rows, stacks: Mapping[Expr, Expr], count: int) -> tuple[int, list[Operand]] | None:
    """The operands of a contraction in all steps at once, with a further label for the steps, and that label.

    `stacks` gives those which are known in all steps. None if places read do not move evenly.
    """
    assert isinstance(e, Einsum)
    time = next(e.fresh_labels())
    operands: list[Operand] = []
    for labels, a in e.operands():
        row = rows.get(a)
        if a in stacks:
            operands.append(((time, *labels), stacks[a]))
        elif row is None:
            operands.append((labels, a))
        elif isinstance(a, Structured):
            moved = moving(row)
            if moved is None:
                return None
            operands.append(((*labels, time), moved))
        else:
            operands.append(((time, *labels), array(stacked(row, e.dtype))))
    return time, operands


def in_all_steps(e: Expr, rows: Rows, count: int) -> Expr | None:
    """A contraction that no state goes into, in all steps, along a new first axis; None if that cannot be said."""
    found = lengthened(e, rows, {}, count)
    if found is None or e.dtype is None or not isinstance(e, Einsum):
        return None
    time, operands = found
    return contract(operands, (time, *e.out), e.label_sizes() | {time: count})


def total(e: Expr, rows: Rows, stacks: Mapping[Expr, Expr], count: int) -> Expr | None:
    """The sum of a contraction over the steps; None if that cannot be said."""
    found = lengthened(e, rows, stacks, count)
    return None if found is None or not isinstance(e, Einsum) else contract(found[1], e.out, e.out_sizes())


def moving(row: Row) -> Expr | None:
    """A rule whose offset moves by the same number of places in each step, with the steps as a new last axis."""
    patterns = [n.pattern for n in row if isinstance(n, Structured) and isinstance(n.pattern, Affine)]
    offsets = [p.offset for p in patterns]
    move = offsets[1] - offsets[0]
    if any(b - a != move for a, b in itertools.pairwise(offsets)):
        return None
    pattern = Affine((*patterns[0].coefficients, move), offsets[0], patterns[0].relation)
    return structured(pattern, (*row[0].shape, len(row)))


def position(n: Expr) -> int | None:
    """The one place that a rule selects on one axis; None for other rules."""
    if isinstance(n, Structured) and isinstance(n.pattern, Affine) and n.ndim == 1 and n.pattern.relation == "==":
        place, rest = divmod(-n.pattern.offset, n.pattern.coefficients[0])
        return place if rest == 0 and 0 <= place < n.shape[0] else None
    return None


def stacked(row: Row, dtype: DType) -> np.ndarray:
    """The values of numbers or fixed arrays in all steps, along a new first axis."""
    return np.stack([np.asarray(n.value, n.dtype or dtype) for n in row if isinstance(n, Constant)])


class Sequences:
    """The symbols for what differs between steps, their sequences, and what in the step they stand for."""

    def __init__(self, count: int):
        self.count = count
        self.operands: dict[Variable, Expr] = {}
        self.symbols: dict[Expr, Expr] = {}

    def _symbol(self, sequence: Expr) -> Variable:
        v = variable(f"entry{len(self.operands)}", sequence.shape[1:], sequence.dtype, ENTRY)
        self.operands[v] = sequence
        return v

    def enter(self, roots: Sequence[Expr], rows: Rows, states: Sequence[Expr]) -> bool:
        """Symbols for all that differs under `roots`, besides the states; False if there is something that has none."""
        late = depends_on(roots, states)
        for n in toposort(roots):
            if isinstance(n, Einsum) and n not in late and any(isinstance(a, Structured) and a in rows for a in n.args):
                sequence = in_all_steps(n, rows, self.count) if self._is_one_rule(n, rows) else None
                if sequence is not None:
                    self.symbols[n] = self._symbol(sequence)
        parents: dict[Expr, set[DType]] = {}
        for n in toposort(roots, stop=self.symbols.keys()):
            for a in () if n in self.symbols else n.args:
                if a in rows and a not in self.symbols:
                    parents.setdefault(a, set()).add(n.dtype)
        return all(self._enter_leaf(a, rows[a], types) for a, types in parents.items())

    def _is_one_rule(self, n: Expr, rows: Rows) -> bool:
        """Whether all that differs in a contraction are operands of its own."""
        return not any(m in rows for a in n.args if a not in rows for m in toposort([a]))

    def _enter_leaf(self, n: Expr, row: Row, parents: set[DType]) -> bool:
        if isinstance(n, Structured):
            places = [position(m) for m in row]
            if any(k is None for k in places):
                return False
            k = self._symbol(array(np.array(places, np.int64)))
            self.symbols[n] = one_hot(k, n.shape[0])
            return True
        if not is_number(n):
            self.symbols[n] = self._symbol(array(stacked(row, None)))
            return True
        kinds = {t for t in parents if t is not None and t != BOOL}
        values = np.array([m.value for m in row if isinstance(m, Constant)])
        if len(kinds) != 1 or len(parents) != 1 or any(m.sizes for m in row if isinstance(m, Constant)):
            return False
        (kind,) = kinds
        if not np.can_cast(values.dtype, kind, "same_kind"):
            return False
        self.symbols[n] = self._symbol(array(values.astype(kind)))
        return True
