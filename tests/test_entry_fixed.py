"""Which objects can be told by identity alone to be as they were."""

from __future__ import annotations

import collections
import dataclasses
import functools
from typing import Any, NamedTuple

import numpy as np
import pytest

import steepest as st
from steepest.frontends.tracing.dependency import is_fixed


@dataclasses.dataclass(frozen=True)
class Frozen:
    scale: float
    function: Any = np.sin


@dataclasses.dataclass
class Open:
    scale: float


class Pair(NamedTuple):
    first: float
    second: Any


class Empty:
    pass


class Slotted:
    __slots__ = ("scale",)


class OwnTuple(tuple[float, ...]):
    pass


class OwnFloat(float):
    pass


FIXED = [
    1, 2.5, "text", None, True, b"", 1j, range(3), np.float64(2.0), np.int8(1), np.bool_(True), np, np.sin, np.sum, len,
    lambda x: x, int, Frozen, Frozen(2.0), Frozen(2.0, Pair(1.0, "a")), Pair(1.0, None), (1, (2.0, "a")),
    frozenset({1}), functools.partial(np.sum, axis=0), st.grad(lambda x: x), slice(1, 2),
]  # fmt: skip
OPEN = [
    [1], {"a": 1}, {1}, np.ones(2), (1, [2]), Frozen(2.0, [1]), Open(2.0), Empty(), Slotted(), OwnTuple((1.0,)),
    collections.OrderedDict(), collections.UserDict(), Pair(1.0, np.ones(1)), np.zeros((), "i4,i4")[()], OwnFloat(1.0),
]  # fmt: skip


@pytest.mark.parametrize("item", FIXED, ids=lambda x: type(x).__name__)
def test_fixed(item: Any) -> None:
    assert is_fixed(item)


@pytest.mark.parametrize("item", OPEN, ids=lambda x: type(x).__name__)
def test_open(item: Any) -> None:
    assert not is_fixed(item)
