"""Schedules in words: what `explain` says that machine code computes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import program_of

import steepest as st
from steepest.engines.native.compile import emit

RNG = np.random.default_rng(0)
X, Y, THETA = RNG.normal(size=(40, 3)), RNG.normal(size=40), RNG.normal(size=3)
CENTRES, ONE, W = RNG.normal(size=(2, 3)), RNG.normal(size=3), RNG.normal(size=(4, 3))


def deep(x: Any) -> Any:
    for _ in range(9):
        x = x - np.where(x > 0, 0.5, 0.25) * x[::-1]
    return x


CASES: dict[str, tuple[Callable[..., Any], tuple[Any, ...], str]] = {
    "a matrix turned": (st.grad(lambda t, X, y: np.mean((X @ t - y) ** 2)), (THETA, X, Y), "X.T @ ((X @ t) - y)"),
    "new axes": (
        st.jit(lambda X, C: np.min(np.sum((X[:, None] - C) ** 2, axis=2), axis=1)),
        (X, CENTRES),
        "(X[:, None] - C), (X[:, None] - C)",
    ),
    "a quotient by a product": (st.jit(lambda x, W: 1 / (W @ x)), (ONE, W), "1 / (W @ x)"),
    "an inner product of matrices": (
        st.jit(lambda A, B: np.sum(A * B) + np.sum(A[:, 0])),
        (W, W + 1),
        "sum of products of ",
    ),
    "one of matrices as vectors": (st.jit(lambda A, B: np.sum(A * B)), (W, W + 1), "B.ravel() @ A.ravel()"),
    "matrices of a stack as vectors": (
        st.jit(lambda T: np.sum(np.exp(T), axis=(1, 2))),
        (np.ones((4, 3, 2)),),
        "exp(T.reshape(4, 6))",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_computed(case: str) -> None:
    f, arguments, words = CASES[case]
    assert any(words in line for line in emit(program_of(f, *arguments)).account)


def test_every_name_is_an_input_or_was_made() -> None:
    """What lies too deep is left out, not called by a name that nothing has."""
    account = "\n".join(emit(program_of(st.jit(deep), RNG.normal(size=20))).account)
    assert "…)" in account
    assert set(re.findall(r"\bt\d+\b", account)) == set(re.findall(r"\bt\d+(?= =)", account))
