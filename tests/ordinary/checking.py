"""A program against the truth: its value and its derivatives, forward, reverse and second, at two points."""

from __future__ import annotations

import re

import numpy as np
import pytest

import steepest as st

from .suite import Program
from .truth import gradient_by, truth_of

DIRECTION = np.random.default_rng(5).uniform(0.3, 1.0, 64)
ASIDE = 0.01  # how far the second point is from the first


def check(program: Program) -> None:
    """Everything that is computed of a program that can be recorded."""
    f, x = program.function, program.point
    v = DIRECTION[: x.size].reshape(x.shape)
    truth = truth_of(f, x, v)
    exact = truth.means.value
    size = 1 + np.abs(truth.gradient).max()
    argument = x.copy()
    value, gradient = st.value_and_grad(f)(argument)
    np.testing.assert_allclose(value, truth.value, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(gradient, truth.gradient, rtol=exact, atol=exact * size)
    _, slope = st.jvp(f, (argument,), (v,))
    np.testing.assert_allclose(slope, np.sum(truth.gradient * v), rtol=exact, atol=exact * size)
    second = np.sum(v * st.hvp(f)(argument, v))
    allowed = max(10 * truth.second_error, 1e-7 * (1 + abs(truth.second)))
    np.testing.assert_allclose(second, truth.second, rtol=0, atol=allowed)
    np.testing.assert_array_equal(argument, x)  # what is written inside stays inside
    elsewhere = x + ASIDE * v
    np.testing.assert_allclose(
        st.grad(f)(elsewhere), gradient_by(truth.means, f, elsewhere), rtol=1e-6, atol=1e-6 * size
    )


def check_refused(program: Program) -> None:
    """The refusal says on which line of the program, why, and offers two ways on; and it stays one."""
    assert program.refusal is not None
    for _ in range(2):
        with pytest.raises(program.refusal.error) as caught:
            st.grad(program.function)(program.point.copy())
        said, place, ways = str(caught.value).partition("\n    at ")
        assert place, f"no line of the program: {said}"
        line, _, ways = ways.partition("\n")
        found = re.match(r"[\w.]+\.py:\d+: (?P<code>.*)", line)
        assert found is not None, line
        assert found["code"].strip() in program.shown_in
        assert len(re.findall(r",|\bor\b|;", ways)) >= 1, f"fewer than two ways on: {ways}"
