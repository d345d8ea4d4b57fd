"""What would take too long to write as machine code is given up, and array operations do it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from captured_programs import program_of

import steepest as st
from steepest.engines.native.compile import emit
from steepest.engines.native.emit import elsewhere
from steepest.engines.native.unsupported import Unsupported


def diffused(u: Any) -> Any:
    for _ in range(4):
        u = u + 0.1 * (np.roll(u, 1) - 2 * u + np.roll(u, -1))
    return u


def test_pieces_of_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_of(st.jacobian(diffused, compile="off"), np.ones(12))
    monkeypatch.setattr(elsewhere, "MOST_WRITTEN", 500)
    with pytest.raises(Unsupported, match="written in reasonable time"):
        emit(program)
