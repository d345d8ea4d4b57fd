"""Views of arrays, however they are made, show what is written to the array, and are written through to it."""

from __future__ import annotations

import numpy as np
import pytest
import view_programs

import steepest as st


def check(seed: int) -> bool:
    """Whether there is such a program; its gradient is that of the plain function."""
    f = view_programs.program(seed)
    if f is None:
        return False
    x = view_programs.point(seed)
    expected = st.numeric.gradient(f, x).value
    size = 1 + np.abs(expected).max()
    np.testing.assert_allclose(st.grad(f)(x), expected, rtol=1e-5, atol=1e-5 * size, err_msg=view_programs.source(seed))
    return True


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_random_programs(start: int) -> None:
    assert sum(map(check, range(start, start + 10))) >= 5


@pytest.mark.heavy
def test_many_random_programs() -> None:
    assert sum(map(check, range(1000, 3000))) > 1000
