"""The functions of the demonstration and of the fits, in plain NumPy, as a user would write them."""

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


def squares(theta: Any, X: Any, y: Any) -> Any:
    """What least squares makes least."""
    return np.sum((X @ theta - y) ** 2)


def weighted_squares(theta: Any, X: Any, y: Any, w: Any) -> Any:
    """Least squares with a weight for each row."""
    return np.sum(w * (X @ theta - y) ** 2)


def ridge_squares(theta: Any, X: Any, y: Any, alpha: Any) -> Any:
    """Least squares with a penalty on the coefficients."""
    return np.sum((X @ theta - y) ** 2) + alpha * np.sum(theta**2)


def weighted_ridge_squares(theta: Any, X: Any, y: Any, w: Any, alpha: Any) -> Any:
    """Both."""
    return np.sum(w * (X @ theta - y) ** 2) + alpha * np.sum(theta**2)
