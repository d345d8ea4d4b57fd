"""The demonstration, run as a user runs it, and what it must show."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def shown() -> str:
    """The output of ``steepest demo`` with a short descent, in a process of its own."""
    command = [sys.executable, "-m", "steepest.cli.main", "demo", "--iterations", "1000"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


@pytest.mark.parametrize(
    "formula",
    [
        "L(θ)     = 1/m ‖Xθ − y‖²",
        "∂L/∂θ_j  = 2/m Σ_i X_ij (Σ_k X_ik θ_k − y_i)",
        "∇L       = 2/m Xᵀ(Xθ − y)",
        "∇²L      = 2/m XᵀX",
        "∂L/∂b₀      = 2/m Σ(b0 + b1 x − y)",
        "∂L/∂b₁      = 2/m (b0 + b1 x − y)ᵀx",
        "∂²L/∂b₀²    = 2",
    ],
)
def test_the_formulas(shown: str, formula: str) -> None:
    assert formula in shown


def test_the_parts_come_in_order(shown: str) -> None:
    titles = re.findall(r"^(\d)\. ", shown, flags=re.MULTILINE)
    assert titles == ["1", "2", "3", "4"]


def test_the_three_ways_agree(shown: str) -> None:
    assert "let the step go to 0: ∇fᵀ v = 2/m (Xθ − y)ᵀXv" in shown
    assert "squared norm: df = 2/m rᵀ dr" in shown
    assert "The quotient's limit and the rules' result are the same expression." in shown
    assert shown.count("it agrees with numeric differences") == 2


@pytest.mark.parametrize(("name", "least"), [("Norris", 12.0), ("Longley", 11.0)])
def test_the_fit_has_the_certified_digits(shown: str, name: str, least: float) -> None:
    fit = shown.split("3. The fit")[1]
    part = fit[fit.index(f"  {name}:") :].split("    Descent:")[0]
    digits = [float(line.split()[3]) for line in part.splitlines() if re.match(r"    B\d ", line)]
    assert len(digits) == (2 if name == "Norris" else 7)
    assert min(digits) > least


def test_the_path_goes_down(shown: str) -> None:
    longley = shown.split("  Longley: y =")[1].split("4. What one")[0]
    values = [float(row[1]) for row in map(str.split, longley.splitlines()) if len(row) == 3 and row[0][0].isdigit()]
    assert len(values) == 5
    assert values == sorted(values, reverse=True)
