"""Sensitivity of results to inputs, and saliency of a model's answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.errors import ArgumentError, NotScalarError, ShapeError


def beam(p: Any) -> Any:
    """The deflection of a cantilever, F L³ / (3 E I)."""
    return p["force"] * p["length"] ** 3 / (3 * p["modulus"] * p["inertia"])


BEAM = {"force": 100.0, "length": 2.0, "modulus": 2e11, "inertia": 8e-6}


def test_elasticities_are_the_exponents_of_a_power_law() -> None:
    found = st.sensitivity(beam, BEAM)
    assert found[0].name == "length"
    assert {r.name: round(r.elasticity, 9) for r in found} == {"force": 1, "length": 3, "modulus": -1, "inertia": -1}
    assert found.value == pytest.approx(beam(BEAM))
    assert "length" in str(found).splitlines()[2]


def test_elasticities_are_free_of_units() -> None:
    in_mm = st.sensitivity(lambda p: 1e3 * beam({**p, "length": p["length"] / 1e3}), {**BEAM, "length": 2000.0})
    assert [r.elasticity for r in in_mm] == pytest.approx([r.elasticity for r in st.sensitivity(beam, BEAM)])


def test_names_of_nested_inputs() -> None:
    found = st.sensitivity(
        lambda p: p["layers"][0]["w"][1, 0] * 3 + p["b"], {"layers": [{"w": np.ones((2, 2))}], "b": 1}
    )
    assert [r.name for r in found[:2]] == ["layers[0].w[1, 0]", "b"]
    assert st.sensitivity(lambda x: x[0] * x[1] ** 2, np.array([1.0, 2.0]))[0].name == "x[1]"
    assert st.sensitivity(lambda x: x**2, 3)[0].name == "x"


def test_what_percentages_cannot_see_is_said() -> None:
    at_zero = st.sensitivity(lambda x: x[0] + x[1], np.array([0.0, 1.0]))
    assert "x[0]" in " ".join(at_zero.notes)
    total_zero = st.sensitivity(lambda x: x[0] - x[1], np.array([1.0, 1.0]))
    assert np.isnan(total_zero[0].elasticity)
    assert "f is 0" in " ".join(total_zero.notes)


def test_inputs_that_make_no_sense() -> None:
    with pytest.raises(ArgumentError, match="numbers"):
        st.sensitivity(beam, {"force": "big"})
    with pytest.raises(ArgumentError, match="finite"):
        st.sensitivity(lambda x: x[0], np.array([np.inf]))
    with pytest.raises(ArgumentError, match="no inputs"):
        st.sensitivity(lambda x: 0.0, {})


# --- saliency ---------------------------------------------------------------------------------------------


def test_parts_add_up() -> None:
    x, start = np.array([0.3, -1.2, 2.0]), np.array([0.1, 0.2, 0.3])

    def f(x: Any) -> Any:
        return np.tanh(x[0] * x[1]) + np.exp(x[2] / 3)

    s = st.saliency(f, x, start)
    assert s.complete
    assert s.integrated.sum() == pytest.approx(f(x) - f(start), abs=1e-3 * abs(s.difference))
    assert np.allclose(s.gradient, st.grad(f)(x))
    assert np.allclose(s.gradient_times_input, x * s.gradient)


def test_a_linear_model_has_one_answer() -> None:
    w, x = np.array([1.0, -2.0, 0.5]), np.array([3.0, 1.0, -1.0])
    s = st.saliency(lambda x: w @ x + 7, x)
    assert np.allclose(s.integrated, w * x)
    assert np.allclose(s.gradient_times_input, w * x)


def test_a_step_does_not_add_up_and_says_so() -> None:
    s = st.saliency(lambda x: np.floor(x[0]) + 1e-3 * x[0], np.array([2.5]))
    assert not s.complete
    assert "do NOT add up" in repr(s)


def test_kinks_take_more_nodes() -> None:
    s = st.saliency(lambda x: np.maximum(x[0] - 0.37, 0) + np.maximum(x[0] * x[1] - 0.21, 0), np.array([1.0, 1.0]))
    assert s.complete
    assert s.nodes > 16


def test_saliency_that_makes_no_sense() -> None:
    with pytest.raises(ShapeError, match="baseline"):
        st.saliency(lambda x: x @ x, np.ones(2), np.ones(3))
    with pytest.raises(NotScalarError):
        st.saliency(lambda x: x, np.ones(2))
    with pytest.raises(ArgumentError, match="finite"):
        st.saliency(lambda x: x @ x, np.array([np.nan]))
    with pytest.raises(ArgumentError, match="array"):
        st.saliency(lambda x: x, "image")


def test_saliency_of_a_model_of_digits() -> None:
    """Softmax regression on real images: pixels that the model was never shown lit have no part in its answer."""
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = datasets.load_digits(return_X_y=True)
    images = images / 16
    targets = np.eye(10)[labels]

    def loss(p: Any) -> Any:
        z = images @ p["w"] + p["b"]
        top = np.max(z, axis=1, keepdims=True)
        return np.mean(np.log(np.sum(np.exp(z - top), axis=1)) + top[:, 0] - np.sum(targets * z, axis=1))

    p = {"w": np.zeros((64, 10)), "b": np.zeros(10)}
    gradient = st.grad(loss)
    for _ in range(60):
        g = gradient(p)
        p = {k: p[k] - 1.0 * g[k] for k in p}
    assert np.mean(np.argmax(images @ p["w"] + p["b"], axis=1) == labels) > 0.9
    image, label = images[0], labels[0]
    others = [k for k in range(10) if k != label]

    def margin(x: Any) -> Any:
        z = x @ p["w"] + p["b"]
        return z[label] - np.log(np.sum(np.exp(z[others])))

    s = st.saliency(margin, image)
    assert s.complete
    assert s.difference > 0
    assert np.all(s.integrated[image == 0] == 0)
    most = np.argsort(-s.integrated)[:10]
    removed = image.copy()
    removed[most] = 0
    at_random = np.median([margin(image * (np.random.default_rng(k).permutation(64) >= 10)) for k in range(20)])
    assert margin(removed) < at_random  # taking away what is salient hurts the answer most
