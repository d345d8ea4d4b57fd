"""Fourier transforms by the compiled loops of `numpy.fft`, all rows of an array in one call."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from steepest.engines.native.externals import address
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.ir.value import Kind, literal
from steepest.lower.program import Register
from steepest.schedule.transforms import Transformed

from .decompositions import numbers
from .fortran import routine

FUNCTIONS = {-1: "fft", 1: "ifft"}
TYPES = {Kind.DOUBLE: "Dd->D", Kind.FLOAT: "Ff->F"}


def is_there(kind: Kind | None, sign: int) -> bool:
    """Whether this NumPy has the loop: inside it nothing is promised."""
    if kind not in TYPES:
        return False
    try:
        return address(f"ufunc:{_name(kind, sign)}") != 0
    except LookupError:
        return False


def _name(kind: Kind, sign: int) -> str:
    return f"numpy.fft._pocketfft_umath.{FUNCTIONS[sign]}:{TYPES[kind]}"


def write_transformed(b: Builder, made: Transformed, buffers: Mapping[Register, Buffer]) -> None:
    """Through arrays of pointers, of sizes and of steps in bytes: from row to row, then from number to number."""
    source, target = buffers[made.source], buffers[made.target]
    kind, n = target.kind, target.shape[-2]
    one = b.alloca(1, kind.value)
    b.do(f"store {kind.value} {literal(1.0, kind)}, ptr {one}, align {kind.bytes}")
    arrays = b.alloca(3, "ptr")
    for k, pointer in enumerate((source.pointer, one, target.pointer)):
        b.do(f"store ptr {pointer}, ptr {b.address(arrays, k, 'ptr')}, align 8")
    number = 2 * kind.bytes
    sizes = numbers(b, [prod(target.shape[:-2]), n, n])
    steps = numbers(b, [n * number, 0, n * number, number, number])
    name = _name(kind, made.sign)
    function, data = (routine(b, f"{scheme}:{name}") for scheme in ("ufunc", "ufuncdata"))
    b.do(f"call void {function}(ptr {arrays}, ptr {sizes}, ptr {steps}, ptr {data})")
