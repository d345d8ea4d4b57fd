"""What an order of elimination will cost, told from the sizes of the linear maps without forming any."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from steepest.expr.node import Expr

from .elimination import LinearGraph, Order
from .work import entries


class Estimate:
    """A graph whose maps are only known by how many entries of them are not zero; sums up the multiplications."""

    def __init__(self, graph: LinearGraph) -> None:
        self.order = list(graph.order)
        self.work = 0.0
        self._into: dict[Expr, dict[Expr, float]] = {}
        self._out_of: dict[Expr, dict[Expr, float]] = {}
        for b, maps in graph.into.items():
            for a, terms in maps.items():
                self._connect(a, b, sum(entries(t) for t in terms))

    def _connect(self, a: Expr, b: Expr, count: float) -> None:
        known = self._into.setdefault(b, {}).get(a, 0.0)
        total = min(known + count, prod(a.shape) * prod(b.shape))
        self._into[b][a] = total
        self._out_of.setdefault(a, {})[b] = total

    def eliminate(self, v: Expr) -> None:
        """Everything that goes through a vertex goes past it."""
        before, after = self._into.pop(v, {}), self._out_of.pop(v, {})
        for a in before:
            del self._out_of[a][v]
        for b in after:
            del self._into[b][v]
        size = max(prod(v.shape), 1)
        for b, outer in after.items():
            for a, inner in before.items():
                products = outer * inner / size
                self.work += products
                self._connect(a, b, products)

    def degree(self, v: Expr) -> float:
        """The multiplications that eliminating a vertex takes."""
        before, after = self._into.get(v, {}), self._out_of.get(v, {})
        return sum(before.values()) * sum(after.values()) / max(prod(v.shape), 1)

    def neighbours(self, v: Expr) -> Iterable[Expr]:
        """The vertices before and after."""
        return [*self._into.get(v, {}), *self._out_of.get(v, {})]


def estimated(graph: LinearGraph, order: Order) -> float:
    """The multiplications of going through a graph in some order."""
    estimate = Estimate(graph)
    order(estimate)
    return estimate.work
