"""A function in C that goes along with the code that calls it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CFunction:
    """The text, and the names of the functions that it calls."""

    source: str
    needs: tuple[str, ...] = ()
