"""Linear regression four ways on Longley's data, whose columns are nearly collinear: how many digits are right.

The certified answer is NIST's (Statistical Reference Datasets, https://www.itl.nist.gov/div898/strd).

Run it: python examples/longley_four_ways.py [FIGURE.png]
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
from matplotlib import pyplot as plt

import steepest as st
from steepest.data.accuracy import correct_digits
from steepest.data.strd import load

WAYS = ("qr", "svd", "normal", "gradient-descent")


def digits(data: object, solver: str) -> tuple[float, float, str]:
    """Correct digits of the worst coefficient, the digits the fit itself trusts, and what it warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = st.LinearRegression(solver).fit(data.X, data.y)
    found = np.concatenate([[model.intercept_], model.coef_])
    said = str(caught[0].message).splitlines()[0] if caught else ""
    return float(np.min(correct_digits(found, data.certified))), float(model.digits_), said


def main(figure: str = "longley_four_ways.png") -> None:
    data = load("Longley")
    print(f"{data.name}: {len(data.y)} years, {data.X.shape[1]} columns")
    right, trusted = [], []
    for solver in WAYS:
        correct, own, said = digits(data, solver)
        right.append(max(correct, 0.0))
        trusted.append(own)
        print(f"{solver:>17}: {correct:4.1f} digits right, {own:4.1f} claimed{'  ' + said if said else ''}")
    _, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
    places = np.arange(len(WAYS))
    ax.barh(places - 0.2, right, height=0.38, color="#0072B2", label="right, of the worst coefficient")
    ax.barh(places + 0.2, trusted, height=0.38, color="#E69F00", label="claimed by the fit itself")
    ax.set_yticks(places, WAYS)
    ax.invert_yaxis()
    ax.set(xlabel="decimal digits", title="Longley's regression, four ways")
    ax.legend(loc="lower right")
    plt.savefig(figure, dpi=120)


if __name__ == "__main__":
    main(*sys.argv[1:])
