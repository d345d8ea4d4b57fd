"""docs/scipy.md names what the tables hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steepest.api.solvers.table import FAMILIES
from steepest.frontends.numpy.draws import SAMPLERS
from steepest.frontends.scipy.continuous_laws import CONTINUOUS
from steepest.frontends.scipy.discrete_laws import DISCRETE
from steepest.frontends.scipy.distances import METRICS
from steepest.frontends.scipy.filters import LINEAR
from steepest.frontends.scipy.interpolation import DATA
from steepest.frontends.scipy.matrix_equations import RULES
from steepest.frontends.scipy.multivariate_laws import MULTIVARIATE

WORDS = set(re.findall(r"\w+", (Path(__file__).parents[1] / "docs" / "scipy.md").read_text(encoding="utf-8")))
SOLVERS = [name for calls in FAMILIES.values() for table in calls for name in table]
FILTERS = [name for names in LINEAR.values() for name in names]
SPLINES = set(DATA) - {"InterpolatedUnivariateSpline"}


@pytest.mark.parametrize(
    "names", [CONTINUOUS, DISCRETE, MULTIVARIATE, METRICS, SPLINES, SAMPLERS, SOLVERS, RULES, FILTERS]
)
def test_every_name_is_on_the_page(names: list[str]) -> None:
    assert set(names) - WORDS == set()
