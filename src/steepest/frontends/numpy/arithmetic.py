"""Translations of NumPy's entrywise functions (ufuncs and their relatives)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.build import add, fill, negate, scale, zeros
from steepest.expr.dtype import BOOL, FLOAT64, inexact, promote
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.frontends.tracing.lifting import broadcast, broadcast_all, broadcast_shape, lift
from steepest.frontends.tracing.python_numbers import round_float
from steepest.frontends.tracing.translation import translates
from steepest.ops import complex_parts, elementary, logic, piecewise, special_logistic
from steepest.ops import power as powers
from steepest.ops.operation import spread_product

Build = Callable[..., Expr]


def entrywise(build: Build, *functions: Any) -> None:
    """Enter a ufunc: operands broadcast, then `build` is applied. `where=` and `dtype=` as in NumPy."""

    def rule(
        *args: Any, where: Any = True, dtype: Any = None, casting: str = "same_kind", order: Any = "K",
        subok: Any = True, **kwargs: Any,
    ) -> Expr:  # fmt: skip
        if kwargs:
            raise CaptureError(f"the setting {sorted(kwargs)} of {functions[0].__name__} cannot be recorded")
        if where is not True:
            raise CaptureError("where= of a ufunc leaves the other entries undefined; use np.where(mask, …, other)")
        result = build(*broadcast_all(*_widened(args)))
        return result if dtype is None else complex_parts.cast(result, np.dtype(dtype))

    translates(*functions)(rule)


def _widened(args: Sequence[Any]) -> list[Any]:
    """A NumPy scalar, unlike a plain number, widens the arrays it meets: float32 beside np.float64 (NEP 50)."""
    scalars = [
        a.dtype for a in args if isinstance(a, (np.generic, np.ndarray)) and a.ndim == 0 and a.dtype.kind in "fc"
    ]

    def widened(a: Any) -> Any:
        if not isinstance(a, Expr) or a.dtype is None or a.dtype.kind not in "fc":
            return a
        return complex_parts.cast(a, promote(a.dtype, *scalars))

    return [widened(a) for a in args] if scalars else list(args)


def sum_of(a: Expr, b: Expr) -> Expr:
    """NumPy's ``a + b``: broadcasting scalars; of two booleans it is `or`."""
    if a.dtype == BOOL and b.dtype == BOOL:
        return logic.logical_or(a, b)
    shape = broadcast_shape(a.shape, b.shape)
    return add(broadcast(a, shape), broadcast(b, shape))


def difference(a: Expr, b: Expr) -> Expr:
    return sum_of(a, negate(b))


def product(a: Expr, b: Expr) -> Expr:
    """NumPy's ``a * b``. A boolean beside numbers counts as 0 or 1: unlike `np.where`, 0 times NaN is NaN."""
    if (a.dtype == BOOL) != (b.dtype == BOOL):
        a, b = _counted(a, b), _counted(b, a)
    return spread_product(broadcast_shape(a.shape, b.shape), a, b)


def _counted(a: Expr, beside: Expr) -> Expr:
    return complex_parts.cast(a, inexact(beside.dtype) or FLOAT64) if a.dtype == BOOL else a


def quotient(a: Expr, b: Expr) -> Expr:
    return product(_as_float(a), powers.reciprocal(_as_float(b)))


def _as_float(e: Expr) -> Expr:
    return complex_parts.cast(e, inexact(e.dtype)) if e.dtype is not None else e


def ldexp(x: Expr, n: Expr) -> Expr:
    """x · 2ⁿ; n is a whole number, so only x varies."""
    return product(_as_float(x), powers.power(fill(constant(2.0), n.shape), _as_float(n)))


def scaled_by(factor: float) -> Build:
    return lambda x: scale(constant(factor), _as_float(x))


def heaviside(x: Expr, at_zero: Expr) -> Expr:
    x, at_zero = common(x, at_zero)
    positive = logic.less(zeros(x.shape), x)
    return logic.where(logic.equals(x, zeros(x.shape)), at_zero, complex_parts.cast(positive, inexact(x.dtype)))


def logaddexp2(a: Expr, b: Expr) -> Expr:
    ln2, inverse = constant(elementary.LN2), constant(1 / elementary.LN2)
    return scale(inverse, special_logistic.logaddexp(scale(ln2, _as_float(a)), scale(ln2, _as_float(b))))


def common(*items: Expr) -> list[Expr]:
    """All operands broadcast to one shape, scalars too."""
    shape = broadcast_shape(*(e.shape for e in items))
    return [broadcast(e, shape) for e in items]


def angle(z: Expr, deg: bool = False) -> Expr:
    radians = elementary.arctan2(*common(complex_parts.imag(z), complex_parts.real(z)))
    return scale(constant(180 / np.pi), radians) if deg else radians


def bitwise(on_booleans: Build) -> Build:
    """``&``, ``|``, ``^`` and ``~`` are logic on booleans; on integers they carry no derivative and no formula."""

    def build(*operands: Expr) -> Expr:
        if any(e.dtype != BOOL for e in operands):
            raise CaptureError("bitwise operations on integers cannot be recorded; on booleans they can")
        return on_booleans(*operands)

    return build


def truth(build: Build) -> Build:
    """Logic on numbers asks whether they are not 0."""
    return lambda *operands: build(*(e if e.dtype == BOOL else logic.nonzero(e) for e in operands))


def positive(x: Expr) -> Expr:
    return x


def clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Expr:  # noqa: A002
    """np.clip: the smaller of the larger; at a bound the entry itself counts."""
    low, high = a_min if min is None else min, a_max if max is None else max
    result = lift(a)
    if low is not None:
        result = piecewise.maximum(*common(result, lift(low)))
    return result if high is None else piecewise.minimum(*common(result, lift(high)))


def where(condition: Any, x: Any, y: Any) -> Expr:
    mask, a, b = lift(condition), lift(x), lift(y)
    mask = mask if mask.dtype == BOOL else logic.nonzero(mask)
    shape = broadcast_shape(mask.shape, a.shape, b.shape)
    return logic.where(broadcast(mask, shape), broadcast(a, shape), broadcast(b, shape))


def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Expr:
    """Replaced entries are constants: they have no derivative."""
    e = lift(x)
    limits = np.finfo(e.dtype if e.dtype is not None and e.dtype.kind in "fc" else np.float64)
    result = logic.where(logic.isnan(e), fill(constant(float(nan)), e.shape), e)
    infinite = logic.isinf(e)
    above = logic.logical_and(infinite, logic.less(zeros(e.shape), e))
    below = logic.logical_and(infinite, logic.less(e, zeros(e.shape)))
    high = constant(float(limits.max if posinf is None else posinf))
    low = constant(float(limits.min if neginf is None else neginf))
    result = logic.where(above, fill(high, e.shape), result)
    return logic.where(below, fill(low, e.shape), result)


def around(a: Any, decimals: int = 0) -> Expr:
    e = lift(a)
    if decimals == 0:
        return logic.rint(e)
    factor = float(10 ** abs(decimals))
    if decimals < 0:
        return scale(constant(factor), logic.rint(powers.quotient_rounded_once(e, fill(constant(factor), e.shape))))
    return powers.quotient_rounded_once(logic.rint(scale(constant(factor), e)), fill(constant(factor), e.shape))


@translates(round_float)
def rounded_float(x: Any, digits: int) -> Expr:
    return logic.round_decimal(lift(x), constant(digits))


def divmod_of(a: Any, b: Any) -> tuple[Expr, Expr]:
    x, y = common(lift(a), lift(b))
    return logic.floor_divide(x, y), piecewise.mod(x, y)


def modf(a: Any) -> tuple[Expr, Expr]:
    x = lift(a)
    whole = logic.trunc(x)
    return add(x, negate(whole)), whole


def frexp(a: Any) -> tuple[Expr, Expr]:
    """x = m · 2ᵉ with ½ ≤ |m| < 1. The logarithm may be off by one beside a power of 2; the first try shows it."""
    x = lift(a)
    is_zero = logic.equals(x, zeros(x.shape))
    size = logic.where(is_zero, fill(constant(1.0), x.shape), piecewise.absolute(x))
    guess = logic.floor(elementary.log2(size))
    tried = ldexp(size, negate(guess))
    one, two = fill(constant(1.0), x.shape), fill(constant(2.0), x.shape)
    over, under = (complex_parts.cast(logic.less(*pair), FLOAT64) for pair in ((two, tried), (tried, one)))
    reached = complex_parts.cast(logic.equals(tried, two), FLOAT64)
    exponent = add(guess, one, over, reached, negate(under))
    exponent = logic.where(is_zero, zeros(x.shape), exponent)
    return ldexp(x, negate(exponent)), complex_parts.cast(exponent, np.dtype(np.int32))


def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Expr:
    x, y = common(lift(a), lift(b))
    gap = piecewise.absolute(add(x, negate(y)))
    room = add(fill(constant(atol), y.shape), scale(constant(rtol), piecewise.absolute(y)))
    return logic.less_equal(gap, room)


ENTRYWISE: dict[Any, Build] = {
    np.add: sum_of, np.subtract: difference, np.multiply: product, np.true_divide: quotient,
    np.negative: negate, np.positive: positive, np.power: powers.power, np.square: powers.square,
    np.reciprocal: powers.reciprocal, np.sqrt: powers.sqrt, np.cbrt: powers.cbrt,
    np.float_power: lambda x, p: powers.power(_as_float(x), _as_float(p)),
    np.exp: elementary.exp, np.exp2: elementary.exp2, np.expm1: elementary.expm1, np.log: powers.log,
    np.log2: elementary.log2, np.log10: elementary.log10, np.log1p: elementary.log1p,
    np.sin: elementary.sin, np.cos: elementary.cos, np.tan: elementary.tan, np.arcsin: elementary.arcsin,
    np.arccos: elementary.arccos, np.arctan: elementary.arctan, np.arctan2: elementary.arctan2,
    np.sinh: elementary.sinh, np.cosh: elementary.cosh, np.tanh: elementary.tanh, np.arcsinh: elementary.arcsinh,
    np.arccosh: elementary.arccosh, np.arctanh: elementary.arctanh, np.hypot: elementary.hypot,
    np.degrees: scaled_by(180 / np.pi), np.rad2deg: scaled_by(180 / np.pi),
    np.radians: scaled_by(np.pi / 180), np.deg2rad: scaled_by(np.pi / 180),
    np.absolute: piecewise.absolute, np.fabs: piecewise.absolute, np.maximum: piecewise.maximum,
    np.minimum: piecewise.minimum, np.fmax: piecewise.fmax, np.fmin: piecewise.fmin,
    np.remainder: piecewise.mod, np.fmod: piecewise.fmod, np.copysign: piecewise.copysign,
    np.sign: piecewise.signum, np.floor: logic.floor, np.ceil: logic.ceil, np.trunc: logic.trunc, np.rint: logic.rint,
    np.floor_divide: logic.floor_divide, np.heaviside: heaviside, np.ldexp: ldexp,
    np.logaddexp: special_logistic.logaddexp, np.logaddexp2: logaddexp2,
    np.less: logic.less, np.less_equal: logic.less_equal, np.greater: logic.greater,
    np.greater_equal: logic.greater_equal, np.equal: logic.equals, np.not_equal: logic.differs,
    np.logical_and: truth(logic.logical_and), np.logical_or: truth(logic.logical_or),
    np.logical_xor: truth(logic.logical_xor), np.logical_not: truth(logic.logical_not),
    np.bitwise_and: bitwise(logic.logical_and), np.bitwise_or: bitwise(logic.logical_or),
    np.bitwise_xor: bitwise(logic.logical_xor), np.invert: bitwise(logic.logical_not),
    np.isnan: logic.isnan, np.isinf: logic.isinf, np.isfinite: logic.isfinite, np.signbit: logic.signbit,
    np.conjugate: complex_parts.conj,
}  # fmt: skip

for _ufunc, _build in ENTRYWISE.items():
    entrywise(_build, _ufunc)

translates(np.real)(lambda val: complex_parts.real(lift(val)))
translates(np.imag)(lambda val: complex_parts.imag(lift(val)))
translates(np.angle)(lambda z, deg=False: angle(lift(z), deg))
translates(np.clip)(clip)
translates(np.nan_to_num)(nan_to_num)
translates(np.round, np.around)(around)
translates(np.fix)(lambda x: logic.trunc(lift(x)))
translates(np.divmod)(divmod_of)
translates(np.modf)(modf)
translates(np.frexp)(frexp)
translates(np.isclose)(isclose)
