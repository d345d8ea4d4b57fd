"""The page under docs/, from the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import page_checkers, page_grids
from .markdown import number, table

INTRODUCTION = """\
# Numeric derivatives, beside other tools

Made by `make bench-numeric`. The cases are in `benchmarks/numeric/`, and the tests read the same tables. Truths
come from mpmath, to sixty digits. Every tool is called as its manual says, with its defaults, on the same functions.

An answer is *right* with a relative error up to 1e-8. An estimate *covers* an answer if the truth is within it; an
answer is *confidently wrong* if it is off by more than ten times its own estimate. *None* counts exceptions, NaN,
infinity and what takes longer than three seconds. Evaluations are counted one a point: the median, and the most. A dash
stands for what a tool does not say.
"""

TABLES = {
    "ordinary": "Ordinary functions, first derivative",
    "ordinary, held out": "Ordinary functions, first derivative, held out",
    "second": "Ordinary functions, second derivative",
    "higher": "Orders 3 to 10",
    "hard": "Hard cases with a derivative",
    "hard, held out": "Hard cases with a derivative, held out",
    "gradients": "Gradients of test functions of global optimisation",
}
NOTES = {
    "ordinary, held out": "Written after the step selection was settled.",
    "hard": "Extreme scales, poles, steep functions, cancellation, single precision, rounded and noisy values, edges.",
    "hard, held out": (
        "Written after the step selection was settled on the table above. At first sight 95 % were covered and 3 of 62 "
        "confidently wrong, all by cancellation or a wave of 1e9; what these taught about noise is in the figures now."
    ),
    "gradients": "Published formulas, 3 points each; the error is beside the largest entry of the gradient.",
}
HEAD = ("tool", "right", "median error", "largest", "none", "covered", "confidently wrong", "evaluations")

FEATURES = """
## What each tool does

| | steepest | numdifftools | scipy.differentiate | jacobi | statsmodels | findiff |
|---|---|---|---|---|---|---|
| error estimate | yes | yes | yes | yes | no | no |
| step from the function's own scale | yes | no | no | no | no | a grid's |
| `f` finite on one side only | found out | `method=` | `step_direction=` | `method=` | no | at edges of a grid |
| never outside of bounds | `bounds=` | no | no | no | no | a grid's |
| noise of `f` | measured, or `noise=` | no | no | from scatter | no | no |
| kinks, jumps, vertical slopes | status, both sides | no | no | no | no | no |
| complex step | where `f` proves analytic | by `method=` | no | no | by function | no |
| order | 1 to 10 | 1 to 10 | 1 | 1 | 1, 2 | any |
| batched calls | where `f` proves to take them | assumed | assumed | no | no | a grid |
| workers, progress | yes | no | no | no | no | no |
"""


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
    yield FEATURES
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
