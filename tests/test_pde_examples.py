"""The equations in examples/: their errors fall with the order of the operators, on two grids each."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.mark.parametrize("accuracy", [2, 4])
@pytest.mark.parametrize("name", ["poisson", "heat_equation", "burgers"])
def test_the_order_of_an_equation_is_that_of_its_operators(name: str, accuracy: int) -> None:
    errors = runpy.run_path(str(EXAMPLES / f"{name}.py"))["errors"]
    coarse, fine = errors([20, 40], accuracy)
    assert np.log2(coarse / fine) == pytest.approx(accuracy, abs=0.35)
    assert fine < 1e-2
