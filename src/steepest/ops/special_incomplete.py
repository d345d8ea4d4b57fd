"""Incomplete gamma and beta functions and their inverses: by the limit, and by the orders.

The integrand is the derivative by the limit. Those by the orders are functions of their own, `gammainc_by_order` and
`betainc_by_orders`, with the number of times as their first operands; `order_slopes` computes them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.special as sp

from steepest.expr.build import multiply, negate, scale
from steepest.expr.node import Expr
from steepest.expr.number import ONE, ZERO, constant

from . import order_slopes
from .elementary import exp, one_minus
from .operation import Operation, Rule, Sample, elementwise, settled
from .power import divide, reciprocal
from .special_entropy import weighted_log, weighted_log1p
from .special_gamma import betaln, gammaln
from .special_rules import ORDER, measured, of_operand_type, shifted, total, unknown

LARGE = 100  # of a shape: logarithms of that size have lost some digits


def _is_large(shape: Expr) -> bool:
    """Whether a shape is, or may be, so large."""
    known = settled(shape)
    return known is None or abs(known) > LARGE


# --- gamma -------------------------------------------------------------------------------------------------


def gamma_density(a: Expr, x: Expr) -> Expr:
    """``x^(a-1) exp(-x) / Γ(a)``, in logarithms, which lose digits where a is large; right at x = 0."""
    if _is_large(a):
        return gamma_density_by_order(ZERO, a, x)
    a = measured(a, x)
    return exp(total(weighted_log(shifted(a, -1), x), negate(x), negate(gammaln(a))))


def orders_and_limit(low: float, high: float, orders: int, times: int = 0) -> Sample:
    """Counts of how many times, orders, and a limit."""

    def sample(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        counts = [rng.integers(1, 2, (2, 3), endpoint=True).astype(ORDER) for _ in range(times)]
        return *counts, *(rng.uniform(0.6, 3, (2, 3)) for _ in range(orders)), rng.uniform(low, high, (2, 3))

    return sample


def _density_by_limit(y: Expr, n: Expr, a: Expr, x: Expr) -> Expr:
    """((a - 1)/x - 1) ∂ⁿp + n/x ∂ⁿ⁻¹p, as ∂p/∂x = ((a - 1)/x - 1) p."""
    before = multiply(measured(n, x), gamma_density_by_order(shifted(n, -1), a, x))
    return total(divide(total(multiply(shifted(a, -1), y), before), x), negate(y))


gammainc_by_order: Operation = elementwise(
    "gammainc_by_order", of_operand_type(order_slopes.gammainc_by_order),
    [
        unknown("gammainc_by_order", "n"),
        lambda y, n, a, x: gammainc_by_order(shifted(n, 1), a, x),
        lambda y, n, a, x: gamma_density_by_order(n, a, x),
    ],
    sample=orders_and_limit(0.3, 4, 1, 1), domain="a > 0, x ≥ 0", cost=1500,
    source="DLMF 8.2.4 differentiated under the integral; Comtet (1974), 3.3",
)  # fmt: skip
gamma_density_by_order: Operation = elementwise(
    "gamma_density_by_order", of_operand_type(order_slopes.gamma_density_by_order),
    [
        unknown("gamma_density_by_order", "n"),
        lambda y, n, a, x: gamma_density_by_order(shifted(n, 1), a, x),
        _density_by_limit,
    ],
    sample=orders_and_limit(0.3, 4, 1, 1), domain="a > 0, x > 0", cost=120, source="Comtet (1974), 3.3",
)  # fmt: skip


def _gamma_order(a: Expr, x: Expr) -> Expr:
    """∂P(a, x)/∂a."""
    return gammainc_by_order(ONE, a, x)


_GAMMA, _SHARE = orders_and_limit(0.2, 4, 1), orders_and_limit(0.1, 0.9, 1)

gammainc = elementwise(
    "gammainc", of_operand_type(sp.gammainc),
    [lambda y, a, x: _gamma_order(a, x), lambda y, a, x: gamma_density(a, x)], sample=_GAMMA,
    domain="a > 0, x ≥ 0", cost=60, source="DLMF 8.8.13",
)  # fmt: skip
gammaincc = elementwise(
    "gammaincc", of_operand_type(sp.gammaincc),
    [lambda y, a, x: negate(_gamma_order(a, x)), lambda y, a, x: negate(gamma_density(a, x))],
    sample=_GAMMA, domain="a > 0, x ≥ 0", cost=60, source="DLMF 8.8.13",
)  # fmt: skip


def _gamma_quantile_by_order(y: Expr, a: Expr, _: Expr) -> Expr:
    """P(a, y) stays what it is."""
    return negate(divide(_gamma_order(a, y), gamma_density_by_order(ZERO, a, y)))


gammaincinv = elementwise(
    "gammaincinv", of_operand_type(sp.gammaincinv),
    [_gamma_quantile_by_order, lambda y, a, p: reciprocal(gamma_density(a, y))],
    sample=_SHARE, domain="a > 0, 0 ≤ p < 1", cost=120, source="DLMF 8.12.18",
)  # fmt: skip
gammainccinv = elementwise(
    "gammainccinv", of_operand_type(sp.gammainccinv),
    [_gamma_quantile_by_order, lambda y, a, q: negate(reciprocal(gamma_density(a, y)))],
    sample=_SHARE, domain="a > 0, 0 < q ≤ 1", cost=120, source="DLMF 8.12.18",
)  # fmt: skip

# --- beta --------------------------------------------------------------------------------------------------


def beta_density(a: Expr, b: Expr, x: Expr) -> Expr:
    """``x^(a-1) (1-x)^(b-1) / B(a, b)``, in logarithms, which lose digits where a or b is large; right at both ends."""
    if _is_large(a) or _is_large(b):
        return beta_density_by_orders(ZERO, ZERO, a, b, x)
    a, b = measured(a, x), measured(b, x)
    left, right = weighted_log(shifted(a, -1), x), weighted_log1p(shifted(b, -1), negate(x))
    return exp(total(left, right, negate(betaln(a, b))))


def _both_by_limit(y: Expr, m: Expr, n: Expr, a: Expr, b: Expr, x: Expr) -> Expr:
    """As ∂p/∂x = ((a - 1)/x - (b - 1)/(1 - x)) p, by Leibniz' rule."""
    left = multiply(measured(m, x), beta_density_by_orders(shifted(m, -1), n, a, b, x))
    right = multiply(measured(n, x), beta_density_by_orders(m, shifted(n, -1), a, b, x))
    risen = divide(total(multiply(shifted(a, -1), y), left), x)
    return total(risen, negate(divide(total(multiply(shifted(b, -1), y), right), one_minus(x))))


betainc_by_orders: Operation = elementwise(
    "betainc_by_orders", of_operand_type(order_slopes.betainc_by_orders),
    [
        unknown("betainc_by_orders", "m"), unknown("betainc_by_orders", "n"),
        lambda y, m, n, a, b, x: betainc_by_orders(shifted(m, 1), n, a, b, x),
        lambda y, m, n, a, b, x: betainc_by_orders(m, shifted(n, 1), a, b, x),
        lambda y, m, n, a, b, x: beta_density_by_orders(m, n, a, b, x),
    ],
    sample=orders_and_limit(0.1, 0.9, 2, 2), domain="a > 0, b > 0, 0 ≤ x ≤ 1", cost=3000,
    source="DLMF 8.17.1 differentiated under the integral; Comtet (1974), 3.3",
)  # fmt: skip
beta_density_by_orders: Operation = elementwise(
    "beta_density_by_orders", of_operand_type(order_slopes.beta_density_by_orders),
    [
        unknown("beta_density_by_orders", "m"), unknown("beta_density_by_orders", "n"),
        lambda y, m, n, a, b, x: beta_density_by_orders(shifted(m, 1), n, a, b, x),
        lambda y, m, n, a, b, x: beta_density_by_orders(m, shifted(n, 1), a, b, x),
        _both_by_limit,
    ],
    sample=orders_and_limit(0.1, 0.9, 2, 2), domain="a > 0, b > 0, 0 < x < 1", cost=200, source="Comtet (1974), 3.3",
)  # fmt: skip

Slope = Callable[[Expr, Expr, Expr], Expr]


def _by_left(a: Expr, b: Expr, x: Expr) -> Expr:
    """∂I_x(a, b)/∂a."""
    return betainc_by_orders(ONE, ZERO, a, b, x)


def _by_right(a: Expr, b: Expr, x: Expr) -> Expr:
    """∂I_x(a, b)/∂b."""
    return betainc_by_orders(ZERO, ONE, a, b, x)


def _beta_rules(direction: int) -> list[Rule]:
    def rule(slope: Slope) -> Rule:
        return lambda y, a, b, x: scale(constant(direction), slope(a, b, x))

    return [rule(_by_left), rule(_by_right), rule(beta_density)]


def _inverse_beta_rules(direction: int) -> list[Rule]:
    def by_order(slope: Slope) -> Rule:
        return lambda y, a, b, p: negate(divide(slope(a, b, y), beta_density_by_orders(ZERO, ZERO, a, b, y)))

    def by_share(y: Expr, a: Expr, b: Expr, p: Expr) -> Expr:
        return scale(constant(direction), reciprocal(beta_density(a, b, y)))

    return [by_order(_by_left), by_order(_by_right), by_share]


_BETA = orders_and_limit(0.1, 0.9, 2)

betainc = elementwise(
    "betainc", of_operand_type(sp.betainc), _beta_rules(1), sample=_BETA,
    domain="a > 0, b > 0, 0 ≤ x ≤ 1", cost=80, source="DLMF 8.17.1",
)  # fmt: skip
betaincc = elementwise(
    "betaincc", of_operand_type(sp.betaincc), _beta_rules(-1), sample=_BETA,
    domain="a > 0, b > 0, 0 ≤ x ≤ 1", cost=80, source="DLMF 8.17.1",
)  # fmt: skip
betaincinv = elementwise(
    "betaincinv", of_operand_type(sp.betaincinv), _inverse_beta_rules(1), sample=_BETA,
    domain="a > 0, b > 0, 0 ≤ p ≤ 1", cost=160, source="DLMF 8.17.1",
)  # fmt: skip
betainccinv = elementwise(
    "betainccinv", of_operand_type(sp.betainccinv), _inverse_beta_rules(-1), sample=_BETA,
    domain="a > 0, b > 0, 0 ≤ q ≤ 1", cost=160, source="DLMF 8.17.1",
)  # fmt: skip
