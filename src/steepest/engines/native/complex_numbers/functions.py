"""Entrywise functions of complex numbers by those of their parts.

Sources: Abramowitz & Stegun, 4.3 and 4.5; for the tangent, the root and the logarithm near 1 W. Kahan, Branch cuts for
complex elementary functions (1987); for the quotient R. L. Smith, Algorithm 116, Comm. ACM 5 (1962).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from steepest.lower.program import Register
from steepest.ops.complex_parts import conj_op, imag_op, real_op
from steepest.ops.elementary import arctan2, cos, cosh, exp, hypot, log1p, sin, sinh, tan, tanh
from steepest.ops.logic import differs, equals, isfinite, isnan, less, less_equal, signbit
from steepest.ops.operation import Operation
from steepest.ops.piecewise import absolute
from steepest.ops.power import log, sqrt

from .writer import Pair, Writer

Function = Callable[[Writer, Pair], Pair]

MULTIPLE = 2.0**60  # of numbers near 0, which keeps all digits of the least
SATURATED = 20.0  # beyond which the hyperbolic tangent of a real number is 1 in binary64


def zero(w: Writer) -> Register:
    return w.constant(0.0)


def full(w: Writer, z: Pair) -> tuple[Register, Register]:
    """Both parts."""
    return z.real, zero(w) if z.imaginary is None else z.imaginary


# --- arithmetic -----------------------------------------------------------------------------------------


def total(w: Writer, a: Pair, b: Pair) -> Pair:
    ai, bi = a.imaginary, b.imaginary
    imaginary = w.arithmetic("+", ai, bi) if ai is not None and bi is not None else ai if ai is not None else bi
    return Pair(w.arithmetic("+", a.real, b.real), imaginary)


def difference(w: Writer, a: Pair, b: Pair) -> Pair:
    if b.imaginary is None:
        return Pair(w.arithmetic("-", a.real, b.real), a.imaginary)
    imaginary = w.negative(b.imaginary) if a.imaginary is None else w.arithmetic("-", a.imaginary, b.imaginary)
    return Pair(w.arithmetic("-", a.real, b.real), imaginary)


def product(w: Writer, a: Pair, b: Pair) -> Pair:
    if a.imaginary is None:
        a, b = b, a
    real = w.arithmetic("*", a.real, b.real)
    if a.imaginary is None:
        return Pair(real, None)
    across = w.arithmetic("*", a.imaginary, b.real)
    if b.imaginary is None:
        return Pair(real, across)
    real = w.arithmetic("-", real, w.arithmetic("*", a.imaginary, b.imaginary))
    return Pair(real, w.arithmetic("+", w.arithmetic("*", a.real, b.imaginary), across))


def quotient(w: Writer, a: Pair, b: Pair) -> Pair:
    """Smith's: by the larger part of the divisor, so that nothing overflows on the way."""
    if b.imaginary is None:
        imaginary = None if a.imaginary is None else w.arithmetic("/", a.imaginary, b.real)
        return Pair(w.arithmetic("/", a.real, b.real), imaginary)
    x, y = full(w, a)
    c, d = b.real, b.imaginary
    level = w.holds(less_equal, w.call(absolute, d), w.call(absolute, c))
    large, small = w.where(level, c, d), w.where(level, d, c)
    ratio = w.arithmetic("/", small, large)
    scale = w.arithmetic("+", large, w.arithmetic("*", small, ratio))
    first, second = w.where(level, x, y), w.where(level, y, x)
    real = w.arithmetic("+", first, w.arithmetic("*", second, ratio))
    imaginary = w.arithmetic("-", second, w.arithmetic("*", first, ratio))
    imaginary = w.where(level, imaginary, w.negative(imaginary))
    return Pair(w.arithmetic("/", real, scale), w.arithmetic("/", imaginary, scale))


ARITHMETIC: Mapping[str, Callable[[Writer, Pair, Pair], Pair]] = {
    "+": total, "-": difference, "*": product, "/": quotient,
}  # fmt: skip

# --- functions with complex values ----------------------------------------------------------------------


def _conj(w: Writer, z: Pair) -> Pair:
    return Pair(z.real, None if z.imaginary is None else w.negative(z.imaginary))


def _exp(w: Writer, z: Pair) -> Pair:
    x, y = full(w, z)
    size = w.call(exp, x)
    return Pair(w.arithmetic("*", size, w.call(cos, y)), w.arithmetic("*", size, w.call(sin, y)))


def _log(w: Writer, z: Pair) -> Pair:
    """Near size 1 by ``log(|z|²)/2 = log1p((x − 1)(x + 1) + y²)/2`` for the larger part x; near 0 by a multiple."""
    x, y = full(w, z)
    a, b = w.call(absolute, x), w.call(absolute, y)
    wide = w.holds(less_equal, b, a)
    large, small = w.where(wide, a, b), w.where(wide, b, a)
    tiny = w.holds(less, large, w.constant(1 / MULTIPLE))
    times = w.where(tiny, w.constant(MULTIPLE), w.constant(1.0))
    size, one = w.call(hypot, w.arithmetic("*", large, times), w.arithmetic("*", small, times)), w.constant(1.0)
    excess = w.arithmetic("*", w.arithmetic("-", large, one), w.arithmetic("+", large, one))
    excess = w.arithmetic("+", excess, w.arithmetic("*", small, small))
    near = w.arithmetic("&", w.holds(less, w.constant(0.5), large), w.holds(less, size, w.constant(1.4)))
    half = w.arithmetic("*", w.constant(0.5), w.call(log1p, w.where(near, excess, zero(w))))
    far = w.arithmetic("-", w.call(log, size), w.where(tiny, w.constant(math.log(MULTIPLE)), zero(w)))
    return Pair(w.where(near, half, far), w.call(arctan2, y, x))


def _sqrt(w: Writer, z: Pair) -> Pair:
    """The larger part is ``√((|x| + |z|)/2)``, the other ``y / (2·larger)``; the sign is that of the imaginary part.

    Found from a multiple, so that near 0 no digit is lost and nothing overflows.
    """
    x, y = full(w, z)
    one, two, half = w.constant(1.0), w.constant(2.0), w.constant(0.5)
    a, b = w.call(absolute, x), w.call(absolute, y)
    low = w.holds(less, w.arithmetic("+", a, b), one)
    times = w.where(low, w.constant(MULTIPLE), w.constant(0.25))
    wide, high = w.arithmetic("*", a, times), w.arithmetic("*", b, times)
    mean = w.arithmetic("+", w.arithmetic("*", half, wide), w.arithmetic("*", half, w.call(hypot, wide, high)))
    larger = w.arithmetic("*", w.call(sqrt, mean), w.where(low, w.constant(MULTIPLE**-0.5), two))
    nothing = w.holds(equals, larger, zero(w))
    divisor = w.arithmetic("*", two, w.where(nothing, one, larger))
    smaller = w.arithmetic("/", b, divisor)
    left = w.holds(less, x, zero(w))
    imaginary = w.where(left, larger, smaller)
    below = w.holds(signbit, y)
    return Pair(w.where(left, smaller, larger), w.where(below, w.negative(imaginary), imaginary))


def _turning(real: tuple[Operation, Operation], imaginary: tuple[Operation, Operation], sign: int) -> Function:
    """``real₀(x)·real₁(y) ± i·imaginary₀(x)·imaginary₁(y)``."""

    def of(w: Writer, z: Pair) -> Pair:
        x, y = full(w, z)
        a, b = (w.arithmetic("*", w.call(f, x), w.call(g, y)) for f, g in (real, imaginary))
        return Pair(a, b if sign > 0 else w.negative(b))

    return of


def _tanh(w: Writer, z: Pair) -> Pair:
    """Kahan's, with t = tan y, s = sinh x: ``(s √(1 + s²) (1 + t²) + i t) / (1 + (1 + t²) s²)``; ±1 far out."""
    x, y = full(w, z)
    one = w.constant(1.0)
    far = w.holds(less, w.constant(SATURATED), w.call(absolute, x))
    t, s = w.call(tan, y), w.call(sinh, w.where(far, zero(w), x))
    b, squares = w.arithmetic("+", one, w.arithmetic("*", t, t)), w.arithmetic("*", s, s)
    below = w.arithmetic("+", one, w.arithmetic("*", b, squares))
    real = w.arithmetic("*", w.arithmetic("*", w.call(sqrt, w.arithmetic("+", one, squares)), s), b)
    decay = w.call(exp, w.arithmetic("*", w.constant(-2.0), w.call(absolute, x)))
    flat = w.arithmetic("*", w.constant(4.0), w.arithmetic("*", w.call(sin, y), w.call(cos, y)))
    return Pair(
        w.where(far, w.call(tanh, x), w.arithmetic("/", real, below)),
        w.where(far, w.arithmetic("*", flat, decay), w.arithmetic("/", t, below)),
    )


def _tan(w: Writer, z: Pair) -> Pair:
    """``tan z = −i tanh(i z)``."""
    x, y = full(w, z)
    turned = _tanh(w, Pair(w.negative(y), x))
    assert turned.imaginary is not None
    return Pair(turned.imaginary, w.negative(turned.real))


# --- functions with real values ---------------------------------------------------------------------------


def _absolute(w: Writer, z: Pair) -> Register:
    return w.call(absolute, z.real) if z.imaginary is None else w.call(hypot, z.real, z.imaginary)


def _of_parts(op: Operation, sign: str) -> Callable[..., Register]:
    """What holds of both parts, or of either."""

    def holds(w: Writer, *zs: Pair) -> Register:
        parts = zip(*(full(w, z) for z in zs), strict=True)
        return w.arithmetic(sign, *(w.holds(op, *part) for part in parts))

    return holds


COMPLEX_VALUED: Mapping[Operation, Function] = {
    conj_op: _conj,
    exp: _exp,
    log: _log,
    sqrt: _sqrt,
    sin: _turning((sin, cosh), (cos, sinh), 1),
    cos: _turning((cos, cosh), (sin, sinh), -1),
    sinh: _turning((sinh, cos), (cosh, sin), 1),
    cosh: _turning((cosh, cos), (sinh, sin), 1),
    tan: _tan,
    tanh: _tanh,
}
REAL_VALUED: Mapping[Operation, Callable[..., Register]] = {
    real_op: lambda w, z: z.real,
    imag_op: lambda w, z: full(w, z)[1],
    absolute: _absolute,
    equals: _of_parts(equals, "&"),
    differs: _of_parts(differs, "|"),
    isnan: _of_parts(isnan, "|"),
    isfinite: _of_parts(isfinite, "&"),
}
