"""The heat equation in a rod, cold at one end and insulated at the other.

    ∂u/∂t = ∂²u/∂x²  in (0, 1),  u = 0 at x = 0,  ∂u/∂x = 0 at x = 1

The second derivative is a sparse matrix D that knows both ends, so what is left is u′ = D u, solved to rounding by
exp(t D). What remains is the error of D, which falls with the accuracy asked for.

Run it: python examples/heat_equation.py [FIGURE.png]
"""

from __future__ import annotations

import sys

import numpy as np
from matplotlib import pyplot as plt
from scipy.sparse.linalg import expm_multiply

from steepest.numeric import ErrorOrders, grids

TIME = 0.1


def exact(x: np.ndarray, t: float) -> np.ndarray:
    """Two modes that fit the ends, each decaying at its own rate."""
    return sum(a * np.exp(-((k * np.pi / 2) ** 2) * t) * np.sin(k * np.pi / 2 * x) for k, a in ((1, 1.0), (3, 0.5)))


def solve(steps: int, accuracy: int, t: float = TIME) -> tuple[np.ndarray, np.ndarray]:
    """The nodes at which u is unknown, and u there at time t."""
    rod = grids.uniform_axis(0, 1, steps + 1, ("dirichlet", "neumann"))
    D = grids.operator(rod, order=2, accuracy=accuracy)
    return rod.unknowns, expm_multiply(t * D, exact(rod.unknowns, 0.0))


def errors(steps: list[int], accuracy: int) -> list[float]:
    """The largest error at the end on grids of so many steps."""
    return [float(np.abs(u - exact(x, TIME)).max()) for x, u in (solve(n, accuracy) for n in steps)]


def draw(path: str) -> None:
    """The temperature along the rod at several times."""
    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    times = (0.0, 0.02, 0.1, 0.3, 0.8)
    for t, shade in zip(times, plt.get_cmap("viridis_r")(np.linspace(0.15, 1, len(times))), strict=True):
        x, u = solve(40, 4, t)
        ax.plot([0.0, *x], [0.0, *u], color=shade, label=f"t = {t:g}")
    ax.set(xlabel="x", ylabel="temperature u", title="A rod cools through its left end")
    ax.legend(loc="upper left")
    figure.savefig(path, dpi=120)


def main(figure: str = "heat_equation.png") -> None:
    steps = [10, 20, 40, 80]
    found = {f"accuracy {accuracy}": np.array(errors(steps, accuracy)) for accuracy in (2, 4)}
    print("largest errors, and the order they show")
    print(ErrorOrders(1 / np.array(steps), found))
    draw(figure)


if __name__ == "__main__":
    main(*sys.argv[1:])
