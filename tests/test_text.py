"""A line of mathematics: how it is read, what it computes, and that anything else is refused with its place."""

from __future__ import annotations

import inspect
import random

import numpy as np
import pytest
from scipy.special import expit

from steepest.api.formula import formula
from steepest.errors import ArgumentError, FormulaError
from steepest.frontends.text.error import FormulaTextError
from steepest.frontends.text.functions import FUNCTIONS
from steepest.frontends.text.lexer import MOST_CHARACTERS
from steepest.frontends.text.meaning import read
from steepest.frontends.text.pratt import parse
from steepest.frontends.text.tree import bracketed
from steepest.frontends.tracing.capture import Input, capture

READINGS = [
    ("0.5*x'*A*x", "(((0.5 * x') * A) * x)"),
    ("a - b - c", "((a - b) - c)"),
    ("a/b c", "((a / b) * c)"),
    ("2x^2 + 3 x y", "((2 * (x ^ 2)) + ((3 * x) * y))"),
    ("-x^2", "(-(x ^ 2))"),
    ("- -x", "x"),
    ("a - -b", "(a - (-b))"),
    ("2^-x", "(2 ^ (-x))"),
    ("2^3^2", "(2 ^ (3 ^ 2))"),
    ("x**2@y", "((x .^ 2) @ y)"),
    ("2.*x", "(2 .* x)"),
    ("2.5x", "(2.5 * x)"),
    ("1e-3x", "(0.001 * x)"),
    ("2exp(x)", "(2 * exp(x))"),
    ("(y.*v)'*x", "((y .* v)' * x)"),
    ("x^T A x", "((x' * A) * x)"),
    ("X.T@y", "(X' @ y)"),
    ("A^2'", "(A ^ 2)'"),
    ("A⁻ᵀ", "(A ^ -1)'"),
    ("A⁻¹x²", "((A ^ -1) * (x ^ 2))"),
    ("||X w - y||^2", "(‖…‖(((X * w) - y)) ^ 2)"),
    ("2|x|+1", "((2 * |…|(x)) + 1)"),
    ("|x|·|y|", "(|…|(x) * |…|(y))"),
    ("2/m Xᵀ(Xθ − y)", "(((2 / m) * X') * ((X * theta) - y))"),
    ("sin²(x)+cos^2(x)", "((sin(x) .^ 2) + (cos(x) .^ 2))"),
    ("√2 √(x+1)", "(sqrt(2) * sqrt((x + 1)))"),
    ("w_1^2 β₂", "((w_1 ^ 2) * beta_2)"),
    ("λ𝐱", "(lambda_ * x)"),
    ("np.exp(x) − numpy.log(y)", "(exp(x) - log(y))"),
    ("np.linalg.inv(A)", "inv(A)"),
    ("maximum(x, 0)", "maximum(x, 0)"),
    ("x ⊙ y ⊘ z", "((x .* y) ./ z)"),
    ("x(y+1)", "(x * (y + 1))"),
    ("(a+b)(a-b)", "((a + b) * (a - b))"),
    ("2×3÷x", "((2 * 3) / x)"),
]


@pytest.mark.parametrize(("text", "expected"), READINGS)
def test_reading(text: str, expected: str) -> None:
    assert bracketed(parse(text, FUNCTIONS)) == expected


def test_a_word_of_declared_letters_is_their_product() -> None:
    assert bracketed(parse("x'Ax", FUNCTIONS, {"x", "A"})) == "((x' * A) * x)"
    assert bracketed(parse("Ax", FUNCTIONS, {"x", "A", "Ax"})) == "Ax"


REFUSED = [
    ("x + * y", 4, "is missing"),
    ("x +", 3, "at the end"),
    ("", 0, "empty"),
    ("x)", 1, "closes nothing"),
    ("log(x", 5, "not closed"),
    ("|x", 2, "not closed"),
    ("x, y", 1, "between the arguments"),
    ("x;y", 1, "unexpected ';'"),
    ("x.__class__", 1, "unexpected character"),
    ("(x)_", 3, "index is missing"),
    ("(x)_i", 3, "nothing says what i counts"),
    ("x = 1", 2, "one side"),
    ("sinn(x)", 0, "did you mean 'sin'"),
    ("np.expp(x)", 0, "did you mean 'exp'"),
    ("f(x)", 0, "unknown function 'f'"),
    ("sin x", 0, "in brackets"),
    ("sin⁻¹(x)", 3, "several ways"),
    ("sin(x, y)", 0, "takes 1 argument, not 2"),
    ("1/2x", 3, "brackets, or a space"),
    ("√x²", 2, "two ways"),
    ("x 2", 2, "a number after a factor"),
    ("Π(x)", 0, "sign of a product"),
    ("1e999 x", 0, "too large"),
    ("1/0 + x", 1, "no finite"),
    ("9^9^9^9 + x", 3, "no finite"),
    ("log(-1) x", 0, "no finite"),
    ("e^x", 0, "exp(x)"),
    ("torch.exp(x)", 0, "functions of torch"),
    ("∂f/∂x", 0, "ask for its derivative"),
    ("if x > 0 then x else 0", 0, "a if condition else b"),
    ("softmax(A)", 0, "softmax(X; rows)"),
    ("Σ_i (y_i − w'x_i)²", 13, "(X w)_i"),
    ("np.sum(x, y)", 6, "write axis=0"),
    ("x'Ax", 2, "declare Ax"),
    ("xⁿ", 1, "unexpected character"),
    # shapes
    ("x'*(x*y)", 5, "several products"),
    ("A*x'", 1, "no product"),
    ("x*A + x'", 1, "transpose the vector"),
    ("y'/x", 2, "taken for a vector"),
    ("1/A", 1, "inv(A)"),
    ("A^0.5", 1, "whole powers"),
    ("x + x'", 2, "entry by entry"),
    ("A + x", 2, "entry by entry"),
    ("X*b - y'*x - b.*y", 14, "taken for a number"),
    ("b'*x", 1, "transposed"),
    ("x @ y'", 2, "NumPy"),
    ("A .* B*x", 6, "use brackets"),
    ("|A|", 0, "det(A)"),
    ("norm2(A)", 0, "normF"),
    ("tr(x)", 0, "square matrix"),
    ("x'*x + I", 7, "how large"),
]


@pytest.mark.parametrize(("text", "at", "reason"), REFUSED)
def test_refused_with_the_place(text: str, at: int, reason: str) -> None:
    with pytest.raises(FormulaTextError) as caught:
        read(text, {})
    assert caught.value.at == at
    message = str(caught.value)
    assert reason in message
    if text:
        lines = message.splitlines()
        shown = next(k for k, line in enumerate(lines) if line.strip() == text)
        assert lines[shown + 1] == "    " + " " * at + "^"


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(FormulaTextError, match="the left has n columns, the right m rows"):
        read("X*y", {"X": ("m", "n"), "y": ("m",)})
    with pytest.raises(FormulaTextError, match="square"):
        read("det(X)", {"X": ("m", "n")})
    with pytest.raises(FormulaTextError, match="left has 3 columns"):
        read("X*y", {"X": ("m", 3), "y": (4,)})


def test_a_long_formula_is_cut_around_the_place() -> None:
    with pytest.raises(FormulaTextError) as caught:
        read("x + " * 100 + "* y + " + "x + " * 100 + "x", {})
    _, shown, caret = str(caught.value).splitlines()
    assert len(shown) < 90
    assert shown[caret.index("^")] == "*"


HOSTILE = [
    "(" * 1000,
    "9**" * 400 + "9",
    "sin(" * 300 + "x",
    "√" * 900 + "x",
    "x^" * 900,
    "|" * 1999,
    "x" * (MOST_CHARACTERS + 1),
    "9" * 1500,
    "x⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹",
    "__import__('os').system('x')",
    "lambda: 0",
    "[i for i in x]",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: t[:12])
def test_hostile_input_is_refused(text: str) -> None:
    with pytest.raises(FormulaTextError):
        read(text, {})


def test_the_limits_are_named() -> None:
    with pytest.raises(FormulaTextError, match="longer than 10000 characters"):
        read("x" * 10_001, {})
    with pytest.raises(FormulaTextError, match="more than 5000 parts"):
        read("x" + "+x" * 2_600, {})
    with pytest.raises(FormulaTextError, match="more than 80 deep"):
        read("(" * 81 + "x", {})


def test_many_names_take_no_longer_than_few() -> None:
    text = "+".join(f"x_{k}" for k in range(1_200))
    assert len(read(text, {}).sizes) == 1_200


def test_names_that_are_nearly_declared() -> None:
    with pytest.raises(FormulaTextError, match="did you mean 'theta'"):
        read("theta'*x + thetta'*x", {"theta": ("n",)})
    with pytest.raises(FormulaError, match="is 'thta' meant to be 'theta'"):
        read("thta'*x", {"theta": ("n",)})
    with pytest.raises(FormulaError, match="x_i is an entry only where"):
        read("[x_i]_j", {"x": ("n",)})


def test_unit_vectors_where_all_else_is_declared() -> None:
    assert read("e_1'*x", {"x": ("n",)}).function(np.array([1.0, 2.0, 3.0])) == 2.0
    assert read("e_1*norm2(x)", {}).sizes == {"e_1": (), "x": ("n",)}


def test_names_of_parts() -> None:
    reading = read("p'*r where p = softmax(x), r = p - y", {"x": ("n",), "y": ("n",)})
    p = np.exp([1.0, 2.0]) / np.sum(np.exp([1.0, 2.0]))
    assert np.isclose(reading.function(np.array([1.0, 2.0]), np.array([0.5, 0.1])), p @ (p - [0.5, 0.1]))


def test_sizes_of_parts() -> None:
    assert read("(x[1:] - x[:-1])'*y", {"x": (5,)}).sizes == {"x": (5,), "y": (4,)}
    with pytest.raises(FormulaError, match="n − 1, which has no name"):
        read("(x[1:] - x[:-1])'*y", {"x": ("n",)})
    assert read("x[:3]'*y", {}).sizes["y"] == (3,)


def test_a_long_sum_is_no_deep_one() -> None:
    text = "x" + "+x" * 900
    assert read(text, {}).function(2.0) == 1802.0


def test_brackets_do_not_change_the_reading() -> None:
    """A tree written with all brackets is read as the same tree."""
    generator = random.Random(2)
    forms = ["({0} + {1})", "{0} * {1}", "-{0}", "{0}'", "{0}^{1}", "sin({0})", "{0} {1}", "({0}) / {1}", "{0} .* {1}"]

    def grown(depth: int) -> str:
        if depth == 0:
            return generator.choice(["x", "y", "A", "2", "0.5", "w_1"])
        return generator.choice(forms).format(grown(depth - 1), grown(depth - 1))

    done = 0
    for _ in range(2_000):
        try:
            tree = bracketed(parse(grown(generator.randint(0, 3)), FUNCTIONS))
        except FormulaTextError:
            continue  # such as a number after a factor
        assert bracketed(parse(tree, FUNCTIONS)) == tree
        done += 1
    assert done > 800


# --- values -------------------------------------------------------------------------------------------

VALUES = [
    ("3x^2 - 4x", lambda x: 3 * x**2 - 4 * x),
    ("norm2(X*theta - y)^2", lambda X, theta, y: np.sum((X @ theta - y) ** 2)),
    ("‖X θ − y‖² / 2", lambda X, theta, y: np.sum((X @ theta - y) ** 2) / 2),
    ("x'*A*x", lambda x, A: x @ A @ x),
    ("x @ A @ x", lambda x, A: x @ A @ x),
    ("x @ A @ x + sum(x)", lambda x, A: x @ A @ x + np.sum(x)),
    ("x @ A + y", lambda x, A, y: x @ A + y),
    ("x'*A + y'", lambda x, A, y: x @ A + y),
    ("X.T @ (X @ theta - y)", lambda X, theta, y: X.T @ (X @ theta - y)),
    ("x*y' - B", lambda x, y, B: np.outer(x, y) - B),
    ("tr(A*B)", lambda A, B: np.trace(A @ B)),
    ("inv(X'X + λI) X'y", lambda X, lam, y: np.linalg.solve(X.T @ X + lam * np.eye(X.shape[1]), X.T @ y)),
    ("A⁻¹x + A^-2 x", lambda A, x: np.linalg.inv(A) @ x + np.linalg.matrix_power(A, -2) @ x),
    ("A^3 - A**3", lambda A: A @ A @ A - A**3),
    ("logdet(A) + log(abs(det(A)))", lambda A: 2 * np.log(np.abs(np.linalg.det(A)))),
    ("diag(x)*A - diag(diag(A))", lambda x, A: np.diag(x) @ A - np.diag(np.diag(A))),
    ("sum(log(1 + exp(-y .* (X*w))))", lambda y, X, w: np.sum(np.log1p(np.exp(-y * (X @ w))))),
    ("softplus(x'*y) + relu(-sum(x))", lambda x, y: np.logaddexp(0, x @ y) + max(-np.sum(x), 0)),
    ("sum(sigmoid(x) ⊙ x ./ (1 + x.^2))", lambda x: np.sum(expit(x) * x / (1 + x**2))),
    ("softmax(x)'*y + logsumexp(x)", lambda x, y: np.exp(x) @ y / np.sum(np.exp(x)) + np.log(np.sum(np.exp(x)))),
    ("norm1(x) + norm(x) + normF(A)", lambda x, A: np.sum(np.abs(x)) + np.linalg.norm(x) + np.linalg.norm(A)),
    ("mean(x) + max(x) - min(x) + prod(x) + var(x) + std(x)",
     lambda x: np.mean(x) + np.max(x) - np.min(x) + np.prod(x) + np.var(x) + np.std(x)),
    ("sum(maximum(x, 0)) + sum(max(x, y))", lambda x, y: np.sum(np.maximum(x, 0)) + np.sum(np.maximum(x, y))),
    ("√2 x + 2^-1 + |x|^p + pi", lambda x, p: np.sqrt(2) * x + 0.5 + np.abs(x) ** p + np.pi),
    ("dot(x, A*x) + outer(x, x)'*B", lambda x, A, B: x @ A @ x + np.outer(x, x) @ B),
    ("a/b c - a/(b c)", lambda a, b, c: a / b * c - a / (b * c)),
    ("sin²(x) + cos^2(x) + arctan2(x, y)", lambda x, y: 1 + np.arctan2(x, y)),
]  # fmt: skip
SIZES = {"m": 4, "n": 3, "k": 5}


@pytest.mark.parametrize(("text", "expected"), VALUES, ids=[text for text, _ in VALUES])
def test_values(text: str, expected: object, rng: np.random.Generator) -> None:
    reading = read(text, {})
    arrays = [rng.normal(size=[SIZES[s] if isinstance(s, str) else s for s in axes]) for axes in reading.sizes.values()]
    arrays = [a if a.ndim else float(a) for a in arrays]
    np.testing.assert_allclose(reading.function(*arrays), expected(*arrays), rtol=1e-9, atol=1e-12)  # type: ignore[operator]


def test_a_declared_size_is_a_number() -> None:
    reading = read("norm2(X*theta - y)^2 / m", {"X": ("m", "n")})
    assert reading.sizes == {"X": ("m", "n"), "theta": ("n",), "y": ("m",)}
    assert reading.assumed == ("theta", "y")
    assert reading.function(np.ones((4, 2)), np.ones(2), np.zeros(4)) == 4.0


def test_declared_shapes_go_before_custom() -> None:
    assert read("x*A", {"x": ()}).sizes == {"x": (), "A": ("m", "n")}
    assert read("a'*x", {"a": ("k",)}).sizes == {"a": ("k",), "x": ("k",)}
    assert read("A*X", {"A": (2, 3)}).sizes == {"A": (2, 3), "X": (3, "n")}


def test_custom() -> None:
    assert read("a*x + y", {}).sizes == {"a": (), "x": (), "y": ()}  # nothing asks for an array
    assert read("a*x + y - y'*x*x", {}).sizes == {"a": (), "x": ("n",), "y": ("n",)}
    assert read("λ*norm2(θ)", {}).sizes == {"lambda_": (), "theta": ("n",)}
    assert read("m'*x", {}).sizes == {"m": ("n",), "x": ("n",)}  # the size does not take the name of a variable
    assert read("n'*x", {}).sizes == {"n": ("n1",), "x": ("n1",)}


def test_the_function_has_the_names_of_the_formula() -> None:
    f = read("norm2(X*θ - y)", {}).function
    assert list(inspect.signature(f).parameters) == ["X", "theta", "y"]
    assert f.__doc__ == "norm2(X*θ - y)"
    assert f(y=np.zeros(2), theta=np.ones(2), X=np.eye(2)) == np.sqrt(2)
    with pytest.raises(TypeError, match="missing"):
        f(np.eye(2))


OF_MATRICES = set("normF tr trace det logdet inv transpose adj pinv diagvec solve log_bars".split())
SIZED = {"commutation", "vec", "kron"}  # of sizes that are numbers
CONDITIONS = {"where": "where(x > y, x, y)", "not": "[not x > y]"}


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n.isidentifier()])
def test_every_function_can_be_recorded(name: str) -> None:
    """Each function a formula may use is known where NumPy functions are recorded."""
    values = {
        "x": np.array([0.2, 0.5, 0.9]),
        "y": np.array([0.4, 0.3, 0.8]),
        "A": np.eye(3) + 0.1 * np.arange(9).reshape(3, 3),
    }
    for count in FUNCTIONS[name]:
        names = ("x", "y")[:count] if name not in OF_MATRICES | SIZED else ("A", "x")[:count]
        declared = {n: (3 if name in SIZED else "n",) * values[n].ndim for n in names}
        text = CONDITIONS.get(name, f"{name}({', '.join(names)})")
        if name in CONDITIONS:
            declared = {"x": ("n",), "y": ("n",)}
        names = tuple(declared)
        reading = read(text, declared)
        inputs = [Input(n, values[n]) for n in names]
        with np.errstate(invalid="ignore"):  # arccosh has no values here
            found = capture(reading.function, inputs, lambda g, tracers: g(*tracers))
            np.testing.assert_allclose(found.values[0], reading.function(*(values[n] for n in names)))


# --- as formulas ----------------------------------------------------------------------------------------


def test_text_and_function_make_one_formula() -> None:
    text = formula("norm2(X*theta - y)^2 / m", theta="n", X="m n", y="m")
    plain = formula(lambda theta, X, y: np.mean((X @ theta - y) ** 2), theta="n", X="m n", y="m")
    assert text.gradient("theta").expr is plain.gradient("theta").expr
    assert str(text.gradient("theta")) == "2/m Xᵀ(Xθ − y)"
    assert text.gradient("theta").check()
    assert text(np.ones(2), np.eye(2), np.zeros(2)) == 1.0


def test_what_is_printed_can_be_read() -> None:
    gradient = formula("norm2(X*theta - y)^2 / m", X="m n").gradient("theta")
    for text in (str(gradient), gradient.ascii()):
        again = formula(text, X="m n", theta="n", y="m")
        assert again.expr is gradient.expr


def test_names_as_declared() -> None:
    assert str(formula("f θ", f="", θ="n").jacobian("theta")) == "f I"
    with pytest.raises(FormulaError, match="declared twice"):
        formula("θ", theta="n", θ="n")
    with pytest.raises(FormulaError, match="y is declared, but does not occur"):
        formula("x^2", x="", y="")
    with pytest.raises(FormulaError, match="no variable"):
        formula("1 + 2")
    with pytest.raises(ArgumentError, match="written as text"):
        formula("x", x=3)  # type: ignore[arg-type]
