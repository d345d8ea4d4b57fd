"""The table of formulas in the README is what is printed. Its code blocks are doctests."""

from __future__ import annotations

from pathlib import Path

import pytest

import steepest as st
from steepest.api.shown import Shown

README = Path(__file__).resolve().parents[1] / "README.md"
ROWS = [
    [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
    for line in README.read_text(encoding="utf-8").splitlines()
    if line.startswith("| `")
]


def in_one_line(formula: Shown) -> str:
    """Without the notes."""
    return " ".join(line.strip() for line in str(formula).splitlines() if not line.startswith("  "))


@pytest.mark.parametrize(("text", "by", "gradient", "hessian"), ROWS)
def test_the_table_is_true(text: str, by: str, gradient: str, hessian: str) -> None:
    F = st.formula(text)
    assert in_one_line(F.gradient(by)) == gradient
    assert in_one_line(F.hessian(by)) == hessian
    assert F.gradient(by).check()
