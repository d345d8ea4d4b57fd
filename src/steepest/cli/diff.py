"""``steepest diff``: the derivative of a line of mathematics, or of a Python function, as a formula."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from steepest.api.formula import Formula
from steepest.api.shown import Shown
from steepest.api.steps import Steps
from steepest.errors import ArgumentError
from steepest.expr.dimension import Dim
from steepest.expr.fact import words
from steepest.verify.report import CheckReport

from .derivative import Derivative
from .listing import block, bold, shapes, verdict
from .subject import add_subject, subject_of

NAME = "diff"
HELP = "derive a formula: the gradient, Jacobian or Hessian as mathematics"
HIGHEST = 20
MORE = """
formulas:
  * is the product of matrices, x'*y a number, x*y' a matrix; .* ./ .^ are entry by entry, and so are ⊙ ⊘ **.
  @ is NumPy's. A' Aᵀ A.T A^T, A⁻¹ inv(A), ‖x‖ norm2(x), x² x^2, 2x, θ theta are read too. I is the identity.
  A formula without arrays (3x^2 - 4x) is about numbers. Otherwise names that are not declared are taken for
  numbers (a to g, Greek letters), vectors (h to z, θ) or matrices (capitals); the output says so.

examples:
  steepest diff "3x^2 - 4x"
  steepest diff "norm2(X*theta - y)^2 / m" --wrt theta --declare "X: m n" --check
  steepest diff "x'*A*x" --wrt x --order 2
  steepest diff "x'*S*x" --wrt x --declare "S: n n symmetric" --python
  steepest diff "tanh(W*x)" --wrt x --layout numerator --latex
  steepest diff model.py:loss --wrt w --declare "w: n" --declare "X: m n" --declare "y: m"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = MORE
    add_subject(parser)
    parser.add_argument("--wrt", metavar="NAME", help="the variable (may be left out if there is one)")
    parser.add_argument("--order", type=int, default=1, help="1, 2 for the Hessian; any for a number by a number")
    parser.add_argument("--steps", action="store_true", help="show the derivation, rule by rule")
    parser.add_argument("--detail", choices=("brief", "normal", "full"), help="show the steps, with this detail")
    parser.add_argument("--check", action="store_true", help="prove it: rules, forward, reverse and numeric agree")
    parser.add_argument("--layout", choices=("denominator", "numerator"), help="which way the derivative is laid out")
    outputs = parser.add_mutually_exclusive_group()
    parser.set_defaults(output=_as_text)
    for name, output, what in OUTPUTS:
        outputs.add_argument(name, dest="output", action="store_const", const=output, help=what)


def run(args: argparse.Namespace) -> int:
    steps = args.steps or args.detail is not None
    if args.output in SOURCES and (args.layout or steps):
        option = "--layout" if args.layout else "--steps"
        raise ArgumentError(f"{option} is about what is printed of a formula: leave it out, or ask for no source code")
    if not 1 <= args.order <= HIGHEST:
        raise ArgumentError(f"--order is a number from 1 to {HIGHEST}, got {args.order}")
    with subject_of(args) as subject:
        derivative = Derivative(subject, args.wrt, args.order)
        found = Findings(
            derivative,
            derivative.derived if args.layout is None else derivative.derived.layout(args.layout),
            derivative.steps(args.detail or "normal") if steps else None,
            derivative.derived.check() if args.check else None,
        )
        lines = args.output(found)
    print("\n".join(lines))
    return 0 if found.proof is None or found.proof else 1


@dataclass(frozen=True)
class Findings:
    """All that was asked for: the derivative, how it is laid out, and perhaps its derivation and its proof."""

    derivative: Derivative
    shown: Shown
    steps: Steps | None
    proof: CheckReport | None


# --- output -------------------------------------------------------------------------------------------


def _as_text(found: Findings) -> list[str]:
    derivative = found.derivative
    lines = block(f"{derivative.function.title} = ", str(derivative.function))
    lines += shapes(derivative.function, derivative.declared)
    if found.steps is not None:
        lines += ["", *(f"  {k}. {line}" for k, line in enumerate(found.steps, start=1))]
    lines += ["", *block(f"{bold(derivative.symbol)} = ", str(found.shown), len(derivative.symbol) + 3)]
    if (entry := derivative.entry()) is not None:
        lines += block(f"  {entry[0]} = ", entry[1])
    if found.proof is not None:
        lines += ["", *verdict(found.proof)]
    return lines


def _as_latex(found: Findings) -> list[str]:
    steps = [] if found.steps is None else [found.steps.latex(), ""]
    return [*steps, found.shown.latex()]


def _as_python(found: Findings) -> list[str]:
    return found.derivative.derived.python().splitlines()


def _as_c(found: Findings) -> list[str]:
    return found.derivative.derived.c().splitlines()


def _as_json(found: Findings) -> list[str]:
    report, steps, proof = found.derivative, found.steps, found.proof
    entry = report.entry()
    result: dict[str, Any] = {
        "function": _formula_object(report.function),
        "variables": {
            v.name: {"shape": list(v.sizes), "facts": list(words(v.facts)), "declared": v.name in report.declared}
            for v in report.variables
        },
        "wrt": report.wrt.name,
        "order": report.order,
        "derivative": {"symbol": report.symbol, **_formula_object(report.derived)},
    }
    if entry is not None:
        result["derivative"]["entry"] = {"symbol": entry[0], "text": entry[1]}
    if found.shown is not report.derived:
        result["derivative"]["layout"] = {"text": str(found.shown), "latex": found.shown.latex()}
    if steps is not None:
        result["steps"] = [{"rule": s.rule, "law": s.law, "text": s.text, "latex": s.latex} for s in steps]
    if proof is not None:
        result["check"] = {
            "right": bool(proof), "error": proof.error, "bound": proof.bound, "diagnosis": proof.diagnosis,
            "compared": list(proof.paths), "evaluations": proof.evaluations,
        }  # fmt: skip
    return [json.dumps(result, ensure_ascii=False, indent=2)]


def _formula_object(f: Formula) -> dict[str, Any]:
    shape = [n.name if isinstance(n, Dim) else n for n in f.expr.shape]
    return {"text": str(f), "ascii": f.ascii(), "latex": f.latex(), "shape": shape}


SOURCES = (_as_python, _as_c)
OUTPUTS: tuple[tuple[str, Callable[[Findings], list[str]], str], ...] = (
    ("--latex", _as_latex, "print LaTeX only"),
    ("--python", _as_python, "print NumPy source to keep"),
    ("--c", _as_c, "print C99 source to keep"),
    ("--json", _as_json, "print one JSON object"),
)
