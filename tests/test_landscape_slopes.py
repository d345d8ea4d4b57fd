"""Slopes, flows, conditioning, the second-derivative test, the natural gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from landscapes import goldstein_price, himmelblau, rosenbrock

import steepest as st
from steepest.errors import ArgumentError, ShapeError
from steepest.landscape.second_order import Extent, Kind, of_matrix, of_products, second_derivative_test


def f(x: Any) -> Any:
    return np.sin(x[0]) * x[1] ** 2 + x[0]


POINT = np.array([0.7, -1.3])
GRADIENT = np.array([np.cos(0.7) * 1.69 + 1, 2 * np.sin(0.7) * -1.3])


# --- directions -----------------------------------------------------------------------------------------


def test_the_steepest_direction_beats_all_others() -> None:
    s = st.steepest_direction(f, POINT)
    assert s.rate == pytest.approx(np.linalg.norm(GRADIENT))
    assert np.allclose(s.direction * s.rate, GRADIENT)
    rates = st.directional_rates(f, POINT)
    assert rates.maximal_rate == pytest.approx(s.rate)
    assert rates.rates.max() <= s.rate * (1 + 1e-12)
    a = rates.steepest_angle
    assert np.allclose([np.cos(a), np.sin(a)], s.direction)


def test_rates_are_directional_derivatives() -> None:
    angles = np.array([0.1, 1.7, 4.0])
    found = st.directional_rates(f, POINT, angles).rates
    for a, rate in zip(angles, found, strict=True):
        v = np.array([np.cos(a), np.sin(a)])
        assert rate == pytest.approx(st.directional_derivative(f, POINT, v))


def test_rates_in_a_plane_of_many_variables() -> None:
    x = np.array([1.0, 2.0, 3.0])
    u, v = np.array([2.0, 0, 0]), np.array([1.0, 1.0, 0])
    found = st.directional_rates(lambda x: x @ x, x, [0.0, np.pi / 2], plane=(u, v))
    assert np.allclose(found.rates, [2, 4])
    with pytest.raises(ShapeError, match="plane"):
        st.directional_rates(lambda x: x @ x, x)
    with pytest.raises(ArgumentError, match="parallel"):
        st.directional_rates(lambda x: x @ x, x, plane=(u, 2 * u))


def test_the_shape_of_x_is_kept() -> None:
    s = st.steepest_direction(lambda m: np.sum(m**2), np.ones((2, 3)))
    assert s.direction.shape == (2, 3)
    assert st.steepest_direction(lambda x: x @ x, np.zeros(2)).rate == 0


@pytest.mark.parametrize("x", [(0.3, 1.2), (-2.0, 0.5), (3.1, 2.2)])
def test_gradient_and_level_curve_are_perpendicular(x: tuple[float, float]) -> None:
    found = st.perpendicularity(himmelblau, x)
    assert found.degrees == pytest.approx(90, abs=0.01)
    finer = st.perpendicularity(himmelblau, x, radius=1e-5)
    assert abs(finer.degrees - 90) <= abs(found.degrees - 90) + 1e-6


def test_perpendicularity_needs_a_gradient() -> None:
    with pytest.raises(ArgumentError, match="no direction"):
        st.perpendicularity(lambda x, y: x**2 + y**2, [0.0, 0.0])
    with pytest.raises(ArgumentError, match="smaller radius"):
        st.perpendicularity(lambda x, y: x**2 + y**2, [1.0, 0.0], radius=5.0)
    with pytest.raises(ShapeError):
        st.perpendicularity(lambda x: x @ x, [1.0, 0.0, 0.0])


# --- the second-derivative test ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("eigenvalues", "kind", "index"),
    [
        ((1, 2, 3), Kind.MINIMUM, 0),
        ((-1, -2, -3), Kind.MAXIMUM, 3),
        ((-1, 2, -3), Kind.SADDLE, 2),
        ((0, 2, 3), Kind.DEGENERATE, 0),
        ((0, -2, -3), Kind.DEGENERATE, 2),
        ((0, -2, 3), Kind.SADDLE, 1),
        ((0, 0, 0), Kind.DEGENERATE, 0),
    ],
)
def test_kinds(eigenvalues: tuple[float, ...], kind: Kind, index: int) -> None:
    q = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    test = of_matrix(q @ np.diag(np.array(eigenvalues, dtype=float)) @ q.T)
    assert (test.kind, test.index) == (kind, index)
    assert np.allclose(test.eigenvalues, sorted(eigenvalues), atol=1e-12)
    if index:
        assert test.way_down is not None
        assert np.linalg.norm(test.way_down) == pytest.approx(1)


def test_lanczos_agrees_with_the_dense_test() -> None:
    rng = np.random.default_rng(2)
    q = np.linalg.qr(rng.standard_normal((300, 300)))[0]
    eigenvalues = np.concatenate([[-3.0, -1.5], rng.uniform(0.5, 4, 298)])
    h = q @ np.diag(eigenvalues) @ q.T
    test = of_products(lambda v: h @ v, 300)
    assert test.extent is Extent.EXTREME
    assert (test.index, test.kind) == (2, Kind.SADDLE)
    assert test.eigenvalues[:2] == pytest.approx([-3.0, -1.5])
    assert test.eigenvalues[-1] == pytest.approx(eigenvalues.max())
    assert test.way_down is not None
    assert abs(test.way_down @ q[:, 0]) == pytest.approx(1)


def test_lanczos_takes_few_products() -> None:
    count = [0]
    weights = np.linspace(1, 2000, 5000)
    weights[7] = -100.0

    def product(v: np.ndarray) -> np.ndarray:
        count[0] += 1
        return np.asarray(weights * v)

    test = of_products(product, 5000)
    assert count[0] <= 60
    assert test.index >= 1
    assert test.way_down is not None
    assert test.way_down @ (weights * test.way_down) == pytest.approx(test.eigenvalues[0], rel=1e-6)
    assert of_products(lambda v: 0 * v, 100).kind == "degenerate"
    with pytest.raises(ArgumentError, match="finite"):
        of_products(lambda v: v * np.nan, 100)


def test_of_a_function_of_many_variables() -> None:
    test = second_derivative_test(lambda x: np.sum(x**2) - 3 * x[0] ** 2, np.zeros(250))
    assert (test.kind, test.index) == (Kind.SADDLE, 1)
    assert second_derivative_test(lambda m: np.sum(m**2), np.zeros((2, 2))).kind == "minimum"


def test_bad_hessians() -> None:
    with pytest.raises(ShapeError):
        of_matrix(np.zeros((2, 3)))
    with pytest.raises(ArgumentError, match="finite"):
        of_matrix(np.array([[np.nan]]))


# --- flows --------------------------------------------------------------------------------------------------


def test_the_flow_of_a_quadratic_is_known() -> None:
    line = st.gradient_flow(lambda x, y: x**2 + 5 * y**2, [1.0, 1.0])
    assert np.allclose(line.points, np.stack([np.exp(-2 * line.times), np.exp(-10 * line.times)], 1), atol=1e-6)
    assert line.end == "comes to rest at a critical point"
    assert np.all(np.diff(line.values) < 0)


def test_a_stiff_valley_leads_to_the_minimum() -> None:
    line = st.gradient_flow(rosenbrock, [-1.2, 1.0])
    assert np.allclose(line.points[-1], 1, atol=1e-4)
    assert len(line.times) < 500


def test_up_to_the_maximum() -> None:
    line = st.gradient_flow(himmelblau, [-0.2, -0.9], way="up")
    assert np.allclose(line.points[-1], [-0.270845, -0.923039], atol=1e-4)


def test_flows_end_at_the_edge_or_run_away() -> None:
    def slope(x: Any, y: Any) -> Any:
        return x + 0 * y

    assert st.gradient_flow(slope, [0.0, 0.0], bounds=[(-1, 1)] * 2).end == "leaves the box"
    assert st.gradient_flow(slope, [0.5, 0.0]).end == "runs away without end"
    assert st.gradient_flow(slope, [0.5, 0.0], time=1.0).points[-1] == pytest.approx([-0.5, 0])


def test_flows_that_make_no_sense() -> None:
    with pytest.raises(ArgumentError, match="down"):
        st.gradient_flow(himmelblau, [0.0, 0.0], way="left")
    with pytest.raises(ArgumentError, match="inside"):
        st.gradient_flow(himmelblau, [9.0, 0.0], bounds=[(-1, 1)] * 2)
    with pytest.raises(ArgumentError, match="finite"):
        st.gradient_flow(himmelblau, [np.nan, 0.0])
    with pytest.raises(ArgumentError, match="time"):
        st.gradient_flow(himmelblau, [0.0, 0.0], time=-1)
    with pytest.raises(ArgumentError, match="no finite gradient"):
        st.gradient_flow(lambda x, y: np.log(x) + y, [-1.0, 0.0])


# --- conditioning -------------------------------------------------------------------------------------------


def test_the_predicted_number_of_steps_is_right() -> None:
    c = st.conditioning(lambda x: x[0] ** 2 + 100 * x[1] ** 2, np.array([1.0, 1.0]))
    assert c.condition == pytest.approx(100)
    x = np.array([100.0, 1.0])
    values = []
    for _ in range(1000):
        values.append(x[0] ** 2 + 100 * x[1] ** 2)
        x = x - c.best_step * np.array([2 * x[0], 200 * x[1]])
    digits = np.log10(values[0] / values[-1]) / 2  # of x
    assert 1000 / digits == pytest.approx(c.steps_per_digit, rel=0.01)


def test_words_of_conditioning() -> None:
    assert "ill-conditioned" in str(st.conditioning(lambda x: x[0] ** 2 + 1e8 * x[1] ** 2, np.ones(2)))
    assert "Newton step loses" in str(st.conditioning(lambda x: x[0] ** 2 + 1e13 * x[1] ** 2, np.ones(2)))
    assert "not convex" in str(st.conditioning(lambda x: x[0] ** 2 - x[1] ** 2, np.ones(2)))
    assert "concave" in str(st.conditioning(lambda x: -x @ x, np.ones(2)))
    assert "singular" in str(st.conditioning(lambda x: (x[0] + x[1]) ** 2, np.ones(2)))
    assert "the Hessian is 0" in str(st.conditioning(lambda x: x[0] + x[1], np.ones(2)))
    assert np.isnan(st.conditioning(lambda x: -x @ x, np.ones(2)).best_step)
    assert st.conditioning(goldstein_price, [0.0, -1.0]).condition == pytest.approx(2.396, rel=1e-3)


def test_a_plateau_is_seen_whatever_the_scale() -> None:
    for scale in (1e-9, 1.0, 1e9):
        c = st.conditioning(lambda x, s=scale: s * np.sum(1 / (1 + np.exp(-x))), np.full(2, 20.0))
        assert c.plateau
        assert "plateau" in str(c)
        assert not st.conditioning(lambda x, s=scale: s * np.sum(x**2), np.ones(2)).plateau
    assert not st.conditioning(lambda x: np.sum(x**2), np.zeros(2)).plateau  # a minimum is no plateau
    assert st.conditioning(lambda x: 0 * x[0], np.ones(2)).plateau


def test_conditioning_of_many_variables() -> None:
    weights = np.linspace(1, 50, 300)
    c = st.conditioning(lambda x: x @ (weights * x), np.ones(300))
    assert 49.9 < c.condition <= 50 * (1 + 1e-12)  # of many variables it is a lower bound
    with pytest.raises(ArgumentError):
        st.conditioning(lambda x: x @ x, [np.nan])


# --- natural gradient ----------------------------------------------------------------------------------------


def normal(theta: Any, x: Any) -> Any:
    return -0.5 * ((x - theta[0]) / np.exp(theta[1])) ** 2 - theta[1]


def by_variance(eta: Any, x: Any) -> Any:
    return -0.5 * (x - eta[0]) ** 2 / eta[1] - 0.5 * np.log(eta[1])


def test_the_natural_gradient_does_not_depend_on_the_parameters() -> None:
    """The same step in the law's mean and variance, whether they are parameters or its mean and log deviation."""
    samples = np.random.default_rng(4).normal(1.0, 2.0, 20_000)
    theta, eta = np.array([0.5, np.log(1.5)]), np.array([0.5, 2.25])

    def loss(log_density: Any) -> Any:
        return lambda p: -np.mean([log_density(p, x) for x in samples[:50]])

    steps = [
        st.natural_gradient(density, p, samples, st.grad(loss(density))(p)).direction
        for density, p in ((normal, theta), (by_variance, eta))
    ]
    to_eta = np.diag([1.0, 2 * 2.25])  # ∂η/∂θ
    assert np.allclose(to_eta @ steps[0], steps[1])
    plain = [st.grad(loss(density))(p) for density, p in ((normal, theta), (by_variance, eta))]
    assert not np.allclose(to_eta @ plain[0], plain[1], rtol=0.1)


def test_a_metric_that_the_samples_do_not_determine() -> None:
    found = st.natural_gradient(normal, np.array([0.0, 0.0]), np.array([1.0]), np.array([1.0, 0.0]))
    assert found.rank == 1
    assert "rank 1 of 2" in repr(found)
    damped = st.natural_gradient(normal, np.zeros(2), np.array([1.0]), np.array([1.0, 0.0]), damping=1.0)
    assert np.allclose((damped.fisher + np.eye(2)) @ damped.direction, [1, 0])


def test_natural_gradients_that_make_no_sense() -> None:
    with pytest.raises(ShapeError):
        st.natural_gradient(normal, np.zeros(2), np.ones(3), np.zeros(3))
    with pytest.raises(ArgumentError, match="damping"):
        st.natural_gradient(normal, np.zeros(2), np.ones(3), np.zeros(2), damping=-1)
    with pytest.raises(ArgumentError, match="finite"):
        st.natural_gradient(normal, np.zeros(2), np.ones(3), np.array([np.nan, 0]))
