"""What a fit says of itself, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .results import LinearModel


@dataclass(frozen=True)
class Coefficient:
    """One coefficient of one output, with its standard error (NaN where none can be had)."""

    name: str
    value: float
    standard_error: float


@dataclass(frozen=True)
class Report:
    """The fit of each output: formula, coefficients, R²; and what holds for all of them."""

    formulas: tuple[str, ...]
    coefficients: tuple[tuple[Coefficient, ...], ...]
    r_squared: tuple[float, ...]
    spreads: tuple[float, ...]
    degrees_of_freedom: float
    method: str
    condition: float
    digits: float
    digits_of_solver: float
    digits_of_data: float

    def __str__(self) -> str:
        lines, left = [], self.degrees_of_freedom
        for k, formula in enumerate(self.formulas):
            lines += [formula, "", *_table(self.coefficients[k]), ""]
            lines += [
                f"R²                  {self.r_squared[k]:.12g}",
                f"residual spread     {self.spreads[k]:.6g}  ({left:.6g} degree{'s' * (left != 1)} of freedom)",
            ]
        lines += [
            f"condition number    {self.condition:.1e}",
            f"digits to trust     {self.digits:.1f}{self._reasons()}",
            f"method              {self.method}",
        ]
        return "\n".join(lines)

    def _reasons(self) -> str:
        if np.isnan(self.digits_of_data):
            return ""
        return f"  (solver {self.digits_of_solver:.1f}, rounding of the data {self.digits_of_data:.1f})"


def column_names(model: LinearModel) -> list[str]:
    """The names of the columns of a fitted model: x1, x2, … where none were given."""
    return [str(n) for n in vars(model).get("feature_names_in_", [f"x{i + 1}" for i in range(model.n_features_in_)])]


def report_of(model: LinearModel, terms: Sequence[str], target: str, intercept: bool) -> Report:
    """The report of a fitted model whose coefficients belong to the given terms."""
    several = np.ndim(model.intercept_) > 0
    outputs = [f"{target}{k}" for k in range(1, len(model.coef_) + 1)] if several else [target]
    coef, errors = np.atleast_2d(model.coef_), np.atleast_2d(model.standard_errors_)
    shift, wobble = np.atleast_1d(model.intercept_), np.atleast_1d(model.intercept_standard_error_)
    coefficients = []
    for k in range(len(coef)):
        first = [Coefficient("intercept", float(shift[k]), float(wobble[k]))] if intercept else []
        rest = [Coefficient(t, float(c), float(e)) for t, c, e in zip(terms, coef[k], errors[k], strict=True)]
        coefficients.append((*first, *rest))
    return Report(
        tuple(_formula(o, c) for o, c in zip(outputs, coefficients, strict=True)),
        tuple(coefficients),
        tuple(map(float, np.atleast_1d(model.r_squared_))),
        tuple(map(float, np.atleast_1d(model.residual_standard_deviation_))),
        model.degrees_of_freedom_, model.method_, model.condition_, model.digits_,
        model.digits_of_solver_, model.digits_of_data_,
    )  # fmt: skip


def _formula(output: str, coefficients: Sequence[Coefficient]) -> str:
    """Such as ``y = -0.262323 + 1.00212 x``."""
    text = f"{output} ="
    for k, c in enumerate(coefficients):
        term = f"{abs(c.value):.6g}" + ("" if c.name == "intercept" else f" {c.name}")
        sign = "-" if c.value < 0 else "+" if k else ""
        text += f" {sign}{term}" if k == 0 else f" {sign} {term}"
    return text


def _table(coefficients: Sequence[Coefficient]) -> list[str]:
    width = max(len(c.name) for c in coefficients)
    lines = [f"{'':{width}}  {'coefficient':>22}  {'standard error':>16}"]
    for c in coefficients:
        error = "unknown" if np.isnan(c.standard_error) else f"{c.standard_error:.6g}"
        lines.append(f"{c.name:<{width}}  {c.value:>22.15g}  {error:>16}")
    return lines
