"""What all tests share: one seed, and property tests that draw the same examples every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("steepest", derandomize=True, deadline=None)
settings.load_profile("steepest")


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that starts at the same place in every test."""
    return np.random.default_rng(20_260_101)
