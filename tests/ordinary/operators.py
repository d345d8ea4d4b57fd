"""Operators of Python, on entries, arrays and numbers."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .suite import Family

FAMILY = Family("Operators")


@FAMILY
def arithmetic(x: Any) -> Any:
    """Arithmetic of arrays and numbers: 2 * x - x / 3"""
    return np.sum((2 * x - x / 3 + 1) * (5 - x) / (x**2 + 1))


@FAMILY
def integer_power(x: Any) -> Any:
    """Powers with a whole exponent: x**3"""
    return np.sum(x**3 + x**2 - x**1 + x**0)


@FAMILY.at(0.7, 1.3, 2.1, 0.4)
def real_powers(x: Any) -> Any:
    """Powers with any exponent: x**2.5 + 1.5**x + x**x"""
    return np.sum(x**2.5 + 1.5**x + x**x)


@FAMILY
def negative_powers(x: Any) -> Any:
    """Powers with a negative exponent: x**-2"""
    return np.sum(x**-2)


@FAMILY
def power_function(x: Any) -> Any:
    """The builtin power: pow(x[0], 3)"""
    return pow(x[0], 3) * pow(x[2], x[3])


@FAMILY
def signs(x: Any) -> Any:
    """Signs: abs(x) * (-x) + (+x) ** 2"""
    return np.sum(abs(x) * (-x) + (+x) ** 2)


@FAMILY
def matrix_product(x: Any) -> Any:
    """The matrix product: a @ a @ x[:2]"""
    a = x.reshape(2, 2)
    return (a @ a @ x[:2]) @ x[2:]


@FAMILY
def matrix_product_in_place(x: Any) -> Any:
    """The matrix product in place: a @= x.reshape(2, 2)"""
    a = np.eye(2) + x.reshape(2, 2)
    a @= x.reshape(2, 2)
    return np.sum(a**2)


@FAMILY
def remainders(x: Any) -> Any:
    """Remainders: x % 0.9"""
    return np.sum(x % 0.9) * x[0] + x[2] % x[3]


@FAMILY
def floor_division(x: Any) -> Any:
    """Whole quotients, which have slope 0: x // 0.32"""
    return np.sum(x // 0.32 * x)


@FAMILY
def divmod_of_numbers(x: Any) -> Any:
    """Quotient and remainder at once: divmod(x[2], 0.8)"""
    quotient, remainder = divmod(x[2], 0.8)
    return quotient * x[0] + remainder**2


@FAMILY
def comparisons_as_numbers(x: Any) -> Any:
    """Comparisons that are computed with: (x > 0) * x**2"""
    return np.sum((x > 0) * x**2 - (x <= 0.5) * x + (x != x[0]))


@FAMILY
def logical_operators(x: Any) -> Any:
    """Conditions joined: (x > 0) & ~(x > 1) | (x < -1)"""
    inside = (x > 0) & ~(x > 1) | (x < -1) ^ (x > 3)
    return np.sum(inside * x**3)


@FAMILY
def broadcasting(x: Any) -> Any:
    """Broadcasting over new axes: x[:, None] - x[None, :]"""
    distances = (x[:, None] - x[None, :]) ** 2
    return np.sum(np.exp(-distances))


@FAMILY
def in_place_operators(x: Any) -> Any:
    """Operators in place: y += x; y *= 2; y **= 2"""
    y = np.ones(4)
    y += x
    y *= 2
    y **= 2
    y -= x
    y /= 3
    return y.sum()


@FAMILY
def in_place_on_numbers(x: Any) -> Any:
    """Operators in place on a number: s += v**2"""
    s = 0
    for v in x:
        s += v**2
        s *= 0.9
    return s


@FAMILY
def operator_module(x: Any) -> Any:
    """The operator module: operator.mul(x[0], x[1])"""
    total = operator.mul(x[0], x[1]) + operator.truediv(x[0], x[2]) + operator.pow(x[2], 2) + operator.neg(x[3])
    first, second = operator.itemgetter(0, 2)(x)
    y = x.copy()
    y = operator.iadd(y, x)
    return (
        total * first * second
        + operator.methodcaller("sum")(y) ** 2
        + operator.matmul(x, x)
        + operator.attrgetter("T")(x)[0]
    )


@FAMILY
def reflected_with_lists(x: Any) -> Any:
    """Plain lists and tuples as operands: [1.0, 2.0, 3.0, 4.0] * x"""
    return np.sum([1.0, 2.0, 3.0, 4.0] * x) + np.sum(x**2 - (4, 3, 2, 1))


@FAMILY
def numpy_numbers(x: Any) -> Any:
    """NumPy's numbers on either side: np.float64(2.0) * x"""
    return np.sum(np.float64(2.0) * x**2) + np.float32(0.5) * x[0] + x[1] * np.int64(3)


@FAMILY
def complex_intermediate(x: Any) -> Any:
    """Complex numbers on the way: np.abs(x[0] + 1j * x[1]) ** 2"""
    z = np.exp(1j * x) * (x[0] + 1j * x[1])
    return np.abs(x[0] + 1j * x[1]) ** 2 + z.real.sum() + z.imag.prod() + np.angle(z[2])
