"""Formulas in which sizes are numbers: √n, log n, n/2, however the function makes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

import steepest as st
from steepest.errors import FormulaError


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x: np.sum(x) / np.sqrt(len(x)), "Σ x/√n"),
        (lambda x: np.sum(x) / math.sqrt(len(x)), "Σ x/√n"),
        (lambda x: np.sum(x) * x.shape[0] ** 0.5, "√n Σ x"),
        (lambda x: np.sum(x) * np.log(len(x)), "log(n) Σ x"),
        (lambda x: np.sum(x) * math.log(x.size), "log(n) Σ x"),
        (lambda x: np.sum(x) * np.sqrt(2 * len(x)), "√(2n) Σ x"),
        (lambda x: np.sum(x) * np.exp(-len(x)), "exp(−n) Σ x"),
        (lambda x: np.sum(x) * (1 - 1 / len(x)), "(1 − 1/n)Σ x"),
        (lambda x: np.sum(x) * len(x) * 0.5, "n/2 Σ x"),
        (lambda x: 0.5 * len(x) * np.sum(x), "n/2 Σ x"),
        (lambda x: np.sum(x) / (2.0 * len(x)), "1/(2n) Σ x"),
        (lambda x: 0.3 * len(x) ** 2 * np.sum(x), "0.3 n² Σ x"),
    ],
)
def test_numbers_made_from_a_size_keep_its_name(f: Callable[..., Any], text: str) -> None:
    F = st.formula(f, x="n")
    assert str(F) == text
    x = np.arange(1.0, 9.0)
    assert F(x) == pytest.approx(f(x), rel=1e-14)
    np.testing.assert_allclose(F.gradient("x")(x), st.grad(f)(x), rtol=1e-13)


def test_a_gaussian_likelihood() -> None:
    def negative_log_likelihood(mu: Any, S: Any, X: Any) -> Any:
        R = X - mu
        constant = 0.5 * X.size * np.log(2 * np.pi)
        return constant + 0.5 * len(X) * np.linalg.slogdet(S)[1] + 0.5 * np.sum(R * np.linalg.solve(S, R.T).T)

    F = st.formula(negative_log_likelihood, mu="n", S="n n spd", X="m n")
    assert "m/2 log |det S|" in str(F)
    assert F.gradient("mu").check()


def test_attention_keeps_the_root_of_the_dimension() -> None:
    def attention(Q: Any, K: Any, V: Any) -> Any:
        return np.sum((special.softmax(Q @ K.T / np.sqrt(Q.shape[1]), axis=1) @ V) ** 2)

    F = st.formula(attention, Q="q d", K="m d", V="m k")
    assert "√d" in str(F)
    assert F.gradient("V").check()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x) * (2.0 if len(x) in {10, 20} else 1.0),
        lambda x: np.sum(x) * {10: 3.0}.get(x.shape[0], 1.0),
    ],
)
def test_a_size_looked_up_is_refused_with_the_line(f: Callable[..., Any]) -> None:
    with pytest.raises(FormulaError, match=r"looks a size up in a set or dict(.|\n)*test_formula_sizes.py"):
        st.formula(f, x="n")
    assert str(st.formula(f, x="3").gradient("x")) == "𝟏"


def test_more_comparisons_than_are_looked_beyond_are_refused() -> None:
    def f(x: Any) -> Any:
        return np.sum(x) * sum(1.0 for k in range(20, 60, 2) if len(x) == k) + np.sum(x)

    with pytest.raises(FormulaError, match="compares its sizes with"):
        st.formula(f, x="n")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x) * (0.5 if len(x) > 5 else 2.0),
        lambda x: np.sum(x) * 0.5 * (len(x) % 3),
        lambda x: np.sum(x) * math.factorial(len(x)),
    ],
)
def test_what_is_no_power_of_a_size_is_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(FormulaError, match="no one formula"):
        str(st.formula(f, x="n"))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[len(x) // 2],
        lambda x: np.sum(x[: len(x) // 2] ** 2),
        lambda x: np.sum(x) * int(np.log2(len(x))),
        lambda x: np.sum(x) * max(1, len(x) // 10),
        lambda x: np.sum(x) if len(x) % 100 else np.sum(x**2),
        lambda x: np.sum(x) if len(x) < 10.5 else np.sum(x**2),
    ],
)
def test_what_is_the_same_at_small_sizes_only_is_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(FormulaError, match="no one formula"):
        str(st.formula(f, x="n"))


@pytest.mark.parametrize(
    "f",
    [
        lambda X: np.sum(X) if X.size < 1000 else np.sum(X**2),
        lambda X: np.sum(X) if X.shape[0] < 5 * X.shape[1] else np.sum(X**2),
    ],
)
def test_a_comparison_of_products_of_sizes_is_looked_beyond(f: Callable[..., Any]) -> None:
    with pytest.raises(FormulaError, match="no one formula"):
        str(st.formula(f, X="m n"))


def test_a_comparison_with_what_is_too_long_to_try_is_said() -> None:
    def f(x: Any) -> Any:
        return np.sum(x**2) if len(x) < 100_000 else np.sum(x)

    assert str(st.formula(f, x="n")) == "‖x‖²\n  for n < 100000"
    assert st.formula(f, x="n").gradient("x").notes() == ("for n < 100000",)
