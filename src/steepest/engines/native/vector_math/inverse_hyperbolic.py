"""arcsinh, arccosh and arctanh as log1p of expressions without cancellation."""

from __future__ import annotations

import math

from .body import Body
from .function import MathFunction
from .logarithm import log1p, log1p_finite
from .through_double import through_double

# Beyond, arcsinh x and arccosh x are log(2 x), and log(1 + x) is log x.
LARGE = {"double": 2.0**54, "float": 2.0**26}


def arcsinh(b: Body, x: str) -> str:
    """log1p(a + a² / (1 + sqrt(1 + a²))) of a = |x|."""
    a = b.fabs(x)
    square = b.mul(a, a)
    near = b.add(a, b.div(square, b.add(b.sqrt(b.add(square, 1.0)), 1.0)))
    return b.copysign(_of_finite(b, a, near), x)


def arccosh(b: Body, x: str) -> str:
    """log1p(t + sqrt(t (t + 2))) of t = x - 1."""
    t = b.sub(x, 1.0)
    near = b.add(t, b.sqrt(b.mul(t, b.add(t, 2.0))))
    return b.select(b.compare("olt", x, 1.0), math.nan, _of_finite(b, x, near))


def _of_finite(b: Body, x: str, near: str) -> str:
    """log1p(near), or log(2 x) where x is large; infinity and NaN stay."""
    large = b.compare("ogt", x, LARGE[b.element])
    y = log1p_finite(b, b.select(large, x, near), b.select(large, 1.0, 0.0))
    return b.select(b.compare("olt", x, math.inf), y, x)


def arctanh(b: Body, x: str) -> str:
    """log1p(2 a / (1 - a)) / 2 of a = |x|."""
    a = b.fabs(x)
    return b.copysign(b.mul(log1p(b, b.div(b.add(a, a), b.sub(1.0, a))), 0.5), x)


FUNCTIONS = (
    MathFunction("arcsinh", 1, arcsinh, through_double("arcsinh")),
    MathFunction("arccosh", 1, arccosh, through_double("arccosh")),
    MathFunction("arctanh", 1, arctanh, through_double("arctanh")),
)
