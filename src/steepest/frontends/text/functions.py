"""The operators and functions a formula may use, each by the number of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.special

from steepest.frontends.numpy.tracer import call

from .rules import (
    Rule,
    absolute,
    array_product,
    calling,
    computed_entrywise,
    diagonal,
    dot,
    entrywise,
    entrywise_on_arrays,
    matrix_power,
    of_matrix,
    of_square,
    of_vector,
    outer,
    product,
    quotient,
    reduction,
    square_like,
    transpose,
    vector_like,
)


def _norm1(x: Any) -> Any:
    return call(np.sum, (call(np.abs, (x,), {}),), {})


def _logdet(a: Any) -> Any:
    return call(np.linalg.slogdet, (a,), {})[1]


def _relu(x: Any) -> Any:
    return call(np.maximum, (x, 0.0), {})


def _softplus(x: Any) -> Any:
    """log(1 + eˣ), which is −log of the logistic function of −x: right at any size."""
    return call(np.negative, (call(scipy.special.log_expit, (call(np.negative, (x,), {}),), {}),), {})


def _frobenius(a: Any) -> Any:
    return call(np.sqrt, (call(np.sum, (call(np.square, (a,), {}),), {}),), {})


OPERATORS: Mapping[str, Rule] = {
    "+": entrywise(np.add),
    "-": entrywise(np.subtract),
    ".*": entrywise_on_arrays(np.multiply),
    "./": entrywise_on_arrays(np.true_divide),
    ".^": entrywise(np.power),
    "*": Rule(product, needs_array=False),
    "/": Rule(quotient, needs_array=False),
    "@": Rule(array_product, needs_array=True),
    "^": Rule(matrix_power, needs_array=False),
}
NEGATION = entrywise(np.negative)
TRANSPOSITION = Rule(transpose, needs_array=True)

_NORM2 = of_vector(calling(np.linalg.norm), instead="normF(A) is the root of the sum of a matrix's squares")
_ENTRYWISE: dict[str, Any] = {
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "ln": np.log, "log2": np.log2, "log10": np.log10,
    "log1p": np.log1p, "sqrt": np.sqrt, "cbrt": np.cbrt, "square": np.square,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "arcsinh": np.arcsinh, "arccosh": np.arccosh, "arctanh": np.arctanh, "asinh": np.arcsinh,
    "acosh": np.arccosh, "atanh": np.arctanh, "abs": np.abs, "absolute": np.abs, "sign": np.sign,
    "sigmoid": scipy.special.expit, "sigma": scipy.special.expit, "expit": scipy.special.expit,
    "erf": scipy.special.erf, "gammaln": scipy.special.gammaln,
}  # fmt: skip
_ENTRYWISE_OF_TWO: dict[str, Any] = {
    "maximum": np.maximum, "minimum": np.minimum, "max": np.maximum, "min": np.minimum, "arctan2": np.arctan2,
    "atan2": np.arctan2, "hypot": np.hypot, "logaddexp": np.logaddexp, "power": np.power,
}  # fmt: skip
_REDUCTIONS: dict[str, Any] = {
    "sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min, "prod": np.prod, "var": np.var, "std": np.std,
}  # fmt: skip
_OF_ONE: dict[str, Rule] = {
    **{name: entrywise(function) for name, function in _ENTRYWISE.items()},
    **{name: reduction(calling(function)) for name, function in _REDUCTIONS.items()},
    "relu": computed_entrywise(_relu),
    "softplus": computed_entrywise(_softplus),
    "norm1": of_vector(_norm1),
    "norm2": _NORM2,
    "norm": _NORM2,
    "‖…‖": _NORM2,
    "|…|": Rule(absolute, needs_array=False),
    "normF": of_matrix(_frobenius),
    "logsumexp": of_vector(calling(scipy.special.logsumexp)),
    "softmax": vector_like(calling(scipy.special.softmax)),
    "tr": of_square(calling(np.trace)),
    "trace": of_square(calling(np.trace)),
    "det": of_square(calling(np.linalg.det)),
    "logdet": of_square(_logdet),
    "inv": square_like(calling(np.linalg.inv)),
    "diag": Rule(diagonal, needs_array=True),
    "transpose": TRANSPOSITION,
}
_OF_TWO: dict[str, Rule] = {
    **{name: entrywise(function) for name, function in _ENTRYWISE_OF_TWO.items()},
    "dot": Rule(dot, needs_array=True),
    "outer": Rule(outer, needs_array=True),
    "matmul": OPERATORS["@"],
    "multiply": OPERATORS[".*"],
}
FUNCTIONS: Mapping[str, Mapping[int, Rule]] = {
    name: {count: rules[name] for count, rules in ((1, _OF_ONE), (2, _OF_TWO)) if name in rules}
    for name in (*_OF_ONE, *_OF_TWO)
}
