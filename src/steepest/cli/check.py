"""``steepest check``: whether a gradient worked out by hand is right, and if not, what is wrong with it."""

from __future__ import annotations

import argparse
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.api.every_way import by_every_way, merged
from steepest.api.formula import formula
from steepest.api.hand_derived.judge import check_given
from steepest.api.proof import example_arguments
from steepest.errors import ArgumentError
from steepest.verify.report import CheckReport

from .listing import verdict
from .source_file import function_at, place_of
from .subject import add_subject, declarations_of, told

NAME = "check"
SIZES = (5, 7, 9, 11, 13, 17, 19, 23)  # none is a constant of calculus: of 2 rows a missing 1/m would be a factor 2
HELP = "check a gradient worked out by hand, and say what is wrong with it"
MORE = """
The gradient is a function of the same arguments, or a formula whose names are the arguments and the declared sizes.
Without --gradient the derivative by the rules is compared with differences. The arguments are given with --at, or
drawn at random in the declared shapes. Exit codes: 0 right, 1 wrong, 2 it could not be done as asked.

examples:
  steepest check model.py:loss --gradient model.py:gradient --declare "w: n; X: m n; y: m"
  steepest check model.py:loss --gradient "2/m X'*(X*w - y)" --declare "w: n; X: m n; y: m"
  steepest check "norm2(A*x - b)^2" --gradient "A'*(A*x - b)" --wrt x --declare "A: m n; b: m"
  steepest check model.py:f --gradient model.py:df --at "x = [1, 2, 3]; scale = 0.5" --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = MORE
    add_subject(parser)
    parser.add_argument("--gradient", metavar="G", help="the gradient: FILE.py:FUNCTION, or a formula")
    parser.add_argument("--wrt", metavar="NAME", help="the argument it is by (the first, if not said)")
    parser.add_argument("--at", metavar="VALUES", action="append", default=[], help='"x = [1, 2]; a = 0.5"')
    parser.add_argument("--order", type=int, choices=(1, 2), default=1, help="2 for a Hessian")
    parser.add_argument("--seed", type=int, default=0, help="of the random point")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    expression = args.expression.strip()
    with told(expression, place_of(expression)):
        setting = _setting(expression, declarations_of(args.declare), _values(args.at), args.seed)
        report = _report(setting, args.wrt, args.gradient, args.order)
    print(json.dumps(_as_json(report), ensure_ascii=False, indent=2) if args.json else "\n".join(verdict(report)))
    return 0 if report else 1


@dataclass(frozen=True)
class Setting:
    """A function, its arguments by name, and the names of lengths of axes."""

    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    lengths: Mapping[int, str]


def _setting(expression: str, declared: Mapping[str, str], values: Mapping[str, Any], seed: int) -> Setting:
    place = place_of(expression)
    function: Any = expression if place is None else function_at(place)
    if place is not None:
        names = list(inspect.signature(function).parameters)
        if values and set(names) == set(values):
            return Setting(function, {n: values[n] for n in names}, {})
    described = formula(function, **declared)
    declarations = described.source.declarations
    plain = described.source.function
    drawn = example_arguments(plain, declarations, seed, SIZES)
    found = dict(zip((d.name for d in declarations), drawn, strict=True))
    unknown = [name for name in values if name not in found]
    if unknown:
        raise ArgumentError(f"--at: there is no argument {unknown[0]!r}; there are {', '.join(found)}")
    resized = [n for n, v in values.items() if np.shape(v) != np.shape(found[n])]
    if resized and (missing := [n for n in found if n not in values]):
        raise ArgumentError(
            f"--at gives {resized[0]} in another size than was drawn for {', '.join(missing)}: give all arguments"
        )
    found |= values
    sizes = {int(n): s for d in declarations for n, s in zip(np.shape(found[d.name]), d.sizes, strict=True)}
    return Setting(plain, found, {n: s for n, s in sizes.items() if isinstance(s, str)})


def _report(setting: Setting, wrt: str | None, gradient: str | None, order: int) -> CheckReport:
    names = list(setting.arguments)
    if wrt is not None and wrt not in names:
        raise ArgumentError(f"there is no argument {wrt!r}; there are {', '.join(names)}")
    position = 0 if wrt is None else names.index(wrt)
    arguments = list(setting.arguments.values())
    if gradient is None:
        return by_every_way(setting.function, arguments, [position], order)
    place = place_of(gradient.strip())
    given = gradient if place is None else function_at(place)
    return merged(check_given(setting.function, arguments, [position], given, False, order, setting.lengths))


def _values(items: Sequence[str]) -> dict[str, Any]:
    """``["x = [1, 2]; a = 0.5"]`` as arrays and numbers by name."""
    found: dict[str, Any] = {}
    for item in (part for text in items for part in text.split(";") if part.strip()):
        name, sign, text = item.partition("=")
        try:
            value = np.asarray(json.loads(text), dtype=np.float64) if sign else None
        except (ValueError, TypeError):
            value = None
        if value is None:
            raise ArgumentError(f'--at is written as "x = [1, 2]; a = 0.5", got {item.strip()!r}')
        found[name.strip()] = value if value.ndim else float(value)
    return found


def _as_json(report: CheckReport) -> dict[str, Any]:
    return {
        "right": bool(report), "diagnosis": report.diagnosis,
        "mistake": None if report.mistake is None else report.mistake.value,
        "formula": report.formula or None, "given_formula": report.given_formula or None,
        "example": report.example or None, "error": report.error if np.isfinite(report.error) else None,
        "bound": report.bound, "worst": None if report.worst is None else list(report.worst),
        "compared": list(report.paths), "strength": report.strength or None, "remainder": report.remainder or None,
        "evaluations": report.evaluations,
    }  # fmt: skip
