"""Discrete Fourier and cosine transforms along the last axis: contractions with a matrix that is never stored.

Definitions as in Van Loan, Computational Frameworks for the Fast Fourier Transform (1992); the cosine transforms
as in Strang, The discrete cosine transform, SIAM Review 41 (1999).
"""

from __future__ import annotations

from typing import Literal

from steepest.expr.build import add, contract, negate, scale, structured
from steepest.expr.dtype import FLOAT64
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.expr.pattern import Fourier

from .complex_parts import real
from .rearrange import embed, part, strided

Sign = Literal[-1, 1]


def fourier(x: Expr, sign: Sign = -1) -> Expr:
    """``Σ_j x_j exp(∓2πi jk/n)``, without a factor."""
    n = x.shape[-1]
    rows, last, place = tuple(range(x.ndim - 1)), x.ndim - 1, x.ndim
    matrix = structured(Fourier(sign), (n, n), FLOAT64 if x.dtype is None else x.dtype)
    return contract([((place, last), matrix), ((*rows, last), x)], (*rows, place))


def resized(x: Expr, n: int) -> Expr:
    """The last axis cut, or filled up with zeros, to length n."""
    have = int(x.shape[-1])
    if n < have:
        return part(x, 0, n)
    return embed(x, 0, 1, n) if n > have else x


def half_spectrum(x: Expr, sign: Sign = -1) -> Expr:
    """The transform of a real signal up to the middle; the rest is its mirror image, conjugated."""
    n = int(x.shape[-1])
    return part(fourier(x, sign), 0, n // 2 + 1)


def from_half_spectrum(x: Expr, n: int, sign: Sign = 1) -> Expr:
    """The real signal of length n that has this half spectrum, times n.

    All but the first entry (and the middle one, if n is even) stand for two; of those the imaginary part is not read.
    """
    x = resized(x, n // 2 + 1)
    doubled = add(scale(constant(2), x), negate(embed(part(x, 0, 1), 0, 1, n // 2 + 1)))
    if n % 2 == 0:
        doubled = add(doubled, negate(embed(part(x, n // 2, n // 2 + 1), n // 2, 1, n // 2 + 1)))
    return real(fourier(resized(doubled, n), sign))


def cosine_one(x: Expr) -> Expr:
    """DCT-I, ``x_0 + (−1)ᵏ x_{n−1} + 2 Σ_{0<j<n−1} x_j cos(πjk/(n − 1))``."""
    n = int(x.shape[-1])
    ends = add(embed(part(x, 0, 1), 0, 1, n), embed(part(x, n - 1, n), n - 1, 1, n))
    weighted = add(scale(constant(2), x), negate(ends))
    return part(real(fourier(resized(weighted, 2 * (n - 1)))), 0, n)


def cosine_two(x: Expr) -> Expr:
    """DCT-II, ``2 Σ_j x_j cos(πk(2j + 1)/(2n))``: the entries at the odd places of a signal of length 4n."""
    n = int(x.shape[-1])
    return part(scale(constant(2), real(fourier(embed(x, 1, 2, 4 * n)))), 0, n)


def cosine_three(x: Expr) -> Expr:
    """DCT-III, ``x_0 + 2 Σ_{k>0} x_k cos(πk(2j + 1)/(2n))``: the transpose of DCT-II, but for its first term."""
    n = int(x.shape[-1])
    first = embed(part(x, 0, 1), 0, 1, n)
    return strided(real(fourier(embed(add(scale(constant(2), x), negate(first)), 0, 1, 4 * n))), 1, 2, n)


def cosine_four(x: Expr) -> Expr:
    """DCT-IV, ``2 Σ_j x_j cos(π(2j + 1)(2k + 1)/(4n))``."""
    n = int(x.shape[-1])
    return strided(scale(constant(2), real(fourier(embed(x, 1, 2, 8 * n)))), 1, 2, n)
