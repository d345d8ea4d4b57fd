"""Matrices stacked into vectors, column after column, and what Magnus & Neudecker state with them."""

from __future__ import annotations

import math

import numpy as np


def commutation(m: int, n: int) -> np.ndarray:
    """K with K vec(X) = vec(Xᵀ) for X of shape (m, n); Magnus & Neudecker, 3.7."""
    positions = np.arange(m * n).reshape(m, n, order="F").T.ravel(order="F")  # where vec(X) has the entries of vec(Xᵀ)
    return np.eye(m * n)[positions]


def stacked(tensor: np.ndarray, rank: int) -> np.ndarray:
    """∂F_ij/∂X_kl, its first `rank` axes those of F, as ∂vec(F)/∂(vec X)ᵀ."""
    return tensor.reshape(math.prod(tensor.shape[:rank]), math.prod(tensor.shape[rank:]), order="F")
