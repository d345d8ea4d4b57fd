"""What tests of loops ask of a program of one number: its value and slope, and what was recorded of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import steepest as st

Program = Callable[..., Any]


def differences(f: Program, x: float) -> float:
    """The slope by differences of fourth order."""
    h = 1e-5
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def captures_of(g: Any) -> list[Any]:
    """What is kept of a derivative that has been called with arguments of one signature."""
    (kept,) = g.record.specialisations.values()
    return [s.capture for s in kept]


def checked_captures(f: Program) -> list[Any]:
    """The captures of a program, whose value is that of plain Python at 0.8, and its slope that by differences."""
    g = st.value_and_grad(f)
    value, slope = g(0.8)
    assert value == pytest.approx(f(0.8), rel=1e-11)
    assert slope == pytest.approx(differences(f, 0.8), rel=2e-6, abs=1e-8)
    return captures_of(g)
