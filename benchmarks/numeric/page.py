"""The page under docs/, from the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import page_checkers, page_features, page_grids
from .markdown import number, table

INTRODUCTION = """\
# Numeric derivatives, beside other tools

Made by `make bench-numeric`. The cases are in `benchmarks/numeric/`, and the tests read the same tables. Truths
come from mpmath, to sixty digits. Every tool is called as its manual says, with its defaults, on the same functions.

An answer is *right* with a relative error up to 1e-8. An estimate *covers* an answer if the truth is within it; an
answer is *confidently wrong* if it is off by more than ten times its own estimate. *None* counts exceptions, NaN,
infinity and what takes longer than ten seconds. Evaluations are counted one a point: the median, and the most. A dash
stands for what a tool does not say.
"""

TABLES = {
    "ordinary": "Ordinary functions, first derivative",
    "ordinary, held out": "Ordinary functions, first derivative, held out",
    "second": "Ordinary functions, second derivative",
    "higher": "Orders 3 to 10",
    "hard": "Hard cases with a derivative",
    "hard, held out": "Hard cases with a derivative, held out",
    "hard, by class": "Hard cases with a derivative, by class of trouble",
    "hard, held out again": "Hard cases with a derivative, held out a second time",
    "gradients": "Gradients of test functions of global optimisation",
    "hessians": "Hessians of test functions of global optimisation",
}
NOTES = {
    "ordinary, held out": "Written after the step selection was settled.",
    "hard": "Extreme scales, poles, steep functions, cancellation, single precision, rounded and noisy values, edges.",
    "hard, held out": (
        "Written after the step selection was settled on the table above. At first sight 95 % were covered and 3 of 62 "
        "confidently wrong, all by cancellation or a wave of 1e9; what these taught about noise is in the figures now."
    ),
    "hard, by class": (
        "Waves that fit the steps or outrun them, extreme scales, cancellation, single precision and rounding within "
        "sums, noise of four kinds, stairs, tables, ends that raise, powers between one and two."
    ),
    "hard, held out again": (
        "Written by somebody who had not seen how steps are chosen, and measured when that was done. At first sight, "
        "with kinks, jumps and cusps among 66: all covered (but for a solver's smooth error of 1e-8, which no values "
        "show), none confidently wrong, none refused, every status right; two estimates were larger than "
        "the derivative."
    ),
    "gradients": "Published formulas, 3 points each; the error is beside the largest entry of the gradient.",
    "hessians": "The same functions and points.",
}
HEAD = ("tool", "right", "median error", "largest", "none", "covered", "confidently wrong", "evaluations")


def write(record: Mapping[str, Any], path: Path) -> None:
    path.write_text("\n".join(_lines(record)).rstrip() + "\n")


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    yield INTRODUCTION
    installed = [f"{tool} {version}" for tool, version in record["versions"].items()]
    yield f"Measured on {record['date']} with Python {record['python']}: {', '.join(installed)}."
    for tool in record["missing"]:
        yield f"{tool} is not installed here."
    for key, title in TABLES.items():
        results = record["tables"][key]
        cases = max(r["cases"] for r in results.values())
        yield f"\n## {title}\n\n{cases} cases. {NOTES.get(key, '')}".rstrip()
        yield from table(HEAD, [(tool, *_cells(r)) for tool, r in results.items()])
    yield "\n## Points without a derivative\n\nKinks, jumps and vertical slopes: an answer that is neither refused, nor"
    yield "marked, nor given with an error of a tenth of itself is silent.\n"
    rows = [(tool, f"{told} of {total}") for tool, (told, total) in record["broken"].items()]
    yield from table(("tool", "told"), rows)
    yield from page_features.lines(record["features"])
    yield from page_grids.lines(record["grids"])
    yield from page_checkers.lines(record["checkers"])


def _cells(r: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"{r['right']} of {r['cases']}",
        number(r["median"]),
        number(r["largest"]),
        str(r["none"]),
        "—" if r["covered"] is None else f"{100 * r['covered']:.0f} %",
        "—" if r["confident"] is None else str(r["confident"]),
        f"{r['evaluations']:.0f}, {r['most']}",
    )
