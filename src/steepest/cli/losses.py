"""The functions of the demonstration, in plain NumPy, as a user would write them."""

from __future__ import annotations

from typing import Any

import numpy as np


def loss(theta: Any, X: Any, y: Any) -> Any:
    """Mean squared error of a linear model with coefficients theta."""
    return np.mean((X @ theta - y) ** 2)


def line_loss(b0: Any, b1: Any, x: Any, y: Any) -> Any:
    """Mean squared error of a straight line."""
    return np.mean((b0 + b1 * x - y) ** 2)


def gradient_by_hand(theta: Any, X: Any, y: Any) -> Any:
    """What one would write by hand: the yardstick for the cost of a gradient."""
    return 2 / len(y) * (X.T @ (X @ theta - y))
