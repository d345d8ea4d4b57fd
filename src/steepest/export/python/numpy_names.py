"""What NumPy's users call an operation, where that is not the name of its own function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from steepest.lower.program import Call

FLIPPED: dict[Any, str] = {np.less: ">", np.less_equal: ">="}  # with a number in front

# Operands are {0}, {1}, settings by name.
SPELLED: Mapping[str, str] = {
    "power": "np.power({0}, {1})",
    "norm": "np.linalg.norm({0}, axis=-1)",
    "argmax": "np.argmax({0}, axis=-1)",
    "argmin": "np.argmin({0}, axis=-1)",
    "argsort": 'np.argsort({0}, axis=-1, kind="stable")',
    "prod": "np.prod({0}, axis=-1)",
    "cumprod": "np.cumprod({0}, axis=-1)",
    "regular_inverse": "np.linalg.inv({0})",
    "symmetric_eigenvalues": "np.linalg.eigvalsh({0}, UPLO={uplo})",
    "symmetric_eigenvectors": "np.linalg.eigh({0}, UPLO={uplo})[1]",
    "singular_values": "np.linalg.svd({0}, compute_uv=False)",
    "left_singular_vectors": "np.linalg.svd({0}, full_matrices=False)[0]",
    "right_singular_vectors": "np.linalg.svd({0}, full_matrices=False)[2]",
}


def pattern_of(i: Call) -> str | None:
    """How NumPy's users spell an operation; None if by the name of its own function."""
    return SPELLED.get(i.op.name) if dict(i.params).get("driver", "numpy") == "numpy" else None
