"""Products, extremes and their places along the last axis on the native engine, of all sizes and special entries."""

from __future__ import annotations

import numpy as np
import pytest
from native_engine import check_expressions

from steepest.calculus.jacobian import jacobian
from steepest.calculus.reverse import vjp
from steepest.expr.build import variable
from steepest.ops.operation import Operation
from steepest.ops.product import cumprod, prod, product_of_others
from steepest.ops.reduction import logsumexp, norm, softmax
from steepest.ops.selection import argmax, argmin, largest, smallest

SHAPES = [(1,), (3,), (17,), (1, 1), (5, 3), (3, 40), (70, 3), (130, 9), (2, 3, 5)]
OF_PRODUCTS = (prod, cumprod, product_of_others)
VALUES = (0.0, -0.0, 1.0, -1.0, 2.5, np.inf, -np.inf, np.nan, 1e-300, 1e300)


# Of a longer axis only the product itself is written as machine code.
PRODUCTS = [(op, shape) for op in OF_PRODUCTS for shape in SHAPES if op is prod or shape[-1] <= 32]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("op", "shape"), PRODUCTS, ids=repr)
def test_products(op: Operation, shape: tuple[int, ...], dtype: type) -> None:
    x = variable("x", shape, np.dtype(dtype))
    y = op(x)
    env = {x: np.random.default_rng(0).uniform(-1.5, 1.5, shape).astype(dtype)}
    check_expressions([y, *([] if shape[-1] > 32 else vjp(y, [x], y))], env)


@pytest.mark.parametrize("op", [*OF_PRODUCTS, argmax, argmin, logsumexp, softmax, norm], ids=repr)
@pytest.mark.parametrize("seed", range(4))
def test_special_entries(op: Operation, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = variable("x", (40, 6), np.dtype(np.float64))
    place = rng.choice(VALUES, x.shape)
    check_expressions([op(x)], {x: np.where(rng.random(x.shape) < 0.5, place, rng.normal(size=x.shape))})


@pytest.mark.parametrize("pick", [largest, smallest])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_extremes_with_ties(pick: object, shape: tuple[int, ...]) -> None:
    x = variable("x", shape, np.dtype(np.float64))
    y = pick(x)  # type: ignore[operator]
    ties = np.random.default_rng(1).integers(0, 3, shape).astype(float)
    check_expressions([y, *vjp(y, [x], y)], {x: ties})


def test_a_jacobian_of_products() -> None:
    x = variable("x", (4, 5), np.dtype(np.float64))
    check_expressions([jacobian(prod(x), x)], {x: np.random.default_rng(2).normal(size=(4, 5))})
