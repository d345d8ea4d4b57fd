"""Whether text that is being made is only shown: an argument of `print` or of a logger, in a statement of its own.

Text is made in C, and what is put together there forgets its pieces. So it is asked where the running code stands: the
call that prints is told by its bytecode, what uses the text on the way there by the places of both in the source.
"""

from __future__ import annotations

import dis
import functools
import itertools
import sys
from collections.abc import Iterator
from types import CodeType, FrameType

FUNCTIONS = frozenset({"print", "display"})
METHODS = frozenset({"debug", "info", "warning", "error", "critical", "exception", "log", "warn", "write"})
MAKING_TEXT = frozenset({"str", "repr", "format", "join", "ljust", "rjust", "center", "round", "list", "tuple"})
SHOWING = frozenset({"pdb", "bdb", "logging", "traceback", "IPython", "_pytest"})  # on anyone's behalf
THROUGH = frozenset({"steepest", "reprlib", "dataclasses"})  # modules that make text for who called them
IN_PARTS = frozenset({"<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>", "__repr__", "__str__", "__format__"})

LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF"})
LOADS_OF_METHODS = frozenset({"LOAD_METHOD", "LOAD_ATTR"})
CALLS = frozenset({"CALL", "CALL_KW", "CALL_FUNCTION_EX"})
USES = CALLS | {"BINARY_SUBSCR", "COMPARE_OP", "CONTAINS_OP", "BINARY_SLICE"}

Place = tuple[int, int, int, int]  # first line and column, last line and column


def is_only_shown() -> bool:
    """Whether the text that is made right now goes nowhere but to whoever looks on; in doubt it does."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", "")).split(".")[0]
        if module in SHOWING:
            return True
        if module not in THROUGH and frame.f_code.co_name not in IN_PARTS:
            return _is_shown_from(frame.f_code, frame.f_lasti)
        frame = frame.f_back
    return False


@functools.lru_cache(maxsize=1024)
def _is_shown_from(code: CodeType, offset: int) -> bool:
    """Whether what the instruction there makes is only shown."""
    instructions = list(dis.get_instructions(code))
    making = [i for i in instructions if i.offset <= offset][-1]  # a call under way stands behind its instruction
    place = _place(making)
    if place is None:
        return False
    for callee, call in _showing(instructions):
        if callee.offset < making.offset <= call.offset:
            between = (i for i in instructions if making.offset < i.offset < call.offset and i.opname in USES)
            return all(_makes_text(i, instructions) for i in between if _encloses(_place(i), place))
    return False


def _showing(instructions: list[dis.Instruction]) -> Iterator[tuple[dis.Instruction, dis.Instruction]]:
    """The calls that show something and give nothing, each after what loads its function."""
    for call, then in itertools.pairwise(instructions):
        if call.opname in CALLS and then.opname == "POP_TOP":
            callee = _callee(call, instructions)
            if callee is not None and callee.argval in (FUNCTIONS if callee.opname in LOADS else METHODS):
                yield callee, call


def _makes_text(use: dis.Instruction, instructions: list[dis.Instruction]) -> bool:
    callee = _callee(use, instructions) if use.opname in CALLS else None
    return callee is not None and callee.argval in MAKING_TEXT


def _callee(call: dis.Instruction, instructions: list[dis.Instruction]) -> dis.Instruction | None:
    """What loads the function of a call: the last such load whose source begins where that of the call does."""
    place = _place(call)
    if place is None:
        return None
    found = None
    for i in instructions:
        if i.offset >= call.offset:
            break
        mine = _place(i)
        if mine is not None and mine[:2] == place[:2] and i.opname in LOADS | LOADS_OF_METHODS and mine != place:
            found = i
    return found


def _place(instruction: dis.Instruction) -> Place | None:
    p = instruction.positions
    if p is None or p.lineno is None or p.col_offset is None or p.end_lineno is None or p.end_col_offset is None:
        return None
    return p.lineno, p.col_offset, p.end_lineno, p.end_col_offset


def _encloses(outer: Place | None, inner: Place) -> bool:
    return outer is None or (outer[:2] <= inner[:2] and inner[2:] <= outer[2:] and outer != inner)
