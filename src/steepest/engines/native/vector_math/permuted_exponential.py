"""exp on registers of AVX-512: 2^(j/n) comes from a table in a register, so that a shorter polynomial is enough.

x = (k + j/n) log 2 + r with |r| <= log(2) / (2 n), for as many entries n as a register has lanes; exp(x) is
2^k 2^(j/n) exp(r). The polynomials are minimax fits of (exp(r) - 1 - r) / r² (Remez's exchange, 50 digits; in
binary32 a linear program, rounded), with errors of 2^-56 of the result in binary64, and 2^-29 in binary32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .body import Body


@dataclass(frozen=True)
class Roots:
    """2^(j/n) rounded, and the rest as a part of it: in binary64 alone, as it is a seventh of the time in binary32.

    Results in binary32 are within 1.0 units in the last place without it, within 0.6 with it.
    """

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
    "float": (0.5000161528587341, 0.166667178273201),
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
        (),
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
    root = _picked(b, roots.rounded, b.bits(shifted))
    if roots.rest:
        q = b.add(q, _picked(b, roots.rest, b.bits(shifted)))
    return _scaled(b, b.muladd(root, q, root), quotient)


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
