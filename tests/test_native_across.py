"""Large arrays that are read across their rows, in machine code."""

from __future__ import annotations

import numpy as np
import pytest

import steepest as st

FUNCTIONS = {
    "symmetric": lambda A: A + A.T,
    "turned": lambda A: 2.0 * A.T,
    "dear": lambda A: A * np.exp(A.T),
    "with a row": lambda A: A.T * A[:, 0],
    "with a column": lambda A: A.T - A[0][:, None],
    "shifted": lambda A: A[1:] - A.T[:-1],
    "two": lambda A: (A + A.T, A - A.T),
    "third axis": lambda A: A[:, :, None] + A.T[:, :, None] * np.arange(3.0),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [7, 128, 131, 150])
def test_values_across_rows(n, dtype):
    A = np.random.default_rng(n).normal(size=(n, n)).astype(dtype)
    for name, f in FUNCTIONS.items():
        compiled = st.jit(f, compile="eager")
        compiled(A)
        found, expected = np.stack(compiled(A)), np.stack(f(A))
        assert np.allclose(found, expected, rtol=1e-5 if dtype == np.float32 else 1e-13), name


@pytest.mark.parametrize("threads", ["1", "2"])
def test_hessian_of_a_quadratic_form(threads, monkeypatch):
    monkeypatch.setenv("STEEPEST_NUM_THREADS", threads)
    A = np.random.default_rng(1).normal(size=(301, 301))
    hessian = st.hessian(lambda x: x @ A @ x, compile="eager")
    for _ in range(2):
        assert np.allclose(hessian(np.ones(301)), A + A.T, rtol=1e-14)
