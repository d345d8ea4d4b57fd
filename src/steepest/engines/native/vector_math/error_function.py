"""erf and erfc.

Near zero erf x = x + x P(x²). Beyond, erf x = 1 - exp(P(x)), and erfc x = exp(-x²) t P(u) with t = 1 / (x + 3.75) and
u linear in t, from about -1 to 1 (the form of Shepherd and Laframboise, Mathematics of Computation 36, 1981). The
polynomials are minimax fits by Remez's exchange: of erf x / x - 1 on |x| <= 1 to 2^-56 of erf (binary32: 2^-29), of
log erfc x on 1 <= x <= 5.95 to 2^-54 of erf (binary32: to 3.95, 2^-29), of exp(x²) erfc(x) / t on 0.75 <= x <= 27.6 to
2^-56 (u is scaled so that its coefficients lose next to nothing when they are rounded).
"""

from __future__ import annotations

from .body import Body
from .exponential import power_of_two, reduced
from .function import MathFunction
from .through_double import through_double

NEAR = {
    "double": (
        0.12837916709551256,
        -0.37612638903183343,
        0.11283791670936891,
        -0.02686617064193764,
        0.00522397759644954,
        -0.0008548325465617085,
        0.00012055279739663759,
        -1.4924447587265296e-05,
        1.6443883677053452e-06,
        -1.618160594296045e-07,
        1.3604904200781703e-08,
        -7.583051956617234e-10,
    ),
    "float": (
        0.12837916612625122,
        -0.3761262595653534,
        0.11283578723669052,
        -0.026853347197175026,
        0.005187162198126316,
        -0.0007997853099368513,
        7.806903886375949e-05,
    ),
}
LOG_ERFC = {
    "double": (
        -1.0630178281268505e-06,
        -1.1283687172074846,
        -0.636667558611362,
        -0.10263769950768982,
        0.018865468006320787,
        0.0005839628419425306,
        -0.0020986852625232673,
        0.0009198843735318599,
        -0.0002306194656044614,
        2.798789226385252e-05,
        3.6137180313434986e-06,
        -2.673581435616402e-06,
        6.878514944689408e-07,
        -1.0823310105163487e-07,
        1.0904355291745069e-08,
        -6.51864945357801e-10,
        1.7705335161858018e-11,
    ),
    "float": (
        -0.00034136546310037374,
        -1.1270897388458252,
        -0.6381440758705139,
        -0.1031072735786438,
        0.021838242188096046,
        -0.002947683446109295,
        0.0001863794750533998,
    ),
}
ONE_FROM = {"double": 5.95, "float": 3.95}  # erf rounds to 1

SHIFT = 3.75
TO_UNIT = (-1.3750762939453125, 10.8076171875)  # u = -1.375 + 10.81 t
SCALED_ERFC_AT_0 = (1.0495478890809447, 6.666302144308219e-17)  # as rounded, and the rest
SCALED_ERFC = (
    0.620626224005615,
    0.32379628777522707,
    0.14773311162265287,
    0.058064628309150004,
    0.01915397342069989,
    0.0050444270001489275,
    0.0009392512763639343,
    6.890042204871747e-05,
    -2.3785003706416054e-05,
    -8.764660766780153e-06,
    -5.322071762916186e-07,
    3.94439090152393e-07,
    9.20117948585124e-08,
    -1.2626707791270006e-08,
    -7.3907552466925104e-09,
    2.1394656436938604e-10,
    5.1124622378099e-10,
    6.218306138598455e-12,
    -2.6122190746562246e-11,
)
ZERO_FROM = 27.6  # erfc rounds to 0
NEAR_LIMIT = 0.75  # erfc x = 1 - erf x up to here


def erf(b: Body, x: str) -> str:
    a = b.at_most(b.fabs(x), ONE_FROM[b.element])
    near = _erf_near_zero(b, a)
    parts = reduced(b, b.polynomial(a, LOG_ERFC[b.element]))
    scale = power_of_two(b, parts.low_bits)
    far = b.sub(b.sub(1.0, scale), b.mul(scale, parts.q))
    return b.copysign(b.select(b.compare("olt", a, 1.0), near, far), x)


def _erf_near_zero(b: Body, a: str) -> str:
    return b.muladd(a, b.polynomial(b.mul(a, a), NEAR[b.element]), a)


def erfc(b: Body, x: str) -> str:
    """Of |x|, and 2 - erfc |x| where x is negative."""
    a = b.at_most(b.fabs(x), ZERO_FROM)
    upper = _erfc_of_positive(b, a)
    far = b.select(b.compare("olt", x, 0.0), b.sub(2.0, upper), upper)
    near = b.sub(1.0, b.copysign(_erf_near_zero(b, a), x))
    return b.select(b.compare("olt", a, NEAR_LIMIT), near, far)


def _erfc_of_positive(b: Body, a: str) -> str:
    """exp(-a²) t P(u), with the rounding errors of t, a² and t P(u) taken back: the result is sensitive to them."""
    below = b.add(a, SHIFT)
    t = b.div(1.0, below)
    t_low = b.mul(b.muladd(b.neg(t), b.sub(a, b.sub(below, SHIFT)), b.fma(b.neg(t), below, 1.0)), t)
    u = b.muladd(t_low, TO_UNIT[1], b.fma(t, TO_UNIT[1], TO_UNIT[0]))
    slope = b.muladd(u, b.polynomial(u, SCALED_ERFC[1:]), SCALED_ERFC[0])
    p = b.add(b.muladd(u, slope, SCALED_ERFC_AT_0[1]), SCALED_ERFC_AT_0[0])
    square = b.mul(a, a)
    square_low = b.fma(a, a, b.neg(square))
    factor = b.mul(p, t)
    factor_low = b.muladd(p, b.muladd(b.neg(t), square_low, t_low), b.fma(p, t, b.neg(factor)))
    parts = reduced(b, b.neg(square))
    half = b.whole("lshr", parts.low_bits, 1)
    rest = b.muladd(factor, parts.q, b.muladd(factor_low, parts.q, factor_low))
    product = b.mul(b.add(factor, rest), power_of_two(b, half))
    return b.mul(product, power_of_two(b, b.whole("sub", parts.low_bits, half)))


FUNCTIONS = (
    MathFunction("erf", 1, erf, erf),
    MathFunction("erfc", 1, erfc, through_double("erfc")),
)
