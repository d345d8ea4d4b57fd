"""``steepest demo``: from a plain NumPy loss to its derivative as a formula, as a proof, and as a fit.

Two data sets of NIST with certified answers: Norris, an easy straight line, and Longley, a hard fit with six
nearly collinear predictors. Nothing is typed in: all formulas are read off the functions in `losses`.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from scipy.optimize import OptimizeResult

from steepest.api.formula import Formula, formula
from steepest.api.transforms import grad, jacfwd, jacrev
from steepest.data.accuracy import correct_digits
from steepest.data.strd import Dataset, load
from steepest.descent.minimize import minimize
from steepest.errors import ArgumentError
from steepest.numeric import gradient as numeric_gradient
from steepest.verify.compare import compare_gradient

from .losses import gradient_by_hand, line_loss, loss
from .terminal import Style, styled
from .timing import microseconds

NAME = "demo"
HELP = "derive, prove and fit two losses on data of NIST"

NAMES = ("Norris", "Longley")
MARKS = (0, 1, 10, 100, 1_000, 10_000, 100_000)  # the points of the descent's path that are printed
ITERATIONS = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--iterations", type=int, default=ITERATIONS, help="most steps of gradient descent (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    if args.iterations < 0:
        raise ArgumentError(f"--iterations is a number from 0 on, got {args.iterations}")
    datasets = [load(name) for name in NAMES]
    right = True
    for part in (_formulas, _three_ways):
        right &= part(datasets)
    for dataset in datasets:
        _fit(dataset, args.iterations)
    _cost(datasets)
    return 0 if right else 1


def _title(text: str) -> None:
    print(f"\n{styled(text, Style.BOLD, sys.stdout)}\n")


def _rows(rows: Iterable[tuple[str, str]], indent: str = "  ") -> None:
    rows = list(rows)
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        lines = text.splitlines() or [""]
        print(f"{indent}{name:<{width}}  {lines[0]}".rstrip())
        for line in lines[1:]:
            print(f"{indent}{'':<{width}}  {line}")


def _source(function: Callable[..., float]) -> str:
    """The function as written, without its docstring."""
    lines = inspect.getsource(function).splitlines()
    head = lines[0].replace(": Any", "").replace(" -> Any", "")
    return "\n".join([head, *(line for line in lines[1:] if '"""' not in line)])


# --- 1 --------------------------------------------------------------------------------------------------


def _formulas(_: list[Dataset]) -> bool:
    _title("1. The loss and its derivatives, read off the NumPy function")
    print(_indented(_source(loss)))
    F = formula(loss, theta="n", X="m n", y="m")
    gradient = F.gradient("theta")
    print()
    _rows(
        [
            ("L(θ)", f"= {F}"),
            ("∂L/∂θ_j", f"= {gradient.entry('j')}"),
            ("∇L", f"= {gradient}"),
            ("∇²L", f"= {F.hessian('theta')}"),
        ]
    )
    print("\n  The same for a straight line, every partial derivative:\n")
    print(_indented(_source(line_loss)))
    line = formula(line_loss, b0="", b1="", x="m", y="m")
    rows = [("L(b₀, b₁)", f"= {line}")]
    for name, sign in (("b0", "b₀"), ("b1", "b₁")):
        rows.append((f"∂L/∂{sign}", f"= {line.gradient(name)}"))
    for one, other, sign in (("b0", "b0", "b₀²"), ("b0", "b1", "b₀∂b₁"), ("b1", "b1", "b₁²")):
        rows.append((f"∂²L/∂{sign}", f"= {line.hessian(one, other)}"))
    print()
    _rows(rows)
    return True


def _indented(text: str, by: str = "    ") -> str:
    return "\n".join(by + line for line in text.splitlines())


# --- 2 --------------------------------------------------------------------------------------------------


def _three_ways(datasets: list[Dataset]) -> bool:
    _title("2. The same gradient three ways")
    F = formula(loss, theta="n", X="m n", y="m")
    quotient = F.from_definition("theta")
    print("  a) from the difference quotient\n")
    print(_indented(str(quotient)))
    print("\n  b) by the rules\n")
    steps = F.steps("theta")
    print(_indented(str(steps)))
    print("\n  c) by forward and by reverse mode, and by numeric differences of the NumPy function\n")
    same = quotient.result is steps.result is F.gradient("theta").expr
    verdict = "the same expression" if same else "NOT the same expression"
    print(f"  The quotient's limit and the rules' result are {verdict}.\n")
    right = same
    for dataset in datasets:
        right &= _modes(dataset, F.gradient("theta"))
    return right


def _modes(dataset: Dataset, gradient: Formula) -> bool:
    X, y = dataset.design(), dataset.y
    theta = dataset.certified * (1 + 0.1 * np.cos(np.arange(len(dataset.certified))))  # a point off the minimum
    ways = {
        "formula": gradient(theta, X, y),
        "forward": jacfwd(loss)(theta, X, y),
        "reverse": jacrev(loss)(theta, X, y),
    }
    numeric = numeric_gradient(lambda t: loss(t, X, y), theta)
    report = compare_gradient(lambda t: loss(t, X, y), theta, ways["reverse"])
    print(f"  {dataset.name}, at a point off the minimum, n = {len(theta)}, m = {len(y)}:")
    shown = min(len(theta), 3)
    rows = [(name, "  ".join(f"{g: .12e}" for g in value[:shown])) for name, value in ways.items()]
    rows.append(("numeric", "  ".join(f"{g: .12e}" for g in numeric.value[:shown])))
    rows.append(("  ±", "  ".join(f"{e: .1e}".ljust(19) for e in numeric.error[:shown])))
    _rows(rows, indent="    ")
    if shown < len(theta):
        print(f"    … and {len(theta) - shown} more entries")
    size = np.max(np.abs(ways["reverse"]))
    spread = max(np.max(np.abs(ways[name] - ways["reverse"])) for name in ways) / size
    print(f"    formula, forward and reverse agree to {spread:.0e} of the largest entry; numeric: {report.diagnosis}")
    print(f"    largest gap to the numeric gradient {report.error:.1e}, allowed {report.bound:.1e}\n")
    return bool(report) and spread < 1e-10


# --- 3 --------------------------------------------------------------------------------------------------


def _fit(dataset: Dataset, iterations: int) -> None:
    if dataset.name == NAMES[0]:
        _title("3. The fit: ∇L = 0 solved, and gradient descent")
    X, y = dataset.design(), dataset.y
    F = formula(loss, theta="n", X="m n", y="m")
    equation = F.stationary("theta")
    solution = equation.solve(X=X, y=y)
    descent, theta = _descend(dataset, iterations)
    print(f"  {dataset.name}: {dataset.model}, m = {len(y)}")
    print(textwrap.fill(f"({dataset.reference})", 100, initial_indent="  ", subsequent_indent="   ") + "\n")
    header = f"    {'':4}{'NIST, certified':>24}{'∇L = 0':>26}{'digits':>8}{'descent':>26}{'digits':>8}"
    print(header)
    exact, near = correct_digits(solution.x, dataset.certified), correct_digits(theta, dataset.certified)
    for k, name in enumerate(dataset.parameters):
        print(
            f"    {name:4}{dataset.certified_text[k]:>24}{solution.x[k]:>26.15g}{exact[k]:>8.1f}"
            f"{theta[k]:>26.15g}{max(near[k], 0):>8.1f}"
        )
    print(
        f"\n    ∇L = 0: {equation.left} = {equation.right}, by {solution.method} of X with columns scaled to norm 1,"
        f"\n    condition number {solution.condition:.1e}, then {solution.refinements} corrections from the gradient."
    )
    _print_path(dataset, descent)


def _descend(dataset: Dataset, iterations: int) -> tuple[OptimizeResult, np.ndarray]:
    """Gradient descent on standardised columns; the coefficients brought back to the data's own units."""
    X, y = dataset.design(), dataset.y
    centre, spread = X[:, 1:].mean(axis=0), X[:, 1:].std(axis=0)
    Z = np.hstack([X[:, :1], (X[:, 1:] - centre) / spread])
    curvatures = np.linalg.eigvalsh(2 / len(y) * Z.T @ Z)
    descent = minimize(
        loss, np.zeros(Z.shape[1]), (Z, y), method="gradient-descent", progress=False,
        options={"step": 1 / curvatures[-1], "maxiter": iterations},
    )  # fmt: skip
    theta = descent.x.copy()
    theta[1:] /= spread
    theta[0] -= centre @ theta[1:]
    return descent, theta


def _print_path(dataset: Dataset, descent: OptimizeResult) -> None:
    X = dataset.design()
    Z = (X[:, 1:] - X[:, 1:].mean(axis=0)) / X[:, 1:].std(axis=0)
    condition = np.linalg.cond(Z) ** 2
    print(
        f"    Descent: standardised columns, step 1/λmax, condition number of the Hessian {condition:.1e};\n"
        f"    {descent.nit:,} step{'s' * (descent.nit != 1)}: {descent.reason}.\n"
    )
    print(f"    {'step':>10}{'L':>24}{'‖∇L‖':>14}")
    for visit in descent.path:
        if visit.iteration not in (*MARKS, descent.nit):
            continue
        print(f"    {visit.iteration:>10,}{visit.value:>24.12g}{visit.slope:>14.2e}")
    print()


# --- 4 --------------------------------------------------------------------------------------------------


def _cost(datasets: list[Dataset]) -> None:
    _title("4. What one gradient costs, as machine code and in NumPy by hand (median, microseconds)")
    ours = grad(loss, compile="eager")
    print(f"    {'':10}{'m × n':>10}{'grad(loss)':>14}{'by hand':>12}{'ratio':>8}")
    rng = np.random.default_rng(0)
    cases = [(d.name, d.design(), d.y) for d in datasets]
    cases.append(("random", rng.normal(size=(20_000, 50)), rng.normal(size=20_000)))
    for name, X, y in cases:
        theta = np.zeros(X.shape[1])
        mine, hand = microseconds(partial(ours, theta, X, y), partial(gradient_by_hand, theta, X, y))
        size = f"{X.shape[0]} × {X.shape[1]}"
        print(f"    {name:10}{size:>10}{mine:>14.1f}{hand:>12.1f}{mine / hand:>8.2f}")
