"""A number that counts, where a probability depends on it: it has a value, and no derivative is taken by it."""

from __future__ import annotations

import numpy as np

from .operation import elementwise, same_type
from .special_rules import ORDER, unknown

count = elementwise(
    "count", np.positive, [unknown("a probability", "count")], dtype=same_type,
    sample=lambda rng: (rng.integers(0, 9, (2, 3)).astype(ORDER),), domain="whole numbers",
)  # fmt: skip
