"""Formulas that are written out as source code and run: usual losses, matrix functions, tensors, scalars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special as sp

import steepest as st


@dataclass(frozen=True)
class Case:
    """A function or a line of mathematics, the variable to differentiate by, and the shapes."""

    name: str
    function: Callable[..., Any] | str
    by: str
    shapes: dict[str, str]

    def formula(self) -> st.Formula:
        return st.formula(self.function, **self.shapes)


def case(name: str, function: Callable[..., Any] | str, by: str, **shapes: str) -> Case:
    return Case(name, function, by, shapes)


def softmax_cross_entropy(W: Any, X: Any, Y: Any) -> Any:
    Z = X @ W
    return np.mean(sp.logsumexp(Z, axis=1) - np.sum(Y * Z, axis=1))


def attention(Q: Any, K: Any, V: Any) -> Any:
    return np.sum(sp.softmax(Q @ K.T, axis=1) @ V)


def gaussian_mixture(mu: Any, x: Any, s: Any) -> Any:
    return sp.logsumexp(-((x - mu) ** 2) / (2 * s**2))


def two_layers(W: Any, V: Any, x: Any, y: Any) -> Any:
    return np.sum((V @ np.tanh(W @ x) - y) ** 2)


CASES = [
    case("least_squares", lambda theta, X, y: np.mean((X @ theta - y) ** 2), "theta", theta="n", X="m n", y="m"),
    case("ridge", "norm2(A*x-b)^2 + c*norm2(x)^2", "x", x="n", A="m n", b="m", c=""),
    case("weighted", lambda t, X, y, w: np.sum(w * (X @ t - y) ** 2), "t", t="n", X="m n", y="m", w="m"),
    case("logistic_signs", lambda w, X, y: np.sum(np.logaddexp(0, -y * (X @ w))), "w", w="n", X="m n", y="m"),
    case("logistic", lambda w, X, y: np.sum(np.logaddexp(0, X @ w) - y * (X @ w)), "w", w="n", X="m n", y="m"),
    case("softmax_entropy", softmax_cross_entropy, "W", W="n k", X="m n", Y="m k"),
    case("hinge", lambda w, X, y: np.sum(np.maximum(1 - y * (X @ w), 0)), "w", w="n", X="m n", y="m"),
    case("squared_hinge", lambda w, X, y: np.sum(np.maximum(1 - y * (X @ w), 0) ** 2), "w", w="n", X="m n", y="m"),
    case("huber", lambda w, X, y: np.sum(sp.huber(1.0, X @ w - y)), "w", w="n", X="m n", y="m"),
    case("poisson", lambda w, X, y: np.sum(np.exp(X @ w) - y * (X @ w)), "w", w="n", X="m n", y="m"),
    case("gaussian_mean", "(x-u)'*inv(S)*(x-u)", "u", x="n", u="n", S="n n"),
    case("gaussian_covariance", "logdet(S) + (x-u)'*inv(S)*(x-u)", "S", x="n", u="n", S="n n"),
    case("gaussian_precision", "(x-u)'*P*(x-u) - logdet(P)", "P", x="n", u="n", P="n n"),
    case("gaussian_process", "y'*inv(K+s*I)*y + logdet(K+s*I)", "s", y="n", K="n n", s=""),
    case("factorisation", "normF(A-U*V')^2", "U", A="m n", U="m k", V="n k"),
    case("rayleigh", "(x'*A*x)/(x'*x)", "x", x="n", A="n n"),
    case("cosine", "x'*y/(norm2(x)*norm2(y))", "x", x="n", y="n"),
    case("mahalanobis", "sqrt((x-u)'*inv(S)*(x-u))", "x", x="n", u="n", S="n n"),
    case("entropy", "sum(p.*log(p))", "p", p="n"),
    case("relative_entropy", lambda p, q: np.sum(sp.rel_entr(p, q)), "p", p="n", q="n"),
    case("logsumexp", lambda x: sp.logsumexp(x), "x", x="n"),
    case("attention", attention, "Q", Q="m d", K="n d", V="n k"),
    case("mixture", gaussian_mixture, "mu", mu="k", x="", s=""),
    case("one_layer", "norm2(tanh(W*x)-y)^2", "W", x="n", W="k n", y="k"),
    case("two_layers_first", two_layers, "W", W="k n", V="p k", x="n", y="p"),
    case("two_layers_second", two_layers, "V", W="k n", V="p k", x="n", y="p"),
    case("variance", lambda x: np.var(x), "x", x="n"),
    case("norm", "norm2(x-a)", "x", x="n", a="n"),
    case("frobenius", "normF(X)", "X", X="m n"),
    case("largest", lambda x: np.max(x), "x", x="n"),
    case("largest_of_rows", lambda X: np.sum(np.max(X, axis=1) ** 2), "X", X="m n"),
    case("product", lambda x: np.prod(x), "x", x="n"),
    case("absolute", lambda x: np.sum(np.abs(x)), "x", x="n"),
    case("clipped", lambda x: np.sum(np.clip(x, 0.2, 0.7) ** 2), "x", x="n"),
    case("where", lambda x, a: np.sum(np.where(x > a, x**2, np.exp(x))), "x", x="n", a=""),
    case("first_entry", lambda x: x[0] ** 2 * np.sum(x), "x", x="n"),
    case("running_sum", lambda x: np.sum(np.cumsum(x) ** 2), "x", x="n"),
    # --- matrix functions
    case("determinant", "det(X)", "X", X="n n"),
    case("log_determinant", "logdet(X'*X)", "X", X="m n"),
    case("determinant_of_product", "det(A*X*B)", "X", A="n n", X="n n", B="n n"),
    case("inverse_form", "a'*inv(X)*b", "X", a="n", X="n n", b="n"),
    case("trace_of_inverse", "tr(inv(X+A))", "X", A="n n", X="n n"),
    case("bilinear", "a'*X*b", "X", a="m", X="m n", b="n"),
    case("quadratic", "b'*X'*D*X*c", "X", b="n", X="m n", c="n", D="m m"),
    case("trace", "tr(X)", "X", X="n n"),
    case("trace_linear", "tr(A*X*B)", "X", A="k m", X="m n", B="n k"),
    case("trace_cube", "tr(X^3)", "X", X="n n"),
    case("trace_quartic", "tr(X'*C*X*B)", "X", X="m n", B="n n", C="m m"),
    case("trace_squares", "tr((A*X*B+C)*(A*X*B+C)')", "X", A="k m", X="m n", B="n p", C="k p"),
    case("trace_inverse", "tr(inv(X'*C*X)*A)", "X", X="m n", C="m m", A="n n"),
    case("cholesky", lambda A: np.sum(np.log(np.diag(np.linalg.cholesky(A @ A.T + np.eye(len(A)))))), "A", A="n n"),
    case("lower_part", lambda A: np.sum(np.tril(A) ** 2), "A", A="n n"),
    case("order_three", lambda T, x: np.sum(np.einsum("ijk,k->ij", T, x) ** 2), "x", T="m n k", x="k"),
    case("order_three_by", lambda T, x: np.sum(np.einsum("ijk,k->ij", T, x) ** 2), "T", T="m n k", x="k"),
    case("fixed_array", lambda x: np.sum(np.array([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0]]) @ x**3), "x", x="3"),
    case("fixed_sizes", lambda W, x: np.sum(np.exp(W @ x)), "x", W="3 n", x="n"),
    # --- scalars
    case("scalar", lambda x: np.sin(x) * np.exp(-(x**2)), "x", x=""),
    case("scalar_two", lambda x, lambda_: lambda_ * np.log1p(x**2) / x, "x", x="", lambda_=""),
    case("scalar_power", lambda x, p: x**p + np.arctan(x), "x", x="", p=""),
    case("scalar_error", lambda x: sp.erf(x) + sp.expit(x), "x", x=""),
    case("gamma", lambda x: sp.gammaln(x), "x", x=""),
]  # fmt: skip

SIZES = ({"m": 7, "n": 4, "k": 5, "p": 3, "d": 2}, {"m": 8, "n": 6, "k": 2, "p": 5, "d": 3})


def arguments(c: Case, sizes: dict[str, int], seed: int = 0) -> list[Any]:
    """Positive entries; square matrices are definite, and not symmetric."""
    rng = np.random.default_rng(seed)
    found: list[Any] = []
    for text in c.shapes.values():
        shape = tuple(sizes[s] if s in sizes else int(s) for s in text.split())
        a = rng.uniform(0.3, 1.5, shape)
        if len(shape) == 2 and shape[0] == shape[1]:
            a = a @ a.T + np.eye(shape[0]) + rng.uniform(0, 0.1, shape)
        found.append(a if shape else float(a))
    return found


def derived(c: Case) -> list[tuple[str, st.Formula]]:
    F = c.formula()
    return [("value", F), ("gradient", F.gradient(c.by)), ("hessian", F.hessian(c.by))]
