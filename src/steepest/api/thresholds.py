"""Lengths at which a function may begin to do something else, from the comparisons of sizes that it made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from steepest.expr.node import Add, Expr
from steepest.expr.number import constant, is_number, numeric_value, whole
from steepest.formula.printing import condition_text
from steepest.frontends.tracing.recording import Comparison
from steepest.ops.logic import less

LONGEST = 200  # how long arrays get to look beyond a comparison


def thresholds(comparisons: Iterable[Comparison]) -> set[tuple[str, int]]:
    """Sizes by name, and the lengths at which a comparison of them turns, where arrays can be made that long."""
    return {(name, int(length)) for c in comparisons for name, length in _turns(c) if 0 <= length <= LONGEST}


def out_of_reach(comparisons: Iterable[Comparison]) -> list[Expr]:
    """The sides taken of comparisons that turn at longer arrays only, as conditions: ``n < 1000``."""
    found = []
    for c in comparisons:
        lengths = [length for _, length in _turns(c)]
        if any(length > LONGEST for length in lengths) and not any(0 <= length <= LONGEST for length in lengths):
            other = whole(constant(c.other))
            found.append(less(c.size, other) if c.value < c.other else less(other, c.size))
    return sorted(found, key=condition_text)


def _turns(c: Comparison) -> Iterator[tuple[str, float]]:
    """Each size in a comparison, and its length where the two sides are about equal and the other sizes as they are."""
    slopes: dict[str, tuple[int, float]] = {}
    for term in _terms(c.size):
        if is_number(term):
            for size, exponent in term.sizes:
                _, slope = slopes.get(size.name, (0, 0.0))
                slopes[size.name] = int(size), slope + numeric_value(term).real * exponent / size
    for name, (length, slope) in slopes.items():
        if slope:
            yield name, length + (c.other - c.value) / slope


def _terms(e: Expr) -> tuple[Expr, ...]:
    return e.args if isinstance(e, Add) else (e,)
