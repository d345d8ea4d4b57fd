"""The part of the page about what each tool can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .markdown import table

INTRODUCTION = """
## What each tool does

Every cell is the answer of a probe that runs the tool (`benchmarks/numeric/features_of_*.py`). "no" means that the
probe got no right answer, or that no public function of the tool, and none of its parameters, has a name for it."""

GRIDS = "\nOf values on nodes:"
CHECKERS = "\nOf checks of a gradient that is given, each at its defaults:"
WORDS = "\nWhat each says first of a gradient without its factor 2, at (0.5, 1.5):"
LONGEST = 150  # characters of what is said


def lines(record: Mapping[str, Any]) -> Iterator[str]:
    yield INTRODUCTION
    yield from _rows(record["values"])
    yield GRIDS
    yield from _rows(record["grids"])
    yield CHECKERS
    yield from _rows(record["checkers"])
    yield WORDS
    yield from table(("tool", "says"), [(tool, _short(said)) for tool, said in record["words"].items()])


def _rows(features: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    tools = list(features[0]["cells"])
    yield from table(("", *tools), [(f["title"], *(f["cells"].get(tool, "—") for tool in tools)) for f in features])


def _short(said: str) -> str:
    said = said.replace("|", "\\|")
    return said if len(said) <= LONGEST else f"{said[:LONGEST].rstrip()} …"
