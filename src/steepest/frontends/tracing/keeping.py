"""What functions work out once and keep: a table in a dict, an array in a global that was None.

That is no effect to tell of. A number is none of it (a count, a value to look at later), nor what depends on arguments.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .tracer import Tracer


def is_kept(item: Any) -> bool:
    """Whether it is an array that does not depend on arguments, or a container of such arrays and plain numbers."""
    if isinstance(item, Tracer):
        return item.is_fixed() and np.ndim(item.value) > 0
    if isinstance(item, (tuple, list, dict)):
        held = list(item.values() if isinstance(item, dict) else item)
        return any(map(is_kept, held)) and all(is_kept(x) or _is_number(x) for x in held)
    return isinstance(item, np.ndarray)


def _is_number(item: Any) -> bool:
    """Whether it is a number or a text, which may stand beside arrays."""
    known = isinstance(item, (int, float, complex, str, np.generic)) or item is None
    return known and not isinstance(item, Tracer)  # which says that it is a number


def keep(entries: dict[Any, Any], key: Any) -> bool:
    """Whether what was put into a dict is kept there; if so, it becomes plain arrays, for the dict is the user's."""
    kept = is_kept(entries[key])
    if kept:
        entries[key] = _plain(entries[key])
    return kept


def _plain(item: Any) -> Any:
    if isinstance(item, Tracer):
        return item.value
    if isinstance(item, list):
        item[:] = map(_plain, item)
    elif isinstance(item, dict):
        item.update({key: _plain(x) for key, x in item.items()})
    elif isinstance(item, tuple) and any(isinstance(x, (Tracer, tuple, list, dict)) for x in item):
        parts = map(_plain, item)
        return type(item)(*parts) if hasattr(item, "_fields") else tuple(parts)
    return item
