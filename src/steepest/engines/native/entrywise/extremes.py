"""The larger and the smaller of two numbers. `maximum` and `minimum` keep NaN, `fmax` and `fmin` avoid it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.ops import piecewise
from steepest.ops.operation import Operation

from .code import Code, by_own_types
from .comparisons import is_nan
from .signature import Signature


def larger(b: Builder, kind: Kind, x: Value, y: Value) -> Value:
    """NaN if one of the two is."""
    return _one_of_two(b, kind, ">", "<=", x, y)


def smaller(b: Builder, kind: Kind, x: Value, y: Value) -> Value:
    """NaN if one of the two is."""
    return _one_of_two(b, kind, "<", ">=", x, y)


def _beyond(b: Builder, kind: Kind, test: str, x: Value, y: Value) -> Value:
    """One machine instruction on most processors; where one of the two is NaN, `y`."""
    if kind is Kind.TRUTH:
        return b.logic({">": "or", "<": "and"}[test], x, y)
    return b.select(b.compare(test, x, y), x, y)


def _one_of_two(b: Builder, kind: Kind, test: str, fails: str, x: Value, y: Value) -> Value:
    """`x` where the test holds, `y` where it fails, and where it does neither the one of them that is NaN."""
    if kind.floating and not isinstance(y, Val):
        return b.select(is_nan(b, y), y, b.select(b.compare(fails, x, y), y, x))
    found = _beyond(b, kind, test, x, y)
    return b.select(is_nan(b, x), x, found) if kind.floating else found


def _keeping(choice: Callable[[Builder, Kind, Value, Value], Value]) -> Callable[..., Value]:
    return lambda b, s, x, y: choice(b, s.result, x, y)


def _avoiding(test: str) -> Callable[..., Value]:
    def emit(b: Builder, s: Signature, x: Value, y: Value) -> Value:
        found = _beyond(b, s.result, test, x, y)
        return b.select(is_nan(b, y), x, found) if s.result.floating else found

    return emit


RULES: Mapping[Operation, Callable[..., Value]] = {
    piecewise.maximum: _keeping(larger),
    piecewise.minimum: _keeping(smaller),
    piecewise.fmax: _avoiding(">"),
    piecewise.fmin: _avoiding("<"),
}
EXTREMES: Mapping[Operation, Code] = by_own_types(RULES)
