"""Orders, accuracies and counts, which are whole numbers."""

from __future__ import annotations

from operator import index
from typing import Any


def whole(value: Any, name: str, least: int = 1) -> int:
    """The number as Python's; ValueError for what is no whole number, or is too small.

    >>> whole(2.5, "an accuracy")
    Traceback (most recent call last):
    ...
    ValueError: an accuracy is a whole number, got 2.5
    """
    try:
        number = index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise ValueError(f"{name} is a whole number, got {value!r}")
    if number < least:
        raise ValueError(f"{name} is {least} or more, got {number}")
    return number
