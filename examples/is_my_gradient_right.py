"""Is my gradient right? A hand-derived gradient with a mistake, the check that names it, and a picture of the proof.

If g is the gradient, f(x + tv) − f(x) − t g·v falls as t²; if it is not, only as t.

Run it: python examples/is_my_gradient_right.py [FIGURE.png]
"""

from __future__ import annotations

import sys

import numpy as np
from matplotlib import pyplot as plt

import steepest as st
from steepest.numeric import observed_orders

rng = np.random.default_rng(0)
X, y = rng.normal(size=(40, 3)), (rng.random(40) < 0.5).astype(float)
THETA = np.array([0.3, -0.5, 0.2])


def loss(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    """Logistic regression."""
    z = X @ theta
    return np.mean(np.log1p(np.exp(z)) - y * z)


def by_hand(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The mean was forgotten."""
    return X.T @ (1 / (1 + np.exp(-X @ theta)) - y)


def main(figure: str = "is_my_gradient_right.png") -> None:
    F = st.formula(loss, theta="n", X="m n", y="m")
    print(f"f = {F}\n∇f = {F.gradient('theta')}\n")
    print(st.check(loss, THETA, X, y, gradient=by_hand), "\n")
    print(st.check(loss, THETA, X, y))
    steps = 10.0 ** -np.arange(0, 6)
    v = np.array([0.6, -0.3, 0.74])
    _, ax = plt.subplots(figsize=(6, 4.4), layout="constrained")
    for name, gradient, marker in (("by hand", by_hand, "s"), ("st.grad", st.grad(loss), "o")):
        g = gradient(THETA, X, y)
        rest = [abs(loss(THETA + t * v, X, y) - loss(THETA, X, y) - t * g @ v) for t in steps]
        order = np.median(observed_orders(steps, rest)[:3])
        ax.loglog(steps, rest, marker=marker, label=f"{name}: falls as t^{order:.1f}")
    ax.set(xlabel="step t", ylabel="what the gradient leaves of the change")
    ax.legend()
    plt.savefig(figure, dpi=120)


if __name__ == "__main__":
    main(*sys.argv[1:])
