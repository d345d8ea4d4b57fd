"""Operators on grids: their orders of accuracy, their ends, and what they are put together to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from steepest.numeric import grids
from steepest.numeric.grids import Axis, End, Grid, axis, boundary_operator, operator, uniform_axis
from steepest.numeric.quadrature import chebyshev_nodes, differential_quadrature
from steepest.numeric.stencil import central

SPREAD = 1.3  # the order seen on finite grids may miss the true one by its higher terms


def wave(x: np.ndarray, order: int = 0) -> np.ndarray:
    """A function of period π and its derivatives, generic at 0 and 2."""
    return 2.0**order * np.sin(2 * x + 0.3 + order * np.pi / 2)


def nodes(count: int, ends: object, bent: bool) -> Axis:
    if ends == "periodic":
        t = np.pi * np.arange(count) / count
        return axis(t + 0.1 * bent * np.sin(2 * t), "periodic", period=np.pi)
    t = np.linspace(0, 1, count)
    return axis(2 * (t + 0.1 * bent * np.sin(6 * t) / 6), ends)  # type: ignore[arg-type]


def given(ax: Axis) -> np.ndarray:
    """The values and slopes of the wave at the ends."""
    kinds = [end for end in (ax.low, ax.high) if end is not End.FREE]
    return np.array([wave(ax.nodes[k], int(end is End.NEUMANN)) for k, end in zip(ax.given, kinds, strict=True)])


def error(ax: Axis, order: int, accuracy: int) -> float:
    found = operator(ax, order, accuracy) @ wave(ax.unknowns) + boundary_operator(ax, order, accuracy) @ given(ax)
    return float(np.abs(found - wave(ax.unknowns, order)).max())


@pytest.mark.parametrize("bent", [False, True])
@pytest.mark.parametrize(
    "ends", ["free", "dirichlet", "neumann", "periodic", ("dirichlet", "neumann"), ("neumann", "free")]
)
@pytest.mark.parametrize(("order", "accuracy"), [(1, 1), (1, 2), (1, 4), (2, 2), (2, 3), (2, 6), (3, 2), (4, 4)])
def test_the_error_falls_as_promised_at_every_node(order: int, accuracy: int, ends: object, bent: bool) -> None:
    coarse, fine = (error(nodes(n, ends, bent), order, accuracy) for n in (24, 48))
    assert np.log2(coarse / fine) > accuracy / SPREAD - 0.1


@pytest.mark.parametrize("ends", ["free", "dirichlet", "neumann", ("neumann", "dirichlet")])
@pytest.mark.parametrize(("order", "accuracy"), [(1, 2), (2, 2), (2, 4), (3, 3), (10, 10)])
def test_polynomials_are_differentiated_exactly(order: int, accuracy: int, ends: object) -> None:
    """All of degree below order + accuracy, on nodes that are not equally spaced, with what is given at the ends."""
    x = np.cumsum([0.0, 1, 2, 1, 1.5, 1, 0.5, 1, 2, 1, 1, 1, 1.5, 1, 1, 2, 1, 1, 1, 0.5, 1, 1]) / 8
    ax = axis(x, ends)  # type: ignore[arg-type]
    p = np.polynomial.Polynomial(np.random.default_rng(3).normal(size=order + accuracy), domain=[0, x[-1]])
    kinds = [end for end in (ax.low, ax.high) if end is not End.FREE]
    known = [p.deriv()(x[k]) if e is End.NEUMANN else p(x[k]) for k, e in zip(ax.given, kinds, strict=True)]
    D, B = operator(ax, order, accuracy), boundary_operator(ax, order, accuracy)
    rounding = 1e-15 * (abs(D) @ np.abs(p(ax.unknowns)) + abs(B) @ np.abs(known)).max()
    assert D @ p(ax.unknowns) + B @ known == pytest.approx(p.deriv(order)(ax.unknowns), rel=1e-12, abs=8 * rounding)


def test_unequal_nodes_in_the_middle_have_as_many_on_either_side() -> None:
    """One node more than the accuracy asks for, which on nodes that drift apart slowly gains two orders."""
    t = np.linspace(0, 1, 65)
    x = t + 0.3 * np.sin(2 * np.pi * t) / (2 * np.pi)
    D = operator(x, 2, 2)
    assert (D[2:-2] != 0).sum(axis=1).tolist() == [5] * 61
    assert np.median(np.abs(D @ wave(x) - wave(x, 2))) < 1e-5


@pytest.mark.parametrize("bent", [False, True])
@pytest.mark.parametrize(("order", "accuracy"), [(1, 2), (1, 4), (1, 6), (2, 2), (2, 4), (2, 6)])
def test_a_free_end_errs_hardly_more_than_its_neighbours(order: int, accuracy: int, bent: bool) -> None:
    """On one side only and with no node more it would err several times as much, and most of all nodes."""
    ax = nodes(48, "free", bent)
    x = ax.nodes
    errors = np.abs(operator(ax, order, accuracy) @ wave(x) - wave(x, order))
    assert errors[[0, -1]].max() < 1.3 * errors[1:-1].max()
    bare = operator(ax.nodes[: order + accuracy], order, accuracy) @ wave(x[: order + accuracy])
    assert errors[0] < 0.7 * abs(bare[0] - wave(x[:1], order)[0])


def test_a_free_end_has_no_more_nodes_than_rounding_allows() -> None:
    taken = [
        (operator(np.linspace(0, 1, 30), n, p).toarray()[0] != 0).sum() for n, p in [(1, 4), (2, 8), (2, 9), (6, 8)]
    ]
    assert taken == [6, 11, 11, 14]


def test_waves_that_come_in_at_a_given_end_and_leave_at_a_free_one_do_not_grow() -> None:
    for accuracy in (1, 2, 3):
        rate = -operator(uniform_axis(0, 1, 41, ("dirichlet", "free")), 1, accuracy)
        assert np.linalg.eigvals(rate.toarray()).real.max() < 0


def test_weights_of_the_tenth_derivative_are_rounded_once() -> None:
    """Fornberg, Math. Comp. 51 (1988), 699–706: table 1 continued; the row is that of the binomial coefficients."""
    row = operator(np.arange(30.0), 10, 2).toarray()[15]
    assert row[10:21].tolist() == [1, -10, 45, -120, 210, -252, 210, -120, 45, -10, 1]
    ten = operator(np.arange(41.0), 10, 10).toarray()[20]
    assert np.array_equal(ten, ten[::-1])
    assert ten[11:30].tolist() == central(10, 10).floats.tolist()


@pytest.mark.parametrize("accuracy", [2, 4, 6, 8])
@pytest.mark.parametrize("ends", ["dirichlet", "neumann", "periodic", ("dirichlet", "neumann")])
def test_closures_of_the_second_derivative_do_not_grow(ends: object, accuracy: int) -> None:
    """A heat equation with these ends decays: no eigenvalue has a positive real part."""
    ax = uniform_axis(0, 1, 30, ends)  # type: ignore[arg-type]
    eigenvalues = np.linalg.eigvals(operator(ax, 2, accuracy).toarray())
    assert eigenvalues.real.max() < 1e-9


def test_fields_of_two_and_three_dimensions() -> None:
    ax, ay, az = uniform_axis(0, 1, 30), uniform_axis(0, 2, 31, "dirichlet"), uniform_axis(-1, 1, 32, "periodic")
    grid = Grid(ax, ay, az)
    x, y, z = grid.mesh()
    u = np.exp(x) * np.sin(np.pi * y) * np.cos(np.pi * z)  # vanishes at y = 0, 2; period 2 in z
    D = operator(grid, 2, 6, axis=1)
    assert D.shape == (grid.size, grid.size)
    assert (D @ u.ravel()).reshape(grid.shape) == pytest.approx(-(np.pi**2) * u, abs=2e-4)
    assert grids.laplacian(grid, 6) @ u.ravel() == pytest.approx(((1 - 2 * np.pi**2) * u).ravel(), abs=4e-4)
    gradient = grids.gradient(grid, 6) @ u.ravel()
    assert gradient[: grid.size] == pytest.approx(u.ravel(), abs=1e-6)


def test_operators_along_different_axes_commute() -> None:
    """So the curl of a gradient and the divergence of a curl vanish, but for rounding."""
    grid = Grid(uniform_axis(0, 1, 7), uniform_axis(0, 1, 8, "periodic"), axis([0, 0.2, 0.3, 0.7, 1.0, 1.3, 1.4]))
    curl, gradient, divergence = grids.curl(grid, 4), grids.gradient(grid, 4), grids.divergence(grid, 4)
    size = abs(curl).max() * abs(gradient).max()
    assert abs(curl @ gradient).max() < 1e-12 * size
    assert abs(divergence @ curl).max() < 1e-12 * size


def test_the_curl_in_the_plane() -> None:
    grid = Grid(np.linspace(0, 1, 9), np.linspace(0, 2, 9))
    x, y = grid.mesh()
    turning = np.concatenate([(-y).ravel(), x.ravel()])  # turns at a rate of one: the curl is 2
    assert grids.curl(grid) @ turning == pytest.approx(2.0)
    assert grids.divergence(grid) @ turning == pytest.approx(0.0, abs=1e-12)


def test_what_is_given_at_the_ends_of_a_plane() -> None:
    """u = x³ y²: its values at x = 0, 1 and its slopes at y = 0, 1 are known."""
    grid = Grid(uniform_axis(0, 1, 9, "dirichlet"), uniform_axis(0, 1, 8, "neumann"))
    u = (lambda x, y: x**3 * y**2)(*grid.mesh())
    at_x, at_y = grid.ends(0), grid.ends(1)
    assert at_x[0].shape == (2, 8)
    assert at_y[1].shape == (7, 2)
    values, slopes = at_x[0] ** 3 * at_x[1] ** 2, 2 * at_y[0] ** 3 * at_y[1]
    laplacian = (
        grids.laplacian(grid, 4) @ u.ravel()
        + boundary_operator(grid, 2, 4, axis=0) @ values.ravel()
        + boundary_operator(grid, 2, 4, axis=1) @ slopes.ravel()
    )
    assert laplacian == pytest.approx((lambda x, y: 6 * x * y**2 + 2 * x**3)(*grid.mesh()).ravel(), abs=1e-11)


def test_one_axis_in_both_directions() -> None:
    side = uniform_axis(0, 1, 6, "dirichlet")
    grid = Grid(side, side)
    assert [a.shape for a in grid.ends(0)] == [(2, 4), (2, 4)]
    assert [a.shape for a in grid.ends(1)] == [(4, 2), (4, 2)]


def test_matrices_are_sparse_arrays_of_scipy() -> None:
    D = operator((np.linspace(0, 1, 50), np.linspace(0, 1, 40)), 2, 4, axis=-1)
    assert isinstance(D, scipy.sparse.csr_array)
    assert D.nnz < 2000 * 8


def test_scipy_is_not_needed_before_a_matrix_is_asked_for() -> None:
    code = """
import sys, types
sys.modules["scipy"] = None
sys.modules["steepest"] = package = types.ModuleType("steepest")
package.__path__ = sys.argv[1:]
from steepest.numeric import derivative
print(derivative(lambda x: x * x, 1.5).value)
"""
    package = str(Path(grids.__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", code, package], capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(3.0)


def test_differential_quadrature_beats_a_stencil_on_as_many_nodes() -> None:
    def f(x: np.ndarray, order: int = 0) -> np.ndarray:
        return np.exp(x) * np.sin(5 * x) if not order else np.exp(x) * (np.sin(5 * x) + 5 * np.cos(5 * x))

    spectral, even = chebyshev_nodes(65), np.linspace(-1, 1, 65)
    by_quadrature = np.abs(differential_quadrature(spectral) @ f(spectral) - f(spectral, 1)).max()
    by_stencil = np.abs(operator(even, 1, 8) @ f(even) - f(even, 1)).max()
    assert by_quadrature < 1e-10
    assert by_stencil > 1e3 * by_quadrature


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: axis([0, 1, 1, 2]), "1 is given twice"),
        (lambda: axis([0, 2, 1]), "1 comes after 2"),
        (lambda: axis([0, np.nan]), "finite"),
        (lambda: axis([[0, 1]]), "one dimension"),
        (lambda: axis([0, 1], "open"), "'dirichlet'"),
        (lambda: axis([0, 1], ("free", "periodic")), "ends are one of"),
        (lambda: axis([0, 1], "periodic"), "period="),
        (lambda: axis([0, 1, 2], "periodic", period=2.0), "leave out the node"),
        (lambda: axis([0, 1], period=2.0), "belongs to"),
        (lambda: uniform_axis(1, 0, 5), "interval"),
        (lambda: uniform_axis(0, 1, 1), "2 or more"),
        (lambda: uniform_axis(0, 1, 3.5), "whole number, got 3.5"),
        (lambda: axis(["a", "b"]), "real numbers"),
        (lambda: axis([0, 1], None), "ends are one of"),
        (lambda: operator(np.arange(4.0), 1, 2.5), "accuracy is a whole number"),
        (lambda: operator(np.array([0, 1e-200, 3e-200, 4e-200]), 2, 1), "weights overflow"),
        (lambda: operator((np.arange(4.0), np.arange(4.0)), axis=0.5), "whole number, got 0.5"),
        (lambda: operator(np.arange(4.0), 2, 4), "needs 6 nodes, the axis has 4"),
        (lambda: operator(np.arange(4.0), 0), "order of a derivative is 1"),
        (lambda: operator(np.arange(4.0), 1, 0), "accuracy is 1"),
        (lambda: operator(np.arange(4.0), axis=1), "1 axes"),
        (lambda: operator(np.arange(4.0) * 1e-200, 2), "overflow"),
        (lambda: Grid(), "1 to 3 axes"),
        (lambda: grids.curl(np.arange(5.0)), "2 or 3 axes"),
    ],
)
def test_grids_that_do_not_exist(make: Callable[[], object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make()
