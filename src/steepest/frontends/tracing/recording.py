"""What one trace of a function collects besides the expression: guards, the values they saw, notes."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from steepest.errors import user_line, user_place
from steepest.expr.node import Expr
from steepest.ops.logic import isfinite

from .dependency import Dependencies
from .margins import margins

SHOWN = 6  # entries of an array that a guard looks at


@dataclass(frozen=True)
class Guard:
    """The trace took a path that holds only while `expr` has the value it had."""

    expr: Expr
    seen: Any
    where: str  # the user's line that looked at the value

    def shown_value(self) -> str:
        return np.array2string(self.seen, threshold=SHOWN, precision=6, separator=", ")

    def shown(self) -> str:
        return f"{self.shown_value()} at {self.where or 'unknown line'}"

    def holds(self, value: Any) -> bool:
        """Whether the value is the same again. A NaN is the same as a NaN: it takes the same branch."""
        return np.array_equal(value, self.seen) or (
            self.seen.dtype.kind in "fc" and np.array_equal(value, self.seen, equal_nan=True)
        )


@dataclass(frozen=True)
class Margin(Guard):
    """That a branch is not too close to call, see margins.py."""


@dataclass(frozen=True)
class Comparison:
    """A size that the function compared with a number, and its value in this run."""

    size: Expr
    value: int
    other: float


class Noting(Protocol):
    """What makes each call on the values alone, and notes it (`tape.py`)."""

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], tracers: Sequence[Any]) -> Any: ...

    def constant(self, value: Any) -> Any: ...


@dataclass
class Recording:
    """One run of a function on tracers."""

    guards: dict[tuple[Expr, bytes], Guard] = field(default_factory=dict)
    domain: dict[Expr, Guard] = field(default_factory=dict)  # where functions of `math` raise no error; margins
    read: dict[Expr, bool] = field(default_factory=dict)  # of what branches look at: whether it is read off the inputs
    comparisons: dict[Comparison, None] = field(default_factory=dict)  # of sizes with numbers
    lookups: dict[str, None] = field(default_factory=dict)  # the user's lines that look a size up in a set or dict
    has_derivatives: bool = False  # whether a derivative was taken inside the function
    inputs: dict[Expr, Any] = field(default_factory=dict)  # the example value of each variable
    filled: WeakKeyDictionary[Expr, Any] = field(default_factory=WeakKeyDictionary)  # see filling.py
    dependencies: Dependencies = field(default_factory=Dependencies)  # what it read besides its arguments
    changes: tuple[str, ...] = ()  # what it changed besides its own variables, in words
    writes: bool = False  # whether it wrote into its arguments
    lines: dict[Expr, tuple[str, int]] = field(default_factory=dict)  # where in the user's code each came to be
    order: dict[Expr, None] = field(default_factory=dict)  # what calls gave and guards look at, as they came
    namespace: Any = None  # NumPy as functions of this run see it
    moving: dict[Expr, Any] = field(default_factory=dict)  # arrays that a loop fills place by place: moving_arrays.py
    leaping: Any = None  # what makes loops of long ``for`` statements, see leaping.py
    unfinished: list[Callable[[], None]] = field(default_factory=list)  # what takes back steps left half done
    walked: Any = None  # what watches loops over long sequences, see sequences.py
    divides: bool = False  # whether numbers of Python's might go another way than NumPy's, where they are divided
    leapt: bool = False  # whether a derivative taken in it has a loop made of one step
    depth: int = 0
    finished: bool = False

    @property
    def noting(self) -> Noting | None:
        """What is asked for the calls in this run, if they are not to become expressions."""
        return None

    def guard(self, expr: Expr, value: Any) -> Any:
        """`value` leaves the trace (as a branch, an index, a shape): it must be the same next time."""
        seen = np.asarray(value)
        key = (expr, seen.tobytes())
        if key not in self.guards:
            self.order.setdefault(expr)
            self.guards[key] = guard = Guard(expr, seen.copy(), user_line())
            for condition in margins(expr, self.read):
                if condition not in self.domain:
                    self.order.setdefault(condition)
                    self.domain[condition] = Margin(condition, np.ones(condition.shape, bool), guard.where)
        return value

    def made(self, expr: Expr) -> None:
        """A call of the user's gave this."""
        self.order.setdefault(expr)
        if expr not in self.lines and (place := user_place()) is not None:
            self.lines[expr] = place

    def take_back(self) -> None:
        """Put what stands for the user's lists and numbers in steps left half done out of their places."""
        while self.unfinished:
            self.unfinished.pop()()

    def stay_finite(self, expr: Expr) -> None:
        """Python would raise an error where this is not finite; the trace holds where it does not."""
        self.stay_true(isfinite(expr))

    def stay_true(self, condition: Expr) -> None:
        """Python would raise an error elsewhere."""
        if condition not in self.domain:
            self.domain[condition] = Guard(condition, np.asarray(True), user_line())
            self.order.setdefault(condition)

    def compare_size(self, expr: Expr, value: int, other: float) -> None:
        """The function asked how a size compares with a number: it may act otherwise on the other side."""
        self.comparisons[Comparison(expr, value, other)] = None

    def look_up_size(self) -> None:
        """The function looked a size up in a set or dict: it may act otherwise at other lengths, nobody knows which."""
        self.lookups[user_line()] = None


class _Active(threading.local):
    def __init__(self) -> None:
        self.stack: list[Recording] = []


_active = _Active()
_counting = threading.Lock()

# How many recordings are under way in the whole process, where machine code can read it. At 0 there is none in this
# thread either.
under_way = ctypes.c_int64(0)


def current() -> Recording | None:
    """The innermost recording under way in this thread."""
    return _active.stack[-1] if _active.stack else None


def nesting() -> int:
    """How many recordings are under way in this thread."""
    return len(_active.stack)


def example_inputs() -> dict[Expr, Any]:
    """The example values of the variables of all traces under way."""
    found: dict[Expr, Any] = {}
    for r in _active.stack:
        found.update(r.inputs)
    return found


R = TypeVar("R", bound=Recording)


@contextmanager
def recording(kind: type[R]) -> Iterator[R]:
    """Run a trace; nested traces each have their own recording."""
    new = kind(depth=len(_active.stack))
    _count(1)
    _active.stack.append(new)
    try:
        yield new
    finally:
        new.finished = True
        _active.stack.remove(new)
        _count(-1)


def _count(change: int) -> None:
    with _counting:
        under_way.value += change


def _after_fork() -> None:
    """In the child, which has only the thread that forked."""
    global _counting
    _counting = threading.Lock()
    under_way.value = nesting()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
