"""exp on registers of AVX-512: 2^(j/n) comes from a table in a register, so that a shorter polynomial is enough.

x = (k + j/n) log 2 + r with |r| <= log(2) / (2 n), for as many entries n as a register has lanes; exp(x) is
2^k 2^(j/n) exp(r). The polynomials are minimax fits (Remez's exchange, 50 digits) of (exp(r) - 1 - r) / r², with
errors of 2^-56 of the result in binary64, and 2^-36 in binary32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .body import Body


@dataclass(frozen=True)
class Roots:
    """2^(j/n) rounded, and the rest as a part of it."""

    rounded: tuple[float, ...]
    rest: tuple[float, ...]


TAILS = {
    "double": (
        0.50000000000000512362,
        0.16666666666667008222,
        0.041666666617526355957,
        0.0083333333218071294716,
        0.0013889587108841054073,
        0.00019842304218315657121,
    ),
    "float": (0.49999999992356100935, 0.16666959914603125696, 0.041667481244323524667),
}
ROOTS = {
    "double": Roots(
        (
            1.0,
            1.0905077326652577,
            1.189207115002721,
            1.2968395546510096,
            1.4142135623730951,
            1.5422108254079407,
            1.681792830507429,
            1.8340080864093424,
        ),
        (
            0.0,
            -2.7939115e-17,
            3.3484623e-17,
            1.9572585e-17,
            -6.8358087e-17,
            5.1548301e-17,
            4.8751605e-17,
            1.7901269e-17,
        ),
    ),
    "float": Roots(
        (
            1.0,
            1.0442737340927124,
            1.0905077457427979,
            1.1387885808944702,
            1.1892070770263672,
            1.2418577671051025,
            1.2968395948410034,
            1.3542555570602417,
            1.4142135381698608,
            1.4768261909484863,
            1.5422108173370361,
            1.610490322113037,
            1.6817928552627563,
            1.7562521696090698,
            1.8340080976486206,
            1.9152065515518188,
        ),
        (
            0.0,
            4.6285471e-08,
            -1.1992157e-08,
            4.7297824e-08,
            3.1934181e-08,
            3.6210573e-08,
            -3.0990721e-08,
            -7.4752132e-09,
            1.7114271e-08,
            -3.0476834e-08,
            5.2333342e-09,
            6.1075916e-09,
            -1.4719605e-08,
            -5.2587951e-09,
            -6.1282598e-09,
            5.1406092e-09,
        ),
    ),
}
SUFFIXES = {"double": ("df", "pd"), "float": ("sf", "ps")}
CURRENT_ROUNDING = 4  # _MM_FROUND_CUR_DIRECTION


def exp(b: Body, x: str, log2_e: float, log_2: tuple[float, float]) -> str:
    """exp of numbers for which k fits the exponent's field twice over; log 2 in two parts. A NaN stays one."""
    rounder = b.format.rounder / b.lanes  # leaves n times the quotient, rounded, in the low bits of the sum
    shifted = b.muladd(x, log2_e, rounder)
    quotient = b.sub(shifted, rounder)
    r = b.muladd(quotient, -log_2[1], b.muladd(quotient, -log_2[0], x))
    q = b.muladd(b.mul(r, r), b.polynomial(r, TAILS[b.element]), r)
    roots = ROOTS[b.element]
    root, rest = (_picked(b, table, b.bits(shifted)) for table in (roots.rounded, roots.rest))
    return _scaled(b, b.muladd(root, b.add(q, rest), root), quotient)


def _picked(b: Body, table: Sequence[float], places: str) -> str:
    """Entries of a table; of a place, the low bits count."""
    f = f"@llvm.x86.avx512.permvar.{SUFFIXES[b.element][0]}.512"
    b.declares.add(f"declare {b.real} {f}({b.real}, {b.word})")
    entries = ", ".join(f"{b.element} {b.format.literal(t)}" for t in table)
    return b.emit(f"call {b.real} {f}({b.real} <{entries}>, {b.word} {places})")


def _scaled(b: Body, x: str, exponent: str) -> str:
    """``x · 2^floor(exponent)``, rounded once where that is subnormal."""
    f = f"@llvm.x86.avx512.mask.scalef.{SUFFIXES[b.element][1]}.512"
    b.declares.add(f"declare {b.real} {f}({b.real}, {b.real}, {b.real}, i{b.lanes}, i32)")
    return b.emit(
        f"call {b.real} {f}({b.real} {x}, {b.real} {exponent}, {b.real} {x}, i{b.lanes} -1, i32 {CURRENT_ROUNDING})"
    )
