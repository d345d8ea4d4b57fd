"""Every operation of the table on the native engine, in every mode: the values, and what is made of its rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from differentiation import draw
from native_engine import check_expressions, expanded
from test_operations import applied, every_case, narrowed, sampled

from steepest.calculus.forward import jvp, tangent_variable
from steepest.calculus.jacobian import jacobian_forward, jacobian_reverse
from steepest.calculus.reverse import vjp
from steepest.engines.native.complex_numbers.parts import in_real_numbers
from steepest.engines.native.coverage import left_to_array_operations
from steepest.errors import ArgumentError
from steepest.expr.build import variable
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Expr, Variable
from steepest.ops.operation import Operation

# Operations for which a kernel calls array operations, at least in some of their rules.
CALLED_BACK = frozenset(
    """
    adjugate beta beta_density_by_orders betainc betainc_by_orders betaincc betainccinv betaincinv betaln binom
    complete_elliptic_moment cumprod dawsn dawsn_by_order eigenvalues eigenvectors ellipe ellipeinc ellipk ellipkinc
    ellipkm1 elliptic_moment expm full_rank_pinv gamma_density_by_order gammainc gammainc_by_order gammaincc
    gammainccinv gammaincinv hankel1 hankel2 ierfcx insertion jacobi_am jacobi_cn jacobi_dn jacobi_sn lambertw
    lambertw_branch log1p_beyond_share log1p_times log_beta_excess log_gamma_excess log_over_psi log_poch
    log_poch_excess log_square_excess lu_lower lu_pivots lu_rows lu_upper matrix_rank pinv poch prod
    product_of_others psi_rise psi_rise_beyond_log psi_rise_beyond_share ratio_deviance ratio_excess
    ratio_log_excess regular_inverse round_decimal solvable_inverse spherical_kn sqrtm stdtr stdtr_by_df stdtrit
    student_density_by_both swapped_order voigt_profile wofz
    """.split()
)


@every_case
def test_native_values_tangents_and_cotangents(op: Operation, params: dict[str, Any]) -> None:
    check_native(op, whole_numbers_alike(sampled(op)), params, order=1)


@pytest.mark.heavy
@pytest.mark.parametrize("narrow", [False, True], ids=["float64", "float32"])
@every_case
def test_native_jacobians_and_second_derivatives(op: Operation, params: dict[str, Any], narrow: bool) -> None:
    points = whole_numbers_alike(sampled(op))
    check_native(op, narrowed(points) if narrow else points, params, order=2)


def whole_numbers_alike(points: list[np.ndarray]) -> list[np.ndarray]:
    """All whole numbers in 64 bits: other ones are left to array operations."""
    return [p.astype(np.int64) if p.dtype.kind in "iu" else p for p in points]


def check_native(op: Operation, points: list[np.ndarray], params: dict[str, Any], order: int) -> None:
    y, env = applied(op, points, params)
    outputs, full = modes(y, env, order)
    check_expressions(outputs, full, name=op.name)
    called = left_to_array_operations(in_real_numbers(expanded(outputs, list(full))))
    scipys = params.get("driver") == "scipy"  # its eigenvectors and singular vectors
    assert not called or op.name in CALLED_BACK or scipys, f"array operations are called for {op.name}"


def modes(y: Expr, env: dict[Variable, Any], order: int) -> tuple[list[Expr], dict[Variable, Any]]:
    """The value, and by each operand a tangent and a cotangent; Jacobians and second derivatives in order 2."""
    rng = np.random.default_rng(3)
    outputs, full = [y], dict(env)
    if not carries_derivative(y.dtype):
        return outputs, full
    g = variable("g", y.shape, y.dtype)
    full[g] = draw(rng, g)
    for x in filter(lambda v: carries_derivative(v.dtype), env):
        dx = tangent_variable(x)
        full[dx] = draw(rng, dx)
        outputs += [jvp(y, {x: dx}), *vjp(y, [x], g)]
        if order > 1:
            outputs += of_higher_order(y, x, dx)
    return outputs, full


def of_higher_order(y: Expr, x: Variable, dx: Variable) -> Iterator[Expr]:
    try:
        jacobian = jacobian_reverse(y, x)
        yield jacobian_forward(y, x)
        yield jacobian_forward(jacobian, x) if not y.ndim else jvp(jvp(y, {x: dx}), {x: dx})
    except ArgumentError:  # of complex numbers, some have none
        return
