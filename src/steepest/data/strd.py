"""NIST's Statistical Reference Datasets for linear least squares: data with answers certified to 15 digits.

Source: National Institute of Standards and Technology, Statistical Reference Datasets,
https://www.itl.nist.gov/div898/strd (public domain). The files are kept as NIST publishes them. Each says in
its header on which lines its certified values and its data stand; that is what the parser goes by.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from .strd_file import instances, line_range, lines_of, sections

NAMES = (
    "Norris", "Pontius", "NoInt1", "NoInt2", "Filip", "Longley",
    "Wampler1", "Wampler2", "Wampler3", "Wampler4", "Wampler5",
)  # fmt: skip

_PROCEDURE = "Linear Least Squares Regression"
_PARAMETER = re.compile(r"(B\d+)\s+(\S+)\s+(\S+)")
_SPREAD = re.compile(r"Standard Deviation\s+(\S+)")
_R_SQUARED = re.compile(r"R-Squared\s+(\S+)")
_RESIDUAL = re.compile(r"Residual\s+(\d+)\s+(\S+)\s+\S+")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Observations of one response at n points of k predictors, and the certified fit with p parameters.

    Certified numbers come as printed (``…_text``) and as floats, in the order of `parameters`.
    """

    name: str
    reference: str
    level: str  # NIST's own grade of difficulty
    model: str  # as printed: "y = B0 + B1*x + e"
    response: str
    predictors: tuple[str, ...]  # (k,)
    y: NDArray[np.float64]  # (n,)
    X: NDArray[np.float64]  # (n, k), without a column for the intercept
    parameters: tuple[str, ...]  # (p,)
    certified_text: tuple[str, ...]  # (p,)
    certified: NDArray[np.float64]  # (p,)
    standard_deviation_text: tuple[str, ...]  # (p,), of the estimates
    standard_deviation: NDArray[np.float64]  # (p,)
    residual_standard_deviation: float
    residual_degrees_of_freedom: int
    residual_sum_of_squares: float
    r_squared: float

    @property
    def degree(self) -> int | None:
        """The degree of a polynomial in the one predictor, ``y = B0 + B1*x + B2*(x**2) + …``; None for other models."""
        if len(self.predictors) != 1 or len(self.parameters) < 2:
            return None
        (x,) = self.predictors
        powers = ["B0", f"B1*{x}", *(f"B{i}*({x}**{i})" for i in range(2, len(self.parameters)))]
        printed = self._terms()
        whole = "..." in printed or len(printed) == len(powers)
        return len(powers) - 1 if whole and {*printed} - {"..."} <= {*powers} else None

    def design(self) -> NDArray[np.float64]:
        """The matrix D, (n, p), of the model ``y = D β + e``: a column of ones for B0, then the predictors or powers.

        Raises ValueError for a model with other terms than these.
        """
        if self.degree is not None:
            return self.X ** np.arange(self.degree + 1)
        slopes = [f"B{i}*{x}" for i, x in enumerate(self.predictors, 1)]
        ones = np.ones((len(self.y), 1))
        columns = {("B0", *slopes): [ones, self.X], (*slopes,): [self.X]}
        terms = self._terms()
        if terms not in columns:
            raise ValueError(f"the model of {self.name}, {self.model}, has terms other than B0, B_i*x_i and powers")
        return np.hstack(columns[terms])

    def _terms(self) -> tuple[str, ...]:
        """What stands between the plus signs of the model, without the error."""
        terms = (t.strip() for t in self.model.partition("=")[2].split("+"))
        return tuple(t for t in terms if t != "e")


def load(name: str) -> Dataset:
    """One of the data sets that come with the package, by name. Raises ValueError for any other name.

    >>> load("Norris").X.shape
    (36, 1)
    """
    if name not in NAMES:
        raise ValueError(f"no data set {name!r} here; there are {', '.join(NAMES)}")
    return parse((files("steepest.data") / "strd" / f"{name}.dat").read_text(encoding="ascii"))


def load_norris() -> Dataset:
    """Calibration of ozone monitors: 36 points, one predictor, an easy fit."""
    return load("Norris")


def load_longley() -> Dataset:
    """Employment in the USA, 1947 to 1962: 16 years, six nearly collinear predictors, a hard fit."""
    return load("Longley")


def parse(text: str) -> Dataset:
    """Read the text of one of NIST's .dat files. Raises ValueError if it is not a linear least squares one."""
    lines = text.splitlines()
    head = sections(lines)
    if head.get("Procedure") != [_PROCEDURE]:
        raise ValueError(f"not a file of NIST's for {_PROCEDURE.lower()}")
    answers = lines_of(lines, "Certified Values")
    fit = instances(_PARAMETER, answers)
    [(residual_dof, residual_ss)] = instances(_RESIDUAL, answers)
    [(residual_spread,)] = instances(_SPREAD, answers)
    [(r_squared,)] = instances(_R_SQUARED, answers)
    first, _ = line_range(lines, "Data")
    response, *predictors = lines[first - 1].removeprefix("Data:").split()  # the names stand above the numbers
    table = np.array([[float(entry) for entry in line.split()] for line in lines_of(lines, "Data")])
    if table.shape[1] != 1 + len(predictors):
        raise ValueError(f"{1 + len(predictors)} names over {table.shape[1]} columns")
    estimates, spreads = tuple(f[1] for f in fit), tuple(f[2] for f in fit)
    return Dataset(
        name=head["Dataset Name"][0].partition(" ")[0],
        reference=" ".join(head["Reference"]),
        level=next(line for line in head["Data"] if line.endswith("Difficulty")),
        model=next(line for line in head["Model"] if "=" in line),
        response=response,
        predictors=tuple(predictors),
        y=table[:, 0].copy(),
        X=table[:, 1:].copy(),
        parameters=tuple(f[0] for f in fit),
        certified_text=estimates,
        certified=np.array([float(e) for e in estimates]),
        standard_deviation_text=spreads,
        standard_deviation=np.array([float(s) for s in spreads]),
        residual_standard_deviation=float(residual_spread),
        residual_degrees_of_freedom=int(residual_dof),
        residual_sum_of_squares=float(residual_ss),
        r_squared=float(r_squared),
    )
