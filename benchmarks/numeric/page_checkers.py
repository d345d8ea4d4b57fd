"""The part of the page about checkers of gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .markdown import rough, table

INTRODUCTION = """
## Gradients derived by hand, beside other checkers

A logistic loss of 1, 10 and 1,000 coefficients (`benchmarks/numeric/checked.py`), as it is, times 10⁻⁸ to 10⁸, with x
in units of 10⁻⁸ to 10⁸, and in single precision. A right gradient should pass, and a wrong one be caught: its largest
entry off by 10⁻³ or by 10 %, the wrong sign, the factor 2. Every tool gets the same formulas in its own arrays, and
the gradient in the way its manual has for one of the user's own. SciPy answers with a distance, which is asked to be
less than 10⁻⁵. "Told the scale" are the same tools with steps from the size of x and of the type's rounding, and
tolerances of 10⁻⁴ of the largest entry of the gradient. "Values only" is our check of a function that cannot be
captured, so that differences are all it has. JAX and autograd look along one random direction; PyTorch and SciPy
along every axis."""

BY_SCALE = """
The same by scale and type: right ones that pass, wrong ones that are caught."""

SINGLE = """
Differences in single precision leave errors of about 10⁻³ of this gradient. Our check of values only lets that much
pass; `report.bound` is what it allowed."""


def lines(record: Mapping[str, Any]) -> Iterator[str]:
    results = record["results"]
    yield INTRODUCTION
    if record["versions"]:
        yield f"\n{', '.join(f'{tool} {v}' for tool, v in record['versions'].items())}."
    for tool in record["missing"]:
        yield f"\n{tool} is not installed here."
    changes = list(next(iter(results.values()))["by_change"])
    yield from table(
        ("tool", "right passes", *(f"{c} caught" for c in changes[1:]), "milliseconds"),
        [
            (
                title,
                *(f"{true} of {total}" for true, total in r["by_change"].values()),
                rough(1e3 * r["seconds"]),
            )
            for title, r in results.items()
        ],
    )
    yield "\nMilliseconds are the processor's, the median of one verdict; ours go into symbolic derivatives and into"
    yield "words for what is wrong."
    yield BY_SCALE
    conditions = list(next(iter(results.values()))["by_condition"])
    (right, wrong) = next(iter(results.values()))["by_condition"][conditions[0]]
    yield f"There are {right[1]} right ones and {wrong[1]} wrong ones in each cell."
    yield from table(
        ("tool", *conditions),
        [
            (title, *(f"{right[0]}, {wrong[0]}" for right, wrong in r["by_condition"].values()))
            for title, r in results.items()
        ],
    )
    yield SINGLE
