"""Convex, concave, affine: the words, and what follows of a function of a function."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from steepest.expr.node import Expr
from steepest.ops.interval import Interval
from steepest.ops.operation import Curvature, Monotone, Operation

from .law import NONE, SUM, Law


class Shape(enum.Flag):
    """Both convex and concave is affine."""

    UNKNOWN = 0
    CONVEX = 1
    CONCAVE = 2
    AFFINE = 3

    def __str__(self) -> str:
        return (self.name or "").lower()

    def opposite(self) -> Shape:
        return {Shape.CONVEX: Shape.CONCAVE, Shape.CONCAVE: Shape.CONVEX}.get(self, self)


SHAPES = {
    Curvature.CONVEX: Shape.CONVEX,
    Curvature.CONCAVE: Shape.CONCAVE,
    Curvature.AFFINE: Shape.AFFINE,
    Curvature.UNKNOWN: Shape.UNKNOWN,
}


@dataclass(frozen=True)
class Bent:
    """How an expression bends, by which rule, and from which parts."""

    shape: Shape
    rule: Law
    about: Expr
    because: tuple[Bent, ...] = ()

    def walk(self) -> Iterator[Bent]:
        """This claim and those it rests on, each before its reasons."""
        yield self
        for b in self.because:
            yield from b.walk()


def composed(outer: Shape, monotone: Monotone, inner: Shape, domain: Interval, inside: bool) -> Shape:
    """Of f(g), Boyd & Vandenberghe (3.10): f convex and rising, g convex; f convex and falling, g concave; or g affine.

    Beyond its domain a convex f counts as +∞, a concave one as −∞: f must rise or fall there too, unless g is
    always `inside` of it.
    """
    if inner == Shape.AFFINE:
        return outer
    found = Shape.UNKNOWN
    open_below, open_above = inside or domain.low == float("-inf"), inside or domain.high == float("inf")
    if Shape.CONVEX in outer:
        rising = monotone is Monotone.INCREASING and inner == Shape.CONVEX and open_below
        falling = monotone is Monotone.DECREASING and inner == Shape.CONCAVE and open_above
        found |= Shape.CONVEX if rising or falling else Shape.UNKNOWN
    if Shape.CONCAVE in outer:
        rising = monotone is Monotone.INCREASING and inner == Shape.CONCAVE and open_above
        falling = monotone is Monotone.DECREASING and inner == Shape.CONVEX and open_below
        found |= Shape.CONCAVE if rising or falling else Shape.UNKNOWN
    return found


def summed(e: Expr, parts: Sequence[Bent]) -> Bent:
    """Of a sum of these parts, and constants."""
    shape = Shape.AFFINE
    for p in parts:
        shape &= p.shape
    return Bent(shape, SUM, e, tuple(parts))


def unknown(e: Expr) -> Bent:
    return Bent(Shape.UNKNOWN, NONE, e)


def title(op: Operation) -> str:
    """What an operation is called in a sentence."""
    return op.rule_name.removesuffix(" rule") or op.name.replace("_", " ")
