"""How much is known of a square matrix beside its shape; each step contains those before it."""

from __future__ import annotations

import enum


class Definite(enum.IntEnum):
    UNKNOWN = 0
    SYMMETRIC = 1  # Mᵀ = M
    PSD = 2  # symmetric, and xᵀMx ≥ 0
    PD = 3  # symmetric, and xᵀMx > 0 unless x = 0


# what an inverse keeps; of a singular matrix there is none
REGULAR = {Definite.SYMMETRIC: Definite.SYMMETRIC, Definite.PSD: Definite.PD, Definite.PD: Definite.PD}
KEPT = {d: d for d in Definite if d is not Definite.UNKNOWN}
