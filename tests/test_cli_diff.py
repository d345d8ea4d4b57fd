"""``steepest diff``: what it prints, as text and as JSON, and how it refuses."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from steepest.cli.main import main

Diff = Callable[..., tuple[int, str, str]]


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Diff:
    """Runs one command line; gives its exit code, output and errors."""

    def run(*line: str) -> tuple[int, str, str]:
        code = main(["diff", *line])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


README = Path(__file__).resolve().parents[1] / "README.md"
LEAST_SQUARES = ("norm2(X*theta - y)^2 / m", "--declare", "X: m n; y: m")


def test_a_gradient(diff: Diff) -> None:
    code, out, err = diff(*LEAST_SQUARES, "--wrt", "θ")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "f = 1/m ‖Xθ − y‖²",
        "  X      matrix m × n",
        "  y      vector m",
        "  theta  vector n  (taken by custom, not declared)",
        "",
        "∇_θ f = 2/m Xᵀ(Xθ − y)",
        "  ∂f/∂θ_j = 2/m Σ_i X_ij (Σ_k X_ik θ_k − y_i)",
    ]


def test_the_gradient_is_proved(diff: Diff) -> None:
    code, out, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--check")
    assert code == 0
    assert "right: it agrees with numeric differences" in out
    assert "formula = forward = reverse = numeric differences" in out


def test_a_hessian(diff: Diff) -> None:
    _, out, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--order", "2")
    assert "∇²_θ f = 2/m XᵀX\n" in out
    assert "  ∂²f/∂θ_i∂θ_j = " in out


def test_a_function_of_one_number(diff: Diff) -> None:
    code, out, _ = diff("3x^2 - 4x")
    assert code == 0
    assert "  x  number  (taken by custom, not declared)" in out
    assert out.endswith("df/dx = 6x − 4\n")


def test_higher_orders_of_a_function_of_one_number(diff: Diff) -> None:
    _, out, _ = diff("x^4", "--order", "3")
    assert out.endswith("d³f/dx³ = 24x\n")
    _, out, _ = diff("x^3 y", "--order", "2", "--wrt", "x")
    assert "∂²f/∂x² = 6" in out


def test_a_jacobian(diff: Diff) -> None:
    _, out, _ = diff("A*x", "--wrt", "x")
    assert "∂f/∂x = A\n  ∂f_i/∂x_j = A_ij\n" in out


def test_letters_of_entries_are_free(diff: Diff) -> None:
    _, out, _ = diff("i'*j", "--wrt", "i")
    assert "∂f/∂i_l = j_l\n" in out


def test_steps(diff: Diff) -> None:
    _, out, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--steps")
    assert "  1. " in out
    assert "2/m Xᵀ(Xθ − y)" in out
    _, brief, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--steps", "--detail", "brief")
    _, full, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--steps", "--detail", "full")
    assert len(brief.splitlines()) < len(out.splitlines()) < len(full.splitlines())


def test_a_detail_asks_for_the_steps(diff: Diff) -> None:
    assert "  1. the function: f(x) = x²" in diff("x^2", "--detail", "full")[1]
    assert "power rule" not in diff("x^2")[1]


def test_latex_alone(diff: Diff) -> None:
    _, out, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--latex")
    assert out == "\\frac{2}{m} X^{\\top} \\left(X \\theta - y\\right)\n"
    _, out, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--latex", "--steps")
    assert out.startswith("\\begin{aligned}")


def test_facts_are_declared_with_the_shape(diff: Diff) -> None:
    _, out, _ = diff("x'*S*x", "--wrt", "x", "--declare", "S: n n symmetric")
    assert "∇_x f = 2Sx" in out
    assert "matrix n × n symmetric" in out


def test_layouts(diff: Diff) -> None:
    _, out, _ = diff("A*x", "--wrt", "x", "--layout", "denominator")
    assert "Aᵀ" in out
    assert "denominator layout" in out


def test_an_expression_with_a_sign_before_it_is_no_option(diff: Diff) -> None:
    assert diff("-x^2")[1].splitlines()[0] == "f = −x²"
    assert diff("--wrt", "x", "--", "-x^2")[0] == 0


def test_json_holds_the_layout_that_was_asked_for(diff: Diff) -> None:
    _, out, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--layout", "numerator", "--json")
    assert json.loads(out)["derivative"]["layout"]["text"].startswith("2/m (Xθ − y)ᵀX\n")


def test_source_to_keep(diff: Diff) -> None:
    _, out, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--python")
    scope: dict[str, object] = {}
    exec(out, scope)
    X, theta, y = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), np.array([1.0, -1.0]), np.array([1.0, 0.0, 2.0])
    gradient = next(f for name, f in scope.items() if callable(f) and not name.startswith("_"))
    np.testing.assert_allclose(gradient(X=X, theta=theta, y=y), 2 / 3 * X.T @ (X @ theta - y), rtol=1e-14)
    _, out, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--c")
    assert "const double *" in out


def test_one_form_of_output_at_a_time(diff: Diff) -> None:
    with pytest.raises(SystemExit):
        diff(*LEAST_SQUARES, "--wrt", "theta", "--python", "--c")


def test_json(diff: Diff) -> None:
    code, out, _ = diff(*LEAST_SQUARES, "--wrt", "theta", "--json", "--steps", "--check")
    found = json.loads(out)
    assert code == 0
    assert found["variables"]["X"] == {"shape": ["m", "n"], "facts": [], "declared": True}
    assert found["variables"]["theta"] == {"shape": ["n"], "facts": [], "declared": False}
    assert found["wrt"] == "theta"
    assert found["order"] == 1
    assert found["derivative"]["text"] == "2/m Xᵀ(Xθ − y)"
    assert found["derivative"]["shape"] == ["n"]
    assert found["derivative"]["entry"]["symbol"] == "∂f/∂θ_j"
    assert found["check"]["right"] is True
    assert {"rule", "law", "text", "latex"} == found["steps"][0].keys()


MODEL = """
import numpy as np
from dataclasses import dataclass

@dataclass
class Scale:
    by: float = 2.0

def loss(theta, X, y):
    return Scale().by * np.mean((X @ theta - y) ** 2)

def broken(x):
    return x + undefined_name

def steps(x):
    return np.sum(x) if len(x) < 4 else np.sum(x * x)
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(MODEL, encoding="utf-8")
    return path


def test_a_function_in_a_file(diff: Diff, model: Path) -> None:
    shapes = ("--declare", "theta: n", "--declare", "X: m n", "--declare", "y = m")
    code, out, err = diff(f"{model}:loss", "--wrt", "theta", *shapes)
    assert (code, err) == (0, "")
    assert out.startswith("loss = 2/m ‖Xθ − y‖²\n")
    assert "∇_θ loss = 4/m Xᵀ(Xθ − y)\n" in out


REFUSED = [
    (["x*y"], "say by which variable: --wrt with one of x, y"),
    (["x^2", "--wrt", "z"], "there is no variable 'z'; there is only x"),
    (["x^2", "--declare", "x m"], "is written as"),
    (["x^2", "--declare", "x:", "--declare", "x: n"], "declared twice"),
    (["x^2", "--declare", "x: 2.5"], "a size is a name or a number"),
    (["x*y", "--declare", "x: n, y: n"], "; stands between declarations"),
    (["x'*A*x", "--declare", "A: n x n"], "A='n n'"),
    (["x'*A*x", "--declare", "A: n×n"], "Write them apart"),
    (["x^2", "--layout", "numerator", "--python"], "--layout is about what is printed"),
    (["x^2", "--steps", "--c"], "--steps is about what is printed"),
    (["model.py"], "model.py:FUNCTION"),
    (["x^2", "--order", "0"], "--order"),
    (["x'*x", "--order", "3"], "orders 1 and 2"),
    (["A*x", "--wrt", "x", "--order", "2"], "an array has order 1"),
    (["sinn(x)"], "did you mean 'sin'"),
    (["nowhere.py:f"], "there is no file nowhere.py"),
]


@pytest.mark.parametrize(("line", "message"), REFUSED)
def test_refused(line: list[str], message: str, diff: Diff) -> None:
    code, out, err = diff(*line)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert message in err
    assert "Traceback" not in err


FILE_REFUSED = [
    ("los", ["theta: n"], "has no function los, did you mean loss?"),
    ("loss", ["theta: n"], "declare the shape"),
    (
        "broken",
        ["x: n"],
        "NameError: name 'undefined_name' is not defined\n    at model.py:13: return x + undefined_name",
    ),
    ("steps", ["x: n"], "no one formula for all sizes"),
]


@pytest.mark.parametrize(("name", "shapes", "message"), FILE_REFUSED)
def test_a_function_in_a_file_is_refused(name: str, shapes: list[str], message: str, diff: Diff, model: Path) -> None:
    code, _, err = diff(f"{model}:{name}", *(word for s in shapes for word in ("--declare", s)))
    assert code == 2
    assert message in err


def test_a_file_that_does_not_load(diff: Diff, tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("import sys\nsys.exit('no')\n", encoding="utf-8")
    code, _, err = diff(f"{path}:f")
    assert code == 2
    assert "bad.py cannot be loaded: SystemExit: no\n    at bad.py:2: sys.exit('no')" in err


@pytest.mark.parametrize("line", re.findall(r"^steepest diff (.+)$", README.read_text("utf-8"), re.MULTILINE))
def test_the_lines_of_the_readme(line: str, diff: Diff, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model.parent)
    code, out, err = diff(*shlex.split(line))
    assert (code, err) == (0, "")
    assert re.search(r"∇_[θx] ", out)


def test_the_readme_shows_the_command() -> None:
    assert "\nsteepest diff " in README.read_text("utf-8")
