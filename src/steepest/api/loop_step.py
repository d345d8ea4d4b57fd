"""One step of a loop, traced: what it makes of the state, and whether the next step can be the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, CaptureError, located, place_of
from steepest.expr.dimension import Shape
from steepest.expr.dtype import COMPLEX64, FLOAT32
from steepest.expr.node import Add, Apply, Constant, Einsum, Expr, Variable
from steepest.expr.traversal import depends_on, toposort
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.recording import Guard
from steepest.frontends.tracing.tracer import Tracer
from steepest.frontends.trees import flatten, unflatten
from steepest.ops.closure import split_closure
from steepest.ops.complex_parts import cast

from .arguments import Leaf
from .function import record_of, value_of

Function = Callable[..., Any]
NUMBERS = (bool, int, float, complex)


@dataclass(frozen=True)
class Step:
    """A step as it was traced.

    `states` and `entries` are its variables, for the numbers in the state and in x; `next` and `ys` what it makes of
    them, for the numbers that it returns. These have symbols for all that is `free`.
    """

    where: str
    state_tree: Any
    before: Sequence[Any]  # the leaves of the state, before the step and after it
    after: Sequence[Any]
    next_tree: Any
    y_leaves: Sequence[Any]
    y_tree: Any
    states: Sequence[Variable]
    entries: Sequence[Variable]
    next: Sequence[Expr]
    ys: Sequence[Expr]
    free: Mapping[Variable, Expr]
    guards: Sequence[Guard]  # what one step looked at
    common_guards: Sequence[Guard]  # what it looked at that is the same in all steps
    capture: Capture

    @property
    def numbers(self) -> list[Any]:
        """The numbers in the state before the step."""
        return [x for x in self.before if is_number(x)]

    @property
    def cannot_object(self) -> bool:
        """Whether no value can matter to how it runs: it has no branch, and nothing in it raises errors."""
        return not self.guards and all(map(_is_arithmetic, toposort([*self.next, *self.ys])))

    def put_together(self, numbers: Sequence[Any]) -> tuple[Any, Any]:
        """A state and ys with these numbers in the places of the step's own."""
        left = iter(numbers)
        state = [next(left) if is_number(x) else x for x in self.before]
        ys = [next(left) if is_number(x) else x for x in self.y_leaves]
        return unflatten(self.state_tree, state), unflatten(self.y_tree, ys)

    @property
    def changes(self) -> list[str]:
        """How the state after the step differs in kind from that before it."""
        if self.next_tree != self.state_tree:
            return [f"its structure, from {self.state_tree} to {self.next_tree}"]
        brought = [a for e in self.free.values() for a in (e, *e.args)]  # from outside, widened for the step or not
        single = any(n.dtype in (FLOAT32, COMPLEX64) for n in (*toposort([*self.next, *self.ys]), *brought))
        names = [a.codify("state") for a in self.state_tree.accessors()]
        kinds = [(_kind(a, single), _kind(b, single)) for a, b in zip(self.before, self.after, strict=True)]
        return [f"{name}, from {a} to {b}" for name, (a, b) in zip(names, kinds, strict=True) if a != b]

    def unstable(self, name: str) -> CaptureError:
        """The complaint about a state that goes on changing."""
        return CaptureError(
            located(f"{name}: a step changes the kind of the state: {'; '.join(self.changes)}", self.where)
            + "\n    A loop is recorded as one step, which needs a state of the same shapes and types every time."
            + "\n    Begin with a state as the body returns it (np.zeros of the final shape), or write a Python loop."
        )


def _is_arithmetic(n: Expr) -> bool:
    """A number, or sums, products and entrywise functions of floating-point numbers."""
    if n.dtype is not None and n.dtype.kind not in "fb":  # one number has no type of its own
        return False
    return isinstance(n, (Variable, Constant, Add, Einsum)) or (isinstance(n, Apply) and n.op.elementwise)


def trace_step(function: Function, state: Any, x: Any, condition: Function | None = None) -> Step:
    """One step of ``state, y = function(state, x)``; of ``state = function(state); y = condition(state)`` if given."""
    before, state_tree = flatten(state)
    entries, x_tree = flatten(x)
    leaves = [Leaf(plain_number(v), varies=is_number(v), shape=_named_shape(v)) for v in (*before, *entries)]
    names = [f"state{k}" for k in range(len(before))] + [f"x{k}" for k in range(len(entries))]
    count = len(before)

    def call(f: Function, values: Sequence[Any]) -> Any:
        inner = unflatten(state_tree, values[:count])
        if condition is None:
            return f(inner, unflatten(x_tree, values[count:]))
        new = f(inner)
        return new, _truth(condition(new))

    s = record_of(function).trace(leaves, names, call)
    where = place_of(function)
    found = unflatten(s.capture.tree, list(s.capture.values))
    (after, next_tree), (y_leaves, y_tree) = map(flatten, pair_of(found, function))
    own = s.capture.variables
    exprs, free = split_closure([*s.capture.outputs, *(g.expr for g in s.capture.guards)], own)
    outputs = [cast(e, _dtype(v)) if is_number(v) else e for e, v in zip(exprs, (*after, *y_leaves), strict=False)]
    numbers = sum(map(is_number, before))
    varying = depends_on([g.expr for g in s.capture.guards], own)
    watched = list(zip(s.capture.guards, exprs[len(outputs) :], strict=True))
    return Step(
        where, state_tree, before, after, next_tree, y_leaves, y_tree, own[:numbers], own[numbers:],
        [e for e, v in zip(outputs, after, strict=False) if is_number(v)],
        [e for e, v in zip(outputs[len(after) :], y_leaves, strict=True) if is_number(v)],
        free, [replace(g, expr=e) for g, e in watched if g.expr in varying],
        [g for g, _ in watched if g.expr not in varying], s.capture,
    )  # fmt: skip


def _named_shape(x: Any) -> Shape | None:
    return x.expr.shape if isinstance(x, Tracer) else None


def pair_of(found: Any, function: Function) -> tuple[Any, Any]:
    """What a body returned; raises ArgumentError if it is no pair."""
    if not isinstance(found, tuple) or len(found) != 2:
        where = place_of(function)
        raise ArgumentError(located("scan: the body must return a pair, the next state and y", where))
    return found


def _dtype(x: Any) -> np.dtype:
    return np.asarray(value_of(x)).dtype


def _truth(c: Any) -> Any:
    return np.not_equal(c, 0) if isinstance(c, Tracer) else c


def is_number(x: Any) -> bool:
    """Whether a leaf is a number or an array of numbers."""
    return isinstance(x, (Tracer, np.ndarray, np.generic, *NUMBERS)) and np.asarray(value_of(x)).dtype.kind in "biufc"


def plain_number(x: Any) -> Any:
    """A number of Python's as NumPy's; anything else as it is."""
    return np.asarray(x)[()] if isinstance(x, NUMBERS) and not isinstance(x, np.generic) else x


def _kind(x: Any, single: bool) -> str:
    """Shape and type; a plain number is of a kind of its own where arrays of single precision are about."""
    if not is_number(x):
        return _kind_of_object(x)
    if single and isinstance(x, NUMBERS) and not isinstance(x, np.generic):
        return "a plain number"
    value = np.asarray(value_of(x))
    return f"{value.dtype} of shape {value.shape}"


def _kind_of_object(x: Any) -> str:
    return f"{type(x).__name__} {x!r}"
