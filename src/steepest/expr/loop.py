"""Loops: what the results of one have in common, and how a result becomes a node.

``state = next(state, entry, fixed)`` is done `length` times, with the entries of the sequences in turn. The results
are the states at the end and stacks of what each step gives. Each result is a node of its own (`Scan`); results of
one loop have the same operands and the same next states, and are computed together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .body import body
from .build import fill, uniform_value
from .dimension import Dim, Shape
from .dtype import FLOAT64, DType, is_complex
from .node import Direction, Expr, Scan, Variable, intern
from .number import ZERO


@dataclass(frozen=True)
class Loop:
    """A loop without its results. The variables are bound: the states, the entries of the sequences, what is fixed."""

    variables: tuple[Variable, ...]
    next: tuple[Expr, ...]
    operands: tuple[Expr, ...]
    sequence_count: int
    length: int
    direction: Direction

    @property
    def states(self) -> tuple[Variable, ...]:
        return self.variables[: len(self.next)]

    @property
    def entries(self) -> tuple[Variable, ...]:
        return self.variables[len(self.next) : len(self.next) + self.sequence_count]

    @property
    def settled(self) -> tuple[Variable, ...]:
        """The variables that have one value in all steps."""
        return self.variables[len(self.next) + self.sequence_count :]

    @property
    def starts(self) -> tuple[Expr, ...]:
        return self.operands[: len(self.next)]

    def operand(self, v: Variable) -> Expr:
        """What a variable starts at, has the entries of, or is."""
        return self.operands[self.variables.index(v)]

    def last(self, k: int) -> Expr:
        """The state number k at the end."""
        if self.length == 0 or self.next[k] is self.variables[k]:
            return self.operands[k]
        return self._result(k, self.next, self.variables[k].shape, self.variables[k].dtype)

    def stack(self, e: Expr) -> Expr:
        """The values in all steps of an expression in the loop's variables."""
        if isinstance(e, Variable) and e in self.entries:
            return self.operand(e)
        shape = (self.length, *e.shape)
        filling = ZERO if self.length == 0 else uniform_value(e)
        if filling is not None:
            return fill(filling, shape)
        return self._result(len(self.next), (*self.next, e), shape, FLOAT64 if e.dtype is None else e.dtype)

    def on(self, operands: tuple[Expr, ...]) -> Loop:
        """The same loop on other operands; they are converted to the types of the variables.

        Raises:
            ValueError: if an operand has another shape, or is complex where the variable is not.
        """
        for v, e in zip(self.variables, operands, strict=True):
            shape = (self.length, *v.shape) if v in self.entries else v.shape
            if e.shape != shape or (is_complex(e.dtype) and not is_complex(v.dtype)):
                raise ValueError(f"a loop needs an operand of shape {shape} and type {v.dtype}, got {e}, {e.dtype}")
        return replace(self, operands=operands)

    def _result(self, result: int, outputs: tuple[Expr, ...], shape: Shape, dtype: DType) -> Expr:
        made = body(self.variables, outputs)
        fields = (made, len(self.next), self.sequence_count, result, self.length, self.direction)
        name = self.length.name if isinstance(self.length, Dim) else ""
        content = (repr(made), *fields[1:4], name or self.length, self.direction.value)
        node: Expr = intern(Scan, self.operands, shape, dtype, fields, (*fields, name), content)
        return node


def loop_of(n: Scan) -> Loop:
    """The loop that a node is a result of."""
    return Loop(n.body.variables, n.body.outputs[: n.states], n.args, n.sequences, n.length, n.direction)


def stacked(n: Scan) -> Expr | None:
    """What the entries of a node are, in the loop's variables; None if it is a last state."""
    outputs: tuple[Expr, ...] = n.body.outputs
    return outputs[n.states] if n.result == n.states else None


def rebuilt_scan(n: Scan, args: tuple[Expr, ...]) -> Expr:
    """The node on other operands."""
    loop = loop_of(n).on(args)
    e = stacked(n)
    return loop.last(n.result) if e is None else loop.stack(e)
