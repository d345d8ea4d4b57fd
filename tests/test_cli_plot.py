"""``steepest plot``: pictures from a line of mathematics or a Python function."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from PIL import Image

from steepest import plot
from steepest.cli import plot as cli_plot
from steepest.cli.main import main

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coarse grids and short animations."""
    monkeypatch.setattr(cli_plot, "FRAMES", 4)
    for drawn in (plot.contour, plot.surface):
        monkeypatch.setattr(sys.modules[drawn.__module__], "POINTS", 31)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x^2 - y^2", "--kind", "contour"], "drawn"),
        (["x^2 - y^2", "--kind", "surface", "--bounds", "-1", "1"], "drawn"),
        (["-x^2 - y^2", "--kind", "field"], "drawn"),
        (["3x^2 - 4x", "--at", "1"], "y = 2x − 3"),
        (["3x^2 - 4x", "--at", "1", "--kind", "secant", "--step", "0.5"], "secant, h = 0.5: slope 3.5"),
        (["x^2 + 3y^2", "--from", "1", "1", "--method", "bfgs"], "bfgs: f = "),
        (["x^3 - 3x + y^2", "--critical-points"], "saddle: f = 2 at (-1, 0)"),
    ],
)
def test_a_picture_is_written(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "it.png"
    assert main(["plot", *arguments, "-o", str(file)]) == 0
    assert said in capsys.readouterr().out
    with Image.open(file) as image:
        assert image.width > 300


def test_an_animation_is_a_gif(tmp_path: Path) -> None:
    file = tmp_path / "it.gif"
    assert main(["plot", "sin(x)", "--kind", "animation", "--bounds", "0", "6", "-o", str(file)]) == 0
    with Image.open(file) as image:
        assert image.n_frames == 4


def test_a_python_function(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = tmp_path / "model.py"
    code.write_text("import numpy as np\ndef loss(w):\n    return np.sum((w - 1) ** 2 * np.array([1, 4]))\n")
    picture = tmp_path / "loss.png"
    assert main(["plot", f"{code}:loss", "--from", "0", "0", "--json", "-o", str(picture)]) == 0
    drawn = json.loads(capsys.readouterr().out)
    assert drawn["kind"] == "contour"
    assert drawn["descents"]["bfgs"]["x"] == pytest.approx([1, 1])
    assert picture.exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["x^2 +"], "missing at the end"),
        (["x^2"], "needs --at"),
        (["x*y*z"], "f takes x, y, z"),
        (["x^2 - y^2", "--at", "1"], "f takes x, y"),
        (["x^2 - y^2", "--kind", "contour", "--at", "1"], "one number"),
        (["x^2", "--at", "1", "--critical-points"], "two numbers"),
        (["log(x) + y", "--bounds", "-2", "-1"], "finite nowhere"),
        (["x + y", "--bounds", "1", "0"], "swap them"),
        (["sin(x)", "--kind", "animation"], "GIF"),
        (["x + y", "--from", "0", "0", "--method", "hope"], "hope"),
    ],
)
def test_what_cannot_be_drawn(
    arguments: list[str], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plot", *arguments, "-o", str(tmp_path / "it.png")]) == 2
    assert why in capsys.readouterr().err
    assert not (tmp_path / "it.png").exists()


def test_a_file_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "x + y", "-o", str(tmp_path / "no" / "it.png")]) == 2
    assert main(["plot", "x + y", "-o", str(tmp_path / "it.xyz")]) == 2
    said = capsys.readouterr().err
    assert said.count("cannot be written") == 2
