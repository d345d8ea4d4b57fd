"""Pictures: what is drawn is what was computed, and what cannot be drawn is said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

import steepest as st
from steepest.errors import ArgumentError, ShapeError, SteepestError
from steepest.plot import contour, landscape, surface
from steepest.plot.curve import Curve
from steepest.plot.levels import LEVELS, levels_of, reading_of

mpl.use("Agg")
from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Coarse grids, and nothing left open."""
    for drawn in (contour, surface, landscape):
        monkeypatch.setattr(sys.modules[drawn.__module__], "POINTS", 31)
    yield
    plt.close("all")


def parabola(x: float) -> float:
    return 3 * x**2 - 4 * x


def saddle(x: float, y: float) -> float:
    return x**2 - y**2


def himmelblau(x: np.ndarray) -> float:
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


BOX = [(-2, 2), (-2, 2)]
COLUMN = np.array([[0.0], [1.0], [2.5]])


def is_drawn(path: Path) -> bool:
    """Whether a picture has more than one colour."""
    with Image.open(path) as image:
        return len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) > 10


@pytest.mark.parametrize(
    "draw",
    [
        lambda: st.plot.tangent(parabola, 1.0),
        lambda: st.plot.secant(parabola, 1.0, [1, 0.5, 0.1]),
        lambda: st.plot.contour(saddle, BOX),
        lambda: st.plot.surface(himmelblau, [(-5, 5), (-5, 5)]),
        lambda: st.plot.field(saddle, BOX),
        lambda: st.plot.fit(st.LinearRegression().fit(COLUMN, COLUMN[:, 0] ** 2), COLUMN, COLUMN[:, 0] ** 2),
        lambda: st.plot.path(np.random.default_rng(1).normal(size=(9, 4))),
        lambda: st.plot.landscape(himmelblau, np.array([3.0, 2.0])),
        lambda: st.plot.saliency(np.linspace(-1, 1, 64), np.arange(64.0)),
    ],
    ids=["tangent", "secant", "contour", "surface", "field", "fit", "path", "landscape", "saliency"],
)
def test_every_picture_is_drawn_without_being_shown(
    draw: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plt, "show", lambda *a, **k: pytest.fail("shown"))
    before = dict(mpl.rcParams)
    drawing = draw()
    drawing.save(tmp_path / "it.png", dpi=50)
    assert is_drawn(tmp_path / "it.png")
    assert dict(mpl.rcParams) == before
    assert drawing.ax.get_xlabel() or drawing.ax.get_xticks().size == 0


def test_a_tangent_touches_with_the_exact_slope() -> None:
    drawing = st.plot.tangent(parabola, 1.0)
    (x0, x1), (y0, y1) = drawing["tangent"].get_data()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(2.0)
    assert y0 + 2.0 * (1.0 - x0) == pytest.approx(-1.0)
    assert drawing["tangent"].get_label() == "tangent at x = 1: y = 2x − 3"
    assert drawing["curve"].get_label() == "y = 3x² − 4x"


@pytest.mark.parametrize(
    ("f", "x", "equation"),
    [(lambda x: x, 2.0, "y = x"), (lambda x: 5.0 + 0 * x, 1.0, "y = 5"), (lambda x: -(x**2), 0.5, "y = −x + 0.25"),
     (lambda x: np.exp(x), 0.0, "y = x + 1"), (lambda x: x**3, 0.0, "y = 0")],
)  # fmt: skip
def test_the_equation_of_a_tangent(f: Callable[[float], float], x: float, equation: str) -> None:
    assert st.plot.tangent(f, x)["tangent"].get_label().endswith(f": {equation}")


def test_secants_close_in_on_the_tangent() -> None:
    drawing = st.plot.secant(parabola, 1.0, [1, 0.5, 0.1])
    slopes = [float(np.diff(drawing[f"secant {k}"].get_ydata())[0] / 4) for k in range(3)]
    assert slopes == pytest.approx([5.0, 3.5, 2.3])
    assert float(np.diff(drawing["tangent"].get_ydata())[0] / 4) == pytest.approx(2.0)


def test_the_animation_draws_the_cosine(tmp_path: Path) -> None:
    xs = np.linspace(0, 2 * np.pi, 4)
    animation = st.plot.animate_tangent(np.sin, xs)
    animation.save(tmp_path / "sin.gif", writer="pillow", dpi=40)
    with Image.open(tmp_path / "sin.gif") as image:
        assert image.n_frames == 4
    lower = plt.gcf().axes[1]
    assert lower.lines[0].get_ydata() == pytest.approx(np.cos(xs))
    assert lower.get_ylabel() == "slope: cos(x)"


def test_arrows_are_perpendicular_to_the_level_curves() -> None:
    arrows = st.plot.contour(saddle, BOX)["gradient"]
    along = np.stack([arrows.X * 0 + 2 * arrows.Y, 2 * arrows.X])  # a level curve of x² − y² runs along (y, x)
    assert arrows.U * along[0] / 2 + arrows.V * along[1] / 2 == pytest.approx(0.0, abs=1e-12)
    assert np.all(arrows.U * arrows.X >= 0)  # uphill


def test_a_function_of_one_array_and_of_two_numbers_look_the_same() -> None:
    one = st.plot.contour(lambda v: v[0] ** 2 - v[1] ** 2, BOX)
    two = st.plot.contour(saddle, BOX)
    assert np.array_equal(one["filled"].levels, two["filled"].levels)
    assert (one.ax.get_xlabel(), two.ax.get_xlabel(), two.ax.get_title()) == ("x₁", "x", "x² − y²")
    assert st.plot.contour(st.formula("x^2 - y^2"), BOX).ax.get_title() == "x² − y²"


def test_what_is_not_finite_stays_blank() -> None:
    drawing = st.plot.contour(lambda x, y: np.log(x) + y**2, [(-1, 2), (-1, 1)])
    assert drawing["gradient"].X.min() > 0
    drawing = st.plot.field(lambda x, y: np.sqrt(x * y), [(-1, 1), (-1, 1)])
    assert np.all(drawing["arrows"].X * drawing["arrows"].Y > 0)


def test_paths_and_critical_points_are_marked() -> None:
    found = st.minimize(himmelblau, np.array([0.0, 0.0]), method="bfgs")
    points = st.critical_points(himmelblau, [(-5, 5), (-5, 5)])
    drawing = st.plot.contour(himmelblau, [(-5, 5), (-5, 5)], path=found, critical_points=points)
    assert np.array_equal(np.transpose(drawing["path: bfgs"].get_data()), found.path.x)
    assert {k: len(drawing[k].get_offsets()) for k in ("minimum", "maximum", "saddle")} == {
        "minimum": 4, "maximum": 1, "saddle": 4,
    }  # fmt: skip
    words = [t.get_text() for t in drawing["legend"].get_texts()]
    assert words == ["path: bfgs", "minimum", "maximum", "saddle"]


def test_several_descents_race() -> None:
    runs = {m: st.minimize(himmelblau, np.array([1.0, 1.0]), method=m) for m in ("gradient-descent", "bfgs")}
    drawing = st.plot.convergence(runs)
    assert drawing.ax.get_yscale() == "log"
    assert [t.get_text() for t in drawing["legend"].get_texts()] == list(runs)
    values = drawing["bfgs"].get_ydata()
    assert np.all(values[np.isfinite(values)] > 0)
    beside = st.plot.contour(himmelblau, [(-5, 5), (-5, 5)], path=runs)
    assert [drawing[m].get_color() for m in runs] == [beside[m].get_color() for m in runs]
    for quantity in ("slope", "step"):
        st.plot.convergence(runs["bfgs"], quantity=quantity)


def test_paths_of_other_numbers_of_variables() -> None:
    line = st.plot.path(np.array([3.0, 2.0, 1.5]))
    assert line["path"].get_ydata().tolist() == [3.0, 2.0, 1.5]
    rng = np.random.default_rng(2)
    flat = np.outer(rng.normal(size=30), rng.normal(size=7)) + 0.01 * rng.normal(size=(30, 7))
    assert "100 % of the spread" in st.plot.path(flat).ax.get_xlabel()


def test_a_landscape_holds_the_parameters_in_its_centre() -> None:
    theta = {"W": np.array([[1.0, -2.0], [0.5, 3.0], [1.0, 1.0]]), "b": np.array([0.1, 0.2])}

    def loss(p: dict[str, np.ndarray], X: np.ndarray) -> float:
        return np.mean(np.tanh(X @ p["W"] + p["b"]) ** 2)

    X = np.random.default_rng(0).normal(size=(20, 3))
    drawing = st.plot.landscape(loss, theta, args=(X,))
    assert drawing["filled"].levels[0] < loss(theta, X) < drawing["filled"].levels[-1]
    again = st.plot.landscape(loss, theta, args=(X,))
    assert np.array_equal(drawing["filled"].levels, again["filled"].levels)


def test_random_directions_are_scaled_filter_by_filter() -> None:
    """The picture of a network does not change when a filter is scaled and the next layer takes it back."""

    def loss(p: tuple[np.ndarray, np.ndarray]) -> float:
        hidden = np.maximum(np.array([0.3, -1.2, 0.7]) @ p[0], 0)
        return np.sum((hidden @ p[1] - 1.0) ** 2)

    rng = np.random.default_rng(5)
    W, V = np.abs(rng.normal(size=(3, 1))), rng.normal(size=(1, 2))
    one = st.plot.landscape(loss, (W, V))["filled"].levels
    other = st.plot.landscape(loss, (8 * W, V / 8))["filled"].levels
    assert one == pytest.approx(other)


def test_the_plane_of_a_trajectory_holds_it() -> None:
    centre = np.array([1.0, -1.0, 2.0])
    turns = np.linspace(0, 3, 20)
    path = centre + np.outer(np.exp(-turns), [1, 1, 0]) + np.outer(np.exp(-3 * turns), [0, 0, 1.0])
    drawing = st.plot.landscape(lambda p: np.sum((p - centre) ** 2), centre, directions="pca", path=path)
    assert drawing["path"].get_xydata().shape[0] == 20
    assert "%" in drawing.ax.get_xlabel()


def test_axes_of_ones_own() -> None:
    figure, (left, right) = plt.subplots(1, 2)
    assert st.plot.tangent(parabola, 0.5, ax=left).ax is left
    assert st.plot.contour(saddle, BOX, ax=right).figure is figure
    with pytest.raises(ArgumentError, match="three dimensions"):
        st.plot.surface(saddle, BOX, ax=left)


def test_levels_share_out_the_picture() -> None:
    x, y = np.meshgrid(np.linspace(-2, 2, 80), np.linspace(-1, 3, 80))
    levels = levels_of((1 - x) ** 2 + 100 * (y - x**2) ** 2)
    assert len(levels) == LEVELS
    assert np.all(np.diff(levels, 2) > 0)  # closer together down in the valley
    assert len(levels_of(np.full((3, 3), 2.0))) == LEVELS


@pytest.mark.parametrize(
    ("draw", "why"),
    [
        (lambda: st.plot.tangent(np.log, -1.0), "not finite at x = -1"),
        (lambda: st.plot.tangent(abs, 0.0), "-1 on the left, 1 on the right"),
        (lambda: st.plot.tangent(parabola, np.nan), "finite x"),
        (lambda: st.plot.tangent(parabola, 1.0, bounds=(2, 1)), "low one first"),
        (lambda: st.plot.tangent(saddle, 1.0), "f takes x, y"),
        (lambda: st.plot.secant(parabola, 1.0, [0.1, 0.0]), "other than 0"),
        (lambda: st.plot.animate_tangent(np.sin, [1.0]), "two finite points"),
        (lambda: st.plot.contour(saddle, [(-1, 1)]), "two pairs"),
        (lambda: st.plot.contour(saddle, [(1, -1), (0, 1)]), "swap"),
        (lambda: st.plot.contour(saddle, None), "bounds are"),
        (lambda: st.plot.contour(lambda x, y, z: x + y + z, BOX), "f takes x, y, z"),
        (lambda: st.plot.contour(lambda x, y: np.log(-1 - x**2 - y**2), BOX), "finite nowhere"),
        (lambda: st.plot.contour(lambda v: 2 * v, BOX), "real number at each point"),
        (lambda: st.plot.contour(saddle, BOX, path=np.zeros((4, 3))), "3 variables"),
        (lambda: st.plot.path(None), "no path"),
        (lambda: st.plot.path("somewhere"), "path"),
        (lambda: st.plot.path(np.zeros((5, 3))), "does not span"),
        (lambda: st.plot.convergence(np.zeros(3)), "result of minimize"),
        (lambda: st.plot.convergence(SimpleNamespace(path=None), quantity="speed"), "'slope'"),
        (lambda: st.plot.landscape(himmelblau, np.zeros(2), directions="pca"), "needs path="),
        (lambda: st.plot.landscape(himmelblau, np.zeros(2), directions="all"), "'random'"),
        (lambda: st.plot.landscape(himmelblau, np.zeros(2), directions=[np.ones(3), np.ones(3)]), "shapes"),
        (lambda: st.plot.saliency(np.zeros(7)), "two dimensions"),
        (lambda: st.plot.saliency(np.zeros(6), shape=(2, 2)), "do not fill"),
        (lambda: st.plot.saliency(np.full((2, 2), np.nan)), "not finite"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw: Callable[[], Any], why: str) -> None:
    with pytest.raises(SteepestError, match=why):
        draw()


def test_matplotlib_is_imported_when_something_is_drawn() -> None:
    code = """
import sys
import steepest as st
assert "matplotlib" not in sys.modules
sys.modules["matplotlib"] = sys.modules["matplotlib.pyplot"] = None
try:
    st.plot.tangent(abs, 1.0)
except st.SteepestError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'steepest[plot]'" in done.stdout


# --- odd functions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "torn"),
    [(np.floor, 7), (lambda x: 1 / x, 1), (np.tan, 2), (np.sin, 0), (lambda x: np.exp(6 * x), 0), (np.abs, 0),
     (lambda x: np.arctan(1e3 * x), 0), (lambda x: 3.0 + 0 * x, 0)],
)  # fmt: skip
def test_a_curve_is_torn_where_it_jumps(f: Callable[[float], float], torn: int) -> None:
    _, y = Curve(f).points(-3.01, 3.0)
    assert int(np.sum(np.isnan(y))) == torn


def test_a_pole_does_not_take_the_whole_height() -> None:
    bottom, top = st.plot.tangent(lambda x: 1 / x, 0.3, bounds=(-2, 2)).ax.get_ylim()
    assert -30 < bottom < -5
    assert 5 < top < 30
    assert st.plot.tangent(lambda x: 1 / x, 0.01, bounds=(-2, 2)).ax.get_ylim()[1] > 100  # what is touched is shown
    assert st.plot.tangent(lambda x: x**4, 0.5, bounds=(-2, 2)).ax.get_ylim()[1] > 16


@pytest.mark.parametrize(
    ("levels", "expected"),
    [([0.0, 1.0, 2.0], (0.0, 3)), ([0.1234, 0.12342, 0.2], (0.0, 5)), ([4e12 - 8e3, 4e12, 4e12 + 9e3], (4e12, 3)),
     ([1 - 1e-12, 1.0, 1 + 1e-12], (1.0, 3)), ([-7.001, -7.0005, -7.0], (-7.0, 3)), ([0.0, 1e-30, 1.0], (0.0, 3))],
)  # fmt: skip
def test_numbers_on_a_scale_are_told_apart(levels: list[float], expected: tuple[float, int]) -> None:
    assert reading_of(np.array(levels)) == expected


def test_a_scale_says_what_it_leaves_out() -> None:
    scale = st.plot.contour(lambda x, y: 1e12 + x + y, BOX)["scale"]
    assert scale.ax.get_ylabel().endswith(", less 1e+12")
    labels = [t.get_text() for t in scale.ax.get_yticklabels()]
    assert len(set(labels)) == len(labels)


def test_a_box_that_is_nothing_beside_its_numbers() -> None:
    tiny = (1e6 - 5e-10, 1e6 + 5e-10)
    for draw in (st.plot.contour, st.plot.surface, st.plot.field):
        with pytest.raises(ArgumentError, match=r"too short to be drawn: doubles there are 1\.2e-10 apart"):
            draw(saddle, [tiny, (0, 1)])
    with pytest.raises(ArgumentError, match="too short to be drawn"):
        st.plot.tangent(np.sin, 1e6, bounds=tiny)


@pytest.mark.parametrize("box", [BOX, [(-3, 3), (-1, 1)]])
def test_the_legend_lies_beneath_the_picture(box: list[tuple[float, float]]) -> None:
    drawing = st.plot.contour(saddle, box, path=np.array([[1.0, 1.0], [0.5, 0.5]]))
    drawing.figure.draw_without_rendering()
    assert drawing["legend"].get_window_extent().y1 < drawing.ax.xaxis.label.get_window_extent().y0


def test_a_field_marks_where_it_is_flat_and_leaves_a_pole_out_of_its_colours() -> None:
    flat = st.plot.field(lambda x, y: 3.0 + 0 * x, BOX)
    assert len(flat["flat"].get_xdata()) == 21**2
    pole = st.plot.field(lambda x, y: 1 / (x**2 + y**2), BOX)
    assert pole["arrows"].norm.vmax < 0.1 * np.max(pole["arrows"].get_array())
    assert pole["scale"].extend == "max"
    assert st.plot.field(saddle, BOX)["scale"].extend == "neither"


def test_a_fit_is_drawn_through_its_predictions() -> None:
    model = st.LinearRegression().fit(COLUMN, 2 * COLUMN[:, 0] + 1)
    drawing = st.plot.fit(model, COLUMN, 2 * COLUMN[:, 0] + 1, names=["size"], target="price")
    assert drawing["fit"].get_ydata()[[0, -1]] == pytest.approx([1.0, 6.0])
    assert (drawing.ax.get_xlabel(), drawing.ax.get_ylabel()) == ("size", "price")
    with pytest.raises(ShapeError, match="got shapes"):
        st.plot.fit(model, COLUMN[:, 0], COLUMN[:, 0])


def test_a_surface_has_no_ticks_below_its_graph() -> None:
    ax = st.plot.surface(himmelblau, [(-5, 5), (-5, 5)]).ax
    assert min(ax.get_zticks()) >= 0
    assert st.plot.surface(lambda x, y: 3.0 + 0 * x, BOX).ax.get_zticks().tolist() == [3.0]
