"""Burgers' equation on a circle: an implicit solver that is given the exact Jacobian of the discrete equation.

    ∂u/∂t + u ∂u/∂x = ν ∂²u/∂x²,  period 2π

The right-hand side is written once, with sparse differences; the Jacobian that the solver needs is `st.jacobian` of it.
The exact solution is that of Cole and Hopf: u = −2ν φ′/φ with φ = c + exp(−νt) cos x, which solves the heat equation.

Run it: python examples/burgers.py
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

import steepest as st
from steepest.numeric import ErrorOrders, grids

VISCOSITY = 0.2
TIME = 1.0


def exact(x: np.ndarray, t: float) -> np.ndarray:
    decay = np.exp(-VISCOSITY * t)
    return 2 * VISCOSITY * decay * np.sin(x) / (1.3 + decay * np.cos(x))


def solve(steps: int, accuracy: int) -> tuple[np.ndarray, np.ndarray]:
    """The nodes, and u there at the end."""
    circle = grids.uniform_axis(0, 2 * np.pi, steps, "periodic")
    first, second = (grids.operator(circle, order, accuracy) for order in (1, 2))

    def rate(t: float, u: np.ndarray) -> np.ndarray:
        return VISCOSITY * (second @ u) - u * (first @ u)

    start = exact(circle.nodes, 0.0)
    run = solve_ivp(rate, (0, TIME), start, method="Radau", jac=st.jacobian(rate, 1), rtol=1e-9, atol=1e-11)
    return circle.nodes, run.y[:, -1]


def errors(steps: list[int], accuracy: int) -> list[float]:
    """The largest error at the end on grids of so many steps."""
    return [float(np.abs(u - exact(x, TIME)).max()) for x, u in (solve(n, accuracy) for n in steps)]


def main() -> None:
    steps = [20, 40, 80, 160]
    found = {f"accuracy {accuracy}": np.array(errors(steps, accuracy)) for accuracy in (2, 4)}
    print("largest errors, and the order they show")
    print(ErrorOrders(1 / np.array(steps), found))


if __name__ == "__main__":
    main()
