"""Ordinary against natural gradient: fitting a normal law to data.

The parameters are the mean and the logarithm of the deviation. Where the deviation is large, the mean can move far
before the law changes. The natural gradient measures steps by the change of the law (Amari, Neural Computation 10,
1998).

Run it: python examples/natural_gradient.py [FIGURE.png]
"""

from __future__ import annotations

import sys

import numpy as np
from matplotlib import pyplot as plt

import steepest as st

SAMPLES = 4.0 + 0.5 * np.random.default_rng(0).standard_normal(200)
START = np.array([-2.0, 1.0])


def log_density(theta: np.ndarray, x: float) -> float:
    """Of a normal law with mean θ₀ and deviation exp(θ₁), but for a constant."""
    return -0.5 * ((x - theta[0]) / np.exp(theta[1])) ** 2 - theta[1]


def loss(theta: np.ndarray) -> float:
    return np.mean(0.5 * ((SAMPLES - theta[0]) / np.exp(theta[1])) ** 2 + theta[1])


def metric(theta: np.ndarray) -> np.ndarray:
    """The Fisher information of the law: 1/σ² for the mean, 2 for log σ."""
    return np.diag([np.exp(-2 * theta[1]), 2.0])


def main(figure: str = "natural_gradient.png") -> None:
    here = st.natural_gradient(log_density, START, SAMPLES, st.grad(loss)(START))
    print(f"at the start the natural gradient stands at {here.degrees:.0f}° to the gradient")
    runs = {
        "gradient descent": st.minimize(loss, START, method="gradient-descent"),
        "natural gradient": st.minimize(loss, START, method="natural-gradient", options={"metric": metric}),
    }
    for name, run in runs.items():
        print(f"{name}: {run.nit} steps to mean {run.x[0]:.6f}, deviation {np.exp(run.x[1]):.6f}; {run.message}")
    print(f"the data's own: mean {SAMPLES.mean():.6f}, deviation {SAMPLES.std():.6f}")
    _, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="compressed")
    drawing = st.plot.contour(loss, [(-3, 6), (-1.5, 3.5)], path=runs, ax=left)
    left.set(title="negative log-likelihood", xlabel="mean", ylabel="log deviation")
    st.plot.convergence(runs, ax=right)
    drawing.save(figure)


if __name__ == "__main__":
    main(*sys.argv[1:])
