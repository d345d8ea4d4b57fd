"""Traced values that do not vary: arrays made of plain numbers inside a function."""

from __future__ import annotations

from typing import Any

from .containers import transformed
from .tracer import Tracer, find_tracers


def varies(t: Tracer) -> bool:
    """Whether an input goes into it."""
    return not t.is_fixed()


def any_varies(x: Any) -> bool:
    """Whether an input goes into anything in these containers."""
    return any(map(varies, find_tracers(x)))


def settled(x: Any) -> Any:
    """The same with plain values for traced ones that do not vary."""
    return transformed(x, lambda leaf: leaf.value if isinstance(leaf, Tracer) and not varies(leaf) else leaf)
