"""What is left of a program before it is machine code: LLVM's text, and what that text needs to run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steepest.lower.program import ArrayType, Program

NOT_FINITE, FAILED = 1, 2  # bits of a kernel's status


@dataclass(frozen=True)
class Kernel:
    """A module in LLVM's language, good for any process, with the function

        i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace)

    ``%buffers`` points to the addresses of the inputs, then of the constants, then of the outputs; ``%externals`` to
    those of the routines named in `externals`, where the name of the k-th array operations `called_back` is k. A 0-d
    array is one element. Inputs and constants are only read; outputs overlap nothing. Every entry of an output is
    written, except that those `zeroed` need not be written where they are 0. Nothing else is written but
    ``%workspace``.

    It returns bits: `NOT_FINITE` if an entry of a floating-point output is NaN or infinite; `FAILED` if a routine
    failed or a place does not exist, so that array operations compute again, and raise.
    """

    text: str
    inputs: tuple[ArrayType, ...]  # each contiguous in C's order, aligned to its elements, in native byte order
    outputs: tuple[ArrayType, ...]
    constants: tuple[np.ndarray, ...] = ()  # likewise
    externals: tuple[str, ...] = ()
    workspace: int = 0  # bytes, from a multiple of 64, not initialised
    account: tuple[str, ...] = ()  # lines for a reader: the stages, what was fused and why
    zeroed: tuple[int, ...] = ()  # outputs, not of shape (), that arrive filled with 0
    called_back: tuple[Program, ...] = ()  # each a function of addresses: see `callback`
