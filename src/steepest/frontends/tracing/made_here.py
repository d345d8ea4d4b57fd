"""Arrays that NumPy makes of plain numbers inside a traced function: traced too, for they may be written to later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .indexable import indexable, plain
from .recording import current
from .tracer import as_tracers


def made_here(value: Any, operands: Any) -> Any:
    """The results of a call of plain operands. What shares memory with one of these stays what it is."""
    recording = current()
    if recording is None:
        return value
    if isinstance(value, (tuple, list)):
        parts = [made_here(v, operands) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    value = plain(value)
    is_floating = type(value) is np.ndarray and value.ndim > 0 and value.dtype.kind in "fc"
    if not is_floating or any(np.may_share_memory(value, a) for a in _arrays(operands)):
        return indexable(value)
    return as_tracers(value, recording) if recording.noting is None else recording.noting.constant(value)


def _arrays(x: Any) -> Iterator[np.ndarray]:
    if isinstance(x, np.ndarray):
        yield x
    elif isinstance(x, (tuple, list)):
        for item in x:
            yield from _arrays(item)
    elif isinstance(x, dict):
        yield from _arrays(list(x.values()))
