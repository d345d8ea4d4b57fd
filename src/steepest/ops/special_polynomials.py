"""Orthogonal polynomials at a point. Each family's derivative is a member of a family one degree below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.expr.build import multiply, negate
from steepest.expr.node import Expr
from steepest.expr.number import ONE, constant

from .logic import nonzero
from .operation import Operation, Rule, elementwise
from .special_rules import ORDER, measured, of_operand_type, shifted, total, unknown

LETTERS = {"n": "degree n", "alpha": "alpha", "beta": "beta"}


def _sample(parameters: int) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    def draw(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        degrees = np.array([[0, 3, 1], [2, 4, 5]], dtype=ORDER)
        rest = [rng.integers(1, 4, (2, 3)).astype(ORDER) for _ in range(parameters - 1)]
        return degrees, *rest, rng.uniform(-0.9, 0.9, (2, 3))

    return draw


def _polynomial(name: str, numpy: Any, parameters: tuple[str, ...], latex: str, below: Rule, source: str) -> Operation:
    """`below` gives the derivative for degree 1 and more; that of degree 0 is 0."""

    def rule(y: Expr, *operands: Expr) -> Expr:
        return multiply(nonzero(operands[0]), below(*operands))

    return elementwise(
        name, of_operand_type(numpy), [*(unknown(name, LETTERS[p]) for p in parameters), rule],
        sample=_sample(len(parameters)), latex=latex, cost=60, source=source,
    )  # fmt: skip


def _lowered(n: Expr) -> Expr:
    return shifted(n, -1)


def _jacobi_below(n: Expr, a: Expr, b: Expr, x: Expr) -> Expr:
    lower = eval_jacobi(_lowered(n), shifted(a, 1), shifted(b, 1), x)
    return multiply(constant(0.5), measured(total(n, a, b, ONE), x), lower)


def _gegenbauer_below(n: Expr, a: Expr, x: Expr) -> Expr:
    return multiply(constant(2), a, eval_gegenbauer(_lowered(n), shifted(a, 1), x))


eval_jacobi = _polynomial(
    "eval_jacobi", sp.eval_jacobi, ("n", "alpha", "beta"), "P_{{{0}}}^{{({1}, {2})}}({3})", _jacobi_below,
    "DLMF 18.9.15",
)  # fmt: skip
eval_gegenbauer = _polynomial(
    "eval_gegenbauer", sp.eval_gegenbauer, ("n", "alpha"), "C_{{{0}}}^{{({1})}}({2})", _gegenbauer_below, "DLMF 18.9.19"
)  # fmt: skip
eval_legendre = _polynomial(
    "eval_legendre", sp.eval_legendre, ("n",), "P_{{{0}}}({1})",
    lambda n, x: _jacobi_below(n, constant(0), constant(0), x), "DLMF 18.7.9, 18.9.15",
)  # fmt: skip
eval_chebyt = _polynomial(
    "eval_chebyt", sp.eval_chebyt, ("n",), "T_{{{0}}}({1})", lambda n, x: multiply(n, eval_chebyu(_lowered(n), x)),
    "DLMF 18.9.21",
)  # fmt: skip
eval_chebyu: Operation = _polynomial(
    "eval_chebyu", sp.eval_chebyu, ("n",), "U_{{{0}}}({1})", lambda n, x: _gegenbauer_below(n, ONE, x),
    "DLMF 18.7.4, 18.9.19",
)  # fmt: skip
eval_hermite: Operation = _polynomial(
    "eval_hermite", sp.eval_hermite, ("n",), "H_{{{0}}}({1})",
    lambda n, x: multiply(constant(2), n, eval_hermite(_lowered(n), x)), "DLMF 18.9.25",
)  # fmt: skip
eval_hermitenorm: Operation = _polynomial(
    "eval_hermitenorm", sp.eval_hermitenorm, ("n",), r"\mathit{{He}}_{{{0}}}({1})",
    lambda n, x: multiply(n, eval_hermitenorm(_lowered(n), x)), "DLMF 18.9.27",
)  # fmt: skip
eval_genlaguerre: Operation = _polynomial(
    "eval_genlaguerre", sp.eval_genlaguerre, ("n", "alpha"), "L_{{{0}}}^{{({1})}}({2})",
    lambda n, a, x: negate(eval_genlaguerre(_lowered(n), shifted(a, 1), x)), "DLMF 18.9.23",
)  # fmt: skip
eval_laguerre = _polynomial(
    "eval_laguerre", sp.eval_laguerre, ("n",), "L_{{{0}}}({1})",
    lambda n, x: negate(eval_genlaguerre(_lowered(n), ONE, x)), "DLMF 18.9.23",
)  # fmt: skip
