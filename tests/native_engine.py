"""The native engine against the NumPy engine: the same program on both, in memory that shows what is wrong.

Outputs and the workspace are filled with something else before the run, lie between borders that must stay as they
are, and are aligned to their elements alone. Results may differ by rounding: a few units in the last place of the
largest entry; where terms cancel, what a nudge of inputs and intermediate results in their last places makes of them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from steepest.engines.native.compile import emit
from steepest.engines.native.kernel import NOT_FINITE
from steepest.engines.native.machine.loading import load
from steepest.engines.native.machine.target import host
from steepest.engines.python.compile import compile_program
from steepest.expr.node import Expr, Variable
from steepest.lower.lowering import lower
from steepest.lower.program import Composites, Program
from steepest.verify.shaking import shaken

POISON = 0x55
BORDER = 128  # bytes on either side of an array
WIDTHS = tuple(bits for bits in (512, 256, 128) if bits <= host().vector_bits)
ULPS = 64  # of the largest entry, or of the largest that the nudges reach
NUDGE = 8  # ulps, of the inputs
FEW = 16.0  # times the movement by a nudge


class Bordered:
    """An array of its own in the middle of memory that nobody may write; a multiple of 64 plus one element."""

    def __init__(self, shape: Sequence[int], dtype: np.dtype) -> None:
        size = int(np.prod(shape)) * dtype.itemsize
        self._memory = np.full(size + 2 * BORDER + 128, POISON, np.uint8)
        start = BORDER + -(self._memory.ctypes.data + BORDER) % 64 + dtype.itemsize
        self.array = self._memory[start : start + size].view(dtype).reshape(shape)
        self._outside = (slice(0, start), slice(start + size, None))

    def check(self, what: str) -> None:
        for place in self._outside:
            assert np.all(self._memory[place] == POISON), f"{what}: written outside"


def run_native(
    program: Program, inputs: Sequence[Any], bits: int = WIDTHS[0], name: str = "kernel"
) -> list[np.ndarray]:
    """The outputs of a program's kernel.

    Raises:
        Unsupported: if the native engine does not have a part of it.
    """
    kernel = emit(program, bits)
    loaded = load(kernel, host().limited_to(bits))
    given = [Bordered(t.shape, t.dtype) for t in kernel.inputs]
    for place, value in zip(given, inputs, strict=True):
        place.array[...] = value
    outputs = [Bordered(t.shape, t.dtype) for t in kernel.outputs]
    for k, place in enumerate(outputs):
        if k in kernel.zeroed:
            place.array.fill(0)
        elif place.array.dtype.kind in "fc":
            place.array.fill(np.nan)
    work = np.full(kernel.workspace + BORDER + 64, 0xFF, np.uint8)  # NaN wherever it is read as a number
    start = -work.ctypes.data % 64
    before = [g.array.copy() for g in given]
    status = _call(loaded, [g.array for g in given], [o.array for o in outputs], work.ctypes.data + start)
    for k, o in enumerate(outputs):
        o.check(f"{name}: output {k}")
    for g, copy in zip(given, before, strict=True):
        g.check(f"{name}: an input")
        np.testing.assert_array_equal(g.array, copy, err_msg=f"{name}: an input is written")
    assert np.all(work[start + kernel.workspace :] == 0xFF), f"{name}: written beyond the workspace"
    finite = all(np.all(np.isfinite(o.array)) for o in outputs)
    assert status & NOT_FINITE == (0 if finite else NOT_FINITE), f"{name}: status {status}, finite: {finite}"
    return [o.array for o in outputs]


def _call(loaded: Any, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray], workspace: int) -> int:
    arrays = (*inputs, *loaded.constants, *outputs)
    buffers = (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))
    status: int = loaded.function(buffers, loaded.externals, workspace)
    return status


def run_python(program: Program, inputs: Sequence[Any]) -> list[np.ndarray]:
    """The same by array operations."""
    with np.errstate(all="ignore"):
        return [np.asarray(x) for x in compile_program(program)(*inputs)]


def check_program(program: Program, inputs: Sequence[Any], bits: int = WIDTHS[0], name: str = "kernel") -> None:
    """Both engines give the same.

    Raises:
        Unsupported: if the native engine does not have a part of it.
    """
    inputs = [np.asarray(x, program.registers[r].dtype) for r, x in zip(program.inputs, inputs, strict=True)]
    inputs = [x[()] for x in inputs]
    given = run_native(program, inputs, bits, name)
    expected = run_python(program, inputs)
    assert_same(program, inputs, expected, given, f"{name}, {bits} bits")


def check_expressions(
    outputs: Sequence[Expr], env: Mapping[Variable, Any], bits: int = WIDTHS[0], name: str = "kernel"
) -> None:
    """The program of expressions, composite operations in their parts."""
    check_program(expanded(outputs, list(env)), list(env.values()), bits, name)


def expanded(outputs: Sequence[Expr], inputs: Sequence[Variable]) -> Program:
    return lower(outputs, inputs, composites=Composites.EXPANDED)


def assert_same(
    program: Program, inputs: Sequence[Any], expected: Sequence[np.ndarray], given: Sequence[np.ndarray], name: str
) -> None:
    """Shapes, types, NaN and infinities alike; numbers up to rounding."""
    declared = [program.registers[r].dtype for r in program.outputs]
    for k, (a, b, dtype) in enumerate(zip(expected, given, declared, strict=True)):
        assert (a.shape, dtype) == (b.shape, b.dtype), f"{name}: output {k} is {b.dtype} of shape {b.shape}"
    expected = [a.astype(t) for a, t in zip(expected, declared, strict=True)]  # numbers without a type take NumPy's
    gaps = [_gap(a, b) for a, b in zip(expected, given, strict=True)]
    bounds = [_rounding(a) for a in expected]
    if all(np.all(gap <= bound) for gap, bound in zip(gaps, bounds, strict=True)):
        return
    moved = [run_python(shaken(program, seed), _nudged(inputs, seed)) for seed in range(4)]
    for k, (a, b, gap, bound) in enumerate(zip(expected, given, gaps, bounds, strict=True)):
        movement = np.max([_gap(a, m[k]) for m in moved], axis=0)
        allowed = max(bound, FEW * float(np.max(movement[np.isfinite(movement)], initial=0.0)))
        wrong = (gap > allowed) & np.isfinite(movement)  # where rounding decides between branches, either may come out
        if np.any(wrong):
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise AssertionError(
                f"{name}: output {k} of shape {a.shape} differs in {np.sum(wrong)} entries, first at {place}:"
                f" {b[place]!r} instead of {a[place]!r}; allowed {allowed:.3g}"
            )


def _gap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Entry by entry; infinite where only one is finite, or infinities differ."""
    with np.errstate(all="ignore"):
        if a.dtype.kind not in "fc":
            return np.where(a == b, 0.0, np.inf)
        alike = (a == b) | (np.isnan(a) & np.isnan(b))
        gap = np.where(alike, 0.0, np.abs(a - b))
        return np.where(np.isfinite(gap), gap, np.inf)


def _rounding(a: np.ndarray) -> float:
    if a.dtype.kind not in "fc":
        return 0.0
    return float(ULPS * np.finfo(a.dtype).eps * np.max(np.abs(a[np.isfinite(a)]), initial=0.0))


def _nudged(inputs: Sequence[Any], seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    moved = []
    for x in inputs:
        if np.asarray(x).dtype.kind in "fc":
            step = NUDGE * np.finfo(x.dtype).eps * rng.choice([-1.0, 1.0], np.shape(x))
            with np.errstate(all="ignore"):
                x = np.asarray(x * (1 + step)).astype(x.dtype)[()]
        moved.append(x)
    return moved
