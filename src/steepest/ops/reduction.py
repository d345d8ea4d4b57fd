"""Reductions that are not contractions: logsumexp, softmax, norms. All act on the last axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.expr.build import add, contract, multiply, negate
from steepest.expr.node import Expr

from .complex_parts import conj, real
from .interval import NONNEGATIVE, Interval
from .operation import Curvature, Monotone, Smoothness, define, float_type, real_type, same_shape
from .power import reciprocal_or_zero


def _rows(x: Expr) -> tuple[int, ...]:
    return tuple(range(x.ndim - 1))


def row_dot(a: Expr, b: Expr) -> Expr:
    """Σ over the last axis of a·b; `a` may lack that axis."""
    rows, full = tuple(range(b.ndim - 1)), tuple(range(b.ndim))
    return contract([(full if a.ndim == b.ndim else rows, a), (full, b)], rows)


def row_scale(factor: Expr, x: Expr) -> Expr:
    """Each row of x times its own factor."""
    rows, full = _rows(x), tuple(range(x.ndim))
    return contract([(rows, factor), (full, x)], full)


def _logsumexp_numpy(x: Any) -> Any:
    x = np.asarray(x)
    x = x if x.dtype.kind in "fc" else x.astype(np.float64)
    top = np.max(x, axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        total = np.log(np.sum(np.exp(x - top), axis=-1, keepdims=True)) + top
    return total[..., 0].astype(x.dtype)


def _softmax_numpy(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


softmax = define(
    name="softmax", numpy=_softmax_numpy, shape=same_shape, dtype=float_type, text="softmax",
    letter="p", latex=r"\operatorname{softmax}", sample=lambda rng: (rng.uniform(-2, 2, (3, 4)),), cost=20,
    range=lambda x: Interval(0, 1, low_open=True), row_sum=1.0,
    # dp = p ⊙ (dx − (pᵀdx) 1)
    differentials=(lambda y, dx, x: add(multiply(y, dx), negate(row_scale(row_dot(y, dx), y))),),
    rule_text=("dp = p ⊙ (dx - (pᵀdx) 1), p = softmax(x)",), rule_name="softmax",
)  # fmt: skip

logsumexp = define(
    name="logsumexp", numpy=_logsumexp_numpy, shape=lambda s: s[:-1], dtype=float_type, text="logsumexp",
    latex=r"\operatorname{logsumexp}", sample=lambda rng: (rng.uniform(-2, 2, (3, 4)),), cost=20,
    differentials=(lambda y, dx, x: row_dot(softmax(x), dx),), curvature=Curvature.CONVEX,
    monotone=Monotone.INCREASING, rule_text=("d logsumexp(x) = softmax(x)ᵀ dx",), rule_name="log-sum-exp",
)  # fmt: skip


def _norm_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    """d‖x‖ = xᵀdx / ‖x‖; at x = 0 the subgradient 0 is taken."""
    return multiply(reciprocal_or_zero(y), real(row_dot(conj(x), dx)))


norm = define(
    name="norm", numpy=lambda x: np.linalg.norm(x, axis=-1), shape=lambda s: s[:-1], dtype=real_type,
    text="‖{0}‖", latex=r"\lVert {0} \rVert", sample=lambda rng: (rng.uniform(-2, 2, (3, 4)),), cost=2,
    differentials=(_norm_rule,), smoothness=Smoothness.KINKS, kink="0 at x = 0", curvature=Curvature.CONVEX,
    range=lambda x: NONNEGATIVE, least_at=0,
    square=lambda x: real(row_dot(conj(x), x)), rule_text=("d ‖x‖ = xᵀdx / ‖x‖",), rule_name="norm",
)  # fmt: skip
