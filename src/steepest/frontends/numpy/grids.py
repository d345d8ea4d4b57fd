"""What ``np.mgrid`` and ``np.ogrid`` are: ranges between brackets, each along its own axis of a grid."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.frontends.tracing.tracer import find_tracers

from .creation import range_between


class Grid:
    """``np.mgrid[a:b:3j, 0:2]``, whose ends may be traced; `plain` is NumPy's own."""

    def __init__(self, plain: Any):
        self.plain = plain

    def __getitem__(self, key: Any) -> Any:
        if next(find_tracers(key), None) is None:
            return self.plain[key]
        if not isinstance(key, tuple):
            return range_between(key)
        grids = np.meshgrid(*map(range_between, key), indexing="ij", sparse=self.plain.sparse)
        return grids if self.plain.sparse else np.stack(grids)


DENSE, SPARSE = Grid(np.mgrid), Grid(np.ogrid)
