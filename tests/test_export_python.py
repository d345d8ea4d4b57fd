"""Exported NumPy code: it runs with nothing but what it imports, at all sizes, and reads as a person's would."""

from __future__ import annotations

import doctest
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special as sp
from export_formulas import CASES, SIZES, Case, arguments, derived
from scipy import stats

import steepest as st
from steepest.errors import ArgumentError, FormulaError, MismatchError
from steepest.verify.report import CheckReport

BY_NAME = {c.name: c for c in CASES}
ONLY_FOR_SOME_SIZES = {
    ("product", "hessian"), ("lower_part", "value"), ("lower_part", "gradient"), ("lower_part", "hessian"),
    ("cholesky", "gradient"), ("cholesky", "hessian"),
}  # fmt: skip


def function_in(source: str, name: str) -> Any:
    """The function, from a namespace of its own."""
    scope: dict[str, Any] = {}
    exec(compile(source, "<exported>", "exec"), scope)
    return scope[name]


def code(source: str) -> list[str]:
    """The statements of the function, without its docstring."""
    return [line.strip() for line in source[source.rindex('"""') + 3 :].splitlines() if line.strip()]


def gradient(name: str) -> str:
    c = BY_NAME[name]
    return c.formula().gradient(c.by).python()


def require_the_numbers(c: Case, kinds: set[str]) -> None:
    for kind, G in derived(c):
        if kind not in kinds or (c.name, kind) in ONLY_FOR_SOME_SIZES:
            continue
        source = G.python(name="exported")
        function = function_in(source, "exported")
        for sizes in SIZES:
            given = arguments(c, sizes)
            wanted = np.asarray(G(*given))
            scale = np.max(np.abs(wanted), initial=0.0)
            value = function(*given)
            assert np.shape(value) == wanted.shape
            np.testing.assert_allclose(value, wanted, rtol=1e-9, atol=1e-11 * scale, err_msg=c.name)
        own = source[source.rindex("def exported(") :]
        assert all(len(line) <= 100 for line in own.splitlines()), own


@pytest.mark.parametrize("c", CASES[2::6], ids=lambda c: c.name)
def test_it_gives_the_numbers_of_the_formula(c: Case) -> None:
    require_the_numbers(c, {"gradient", "hessian"})


@pytest.mark.heavy
@pytest.mark.parametrize("c", CASES, ids=lambda c: c.name)
def test_everything_gives_the_numbers_of_the_formula(c: Case) -> None:
    require_the_numbers(c, {"value", "gradient", "hessian"})


# --- how it reads ---------------------------------------------------------------------------------------


def test_least_squares_reads_like_a_persons_code() -> None:
    source = gradient("least_squares")
    lines = source.splitlines()
    assert lines[:3] == ["def gradient(theta, X, y):", '    """∇_theta f = 2/m Xᵀ(Xθ − y)', ""]
    assert lines[3:7] == ["    theta: (n,)", "    X: (m, n)", "    y: (m,)", "    Returns an array of shape (n,)."]
    assert code(source) == ["m = len(X)", "return 2 / m * (X.T @ (X @ theta - y))"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("bilinear", ["return np.outer(a, b)"]),
        ("inverse_form", ["return -np.outer(np.linalg.solve(X.T, a), np.linalg.solve(X, b))"]),
        ("trace", ["n = X.shape[1]", "return np.eye(n)"]),
        ("trace_linear", ["return A.T @ B.T"]),
        ("poisson", ["return X.T @ (np.exp(X @ w) - y)"]),
    ],
)
def test_gradients_read_like_a_persons_code(name: str, lines: list[str]) -> None:
    assert code(gradient(name)) == lines


def test_a_diagonal_is_never_multiplied_as_a_matrix() -> None:
    H = st.formula(BY_NAME["logistic"].function, **BY_NAME["logistic"].shapes).hessian("w")
    source = H.python()
    assert "np.diag" not in source
    assert "np.eye" not in source
    assert "@ X" in source


def test_systems_are_solved_rather_than_matrices_inverted() -> None:
    source = gradient("mahalanobis")
    assert "np.linalg.solve" in source
    assert "inv(" not in source


def test_what_is_needed_is_imported_and_nothing_else() -> None:
    source = gradient("logistic")
    assert "from scipy import special" in source
    assert "special.expit(X @ w)" in source
    assert "import numpy" not in source
    assert "import" not in gradient("least_squares")
    assert gradient("poisson").startswith("import numpy as np\n\n\ndef gradient(")


def test_functions_of_ours_go_along() -> None:
    source = gradient("softmax_entropy")
    assert "def softmax(x):" in source
    assert "Any" not in source
    assert "steepest" not in "".join(code(source))


def test_so_do_those_with_first_arguments_given_each_under_a_name_and_with_constants_of_its_own() -> None:
    """`FAR` is 7 in the file of Dawson's integral and 15 in that of gamma functions."""
    G = st.formula(lambda x, y: np.sum(sp.dawsn(x) + stats.t.logpdf(y, x)), x="n", y="n").gradient("x")
    source = G.python()
    x, y = np.array([0.3, 6.9, 7.1, 14.0, 40.0]), np.array([0.3, -0.2, 4.0, 1.0, 1.0])
    np.testing.assert_allclose(function_in(source, "gradient")(x, y), G(x, y), rtol=1e-14)
    assert {line.split(" = ")[1] for line in source.splitlines() if line.startswith("FAR")} == {"7.0", "15"}


def test_a_fixed_array_is_written_out() -> None:
    assert "c1 = np.array([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0]])" in gradient("fixed_array")
    big = np.arange(2000.0)
    with pytest.raises(FormulaError, match="too large"):
        st.formula(lambda x: np.sum(big * x), x="2000").gradient("x").python()


RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")


@pytest.mark.skipif(RUFF is None, reason="no ruff")
def test_a_formatter_leaves_it_as_it_is(tmp_path: Path) -> None:
    for name in ("least_squares", "softmax_entropy", "trace_quartic", "fixed_array", "mahalanobis", "largest"):
        c = BY_NAME[name]
        for _, G in derived(c):
            file = tmp_path / f"{name}.py"
            file.write_text(G.python(), encoding="utf-8")
            checked = subprocess.run(
                [str(RUFF), "format", "--isolated", "--line-length", "100", "--diff", str(file)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert checked.returncode == 0, checked.stdout
            linted = subprocess.run(
                [str(RUFF), "check", "--isolated", "--line-length", "100", "--select", "E,F,W,I,B", str(file)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert linted.returncode == 0, linted.stdout


def test_the_page_about_it_is_true() -> None:
    page = Path(__file__).resolve().parents[1] / "docs" / "keep-it.md"
    found = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS, encoding="utf-8")
    assert found.failed == 0
    assert found.attempted > 4


# --- what it says ---------------------------------------------------------------------------------------


def test_the_docstring_says_how_it_was_checked() -> None:
    G = BY_NAME["least_squares"].formula().gradient("theta")
    doc = function_in(G.python(), "gradient").__doc__
    assert "Checked by steepest" in doc
    assert "formula = forward = reverse = numeric differences" in " ".join(doc.split())
    assert f"{G.check().error:.1g}" in doc
    assert "n = 4, m = 6 and n = 7, m = 5" in doc


def test_declared_facts_are_said() -> None:
    G = st.formula("x'*S*x", x="n", S="n n symmetric").gradient("x")
    assert "Taken for granted: S is symmetric." in G.python()


def test_a_branch_is_checked() -> None:
    F = st.formula(lambda x, a: np.sum(x) * a if a > 0 else np.sum(x * x), x="n", a="")
    function = function_in(F.python(), "f")
    assert function(np.ones(3), 2.0) == 6.0
    with pytest.raises(ValueError, match=r"f is for a > 0 only"):
        function(np.ones(3), -2.0)


def test_names_are_clear_of_keywords_and_modules() -> None:
    F = st.formula(lambda lambda_, np, special: np_sum(lambda_ * np) * special, lambda_="n", np="n", special="")
    function = function_in(F.gradient("special").python(name="lambda_"), "lambda_")
    assert function(np.ones(3), np.arange(3.0), 2.0) == 3.0


def np_sum(x: Any) -> Any:
    return np.sum(x)


def test_a_division_by_zero_that_is_left_out_stays_silent() -> None:
    G = st.formula("norm2(x-a)", x="n", a="n").gradient("x")
    np.testing.assert_array_equal(function_in(G.python(), "gradient")(np.ones(3), np.ones(3)), np.zeros(3))


def test_reserved_words_get_an_underscore() -> None:
    F = BY_NAME["trace"].formula()
    assert "def lambda_(X):" in F.python(name="lambda")
    assert "def np_(X):" in F.python(name="np")
    assert "double double_(" in F.c(name="double")
    assert "double exp_(" in F.c(name="exp")


def test_names_of_the_functions() -> None:
    F = st.formula(lambda x: sp.expit(x), x="")
    assert "def derivative(x):" in F.gradient("x").python()
    V = st.formula(lambda x: np.exp(x), x="n")
    assert "def jacobian(x):" in V.jacobian("x").python()
    assert "def f(x):" in V.python()


# --- what is refused ------------------------------------------------------------------------------------


def unrolled(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        total = total + (i + 1) * x[i] ** 2
    return total


def other_when_short(x: Any) -> Any:
    return np.sum(x) if len(x) < 30 else np.sum(x * x)


@pytest.mark.parametrize("f", [unrolled, other_when_short, lambda x: np.sum(np.arange(len(x)) * x)])
def test_code_for_some_sizes_only_is_refused(f: Any) -> None:
    with pytest.raises(FormulaError, match="Give the sizes as numbers"):
        st.formula(f, x="n").gradient("x").python()


def test_sizes_may_be_numbers() -> None:
    G = st.formula(unrolled, x="3").gradient("x")
    np.testing.assert_allclose(function_in(G.python(), "gradient")(np.ones(3)), [2.0, 4.0, 6.0])


def test_what_is_defined_nowhere_is_refused() -> None:
    with pytest.raises(FormulaError, match="no point was found"):
        st.formula(lambda x: np.log(-(x**2)), x="").python()


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ArgumentError, match="letters, digits"):
        BY_NAME["trace"].formula().python(name="my gradient")


def test_a_wrong_formula_is_not_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    F = BY_NAME["least_squares"].formula()
    wrong = CheckReport(False, 1.0, 1e-6, (0,), 1, "a factor 2", ("formula",))
    monkeypatch.setattr(type(F), "check", lambda self: wrong)
    with pytest.raises(MismatchError, match="failed its check"):
        F.python()


def test_a_variable_may_be_called_like_a_function_that_the_source_needs() -> None:
    source = st.formula("2*len'*len", len="n").hessian("len").python()
    scope: dict[str, Any] = {}
    exec(source, scope)
    np.testing.assert_array_equal(scope["hessian"](np.ones(3)), 4 * np.eye(3))


def test_a_picked_row_of_an_identity_is_numbers() -> None:
    scope: dict[str, Any] = {}
    exec(st.formula(lambda x: np.median(x), x="5").gradient("x").python(), scope)
    found = scope["gradient"](np.array([3.0, 1.0, 2.0, 5.0, 4.0]))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [1, 0, 0, 0, 0])


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (3, 3)])
def test_a_diagonal_in_a_matrix_that_is_not_square(shape: tuple[int, int]) -> None:
    G = st.formula(lambda x: np.trace(np.tanh(x)[:3, :3]), x=" ".join(map(str, shape))).gradient("x")
    scope: dict[str, Any] = {}
    exec(G.python(), scope)
    x = np.random.default_rng(2).normal(size=shape)
    np.testing.assert_allclose(scope["gradient"](x), G(x))


def test_a_comparison_of_sizes_that_is_out_of_reach_is_checked_too() -> None:
    F = st.formula(lambda x: np.sum(x**2) if len(x) < 1000 else np.sum(x), x="n")
    assert str(F.gradient("x")).splitlines() == ["2x", "  for n < 1000"]
    gradient = function_in(F.gradient("x").python(), "gradient")
    np.testing.assert_array_equal(gradient(np.ones(999)), 2 * np.ones(999))
    with pytest.raises(ValueError, match="gradient is for n < 1000 only"):
        gradient(np.ones(1000))


def test_loops_are_written_as_loops() -> None:
    def swing(angle: Any, length: Any) -> Any:
        def step(state: Any, k: Any) -> Any:
            angle, speed = state
            speed = speed - 0.01 * 9.81 / length * np.sin(angle) + 0.001 * k
            return (angle + 0.01 * speed, speed), angle

        (angle, _), angles = st.scan(step, (angle, 0.0), np.arange(40))
        return angle + np.sum(angles**2)

    F = st.formula(swing, angle="", length="")
    for f in (F, F.gradient("length"), F.hessian("length")):
        text = f.python("g")
        assert "for k in range(40):" in text
        scope: dict[str, Any] = {}
        exec(text, scope)
        assert scope["g"](0.5, 2.0) == pytest.approx(f(0.5, 2.0), rel=1e-12)
