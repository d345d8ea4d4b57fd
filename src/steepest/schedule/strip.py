"""A piece of a matrix product, or of a solution, that one call of BLAS makes. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]  # from, up to


@dataclass(frozen=True, slots=True)
class Strip:
    """A rectangle of a product, and the part of the inner sum that counts there."""

    rows: Span
    columns: Span
    inner: Span
