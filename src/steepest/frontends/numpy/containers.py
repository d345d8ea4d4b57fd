"""Walking through the containers that arguments may be nested in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def transformed(x: Any, leaf: Callable[[Any], Any]) -> Any:
    """`leaf` applied inside tuples, lists, dicts and slices."""
    if isinstance(x, tuple):
        items = [transformed(item, leaf) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else tuple(items)
    if isinstance(x, list):
        return [transformed(item, leaf) for item in x]
    if isinstance(x, dict):
        return {key: transformed(item, leaf) for key, item in x.items()}
    if isinstance(x, slice):
        return slice(*(transformed(item, leaf) for item in (x.start, x.stop, x.step)))
    return leaf(x)
