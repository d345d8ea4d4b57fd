"""``steepest fit``: a linear model, or a polynomial, of the columns of a table."""

from __future__ import annotations

import argparse
import json
import math
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from steepest import plot
from steepest.api.formula import formula
from steepest.errors import ArgumentError, DataError
from steepest.plot.canvas import pyplot
from steepest.regression.estimator import FitWarning
from steepest.regression.linear import SOLVERS, LinearRegression
from steepest.regression.polynomial import PolynomialRegression
from steepest.regression.report import Report

from .losses import ridge_squares, squares, weighted_ridge_squares, weighted_squares
from .table import Table, read_table
from .terminal import Style, styled

NAME = "fit"
HELP = "fit a linear model or a polynomial to a table: CSV, Parquet or .npy"
MORE = """
The first line of a CSV file names the columns, unless it holds numbers only; they are x1, x2, … then, as in .npy.
Exit code 1: the fit was made, but fewer than four digits of a coefficient are to be trusted; the text says why.

examples:
  steepest fit cars.csv --target price
  steepest fit cars.csv --target price --columns age,power --ridge 0.5 --weights count
  steepest fit longley.csv --target y --solver normal --json
  steepest fit curve.csv --target y --degree 3 --plot curve.png
"""

LOSSES: dict[tuple[bool, bool], tuple[Callable[..., Any], dict[str, str]]] = {  # by: weights, ridge
    (False, False): (squares, {}),
    (True, False): (weighted_squares, {"w": "m"}),
    (False, True): (ridge_squares, {"alpha": ""}),
    (True, True): (weighted_ridge_squares, {"w": "m", "alpha": ""}),
}
WIDEST = 50  # characters of a formula above a plot

Model = LinearRegression | PolynomialRegression


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = MORE
    parser.add_argument("file", metavar="FILE", type=Path, help="a table: .csv, .tsv, .txt, .parquet or .npy")
    parser.add_argument("--target", metavar="NAME", required=True, help="the column to predict")
    parser.add_argument("--columns", metavar="NAMES", help="the columns to predict from, a,b,c (default: all others)")
    parser.add_argument("--weights", metavar="NAME", help="a column with the weights of the rows")
    parser.add_argument("--solver", choices=SOLVERS, default="auto", help="how (default: QR with refinement)")
    parser.add_argument("--degree", type=int, help="a polynomial of this degree in one column")
    parser.add_argument("--ridge", metavar="ALPHA", type=float, default=0.0, help="penalty on the squared slopes")
    parser.add_argument("--no-intercept", action="store_true", help="a model through the origin")
    parser.add_argument("--plot", metavar="FILE", type=Path, help="draw the data and the fit into a file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    table = read_table(args.file)
    names = _predictors(args, table)
    X, y = table.matrix(names), table.column(args.target)
    weights = None if args.weights is None else table.column(args.weights)
    model = _model(args, names)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", FitWarning)
        model.fit(X, y, sample_weight=weights)
    report = model.report(names, args.target)
    found = Findings(args, table, names, model, report, [str(w.message) for w in told])
    print("\n".join(_as_json(found) if args.json else _as_text(found)))
    for message in found.warnings:
        print(f"{styled('warning:', Style.RED, sys.stderr)} {message}", file=sys.stderr)
    if args.plot is not None:
        _draw(found, X, y)
    return 1 if found.warnings else 0


@dataclass(frozen=True)
class Findings:
    """What was asked for, and the fit."""

    args: argparse.Namespace
    table: Table
    names: list[str]
    model: Model
    report: Report
    warnings: list[str]


def _predictors(args: argparse.Namespace, table: Table) -> list[str]:
    taken = [n for n in (args.target, args.weights) if n is not None]
    if args.columns is None:
        names = [n for n in table.names if n not in taken]
        if "" in names:
            raise DataError(
                f"column {table.names.index('') + 1} of {table.path} has no name: it may be an index, or a delimiter at"
                " the end of each line\n    Say which columns are meant: --columns a,b,c"
            )
    else:
        names = [n.strip() for n in args.columns.split(",") if n.strip()]
        both = [n for n in names if n in taken]
        if both:
            raise ArgumentError(f"the column {both[0]!r} is to predict from, and is the target or the weights too")
        double = [n for k, n in enumerate(names) if n in names[:k]]
        if double:
            raise ArgumentError(f"--columns names {double[0]!r} twice")
    if not names:
        raise DataError(f"{table.path} has no column to predict {args.target} from: it has {', '.join(table.names)}")
    return names


def _model(args: argparse.Namespace, names: list[str]) -> Model:
    if args.degree is None:
        return LinearRegression(args.solver, fit_intercept=not args.no_intercept, alpha=args.ridge)
    options = {"--solver": args.solver != "auto", "--ridge": args.ridge != 0, "--no-intercept": args.no_intercept}
    for option in (name for name, given in options.items() if given):
        raise ArgumentError(f"{option} does not go with --degree: polynomials are fitted in an orthogonal basis, by QR")
    if len(names) != 1:
        raise ArgumentError(
            f"--degree needs one column to predict from; there are {', '.join(names)}\n    Say which: --columns NAME"
        )
    return PolynomialRegression(args.degree)


# --- output -------------------------------------------------------------------------------------------


def _loss(found: Findings) -> tuple[str, str]:
    """What is minimised and its gradient, with X the predictors and the column of ones."""
    function, more = LOSSES[found.args.weights is not None, found.args.ridge != 0]
    shapes = {"theta": "n", "X": "m n", "y": "m", **more}
    loss = formula(function, **shapes)
    return str(loss), str(loss.gradient("theta"))


def _as_text(found: Findings) -> list[str]:
    loss, gradient = _loss(found)
    rows = "1 row" if found.table.rows == 1 else f"{found.table.rows} rows"
    weighed = f", weights w = {found.args.weights}" if found.args.weights else ""
    free = "; the intercept has no penalty" if found.args.ridge and not found.args.no_intercept else ""
    return [
        f"{found.table.path}: {found.args.target} from {', '.join(found.names)}, {rows}{weighed}",
        f"least L(θ) = {loss}, where ∇L = {gradient} vanishes{free}",
        "",
        *str(found.report).splitlines(),
    ]


def _as_json(found: Findings) -> list[str]:
    report = found.report
    loss, gradient = _loss(found)
    result: dict[str, Any] = {
        "file": str(found.table.path),
        "rows": found.table.rows,
        "target": found.args.target,
        "predictors": found.names,
        "loss": loss,
        "gradient": gradient,
        "formula": report.formulas[0],
        "coefficients": [
            {"name": c.name, "value": _number(c.value), "standard_error": _number(c.standard_error)}
            for c in report.coefficients[0]
        ],
        "r_squared": _number(report.r_squared[0]),
        "residual_standard_deviation": _number(report.spreads[0]),
        "degrees_of_freedom": _number(report.degrees_of_freedom),
        "condition_number": _number(report.condition),
        "digits": _number(report.digits),
        "digits_of_solver": _number(report.digits_of_solver),
        "digits_of_data": _number(report.digits_of_data),
        "method": report.method,
        "warnings": found.warnings,
    }
    return [json.dumps(result, ensure_ascii=False, indent=2)]


def _number(value: float) -> float | None:
    """JSON has neither NaN nor infinity."""
    return float(value) if math.isfinite(value) else None


def _draw(found: Findings, X: np.ndarray, y: np.ndarray) -> None:
    drawing = plot.fit(found.model, X, y, names=found.names, target=found.args.target)
    text, r_squared = found.report.formulas[0], f"R² = {found.report.r_squared[0]:.6g}"
    drawing.ax.set_title(f"{text}    {r_squared}" if len(text) <= WIDEST else r_squared, fontsize=10)
    try:
        drawing.save(found.args.plot)
    except (ValueError, OSError) as error:
        raise ArgumentError(f"--plot {found.args.plot}: {error}") from error
    finally:
        pyplot().close(drawing.figure)
