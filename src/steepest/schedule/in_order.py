"""Rows that the steps of a loop look up one after the other are a sequence of it: a loop of Python says ``xs[t]``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from steepest.lower.program import ArrayType, Call, Gather, Loop, Program, Register, Slice, Window, without_unread
from steepest.ops.gather import within

MOST = 256  # entries of a row: longer ones are read where they are


@dataclass(frozen=True)
class _Rows:
    """What a step looks up, by its number in the body: of which array outside, and which rows."""

    target: Register
    source: Register
    rows: Window


def with_rows_in_order(program: Program) -> Program:
    """The same program; rows at places that are known, exist and lie evenly are looked up no more."""
    for loop in [i for i in program.instructions if isinstance(i, Loop)]:
        if found := list(_found(program, loop)):
            program = _with_sequences(program, loop, found)
    return program


def _found(program: Program, loop: Loop) -> Iterator[_Rows]:
    body, count = loop.body, len(loop.starts)
    after = count + len(loop.sequences)
    counted = dict(zip(body.inputs[count:after], loop.sequences, strict=True))
    fixed = dict(zip(body.inputs[after:], loop.fixed, strict=True))
    places = {i.target: i for i in body.instructions if isinstance(i, Call) and i.op is within}
    for i in body.instructions:
        if not isinstance(i, Gather) or i.shared or i.source not in fixed or i.target in body.outputs:
            continue
        index = places[i.index].operands[0] if i.index in places else i.index
        shape = body.registers[i.source].shape
        rows = _evenly(program, counted.get(index), int(shape[0])) if prod(map(int, shape[1:])) <= MOST else None
        if rows is not None:
            yield _Rows(i.target, fixed[i.source], rows)


def _evenly(program: Program, places: Register | None, size: int) -> Window | None:
    """The window of places that are a fixed array of one number a step."""
    known = program.constants.get(places) if places is not None else None
    if not isinstance(known, np.ndarray) or known.ndim != 1 or known.dtype.kind != "i" or len(known) < 2:
        return None
    start, step = int(known[0]), int(known[1]) - int(known[0])
    exist = int(known.min()) >= 0 and int(known.max()) < size
    if step < 1 or not exist or np.any(np.diff(known) != step):
        return None
    return Window(start, step, len(known))


def _with_sequences(program: Program, loop: Loop, found: list[_Rows]) -> Program:
    registers, slices = list(program.registers), []
    for rows in found:
        kind = program.registers[rows.source]
        places = (rows.rows, *(Window(0, 1, int(n)) for n in kind.shape[1:]))
        registers.append(ArrayType((rows.rows.count, *kind.shape[1:]), kind.dtype))
        slices.append(Slice(len(registers) - 1, rows.source, places))
    body, after = loop.body, len(loop.starts) + len(loop.sequences)
    looked_up = [rows.target for rows in found]
    inputs = (*body.inputs[:after], *looked_up, *body.inputs[after:])
    steps = without_unread([i for i in body.instructions if i.target not in looked_up], body.outputs)
    inside = replace(body, inputs=inputs, names=tuple(f"x{r}" for r in inputs), instructions=steps)
    wide = replace(loop, body=inside, sequences=(*loop.sequences, *(i.target for i in slices)))
    at = program.instructions.index(loop)
    before, after_it = program.instructions[:at], program.instructions[at + 1 :]
    return replace(program, registers=tuple(registers), instructions=(*before, *slices, wide, *after_it))
