"""Arrays filled entry by entry: ``y = np.zeros(n)``, then ``y[i] = …`` in a loop.

Each write makes a new expression; that of a loop of n writes must not be n masks of length n. So a recording
remembers how such an array came to be. What was written last is read back as the value itself: a recurrence
``y[i] = a * y[i - 1]`` is a chain of scalars. And the array is the sum of its entries at their places, beside
its old content under one mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from steepest.expr.build import add, array, contract, is_zero, zeros
from steepest.expr.dtype import DType
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.frontends.tracing.recording import Recording
from steepest.ops.complex_parts import cast
from steepest.ops.logic import logical_not
from steepest.ops.rearrange import Place, placed
from steepest.ops.selection import one_hot

from .subscripts import Part, Subscript, read

Key = tuple[int, ...]  # a place on each of the written axes
FEW = 16  # so many entries are put together anew at each write, which drops what was overwritten


@dataclass(eq=False)
class History:
    """Everything written to one array, shared by its stages; each sees what came before it."""

    values: dict[Key, list[tuple[int, Expr]]] = field(default_factory=dict)
    steps: int = 0

    def latest(self, key: Key, before: int) -> Expr | None:
        written = self.values.get(key, ())
        return next((value for step, value in reversed(written) if step < before), None)

    def until(self, step: int) -> History:
        """The same up to a step, to go on from there in another way."""
        kept = {key: [w for w in written if w[0] < step] for key, written in self.values.items()}
        return History({key: written for key, written in kept.items() if written}, step)


@dataclass(frozen=True, eq=False)
class Stage:
    """An array after some writes to places on certain axes."""

    base: Expr  # the array before them
    axes: tuple[int, ...]
    history: History
    step: int  # how much of the history has happened
    entries: Expr  # what was written, 0 elsewhere
    untouched: np.ndarray  # mask over the axes

    @property
    def is_complete(self) -> bool:
        return not self.untouched.any()

    def places(self, key: Key) -> list[Place]:
        at = dict(zip(self.axes, key, strict=True))
        return [at.get(k, range(n)) for k, n in enumerate(self.base.shape)]

    def after(self, key: Key, value: Expr) -> Stage:
        """One more write."""
        history = self.history if self.history.steps == self.step else self.history.until(self.step)
        is_new = bool(self.untouched[key])
        history.values.setdefault(key, []).append((self.step, value))
        history.steps = self.step + 1
        untouched = self.untouched.copy()
        untouched[key] = False
        stage = replace(self, history=history, step=self.step + 1, untouched=untouched)
        if untouched.size - np.count_nonzero(untouched) <= FEW or (is_new and stage.is_complete):
            return replace(stage, entries=stage.together())
        here = placed(value, self.places(key), self.base.shape)
        return replace(stage, entries=add(self.entries if is_new else self.without(key), here))

    def together(self) -> Expr:
        """The sum of all entries at their places."""
        latest = {key: self.history.latest(key, self.step) for key in self.history.values}
        shape = self.base.shape
        return add(zeros(shape), *(placed(v, self.places(k), shape) for k, v in latest.items() if v is not None))

    def without(self, key: Key) -> Expr:
        labels = tuple(range(self.base.ndim))
        sizes = (int(self.base.shape[axis]) for axis in self.axes)
        hits = [((axis,), one_hot(constant(k), n)) for axis, k, n in zip(self.axes, key, sizes, strict=True)]
        rest = logical_not(contract(hits, self.axes))
        return contract([(self.axes, rest), (labels, self.entries)], labels)

    def whole(self, dtype: DType) -> Expr:
        """The array now."""
        if self.is_complete or is_zero(self.base):
            return self.entries
        labels = tuple(range(self.base.ndim))
        kept = contract([(self.axes, array(self.untouched)), (labels, self.base)], labels)
        return add(cast(kept, dtype), self.entries)


def write_entry(source: Recording, target: Recording, x: Expr, subscript: Subscript, value: Expr, dtype: DType) -> Expr:
    """``x`` with `value` at one place on some of its axes, the others whole; remembered in the recording `target`."""
    axes = tuple(k for k, p in enumerate(subscript.parts) if isinstance(p, int))
    key = tuple(p for p in subscript.parts if isinstance(p, int))
    stage = source.filled.get(x)
    if stage is None or stage.axes != axes:
        lengths = tuple(int(x.shape[k]) for k in axes)
        stage = Stage(x, axes, History(), 0, zeros(x.shape), np.ones(lengths, dtype=bool))
    stage = stage.after(key, value)
    target.order.setdefault(stage.entries)
    result = stage.whole(dtype)
    target.filled[result] = stage
    return result


def remember_items(recording: Recording, items: Sequence[Expr], whole: Expr) -> None:
    """`whole` was made of a list: what is read of it is the item itself, where that is a constant a constant."""
    values = [e if e.dtype is None else cast(e, whole.dtype) for e in items]
    history = History({(k,): [(0, e)] for k, e in enumerate(values)}, 1)
    base, untouched = zeros(whole.shape), np.zeros(len(items), dtype=bool)
    recording.filled[whole] = Stage(base, (0,), history, 1, whole, untouched)


def entry_written(recording: Recording, x: Expr, subscript: Subscript) -> Expr | None:
    """What ``x[subscript]`` reads, if that has been written at once; what lies below the writes if it has not."""
    if not subscript.is_basic:
        return None
    found = None
    passed: set[Expr] = set()  # what an array was before it became what it is again
    while (stage := recording.filled.get(x)) is not None and x not in passed:
        passed.add(x)
        at = [p for p in subscript.parts if p is not None]
        key = tuple(p for k, p in enumerate(at) if k in stage.axes and isinstance(p, int))
        if len(key) != len(stage.axes):
            break
        value = stage.history.latest(key, stage.step)
        if value is not None:
            return _rest(recording, value, subscript, stage.axes)
        x = found = stage.base
    return None if found is None else read(found, subscript)


def _rest(recording: Recording, value: Expr, subscript: Subscript, done: tuple[int, ...]) -> Expr:
    """The parts of the subscript on the axes that are left."""
    parts: list[Part] = []
    axis = 0
    for p in subscript.parts:
        if p is None:
            parts.append(p)
            continue
        if axis not in done:
            parts.append(p)
        axis += 1
    rest = Subscript(tuple(parts), value.shape, subscript.scattered)
    found = entry_written(recording, value, rest)
    return read(value, rest) if found is None else found
