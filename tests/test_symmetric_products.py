"""Products of a matrix with itself, seen in the program and made by half in machine code."""

from __future__ import annotations

import numpy as np
import pytest

import steepest as st
from steepest.engines.python.compile import compile_program
from steepest.expr.build import einsum, variable
from steepest.expr.node import Expr
from steepest.lower.lowering import lower
from steepest.lower.program import Matmul
from steepest.lower.symmetry import is_symmetric
from steepest.ops.elementary import exp

X, Y, D, E = variable("X", (9, 5)), variable("Y", (9, 5)), variable("d", (9,)), variable("e", (5,))


def symmetric(e: Expr) -> list[bool]:
    program = lower([e], [X, Y, D, E])
    made = {i.target: i for i in program.instructions}
    return [is_symmetric(i, made, program.registers) for i in program.instructions if isinstance(i, Matmul)]


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (einsum("ij,ik->jk", X, X), True),
        (einsum("ij,ik,i->jk", X, X, D), True),
        (einsum("ij,ik,i,i->jk", X, X, exp(D), D), True),
        (einsum("ij,kj->ik", X, X), True),
        (einsum("ij,kj,j->ik", X, X, E), True),
        (einsum("ij,ik->jk", X, Y), False),
        (einsum("ij,ik,i->jk", X, Y, D), False),
        (einsum("ij,ik->jk", exp(X), X), False),
    ],
)
def test_which_products_are_symmetric(e: Expr, expected: bool) -> None:
    found = symmetric(e)
    assert any(found) is expected
    rng = np.random.default_rng(3)
    values = [rng.normal(size=x.shape) for x in (X, Y, D, E)]
    (result,) = compile_program(lower([e], [X, Y, D, E]))(*values)
    if expected:
        np.testing.assert_allclose(result, result.T, rtol=1e-13)
    else:
        assert not np.allclose(result, result.T)


@pytest.mark.parametrize("n", [63, 64, 97, 160])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_machine_code_of_a_weighted_gram_matrix(n: int, dtype: type) -> None:
    rng = np.random.default_rng(n)
    data = rng.normal(size=(300, n)).astype(dtype)
    weights = rng.normal(size=300).astype(dtype)

    def f(x, w):
        return (x * w[:, None]).T @ x

    eager, plain = st.jit(f, compile="eager"), st.jit(f, compile="off")
    expected = plain(data, weights)
    for _ in range(3):
        found = eager(data, weights)
    np.testing.assert_allclose(found, expected, rtol=1e-4 if dtype is np.float32 else 1e-11, atol=1e-3)
    assert "machine code" in str(eager.explain())
