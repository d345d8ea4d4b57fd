"""An entrance laid out in memory as the machine code reads it."""

from __future__ import annotations

import ctypes
import functools
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from steepest.engines.native.kernel import Kernel
from steepest.engines.native.machine.hold import hold
from steepest.engines.native.machine.loading import Loaded
from steepest.lower.program import ArrayType
from steepest.on_demand import on_first_call

from . import tables
from .entrance import (
    Argument,
    ArrayArgument,
    Condition,
    Container,
    ContainerArgument,
    Content,
    Entrance,
    Fixed,
    FixedArgument,
    InCell,
    InDict,
    Made,
    Mapping,
    NumberArgument,
    Output,
    Result,
    Unchanged,
)
from .layout import CODE, CONTENT, DEFAULTS, DICT_VERSION, KEYWORD_DEFAULTS, dicts_have_versions, tuples_know_their_hash
from .routines import access, maker_of_float64, routines
from .tables import ArgumentKind, ConditionKind, EntryRow, OutputKind, PartKind, StepKind, Table

memory_for = on_first_call("steepest.engines.native.machine.large_results", "memory_for")  # with the compiler

ALIGNMENT = 16  # of a place in the scratch memory
MOST_BUFFERS = 1024  # of a kernel called from here: their addresses are on the stack
MOST_SCRATCH = 4096  # bytes of numbers and guards, likewise
NUMBERS = (np.float64, np.float32)  # whose value is where `layout.VALUE` says
LARGE_KINDS = {  # from so many bytes on, where it was measured to pay: the C library keeps up to 32 MB for reuse itself
    OutputKind.ARRAY: (2**25, OutputKind.LARGE_ARRAY),
    OutputKind.ZEROED_ARRAY: (2**23, OutputKind.LARGE_ZEROED_ARRAY),
}
GUARD_KINDS = {"f8": OutputKind.GUARD_OF_DOUBLES, "f4": OutputKind.GUARD_OF_FLOATS}

Leaf: TypeAlias = ArrayArgument | NumberArgument | FixedArgument


class Unfit(Exception):
    """An entrance that the machine code does not do: such calls stay in Python."""


class Entry:
    """The tables of one entrance, and everything they point at.

    Raises:
        Unfit: if the entrance is outside what the tables can say.
    """

    def __init__(self, entrance: Entrance, loaded: Loaded):
        self._kept: list[Any] = [entrance, loaded]
        self.loaded = loaded
        kernel = loaded.kernel
        leaves, parts = _opened(entrance.arguments)
        objects = len(leaves) + len(parts)
        count = objects + len(kernel.constants) + len(kernel.outputs)
        if count > MOST_BUFFERS:
            raise Unfit(f"{count} arrays")
        self.row = EntryRow()
        self.row.routines = ctypes.addressof(routines())
        self.row.arguments = self._table([self._argument(a, source) for a, source in leaves])
        self.row.parts = self._table([self._part(a, source) for a, source in parts])
        self.row.arity, self.row.objects = len(entrance.arguments), objects
        names = [sys.intern(name) for name in entrance.names]
        self.row.names = Table(len(names), self._pointers(names))
        self.row.nameless = entrance.nameless
        self.row.conditions = self._table([c for condition in entrance.conditions for c in self._condition(condition)])
        self.row.constants = self._table([ctypes.c_void_p(a.ctypes.data) for a in loaded.constants])
        outputs, scratch = self._outputs(entrance.guards, kernel)
        made = (tables.Output * len(outputs))(*outputs)
        self.row.outputs = Table(len(made), ctypes.addressof(made))
        steps, numbers = self._numbers(self._steps(entrance.result, len(entrance.guards)), made)
        self.row.steps = self._table(_moving(steps))
        # SciPy's loops may set an exception, and then take the GIL, in whichever thread they run.
        loops, shares = (any(name.startswith(scheme) for name in kernel.externals) for scheme in ("ufunc:", "threads:"))
        self.row.kernel = tables.KernelRow(
            loaded.address, ctypes.addressof(loaded.externals), entrance.declining, scratch, kernel.workspace,
            None, entrance.threads.value or (loops and shares), loops,
            len(entrance.guards),
        )  # fmt: skip
        self._hold = hold(functools.partial(_release, self.row, made, numbers))

    @property
    def answered(self) -> int:
        """How many calls it has answered."""
        return int(self.row.answered)

    def _table(self, rows: Sequence[Any]) -> Table:
        if not rows:
            return Table(0, None)
        array = (type(rows[0]) * len(rows))(*rows)
        self._kept.append(array)
        return Table(len(rows), ctypes.addressof(array))

    def _address(self, item: Any) -> int:
        """Of an object, which is kept."""
        self._kept.append(item)
        return id(item)

    def _shape(self, shape: Sequence[Any]) -> int:
        lengths = (ctypes.c_int64 * len(shape))(*map(int, shape))
        self._kept.append(lengths)
        return ctypes.addressof(lengths)

    # --- rows ---------------------------------------------------------------------------------------

    def _argument(self, argument: Leaf, source: int) -> tables.Argument:
        match argument:
            case ArrayArgument():
                dtype, shape = self._address(argument.dtype), self._shape(argument.shape)
                ndim = len(argument.shape)
                return tables.Argument(ArgumentKind.ARRAY, id(np.ndarray), None, dtype, ndim, shape, source)
            case NumberArgument():
                kind = argument.dtype.type
                if kind not in NUMBERS:
                    raise Unfit(f"a number of type {argument.dtype}")
                other = float if kind is np.float64 else kind
                return tables.Argument(ArgumentKind.NUMBER, id(kind), id(other), None, 0, None, source)
            case FixedArgument():
                return tables.Argument(ArgumentKind.FIXED, self._address(argument.value), None, None, 0, None, source)

    def _part(self, argument: ContainerArgument, source: int) -> tables.Part:
        by_key = PartKind.BY_KEY if argument.kind is dict else PartKind.BY_ATTRIBUTE
        kind = by_key if argument.keys or argument.kind is dict else PartKind.BY_POSITION
        found = access(argument.kind)
        keys = self._pointers([*argument.keys, *(argument.order or argument.keys)])
        return tables.Part(
            kind, self._address(argument.kind), source, len(argument.items), keys, found.size, found.item
        )

    def _pointers(self, items: Sequence[Any]) -> int | None:
        """To objects, one after the other."""
        if not items:
            return None
        array = (ctypes.c_void_p * len(items))(*map(self._address, items))
        self._kept.append(array)
        return ctypes.addressof(array)

    def _condition(self, condition: Condition) -> list[tables.Condition]:
        match condition:
            case InDict():
                if type(condition.namespace) is not dict:
                    raise Unfit(f"names in a {type(condition.namespace).__name__}")
                place, key = self._address(condition.namespace), self._address(sys.intern(condition.name))
                kind = ConditionKind.ENTRY_OF_VERSION if dicts_have_versions() else ConditionKind.ENTRY
                return [tables.Condition(kind, place, key, self._address(condition.value), place + DICT_VERSION)]
            case InCell():
                place = self._address(condition.cell) + CONTENT
                return [tables.Condition(ConditionKind.PLACE, place, None, self._address(condition.value))]
            case Unchanged():
                at, fields = self._address(condition.function), condition.fields()
                return [
                    tables.Condition(
                        ConditionKind.PLACE, at + place, None, None if x is None else self._address(x)
                    )  # a field is null where there are no defaults
                    for place, x in zip((CODE, DEFAULTS, KEYWORD_DEFAULTS), fields, strict=True)
                ]
            case Content():
                copy = condition.copy
                like = self._table([self._argument(ArrayArgument(copy.shape, copy.dtype), 0)]).at
                at, kept = (
                    self._address(condition.array),
                    copy.ctypes.data,
                )  # the entrance is kept, and the copy with it
                return [tables.Condition(ConditionKind.CONTENT, at, like, kept, None, copy.nbytes)]

    def _outputs(self, guards: Sequence[np.ndarray], kernel: Kernel) -> tuple[list[tables.Output], int]:
        """A row for each, and how many bytes of scratch memory they need."""
        rows, scratch = [], 0
        for k, out in enumerate(kernel.outputs):
            dtype = np.dtype(out.dtype)
            guard, zeroed = k < len(guards), k in kernel.zeroed
            if zeroed and (guard or not out.shape):
                raise Unfit("zeros are wanted where there is no array")
            kind = OutputKind.ZEROED_ARRAY if zeroed else OutputKind.ARRAY
            size = dtype.itemsize * math.prod(map(int, out.shape))
            row = tables.Output(kind, self._address(dtype), len(out.shape), self._shape(out.shape))
            if guard or not out.shape:
                row.kind, row.offset = OutputKind.SCALAR, scratch
                if dtype == np.float64 and maker_of_float64():
                    row.kind, row.dtype, row.seen = OutputKind.FLOAT64, id(np.float64), maker_of_float64()
                scratch += -(-size // ALIGNMENT) * ALIGNMENT
            elif size >= (large := LARGE_KINDS[kind])[0] and (memory := memory_for(size)):
                row.kind, row.seen = large[1], memory.capsule
            if guard:
                self._guard(row, guards[k], out, dtype)
            rows.append(row)
        if scratch > MOST_SCRATCH:
            raise Unfit(f"guards and numbers of {scratch} bytes")
        return rows, scratch

    def _guard(self, row: tables.Output, seen: np.ndarray, out: ArrayType, dtype: np.dtype) -> None:
        with np.errstate(invalid="ignore"):
            given = np.array(seen, dtype, order="C")
        if given.shape != tuple(map(int, out.shape)) or not np.array_equal(given, seen):
            raise Unfit("a guard of another type")
        self._kept.append(given)
        row.kind = GUARD_KINDS.get(dtype.str[1:], OutputKind.GUARD_OF_BYTES)
        row.seen = given.ctypes.data
        row.items = given.nbytes if row.kind == OutputKind.GUARD_OF_BYTES else given.size

    def _steps(self, result: Result, guards: int) -> list[tables.Step]:
        match result:
            case Output():
                return [tables.Step(StepKind.OUTPUT, guards + result.k, None)]
            case Fixed():
                return [tables.Step(StepKind.FIXED, 0, self._address(result.value))]
            case Container():
                items = [step for item in result.items for step in self._steps(item, guards)]
                kind = StepKind.TUPLE if result.kind is tuple else StepKind.LIST
                return [*items, tables.Step(kind, len(result.items), None)]
            case Mapping():
                items = [step for item in result.items for step in self._steps(item, guards)]
                return [*items, tables.Step(StepKind.DICT, len(result.items), self._pointers(result.keys))]
            case Made():
                by_name = isinstance(result.of, Mapping)
                kind = StepKind.CALL_BY_NAME if by_name else StepKind.CALL_BY_POSITION
                return [*self._steps(result.of, guards), tables.Step(kind, 1, self._address(result.kind))]

    def _numbers(
        self, steps: list[tables.Step], outputs: ctypes.Array[tables.Output]
    ) -> tuple[list[tables.Step], list[tables.Numbers]]:
        """The steps, where one makes a tuple with all that is in it if that is float64 numbers; and what those know."""
        if tuples_know_their_hash():
            return steps, []
        uses = Counter(step.number for step in steps if step.kind == StepKind.OUTPUT)
        merged: list[tables.Step] = []
        known: list[tables.Numbers] = []
        for step in steps:
            items = merged[len(merged) - step.number :] if step.kind == StepKind.TUPLE and step.number else []
            rows = [outputs[x.number] for x in items if x.kind == StepKind.OUTPUT and uses[x.number] == 1]
            if items and len(rows) == len(items) and all(row.kind == OutputKind.FLOAT64 for row in rows):
                offsets = self._shape([row.offset for row in rows])
                known.append(tables.Numbers(None, rows[0].dtype, rows[0].seen, offsets))
                for row in rows:
                    row.kind = OutputKind.IN_NUMBERS
                del merged[len(merged) - step.number :]
                step = tables.Step(StepKind.NUMBERS, step.number, ctypes.addressof(known[-1]))
            merged.append(step)
        return merged, known


def _opened(
    arguments: Sequence[Argument],
) -> tuple[list[tuple[Leaf, int]], list[tuple[ContainerArgument, int]]]:
    """The leaves in their order and the containers, each with its number among the objects.

    First come the arguments, then what is in the containers, in the order in which those are opened: one that is in
    another comes after it.
    """
    objects: list[Argument] = list(arguments)
    numbers: dict[int, list[int]] = {}
    for number, item in enumerate(objects):  # which grows meanwhile
        if isinstance(item, ContainerArgument):
            numbers[number] = list(range(len(objects), len(objects) + len(item.items)))
            objects.extend(item.items)

    def in_order(which: Sequence[int]) -> Iterator[tuple[Leaf, int]]:
        for number in which:
            item = objects[number]
            if isinstance(item, ContainerArgument):
                yield from in_order(numbers[number])
            else:
                yield item, number

    parts = [(item, number) for number, item in enumerate(objects) if isinstance(item, ContainerArgument)]
    return list(in_order(range(len(arguments)))), parts


_free = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(("PyMem_RawFree", ctypes.pythonapi))
_let_go = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(("Py_DecRef", ctypes.pythonapi))


def _moving(steps: list[tables.Step]) -> list[tables.Step]:
    """The same steps, where the last use of an output takes it over."""
    used: set[int] = set()
    for step in reversed(steps):
        if step.kind == StepKind.OUTPUT and step.number not in used:
            step.kind = StepKind.LAST_OUTPUT
            used.add(step.number)
    return steps


def _release(row: EntryRow, outputs: ctypes.Array[tables.Output], numbers: Sequence[tables.Numbers]) -> None:
    """The workspace and the numbers that were kept for the next call."""
    _free(row.kernel.spare)  # null is no harm
    for known in numbers:
        if known.last:
            _let_go(known.last)
    for output in outputs:
        if output.kind == OutputKind.FLOAT64 and output.items:
            _let_go(output.items)
