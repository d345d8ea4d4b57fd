"""``np.nditer`` of traced arrays: one entry after the other, each a view that may be written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.frontends.tracing.postponing import value_of
from steepest.frontends.tracing.tracer import find_tracers

KNOWN_FLAGS = frozenset({"multi_index", "c_index", "zerosize_ok", "refs_ok", "copy_if_overlap"})


def iterated(*args: Any, **kwargs: Any) -> Any:
    """np.nditer, or what stands for it if one of the arrays is traced."""
    is_traced = next(find_tracers((args, kwargs)), None) is not None
    return Entries(*args, **kwargs) if is_traced else np.nditer(*args, **kwargs)


class Entries:
    """The entries of arrays that are broadcast to one shape, in the order in which NumPy visits them."""

    def __init__(
        self, op: Any, flags: Sequence[str] | None = None, op_flags: Any = None, op_dtypes: Any = None,
        order: Any = "K", casting: Any = "safe", **settings: Any,
    ):  # fmt: skip
        self.operands = tuple(op) if isinstance(op, (list, tuple)) else (op,)
        unknown = {*(flags or ()), *settings} - KNOWN_FLAGS | ({"op_dtypes"} if op_dtypes is not None else set())
        if unknown or any(x is None for x in self.operands):
            raise CaptureError(
                located(f"np.nditer of a traced array with {', '.join(sorted(unknown)) or 'None'}", user_line())
                + "\n    Go through np.ndindex(x.shape) instead, or write the step with whole arrays."
            )
        visit = np.nditer([value_of(x) for x in self.operands], ["multi_index", "zerosize_ok"], order=order)
        self.shape, self.itersize, self.nop, self.ndim = visit.shape, visit.itersize, visit.nop, visit.ndim
        self.places = [visit.multi_index for _ in visit]
        self.iterindex, self.is_started = 0, False

    @property
    def finished(self) -> bool:
        return self.iterindex >= self.itersize

    @property
    def multi_index(self) -> tuple[int, ...]:
        return self.places[self.iterindex]

    @property
    def index(self) -> int:
        """The place counted in rows."""
        return int(np.ravel_multi_index(self.multi_index, self.shape)) if self.shape else 0

    @property
    def value(self) -> Any:
        entries = tuple(self[k] for k in range(self.nop))
        return entries if self.nop > 1 else entries[0]

    def __getitem__(self, k: int) -> Any:
        operand = self.operands[k]
        place = self.multi_index[self.ndim - np.ndim(operand) :]
        return operand[(*(i if n != 1 else 0 for i, n in zip(place, np.shape(operand), strict=True)), ...)]

    def __setitem__(self, k: int, value: Any) -> None:
        self[k][...] = value

    def iternext(self) -> bool:
        self.iterindex += 1
        return not self.finished

    def reset(self) -> None:
        self.iterindex, self.is_started = 0, False

    def __len__(self) -> int:
        return self.itersize

    def __iter__(self) -> Entries:
        return self

    def __next__(self) -> Any:
        self.iterindex += self.is_started
        self.is_started = True
        if self.finished:
            raise StopIteration
        return self.value

    def __enter__(self) -> Entries:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """NumPy writes back what is buffered; here it is written at once."""
