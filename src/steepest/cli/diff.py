"""``steepest diff``: the derivative of a line of mathematics, or of a Python function, as a formula."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Sequence
from typing import Any

from steepest.api.declaration import Declaration
from steepest.api.formula import Formula, formula
from steepest.api.steps import Steps
from steepest.errors import ArgumentError, CaptureError, SteepestError
from steepest.expr.dimension import Dim
from steepest.formula.names import display_name
from steepest.frontends.text.spelling import canonical_name
from steepest.verify.report import CheckReport

from .source_file import function_at, place_of, raised
from .terminal import Style, styled

NAME = "diff"
HELP = "derive a formula: the gradient, Jacobian or Hessian as mathematics"
KINDS = ("number", "vector", "matrix")
LETTERS = "ijklpqrstuvwabcdefgh"  # of entries, as far as no variable or size has them
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
  steepest diff model.py:loss --wrt w --declare "w: n" --declare "X: m n" --declare "y: m"
  steepest diff -- "-x^2"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = MORE
    parser.add_argument("expression", metavar="EXPR", help="a line of mathematics, or FILE.py:FUNCTION")
    parser.add_argument("--wrt", metavar="NAME", help="the variable (may be left out if there is one)")
    parser.add_argument(
        "--declare", metavar="SHAPE", action="append", default=[],
        help='shapes by named sizes, "X: m n" (with ; for several); nothing after the colon: a number',
    )  # fmt: skip
    parser.add_argument("--order", type=int, default=1, help="1, 2 for the Hessian; any for a number by a number")
    parser.add_argument("--steps", action="store_true", help="show the derivation, rule by rule")
    parser.add_argument("--latex", action="store_true", help="show LaTeX as well")
    parser.add_argument("--check", action="store_true", help="prove it: rules, forward, reverse and numeric agree")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    if not 1 <= args.order <= HIGHEST:
        raise ArgumentError(f"--order is a number from 1 to {HIGHEST}, got {args.order}")
    declared = _declared(args.declare)
    place = place_of(args.expression)
    try:
        function = formula(args.expression if place is None else function_at(place), **declared)
        report = Derivative(function, declared, args.wrt, args.order)
        steps = report.steps() if args.steps else None
        proof = report.derived.check() if args.check else None
        lines = _as_json(report, steps, proof) if args.json else _as_text(report, steps, proof, args.latex)
    except SteepestError:
        raise
    except Exception as error:  # from the user's function, or from NumPy at the points it is traced at
        what = f"{args.expression} cannot be derived"
        message = f"{what}: {type(error).__name__}: {error}" if place is None else raised(what, error, place.path)
        raise CaptureError(message) from error
    print("\n".join(lines))
    return 0 if proof is None or proof else 1


def _declared(items: Sequence[str]) -> dict[str, str]:
    """``["X: m n", "y: m; a:"]`` as shapes by name."""
    shapes: dict[str, str] = {}
    for item in (part for text in items for part in text.split(";") if part.strip()):
        name, colon, shape = item.partition(":" if ":" in item else "=")
        if not colon or not name.strip():
            raise ArgumentError(f'--declare is written as "X: m n" (a number: "a:"), got {item.strip()!r}')
        if name.strip() in shapes:
            raise ArgumentError(f"{name.strip()} is declared twice")
        shapes[name.strip()] = shape.strip()
    return shapes


class Derivative:
    """A function, the variable, and the derivative asked for."""

    def __init__(self, function: Formula, declared: Collection[str], wrt: str | None, order: int):
        self.function, self.order = function, order
        self.declared = {*declared, *map(canonical_name, declared)}
        self.variables = function.source.declarations
        self.wrt = self._variable(wrt)
        self.of_number = self.function.expr.shape == ()
        self.by_number = not self.wrt.sizes
        self.derived = self._derived()

    def _variable(self, wrt: str | None) -> Declaration:
        names = ", ".join(v.name for v in self.variables)
        if wrt is None:
            if len(self.variables) > 1:
                raise ArgumentError(f"say by which variable: --wrt with one of {names}")
            return self.variables[0]
        for v in self.variables:
            if v.name in (wrt, canonical_name(wrt)):
                return v
        raise ArgumentError(f"there is no variable {wrt!r}; there {_is_or_are(self.variables)} {names}")

    def _derived(self) -> Formula:
        f, name = self.function, self.wrt.name
        if self.of_number and self.by_number:
            for _ in range(self.order):
                f = f.gradient(name)
            return f
        if self.order == 1:
            return f.gradient(name) if self.of_number else f.jacobian(name)
        if self.order == 2 and self.of_number:
            return f.hessian(name)
        what = "a number by an array has orders 1 and 2" if self.of_number else "an array has order 1"
        raise ArgumentError(f"--order {self.order}: the derivative of {what}")

    def steps(self) -> Steps:
        origin = self.derived.origin
        assert origin is not None
        return origin.formula.steps(origin.variable)

    # --- how it is called -----------------------------------------------------------------------------

    @property
    def symbol(self) -> str:
        """Such as ``∇_θ f``, ``df/dx``, ``∂²f/∂x²``."""
        f, x = self.function.title, display_name(self.wrt.name)
        times = "" if self.order == 1 else str(self.order).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        if self.of_number and not self.by_number:
            return f"∇{times}_{x} {f}"
        d = "d" if len(self.variables) == 1 and self.by_number and self.of_number else "∂"
        return f"{d}{times}{f}/{d}{x}{times}"

    def letters(self) -> list[str]:
        """A letter for each axis of the derivative."""
        taken = {*(v.name for v in self.variables), *(str(s) for v in self.variables for s in v.sizes)}
        rank = len(self.derived.expr.shape)
        free = [c for c in LETTERS if c not in taken]
        return free[1:2] if rank == 1 else free[:rank]

    def entry(self) -> tuple[str, str] | None:
        """One entry: what it is the derivative of, and its formula; None for a number."""
        letters = self.letters()
        if not letters:
            return None
        f, x = self.function.title, display_name(self.wrt.name)
        outer = len(self.function.expr.shape)
        inner = [letters[k : k + len(self.wrt.sizes)] for k in range(outer, len(letters), len(self.wrt.sizes) or 1)]
        over = _indexed(f"∂{'²' if self.order == 2 else ''}{f}", letters[:outer])
        under = "".join(f"∂{_indexed(x, i)}" for i in inner or [[]])
        return f"{over}/{under}", self.derived.entry(*letters)


def _indexed(name: str, letters: Sequence[str]) -> str:
    return f"{name}_{''.join(letters)}" if letters else name


def _is_or_are(items: Sequence[object]) -> str:
    return "is only" if len(items) == 1 else "are"


# --- output -------------------------------------------------------------------------------------------


def _as_text(report: Derivative, steps: Steps | None, proof: CheckReport | None, latex: bool) -> list[str]:
    lines = _block(f"{report.function.title} = ", str(report.function))
    lines += _shapes(report)
    if steps is not None:
        lines += ["", *(f"  {k}. {line}" for k, line in enumerate(steps, start=1))]
    lines += ["", *_block(f"{_bold(report.symbol)} = ", str(report.derived), len(report.symbol) + 3)]
    if (entry := report.entry()) is not None:
        lines += _block(f"  {entry[0]} = ", entry[1])
    if latex:
        lines += ["", *report.derived.latex().splitlines()]
    if proof is not None:
        head, *rest = str(proof).splitlines()
        lines += ["", styled(head, Style.GREEN if proof else Style.RED, sys.stdout), *rest]
    return lines


def _shapes(report: Derivative) -> list[str]:
    """The variables, with a mark at those that nobody declared."""
    rows = [(v.name, KINDS[len(v.sizes)] if len(v.sizes) < len(KINDS) else "array", v) for v in report.variables]
    width = max(len(name) for name, _, _ in rows)
    lines = []
    for name, kind, v in rows:
        sizes = " × ".join(map(str, v.sizes))
        note = "" if v.name in report.declared else styled("  (taken by custom, not declared)", Style.FAINT, sys.stdout)
        lines.append(f"  {name:<{width}}  {kind}{' ' + sizes if sizes else ''}{note}")
    return lines


def _block(head: str, text: str, width: int | None = None) -> list[str]:
    """A formula of several lines keeps its first column."""
    first, *rest = text.splitlines()
    indent = " " * (len(head) if width is None else width)
    return [head + first, *(indent + line for line in rest)]


def _bold(text: str) -> str:
    return styled(text, Style.BOLD, sys.stdout)


def _as_json(report: Derivative, steps: Steps | None, proof: CheckReport | None) -> list[str]:
    entry = report.entry()
    found: dict[str, Any] = {
        "function": _formula_object(report.function),
        "variables": {
            v.name: {"shape": list(v.sizes), "declared": v.name in report.declared} for v in report.variables
        },
        "wrt": report.wrt.name,
        "order": report.order,
        "derivative": {"symbol": report.symbol, **_formula_object(report.derived)},
    }
    if entry is not None:
        found["derivative"]["entry"] = {"symbol": entry[0], "text": entry[1]}
    if steps is not None:
        found["steps"] = [{"rule": s.rule, "law": s.law, "text": s.text, "latex": s.latex} for s in steps]
    if proof is not None:
        found["check"] = {
            "right": bool(proof), "error": proof.error, "bound": proof.bound, "diagnosis": proof.diagnosis,
            "compared": list(proof.paths), "evaluations": proof.evaluations,
        }  # fmt: skip
    return [json.dumps(found, ensure_ascii=False, indent=2)]


def _formula_object(f: Formula) -> dict[str, Any]:
    shape = [n.name if isinstance(n, Dim) else n for n in f.expr.shape]
    return {"text": str(f), "ascii": f.ascii(), "latex": f.latex(), "shape": shape}
