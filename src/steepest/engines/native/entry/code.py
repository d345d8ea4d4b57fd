"""The text of the machine code that answers calls."""

from __future__ import annotations

from importlib import resources

PARTS = ("tables", "call", "attempt", "containers", "fitting", "outputs", "result")


def text() -> str:
    """The module that defines ``ptr @call(ptr %self, ptr %arguments, i64 %count_and_flag, ptr %names)``."""
    folder = resources.files(__package__)
    return "\n".join((folder / f"{part}.ll").read_text(encoding="utf-8") for part in PARTS)
