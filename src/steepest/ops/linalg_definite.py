"""What a Cholesky factor is mostly used for: the inverse of the matrix, and half the logarithm of its determinant.

Their differentials need neither that of the factor nor triangles: ``A⁻¹ dA A⁻¹`` is symmetric. Functions that
are written with the factor are read as these before they are differentiated (`steepest.rewrite.stable.definite`);
what is computed is written with the factor again.

Rules: Petersen & Pedersen, The Matrix Cookbook (2012), eqs. 43 and 59.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.expr.build import contract, negate, scale
from steepest.expr.dimension import Shape
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .complex_parts import real
from .linalg_factors import cholesky
from .linalg_inverse import inverse
from .matrix import adjoint, completed, diagonal, product, square_shape, trace_of_product
from .operation import define, float_type, real_type
from .power import log


def _sample(rng: np.random.Generator) -> tuple[np.ndarray]:
    return (rng.uniform(-1, 1, (3, 3)) + np.diag(rng.uniform(3, 5, 3)),)


DOMAIN = "positive definite matrices, of which the lower triangle is read"


def _inverse_numpy(x: Any) -> Any:
    root = np.linalg.inv(np.linalg.cholesky(x))
    return np.conj(np.swapaxes(root, -1, -2)) @ root


def _inverse_written(x: Expr) -> Expr:
    """L⁻ᴴ L⁻¹."""
    root = inverse(cholesky(x))
    return product(adjoint(root), root)


definite_inverse = define(
    name="definite_inverse", core_rank=2, numpy=_inverse_numpy, shape=square_shape, dtype=float_type,
    text="(chol({0})⁻ᵀ chol({0})⁻¹)",  # that of A, if A is symmetric
    latex=r"\left(\operatorname{{chol}}({0})^{{-\top}} \operatorname{{chol}}({0})^{{-1}}\right)",
    cost=50, sample=_sample, domain=DOMAIN, expansion=_inverse_written, rule_name="inverse",
    differentials=(lambda y, dx, x: negate(product(y, completed(dx), y)),),
    rule_text=("d A⁻¹ = -A⁻¹ dA A⁻¹",), source="Matrix Cookbook (59)",
)  # fmt: skip


def _half_log_numpy(x: Any) -> Any:
    return np.log(np.diagonal(np.linalg.cholesky(x), axis1=-2, axis2=-1).real).sum(-1)


def _half_log_written(x: Expr) -> Expr:
    """Σ log Lᵢᵢ."""
    batch = tuple(range(x.ndim - 2))
    return contract([((*batch, x.ndim), log(real(diagonal(cholesky(x)))))], batch)


def _half_log_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    return scale(constant(0.5), real(trace_of_product(definite_inverse(x), completed(dx))))


def _batch_shape(shape: Shape) -> Shape:
    return square_shape(shape)[:-2]


half_log_determinant = define(
    name="half_log_determinant", core_rank=2, numpy=_half_log_numpy, shape=_batch_shape, dtype=real_type,
    text="(Σ log(diagvec(chol({0}))))",  # ½ log det A, if A is symmetric
    latex=r"\left(\sum \log(\operatorname{{diagvec}}(\operatorname{{chol}}({0})))\right)",
    cost=50, sample=_sample, domain=DOMAIN,
    differentials=(_half_log_rule,),
    expansion=_half_log_written, rule_text=("½ d log det A = ½ tr(A⁻¹ dA)",), rule_name="log-determinant",
    source="Matrix Cookbook (43)",
)  # fmt: skip
