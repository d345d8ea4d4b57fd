"""Names of constant factors: 2, 1/2, 1/m."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product

CLOSE = 1e-5
NUMBERS = {1: "1", 2: "2", 1 / 2: "1/2", 3: "3", 1 / 3: "1/3", 4: "4", 1 / 4: "1/4", 3 / 2: "3/2", 2 / 3: "2/3"}
MEANT = 2  # a 2 is one that squares bring, rather than a size
FINE = 100  # decimals of two places are simple


def named(value: float, sizes: Mapping[str, int]) -> str:
    """A constant as people write it: a simple number, or one with the sizes of the problem in it."""
    found = simple(value, sizes)
    return f"{value:.6g}" if found is None else found


def simple(value: float, sizes: Mapping[str, int]) -> str | None:
    """The same, or None where there is no simple name."""
    sign = "−" if value < 0 else ""
    for number, text in _constants(abs(value), sizes):
        if math.isclose(abs(value), number, rel_tol=CLOSE):
            return sign + text
    return None


def told_sizes(text: str, sizes: Mapping[str, int]) -> str:
    """`` (m = 50)`` for the sizes that are in the text, or as large as its number: a 3 may be a size of 3."""
    used = [f"{name} = {n}" for name, n in sizes.items() if name in text or (n > MEANT and text in (f"{n}", f"1/{n}"))]
    return f" ({', '.join(used)})" if used else ""


def _constants(value: float, sizes: Mapping[str, int]) -> Iterator[tuple[float, str]]:
    """The simplest first: numbers, a size, decimals, then products of sizes."""
    yield from NUMBERS.items()
    for name, n in sizes.items():
        yield from ((n, name), (1 / n, f"1/{name}"), (2 * n, f"2{name}"), (2 / n, f"2/{name}"))
        yield from ((n / 2, f"{name}/2"), (0.5 / n, f"1/(2{name})"), (n / 4, f"{name}/4"), (4 / n, f"4/{name}"))
        yield from ((n**2, f"{name}²"), (1 / n**2, f"1/{name}²"))
        if 2 < n <= FINE:
            yield from ((n / (n - 1), f"{name}/({name} − 1)"), ((n - 1) / n, f"({name} − 1)/{name}"))
    if value * FINE >= 1:
        yield round(value * FINE) / FINE, f"{round(value * FINE) / FINE:g}"
    for (i, a), (j, b) in product(sizes.items(), repeat=2):
        if i < j:
            yield from ((a * b, f"{i}{j}"), (1 / (a * b), f"1/({i}{j})"), (2 / (a * b), f"2/({i}{j})"))
        if i != j:
            yield a / b, f"{i}/{j}"
