"""What all tests share: one seed, property tests that draw the same examples every time, machine code kept apart."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import settings

from steepest.api import compilation
from steepest.engines.native.kernel import Kernel
from steepest.lower.program import Program

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


@pytest.fixture
def own_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says of machine code does not count."""
    monkeypatch.delenv(compilation.VARIABLE, raising=False)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[[Kernel], list[Program]]:
    """Have this kernel made of every program; gives the programs it was made of."""

    def use(made: Kernel) -> list[Program]:
        programs: list[Program] = []

        def emit(program: Program, bits: int) -> Kernel:
            programs.append(program)
            return made

        monkeypatch.setattr(compilation, "emit", emit)
        return programs

    return use


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine code pays from the first call on."""
    monkeypatch.setattr(compilation, "WORTH", 0.0)
    monkeypatch.setattr(compilation, "WORTH_OF_INSTRUCTION", 0.0)
