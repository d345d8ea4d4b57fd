"""NumPy's syntax, Matlab's and matrixcalculus.org's: a line is read as the code it is, or what their manuals say."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy

from steepest.api.formula import formula
from steepest.errors import FormulaError
from steepest.frontends.text.meaning import read

SIZES = {"m": 4, "n": 3}
DECLARED = {"x": ("n",), "y": ("n",), "z": ("m",), "A": ("n", "n"), "B": ("n", "n"), "X": ("m", "n"), "s": (), "t": ()}
NAMESPACE: dict[str, Any] = {"np": np, "scipy": scipy, "numpy": np}


def point(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(0.3, 1.7, [SIZES[s] for s in shape]) for name, shape in DECLARED.items()}


def declared_in(text: str) -> dict[str, tuple[str, ...]]:
    """The declarations of the names that occur, as Python sees them."""
    names = compile(text, "", "eval").co_names
    return {name: shape for name, shape in DECLARED.items() if name in names}


def as_python(text: str, values: dict[str, Any]) -> Any:
    return eval(text, {**NAMESPACE, **values})  # our own strings


def as_formula(text: str, values: dict[str, Any]) -> Any:
    declared = declared_in(text)
    return read(text, declared).function(**{name: values[name] for name in declared})


NUMPY = [
    "np.sum((X @ x - z)**2) / 4", "np.mean((X @ x - z) ** 2)", "X.T @ (X @ x - z)", "X.T @ X", "np.linalg.norm(x)",
    "np.linalg.norm(X)", "np.linalg.norm(X, axis=1)", "x[0] + x[-1] * s", "x[1:] - x[:-1] + np.exp(-s)", "x[::-1] @ y",
    "np.where(x > y, x, y) @ x", "np.log1p(np.exp(-x)) * y", "np.exp(-x**2) @ y", "np.sum(x * y)",
    "np.sum(x * y / (1 + x))", "np.maximum(x, 0.9) - np.minimum(y, s)", "np.outer(x, y) * A",
    "np.dot(x, y) + np.dot(A @ x, y)",
    "np.dot(A, x)", "(x @ A @ y) / (x @ x)", "np.sin(A * B + A / B - A ** B)", "np.log(1 / A)", "A - A.mean(axis=0)",
    "X - X.mean(axis=0)",
    "X / X.sum(axis=1, keepdims=True)", "X.max(axis=0) + x", "np.sum(A, axis=1, keepdims=True) * A", "(A @ B).sum()",
    "np.trace(A @ B.T) + np.linalg.det(A)", "np.linalg.slogdet(A)[1]", "np.linalg.inv(A) @ x", "np.linalg.solve(A, x)",
    "np.diag(x) @ A + np.diag(np.diag(B))", "np.sqrt(np.abs(x)) * np.sign(y)", "-x ** 2 @ y", "2 ** s * x", "X[0] + x",
    "X[1, 2] * x", "X[:, 0] @ z", "X[1:3] @ x", "A[0, :] @ A[:, 1]", "A[0][1] + np.exp(s)",
    "np.std(x) + np.var(X) + np.prod(x)", "np.max(x) - np.min(X)", "x.dot(y) + x.mean() * s", "np.square(x).sum()",
    "np.pi * s + np.e", "X.shape[0] * s", "np.sum(np.where(x > 1, x, 0))", "np.cos(x) @ np.sin(y) - np.tanh(s)",
    "np.logaddexp(x, y) + np.hypot(x, s)", "scipy.special.expit(x) * y", "np.power(x, 3) + np.multiply(x, y)",
    "np.abs((x > y) * x + (x <= y) * y)", "np.ones(X.shape[0]) @ X", "(A + 2 * np.eye(A.shape[0])) @ x",
    "np.sum(x != y) * s",
    "np.linalg.norm(A @ x - y) ** 2 / (2 * s)", "np.kron(A, B)[0] @ np.kron(x, y)", "scipy.special.logsumexp(x)",
    "scipy.special.softmax(X, axis=1) @ x", "scipy.special.logsumexp(X, axis=1) @ z", "(x if s > 1 else y) @ x",
    "np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x)))", "np.matmul(A, B).trace()",
    "np.max(X, 0) + X.min(-1)[0]", "np.sum(A, 1) @ x", "np.where(x == x, x, y)", "A.T.dot(x).sum()",
]  # fmt: skip


@pytest.mark.parametrize("text", NUMPY)
def test_numpy_text_is_what_numpy_computes(text: str) -> None:
    values = point()
    want, got = as_python(text, values), as_formula(text, values)
    assert np.shape(got) == np.shape(want)
    np.testing.assert_allclose(got, want, rtol=1e-12)


# --- random programs --------------------------------------------------------------------------------------

VECTORS = [
    "x", "y", "({v} + {v})", "({v} - {v})", "{v} * {v}", "({v} / (2 + {v}**2))", "np.tanh({v})", "np.exp(-{v}**2)",
    "{m} @ {v}", "{v} @ {m}", "{s} * {v}", "{m}[0]", "{m}[:, 1]", "{m}.sum(axis=0)", "np.mean({m}, axis=1)",
    "{v}[::-1]",
    "np.where({v} > {s}, {v}, {v})", "np.maximum({v}, {s})", "-{v}", "np.diag({m})", "({v} + {s})", "{m}.T @ {v}",
]  # fmt: skip
MATRICES = [
    "A", "B", "({m} + {m})", "{m} * {m}", "({m} @ {m})", "{m}.T", "np.outer({v}, {v})", "np.sin({m})", "{s} * {m}",
    "np.diag({v})", "({m} - {m}.mean(axis=0))", "({m} / (1 + {m}**2))", "({m} + {v})", "np.tanh({m})",
]  # fmt: skip
SCALARS = [
    "s", "t", "0.5", "2", "{v} @ {v}", "np.sum({v})", "np.sum({m})", "{v}[0]", "{m}[1, 2]", "np.trace({m})",
    "{s} * {s}",
    "({s} + {s})", "({s} - {s})", "np.tanh({s})", "{v}.mean()", "np.max({v})", "({s} / (2 + {s}**2))",
    "np.linalg.norm({v})",
]  # fmt: skip
FORMS = {"v": VECTORS, "m": MATRICES, "s": SCALARS}


def program(generator: random.Random, kind: str, depth: int) -> str:
    """A random line of NumPy of a number, a vector or a matrix."""
    forms = FORMS[kind]
    form = generator.choice(forms[:2] if depth == 0 else forms)
    parts = {k: f"({program(generator, k, depth - 1)})" if f"{{{k}}}" in form else "" for k in FORMS}
    for k, part in parts.items():
        while f"{{{k}}}" in form:
            form = form.replace(f"{{{k}}}", part, 1)
            part = f"({program(generator, k, depth - 1)})"
    return form


def agree(seed: int, count: int) -> None:
    generator, values = random.Random(seed), point(seed)
    with np.errstate(all="ignore"):
        for _ in range(count):
            text = program(generator, generator.choice("vms"), generator.randint(1, 4))
            if not any(mark in text for mark in ("np.", "@", ".sum(", ".mean(")):
                continue  # nothing says that it is NumPy's
            if not declared_in(text):
                continue
            want = as_python(text, values)
            got = as_formula(text, values)
            assert np.shape(got) == np.shape(want), text
            np.testing.assert_allclose(got, want, rtol=1e-9, err_msg=text)


def test_random_numpy_programs() -> None:
    agree(seed=0, count=400)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(1, 11))
def test_many_random_numpy_programs(seed: int) -> None:
    agree(seed, count=3_000)


ONE = [
    ("np.mean((X @ x - z) ** 2)", {"x": "n", "X": "m n", "z": "m"}),
    ("np.sum(np.exp(X @ x) - z * (X @ x))", {"x": "n", "X": "m n", "z": "m"}),
    ("x @ A @ x / (x @ x)", {"x": "n", "A": "n n"}),
    ("np.linalg.norm(A @ x - y) ** 2 + s * np.linalg.norm(x) ** 2", {"x": "n", "A": "m n", "y": "m", "s": ""}),
    ("np.sum(np.where(x > y, x, y) ** 2)", {"x": "n", "y": "n"}),
]


@pytest.mark.parametrize(("text", "shapes"), ONE, ids=[text for text, _ in ONE])
def test_text_and_code_are_one_expression(text: str, shapes: dict[str, str]) -> None:
    code = eval(f"lambda {', '.join(shapes)}: {text}", dict(NAMESPACE))  # our own strings
    assert formula(text, **shapes).expr is formula(code, **shapes).expr


# --- matrixcalculus.org's documentation has these (http://www.matrixcalculus.org/documentation) ---------------

MATRIX_CALCULUS: list[tuple[str, Callable[..., Any]]] = [
    ("0.5*x'*A*x", lambda x, A: 0.5 * x @ A @ x),
    ("A*exp(x)", lambda A, x: A @ np.exp(x)),
    ("(y.*v)'*x", lambda y, v, x: (y * v) @ x),
    ("a^b", lambda a, b: a**b),
    ("norm1(A*x-y)", lambda A, x, y: np.sum(np.abs(A @ x - y))),
    ("norm2(A*x-y)^2", lambda A, x, y: np.sum((A @ x - y) ** 2)),
    ("sum(log(exp(-y.*(X*w)) + vector(1)))", lambda y, X, w: np.sum(np.log1p(np.exp(-y * (X @ w))))),
    ("tr(A*X'*B*X*C)", lambda A, X, B, C: np.trace(A @ X.T @ B @ X @ C)),
    ("log(det(inv(X)))", lambda X: np.log(np.linalg.det(np.linalg.inv(X)))),
    ("x'*A*x + c*sin(y)'*x", lambda x, A, c, y: x @ A @ x + c * np.sin(y) @ x),
    ("X.*matrix(1) - adj(X)", lambda X: X - np.linalg.det(X) * np.linalg.inv(X)),
    ("logdet(X'*X) + sum(sign(x)) - sum(abs(x)./y)", lambda X, x, y: np.linalg.slogdet(X.T @ X)[1] + len(x)
     - np.sum(x / y)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MATRIX_CALCULUS, ids=[text for text, _ in MATRIX_CALCULUS])
def test_matrix_calculus(text: str, expected: Callable[..., Any]) -> None:
    reading = read(text, {})
    rng = np.random.default_rng(3)
    lengths = {"m": 4, "n": 3, "k": 5}
    values = {
        name: np.eye(*[lengths[str(s)] for s in axes]) + rng.uniform(0.1, 0.4, [lengths[str(s)] for s in axes])
        if len(axes) == 2
        else rng.uniform(0.3, 1.7, [lengths[str(s)] for s in axes])
        for name, axes in reading.sizes.items()
    }
    np.testing.assert_allclose(reading.function(**values), expected(**values), rtol=1e-9)


# --- indices ----------------------------------------------------------------------------------------------

INDICES: list[tuple[str, dict[str, tuple[str, ...]], Callable[..., Any]]] = [
    ("Σ_i (y_i − x_i)²", {"y": ("n",), "x": ("n",)}, lambda y, x: np.sum((y - x) ** 2)),
    ("∑ᵢ xᵢ yᵢ", {"x": ("n",), "y": ("n",)}, lambda x, y: x @ y),
    ("sum_ij A_ij x_i y_j / n", {"A": ("n", "n"), "x": ("n",), "y": ("n",)}, lambda A, x, y: x @ A @ y / 3),
    ("Σ_i log(1 + exp(−z_i (Xx)_i))", {"z": ("m",), "X": ("m", "n"), "x": ("n",)},
     lambda z, X, x: np.sum(np.log1p(np.exp(-z * (X @ x))))),
    ("Σ_i Σ_j [i < j] (x_i − x_j)²", {"x": ("n",)}, lambda x: np.sum(np.triu((x[:, None] - x) ** 2, 1))),
    ("[A_ij x_j]_ij", {"A": ("n", "n"), "x": ("n",)}, lambda A, x: A * x),
    ("[A_ji]_ij − A'", {"A": ("n", "n")}, lambda A: 0 * A),
    ("Σ_i A_ii", {"A": ("n", "n")}, lambda A: np.trace(A)),
    ("Σ_i i x_i", {"x": (3,)}, lambda x: np.arange(3) @ x),
    ("Σ_i x[i] A[i, i]", {"x": ("n",), "A": ("n", "n")}, lambda x, A: x @ np.diag(A)),
    ("[Σ_k X_ik A_kj]_ij − XA", {"X": ("m", "n"), "A": ("n", "n")}, lambda X, A: 0 * X),
    ("[x_i y_j z_k]_ijk", {"x": ("n",), "y": ("n",), "z": ("m",)}, lambda x, y, z: np.einsum("i,j,k->ijk", x, y, z)),
    ("[Σ_k T_ijk x_k]_ij", {"T": ("m", "m", "n"), "x": ("n",)}, lambda T, x: T @ x),
    ("2 Σ_i (x_i if x_i > 1 else 0)", {"x": ("n",)}, lambda x: 2 * np.sum(np.where(x > 1, x, 0))),
    ("Σ_i max(x_i, s)", {"x": ("n",), "s": ()}, lambda x, s: np.sum(np.maximum(x, s))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "declared", "expected"), INDICES, ids=[text for text, _, _ in INDICES])
def test_indices(text: str, declared: dict[str, tuple[str, ...]], expected: Callable[..., Any]) -> None:
    rng = np.random.default_rng(4)
    values = {k: rng.uniform(0.3, 1.7, [SIZES.get(s, s) for s in shape]) for k, shape in declared.items()}  # type: ignore[call-overload]
    reading = read(text, declared)
    np.testing.assert_allclose(reading.function(**values), expected(**values), rtol=1e-12, atol=1e-12)


def test_tensors_by_custom_have_as_many_axes_as_letters() -> None:
    assert read("[Σ_k T_ijk x_k]_ij", {}).sizes == {"T": ("m", "n", "k"), "x": ("k",)}
    assert read("Σ_i (y_i − x_i)²", {}).sizes == {"y": ("n",), "x": ("n",)}


def test_an_index_sum_is_a_contraction() -> None:
    plain = formula(lambda X, theta, y: np.sum((X @ theta - y) ** 2), X="m n", theta="n", y="m")
    assert formula("Σ_i ((Xθ)_i − y_i)²", X="m n", theta="n", y="m").expr is plain.expr
    assert str(formula("Σ_ij A_ij x_i y_j", A="m n", x="m", y="n").gradient("x")) == "Ay"


AMBIGUOUS = [
    ("np.exp(A * x)", "A @ x"),
    ("A' @ B * A", "A @ B or A .* B"),
    ("b^A", "exponent is a number"),
    ("x*y + x'*x", "x'*y for a number"),
    ("Σ x y", "use brackets"),
    ("Σ_i x", "write x_i"),
    ("[x]_i", "holds one entry"),
    ("Σ_i x_i y", "such as x_i"),
    ("Σ_i Σ_j A_i A_ij", "2 axes"),
    ("Σ_i A_ij", "nothing says what j counts"),
    ("Σ_ii A_ii", "one axis"),
    ("[x]", "hold a condition"),
    ("x < y < z", "two relations in a row"),
    ("softmax(A; columns)", "only 'rows'"),
    ("sum(A, axis=2)", "there is no axis 2"),
    ("sum(A, axis=0.5)", "whole number"),
    ("sum(A, ord=0)", "known are axis"),
    ("np.max(A, x)", "is an axis"),
    ("A.max(x)", "is an axis"),
    ("x\ny", "over two lines"),
    ("det(A, axis=0)", "no settings"),
    ("x[3:1:0]", "not 0"),
    ("A[0, 1, 2]", "3 positions"),
    ("A .* B*A", "use brackets"),
    ("x ./ 2 x", "use brackets"),
    ("thta'*x", "theta"),
    ("a if x", "else"),
    ("A.shape", "X.shape[0]"),
    ("x.summ()", "did you mean 'sum'"),
    ("np.linalg.slogdet(A)", "logdet"),
    ("A where p = x, p = y", "has a meaning already"),
    ("A where", "where is a function"),
    ("T + 𝟏", "do not go together"),
]


@pytest.mark.parametrize(("text", "reason"), AMBIGUOUS, ids=[text for text, _ in AMBIGUOUS])
def test_refused_with_what_to_write(text: str, reason: str) -> None:
    declared = {"theta": ("n",)} if "thta" in text else {}
    with pytest.raises(FormulaError) as caught:
        read(text, declared)
    assert reason in str(caught.value)
