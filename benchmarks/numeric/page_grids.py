"""The part of the page about derivatives on grids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from .markdown import number, rough, table

CLOSE = 1.05  # errors that differ by less are called the same

INTRODUCTION = """
## On grids, beside findiff

`st.numeric.operator` and findiff's `Diff` on the same nodes and values: sin(4x + 0.3) on 65 nodes. "Bent" nodes drift
apart smoothly, by a factor of 1.9; the distances of "scattered" ones are random, up to threefold. Each cell has the
largest error of all nodes, the ends included, over the largest derivative: ours, then findiff's. findiff takes even
accuracies only, and no unequal nodes on a periodic axis."""

SAME_STENCILS = """
On unequal nodes, and at the very ends of equal ones, both have the same stencils, so that the errors are the same but
for rounding; where rounding is most of the error (order 10 on 65 nodes has no right digits, whoever does it), chance
decides. Our weights are fractions, rounded once. Those of findiff are solved for in floating point."""

POLYNOMIALS = """
Polynomials of degree order + accuracy − 1 are differentiated exactly but for rounding. In units of the error which
one unit in the last place of every value leaves (1 or less is as good as the values allow; ours, then findiff's):"""

FIELDS = """
In two and three dimensions, accuracy 4, a plane wave: the largest error over the largest value. Beside an end of equal
nodes our stencil leans less than findiff's, which starts at the node itself, and errs less; but where errors along two
axes add up, their signs matter too, so that either may be ahead by some percent."""

QUADRATURE = """
With 65 nodes on [−1, 1], `differential_quadrature` on Chebyshev nodes against stencils of accuracy 8 on equally
spaced ones:"""


def lines(record: Mapping[str, Any] | None) -> Iterator[str]:
    yield INTRODUCTION
    if record is None:
        yield "\nfindiff is not installed here."
        return
    yield f"\nfindiff {record['version']}."
    on_lines = record["lines"]
    yield from _by_accuracy(on_lines)
    yield _counted(on_lines)
    yield SAME_STENCILS
    yield POLYNOMIALS
    yield from _by_accuracy(record["polynomials"])
    yield FIELDS
    rows = [(r["what"], r["shape"], r["nodes"], *map(_precise, r["largest"])) for r in record["fields"]]
    yield from table(("", "nodes", "", "steepest", "findiff"), rows)
    yield QUADRATURE
    head = ("function", "order", "quadrature", "stencils, steepest", "stencils, findiff")
    yield from table(head, [(r["function"], str(r["order"]), *map(number, r["largest"])) for r in record["quadrature"]])
    yield "\nA function with a pole near the interval, such as the last, needs more than 65 nodes."
    yield "\nOn 100 × 100 × 100 equally spaced nodes, accuracy 4, in seconds, on a machine that did other work too:"
    yield from table(
        ("", "making ours", "applying it", "findiff's matrix", "applying it", "findiff without a matrix"),
        [(r["what"], *map(rough, (*r["ours"].values(), *r["matrix"].values(), r["direct"]))) for r in record["large"]],
    )


def _by_accuracy(results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    accuracies = sorted({r["accuracy"] for r in results})
    rows = [
        (nodes, str(order), *(", ".join(map(number, r["largest"])) for r in own))
        for (nodes, order), own in groupby(results, lambda r: (r["nodes"], r["order"]))
    ]
    yield from table(("nodes", "order", *(f"accuracy {a}" for a in accuracies)), rows)


def _counted(results: Sequence[Mapping[str, Any]]) -> str:
    """In how many cells either error is larger, and by how much beyond rounding ours is at most."""
    ours = [r for r in results if r["largest"][0] > CLOSE * r["largest"][1]]
    theirs = [r for r in results if r["largest"][1] > CLOSE * r["largest"][0]]
    beyond = [r for r in ours if r["largest"][0] > CLOSE * r["largest"][1] + r["rounding"]]
    better = [r for r in theirs if r["largest"][1] > CLOSE * r["largest"][0] + r["rounding"]]
    return (
        f"\nOf {len(results)} cells, findiff's error is larger by more than 5 % in {len(theirs)}, in {len(better)}\n"
        f"by more than rounding of the values can explain; ours in {len(ours)}, in {len(beyond)} by more than that."
    )


def _precise(error: float) -> str:
    return f"{error:.2e}"
