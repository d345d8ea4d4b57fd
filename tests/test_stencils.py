"""Stencils with exact weights, and differential quadrature."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as strategies

from steepest.numeric.quadrature import (
    barycentric_weights,
    chebyshev_nodes,
    differential_quadrature,
    interpolate,
    legendre_nodes,
)
from steepest.numeric.stencil import Stencil, backward, central, forward, stencil


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (forward(1), "f′ ≈ (−f₀ + f₁)/h, error 1/2 h f″"),
        (central(1), "f′ ≈ (−f₋₁ + f₁)/(2h), error 1/6 h² f‴"),
        (central(2), "f″ ≈ (f₋₁ − 2f₀ + f₁)/h², error 1/12 h² f⁗"),
        (central(2, 4), "f″ ≈ (−f₋₂ + 16f₋₁ − 30f₀ + 16f₁ − f₂)/(12h²), error −1/90 h⁴ f⁽⁶⁾"),
        (backward(1, 2), "f′ ≈ (f₋₂ − 4f₋₁ + 3f₀)/(2h), error −1/3 h² f‴"),
        (stencil([-1, 0.5, 2]), "f′ ≈ (−5f₋₁ + 4f(x + 1/2 h) + f₂)/(9h), error 1/4 h² f‴"),
    ],
)
def test_known_stencils(found: Stencil, text: str) -> None:
    """Abramowitz & Stegun, Handbook of Mathematical Functions, section 25.3; Fornberg (1988), tables 1 and 3."""
    assert str(found) == text


def test_the_tenth_derivative_is_exact() -> None:
    found = central(10, 10)
    assert found.accuracy == 10
    assert found.weights == found.weights[::-1]
    x = Fraction(1, 3)  # a polynomial of degree 19 at a rational point: exact, whatever the cancellation
    value = sum(w * (x + n) ** 19 for w, n in zip(found.weights, found.nodes, strict=True))
    assert value == Fraction(math.factorial(19), math.factorial(9)) * x**9


NODES = strategies.lists(
    strategies.fractions(min_value=-9, max_value=9, max_denominator=12), min_size=2, max_size=9, unique=True
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(NODES, strategies.data())
def test_polynomials_are_differentiated_exactly(nodes: list[Fraction], data: strategies.DataObject) -> None:
    order = data.draw(strategies.integers(1, len(nodes) - 1))
    found = stencil(nodes, order)
    for degree in range(order + found.accuracy):
        value = sum(w * x**degree for w, x in zip(found.weights, nodes, strict=True))
        assert value == (math.factorial(order) if degree == order else 0)
    assert found.accuracy >= len(nodes) - order


@pytest.mark.parametrize("found", [forward(1), forward(2, 3), central(1), central(3, 2), backward(2, 2)])
def test_the_error_falls_with_the_power_it_states(found: Stencil) -> None:
    nodes = np.array([float(x) for x in found.nodes])
    k, p = found.order, found.accuracy
    truth = [math.cos(0.4 + np.pi / 2 * n) for n in (k, k + p)]
    for step in (1e-2, 5e-3):
        error = found.apply(np.cos(0.4 + step * nodes), step) - truth[0]
        assert error == pytest.approx(float(found.error_constant) * step**p * truth[1], rel=0.2)


@pytest.mark.parametrize(
    ("nodes", "order", "why"),
    [([0, 1, 1], 1, "twice"), ([0, math.inf], 1, "finite"), ([0, math.nan], 1, "finite"), ([0, 1], 2, "3 nodes"),
     ([0, 1], 0, "1 or more")],
)  # fmt: skip
def test_stencils_that_do_not_exist(nodes: list[float], order: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        stencil(nodes, order)


def test_accuracies_that_do_not_exist() -> None:
    with pytest.raises(ValueError, match="even"):
        central(1, 3)
    with pytest.raises(ValueError, match="accuracy"):
        forward(1, 0)
    with pytest.raises(ValueError, match="3 values"):
        central(1).apply(np.ones(4))
    with pytest.raises(ValueError, match="step of 0"):
        central(1).apply(np.ones(3), 0.0)
    for order in (1.5, "1", True):
        with pytest.raises(ValueError, match="whole number"):
            stencil([0, 1, 2], order)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [chebyshev_nodes, legendre_nodes])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_quadrature_converges_beyond_any_power(make: object, order: int) -> None:
    errors = []
    for count in (8, 12, 16, 24):
        x = make(count, -1.0, 2.0)  # type: ignore[operator]
        f, truth = np.exp((0.3 + 1j) * x), (0.3 + 1j) ** order * np.exp((0.3 + 1j) * x)
        errors.append(np.max(np.abs(differential_quadrature(x, order) @ f - truth)))
    assert errors[1] < errors[0] * 1e-3
    assert errors[-1] < 1e-9


def test_legendre_nodes_are_the_tabulated_ones() -> None:
    """Abramowitz & Stegun, table 25.6."""
    np.testing.assert_allclose(legendre_nodes(5)[3:], [0.654653670707977, 1.0], rtol=1e-14)


def test_quadrature_of_order_n_is_the_stencil_at_every_node() -> None:
    x = np.array([-1.0, 0.25, 0.5, 2.0])
    for order in (1, 2, 3):
        expected = [stencil([Fraction(a) - Fraction(b) for a in x], order).floats for b in x]
        np.testing.assert_allclose(differential_quadrature(x, order), expected, rtol=1e-12, atol=1e-12)


def test_interpolation_passes_through_the_nodes() -> None:
    x = chebyshev_nodes(21)
    np.testing.assert_array_equal(interpolate(x, np.exp(x), x), np.exp(x))
    between = np.linspace(-1, 1, 7)
    np.testing.assert_allclose(interpolate(x, np.exp(x), between), np.exp(between), rtol=1e-14)


def test_many_nodes_do_not_overflow() -> None:
    assert np.isfinite(barycentric_weights(np.linspace(0, 1e-3, 700))).all()


@pytest.mark.parametrize("nodes", [[0.0, 0.0], [0.0], [0.0, np.nan], [[0.0, 1.0]]])
def test_nodes_that_are_none(nodes: list[float]) -> None:
    with pytest.raises(ValueError, match="node"):
        differential_quadrature(np.array(nodes))
    with pytest.raises(ValueError, match="order 1 to 1"):
        differential_quadrature(np.array([0.0, 1.0]), 2)
    with pytest.raises(ValueError, match=r"the node 0\.5 is given twice"):
        interpolate([0.5, 1, 0.5], [1, 2, 3], 0.7)  # type: ignore[arg-type]
    for make in (chebyshev_nodes, legendre_nodes):
        with pytest.raises(ValueError, match=r"whole number, got 2\.5"):
            make(2.5)  # type: ignore[arg-type]
