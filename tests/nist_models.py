"""The models of NIST's nonlinear data sets as NumPy functions of the parameters b and the columns x."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

Model = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _peaks(b, x):
    first, second = np.exp(-((x - b[3]) ** 2) / b[4] ** 2), np.exp(-((x - b[6]) ** 2) / b[7] ** 2)
    return b[0] * np.exp(-b[1] * x) + b[2] * first + b[5] * second


def _decays(b, x):
    return b[0] * np.exp(-b[1] * x) + b[2] * np.exp(-b[3] * x) + b[4] * np.exp(-b[5] * x)


def _chwirut(b, x):
    return np.exp(-b[0] * x) / (b[1] + b[2] * x)


def _cubics(b, x):
    return (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3)


def _cycles(b, x):
    year = 2 * np.pi * x / 12
    found = b[0] + b[1] * np.cos(year) + b[2] * np.sin(year)
    for k in (3, 6):
        found = found + b[k + 1] * np.cos(2 * np.pi * x / b[k]) + b[k + 2] * np.sin(2 * np.pi * x / b[k])
    return found


MODELS: Mapping[str, Model] = {
    "Misra1a": lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
    "Chwirut2": _chwirut,
    "Chwirut1": _chwirut,
    "Lanczos3": _decays,
    "Gauss1": _peaks,
    "Gauss2": _peaks,
    "DanWood": lambda b, x: b[0] * x ** b[1],
    "Misra1b": lambda b, x: b[0] * (1 - (1 + b[1] * x / 2) ** (-2)),
    "Kirby2": lambda b, x: (b[0] + b[1] * x + b[2] * x**2) / (1 + b[3] * x + b[4] * x**2),
    "Hahn1": _cubics,
    "Nelson": lambda b, x: b[0] - b[1] * x[:, 0] * np.exp(-b[2] * x[:, 1]),  # of the logarithm of y
    "MGH17": lambda b, x: b[0] + b[1] * np.exp(-x * b[3]) + b[2] * np.exp(-x * b[4]),
    "Lanczos1": _decays,
    "Lanczos2": _decays,
    "Gauss3": _peaks,
    "Misra1c": lambda b, x: b[0] * (1 - (1 + 2 * b[1] * x) ** (-0.5)),
    "Misra1d": lambda b, x: b[0] * b[1] * x / (1 + b[1] * x),
    "Roszman1": lambda b, x: b[0] - b[1] * x - np.arctan(b[2] / (x - b[3])) / np.pi,
    "ENSO": _cycles,
    "MGH09": lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
    "Thurber": _cubics,
    "BoxBOD": lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
    "Rat42": lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)),
    "MGH10": lambda b, x: b[0] * np.exp(b[1] / (x + b[2])),
    "Eckerle4": lambda b, x: b[0] / b[1] * np.exp(-0.5 * ((x - b[2]) / b[1]) ** 2),
    "Rat43": lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)) ** (1 / b[3]),
    "Bennett5": lambda b, x: b[0] * (b[1] + x) ** (-1 / b[2]),
}


def residuals_of(name: str) -> Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """``r(b, x, y)`` of one data set; x is a matrix where there are several predictors."""
    model = MODELS[name]

    def residuals(b, x, y):
        return model(b, x) - y

    return residuals


def data_of(dataset) -> tuple[np.ndarray, np.ndarray]:
    """``x, y`` as the model takes them."""
    x = dataset.X if dataset.X.shape[1] > 1 else dataset.X[:, 0].copy()
    return x, np.log(dataset.y) if dataset.name == "Nelson" else dataset.y
