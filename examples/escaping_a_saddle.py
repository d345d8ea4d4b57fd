"""A start from which the gradient leads into a saddle, and a descent that leaves it again.

f(x, y) = x²/2 − y²/2 + y⁴/4 has a saddle at (0, 0) and minima at (0, ±1). On the line y = 0 the gradient points at the
saddle, where it vanishes: by the first derivative alone one is done. The second derivative shows the way down.

Run it: python examples/escaping_a_saddle.py [FIGURE.png]
"""

from __future__ import annotations

import sys

import numpy as np

import steepest as st

START = np.array([1.5, 0.0])


def f(v: np.ndarray) -> float:
    x, y = v
    return x**2 / 2 - y**2 / 2 + y**4 / 4


def by_the_gradient_alone() -> np.ndarray:
    """A textbook's descent: x ← x − t ∇f(x), until the gradient is small."""
    slope, x, path = st.grad(f), START, [START]
    while np.linalg.norm(slope(x)) > 1e-6:
        x = x - 0.3 * slope(x)
        path.append(x)
    return np.array(path)


def main(figure: str = "escaping_a_saddle.png") -> None:
    stuck = by_the_gradient_alone()
    print(f"by the gradient alone: stops at ({stuck[-1][0]:.6f}, {stuck[-1][1]:.6f})")
    found = st.minimize(f, START, method="gradient-descent")
    print(f"st.minimize: f = {found.fun:.6f} at ({found.x[0]:.6f}, {found.x[1]:.6f}); {found.message}")
    box = [(-2, 2), (-1.7, 1.7)]
    points = st.critical_points(f, box)
    print(points)
    paths = {"the gradient alone": stuck, "st.minimize": found}
    st.plot.contour(f, box, path=paths, critical_points=points).save(figure)


if __name__ == "__main__":
    main(*sys.argv[1:])
