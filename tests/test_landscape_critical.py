"""All critical points in a box: exact counts, what is proved, and what is said where nothing can be."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from landscapes import LANDSCAPES, himmelblau, rosenbrock, styblinski_tang
from scipy.optimize import approx_fprime, root
from scipy.special import gamma

import steepest as st
from steepest.errors import ArgumentError, NotDeterministicError, NotScalarError, ShapeError
from steepest.landscape.box import box_of
from steepest.landscape.branch_and_bound import cover
from steepest.landscape.enclosed import Enclosures
from steepest.landscape.field import ScalarField
from steepest.landscape.unique_zero import unique_zeros

SQUARE = [(-1.0, 1.0)] * 2


def kinds(points: Any) -> tuple[int, int, int, int]:
    return tuple(len(points.of_kind(k)) for k in ("minimum", "saddle", "maximum", "degenerate"))  # type: ignore[return-value]


@pytest.mark.parametrize("name", LANDSCAPES)
def test_exact_counts_proved_complete(name: str) -> None:
    f, bounds, counts = LANDSCAPES[name]
    points = st.critical_points(f, bounds)
    assert kinds(points) == (*counts, 0)
    assert points.complete
    assert all(p.proved for p in points)
    for p in points:
        assert np.linalg.norm(ScalarField(f, len(bounds)).gradient(p.x)) < 1e-9 * np.abs(p.eigenvalues).max()
        assert p.index == np.sum(p.eigenvalues < 0)


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["Himmelblau", "Beale", "Müller–Brown", "Goldstein–Price", "six-hump camel"])
def test_a_dense_search_with_other_tools_finds_no_others(name: str) -> None:
    """MINPACK on numeric gradients, from 900 starts."""
    f, bounds, counts = LANDSCAPES[name]
    field = ScalarField(f, 2)
    found: list[np.ndarray] = []
    for start in itertools.product(*(np.linspace(a, b, 30) for a, b in bounds)):
        with np.errstate(all="ignore"):
            s = root(lambda x: approx_fprime(x, field.value, 1e-7), start, method="hybr", options={"maxfev": 60})
        inside = all(a <= v <= b for v, (a, b) in zip(s.x, bounds, strict=True))
        if s.success and inside and all(np.linalg.norm(s.x - x) > 1e-2 for x in found):
            found.append(s.x)
    points = st.critical_points(f, bounds)
    real = [x for x in found if np.linalg.norm(field.gradient(x)) < 1e-3 * np.abs(field.hessian(x)).max()]
    assert len(real) == sum(counts)
    for x in real:
        assert min(np.linalg.norm(p.x - x) for p in points) < 1e-2


def test_four_variables() -> None:
    points = st.critical_points(styblinski_tang, [(-5, 5)] * 4)
    assert kinds(points) == (16, 64, 1, 0)
    assert [p.index for p in points if p.kind == "saddle"].count(2) == 24
    assert points.complete


def test_points_that_newton_missed_are_found_by_the_proof() -> None:
    field, box = ScalarField(himmelblau, 2), box_of([(-6, 6)] * 2)
    found = cover(Enclosures(field, [box.middle]), box, [], [])
    assert len({tuple(np.round(z.tight_low, 6)) for z in found.zeros}) == 9
    assert found.is_whole
    points = st.critical_points(himmelblau, [(-6, 6)] * 2, starts_per_variable=1)
    assert (len(points), points.complete) == (9, True)


def test_a_uniqueness_box_holds_its_zero() -> None:
    field, box = ScalarField(himmelblau, 2), box_of([(-6, 6)] * 2)
    zero, none = unique_zeros(Enclosures(field, [box.middle]), np.array([[3.0, 2.0], [5.0, 5.0]]), box)
    assert none is None
    assert zero is not None
    assert np.all(zero.tight_low <= [3, 2])
    assert np.all(zero.tight_high >= [3, 2])
    assert np.all(zero.tight_high - zero.tight_low < 1e-13)
    assert np.all(zero.high - zero.low > 0.1)


# --- degenerate points, lines, surfaces ---------------------------------------------------------------------


def test_a_monkey_saddle_is_degenerate() -> None:
    points = st.critical_points(lambda x, y: x**3 - 3 * x * y**2, SQUARE)
    assert kinds(points) == (0, 0, 0, 1)
    assert np.allclose(points[0].x, 0, atol=1e-6)
    assert "rises and falls" in points[0].note
    assert not points.complete
    assert "but for the surroundings" in points.certificate.statement


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x, y: (x - 0.3) ** 4 + (y - 0.2) ** 4, "looks like a minimum"),
        (lambda x, y: -((x - 0.3) ** 4) - (y - 0.2) ** 2, "looks like a maximum"),
        (lambda x, y: (x - 0.3) ** 3 + (y - 0.2) ** 2, "no extremum"),
    ],
)
def test_values_tell_what_the_hessian_does_not(f: Any, words: str) -> None:
    (p,) = st.critical_points(f, SQUARE)
    assert p.kind == "degenerate"
    assert np.allclose(p.x, [0.3, 0.2], atol=1e-3)
    assert words in p.note


def test_a_closed_line_of_critical_points() -> None:
    points = st.critical_points(lambda x, y: (x**2 + y**2 - 1) ** 2, [(-2, 2)] * 2)
    assert kinds(points) == (0, 0, 1, 1)
    (line,) = points.manifolds
    assert line.closed
    assert np.allclose(np.linalg.norm(line.points, axis=1), 1, atol=1e-6)
    assert not points.complete
    assert "closed line" in str(points)


def test_a_straight_line_ends_at_the_edges() -> None:
    points = st.critical_points(lambda x, y: (x - 0.25) ** 2, SQUARE)
    (line,) = points.manifolds
    assert not line.closed
    assert sorted(line.points[[0, -1], 1]) == pytest.approx([-1, 1])
    assert np.allclose(line.points[:, 0], 0.25)


@pytest.mark.parametrize("high", [1, 1.5])
def test_lines_that_cross_are_lines(high: float) -> None:
    points = st.critical_points(lambda x, y: (x * y) ** 2, [(-1, 1), (-1, high)], most_boxes=10_000)
    assert [m.dimension for m in points.manifolds] == [1, 1]
    assert len(points) == 2


@pytest.mark.parametrize(
    ("f", "n", "dimension"), [(lambda x, y, z: (x - 0.2) ** 2, 3, 2), (lambda x, y: 3.0 + 0 * x, 2, 2)]
)
def test_surfaces_are_told(f: Any, n: int, dimension: int) -> None:
    points = st.critical_points(f, [(-1, 1)] * n)
    assert [m.dimension for m in points.manifolds] == [dimension]
    assert len(points) == 1
    assert not points.complete
    assert "surface" in str(points.certificate)


# --- edges, kinks, domains, branches -------------------------------------------------------------------------


def test_a_point_on_the_edge_of_the_box() -> None:
    points = st.critical_points(lambda x, y: x**2 + y**2, [(0, 1), (0, 1)])
    (p,) = points
    assert p.note == "on the edge of the box"
    assert points.complete


def test_a_point_just_outside_is_not_listed() -> None:
    points = st.critical_points(lambda x, y: (x + 1e-6) ** 2 + y**2, [(0, 1), (-1, 1)])
    assert len(points) == 0
    assert points.complete


def test_a_kink_is_told() -> None:
    points = st.critical_points(lambda x, y: abs(x) + y**2, [(-1, 1.2)] * 2)
    assert len(points) == 0
    assert not points.complete
    assert "kink" in str(points.certificate)


def test_a_smooth_function_with_a_kink_elsewhere() -> None:
    points = st.critical_points(lambda x, y: np.maximum(x, 0.5) ** 2 + (x - 0.1) ** 2 + y**2, SQUARE)
    assert np.allclose([p.x for p in points], [[0.1, 0]])
    assert points.complete  # nothing next to the kink has a gradient of 0: its slopes are enclosed


def test_a_domain_that_ends_inside_of_the_box() -> None:
    points = st.critical_points(lambda x, y: x * np.log(x) + (y - 0.3) ** 2, [(-1, 2)] * 2)
    (p,) = points
    assert np.allclose(p.x, [np.exp(-1), 0.3])
    assert points.complete


def test_branches_on_values_are_pieces() -> None:
    def f(x: float, y: float) -> float:
        if x > 0.1:
            return (x - 0.5) ** 2 + y**2
        return (x + 0.5) ** 2 + y**2

    points = st.critical_points(f, SQUARE)
    assert np.allclose(sorted(tuple(p.x) for p in points), [[-0.5, 0], [0.5, 0]])
    assert all(p.proved for p in points)
    assert not points.complete
    assert "branch" in str(points.certificate)


def test_functions_of_math_and_loops() -> None:
    def f(x: float, y: float) -> float:
        total = 0.0
        for k in range(3):
            total += math.sin(x + k) ** 2 + y**2
        return total

    assert st.critical_points(f, [(-1, 1), (-1, 1)]).complete


def test_where_math_raises_there_is_no_value() -> None:
    points = st.critical_points(lambda x, y: x * math.log(x) + (y - 0.1) ** 2, SQUARE)
    assert np.allclose([p.x for p in points], [[np.exp(-1), 0.1]])
    assert points.complete


def test_a_flat_cusp_is_no_line() -> None:
    """(y² − x³)²: the curve is critical, the axis next to its cusp nearly so."""
    points = st.critical_points(lambda x, y: (y**2 - x**3) ** 2, SQUARE)
    assert all(np.allclose(m.points[:, 1] ** 2, m.points[:, 0] ** 3, atol=1e-3) for m in points.manifolds)
    assert points.manifolds


def test_what_only_looks_critical_is_disproved() -> None:
    """Slopes of 1e-14 are 0 to a search, and not to a proof."""
    points = st.critical_points(lambda x, y: 1e-14 * x + y**2, SQUARE)
    assert len(points) == 0
    assert points.complete
    assert not points.manifolds


@pytest.mark.parametrize("size", [1e-100, 1e-30, 1e30, 1e60])
def test_boxes_of_any_size(size: float) -> None:
    (p,) = st.critical_points(lambda x, y: (x / size - 0.1) ** 2 + (y / size) ** 2, [(-size, size)] * 2)
    assert p.proved
    assert np.allclose(p.x / size, [0.1, 0])


@pytest.mark.heavy
def test_endlessly_many_points_are_given_up() -> None:
    points = st.critical_points(lambda x: x**2 * np.sin(1 / x), [(-1, 1)])
    assert len(points) > 100
    assert not points.complete


def test_what_has_no_interval_rule_is_said() -> None:
    points = st.critical_points(lambda x, y: gamma(x) + y**2, [(0.5, 3), (-1, 1)])
    assert kinds(points) == (1, 0, 0, 0)
    assert not points.complete
    assert not points[0].proved
    assert "no interval rule for gamma" in str(points.certificate)


def test_more_than_six_variables_are_searched_only() -> None:
    points = st.critical_points(rosenbrock, [(-2, 2)] * 8, starts_per_variable=8)
    assert any(np.allclose(p.x, 1) for p in points)
    assert not points.complete
    assert "8 variables" in str(points.certificate)


def test_work_that_runs_out_is_said() -> None:
    points = st.critical_points(himmelblau, [(-6, 6)] * 2, most_boxes=20)
    assert len(points) == 9
    assert not points.complete
    assert "most_boxes" in str(points.certificate)


@pytest.mark.parametrize("stretch", [1e5, 1e8])
def test_ill_conditioned_points_are_not_called_degenerate(stretch: float) -> None:
    points = st.critical_points(lambda x, y: (x - 0.1) ** 2 + stretch * (y - 0.3) ** 2 * (1 + x**2), SQUARE)
    assert kinds(points) == (1, 0, 0, 0)
    assert points.complete


def test_two_points_close_together_are_told_apart() -> None:
    points = st.critical_points(lambda x: x**3 / 3 - 1e-10 * x, [(-1, 1)])
    assert kinds(points) == (1, 0, 1, 0)
    assert np.allclose(sorted(p.x[0] for p in points), [-1e-5, 1e-5], rtol=1e-6)
    assert points.complete


@pytest.mark.parametrize(("scale", "stretch"), [(1e-8, 1e6), (1e8, 1e-6), (1e8, 1e6)])
def test_free_of_scale(scale: float, stretch: float) -> None:
    points = st.critical_points(lambda x: scale * himmelblau(x / stretch), [(-6 * stretch, 6 * stretch)] * 2)
    assert kinds(points) == (4, 4, 1, 0)
    assert points.complete


# --- what is shown, what is refused ---------------------------------------------------------------------------


def test_the_table() -> None:
    points = st.critical_points(himmelblau, [(-6, 6)] * 2)
    lines = str(points).splitlines()
    assert lines[0] == "9 critical points: 1 maximum, 4 minima, 4 saddles"
    assert lines[1].split("  ")[0] == "kind"
    assert lines[2].startswith("minimum  (3, 2) ")
    assert lines[-1].startswith("complete: interval arithmetic over ")
    assert "eigenvalues" in repr(points[0])


def test_numbers_or_an_array() -> None:
    of_array = st.critical_points(lambda x: x[0] ** 2 + x[1] ** 2 + x[0] * x[1], SQUARE)
    of_numbers = st.critical_points(lambda a, b: a**2 + b**2 + a * b, SQUARE)
    assert np.allclose(of_array[0].x, of_numbers[0].x)
    assert len(st.critical_points(lambda x: x[0] ** 2, [(-1, 1)])) == 1
    assert len(st.critical_points(lambda x: np.sum(x**2), [(-1, 1)])) == 1
    assert len(st.critical_points(lambda *x: x[0] ** 2 + x[1] ** 2, SQUARE)) == 1


@pytest.mark.parametrize(
    ("bounds", "error", "words"),
    [
        (None, ArgumentError, "list of"),
        ("ab", ArgumentError, "list of"),
        (3.0, ArgumentError, "list of"),
        ([(0, 1, 2)], ShapeError, "shape"),
        ([0, 1], ShapeError, "shape"),
        ([], ShapeError, "shape"),
        ([("a", "b")], ArgumentError, "list of"),
        ([(1, 0), (0, 1)], ArgumentError, "swap"),
        ([(0, 0), (0, 1)], ArgumentError, "empty"),
        ([(-np.inf, 0), (0, 1)], ArgumentError, "finite"),
        ([(np.nan, 0), (0, 1)], ArgumentError, "finite"),
        ([(0, 1)] * 3, ArgumentError, "takes 2 arguments"),
    ],
)
def test_bounds_that_make_no_sense(bounds: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        st.critical_points(lambda a, b: a**2 + b**2, bounds)


def test_points_where_the_function_has_no_value_are_none() -> None:
    """The gradient of log(x) + x is 0 at -1, where there is no logarithm."""
    points = st.critical_points(lambda x, y: np.log(x) + x + y**2, [(-2, 2), (-1, 1)])
    assert len(points) == 0
    assert points.complete


def test_functions_that_make_no_sense() -> None:
    with pytest.raises(NotScalarError):
        st.critical_points(lambda x: x**2, SQUARE)
    with pytest.raises(ArgumentError, match="no finite gradient"):
        st.critical_points(lambda x, y: np.log(x) + y, [(-2, -1), (0, 1)])
    with pytest.raises(ArgumentError, match="function"):
        st.critical_points(3, SQUARE)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="whole number"):
        st.critical_points(himmelblau, SQUARE, most_boxes=0)
    with pytest.raises(NotDeterministicError):
        st.critical_points(lambda x, y: np.random.rand() * x + y, SQUARE)  # noqa: NPY002
    with pytest.raises(ArgumentError, match="one of"):
        st.critical_points(himmelblau, SQUARE).of_kind("peak")


def test_a_tail_is_no_minimum() -> None:
    points = st.critical_points(lambda x: np.exp(-(x**2)), [(-50, 60)])
    assert [p.x.tolist() for p in points.of_kind("maximum")] == [[0]]
    assert not points.of_kind("minimum")
    assert not points.complete  # where f is 0 by underflow, all points are critical


def test_where_derivatives_overflow_beside_it() -> None:
    points = st.critical_points(lambda x: np.exp(x**2) - 3 * x**2, [(-30, 31)])
    assert [str(p.kind) for p in points] == ["minimum", "minimum", "maximum"]
    assert np.allclose([abs(p.x[0]) for p in points], [np.sqrt(np.log(3))] * 2 + [0])
