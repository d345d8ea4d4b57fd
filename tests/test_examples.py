"""The scripts in examples/ run, say what they promise, and draw."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from steepest import plot

mpl.use("Agg")
from matplotlib import pyplot as plt

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

SAYS = {
    "tangent_line": ("f′(x) = 6x − 4", "tangent at x = 1: y = 2x − 3"),
    "longley_four_ways": ("qr: 14", "gradient-descent:"),
    "natural_gradient": ("gradient descent:", "natural gradient: 1", "the data's own: mean 4.007632"),
    "escaping_a_saddle": ("stops at (0.000001, 0.000000)", "st.minimize: f = -0.250000", "2 minima, 1 saddle"),
    "digits_saliency": ("unseen digits right", "add up"),
    "heat_equation": ("largest errors", "accuracy 4", "4.1"),
    "is_my_gradient_right": ("wrong: the factor m", "right: it agrees"),
}
NUMBERS_ONLY = ("burgers", "poisson")  # tested in test_pde_examples.py


def test_every_example_is_tested() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.py")} == {*SAYS, *NUMBERS_ONLY}


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coarse grids under level curves."""
    monkeypatch.setattr(sys.modules[plot.contour.__module__], "POINTS", 41)


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs_and_draws(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / f"{name}.png"
    monkeypatch.setattr(sys, "argv", [name, str(picture)])
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    said = capsys.readouterr().out
    for words in SAYS[name]:
        assert words in said
    with Image.open(picture) as image:
        colours = np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)
    assert len(colours) > 30
    figure = plt.gcf()
    assert all(ax.has_data() for ax in figure.axes if ax.get_label() != "<colorbar>")
    plt.close("all")
