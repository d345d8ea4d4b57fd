"""The part of the page about derivatives on grids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from steepest.numeric import observed_orders

from .markdown import number, rough, table

CLOSE = 1.05  # errors that differ by less are called the same

INTRODUCTION = """
## On grids, beside findiff

`st.numeric.operator` and findiff's `Diff` on the same nodes and values: sin(4x + 0.3) on 65 nodes. "Bent" nodes drift
apart smoothly, by a factor of 1.9; the distances of "scattered" ones are random, up to threefold. Each cell has the
largest error of all nodes, the ends included, over the largest derivative: ours, then findiff's. findiff takes even
accuracies only, and no unequal nodes on a periodic axis."""

SAME_STENCILS = """
In the middle of unequal nodes both have the same stencils. Beside an end of equal ones ours lean less than findiff's,
which start at the node itself, and at the end itself ours have one node more, up to 11. Where rounding is most of the
error (order 10 on 65 nodes has no right digits, whoever does it), chance decides. Our weights are fractions, rounded
once; those of findiff are solved for in floating point."""

WAVES = """
Waves of {rates} radians for each unit of length and of twelve phases, on 20 to 65 nodes of the
three kinds from 0 to 1, orders 1 to 4, accuracies 2 to 8, where a wavelength has at least 6 nodes: of {total}
largest errors over all phases, findiff's is larger by more than 5 % and rounding in {findiff larger},
ours in {ours larger}; the median of findiff's over ours is {median:.1f}. With fewer nodes a wavelength
both are wrong by as much as the derivative, ours by more."""

POLYNOMIALS = """
Polynomials of degree order + accuracy − 1 are differentiated exactly but for rounding. In units of the error which
one unit in the last place of every value leaves (1 or less is as good as the values allow; ours, then findiff's):"""

FIELDS = """
In two and three dimensions, accuracy 4, a plane wave: the largest error over the largest value."""

EQUATIONS = """
Differential equations with known solutions, solved in the same way with the operators of both
(`benchmarks/numeric/equations.py`): the largest errors with 20, 40 and 80 steps along an axis, and the orders seen."""

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
    yield WAVES.format(**record["waves"])
    yield POLYNOMIALS
    yield from _by_accuracy(record["polynomials"])
    yield FIELDS
    rows = [(r["what"], r["shape"], r["nodes"], *map(_precise, r["largest"])) for r in record["fields"]]
    yield from table(("", "nodes", "", "steepest", "findiff"), rows)
    yield EQUATIONS
    head = ("", "accuracy", "steepest", "orders", "findiff", "orders")
    yield from table(
        head, [(r["equation"], str(r["accuracy"]), *_convergence(r["largest"])) for r in record["equations"]]
    )
    yield QUADRATURE
    head = ("function", "order", "quadrature", "stencils, steepest", "stencils, findiff")
    yield from table(head, [(r["function"], str(r["order"]), *map(number, r["largest"])) for r in record["quadrature"]])
    yield "\nA function with a pole near the interval, such as the last, needs more than 65 nodes."
    yield "\nOn 60 × 60 × 60 equally spaced nodes, accuracy 4, in seconds of the processor, which did other work too:"
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


def _convergence(largest: Sequence[Sequence[float]]) -> Iterator[str]:
    """The errors and the orders from each grid to the next, of each tool."""
    for errors in largest:
        yield ", ".join(map(_precise, errors))
        orders = observed_orders([2.0**-k for k in range(len(errors))], errors)
        yield ", ".join(f"{order:.1f}" for order in orders)


def _precise(error: float) -> str:
    return f"{error:.2e}"
