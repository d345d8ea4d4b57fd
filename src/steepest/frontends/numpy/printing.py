"""What NumPy writes about an array: the text shows the example's values, and nothing of it is recorded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from steepest.frontends.tracing.tracer import to_values
from steepest.frontends.tracing.translation import translates_with_values


def shown(write: Callable[..., str]) -> Callable[..., str]:
    return lambda *args, **settings: write(*to_values(args), **to_values(settings))


for _write in (np.array2string, np.array_repr, np.array_str):
    translates_with_values(_write)(shown(_write))
