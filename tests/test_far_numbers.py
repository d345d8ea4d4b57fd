"""Numbers far from 1 stay where they were written: moved, they would overflow, or come to 0, where NumPy does not."""

from __future__ import annotations

import numpy as np
import pytest

import steepest as st

X = np.array([1.0, -2.0, 3.0])

# a function, and how large its input is
SCALED = {
    "divided twice": (lambda x: np.sum(x / 1e200 / 1e200), 1e300),
    "multiplied twice": (lambda x: np.sum(x * 1e200 * 1e200), 1e-300),
    "square": (lambda x: np.sum((x * 1e-200) ** 2), 1e300),
    "square of large": (lambda x: np.sum((x * 1e200) ** 2), 1e-300),
    "cube": (lambda x: np.sum((x / 1e200) ** 3), 1e300),
    "fourth power": (lambda x: np.sum((x / 1e200) ** 4), 1e260),
    "root": (lambda x: np.sum(np.sqrt((x * 1e-200) ** 2)), 1e250),
    "norm": (lambda x: 1e200 * np.sqrt(np.sum((x / 1e200) ** 2)), 1e250),
    "dot": (lambda x: np.dot(x * 1e-200, x), 1e200),
    "outside": (lambda x: 1e-200 * np.dot(x, x), 1e100),
    "three": (lambda x: np.sum((1e-200 * x) * (1e-200 * x) * x), 1e150),
    "matrix": (lambda x: np.sum((np.outer(x, x / 1e300) / 1e200) ** 2), 1e250),
    "taken back": (lambda x: np.sum(x / 1e200 * 1e200), 1e250),
    "negated": (lambda x: np.sum(-(x / 1e200) * x), 1e200),
    "transposed": (lambda x: np.sum((x[:, None] / 1e200).T * x / 1e100), 1e200),
}
GRADIENTS = ["square", "cube", "fourth power", "root", "norm", "dot", "outside", "three", "negated"]


@pytest.mark.parametrize("engine", ["off", "eager"])
@pytest.mark.parametrize("name", SCALED)
def test_values_far_from_those_of_the_first_call(name, engine):
    f, size = SCALED[name]
    compiled = st.jit(f, compile=engine)
    compiled(abs(X))
    with np.errstate(all="ignore"):
        assert np.allclose(compiled(X * size), f(X * size), rtol=1e-13, atol=0)


@pytest.mark.parametrize("engine", ["off", "eager"])
@pytest.mark.parametrize(
    "name", ["square", "cube", "fourth power", "root", "norm", "dot", "outside", "three", "negated"]
)
def test_gradients(name, engine):
    f, size = SCALED[name]
    x, h = X * size, 1e-6 * size
    with np.errstate(all="ignore"):
        slopes = np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(3)])
    assert np.allclose(st.grad(f, compile=engine)(x), slopes, rtol=1e-8, atol=0)


def test_directions():
    def f(x):
        return 1e200 * np.sum((x / 1e200) ** 2 * (x / 1e200))

    x = X * 1e150
    assert np.allclose(st.hvp(f)(x, x), 6 * (x / 1e200) * (x / 1e200), rtol=1e-12, atol=0)


@pytest.mark.parametrize("engine", ["off", "eager"])
def test_single_precision(engine):
    def f(x):
        return np.float32(1e20) * np.sqrt(np.sum((x / np.float32(1e20)) ** 2))

    compiled = st.jit(f, compile=engine)
    compiled(X.astype(np.float32))
    x = (X * 1e25).astype(np.float32)
    assert compiled(x).dtype == np.float32
    assert np.allclose(compiled(x), f(x), rtol=1e-6, atol=0)


def test_constants_of_physics_are_multiplied_beforehand():
    planck, light, boltzmann = 6.62607015e-34, 299792458.0, 1.380649e-23
    F = st.formula(lambda t: planck * (light * (boltzmann * t)), t="scalar")
    assert str(F).count("e-") == 1
