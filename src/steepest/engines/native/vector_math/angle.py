"""The remainder of an angle by π/2, and the quadrant: three products where that is enough, all of 2/π where it is not.

Up to `Angle.limit` the multiple n of π/2 is subtracted in three parts, each a number in full precision: with a fused
multiply-add the first step is exact, and the second wherever it cancels, so that the error is that of one rounding.
Beyond, x 2/π is computed modulo 4 with those 192 bits of 2/π that matter for the exponent of x (Payne and Hanek,
Radian reduction for trigonometric functions, SIGNUM Newsletter 18, 1983), out of line and a lane at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .body import Body

PER_HALF_PI = 2 / math.pi

# A word of zeros, then the bits of 2/π after the binary point.
TWO_OVER_PI = (
    0x0000000000000000, 0xA2F9836E4E441529, 0xFC2757D1F534DDC0, 0xDB6295993C439041, 0xFE5163ABDEBBC561,
    0xB7246E3A424DD2E0, 0x06492EEA09D1921C, 0xFE1DEB1CB129A73E, 0xE88235F52EBB4484, 0xE99C7026B45F7E41,
    0x3991D639835339F4, 0x9C845F8BBDF9283B, 0x1FF897FFDE05980F, 0xEF2F118B5A0A6D1F, 0x6D367ECF27CB09B7,
    0x4F463F669E5FEA2D, 0x7527BAC7EBE5F17B, 0x3D0739F78A5292EA, 0x6BFB5FB11F8D5D08, 0x56033046FC7B6BAB,
)  # fmt: skip


@dataclass(frozen=True)
class Angle:
    half_pi: tuple[float, float, float]
    limit: float  # of |x|, for the subtraction in three parts


ANGLES = {
    "double": Angle((1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33), 2.0**30),
    "float": Angle((1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15), 2.0**15),
}


@dataclass(frozen=True)
class Remainder:
    """x = n π/2 + r, |r| <= π/4 but for rounding."""

    r: str
    n: str  # an integer that equals n modulo 4


def remainder(b: Body, x: str) -> Remainder:
    large = b.compare("ogt", b.fabs(x), ANGLES[b.element].limit)

    def far() -> tuple[str, str]:
        pair = f"{{ {b.real}, {b.word} }}"
        both = b.emit(f"call {pair} {b.needed('far_angle')}({b.real} {x})")
        r, n = (b.emit(f"extractvalue {pair} {both}, {k}") for k in (0, 1))
        return r, n

    near = _near(b, x)
    return Remainder(*b.rarely(large, (near.r, near.n), (b.real, b.word), far))


def _near(b: Body, x: str) -> Remainder:
    shifted = b.muladd(x, PER_HALF_PI, b.format.rounder)
    n = b.sub(shifted, b.format.rounder)
    r = x
    for part in ANGLES[b.element].half_pi:
        r = b.fma(n, -part, r)
    return Remainder(r, b.bits(shifted))


def far_angle(b: Body) -> str:
    """The definition of far_angle(x): the remainder and n of large and other numbers, in a loop over the lanes.

    Nothing but x is handed over, so that the usual way keeps nothing for this one.
    """
    pair, one, scalar, word = f"{{ {b.real}, {b.word} }}", "{ double, i64 }", b.element, b.format.word
    limit = ANGLES[b.element].limit
    large = b.compare("ogt", b.fabs("%x"), limit)
    near, x = _near(b, "%x"), b.select(large, "%x", limit)
    xs, rs, ns = (b.emit(f"alloca {t}, align 64") for t in (b.real, b.real, b.word))
    b.lines += [f"  store {b.real} {x}, ptr {xs}, align 64", "  br label %lane", "lane:"]
    k = b.emit("phi i64 [ 0, %entry ], [ %next, %lane ]")
    angle = b.emit(f"load {scalar}, ptr {b.emit(f'getelementptr {scalar}, ptr {xs}, i64 {k}')}")
    if b.element == "float":
        angle = b.emit(f"fpext float {angle} to double")
    both = b.emit(f"call {one} {b.needed('far_angle_of_one', 'double', 1)}(double {angle})")
    r, n = (b.emit(f"extractvalue {one} {both}, {j}") for j in (0, 1))
    if b.element == "float":
        r, n = b.emit(f"fptrunc double {r} to float"), b.emit(f"trunc i64 {n} to i32")
    for value, kind, to in ((r, scalar, rs), (n, word, ns)):
        place = b.emit(f"getelementptr {kind}, ptr {to}, i64 {k}")
        b.lines.append(f"  store {kind} {value}, ptr {place}")
    b.lines.append(f"  %next = add i64 {k}, 1")
    more = b.emit(f"icmp ult i64 %next, {b.lanes}")
    b.lines += [f"  br i1 {more}, label %lane, label %done", "done:"]
    far_r = b.emit(f"load {b.real}, ptr {rs}, align 64")
    far_n = b.emit(f"load {b.word}, ptr {ns}, align 64")
    r, n = b.select(large, far_r, near.r), b.select_word(large, far_n, near.n)
    result = b.emit(f"insertvalue {pair} poison, {b.real} {r}, 0")
    result = b.emit(f"insertvalue {pair} {result}, {b.word} {n}, 1")
    return b.out_of_line("far_angle", pair, [(b.real, "%x")], result)


def far_angle_of_one(b: Body) -> str:
    """The definition of far_angle for one number, and the table it reads.

    x = m 2^e with an integer m. The window of 2/π that starts at the bit of weight 2^(1 - e) is multiplied by m; of
    the product modulo 4 two bits are n, 126 the fraction. Its leading 106 bits times π/2 are the remainder.
    """
    b.declares |= {"declare i64 @llvm.fshl.i64(i64, i64, i64)", "declare i64 @llvm.ctlz.i64(i64, i1 immarg)"}
    b.declares |= {"declare double @llvm.fma.f64(double, double, double)"}
    words = ", ".join(f"i64 {w}" for w in TWO_OVER_PI)
    table = f"@two_over_pi = internal unnamed_addr constant [{len(TWO_OVER_PI)} x i64] [{words}]"
    high, low, _ = (b.format.literal(part) for part in ANGLES["double"].half_pi)
    return f"{table}\n{FAR_ANGLE.format(high=high, low=low)}"


FAR_ANGLE = """
define internal {{ double, i64 }} @far_angle_of_one_double_1(double %x) alwaysinline nounwind memory(none) {{
  %bits = bitcast double %x to i64
  %shifted = lshr i64 %bits, 52
  %exponent = and i64 %shifted, 2047
  %fraction = and i64 %bits, 4503599627370495
  %m = or i64 %fraction, 4503599627370496
  ; the window starts at bit e + 62 of the table, e = exponent - 1075
  %start = sub i64 %exponent, 1013
  %word = lshr i64 %start, 6
  %shift = and i64 %start, 63
  %at0 = getelementptr i64, ptr @two_over_pi, i64 %word
  %at1 = getelementptr i64, ptr %at0, i64 1
  %at2 = getelementptr i64, ptr %at0, i64 2
  %at3 = getelementptr i64, ptr %at0, i64 3
  %w0 = load i64, ptr %at0, align 8
  %w1 = load i64, ptr %at1, align 8
  %w2 = load i64, ptr %at2, align 8
  %w3 = load i64, ptr %at3, align 8
  %top = call i64 @llvm.fshl.i64(i64 %w0, i64 %w1, i64 %shift)
  %middle = call i64 @llvm.fshl.i64(i64 %w1, i64 %w2, i64 %shift)
  %bottom = call i64 @llvm.fshl.i64(i64 %w2, i64 %w3, i64 %shift)
  ; the upper 128 bits of the product modulo 2^192
  %m.wide = zext i64 %m to i128
  %middle.wide = zext i64 %middle to i128
  %bottom.wide = zext i64 %bottom to i128
  %product0 = mul i128 %m.wide, %bottom.wide
  %carried = lshr i128 %product0, 64
  %product1 = mul i128 %m.wide, %middle.wide
  %sum = add i128 %product1, %carried
  %sum.upper = lshr i128 %sum, 64
  %sum.high = trunc i128 %sum.upper to i64
  %turns.low = trunc i128 %sum to i64
  %product2 = mul i64 %m, %top
  %turns.high = add i64 %product2, %sum.high
  ; n to nearest, the fraction with its sign, and its bits turned where that is negative
  %rounded = add i64 %turns.high, 2305843009213693952
  %n.positive = lshr i64 %rounded, 62
  %part.high = call i64 @llvm.fshl.i64(i64 %turns.high, i64 %turns.low, i64 2)
  %part.low = shl i64 %turns.low, 2
  %below = ashr i64 %part.high, 63
  %magnitude.high = xor i64 %part.high, %below
  %magnitude.low = xor i64 %part.low, %below
  ; 53 and 53 leading bits; there is a one among the upper 64, since no number has a fraction below 2^-62
  %zeros = call i64 @llvm.ctlz.i64(i64 %magnitude.high, i1 false)
  %leading = call i64 @llvm.fshl.i64(i64 %magnitude.high, i64 %magnitude.low, i64 %zeros)
  %rest = shl i64 %magnitude.low, %zeros
  %high.word = lshr i64 %leading, 11
  %following = call i64 @llvm.fshl.i64(i64 %leading, i64 %rest, i64 53)
  %low.word = lshr i64 %following, 11
  %high = sitofp i64 %high.word to double
  %low.large = sitofp i64 %low.word to double
  %low = fmul double %low.large, 0x3CA0000000000000
  %least = fmul double %low, {high}
  %less = call double @llvm.fma.f64(double %high, double {low}, double %least)
  %all = call double @llvm.fma.f64(double %high, double {high}, double %less)
  %scale.exponent = sub i64 970, %zeros
  %scale.bits = shl i64 %scale.exponent, 52
  %scale = bitcast i64 %scale.bits to double
  %r.magnitude = fmul double %all, %scale
  ; signs: of the fraction, and of x
  %sign = ashr i64 %bits, 63
  %flip = xor i64 %sign, %below
  %is.flipped = icmp slt i64 %flip, 0
  %r.negated = fneg double %r.magnitude
  %r.finite = select i1 %is.flipped, double %r.negated, double %r.magnitude
  %n.turned = xor i64 %n.positive, %sign
  %n = sub i64 %n.turned, %sign
  %is.infinite = icmp eq i64 %exponent, 2047
  %r = select i1 %is.infinite, double 0x7FF8000000000000, double %r.finite
  %with.r = insertvalue {{ double, i64 }} poison, double %r, 0
  %result = insertvalue {{ double, i64 }} %with.r, i64 %n, 1
  ret {{ double, i64 }} %result
}}
"""
