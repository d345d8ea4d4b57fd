"""Numbers that functions of a kernel read from its table, where they begin."""

from __future__ import annotations

import re

from steepest.schedule.named import Names

NUMBERS = "%numbers"  # the address of the table

_NAME = re.compile(r"%n(\d+)\b")


def loads(text: str, names: Names | None) -> list[str]:
    """Lines for the head of a function with this text."""
    lines: list[str] = []
    for place in sorted({int(found) for found in _NAME.findall(text)}) if names is not None else ():
        assert names is not None
        lines += [
            f"  %n{place}.at = getelementptr inbounds i64, ptr {NUMBERS}, i64 {place}",
            f"  %n{place} = load {names.words[place]}, ptr %n{place}.at, align 8",
        ]
    return lines
