"""A kernel in memory: its code, and the addresses that its code is given."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.engines.native.kernel import Kernel
from steepest.errors import ArgumentError
from steepest.lower.program import ArrayType
from steepest.on_demand import on_first_call

if TYPE_CHECKING:
    from .building import Built
    from .target import Target

# The compiler is imported when there is something to compile.
address = on_first_call("steepest.engines.native.externals", "address")
build = on_first_call("steepest.engines.native.machine.building", "build")
callback = on_first_call("steepest.engines.native.callback", "callback")

ALIGNMENT = 64  # of a workspace
NAME = "kernel"

_PROTOTYPE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
_Addresses = ctypes.Array[ctypes.c_void_p]


@dataclass(frozen=True, eq=False)
class Loaded:
    """A kernel that can be called. All that its code reads lives as long as this, and no longer.

    `address` may be called from several threads at once; each call brings a workspace of its own, `kernel.workspace`
    bytes that begin at a multiple of 64.
    """

    kernel: Kernel
    built: Built
    externals: _Addresses  # what ``%externals`` points to
    called_back: tuple[Any, ...] = field(repr=False)  # functions that are among them
    constants: tuple[np.ndarray, ...] = field(repr=False)
    function: Callable[[_Addresses, _Addresses, int], int] = field(repr=False)  # through ctypes, without the GIL

    @property
    def address(self) -> int:
        """Where the function ``i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace)`` begins."""
        return self.built.code.address(NAME)

    @property
    def account(self) -> tuple[str, ...]:
        """Lines that tell what the code does and how it came to be."""
        return (*self.kernel.account, self.built.account())

    def run(self, inputs: Sequence[np.ndarray]) -> tuple[tuple[np.ndarray, ...], int]:
        """Fresh outputs and the status: the slow way, some microseconds, which needs no code of its own.

        Raises:
            ArgumentError: if an input is not of the type the kernel is for, or not contiguous, aligned and native.
        """
        outputs = tuple(
            (np.zeros if k in self.kernel.zeroed else np.empty)(t.shape, t.dtype)
            for k, t in enumerate(self.kernel.outputs)
        )
        return outputs, self._run(inputs, outputs)

    def run_into(self, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray]) -> int:
        """Fill arrays that overlap nothing; the status.

        Raises:
            ArgumentError: if an array is not of the type the kernel is for, or not contiguous, aligned and native, or
                an output is read-only.
        """
        _check("output", outputs, self.kernel.outputs)
        for k in self.kernel.zeroed:
            outputs[k].fill(0)
        return self._run(inputs, outputs)

    def _run(self, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray]) -> int:
        _check("input", inputs, self.kernel.inputs)
        if not all(a.flags.writeable for a in outputs):
            raise ArgumentError("an output is read-only")
        buffers = _addresses((*inputs, *self.constants, *outputs))
        memory = np.empty(self.kernel.workspace + ALIGNMENT, np.uint8)
        start = memory.ctypes.data
        return self.function(buffers, self.externals, start + -start % ALIGNMENT)


def load(kernel: Kernel, target: Target | None = None) -> Loaded:
    """Make a kernel ready to be called, for the processor of this process unless another is given.

    Raises:
        NativeCodeError: if its text is not a valid module, or cannot be loaded.
        LookupError: if this process has no routine that it needs.
        OSError: if this process may not run code that it made.
    """
    called_back = tuple(map(callback, kernel.called_back))
    own = {str(k): id(function) for k, function in enumerate(called_back)}  # CPython's address of each
    found = (own[name] if name in own else address(name) for name in kernel.externals)
    externals = (ctypes.c_void_p * len(kernel.externals))(*found)
    constants = tuple(np.require(c, requirements=("C", "A")) for c in kernel.constants)
    built = build(kernel.text, NAME, target=target)
    return Loaded(kernel, built, externals, called_back, constants, _PROTOTYPE(built.code.address(NAME)))


def _addresses(arrays: Sequence[np.ndarray]) -> _Addresses:
    return (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))


def _check(what: str, arrays: Sequence[np.ndarray], types: Sequence[ArrayType]) -> None:
    if len(arrays) != len(types):
        raise ArgumentError(f"the kernel has {len(types)} {what}s, got {len(arrays)}")
    for number, (array, expected) in enumerate(zip(arrays, types, strict=True)):
        if (array.shape, array.dtype) != (expected.shape, expected.dtype):
            raise ArgumentError(f"{what} {number} is to be {expected.dtype} of shape {expected.shape}")
        if not (array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative):
            raise ArgumentError(f"{what} {number} is to be contiguous in C's order, aligned and of native byte order")
