"""LLVM's text to an object file in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import llvmlite.binding as llvm
from llvmlite.binding.newpassmanagers import NewPassManager

from .failure import NativeCodeError
from .llvm import alone
from .target import GENERATION, Target

# The emitter writes vectors and unrolls by itself, and knows more for both than LLVM's passes. On its code the passes
# of -O2 take 15 % longer than those of -O1 for the same speed; fewer passes leave sums in memory, at half the speed.
LEVEL = 1
MOST_LINES = 8000  # without a jump: from there on LLVM's time grows with their square, and is seconds
PIPELINE = f"-O{LEVEL}, neither vectorised nor unrolled; {GENERATION}"

_BLOCK = re.compile(r"\n(?=define |[-\w.$]+:)")


def object_code(text: str, target: Target) -> bytes:
    """The machine code of a module, as an object file.

    Raises:
        NativeCodeError: if the text is not a valid module, or would take too long.
    """
    lines = max(block.count("\n") for block in _BLOCK.split(text))
    if lines > MOST_LINES:
        raise NativeCodeError(f"{lines} instructions without a jump are too many to compile")
    with _optimised(text, target) as (module, machine):
        return bytes(machine.emit_object(module))


def assembly(text: str, target: Target) -> str:
    """The same code, to read."""
    with _optimised(text, target) as (module, machine):
        return str(machine.emit_assembly(module))


@contextmanager
def _optimised(text: str, target: Target) -> Iterator[tuple[Any, Any]]:
    # A context of its own: it keeps all it has seen.
    with alone(), llvm.create_context() as context, _module(text, context) as module:
        machine, layout = _machine(target)
        module.triple, module.data_layout = target.triple, layout
        _run_passes(module, machine)
        yield module, machine


@contextmanager
def _module(text: str, context: Any) -> Iterator[Any]:
    try:
        module = llvm.parse_assembly(text, context)
    except RuntimeError as error:  # says where, and shows the line
        raise NativeCodeError(f"this is not LLVM's language: {error}") from None
    with module:
        try:
            module.verify()
        except RuntimeError as error:
            raise NativeCodeError(f"the module is not well formed: {error}") from None
        yield module


def _run_passes(module: Any, machine: Any) -> None:
    with llvm.create_pipeline_tuning_options(speed_level=LEVEL) as tuning:
        tuning.loop_vectorization = tuning.loop_interleaving = False
        tuning.slp_vectorization = tuning.loop_unrolling = False
        with llvm.create_pass_builder(machine, tuning) as builder:
            passes = builder.getModulePassManager()
            passes.run(module, builder)
            NewPassManager._dispose(passes)  # its close() finds another `_dispose`, which does nothing
            passes.detach()


@lru_cache(maxsize=4)
def _machine(target: Target) -> tuple[Any, str]:
    machine = target.machine()
    return machine, str(machine.target_data)
