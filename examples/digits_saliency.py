"""A network trained on handwritten digits, and what it looks at.

The data are scikit-learn's 1,797 digits of 8 × 8 pixels. The network is plain NumPy. Its gradient is exact, and so are
the gradients whose integral shows which pixels speak for the digit.

Run it: python examples/digits_saliency.py [FIGURE.png]
"""

from __future__ import annotations

import sys

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits

import steepest as st

Parameters = dict[str, np.ndarray]
HIDDEN = 24
DECAY = 1e-3


def scores(p: Parameters, X: np.ndarray) -> np.ndarray:
    """One score for each digit, (n, 10)."""
    return np.tanh(X @ p["W"] + p["b"]) @ p["V"] + p["c"]


def loss(p: Parameters, X: np.ndarray, Y: np.ndarray) -> float:
    """Cross-entropy with the digits in Y, (n, 10), each a row of a single 1; large weights cost."""
    z = scores(p, X)
    z = z - np.max(z, axis=1, keepdims=True)
    fit = np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(z * Y, axis=1))
    return fit + DECAY * (np.sum(p["W"] ** 2) + np.sum(p["V"] ** 2))


def start(seed: int = 0) -> Parameters:
    rng = np.random.default_rng(seed)
    W, V = rng.standard_normal((64, HIDDEN)) / 8, rng.standard_normal((HIDDEN, 10)) / np.sqrt(HIDDEN)
    return {"W": W, "b": np.zeros(HIDDEN), "V": V, "c": np.zeros(10)}


def main(figure: str = "digits_saliency.png") -> None:
    digits = load_digits()
    X, y = digits.data / 16.0, digits.target
    train, test = slice(0, 1300), slice(1300, None)
    found = st.minimize(loss, start(), args=(X[train], np.eye(10)[y[train]]), method="l-bfgs", options={"maxiter": 60})
    right = np.mean(np.argmax(scores(found.x, X[test]), axis=1) == y[test])
    print(f"loss {found.fun:.4f} after {found.nit} steps; {100 * right:.1f} % of {len(y[test])} unseen digits right")
    _, axes = plt.subplots(1, 4, figsize=(13, 3.2), layout="compressed")
    for ax, digit in zip(axes, (0, 3, 4, 7), strict=True):
        x = X[test][y[test] == digit][0]

        def score(image: np.ndarray, digit: int = digit) -> float:
            return scores(found.x, image[None, :])[0, digit]

        speaks = st.saliency(score, x)
        print(f"{digit}: {speaks}")
        drawing = st.plot.saliency(speaks.integrated, x, ax=ax)
        ax.set_title(f"speaks for {digit}")
    drawing.save(figure)


if __name__ == "__main__":
    main(*sys.argv[1:])
