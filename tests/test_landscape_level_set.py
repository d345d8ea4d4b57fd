"""Level curves: on the level at every point, through folds, closed or to the edge, and what happens at crossings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from landscapes import himmelblau, six_hump_camel

import steepest as st
from steepest.errors import ArgumentError, ShapeError

SQUARE = [(-2.0, 2.0)] * 2


def on_level(curves: Any, f: Any, level: float, tolerance: float = 1e-9) -> bool:
    return all(abs(f(*p) - level) <= tolerance for c in curves for p in c.points)


def test_a_circle() -> None:
    curves = st.level_set(lambda x, y: x**2 + y**2, 1, SQUARE)
    (c,) = curves
    assert c.closed
    assert np.array_equal(c.points[0], c.points[-1])
    assert np.allclose(np.linalg.norm(c.points, axis=1), 1, atol=1e-12)
    assert c.length == pytest.approx(2 * np.pi, rel=1e-3)


@pytest.mark.parametrize(("level", "count"), [(10, 4), (50, 3), (100, 2), (150, 1), (180, 2), (200, 1)])
def test_components_of_himmelblau(level: float, count: int) -> None:
    """Four merge at the saddles 13.3, 67.7 and 104.0; from 178.3 to 181.6 there is a hole around the maximum."""
    curves = st.level_set(himmelblau, level, [(-6, 6)] * 2)
    assert len(curves) == count
    assert all(c.closed for c in curves)
    assert all(abs(himmelblau(p) - level) < 1e-8 for c in curves for p in c.points)


def test_through_folds_to_the_edge() -> None:
    def f(x: Any, y: Any) -> Any:
        return x - y**3 + 3 * y

    curves = st.level_set(f, 0, [(-4, 4)] * 2)
    (c,) = curves
    assert not c.closed
    assert [str(e) for e in c.ends] == ["leaves the box"] * 2
    assert on_level(curves, f, 0)
    assert np.sum(np.diff(np.sign(np.diff(c.points[:, 0]))) != 0) == 2  # it turns back in x twice
    assert np.allclose(np.max(np.abs(c.points), axis=1)[[0, -1]], 4)
    assert not curves.notes


def test_branches_cross_at_a_saddle() -> None:
    curves = st.level_set(lambda x, y: x**2 - y**2, 0, SQUARE)
    assert len(curves) == 4
    assert np.allclose(curves.crossings, [[0, 0]], atol=1e-12)
    assert "cross" in curves.notes[0]
    assert all(np.allclose(np.abs(c.points[:, 0]), np.abs(c.points[:, 1]), atol=1e-12) for c in curves)


def test_a_figure_of_eight() -> None:
    def lemniscate(x: Any, y: Any) -> Any:
        return (x**2 + y**2) ** 2 - 2 * (x**2 - y**2)

    curves = st.level_set(lemniscate, 0.0, SQUARE)
    assert len(curves) == 2
    assert sum(c.length for c in curves) == pytest.approx(5.2441151 * np.sqrt(2), rel=1e-3)
    assert on_level(curves, lemniscate, 0)


@pytest.mark.parametrize("level", [1e-6, -1e-6, 1e-10])
def test_close_to_a_crossing_branches_stay_apart(level: float) -> None:
    curves = st.level_set(lambda x, y: x**2 - y**2, level, SQUARE)
    assert len(curves) == 2
    axis = 0 if level > 0 else 1
    for c in curves:  # each on one side of the gap
        assert len({float(s) for s in np.sign(c.points[:, axis])}) == 1


def test_a_curve_smaller_than_the_grid() -> None:
    curves = st.level_set(lambda x, y: (x - 0.3131) ** 2 + (y - 0.2717) ** 2, 1e-8, SQUARE)
    (c,) = curves
    assert c.closed
    assert c.length == pytest.approx(2 * np.pi * 1e-4, rel=1e-2)


def test_nothing_and_a_single_point() -> None:
    assert len(st.level_set(lambda x, y: x**2 + y**2, -1, SQUARE)) == 0
    curves = st.level_set(lambda x, y: x**2 + y**2, 0, SQUARE)
    assert len(curves) == 0
    assert np.allclose(curves.points, 0, atol=1e-12)
    assert "single point" in str(curves)


def test_a_monkey_saddle_has_six_branches() -> None:
    curves = st.level_set(lambda x, y: x**3 - 3 * x * y**2, 0, [(-1, 1)] * 2)
    assert len(curves) == 6
    assert "singular" in " ".join(curves.notes)


def test_a_kink_is_told() -> None:
    curves = st.level_set(lambda x, y: abs(x) + abs(y), 1, [(-2, 2.1)] * 2)
    assert sum(c.length for c in curves) == pytest.approx(4 * np.sqrt(2), rel=1e-3)
    assert "kink" in " ".join(curves.notes)


def test_a_domain_that_ends_inside() -> None:
    curves = st.level_set(lambda x, y: np.log(x) + y, 0, [(-1, 3), (-1, 1)])
    (c,) = curves
    assert np.allclose(c.points[:, 0], np.exp(-c.points[:, 1]))


def test_many_components() -> None:
    curves = st.level_set(six_hump_camel, 0.0, [(-3, 3), (-2, 2)])
    assert len(curves) == 4
    assert on_level(curves, six_hump_camel, 0, 1e-8)


def test_many_narrow_passages_close() -> None:
    curves = st.level_set(lambda x, y: np.sin(6 * x) * np.sin(6 * y), 0.01, [(-0.6, 0.6)] * 2)
    assert sum(c.closed for c in curves) == 2
    assert len(curves) == 8
    assert not curves.notes


def test_areas_and_touching_are_told() -> None:
    assert "areas" in str(st.level_set(lambda x, y: 0 * x + 1.0, 1.0, SQUARE))
    assert "touch" in str(st.level_set(lambda x, y: (x - y) ** 2, 0.0, SQUARE))


def test_free_of_scale() -> None:
    curves = st.level_set(lambda x, y: 1e8 * ((x * 1e5) ** 2 + (y * 1e5) ** 2), 1e8, [(-2e-5, 2e-5)] * 2)
    (c,) = curves
    assert c.closed
    assert np.allclose(np.linalg.norm(c.points, axis=1), 1e-5)


def test_what_makes_no_sense() -> None:
    with pytest.raises(ShapeError, match="plane"):
        st.level_set(lambda x: x[0], 0, [(-1, 1)] * 3)
    with pytest.raises(ArgumentError, match="level"):
        st.level_set(lambda x, y: x, np.nan, SQUARE)
    with pytest.raises(ArgumentError, match="no finite value"):
        st.level_set(lambda x, y: np.log(x) + y, 0, [(-2, -1), (0, 1)])
