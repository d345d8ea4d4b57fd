"""What cannot be recorded raises, with the line; never a wrong number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from programs import Program, X

import steepest as st
from steepest.errors import SteepestError

BUFFER = np.zeros(4)


def into_a_global_array(x: Any) -> Any:
    for i in range(4):
        BUFFER[i] = x[i] ** 2
    return BUFFER.sum()


def into_a_global_slice(x: Any) -> Any:
    BUFFER[:] = x
    return BUFFER.sum()


def by_text(x: Any) -> Any:
    return x[0] * float(str(x[1]))


def by_percent(x: Any) -> Any:
    return x[0] * float("%.17g" % x[1])  # noqa: UP031


def by_bytes(x: Any) -> Any:
    return np.frombuffer(x.tobytes()).sum()


def in_compiled_code(x: Any) -> Any:
    return scipy.linalg.blas.ddot(x, x)


REFUSED = [
    (into_a_global_array, r"BUFFER\[i\] = "), (into_a_global_slice, r"BUFFER\[:\] = x"), (by_text, "float"),
    (by_percent, "float"), (by_bytes, "tobytes"), (in_compiled_code, "ddot"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "line"), REFUSED, ids=lambda v: getattr(v, "__name__", ""))
def test_what_cannot_be_recorded_is_refused(f: Program, line: str) -> None:
    for _ in range(2):  # a refusal is not forgotten
        with pytest.raises(SteepestError, match=rf"test_capture_refused\.py:\d+: .*{line}"):
            st.grad(f)(X)
