"""Translations of polynomials given by their coefficients, and of Vandermonde's matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.expr.build import zeros
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.frontends.tracing.lifting import broadcast, lift
from steepest.frontends.tracing.tracer import call
from steepest.frontends.tracing.translation import translates, translates_with_values
from steepest.ops.power import power
from steepest.ops.rearrange import sliced

from .arithmetic import product, sum_of
from .joining import stack


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


def vander(x: Any, N: Any = None, increasing: Any = False) -> Expr:
    """Powers of a vector's entries, column by column."""
    e = lift(x)
    count = int(e.shape[0]) if N is None else int(N)
    powers = range(count) if increasing else range(count)[::-1]
    if not count:
        return zeros((e.shape[0], 0))
    return stack([power(e, constant(k)) for k in powers], axis=1)


def polyfit(x: Any, y: Any, deg: Any, rcond: Any = None, full: Any = False, w: Any = None, cov: Any = False) -> Any:
    """Least squares in powers of x, whose columns are brought to length 1 first, as NumPy does."""
    if full or cov is not False:
        raise CaptureError(
            located("np.polyfit with full= or cov= is not recorded", user_line())
            + "\n    Leave them out, or solve the least-squares problem with np.linalg.lstsq(np.vander(x, deg + 1), y)."
        )
    columns, values = np.vander(_vector(x), int(deg) + 1), _vector(y)
    if w is not None:
        columns = columns * np.asarray(w)[:, None]
        values = values * (w if np.ndim(y) == 1 else np.asarray(w)[:, None])
    lengths = np.sqrt((columns * columns).sum(axis=0))
    cutoff = len(x) * np.finfo(np.result_type(columns.dtype, float)).eps if rcond is None else rcond
    found = np.linalg.lstsq(columns / lengths, values, cutoff)[0]
    return (found.T / lengths).T


def _vector(p: Any) -> Any:
    return call(np.atleast_1d, (p,), {})


def _as_long(*polynomials: Any) -> list[Any]:
    """Coefficients with zeros in front of the shorter ones."""
    vectors = [_vector(p) for p in polynomials]
    longest = max(map(len, vectors))
    return [np.concatenate([np.zeros(longest - len(p)), p]) for p in vectors]


def polyadd(a1: Any, a2: Any) -> Any:
    a, b = _as_long(a1, a2)
    return a + b


def polysub(a1: Any, a2: Any) -> Any:
    a, b = _as_long(a1, a2)
    return a - b


def polyder(p: Any, m: int = 1) -> Any:
    p = _vector(p)
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    p = _vector(p)
    added = np.zeros(m) if k is None else np.broadcast_to(k, (m,))
    for j in range(m):
        p = np.append(p / np.arange(len(p), 0, -1), added[j])
    return p


def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of Π (x − zᵢ)."""
    numbers = _vector(seq_of_zeros)
    result = np.ones(1)
    for z in np.linalg.eigvals(numbers) if np.ndim(numbers) == 2 else numbers:
        result = np.append(result, 0.0) - np.append(0.0, z * result)
    return result


translates_with_values(np.polyadd)(polyadd)
translates_with_values(np.polysub)(polysub)
translates_with_values(np.polymul)(lambda a1, a2: np.convolve(_vector(a1), _vector(a2)))
translates_with_values(np.polyder)(polyder)
translates_with_values(np.polyint)(polyint)
translates_with_values(np.poly)(poly)
translates_with_values(np.polyfit)(polyfit)
translates(np.polyval)(polyval)
translates(np.vander)(vander)
