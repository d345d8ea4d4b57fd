"""Names of constant factors: 2, 1/2, 1/m."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product

CLOSE = 1e-5
NUMBERS = (1, 2, 1 / 2, 3, 4, 1 / 3, 1 / 4, 3 / 2, 2 / 3, 5, 6, 8, 1 / 8, 1 / 6)
WORDS = {1 / 2: "1/2", 1 / 3: "1/3", 1 / 4: "1/4", 3 / 2: "3/2", 2 / 3: "2/3", 1 / 8: "1/8", 1 / 6: "1/6"}


def named(value: float, sizes: Mapping[str, int]) -> str:
    """A constant as people write it: a simple number, or one with the sizes of the problem in it."""
    found = simple(value, sizes)
    return f"{value:.6g}" if found is None else found


def simple(value: float, sizes: Mapping[str, int]) -> str | None:
    """The same, or None where there is no simple name."""
    sign = "−" if value < 0 else ""
    for number, text in _constants(sizes):
        if math.isclose(abs(value), number, rel_tol=CLOSE):
            return sign + text
    return None


def told_sizes(text: str, sizes: Mapping[str, int]) -> str:
    """`` (m = 50)`` for the sizes that are in the text."""
    used = [f"{name} = {length}" for name, length in sizes.items() if name in text]
    return f" ({', '.join(used)})" if used else ""


def _constants(sizes: Mapping[str, int]) -> Iterator[tuple[float, str]]:
    """The simplest first: numbers, then a size, then products of sizes."""
    for number in NUMBERS:
        yield number, WORDS.get(number, f"{number:g}")
    single = [(float(n), 1.0, name, "") for name, n in sizes.items()]
    under = [(1.0, float(n), "", name) for name, n in sizes.items()]
    ratios = [(float(a), float(b), i, j) for (i, a), (j, b) in product(sizes.items(), repeat=2) if i != j]
    pairs = [(1.0, float(a * b), "", f"({i}{j})") for (i, a), (j, b) in product(sizes.items(), repeat=2) if i < j]
    for number, (over, below, name, divisor) in product((1, 2, 1 / 2, 4), (*single, *under, *ratios, *pairs)):
        front = "" if number in (1, 1 / 2) and (name or number == 1) else f"{number:g}"
        if number == 1 / 2:
            front, divisor = "", f"(2{divisor.strip('()')})" if divisor else "2"
        yield number * over / below, (front + name or "1") + (f"/{divisor}" if divisor else "")
