"""``steepest check``: exit codes, the report, and its JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from steepest.cli.main import main

MODEL = """
import numpy as np

def loss(w, X, y):
    return np.mean((X @ w - y) ** 2)

def summed(w, X, y):
    return 2 * X.T @ (X @ w - y)

def half(w, X, y):
    return X.T @ (X @ w - y) / len(y)

def right(w, X, y):
    return 2 * half(w, X, y)
"""
DECLARED = ("--declare", "w: n; X: m n; y: m")


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return str(path)


def test_a_right_gradient(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{model}:loss", "--gradient", f"{model}:right", *DECLARED]) == 0
    assert capsys.readouterr().out.startswith("right: ")


def test_a_wrong_gradient(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{model}:loss", "--gradient", f"{model}:half", *DECLARED]) == 1
    out = capsys.readouterr().out
    assert out.startswith("wrong: the factor 2 is missing")
    assert "right is     2/m Xᵀ(Xw − y)" in out


def test_a_size_is_no_constant(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{model}:loss", "--gradient", f"{model}:summed", *DECLARED]) == 1
    assert capsys.readouterr().out.startswith("wrong: the factor m (m = 7) is too much")


def test_a_gradient_as_text(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = "2/m X'*(X*w + y)"
    assert main(["check", f"{model}:loss", "--gradient", text, *DECLARED, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["mistake"] == "sign of a term"
    assert report["formula"] == "2/m Xᵀ(Xw − y)"
    assert report["given_formula"] == "2/m Xᵀ(Xw + y)"
    assert report["right"] is False


def test_given_values(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    values = "w = [1, -2]; X = [[1, 0], [0, 1], [1, 1]]; y = [1, 2, 3]"
    assert main(["check", f"{model}:loss", "--gradient", f"{model}:right", "--at", values]) == 0
    assert main(["check", f"{model}:loss", "--gradient", f"{model}:half", "--at", values]) == 1
    capsys.readouterr()


def test_without_a_gradient_and_in_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "sin(x)^2"]) == 0
    assert main(["check", "sin(x)^2", "--gradient", "2sin(x)"]) == 1
    assert "the factor cos(x) is missing" in capsys.readouterr().out
    assert main(["check", "x'*A*x", "--gradient", "A + A'", "--order", "2", "--wrt", "x"]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--gradient", "2/q X'*(X*w)", *DECLARED], "q is not declared"),
        (["--gradient", "w"], "declare the shape of each argument"),
        (["--gradient", "w", *DECLARED, "--at", "w = hello"], "--at is written as"),
        (["--gradient", "w", *DECLARED, "--at", "v = 1"], "there is no argument 'v'"),
        (["--gradient", "w", *DECLARED, "--at", "w = [1, 2, 3, 4, 5, 6, 7, 8, 9]"], "give all arguments"),
        (["--gradient", "w", *DECLARED, "--wrt", "q"], "there is no argument 'q'"),
    ],
)
def test_what_cannot_be_done(model: str, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{model}:loss", *arguments]) == 2
    assert words in capsys.readouterr().err
