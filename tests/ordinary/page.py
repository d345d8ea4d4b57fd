"""docs/what-works.md, made of the suite: ``python -m ordinary.page`` in the folder of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .families import FAMILIES
from .suite import Family, Program

PAGE = Path(__file__).resolve().parents[2] / "docs" / "what-works.md"

HEAD = """# What works

What people write in plain NumPy, construct by construct, and whether its derivatives can be had. Each row is a program
in `tests/ordinary/`, of which the code that matters is shown: {works} that work, {refused} that are refused.

- **works**: value, gradient (reverse mode), directional derivative (forward mode) and second derivative are the truth:
  the complex step, where the program takes complex numbers, else certified differences of the plain program.
- **guarded**: the recording holds as long as that value, order or branch is the same; else another is made.
- **refused**: an error that names the line of the program and at least two ways on. What cannot be recorded never
  becomes a wrong number.

This page is made from the tests by `make what-works`.
"""


def text() -> str:
    """The page."""
    programs = [p for family in FAMILIES for p in family]
    refused = sum(p.refusal is not None for p in programs)
    head = HEAD.format(works=len(programs) - refused, refused=refused)
    return "\n".join([head, *(line for family in FAMILIES for line in _table(family))])


def _table(family: Family) -> Iterator[str]:
    yield f"## {family.title}\n"
    yield "| construct | for instance | |"
    yield "|---|---|---|"
    yield from map(_row, family)
    yield ""


def _row(program: Program) -> str:
    why = "works" if program.refusal is None else f"**refused**: {program.refusal.why}"
    return f"| {program.construct} | {_code(program.example)} | {why} |"


def _code(source: str) -> str:
    """Code in a cell of a table, where a bar must not end the cell."""
    return f"`{source}`".replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
