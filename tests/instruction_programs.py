"""Random array programs: every kind of instruction, in shapes that lowering seldom makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from steepest.lower.emitter import Emitter
from steepest.lower.program import VIEWS, Piece, Place, Program, Register, Window, without_unread
from steepest.ops.elementary import sin, tanh
from steepest.ops.logic import less, less_equal
from steepest.ops.operation import Operation
from steepest.ops.piecewise import absolute, maximum, minimum
from steepest.ops.power import sqrt

MOST_ENTRIES = 6000
BOOL, INT = np.dtype(np.bool_), np.dtype(np.int64)
EDGES = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 130, 1000)  # on both sides of every threshold


@dataclass
class Case:
    """A program with inputs for it."""

    program: Program
    inputs: list[Any]

    def of(self, *outputs: Register) -> Case:
        """The same instructions for other results."""
        p = self.program
        kept = without_unread(list(p.instructions), outputs)
        return Case(Program(p.names, p.inputs, outputs, p.constants, kept, p.registers), self.inputs)


@dataclass
class Draw:
    """A program under construction, made of what a generator draws."""

    rng: np.random.Generator
    dtype: np.dtype
    sizes: Sequence[int]
    emitter: Emitter = field(default_factory=Emitter)
    inputs: dict[Register, Any] = field(default_factory=dict)
    arrays: list[Register] = field(default_factory=list)  # floating-point ones, to be used further
    masks: list[Register] = field(default_factory=list)
    indices: list[Register] = field(default_factory=list)

    # --- what instructions are made of -----------------------------------------------------------------

    def pick(self, items: Sequence[Any]) -> Any:
        return items[int(self.rng.integers(len(items)))]

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def array(self) -> Register:
        """One of the arrays so far, more often a late one."""
        if self.chance(0.5):
            return self.pick(self.arrays[-4:])
        return self.pick(self.arrays)

    def shape(self, r: Register) -> tuple[int, ...]:
        return tuple(self.emitter.shape(r))

    def new_shape(self, most_rank: int = 3) -> tuple[int, ...]:
        rank = int(self.rng.choice([0, 1, 2, 3], p=[0.06, 0.34, 0.45, 0.15]))
        shape = tuple(int(self.pick(self.sizes)) for _ in range(min(rank, most_rank)))
        while prod(shape) > MOST_ENTRIES:
            shape = shape[:-1]
        return shape

    def size_beside(self, n: int) -> int:
        """A length that makes no large matrix with another."""
        return min(int(self.pick(self.sizes)), max(MOST_ENTRIES // n, 1))

    def input(self, shape: tuple[int, ...], kind: str = "f") -> Register:
        dtype = {"f": self.dtype, "b": BOOL, "i": INT}[kind]
        r = self.emitter.new(shape, dtype)
        match kind:
            case "f":
                value: Any = self.rng.uniform(-1, 1, shape)
            case "b":
                value = self.rng.random(shape) < 0.6
            case _:
                value = self.rng.integers(-2, 12, shape)
        self.inputs[r] = np.asarray(value, dtype)[()]
        return r

    def constant(self, shape: tuple[int, ...]) -> Register:
        return self.emitter.array(np.asarray(self.rng.uniform(-1, 1, shape), self.dtype))

    def beside(self, x: Register) -> Register:
        """Something that goes with an array: of its shape, a part of it, or a number."""
        e, shape = self.emitter, self.shape(x)
        alike = [r for r in self.arrays if self.shape(r) == shape]
        choice = self.rng.random()
        if choice < 0.5 and alike:
            return self.pick(alike)
        if choice < 0.6:
            return e.literal(self.pick([0.5, -2.0, 3.0, 0.0, 1.0, -1.0, 2]))
        numbers = [r for r in self.arrays if not self.shape(r)]
        if choice < 0.7 and numbers:
            return self.pick(numbers)
        if choice < 0.8 or not shape:
            return self.constant(tuple(n if self.chance(0.7) else 1 for n in shape[int(self.rng.integers(2)) :]))
        axis = int(self.rng.integers(len(shape)))
        s = e.sum(x, (axis,))
        return e.rearrange(s, (*range(axis), None, *range(axis, len(shape) - 1)))

    def bounded(self, x: Register) -> Register:
        """Values that further operations keep in bounds."""
        e = self.emitter
        if e.dtype(x) != self.dtype:
            x = e.convert(x, self.dtype)
        return e.call(tanh, [x], (), e.shape(x), self.dtype) if self.chance(0.4) else self.scaled(x)

    def scaled(self, x: Register) -> Register:
        return self.emitter.arithmetic("*", self.emitter.literal(0.25), x) if self.chance(0.5) else x

    # --- instructions ------------------------------------------------------------------------------------

    def arithmetic(self) -> Register:
        x = self.array()
        y = self.beside(x)
        sign = self.pick("+-*")
        if self.chance(0.1):
            e = self.emitter
            square = e.arithmetic("*", y, y)
            return e.arithmetic("/", x, e.arithmetic("+", square, e.literal(1.0)))
        pair = (x, y) if self.chance(0.5) else (y, x)
        return self.emitter.arithmetic(sign, *pair)

    def unary(self) -> Register:
        e, x = self.emitter, self.array()
        if self.chance(0.2):
            return e.negative(x)
        op: Operation = self.pick([tanh, sin, absolute])
        y = e.call(op, [x], (), e.shape(x), self.dtype)
        return e.call(sqrt, [y], (), e.shape(x), self.dtype) if op is absolute and self.chance(0.3) else y

    def binary(self) -> Register:
        e, x = self.emitter, self.array()
        y = self.beside(x)
        shape = np.broadcast_shapes(e.shape(x), e.shape(y))
        return e.call(self.pick([maximum, minimum]), [x, y], (), shape, self.dtype)

    def select(self) -> Register:
        e, x = self.emitter, self.array()
        fitting = [m for m in self.masks if self.shape(m) in (self.shape(x), ())]
        if fitting and self.chance(0.4):
            return e.select(self.pick(fitting), x)
        y = self.beside(x)
        shape = np.broadcast_shapes(e.shape(x), e.shape(y))
        mask = e.call(self.pick([less, less_equal]), [x, y], (), shape, BOOL)
        if self.masks and self.chance(0.3):
            others = [m for m in self.masks if self.shape(m) == self.shape(mask)]
            mask = e.arithmetic(self.pick("&|"), mask, self.pick(others)) if others else mask
        self.masks.append(mask)
        if self.chance(0.2):
            return e.sum(mask, tuple(range(len(shape)))[: int(self.rng.integers(1, 3))]) if shape else mask
        return e.select(mask, x)

    def rearrange(self) -> Register:
        x = self.array()
        axes: list[int | None] = [int(k) for k in self.rng.permutation(len(self.shape(x)))]
        if self.chance(0.3):
            axes.insert(int(self.rng.integers(len(axes) + 1)), None)
        return self.emitter.rearrange(x, axes)

    def window(self, n: int) -> Place:
        if self.chance(0.15):
            return int(self.rng.integers(n))
        step = int(self.rng.choice([1, 1, 1, -1, 2, -2, 3]))
        count = int(self.rng.integers(1, max(n // abs(step), 1) + 1))
        if self.chance(0.4):
            count = (n - 1) // abs(step) + 1
        reach = abs(step) * (count - 1)
        first = int(self.rng.integers(n - reach))
        return Window(first if step > 0 else first + reach, step, count)

    def slice(self) -> Register:
        x = self.array()
        return self.emitter.slice(x, [Window(0, 1, n) if self.chance(0.4) else self.window(n) for n in self.shape(x)])

    def diagonal(self) -> Register:
        x = self.array()
        shape = self.shape(x)
        pairs = [(i, j) for i in range(len(shape)) for j in range(i) if shape[i] == shape[j]]
        if not pairs:
            return self.outer()
        i, j = self.pick(pairs)
        labels = list(range(len(shape)))
        labels[i] = j
        out = [k for k in range(len(shape)) if k != i]
        return self.emitter.diagonal(x, tuple(labels), tuple(int(k) for k in self.rng.permutation(out)))

    def reshape(self) -> Register:
        x = self.array()
        shape = self.shape(x)
        n = prod(shape)
        if len(shape) > 1 and self.chance(0.5):
            k = int(self.rng.integers(len(shape) - 1))
            return self.emitter.reshape(x, (*shape[:k], shape[k] * shape[k + 1], *shape[k + 2 :]))
        divisors = [d for d in range(1, min(n, 100) + 1) if n % d == 0]
        d = int(self.pick(divisors))
        return self.emitter.reshape(x, (d, n // d) if self.chance(0.8) else (n,))

    def windows(self) -> Register:
        x = self.array()
        shape = self.shape(x)
        if not shape:
            return self.arithmetic()
        count = int(self.rng.integers(1, 6))
        steps = (int(self.pick([1, 1, -1, 2, 0])), int(self.pick([1, -1, 2])))[: int(self.rng.integers(1, 3))]
        counts = (int(self.rng.integers(1, shape[-1] + 3)), count)[: len(steps)]
        return self.emitter.windows(x, int(self.rng.integers(-2, 3)), steps, counts)

    def fill(self) -> Register:
        x = self.array()
        return self.emitter.fill(x, (self.size_beside(prod(self.shape(x))), *self.shape(x)), self.dtype)

    def embed(self) -> Register:
        e = self.emitter
        target = self.shape(self.array()) or (int(self.pick(self.sizes)),)
        pieces = [self.piece(target) for _ in range(int(self.rng.integers(1, 4)))]
        return e.embed(pieces, target)

    def piece(self, target: tuple[int, ...]) -> Piece:
        """Somewhere in an array: a part, a diagonal of it, or the same along an axis."""
        places = [self.window(n) for n in target]
        axes = [k for k, p in enumerate(places) if isinstance(p, Window)]
        follows = [10 + k for k in axes]
        for i, k in enumerate(axes):
            for j in range(i):
                first, other = places[axes[j]], places[k]
                assert isinstance(first, Window)
                assert isinstance(other, Window)
                if self.chance(0.3):
                    count = min(first.count, other.count)
                    for a, w in ((axes[j], first), (k, other)):
                        places[a] = Window(w.start, w.step, count)
                    follows[i] = follows[j]
        counts: dict[int, int] = {}
        for label, k in zip(follows, axes, strict=True):
            place = places[k]
            assert isinstance(place, Window)
            counts[label] = min(counts.get(label, place.count), place.count)
        for label, k in zip(follows, axes, strict=True):
            place = places[k]
            assert isinstance(place, Window)
            places[k] = Window(place.start, place.step, counts[label])
        carried = [int(i) for i in self.rng.permutation(list(counts)) if self.chance(0.8)]
        source = self.of_shape(tuple(counts[i] for i in carried))
        return Piece(source, tuple(places), tuple(follows), tuple(carried))

    def of_shape(self, shape: tuple[int, ...]) -> Register:
        """An array of that shape: one there is, a part of a larger one, or a new input."""
        e = self.emitter
        alike = [r for r in self.arrays if self.shape(r) == shape]
        if alike and self.chance(0.6):
            return self.pick(alike)
        larger = [
            r
            for r in self.arrays
            if len(self.shape(r)) == len(shape) and all(n >= m for n, m in zip(self.shape(r), shape, strict=True))
        ]
        if larger and self.chance(0.8):
            r = self.pick(larger)
            return e.slice(r, [Window(n - m, 1, m) for n, m in zip(self.shape(r), shape, strict=True)])
        return self.input(shape)

    def gather(self) -> Register:
        x = self.array()
        shape = self.shape(x)
        if not shape:
            return self.unary()
        shared = (0,) if len(shape) > 1 and self.chance(0.3) else ()
        index = self.index(shape[: len(shared)])
        rest = shape[len(shared) + 1 :]
        if prod((*self.shape(index), *rest)) > MOST_ENTRIES:
            return self.unary()
        return self.emitter.gather(x, index, shared, self.pick([0, -1]))

    def index(self, lead: tuple[int, ...]) -> Register:
        shape = (*lead, *(() if self.chance(0.15) and not lead else (int(self.pick(self.sizes)),)))
        known = [r for r in self.indices if self.shape(r) == shape]
        if known and self.chance(0.7):
            return self.pick(known)
        if self.chance(0.3):
            r = self.emitter.array(self.rng.integers(-1, 9, shape))
        else:
            r = self.input(shape, "i")
        self.indices.append(r)
        return r

    def scatter(self) -> Register:
        x = self.array()
        shape = self.shape(x)
        if not shape:
            return self.unary()
        shared = (0,) if len(shape) > 1 and self.chance(0.3) else ()
        index = self.input(shape[: len(shared) + 1], "i")
        return self.emitter.scatter(x, index, shared, int(self.pick(self.sizes)))

    def sum(self) -> Register:
        x = self.array()
        rank = len(self.shape(x))
        axes = [k for k in range(rank) if self.chance(0.5)] or list(range(rank))
        return self.emitter.sum(x, axes)

    def fold(self) -> Register:
        x = self.array()
        return self.emitter.fold(self.pick([maximum, minimum]), x) if self.shape(x) else self.unary()

    def matmul(self) -> Register:
        x = self.array()
        shape = self.shape(x)
        if not shape:
            return self.unary()
        other = (shape[-1],) if self.chance(0.4) else (shape[-1], self.size_beside(shape[-1]))
        if len(shape) == 3 and len(other) == 2 and self.chance(0.5):
            other = (shape[0], *other)
        y = self.of_shape(other)
        return self.emitter.matmul(x, y)

    def tensordot(self) -> Register:
        x = self.array()
        shape = self.shape(x)
        if not shape:
            return self.outer()
        axis = int(self.rng.integers(len(shape)))
        y = self.of_shape((self.size_beside(shape[axis]), shape[axis]) if self.chance(0.6) else (shape[axis],))
        return self.emitter.tensordot(x, y, (axis,), (len(self.shape(y)) - 1,))

    def outer(self) -> Register:
        x, y = self.array(), self.array()
        if prod(self.shape(x)) * prod(self.shape(y)) > MOST_ENTRIES:
            return self.unary()
        return self.emitter.tensordot(x, y, (), ())

    def contraction(self) -> Register:
        """Of two arrays with labels at random among those of fitting length: some alike, some summed."""
        pair = [self.array(), self.array()]
        sizes: dict[int, int] = {}
        labels = []
        for r in pair:
            own = []
            for n in self.shape(r):
                alike = [i for i, m in sizes.items() if m == n]
                label = self.pick(alike) if alike and self.chance(0.7) else len(sizes)
                sizes[label] = n
                own.append(label)
            labels.append(tuple(own))
        out = tuple(int(i) for i in self.rng.permutation(list(sizes)) if self.chance(0.6))
        if prod(sizes.values()) > 50 * MOST_ENTRIES:
            return self.unary()
        return self.emitter.contraction(pair, labels, out)

    def running_sum(self) -> Register:
        x = self.array()
        shape = self.shape(x)
        if not shape:
            return self.unary()
        count = int(self.pick([shape[-1], shape[-1], shape[-1] + 2, max(shape[-1] - 2, 1)]))
        offset = int(self.pick([0, 0, -1, 1, -3, 2]))
        return self.emitter.running_sum(x, offset, self.pick(["forward", "backward"]), count)


Rule = Callable[[Draw], Register]

RULES: tuple[Rule, ...] = (
    Draw.arithmetic, Draw.arithmetic, Draw.arithmetic, Draw.unary, Draw.unary, Draw.binary, Draw.select, Draw.rearrange,
    Draw.slice, Draw.slice, Draw.diagonal, Draw.reshape, Draw.windows, Draw.fill, Draw.embed, Draw.embed, Draw.gather,
    Draw.scatter, Draw.sum, Draw.sum, Draw.sum, Draw.fold, Draw.matmul, Draw.matmul, Draw.tensordot, Draw.contraction,
    Draw.contraction, Draw.running_sum,
)  # fmt: skip


def random_case(
    seed: int, length: int = 8, dtype: Any = np.float64, rules: Sequence[Rule] = RULES, sizes: Sequence[int] = EDGES
) -> Case:
    """A program of about `length` instructions, and inputs for it; few sizes, so that arrays meet."""
    rng = np.random.default_rng((77, seed))
    d = Draw(rng, np.dtype(dtype), [int(n) for n in rng.choice(sizes, size=int(rng.integers(1, 4)))])
    for _ in range(int(rng.integers(1, 4))):
        d.arrays.append(d.input(d.new_shape()))
    for _ in range(length):
        r = d.pick(rules)(d)
        if prod(d.shape(r)) > MOST_ENTRIES or len(d.shape(r)) > 5:
            continue
        d.arrays.append(d.bounded(r))
    made = {i.target: i for i in d.emitter.instructions}
    candidates = [r for r in d.arrays if r in made]
    chosen = [d.arrays[-1], *rng.permutation(candidates)[: int(rng.integers(3))]] if candidates else [d.arrays[-1]]
    outputs = tuple(owned(d, int(r), made) for r in dict.fromkeys(int(r) for r in chosen))
    e = d.emitter
    instructions = without_unread(e.instructions, outputs)
    names = tuple(f"x{k}" for k in range(len(d.inputs)))
    program = Program(names, tuple(d.inputs), outputs, e.constants, instructions, tuple(e.registers))
    return Case(program, list(d.inputs.values()))


def owned(d: Draw, r: Register, made: dict[Register, Any]) -> Register:
    """As an output: in memory of its own."""
    return r if r in made and not isinstance(made[r], VIEWS) else d.emitter.copy(r)
