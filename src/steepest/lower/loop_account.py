"""The loops of a program in words: how many steps, what is carried from one to the next, what is kept of each."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from steepest.expr.dtype import FLOAT64
from steepest.expr.node import Direction

from .program import Loop, Program, Register

UNITS = ("B", "kB", "MB", "GB")


def loop_lines(program: Program) -> Iterator[str]:
    """A line for each loop; the loops in its steps stand below it, indented."""
    for i in program.instructions:
        if isinstance(i, Loop):
            yield _line(program, i)
            yield from (f"  {line}" for line in loop_lines(i.body))


def _line(program: Program, loop: Loop) -> str:
    count = len(loop.starts)
    numbers = sum(_size(program, r) for r in loop.starts)
    way = "" if loop.direction is Direction.FORWARD else " from the last to the first"
    said = f"loop of {loop.length} step{'s' * (loop.length != 1)}{way}: "
    said += f"{count} state{'s' * (count != 1)} of {numbers} number{'s' * (numbers != 1)}"
    stacks = loop.targets[count:]
    if not stacks:
        return f"{said}, nothing stacked"
    memory = sum(_size(program, r) * (program.registers[r].dtype or FLOAT64).itemsize for r in stacks)
    return f"{said}, {len(stacks)} stack{'s' * (len(stacks) != 1)} of {_readable(memory)}"


def _size(program: Program, r: Register) -> int:
    return prod(map(int, program.registers[r].shape))


def _readable(size: float) -> str:
    for unit in UNITS[:-1]:
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} {UNITS[-1]}"
