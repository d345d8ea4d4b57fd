"""sin, cos, cos - 1 and tan: polynomials of the remainder by π/2 (see `angle`), swapped and signed by the quadrant.

The polynomials are minimax fits, by Remez's exchange, of (sin r - r) / r³ and (cos r - 1 + r²/2) / r⁴ in r² on
|r| <= 1.0001 π/4 (binary32: 1.002): sin to 2^-58 of r and cos to 2^-64 in binary64, 2^-28 and 2^-33 in binary32.
"""

from __future__ import annotations

from .angle import Remainder, remainder
from .angle_function import AngleFunction, beginning
from .body import Body, Word
from .function import MathFunction
from .through_double import through_double

SIN = {
    "double": (
        -0.16666666666666632,
        0.008333333333322486,
        -0.0001984126982985334,
        2.755731370504155e-06,
        -2.5050759883752848e-08,
        1.5896886046846537e-10,
    ),
    "float": (-0.16666655242443085, 0.008332188241183758, -0.0001951800804818049),
}
COS = {
    "double": (
        0.0416666666666666,
        -0.001388888888887447,
        2.4801587289666895e-05,
        -2.7557314399255754e-07,
        2.0875728991588253e-09,
        -1.1359917112268939e-11,
    ),
    "float": (0.04166664555668831, -0.00138873013202101, 2.443066841806285e-05),
}


def sin_and_cos(b: Body, r: str) -> tuple[str, str]:
    """Of |r| <= π/4."""
    z = b.mul(r, r)
    sine = b.muladd(b.mul(r, z), b.polynomial(z, SIN[b.element]), r)
    cosine = b.muladd(b.mul(z, z), b.polynomial(z, COS[b.element]), b.muladd(z, -0.5, 1.0))
    return sine, cosine


def is_odd(b: Body, n: str) -> str:
    masked = b.whole("and", n, 1)
    return b.emit(f"icmp ne {b.word} {masked}, {b.integer(0)}")


def with_sign(b: Body, y: str, n: str, bit: int, x: Word = 0) -> str:
    """y with its sign turned where that bit of n is set, and where x, taken as bits, is negative."""
    turned = b.whole("xor", b.whole("shl", n, b.format.width - 1 - bit), x)
    return b.from_bits(b.whole("xor", b.bits(y), b.whole("and", turned, -b.format.sign)))


def sin(b: Body, x: str, angle: Remainder) -> str:
    """With the sign of x, which keeps -0."""
    sine, cosine = sin_and_cos(b, angle.r)
    return with_sign(b, b.select(is_odd(b, angle.n), cosine, sine), angle.n, 1, b.bits(x))


def cos(b: Body, x: str, angle: Remainder) -> str:
    sine, cosine = sin_and_cos(b, angle.r)
    y = b.select(is_odd(b, angle.n), sine, cosine)
    return with_sign(b, y, b.whole("add", angle.n, 1), 1)


def cosm1(b: Body, x: str, angle: Remainder) -> str:
    """cos x - 1: of r where n is a multiple of 4, -2 less that two quadrants on, and ∓sin r - 1 between."""
    z = b.mul(angle.r, angle.r)
    less = b.muladd(b.mul(z, z), b.polynomial(z, COS[b.element]), b.mul(z, -0.5))
    r = with_sign(b, angle.r, b.whole("add", angle.n, 1), 1)
    between = b.muladd(b.mul(r, z), b.polynomial(z, SIN[b.element]), b.sub(r, 1.0))
    opposite = b.sub(-2.0, less)
    turned = b.emit(f"icmp ne {b.word} {b.whole('and', angle.n, 2)}, {b.integer(0)}")
    return b.select(is_odd(b, angle.n), between, b.select(turned, opposite, less))


def tan(b: Body, x: str) -> str:
    """sin r / cos r, or -cos r / sin r in odd quadrants; with the sign of x."""
    angle = remainder(b, b.fabs(x))
    return with_sign(b, _ratio(b, angle), angle.n, 0, b.bits(x))


def _ratio(b: Body, angle: Remainder) -> str:
    sine, cosine = sin_and_cos(b, angle.r)
    odd = is_odd(b, angle.n)
    return b.div(b.select(odd, cosine, sine), b.select(odd, sine, cosine))


FUNCTIONS = (
    AngleFunction("sin", 1, beginning(sin), beginning(sin), sin, ("double", "float")),
    AngleFunction("cos", 1, beginning(cos), beginning(cos), cos, ("double", "float")),
    AngleFunction("cosm1", 1, beginning(cosm1), through_double("cosm1"), cosm1, ("double",)),
    MathFunction("tan", 1, tan, through_double("tan")),
)
