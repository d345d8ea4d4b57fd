"""Entrywise code compiled alone: a loop over vectors with one operation in it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from steepest.engines.native.externals import address
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, load, store
from steepest.engines.native.ir.place import Place, at
from steepest.engines.native.ir.value import KINDS, NARROW, Value
from steepest.engines.native.machine.compilation import object_code
from steepest.engines.native.machine.linking import Code, link
from steepest.engines.native.machine.target import host
from steepest.engines.native.vector_math.library import definitions

POISON = {"f": -77.25, "i": -77, "u": 77, "b": True}
Write = Callable[..., Value]  # write(builder, *operands)


@dataclass(frozen=True)
class Form:
    """How one function goes through its arrays: registers of `width` lanes, `parts` of them at a time."""

    types: tuple[np.dtype, ...]  # of the operands that are arrays
    result: np.dtype
    width: int = 8
    parts: int = 1
    single: frozenset[int] = frozenset()  # operands of which all lanes get the first entry


@dataclass(frozen=True)
class Kernel:
    """A compiled function; keeps its code alive."""

    form: Form
    code: Code
    pointer: int
    externals: tuple[str, ...]

    def __call__(self, *operands: np.ndarray) -> np.ndarray:
        """The result on vectors, whose length is a multiple of the lanes; it is poisoned first."""
        size = max(len(a) for a in operands)
        assert size % (self.form.width * self.form.parts) == 0
        arrays = [np.ascontiguousarray(a, t) for a, t in zip(operands, self.form.types, strict=True)]
        result = np.full(size, POISON[self.form.result.kind], self.form.result)
        pointers = (ctypes.c_void_p * (len(arrays) + 1))(*(a.ctypes.data for a in (*arrays, result)))
        table = (ctypes.c_void_p * max(len(self.externals), 1))(*map(address, self.externals))
        ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(self.pointer)(pointers, table, size)
        return result


def compiled(functions: Sequence[tuple[Form, Write]]) -> list[Kernel]:
    """Kernels of one module."""
    builders = [_written(form, write) for form, write in functions]
    declarations, texts = definitions(set().union(*(b.math for b in builders)))
    declarations = set().union(declarations, *(b.intrinsics for b in builders))
    bodies = [_text(f"f{k}", b) for k, b in enumerate(builders)]
    names = [f"f{k}" for k in range(len(builders))]
    code = link(object_code("\n".join([*sorted(declarations), texts, *bodies]), host()), host(), *names)
    return [
        Kernel(form, code, code.address(name), tuple(b.externals))
        for (form, _), b, name in zip(functions, builders, names, strict=True)
    ]


def _written(form: Form, write: Write) -> Builder:
    b = Builder(form.width)
    b.lanes = form.width * form.parts
    count = len(form.types)
    pointers = []
    for k in range(count + 1):
        slot = b.emit(f"getelementptr ptr, ptr %buffers, i64 {k}")
        pointers.append(b.emit(f"load ptr, ptr {slot}, align 8"))
    with b.loop(0, "%size", b.lanes) as i:
        operands = []
        for k, dtype in enumerate(form.types):
            place = at(0) if k in form.single else _place(i, vector=form.width > 1)
            operands.append(load(b, _buffer(pointers[k], dtype), place))
        store(b, write(b, *operands), _buffer(pointers[count], form.result), _place(i, vector=form.width > 1))
    return b


def _place(i: str, *, vector: bool) -> Place:
    return Place(0, ((i, 1),), 1 if vector else 0)


def _buffer(pointer: str, dtype: np.dtype) -> Buffer:
    return Buffer(pointer, KINDS[dtype], (1,), NARROW.get(dtype))


def _text(name: str, b: Builder) -> str:
    head = f"define void @{name}(ptr %buffers, ptr %externals, i64 %size) {{"
    return "\n".join([head, "entry:", *b.entry, *b.lines, "  ret void", "}", ""])
