"""Powers, roots, quotients, and the logarithm that the derivative of a power by its exponent needs.

A quotient is a product with a reciprocal, and a reciprocal is a power: one rule serves them all. Small whole
powers are written as repeated factors, so that ``x·x``, ``x**2`` and ``np.square(x)`` are one expression.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.expr.build import add, fill, multiply, negate, ones, scale, uniform_value
from steepest.expr.dtype import COMPLEX64, DType, inexact, is_complex, promote
from steepest.expr.node import Apply, Einsum, Expr, Number
from steepest.expr.number import MINUS_ONE, ONE, constant, to_power

from .complex_parts import cast
from .interval import EVERYTHING, NONNEGATIVE, POSITIVE, Interval, exactly
from .logic import logical_or, nonzero
from .operation import Bend, Curvature, Monotone, Operation, Smoothness, elementwise, settled, uniform, uniforms
from .special_rules import ORDER, shifted, total, unknown

REPEATED = 3  # up to this exponent a power is a product of equal factors
LARGEST_RANGE_EXPONENT = 64  # of a power whose values are bounded


def numpy_power(x: Any, exponent: Any) -> Any:
    """``x ** exponent`` as NumPy's users expect it; a reciprocal is a division, also of integers."""
    if isinstance(exponent, (int, float)) and not isinstance(exponent, bool):
        if exponent == -1:
            return np.true_divide(1, x)
        if exponent < 0 and np.asarray(x).dtype.kind in "biu":
            exponent = float(exponent)
    return np.power(x, exponent)


def _power_type(base: DType, exponent: DType) -> DType:
    # Integer powers of integers are integers; the tracer sees to negative ones, which NumPy refuses.
    return promote(base, exponent)


def _log_power_type(base: DType, exponent: DType, order: DType) -> DType:
    return inexact(promote(base, exponent))


def _by_base(y: Expr, x: Expr, p: Expr) -> Expr:
    exponent = uniform_value(p)
    if exponent is not None and not exponent.sizes:
        return scale(exponent, power(x, constant(exponent.value - 1)))
    lowered = power(x, add(p, fill(constant(-1), p.shape)))
    return multiply(slope_by_base(x, p), p, lowered)


def _by_exponent(y: Expr, x: Expr, p: Expr) -> Expr:
    return multiply(log(x), y) if settled(x) else log_power(x, p, ONE)


def slope_by_base(x: Expr, p: Expr) -> Expr:
    """Where ``p x^(p-1)`` counts: not at x = p = 0, where it reads 0 · ∞ though x⁰ is constant."""
    return nonzero(x) if settled(x) else logical_or(nonzero(x), nonzero(p))


def _power_range(base: Interval, exponent: Interval) -> Interval:
    if exponent.low != exponent.high:
        return POSITIVE if base.positive else EVERYTHING
    p = exponent.low
    if p.is_integer() and abs(p) <= LARGEST_RANGE_EXPONENT:
        if p == 0:
            return exactly(1)
        return base.whole_power(int(p)) if p > 0 else base.whole_power(int(-p)).reciprocal()
    if p.is_integer():
        return POSITIVE if base.positive else EVERYTHING
    return POSITIVE if base.positive or p < 0 else NONNEGATIVE  # elsewhere it has no value


def _power_bend(base: Interval, exponent: Interval) -> Bend:
    """On one side of 0, or everywhere for whole exponents."""
    p, unknown = exponent.low, (Curvature.UNKNOWN, Monotone.UNKNOWN)
    if exponent.low != exponent.high:
        return unknown
    if base.nonnegative and (p >= 0 or base.positive):
        monotone = Monotone.INCREASING if p >= 0 else Monotone.DECREASING
        return (Curvature.CONCAVE if 0 < p < 1 else Curvature.CONVEX), monotone
    if not p.is_integer() or (p < 0 and not base.negative):
        return unknown
    if p % 2 == 0:
        rising = Monotone.INCREASING if p < 0 else Monotone.DECREASING
        return Curvature.CONVEX, rising if base.nonpositive else Monotone.UNKNOWN
    if base.nonpositive:
        return Curvature.CONCAVE, Monotone.INCREASING if p > 0 else Monotone.DECREASING
    return (Curvature.AFFINE if p == 1 else Curvature.UNKNOWN), Monotone.INCREASING


def _power_domain(exponent: Interval) -> Interval | None:
    """Where a power of this exponent is smooth; None if that is not an interval."""
    p = exponent.low
    if exponent.low != exponent.high or not p.is_integer():
        return POSITIVE
    return EVERYTHING if p >= 0 else None


power_op = elementwise(
    "power", numpy_power, [_by_base, _by_exponent], text="{0}^{1}", latex="{0}^{{{1}}}", dtype=_power_type,
    sample=uniforms((0.5, 2), (-2, 3)), domain="x > 0, or a whole exponent", cost=24, range=_power_range,
    bend_on=_power_bend, domain_on=_power_domain,
    rule_text=("d x^p = p x^(p-1) dx", "d x^p = log(x) x^p dp"), rule_name="power rule",
)  # fmt: skip


def _log_power_numpy(x: Any, p: Any, order: Any) -> Any:
    return np.where((x == 0) & (p > 0), 0, np.power(np.log(x), order) * np.power(x, p))[()]


def _log_power_by_base(y: Expr, x: Expr, p: Expr, order: Expr) -> Expr:
    lowered = total(p, MINUS_ONE)
    return add(multiply(p, log_power(x, lowered, order)), multiply(order, log_power(x, lowered, shifted(order, -1))))


# 0^p is 0 for all p > 0, and so are its derivatives by p, which read 0 · log 0; at p = 0 it falls from 1 to 0: -∞
log_power: Operation = elementwise(
    "log_power", _log_power_numpy,
    [
        _log_power_by_base,
        lambda y, x, p, order: log_power(x, p, shifted(order, 1)),
        unknown("log_power", "order"),
    ],
    text="log({0})^{2} {0}^{1}", latex=r"\log^{{{2}}}({0}) {0}^{{{1}}}", dtype=_log_power_type,
    sample=lambda rng: (*uniforms((0.5, 2), (-2, 3))(rng), rng.integers(1, 3, (2, 3)).astype(ORDER)),
    domain="x > 0, or x = 0 and p > 0", cost=40,
    expansion=lambda x, p, order: multiply(nonzero(x), power(log(x), order), power(x, p)),
)  # fmt: skip

sqrt = elementwise(
    "sqrt", np.sqrt, [lambda y, x: scale(constant(0.5), reciprocal(y))], text="√{0}", latex=r"\sqrt{{{0}}}",
    sample=uniform(0.2, 2), domain="x ≥ 0", curvature=Curvature.CONCAVE, monotone=Monotone.INCREASING, cost=4,
    arguments=(NONNEGATIVE,),
    rule_text=("d √x = dx / (2√x)",), rule_name="square root", square=lambda x: x,
)  # fmt: skip


def _reciprocal_or_zero_numpy(x: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.where(x == 0, 0, np.true_divide(1, x))[()]


# What a rule with a kink at 0 divides by. It is a number there and no selection: what else is multiplied with it still
# counts, so that the slope of log ‖x‖ at 0, ∞ · 0, is not taken for 0.
reciprocal_or_zero: Operation = elementwise(
    "reciprocal_or_zero", _reciprocal_or_zero_numpy,
    [lambda y, x: negate(multiply(y, y))], text="{0}^-1", latex="{0}^{{-1}}", sample=uniform(0.2, 2),
    smoothness=Smoothness.KINKS, kink="0 at x = 0",
    expansion=lambda x: multiply(nonzero(x), reciprocal(x)),
)  # fmt: skip

# the root of a sum of squares: a length, whose subgradient of least norm at 0 is 0
length = elementwise(
    "length", np.sqrt, [lambda y, x: scale(constant(0.5), reciprocal_or_zero(y))], text="√{0}",
    latex=r"\sqrt{{{0}}}", sample=uniform(0.2, 2), domain="x ≥ 0", smoothness=Smoothness.KINKS, kink="0 at x = 0",
    curvature=Curvature.CONCAVE, monotone=Monotone.INCREASING, cost=4, rule_text=("d √x = dx / (2√x)",),
    rule_name="square root", square=lambda x: x, arguments=(NONNEGATIVE,),
)  # fmt: skip

# the root of a sum of powers: a p-norm, likewise
root_of_powers = elementwise(
    "root_of_powers", np.power,
    [lambda y, x, q: multiply(q, y, reciprocal_or_zero(x)), lambda y, x, q: multiply(nonzero(x), log(x), y)],
    text="{0}^{1}", latex="{0}^{{{1}}}", sample=uniforms((0.2, 2), (0.2, 0.9)), domain="x ≥ 0, q > 0",
    smoothness=Smoothness.KINKS, kink="0 at x = 0", cost=24, arguments=(NONNEGATIVE, EVERYTHING),
    expansion=lambda x, q: multiply(nonzero(x), power(x, q)),
)  # fmt: skip

cbrt = elementwise(
    "cbrt", np.cbrt, [lambda y, x: scale(constant(1 / 3), reciprocal(square(y)))],
    latex=r"\sqrt[3]{{{0}}}", sample=uniform(0.2, 2), monotone=Monotone.INCREASING, cost=16,
)  # fmt: skip

log: Operation = elementwise(
    "log", np.log, [lambda y, x: reciprocal(x)], latex=r"\log", sample=uniform(0.2, 2), domain="x > 0",
    curvature=Curvature.CONCAVE, monotone=Monotone.INCREASING, cost=12, rule_text=("d log(x) = dx / x",),
    rule_name="logarithm", arguments=(POSITIVE,),
)  # fmt: skip


def square(x: Expr) -> Expr:
    return power(x, constant(2))


def reciprocal(x: Expr) -> Expr:
    return power(x, constant(-1))


def divide(a: Expr, b: Expr) -> Expr:
    return multiply(a, reciprocal(b))


def power(x: Expr, p: Expr) -> Expr:
    """``x ** p``, with numbers folded and small whole powers written as products."""
    exponent = settled(p)
    if exponent is None or (p.ndim and p.shape != x.shape):
        return power_op(x, p)
    base = uniform_value(x)
    if base is not None and not is_complex(promote(base.dtype, p.dtype)):
        folded = to_power(base, exponent)
        if folded is not None:
            return fill(folded, x.shape)
    if exponent == 0:
        return ones(x.shape)
    if exponent == 1:
        return x
    if exponent in range(2, REPEATED + 1):
        square_of_root = _square_of_root(x) if exponent == 2 else None
        return square_of_root if square_of_root is not None else multiply(*[x] * int(exponent))
    x = _widened(x, exponent)
    if isinstance(exponent, float) and exponent.is_integer():
        exponent = int(exponent)
    inner, inner_exponent = whole_power(x)
    if inner is not x and isinstance(exponent, int):
        return power(inner, constant(inner_exponent * exponent))
    return power_op(x, constant(exponent))


def _widened(x: Expr, exponent: Number) -> Expr:
    """`x` in the type of its power: of integers only whole positive powers are integers."""
    if x.dtype is None or (isinstance(exponent, int) and exponent >= 0):
        return x
    dtype = inexact(x.dtype)
    return cast(x, promote(dtype, COMPLEX64) if isinstance(exponent, complex) else dtype)


def whole_power(x: Expr) -> tuple[Expr, int]:
    """``x`` as base and whole exponent; any array is its own first power."""
    if isinstance(x, Apply) and x.op is power_op:
        exponent = settled(x.args[1])
        if type(exponent) is int:
            return x.args[0], exponent
    if isinstance(x, Einsum) and not x.sums and len(set(zip(x.args, x.indices, strict=True))) == 1:
        base, labels = x.args[0], x.indices[0]
        if labels == x.out and len(x.args) > 1:
            return base, len(x.args)
    return x, 1


def _square_of_root(x: Expr) -> Expr | None:
    if isinstance(x, Apply) and x.op.square is not None:
        found: Expr = x.op.square(*x.args, **dict(x.params))
        return found if found.shape == x.shape else None
    return None


# A quotient that is no product with 1/y: rounded once, as NumPy's is. What rounds to decimals is compared to the digit.
quotient_rounded_once: Operation = elementwise(
    "quotient", np.true_divide,
    [lambda q, x, y: reciprocal(y), lambda q, x, y: negate(multiply(q, reciprocal(y)))],
    text="{0}/{1}", latex="{0} / {1}", sample=uniforms((-2, 2), (0.7, 2)), domain="y ≠ 0", cost=4,
)  # fmt: skip
