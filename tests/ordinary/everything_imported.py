"""A module that takes all names of NumPy."""

from __future__ import annotations

from typing import Any

from numpy import *  # noqa: F403


def norm(x: Any) -> Any:
    y = zeros(2)  # noqa: F405
    y[1] = sqrt(sum(x**2))  # noqa: F405
    return y.sum()


def pair(a: Any, b: Any) -> Any:
    return array([sin(a), exp(b)]).prod()  # noqa: F405
