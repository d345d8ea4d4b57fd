"""Translations of polynomials given by their coefficients, and of Vandermonde's matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.build import zeros
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.ops.power import power
from steepest.ops.rearrange import sliced

from .arithmetic import product, sum_of
from .joining import stack
from .lifting import broadcast, lift
from .translation import translates


def _coefficients(p: Any) -> list[Expr]:
    """The entries of a vector of coefficients; plain ones are numbers."""
    if isinstance(p, Expr):
        return [sliced(p, [k]) for k in range(int(p.shape[0]))]
    return [lift(c) for c in np.atleast_1d(np.asarray(p))] if not isinstance(p, (list, tuple)) else [lift(c) for c in p]


def _horner(falling: list[Expr], x: Expr) -> Expr:
    """((c₀ x + c₁) x + c₂) …"""
    result: Expr = zeros(x.shape)
    for c in falling:
        result = broadcast(sum_of(product(result, x), c), x.shape)
    return result


def polyval(p: Any, x: Any) -> Expr:
    """The highest power's coefficient first."""
    if isinstance(p, np.poly1d) or isinstance(x, np.poly1d):
        raise CaptureError("np.polyval of a np.poly1d cannot be recorded; give it the coefficients")
    return _horner(_coefficients(p), lift(x))


def rising_polyval(x: Any, c: Any, tensor: Any = True) -> Expr:
    """numpy.polynomial's: the constant term first."""
    if lift(c).ndim != 1:
        raise CaptureError("polyval is recorded for one vector of coefficients")
    return _horner(_coefficients(c)[::-1], lift(x))


def vander(x: Any, N: Any = None, increasing: Any = False) -> Expr:
    """Powers of a vector's entries, column by column."""
    e = lift(x)
    count = int(e.shape[0]) if N is None else int(N)
    powers = range(count) if increasing else range(count)[::-1]
    if not count:
        return zeros((e.shape[0], 0))
    return stack([power(e, constant(k)) for k in powers], axis=1)


translates(np.polyval)(polyval)
translates(np.polynomial.polynomial.polyval)(rising_polyval)
translates(np.vander)(vander)
