"""Loops under construction: one level for each loop, with the statements that stand in it so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from steepest.expr.node import Direction

from .text import Index, loop_index

INDENT = "    "


@dataclass
class Level:
    """The body of a loop over `variable` (None: of the function), and what was computed in it already."""

    variable: str | None
    size: str = ""
    lines: list[str] = field(default_factory=list)
    known: dict[Any, str] = field(default_factory=dict)
    direction: Direction = Direction.FORWARD

    @property
    def name(self) -> str:
        """The variable of a loop."""
        assert self.variable is not None
        return self.variable

    def closed(self) -> list[str]:
        """The loop with its body."""
        head = f"for (size_t {self.variable} = 0; {self.variable} < {self.size}; {self.variable}++)"
        if self.direction is Direction.BACKWARD:
            head = f"for (size_t {self.variable} = {self.size}; {self.variable}-- > 0;)"
        body = [INDENT + line for line in self.lines]
        if len(self.lines) == 1 or (self.lines[0].startswith("for ") and not _closes_early(self.lines)):
            return [head, *body]
        return [f"{head} {{", *body, "}"]


def _closes_early(lines: Sequence[str]) -> bool:
    """Whether something follows the loop that the lines start with."""
    if lines[0].endswith("{"):
        return lines.index("}") != len(lines) - 1
    return any(not line.startswith(INDENT) for line in lines[1:])


Stack = list[Level]


def close(stack: Stack, depth: int) -> None:
    """Close the loops beyond `depth`, each into the one around it."""
    while len(stack) > depth:
        inner = stack.pop()
        stack[-1].lines.extend(inner.closed())


def depth_of(stack: Stack, indices: Sequence[Index]) -> int:
    """The innermost level whose variable the indices use; 0 if they use none."""
    used = {v for i in indices for v in i.variables}
    return max((k for k, level in enumerate(stack) if level.variable in used), default=0)


def covers(stack: Stack, indices: Sequence[Index], depth: int) -> bool:
    """Whether the indices use every loop variable up to a level: what they select is computed once."""
    used = {v for i in indices for v in i.variables}
    return all(level.variable in used for level in stack[1 : depth + 1])


def places(stack: Stack) -> tuple[Index, ...]:
    """The loop variables that are open, outermost first."""
    return tuple(loop_index(level.variable) for level in stack if level.variable is not None)
