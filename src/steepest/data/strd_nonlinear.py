"""NIST's Statistical Reference Datasets for nonlinear least squares: 27 fits certified to 11 digits, from two starts.

Source: National Institute of Standards and Technology, Statistical Reference Datasets,
https://www.itl.nist.gov/div898/strd (public domain). The files are kept as NIST publishes them. The models are
given in words; as functions they are whoever's who fits them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from .strd_file import instances, line_range, lines_of, sections

NAMES = (
    "Misra1a", "Chwirut2", "Chwirut1", "Lanczos3", "Gauss1", "Gauss2", "DanWood", "Misra1b",
    "Kirby2", "Hahn1", "Nelson", "MGH17", "Lanczos1", "Lanczos2", "Gauss3", "Misra1c", "Misra1d", "Roszman1", "ENSO",
    "MGH09", "Thurber", "BoxBOD", "Rat42", "MGH10", "Eckerle4", "Rat43", "Bennett5",
)  # fmt: skip

_PROCEDURE = "Nonlinear Least Squares Regression"
_PARAMETER = re.compile(r"b\d+\s*=\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)")
_RESIDUAL = re.compile(r"Residual Sum of Squares:\s+(\S+)")


@dataclass(frozen=True, eq=False)
class NonlinearDataset:
    """Observations of a response, two starting points, and the certified parameters with their standard deviations."""

    name: str
    model: str  # as printed, its lines joined
    y: NDArray[np.float64]  # (n,)
    X: NDArray[np.float64]  # (n, k)
    starts: NDArray[np.float64]  # (2, p), the far one first
    certified: NDArray[np.float64]  # (p,)
    standard_deviation: NDArray[np.float64]  # (p,)
    residual_sum_of_squares: float


def load(name: str) -> NonlinearDataset:
    """One of the data sets by name, the easy ones first in `NAMES`. Raises ValueError for any other name.

    >>> load("MGH17").starts.tolist()
    [[50.0, 150.0, -100.0, 1.0, 2.0], [0.5, 1.5, -1.0, 0.01, 0.02]]
    """
    if name not in NAMES:
        raise ValueError(f"no data set {name!r} here; there are {', '.join(NAMES)}")
    return parse((files("steepest.data") / "strd" / f"{name}.dat").read_text(encoding="ascii"))


def parse(text: str) -> NonlinearDataset:
    """Read the text of one of NIST's .dat files. Raises ValueError if it is not a nonlinear least squares one."""
    lines = text.splitlines()
    head = sections(lines)
    if head.get("Procedure") != [_PROCEDURE]:
        raise ValueError(f"not a file of NIST's for {_PROCEDURE.lower()}")
    answers = lines_of(lines, "Certified Values")
    fit = np.array([[float(entry) for entry in row] for row in instances(_PARAMETER, answers)])
    [(residual,)] = instances(_RESIDUAL, answers)
    table = np.array([[float(entry) for entry in line.split()] for line in lines_of(lines, "Data")])
    if line_range(lines, "Starting Values")[1] - line_range(lines, "Starting Values")[0] != len(fit):
        raise ValueError("the header tells of another number of parameters than there are")
    return NonlinearDataset(
        name=head["Dataset Name"][0].partition(" ")[0],
        model=" ".join(takewhile(lambda line: not line.startswith("Starting"), head["Model"][2:])),
        y=table[:, 0].copy(),
        X=table[:, 1:].copy(),
        starts=fit[:, :2].T.copy(),
        certified=fit[:, 2].copy(),
        standard_deviation=fit[:, 3].copy(),
        residual_sum_of_squares=float(residual),
    )
