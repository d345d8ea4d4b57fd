"""Convex, concave, affine: the words, and what follows of a function of a function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from steepest.expr.node import Expr
from steepest.ops.interval import Interval
from steepest.ops.operation import Curvature, Monotone, Operation

from .law import NONE, SUM, Law


@dataclass(frozen=True)
class Bent:
    """How an expression bends, by which rule, and from which parts."""

    curvature: Curvature
    rule: Law
    about: Expr
    because: tuple[Bent, ...] = ()


def composed(outer: Curvature, monotone: Monotone, inner: Curvature, domain: Interval, inside: bool) -> Curvature:
    """Of f(g), Boyd & Vandenberghe (3.10): f convex and rising, g convex; f convex and falling, g concave; or g affine.

    Beyond its domain a convex f counts as +∞, a concave one as −∞: f must rise or fall there too, unless g is
    always `inside` of it.
    """
    if inner == Curvature.AFFINE:
        return outer
    found = Curvature.UNKNOWN
    open_below, open_above = inside or domain.low == float("-inf"), inside or domain.high == float("inf")
    if Curvature.CONVEX in outer:
        rising = monotone is Monotone.INCREASING and inner == Curvature.CONVEX and open_below
        falling = monotone is Monotone.DECREASING and inner == Curvature.CONCAVE and open_above
        found |= Curvature.CONVEX if rising or falling else Curvature.UNKNOWN
    if Curvature.CONCAVE in outer:
        rising = monotone is Monotone.INCREASING and inner == Curvature.CONCAVE and open_above
        falling = monotone is Monotone.DECREASING and inner == Curvature.CONVEX and open_below
        found |= Curvature.CONCAVE if rising or falling else Curvature.UNKNOWN
    return found


def summed(e: Expr, parts: Sequence[Bent]) -> Bent:
    """Of a sum of these parts, and constants."""
    curvature = Curvature.AFFINE
    for p in parts:
        curvature &= p.curvature
    return Bent(curvature, SUM, e, tuple(parts))


def unknown(e: Expr) -> Bent:
    return Bent(Curvature.UNKNOWN, NONE, e)


def title(op: Operation) -> str:
    """What an operation is called in a sentence."""
    return op.rule_name.removesuffix(" rule") or op.name.replace("_", " ")
