"""Programs with branches, loops and writes, made at random, against a complex step at several points."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as hs
from random_programs import ENTRIES, Writer, compiled, complex_step

import steepest as st


def check(source: str, draw: random.Random, points: int) -> None:
    f = compiled(source, f"<random program {hash(source)}>")
    gradient, both = st.grad(f), st.value_and_grad(f)
    rng = np.random.default_rng(draw.randrange(2**32))
    for _ in range(points):
        x = rng.normal(size=ENTRIES)
        expected = complex_step(f, x)
        if not np.all(np.abs(expected) < 1e6):
            return  # digits have cancelled, or grown beyond measure
        close = {"rtol": 1e-8, "atol": 1e-9 * max(1.0, np.abs(expected).max())}
        np.testing.assert_allclose(gradient(x), expected, **close)
        value, again = both(x)
        np.testing.assert_allclose(value, f(x), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(again, expected, **close)
        v = rng.normal(size=ENTRIES)
        close["atol"] *= 10
        np.testing.assert_allclose(st.jvp(f, (x,), (v,))[1], expected @ v, **close)


@given(hs.randoms(use_true_random=False))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_a_program(draw: random.Random) -> None:
    source = Writer(draw).program()
    note(source)
    check(source, draw, points=2)


@pytest.mark.heavy
@given(hs.randoms(use_true_random=False))
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_many_programs(draw: random.Random) -> None:
    source = Writer(draw).program()
    note(source)
    check(source, draw, points=14)
