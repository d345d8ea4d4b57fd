"""Calls of BLAS and LAPACK by the addresses of SciPy's routines; as Fortran has it, arguments are addresses too."""

from __future__ import annotations

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, literal
from steepest.engines.native.kernel import FAILED
from steepest.schedule.named import Extent

from .status import STATUS

LETTER = {Kind.DOUBLE: "d", Kind.FLOAT: "s"}
# Of what stood in the row of a pivot, so much for each row of the matrix may be left by rounding.
ROUNDING = {Kind.DOUBLE: 2.0**-48, Kind.FLOAT: 2.0**-19}


def call(b: Builder, library: str, name: str, kind: Kind, *arguments: str) -> None:
    """``dgemm`` is ``call(b, "blas", "gemm", Kind.DOUBLE, …)``; arguments are pointers."""
    function = routine(b, f"{library}:{LETTER[kind]}{name}")
    b.do(f"call void {function}({', '.join(f'ptr {a}' for a in arguments)})")


def routine(b: Builder, name: str) -> str:
    """The address of an external routine."""
    slot = b.emit(f"getelementptr inbounds ptr, ptr %externals, i64 {b.external(name)}")
    return b.emit(f"load ptr, ptr {slot}, align 8")


def letters(b: Builder, text: str) -> list[str]:
    """One argument for each letter, such as ``"RUNN"``."""
    return [_stored(b, "i8", str(ord(letter))) for letter in text]


def integer(b: Builder, value: int) -> str:
    return _stored(b, "i32", value.named("i32") if isinstance(value, Extent) else str(value))


def number(b: Builder, kind: Kind, value: float) -> str:
    return _stored(b, kind.value, literal(value, kind))


def _stored(b: Builder, element: str, text: str) -> str:
    """Fortran takes addresses: the value on the stack, once for each value."""
    key = ("argument", element, text)
    found = b.recall(key)
    if found is None:
        found = b.alloca(1, element)
        b.entry.append(f"  store {element} {text}, ptr {found}")
        b.keep(key, found)
    return str(found)


def copy(b: Builder, kind: Kind, target: str, source: str, count: int) -> None:
    """So many entries, which lie together."""
    b.intrinsics.add("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
    pointers = f"ptr align {kind.bytes} {target}, ptr align {kind.bytes} {source}"
    b.do(f"call void @llvm.memcpy.p0.p0.i64({pointers}, i64 {count * kind.bytes}, i1 false)")


def fail_where(b: Builder, condition: str) -> None:
    """The kernel's status, where an ``i1`` holds: array operations compute again, and raise."""
    with b.when(condition):
        b.emit(f"atomicrmw or ptr {STATUS}, i32 {FAILED} monotonic")  # parts of a stack run at once


def load(b: Builder, kind: Kind, pointer: str, offset: str | int) -> str:
    """One entry behind a pointer."""
    return b.emit(f"load {kind.value}, ptr {b.address(pointer, offset, kind.value)}, align {kind.bytes}")


def store(b: Builder, kind: Kind, value: str, pointer: str, offset: str | int) -> None:
    b.do(f"store {kind.value} {value}, ptr {b.address(pointer, offset, kind.value)}, align {kind.bytes}")
