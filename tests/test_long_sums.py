"""Long sums in single precision: NumPy's own are off by more than ours, which must not be taken for a mistake."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import value

import steepest as st
from steepest.engines.python.compile import compile_program
from steepest.errors import CaptureError
from steepest.expr.build import einsum, variable
from steepest.verify.leaves import Leaves
from steepest.verify.long_sums import roundings, roundings_in_program
from steepest.verify.replay import require_same

EPS = float(np.finfo(np.float32).eps)
STEEP = np.float32(0.6732655)  # a constant whose sums round mostly one way
ROWS = 1_000_000

x, X = np.full(3 * ROWS, STEEP), np.full((ROWS, 3), STEEP)
FUNCTIONS: dict[str, tuple[Callable[..., Any], np.ndarray]] = {
    "dot product": (lambda x: x @ x, x),
    "over the first axis": (lambda X: np.sum(np.sum(X**2, axis=0)), X),
    "mean over the first axis": (lambda X: np.sum(np.tanh(X.mean(axis=0))), X),
    "product by rows": (lambda X: np.sum((X.T @ X[:, 0]) ** 2), X),
    "running sum": (lambda x: np.cumsum(x)[-1], x),
}


@pytest.mark.parametrize("transform", [st.jit, st.grad])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_numpy_rounds_is_no_mistake(name: str, transform: Callable[..., Any]) -> None:
    """Neither of the capture, nor of machine code: that is used, without a warning."""
    f, a = FUNCTIONS[name]
    compiled = transform(f, compile="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled(a)
    if name != "running sum":  # which is as NumPy has it
        exact = np.asarray(transform(f)(a.astype(np.float64)))
        np.testing.assert_allclose(compiled(a), exact, rtol=1e-5)


@pytest.mark.parametrize(("gap", "noise"), [(1e-3, 1e-4), (0.2, 1.0), (0.2, np.inf), (1e-3, np.nan)])
def test_what_rounding_does_not_explain(gap: float, noise: float) -> None:
    """More than twice what roundings come to, or a tenth of the result, whatever they are said to come to."""
    leaves = Leaves(lambda values: [np.sum(values[0])], [np.ones(50, np.float32)])
    base = leaves.outputs()
    recorded = [base[0] * np.float32(1 + gap)]
    with pytest.raises(CaptureError, match="was not recorded"):
        require_same(leaves, recorded, base, "", noise=lambda _: [base[0] * noise])
    require_same(leaves, [base[0] * np.float32(1 + 1e-3)], base, "", noise=lambda _: [base[0] * 1e-2])


@pytest.mark.parametrize("rows", [1000, 30_000])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_more_than_is_said(name: str, rows: int) -> None:
    """Of each instruction that sums, on constants."""
    f, a = FUNCTIONS[name]
    for c in np.random.default_rng(0).uniform(0.1, 1, 20):
        part = np.full_like(a[:rows], c)
        program = value(f, part)
        allowed = sum(roundings_in_program(i, program) for i in program.instructions)
        (found,) = compile_program(program)(part)
        exact = f(part.astype(np.float64))
        assert abs(found - exact) <= 2 * (4 + allowed) * EPS * abs(exact)


def test_sums_of_an_expression() -> None:
    """Rows added one after the other are further off than what comes to one number; without a sum there is nothing."""
    A, b = variable("A", (800, 3)), variable("b", (800,))
    expressions = einsum("ij->j", A), einsum("i,i->", b, b), einsum("ij->", A), einsum("ij,i->ij", A, b)
    assert [roundings(e) for e in expressions] == [100.0, 12.5, 37.5, 0.0]
