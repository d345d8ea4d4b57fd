"""What has no derivative, or none that can be stated: it is refused, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from identities.identity import Function
from steepest.errors import ArgumentError, CaptureError, FormulaError, NotScalarError, SteepestError


@dataclass(frozen=True)
class Refusal:
    """`derivative` of the function by `by` raises `error`, whose text has `reason`."""

    name: str
    function: Function
    shapes: str
    by: str
    error: type[SteepestError]
    reason: str
    derivative: str = "gradient"


REFUSALS = [
    # no such product, function or variable
    Refusal("product of two columns", "x*y", "x: n; y: n", "x", FormulaError, "several products"),
    Refusal("product of matrices that do not fit", "tr(A*B)", "A: m n; B: m n", "A", FormulaError, "columns"),
    Refusal("sum of matrices that do not fit", "sum(A + B)", "A: m n; B: n m", "A", FormulaError, "do not go together"),
    Refusal("determinant of a tall matrix", "det(X)", "X: m n", "X", FormulaError, "square"),
    Refusal("inverse of a tall matrix", "tr(inv(X))", "X: m n", "X", FormulaError, "square"),
    Refusal("trace of a tall matrix", "tr(X)", "X: m n", "X", FormulaError, "square"),
    Refusal("square of a tall matrix", "tr(X^2)", "X: m n", "X", FormulaError, "square"),
    Refusal("root of a matrix", "tr(X^0.5)", "X: n n", "X", FormulaError, "whole powers"),
    Refusal("division by a matrix", "tr(1/X)", "X: n n", "X", FormulaError, "inv"),
    Refusal("bars around a matrix", "|X|", "X: n n", "X", FormulaError, "two things"),
    Refusal("unknown function", "frobnicate(x)", "x: n", "x", FormulaError, "unknown function"),
    Refusal("unknown variable", "x'*x", "x: n", "z", ArgumentError, "no variable 'z'"),
    Refusal("a fact that does not fit", "tr(X'*X)", "X: m n spd", "X", ArgumentError, "spd"),
    # not one number
    Refusal("gradient of a vector", "A*x", "A: m n; x: n", "x", NotScalarError, "use jacobian"),
    Refusal("gradient of a matrix", "X'*X", "X: m n", "X", NotScalarError, "use jacobian"),
    Refusal("Hessian of a vector", "A*x", "A: m n; x: n", "x", NotScalarError, "use jacobian", "hessian"),
    # no derivative
    Refusal("histogram", lambda x: 1.0 * np.histogram(x)[0][0], "x: n", "x", CaptureError, "counts"),
    # no one formula for all sizes
    Refusal("a loop over the entries", lambda x: sum(k * x[k] for k in range(len(x))), "x: n", "x", FormulaError,
            "no one formula for all sizes"),
    Refusal("distinct values", lambda x: np.sum(np.unique(x)), "x: n", "x", FormulaError,
            "no one formula for all sizes"),
    Refusal("median", lambda x: np.median(x), "x: n", "x", FormulaError, "no one formula for all sizes"),
    Refusal("weights made from a size", lambda x: x @ np.arange(len(x)), "x: n", "x", FormulaError,
            "no one formula for all sizes"),
]  # fmt: skip
