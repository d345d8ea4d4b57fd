"""Parts of log-densities as functions of shape parameters, made so that nothing cancels where these are large.

A density that tends to a limit has slopes that fall as 1/ν² and 1/ν³, while those of its factors fall as 1/ν or not at
all: their sums keep few digits. Here factors that belong together are one function. `gamma_differences` computes them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.expr.build import multiply, negate, scale
from steepest.expr.node import Expr
from steepest.expr.number import ONE, ZERO, constant

from . import gamma_differences
from .elementary import one_plus
from .operation import Operation, elementwise, uniform, uniforms
from .order_slopes import entry_by_entry
from .power import divide, log, reciprocal, square
from .special_gamma import digamma, polygamma, psi_rise
from .special_rules import of_operand_type, order_and, shifted, total, unknown

Array = Any  # of double precision

SHAPES = uniforms((0.3, 4), (0.3, 4))


def _entrywise(function: Callable[..., Array], orders: int = 0) -> Callable[..., Array]:
    return of_operand_type(partial(entry_by_entry, orders, function))


# --- logarithms --------------------------------------------------------------------------------------------


def _log1p_beyond_share(r: Array) -> Array:
    return -gamma_differences.log1p_excess(-r / (1 + r), -np.log1p(r))


def _log1p_times(a: Array, u: Array) -> Array:
    return a * np.log1p(u / a)


def _log_square_excess(z: Array) -> Array:
    return gamma_differences.log1p_excess((z - 1) * (z + 1), 2 * np.log(z))


log1p_beyond_share = elementwise(  # log(1 + r) − r/(1 + r)
    "log1p_beyond_share", _entrywise(_log1p_beyond_share), [lambda y, r: divide(r, square(one_plus(r)))],
    sample=uniform(-0.4, 2), domain="r > -1", cost=60, source="Loader (2000)",
)  # fmt: skip
log1p_times = elementwise(
    "log1p_times", _entrywise(_log1p_times),
    [
        lambda y, a, u: log1p_beyond_share(divide(u, a)),
        lambda y, a, u: reciprocal(one_plus(divide(u, a))),
    ],
    sample=uniforms((0.3, 4), (0.1, 4)), domain="a > 0, u > -a", cost=16, text="{0} log1p({1} / {0})",
    latex=r"{0} \log\left(1 + \frac{{{1}}}{{{0}}}\right)",
)  # fmt: skip
log_square_excess = elementwise(  # log z² − z² + 1
    "log_square_excess", _entrywise(_log_square_excess),
    [lambda y, z: scale(constant(-2), divide(multiply(total(z, negate(ONE)), one_plus(z)), z))],
    sample=uniform(0.3, 2), domain="z > 0", cost=60, source="Loader (2000)",
)  # fmt: skip


def _log_poch(a: Array, b: Array) -> Array:
    return sp.gammaln(a + b) - sp.gammaln(a)


# --- gamma and beta functions ------------------------------------------------------------------------------

log_over_psi: Operation = elementwise(
    "log_over_psi", _entrywise(gamma_differences.log_over_psi_slope, 1),
    [unknown("log_over_psi", "n"), lambda y, n, x: log_over_psi(shifted(n, 1), x)],
    sample=order_and((0.3, 4)), domain="x > 0", cost=100, source="DLMF 5.5.2, 5.11.2",
)  # fmt: skip
log_gamma_excess = elementwise(
    "log_gamma_excess", _entrywise(gamma_differences.log_gamma_excess), [lambda y, x: log_over_psi(ZERO, x)],
    sample=uniform(0.3, 4), domain="x > 0", cost=60, source="DLMF 5.11.1",
)  # fmt: skip
log_poch = elementwise(  # the value as SciPy's laws of counts have it
    "log_poch", _entrywise(_log_poch),
    [lambda y, a, b: psi_rise(ZERO, a, b), lambda y, a, b: digamma(total(a, b))], sample=SHAPES,
    domain="a > 0, a + b > 0", cost=100, source="DLMF 5.2.5, 5.11.1",
)  # fmt: skip
psi_rise_beyond_share: Operation = elementwise(
    "psi_rise_beyond_share", _entrywise(gamma_differences.psi_rise_beyond_share, 1),
    [
        unknown("psi_rise_beyond_share", "n"), lambda y, n, a, b: psi_rise_beyond_share(shifted(n, 1), a, b),
        lambda y, n, a, b: total(polygamma(shifted(n, 1), total(a, b)), negate(psi_rise(n, a, ONE))),
    ],
    sample=order_and((0.3, 4), (0.3, 4)), domain="a > 0, b > 0", cost=300, source="DLMF 5.5.2, 5.11.2",
)  # fmt: skip
log_poch_excess = elementwise(
    "log_poch_excess", _entrywise(gamma_differences.log_poch_excess),
    [
        lambda y, a, b: psi_rise_beyond_share(ZERO, a, b),
        lambda y, a, b: total(digamma(total(a, b)), negate(log(a))),
    ],
    sample=SHAPES, domain="a > 0, b > 0", cost=100, source="DLMF 5.2.5, 5.11.1",
)  # fmt: skip
psi_rise_beyond_log: Operation = elementwise(  # log_over_psi(n, a) − log_over_psi(n, a + b)
    "psi_rise_beyond_log", _entrywise(gamma_differences.psi_rise_beyond_log, 1),
    [
        unknown("psi_rise_beyond_log", "n"), lambda y, n, a, b: psi_rise_beyond_log(shifted(n, 1), a, b),
        lambda y, n, a, b: negate(log_over_psi(shifted(n, 1), total(a, b))),
    ],
    sample=order_and((0.3, 4), (0.3, 4)), domain="a > 0, b > 0", cost=300, source="DLMF 5.5.2, 5.11.2",
)  # fmt: skip
log_beta_excess = elementwise(
    "log_beta_excess", _entrywise(gamma_differences.log_beta_excess),
    [lambda y, a, b: psi_rise_beyond_log(ZERO, a, b), lambda y, a, b: psi_rise_beyond_log(ZERO, b, a)],
    sample=SHAPES, domain="a > 0, b > 0", cost=100, source="DLMF 5.12.1, 5.11.1",
)  # fmt: skip

# --- the ratio of two variances ----------------------------------------------------------------------------

RATIO = uniforms((0.3, 4), (0.3, 4), (0.2, 3))


def _ratio_excess(a: Array, b: Array, x: Array) -> Array:
    return b * (x - 1) / (b + a * x)


def _ratio_log_excess(a: Array, b: Array, x: Array) -> Array:
    return gamma_differences.log1p_excess(_ratio_excess(a, b, x), np.log(x * (a + b) / (b + a * x)))


def _ratio_deviance(a: Array, b: Array, x: Array) -> Array:
    whole = b + a * x
    right = gamma_differences.log1p_excess(-a * (x - 1) / whole, np.log((a + b) / whole))
    return a * _ratio_log_excess(a, b, x) + b * right


def _excess_by_shape(a: Expr, b: Expr, x: Expr) -> Expr:
    return divide(multiply(x, total(x, negate(ONE))), square(total(b, multiply(a, x))))


def _deviance_by_ratio(y: Expr, a: Expr, b: Expr, x: Expr) -> Expr:
    """(1/x - 1) ab/(b + ax), so that its own slopes do not cancel."""
    return divide(total(reciprocal(x), negate(ONE)), total(reciprocal(a), divide(x, b)))


ratio_excess = elementwise(  # s (a + b)/a − 1, where s = ax/(b + ax)
    "ratio_excess", _entrywise(_ratio_excess),
    [
        lambda y, a, b, x: negate(multiply(b, _excess_by_shape(a, b, x))),
        lambda y, a, b, x: multiply(a, _excess_by_shape(a, b, x)),
        lambda y, a, b, x: divide(multiply(b, total(a, b)), square(total(b, multiply(a, x)))),
    ],
    sample=RATIO, domain="a > 0, b > 0, x ≥ 0", cost=12,
)  # fmt: skip
ratio_log_excess = elementwise(  # log(1 + z) − z of this excess z: dz/(1 + z) by each shape is a multiple of z
    "ratio_log_excess", _entrywise(_ratio_log_excess),
    [
        lambda y, a, b, x: divide(square(ratio_excess(a, b, x)), total(a, b)),
        lambda y, a, b, x: negate(divide(multiply(a, square(ratio_excess(a, b, x))), multiply(b, total(a, b)))),
        lambda y, a, b, x: negate(divide(multiply(b, ratio_excess(a, b, x)), multiply(x, total(b, multiply(a, x))))),
    ],
    sample=RATIO, domain="a > 0, b > 0, x > 0", cost=70, source="Loader (2000)",
)  # fmt: skip
ratio_deviance = elementwise(  # a log(s (a + b)/a) + b log((1 − s)(a + b)/b): stationary by s where that is a/(a + b)
    "ratio_deviance", _entrywise(_ratio_deviance),
    [
        lambda y, a, b, x: ratio_log_excess(a, b, x),
        lambda y, a, b, x: ratio_log_excess(b, a, reciprocal(x)),
        _deviance_by_ratio,
    ],
    sample=RATIO, domain="a > 0, b > 0, x > 0", cost=140, source="Loader (2000)",
)  # fmt: skip
