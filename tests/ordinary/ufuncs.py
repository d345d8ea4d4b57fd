"""Ufuncs in all the forms they can be called in."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from steepest.errors import CaptureError

from .suite import Family

FAMILY = Family("Ufuncs and their calling forms")


@FAMILY
def elementary(x: Any) -> Any:
    """Elementary functions: np.sin(x) + np.exp(x)"""
    return np.sum(np.sin(x) + np.exp(x) * np.tanh(x) - np.arctan(x) + np.sqrt(x**2 + 1) + np.log1p(x**2))


@FAMILY
def out_array(x: Any) -> Any:
    """The result written to an array: np.multiply(x, x, out=y)"""
    y = np.empty(4)
    np.multiply(x, x, out=y)
    np.add(y, 1, y)
    return y.prod()


@FAMILY
def out_tuple(x: Any) -> Any:
    """The result written to an array in a tuple: np.exp(x, out=(y,))"""
    y = np.zeros_like(x)
    np.exp(x, out=(y,))
    return np.sum(y**2)


@FAMILY
def out_is_operand(x: Any) -> Any:
    """The result written over an operand: np.sin(y, out=y)"""
    y = x * 2
    np.sin(y, out=y)
    return y @ x


@FAMILY
def out_is_a_slice(x: Any) -> Any:
    """The result written to a part: np.sqrt(x[2:], out=y[1:3])"""
    y = np.ones(4)
    np.sqrt(x[2:], out=y[1:3])
    return y @ x


@FAMILY
def two_outs(x: Any) -> Any:
    """Two results written to arrays: np.modf(x, out=(fraction, whole))"""
    fraction, whole = np.empty(4), np.empty(4)
    np.modf(x, out=(fraction, whole))
    return fraction @ x + whole.sum() * x[0]


@FAMILY
def where_with_out(x: Any) -> Any:
    """Only where a mask holds: np.divide(1.0, x, out=y, where=x > 0)"""
    y = np.zeros(4)
    np.divide(1.0, x, out=y, where=x > 0)
    return y @ x**2


@FAMILY
def where_log(x: Any) -> Any:
    """A logarithm only where it is defined: np.log(x, where=x > 0, out=np.zeros_like(x))"""
    return np.sum(np.log(x, where=x > 0, out=np.zeros_like(x)) * x)


@FAMILY
def where_plain_mask(x: Any) -> Any:
    """A mask that does not depend on values: np.add(x, 10.0, out=y, where=[True, False, True, False])"""
    y = x**2
    np.add(x, 10.0, out=y, where=[True, False, True, False])
    return np.sum(y**2)


@FAMILY
def dtype_argument(x: Any) -> Any:
    """The type of the result: np.add(x, 1, dtype=np.float64)"""
    return np.sum(np.add(x, 1, dtype=np.float64) ** 2) + np.sin(x, dtype=float).sum()


@FAMILY
def casting_argument(x: Any) -> Any:
    """How types are cast: np.multiply(x, 2, casting="safe")"""
    return np.sum(np.multiply(x, 2, casting="safe") ** 2)


@FAMILY
def add_at(x: Any) -> Any:
    """Adding at places that repeat: np.add.at(y, [0, 1, 1, 2], x)"""
    y = np.zeros(3)
    np.add.at(y, [0, 1, 1, 2], x)
    return np.sum(y**2)


@FAMILY
def multiply_at(x: Any) -> Any:
    """Multiplying at places that repeat: np.multiply.at(y, [0, 1, 1, 2], x)"""
    y = np.full(3, 2.0)
    np.multiply.at(y, [0, 1, 1, 2], x)
    np.subtract.at(y, 0, x[1])
    return y @ y


@FAMILY
def maximum_at(x: Any) -> Any:
    """The largest at places that repeat: np.maximum.at(y, [0, 1, 1, 0], x)"""
    y = np.zeros(2)
    np.maximum.at(y, [0, 1, 1, 0], x)
    return y[0] * y[1] ** 2


@FAMILY
def reduce_add(x: Any) -> Any:
    """Sums by reduce: np.add.reduce(x**2)"""
    return np.add.reduce(x**2) * np.add.reduce(x.reshape(2, 2), axis=1).prod()


@FAMILY
def reduce_multiply(x: Any) -> Any:
    """Products by reduce: np.multiply.reduce(a, axis=0, keepdims=True)"""
    a = x.reshape(2, 2)
    return np.multiply.reduce(a, axis=0, keepdims=True).sum() + np.multiply.reduce(x)


@FAMILY
def reduce_with_start(x: Any) -> Any:
    """Reduce with a start and a mask: np.add.reduce(x**2, initial=3.0, where=x > 0)"""
    return np.add.reduce(x**2, initial=3.0, where=x > 0) ** 2 + np.maximum.reduce(x, initial=0.0)


@FAMILY
def reduce_extremes(x: Any) -> Any:
    """Largest and smallest by reduce: np.maximum.reduce(x) * np.minimum.reduce(x)"""
    return np.maximum.reduce(x) * np.minimum.reduce(x)


@FAMILY
def reduce_conditions(x: Any) -> Any:
    """Conditions by reduce: np.logical_and.reduce(x > -2)"""
    return np.sum(x**2) if np.logical_and.reduce(x > -2) else np.sum(x)


@FAMILY
def reduce_other(x: Any) -> Any:
    """Other functions by reduce: np.hypot.reduce(x) + np.logaddexp.reduce(x)"""
    return np.hypot.reduce(x) + np.logaddexp.reduce(x) + np.subtract.reduce(x) * x[0] + np.divide.reduce(x)


@FAMILY
def reduceat(x: Any) -> Any:
    """Sums between given places: np.add.reduceat(x**2, [0, 1, 3])"""
    return np.prod(np.add.reduceat(x**2, [0, 1, 3]))


@FAMILY
def reduceat_backwards(x: Any) -> Any:
    """Reduceat with other functions and falling places: np.multiply.reduceat(x, [0, 2, 1])"""
    return np.sum(np.multiply.reduceat(x, [0, 2, 1]) ** 2) + np.maximum.reduceat(x, [0, 2]).prod()


@FAMILY
def accumulate_add(x: Any) -> Any:
    """Running sums and products: np.add.accumulate(x)"""
    return np.add.accumulate(x) @ np.multiply.accumulate(x)


@FAMILY
def accumulate_maximum(x: Any) -> Any:
    """Running extremes: np.maximum.accumulate(x)"""
    return np.maximum.accumulate(x) @ x + np.minimum.accumulate(x) @ x


@FAMILY
def accumulate_other(x: Any) -> Any:
    """Running results of other functions: np.logaddexp.accumulate(x)"""
    return np.logaddexp.accumulate(x) @ x + np.subtract.accumulate(x) @ x


@FAMILY
def outer_products(x: Any) -> Any:
    """Every pair of entries: np.multiply.outer(x, x)"""
    return np.sum(np.multiply.outer(x, x)[0] ** 2) + np.sum(np.exp(-(np.subtract.outer(x, x) ** 2)))


@FAMILY
def outer_other(x: Any) -> Any:
    """Every pair by any function: np.maximum.outer(x[:2], x[2:])"""
    return np.maximum.outer(x[:2], x[2:]).prod() + np.hypot.outer(x, [1.0, 2.0]).sum() + np.arctan2.outer(x, x)[0, 2]


@FAMILY
def lists_of_traced_numbers(x: Any) -> Any:
    """Lists of traced numbers: np.exp([x[0], 2.0, x[1] * x[2]])"""
    return np.exp([x[0], 2.0, x[1] * x[2]]).sum() + np.add([x[0], 1.0], [2.0, x[3]]).prod()


@FAMILY
def two_results(x: Any) -> Any:
    """Functions with two results: np.divmod(x, 0.8)"""
    whole, rest = np.divmod(x, 0.8)
    fraction, integer = np.modf(x)
    mantissa, exponent = np.frexp(x)
    return whole @ x + rest @ x + fraction @ x + integer.sum() * x[0] + np.ldexp(mantissa, exponent).prod()


@FAMILY
def frompyfunc(x: Any) -> Any:
    """A ufunc made of a Python function: np.frompyfunc(lambda a, b: a * b + a, 2, 1)"""
    times = np.frompyfunc(lambda a, b: a * b + a, 2, 1)
    return np.sum(times(x, x[::-1]))


@FAMILY
def special(x: Any) -> Any:
    """Ufuncs of scipy.special: sp.expit(x)"""
    return np.sum(sp.expit(x) * sp.erf(x)) + sp.gammaln(x[2]) + sp.xlogy(x[0], x[2]) + sp.digamma(x[2]) + sp.j0(x[0])


@FAMILY
def rounding(x: Any) -> Any:
    """Rounding, which has slope 0: np.floor(x) * x"""
    return np.sum(np.floor(x) * x + np.rint(x) * x**2 + np.ceil(x) + np.trunc(x) * np.round(x) + np.sign(x) * x)


@FAMILY
def nan_handling(x: Any) -> Any:
    """Numbers that are not finite: np.nan_to_num(y, nan=0.5)"""
    y = np.where(x > 0, x, np.nan)
    return np.sum(np.nan_to_num(y, nan=0.5) ** 2) + np.nansum(y**2) + np.fmax(y, 0.1).prod() + np.sum(x[~np.isnan(y)])


@FAMILY
def clipping(x: Any) -> Any:
    """Bounds: np.clip(x, -1.0, x[0])"""
    return np.sum(np.clip(x, -1.0, x[0]) ** 2) + np.sum(x.clip(min=0.0) * 3) + np.maximum(x, 0.2).prod()


@FAMILY.refused(CaptureError, "which places a `where=` leaves without `out=` holds is left to chance by NumPy")
def where_without_out(x: Any) -> Any:
    """A mask without an array for the rest, which NumPy leaves to chance: np.log(x, where=x > 0)"""
    return np.nansum(np.log(x, where=x > 0))
