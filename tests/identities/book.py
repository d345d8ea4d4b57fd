"""All chapters in one list."""

from __future__ import annotations

from identities import (
    determinants,
    inverses,
    losses,
    networks,
    norms,
    quadratic_forms,
    scalar,
    statistics,
    structured,
    tensors,
    traces,
)
from identities.identity import Identity

CHAPTERS = {
    "traces": traces, "determinants": determinants, "inverses": inverses, "quadratic forms": quadratic_forms,
    "norms": norms, "structured": structured, "losses": losses, "statistics": statistics, "networks": networks,
    "scalar": scalar, "tensors": tensors,
}  # fmt: skip

BOOK: dict[str, Identity] = {f"{title}: {i}": i for title, chapter in CHAPTERS.items() for i in chapter.IDENTITIES}
