"""Comparisons, logic and rounding: piecewise constant, so they carry no derivative, but they select."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.expr.build import Operand, add, contract, fill, multiply, zeros
from steepest.expr.dtype import DType
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .operation import Operation, Smoothness, bool_type, elementwise, float_type, ordered_type, same_type


def _steps(
    name: str, numpy: Callable[..., Any], text: str, latex: str, arity: int, dtype: Callable[..., DType]
) -> Operation:
    return elementwise(
        name, numpy, [None] * arity, text=text, latex=latex, dtype=dtype, smoothness=Smoothness.STEPS, cost=1
    )


less = _steps("less", np.less, "{0} < {1}", "{0} < {1}", 2, bool_type)
less_equal = _steps("less_equal", np.less_equal, "{0} ≤ {1}", r"{0} \le {1}", 2, bool_type)
equals = _steps("equal", np.equal, "{0} = {1}", "{0} = {1}", 2, bool_type)
differs = _steps("not_equal", np.not_equal, "{0} ≠ {1}", r"{0} \ne {1}", 2, bool_type)
logical_not = _steps("logical_not", np.logical_not, "not {0}", r"\lnot {0}", 1, bool_type)
logical_or = _steps("logical_or", np.logical_or, "{0} or {1}", r"{0} \lor {1}", 2, bool_type)
logical_xor = _steps("logical_xor", np.logical_xor, "{0} xor {1}", r"{0} \oplus {1}", 2, bool_type)
isnan = _steps("isnan", np.isnan, "isnan", r"\operatorname{isnan}", 1, bool_type)
isinf = _steps("isinf", np.isinf, "isinf", r"\operatorname{isinf}", 1, bool_type)
isfinite = _steps("isfinite", np.isfinite, "isfinite", r"\operatorname{isfinite}", 1, bool_type)
signbit = _steps("signbit", np.signbit, "signbit", r"\operatorname{signbit}", 1, bool_type)

sign = _steps("sign", np.sign, "sign", r"\operatorname{sign}", 1, ordered_type)
floor = _steps("floor", np.floor, "⌊{0}⌋", r"\lfloor {0} \rfloor", 1, float_type)
ceil = _steps("ceil", np.ceil, "⌈{0}⌉", r"\lceil {0} \rceil", 1, float_type)
trunc = _steps("trunc", np.trunc, "trunc", r"\operatorname{trunc}", 1, float_type)
rint = _steps("rint", np.rint, "round", r"\operatorname{round}", 1, float_type)
floor_divide = _steps("floor_divide", np.floor_divide, "⌊{0} / {1}⌋", r"\lfloor {0} / {1} \rfloor", 2, same_type)


def _python_round(x: Any, digits: Any) -> Any:
    """Python's `round` of each entry: the decimal number nearest to what the float is exactly; NumPy's may differ."""
    kind = np.result_type(x, digits, np.float16)
    return np.asarray(np.vectorize(lambda v, n: round(float(v), int(n)), otypes=[kind])(x, digits))[()]


round_decimal = _steps("round_decimal", _python_round, "round_decimal", r"\operatorname{round\_decimal}", 2, float_type)


def logical_and(a: Expr, b: Expr) -> Expr:
    """Both: the product of two booleans."""
    return multiply(a, b)


def greater(a: Expr, b: Expr) -> Expr:
    return less(b, a)


def greater_equal(a: Expr, b: Expr) -> Expr:
    return less_equal(b, a)


def nonzero(x: Expr) -> Expr:
    """Where x is not 0."""
    return differs(x, zeros(x.shape))


def select(condition: Expr, chosen: Expr) -> Expr:
    """`chosen` where the condition holds, else 0; what is not chosen never counts, not even as NaN."""
    return multiply(condition, chosen)


def where(condition: Expr, a: Expr, b: Expr) -> Expr:
    """`a` where the condition holds, else `b`; operands have one shape or are scalars."""
    shape = max((condition.shape, a.shape, b.shape), key=len)
    labels = tuple(range(len(shape)))
    sizes = dict(zip(labels, shape, strict=True))

    def term(mask: Expr, x: Expr) -> Expr:
        operands: list[Operand] = [(labels if e.ndim else (), e) for e in (mask, x)]
        return contract(operands, labels, sizes)

    return add(term(condition, a), term(logical_not(condition), b))


def filled_like(x: Expr, value: float) -> Expr:
    return fill(constant(value), x.shape)
