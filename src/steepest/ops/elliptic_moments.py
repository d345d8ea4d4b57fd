"""Integrals of powers of sines over powers of Δ: the derivatives of elliptic integrals by m, with nothing that cancels.

``∫ sin²ᵖθ (1 - m sin²θ)^(-q-½) dθ`` from 0 to φ; a derivative by m raises p and q by one. With 1/sin²θ = (t + 1)/s² it
is ``½ s²ᵖ⁺¹ ∫ (t + 1)^(q-p-½) (t + c²)^(-½) (t + Δ²)^(-q-½) dt`` from 0 to ∞, where s = sin φ and c = cos φ. For
p = 1 these are Carlson's R_D (DLMF 19.25.9, 19.25.11). For others the trapezoidal rule in log t is used: the integrand
is analytic up to Im = π, so its error is e^(-2π²/h) (Trefethen & Weideman, SIAM Review 56 (2014)).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from .order_slopes import entry_by_entry

Array = Any  # of double precision

STEP = 0.35  # in log t
FALL = 37.0  # e-folds that are gone through at either end
BESIDE = 92.0  # e-folds by which c² may be smaller than Δ² and still matter


def elliptic_moment(p: Any, q: Any, phi: Any, m: Any) -> Array:
    """The integral, for whole p and q; beyond a quarter turn by its whole half turns."""
    return entry_by_entry(2, _moment, p, q, phi, m)


def complete_moment(p: Any, q: Any, n: Any) -> Array:
    """The integral over a quarter turn, by n = 1 - m."""
    return entry_by_entry(2, _quarter, p, q, n)


def _moment(p: int, q: int, phi: Array, m: Array) -> Array:
    turns = np.round(phi / np.pi)
    sine, cosine = np.sin(phi), np.where(np.abs(phi) == np.pi / 2, 0.0, np.cos(phi))
    squared = cosine * cosine
    rest = _first_quarter(p, q, np.where(turns % 2, -sine, sine), squared, squared + (1 - m) * sine * sine)
    half = np.where(turns == 0, 0.0, _quarter(p, q, 1 - m))
    return rest + np.where(turns == 0, 0.0, 2 * turns * half)


def _quarter(p: int, q: int, n: Array) -> Array:
    return _first_quarter(p, q, np.ones_like(n), np.zeros_like(n), n)


def _first_quarter(p: int, q: int, sine: Array, cosine_squared: Array, delta_squared: Array) -> Array:
    squared = sine * sine
    if (p, q) == (1, 1):
        return sine * squared / 3 * sp.elliprd(cosine_squared, 1.0, delta_squared)
    if (p, q) == (1, 0):
        return sine * squared / 3 * sp.elliprd(cosine_squared, delta_squared, 1.0)
    low = np.maximum(np.log(np.minimum(cosine_squared, delta_squared)), np.log(delta_squared) - BESIDE) - FALL
    fallen = np.max(np.where(np.isfinite(low), FALL - low, 0.0), initial=0.0) + 2 * FALL
    t = np.exp(low[:, None] + STEP * np.arange(int(fallen / STEP)))
    flat = (t + 1) ** (q - p - 0.5) * (t + delta_squared[:, None]) ** (-q - 0.5)
    found = STEP * np.sum(t * flat / np.sqrt(t + cosine_squared[:, None]), axis=1)
    return sine * squared**p / 2 * np.where(delta_squared == 0, np.inf, found)
