"""Trigonometric functions of degrees, and cos x − 1 without the cancellation."""

from __future__ import annotations

import math

import scipy.special as sp

from steepest.expr.build import negate, scale
from steepest.expr.number import constant

from .elementary import one_plus, sin
from .operation import Operation, elementwise, uniform
from .power import square

DEGREE = constant(math.pi / 180)
ACUTE = uniform(-70, 70)

sindg = elementwise("sindg", sp.sindg, [lambda y, x: scale(DEGREE, cosdg(x))], sample=ACUTE, cost=16)
cosdg: Operation = elementwise("cosdg", sp.cosdg, [lambda y, x: negate(scale(DEGREE, sindg(x)))], sample=ACUTE, cost=16)
tandg = elementwise(
    "tandg", sp.tandg, [lambda y, x: scale(DEGREE, one_plus(square(y)))], sample=ACUTE, domain="x ≠ 90 + 180k", cost=20
)  # fmt: skip
cotdg = elementwise(
    "cotdg", sp.cotdg, [lambda y, x: negate(scale(DEGREE, one_plus(square(y))))], sample=uniform(20, 160),
    domain="x ≠ 180k", cost=20,
)  # fmt: skip
cosm1 = elementwise("cosm1", sp.cosm1, [lambda y, x: negate(sin(x))], cost=16, latex=r"\operatorname{cosm1}")
