"""The tangent of 3x² − 4x at x = 1: its formula, and the secants that close in on it.

Run it: python examples/tangent_line.py [FIGURE.png]
"""

from __future__ import annotations

import sys

from matplotlib import pyplot as plt

import steepest as st


def f(x: float) -> float:
    return 3 * x**2 - 4 * x


def main(figure: str = "tangent_line.png") -> None:
    F = st.formula(f, x="")
    print(f"f(x) = {F}, f′(x) = {F.gradient('x')}")
    for line in F.steps("x"):
        print(f"    {line}")
    _, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    st.plot.secant(f, 1.0, [1, 0.5, 0.2, 0.05], bounds=(-0.5, 2.5), ax=left)
    tangent = st.plot.tangent(f, 1.0, bounds=(-0.5, 2.5), ax=right)
    print(tangent["tangent"].get_label())
    tangent.save(figure)


if __name__ == "__main__":
    main(*sys.argv[1:])
