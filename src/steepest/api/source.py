"""A function with declared arguments, traced with named sizes: what formulas are made from."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, FormulaError, located
from steepest.expr.dtype import carries_derivative
from steepest.expr.fact import Fact
from steepest.expr.node import Variable
from steepest.expr.traversal import count_nodes
from steepest.frontends.tracing.capture import Capture, Input, capture

from .declaration import Declaration, assigned_sizes, shape_of, turned
from .examples import PLACES, Place, draw, is_steady
from .recovered_sizes import same_but_for_lengths, with_sizes_recovered
from .thresholds import LONGEST, thresholds

SIZES = (4, 6, 7, 9, 11, 13, 17, 19)  # distinct, so that no two axes are confused
OTHER_SIZES = (5, 7, 9, 11, 13, 16, 19, 22)
LONGER = (8, 24)  # by which sizes grow where an index is out of bounds
FURTHER_SIZES = (3, 8, 10, 12, 14, 15, 18, 21)  # for numbers that may be made from sizes
FAR_SIZES = (21, 25, 27, 30, 33, 35, 38, 40)  # for what is the same at small sizes, as n // 2 at 4 and 5
MOST_THRESHOLDS = 12  # how many comparisons of sizes are looked into
MOST_ENTRIES = 1_000_000  # of an array at the far sizes


@dataclass(frozen=True)
class Source:
    """A function with declared arguments, traced with named sizes."""

    function: Callable[..., Any]
    declarations: tuple[Declaration, ...]
    capture: Capture
    others: tuple[Capture, ...]  # the same at other sizes

    def variable(self, name: str) -> Variable:
        """A variable that can vary smoothly."""
        found = variable_of(self.capture, name)
        if Fact.INTEGER in found.facts:
            raise ArgumentError(f"{name} is declared integer: it does not vary smoothly\n    Declare its shape alone.")
        return found

    def retraced(self, lengths: Mapping[str, int]) -> Capture:
        """The function traced again, with these lengths of some of the named sizes."""
        sizes = assigned_sizes(self.declarations, SIZES)
        return _trace(self.function, self.declarations, {**sizes, **lengths}, PLACES[0])


def variable_of(c: Capture, name: str) -> Variable:
    for v in c.variables:
        if v.name == name:
            if not carries_derivative(v.dtype):
                raise ArgumentError(f"{name} is not a real variable")
            return v
    raise ArgumentError(f"there is no variable {name!r}; there are {', '.join(v.name for v in c.variables)}")


def source_of(f: Callable[..., Any], declarations: tuple[Declaration, ...]) -> Source:
    """The function traced at small sizes and at large ones, and beside every length it compares a size with."""
    first, others = _captures(f, declarations)
    for lookup in (line for c in (first, *others) for line in c.lookups):
        what = f"{first.name} looks a size up in a set or dict: what it does at other lengths is not known"
        raise FormulaError(
            located(what, lookup)
            + "\n    Compare the size with numbers (n == 3 or n == 5), or give the sizes as numbers."
        )
    return Source(f, declarations, first, others)


def _captures(f: Callable[..., Any], declarations: Sequence[Declaration]) -> tuple[Capture, tuple[Capture, ...]]:
    """A trace from a place where the function is defined, and those at other sizes that must read the same."""
    failure: IndexError | None = None
    for longer in (0, *LONGER):
        try:
            return _captures_from(f, declarations, [n + longer for n in SIZES], [n + longer for n in OTHER_SIZES])
        except IndexError as error:  # x[7] needs more than a few entries
            failure = failure or error
    assert failure is not None
    raise failure


def _captures_from(
    f: Callable[..., Any], declarations: Sequence[Declaration], lengths: Sequence[int], other_lengths: Sequence[int]
) -> tuple[Capture, tuple[Capture, ...]]:
    sizes, other_sizes = assigned_sizes(declarations, lengths), assigned_sizes(declarations, other_lengths)
    found = failure = None
    for first, second in ((sizes, turned(other_sizes)), (turned(sizes), other_sizes)):
        try:
            found, steady = _captures_at(f, declarations, first, second)
        except np.linalg.LinAlgError as error:
            failure = failure or error
            continue
        if steady or len(sizes) < 2:
            return found
    if found is None:
        assert failure is not None
        raise failure
    return found


def _captures_at(
    f: Callable[..., Any], declarations: Sequence[Declaration], sizes: dict[str, int], other_sizes: dict[str, int]
) -> tuple[tuple[Capture, tuple[Capture, ...]], bool]:
    """The traces that begin at `sizes`, and whether the function's value is more than rounding there."""
    failure: Exception | None = None
    for place in PLACES:
        try:
            first = _trace(f, declarations, sizes, place)
            second = _elsewhere(f, declarations, other_sizes, place)
        except np.linalg.LinAlgError as error:
            failure = failure or error
            continue
        if all(np.isfinite(v).all() for v in first.values) or place is PLACES[-1]:
            turns = thresholds([*first.comparisons, *second.comparisons])
            beyond = _beyond_thresholds(f, declarations, sizes, place, turns)
            beyond += _far_away(f, declarations, place, first, second)
            return _as_one(f, declarations, place, first, second, *beyond), is_steady(
                f, _examples(declarations, sizes, place), first.values
            )
    assert failure is not None
    raise failure


def _as_one(
    f: Callable[..., Any], declarations: Sequence[Declaration], place: Place, first: Capture, *rest: Capture
) -> tuple[Capture, tuple[Capture, ...]]:
    """The traces, with numbers that were made from sizes recognised if that makes them one expression."""
    others = list(rest)
    if same_but_for_lengths([first, *others]):
        return first, rest
    with contextlib.suppress(Exception):  # the function refuses these sizes: then nothing is recognised
        further = _trace(f, declarations, assigned_sizes(declarations, FURTHER_SIZES), place)
        first, *others = with_sizes_recovered([first, *others, further])
    return first, tuple(others)


def _elsewhere(
    f: Callable[..., Any], declarations: Sequence[Declaration], sizes: dict[str, int], place: Place
) -> Capture:
    """A trace at other sizes, where what was longer is shorter; as it was if the function refuses that."""
    with contextlib.suppress(Exception):
        return _trace(f, declarations, sizes, place)
    return _trace(f, declarations, turned(sizes), place)


def _beyond_thresholds(
    f: Callable[..., Any], declarations: Sequence[Declaration], sizes: dict[str, int], place: Place,
    turns: Collection[tuple[str, int]],
) -> list[Capture]:  # fmt: skip
    """Traces on both sides of each length that a size was compared with, where the function accepts them."""
    if len(turns) > MOST_THRESHOLDS:
        raise FormulaError(
            f"the function compares its sizes with {len(turns)} lengths; beyond {MOST_THRESHOLDS} it is not followed"
            "\n    Give the sizes as numbers."
        )
    found = []
    for name, threshold in sorted(turns):
        for length in (threshold - 1, threshold, threshold + 1):
            if 0 < length <= LONGEST and length != sizes[name]:
                with contextlib.suppress(Exception):  # the function refuses this size: no formula is needed there
                    found.append(_trace(f, declarations, {**sizes, name: length}, place))
    return found


def _far_away(
    f: Callable[..., Any], declarations: Sequence[Declaration], place: Place, first: Capture, second: Capture
) -> list[Capture]:
    """A trace at much larger sizes, where it is another function and no loop over an axis."""
    sizes = assigned_sizes(declarations, FAR_SIZES)
    entries = max((math.prod(shape_of(d, sizes)) for d in declarations), default=0)
    if not sizes or entries > MOST_ENTRIES or count_nodes(first.outputs) != count_nodes(second.outputs):
        return []
    with contextlib.suppress(Exception):  # the function refuses these sizes
        far = _trace(f, declarations, sizes, place)
        return [] if same_but_for_lengths([first, far]) or _branches(far) != _branches(first) else [far]
    return []


def _branches(c: Capture) -> list[bytes]:
    """What was seen of values: a trace on another branch has another formula, at whatever sizes."""
    return [g.seen.tobytes() for g in c.guards]


def _trace(f: Callable[..., Any], declarations: Sequence[Declaration], sizes: dict[str, int], place: Place) -> Capture:
    shapes = [shape_of(d, sizes) for d in declarations]
    examples = _examples(declarations, sizes, place)
    inputs = [Input(d.name, x, shape, d.facts) for d, x, shape in zip(declarations, examples, shapes, strict=True)]
    return capture(f, inputs, lambda g, tracers: g(*tracers))


def _examples(declarations: Sequence[Declaration], sizes: dict[str, int], place: Place) -> list[Any]:
    shapes = [shape_of(d, sizes) for d in declarations]
    drawn = draw(place, shapes, seed=0, facts=[d.facts for d in declarations])
    return [x if x.ndim else np.float64(x) for x in drawn]
