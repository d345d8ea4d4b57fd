"""The layout of NIST's .dat files: a header of named sections, which says on which lines the numbers stand."""

from __future__ import annotations

import re


def sections(lines: list[str]) -> dict[str, list[str]]:
    """What the header says: what stands after each ``Name:`` at the left margin, line by line, blank lines left out."""
    found: dict[str, list[str]] = {}
    for line in lines[: line_range(lines, "Certified Values")[0]]:
        name, colon, rest = line.partition(":")
        if colon and not line[0].isspace():
            found[name] = []
            line = rest
        if found and line.strip():
            found[next(reversed(found))].append(line.strip())
    return found


def line_range(lines: list[str], what: str) -> tuple[int, int]:
    """First (from 0) and last (excluded) line of a part of the file, from ``what (lines 31 to 46)``."""
    pattern = re.compile(rf"\s*{what}\s+\(lines (\d+) to\s+(\d+)\)")
    for line in lines:
        if match := pattern.match(line):
            return int(match[1]) - 1, int(match[2])
    raise ValueError(f"the header does not say on which lines the {what.lower()} stand")


def lines_of(lines: list[str], what: str) -> list[str]:
    """The lines of a part of the file."""
    return lines[slice(*line_range(lines, what))]


def instances(pattern: re.Pattern[str], lines: list[str]) -> list[tuple[str, ...]]:
    """The groups of `pattern` in every line that is an instance of it and nothing more."""
    matches = (pattern.fullmatch(line.strip()) for line in lines)
    return [m.groups() for m in matches if m]
