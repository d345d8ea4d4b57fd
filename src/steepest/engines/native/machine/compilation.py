"""LLVM's text to an object file in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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
# Half of those of -O1 are for what inlining has left, and find nothing where the text says what is inlined: what is
# made simpler once, function by function, is as fast.
LEVEL = 1
MOST_LINES = 8000  # without a jump: from there on LLVM's time grows with their square, and is seconds
PIPELINE = f"-O{LEVEL}, or its part for functions, neither vectorised nor unrolled; {GENERATION}"

_LEFT_TO_LLVM = re.compile(r"^define internal (?!.*\b(?:always|no)inline\b)", re.MULTILINE)
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
        with _pass_builder(machine) as builder:
            if _LEFT_TO_LLVM.search(text):
                _run(builder.getModulePassManager(), [module], builder)
            else:
                _run(_inlining(), [module], builder)
                functions = [f for f in module.functions if not f.is_declaration]
                _run(builder.getFunctionPassManager(), functions, builder)
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


@contextmanager
def _pass_builder(machine: Any) -> Iterator[Any]:
    with llvm.create_pipeline_tuning_options(speed_level=LEVEL) as tuning:
        tuning.loop_vectorization = tuning.loop_interleaving = False
        tuning.slp_vectorization = tuning.loop_unrolling = False
        with llvm.create_pass_builder(machine, tuning) as builder:
            yield builder


def _inlining() -> Any:
    """The passes for what the text says is inlined, and for operands that are the same in all calls."""
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_ipsccp_pass()
    passes.add_global_dead_code_eliminate_pass()
    return passes


def _run(passes: Any, parts: Iterable[Any], builder: Any) -> None:
    for part in parts:
        passes.run(part, builder)
    NewPassManager._dispose(passes)  # its close() finds another `_dispose`, which does nothing
    passes.detach()


@lru_cache(maxsize=4)
def _machine(target: Target) -> tuple[Any, str]:
    machine = target.machine()
    return machine, str(machine.target_data)
