"""Walking through the containers that arguments may be nested in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

CONTAINERS = (tuple, list, dict, slice)


def transformed(x: Any, leaf: Callable[[Any], Any]) -> Any:
    """`leaf` applied inside tuples, lists, dicts and slices."""
    if not issubclass(type(x), CONTAINERS):  # a traced array passes for what it stands for, which takes time to ask
        return leaf(x)
    if isinstance(x, tuple):
        items = [transformed(item, leaf) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else tuple(items)
    if isinstance(x, list):
        return [transformed(item, leaf) for item in x]
    if isinstance(x, dict):
        return {key: transformed(item, leaf) for key, item in x.items()}
    return slice(*(transformed(item, leaf) for item in (x.start, x.stop, x.step)))


def plain_key(key: Any) -> tuple[Any, ...] | None:
    """A key of numbers, slices, None and … in a form that can be compared; None if there are arrays in it."""
    items = [
        (i.start, i.stop, i.step) if isinstance(i, slice) else (i,) for i in (key if isinstance(key, tuple) else (key,))
    ]
    plain = all(n is None or n is Ellipsis or isinstance(n, (int, np.integer)) for item in items for n in item)
    return tuple(items) if plain else None
