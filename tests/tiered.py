"""Functions whose machine code the tests of tiers wait for, and what has become of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from steepest.api.compilation import Tiers
from steepest.engines.native.entry.callable import reason_against

X = np.array([1.0, 2.0, 3.0])
straight = pytest.mark.skipif(reason_against() is not None, reason=str(reason_against()))


def bowl(x: Any) -> Any:
    return np.sum(x * x + x)


def fresh() -> Callable[[Any], Any]:
    """A function nobody has captured yet; its gradient is 2x + 1."""
    return lambda x: np.sum(x * x + x)


def tiers_of(g: Any) -> list[Tiers]:
    groups = g.record.specialisations.values()
    return [p.tiers for group in groups for s in group for p in s.programs.values()]


def answered(g: Any) -> int:
    return g._entries.answered() if g._entries is not None else 0
