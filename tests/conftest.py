"""What all tests share: one seed, property tests that draw the same examples every time, machine code kept apart."""

from __future__ import annotations

import os
import tempfile

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("steepest", derandomize=True, deadline=None)
settings.load_profile("steepest")


def pytest_configure(config: pytest.Config) -> None:
    """A cache of machine code for this run alone; the workers inherit it."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="steepest-tests-", ignore_cleanup_errors=True)
        os.environ["STEEPEST_CACHE_DIR"] = folder.name
        config.add_cleanup(folder.cleanup)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that starts at the same place in every test."""
    return np.random.default_rng(20_260_101)
