"""The derivative of one expression by one input, in the order of elimination that takes the least work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from steepest.expr.build import add, zeros
from steepest.expr.dtype import carries_derivative, is_complex, promote
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import toposort
from steepest.ops.complex_parts import cast

from .elimination import LinearGraph, Order, cheapest_first, linear_graph, operands_first, results_first
from .flat import Map
from .forward import jvp, tangent_variable
from .jacobian import jacobian_forward, jacobian_reverse
from .work import work

LARGE = 1000  # vertices of a graph that is gone through once only
ORDERS: Mapping[str, Order] = {"forward": operands_first, "reverse": results_first, "mixed": cheapest_first}


@dataclass(frozen=True)
class Accumulation:
    """A derivative as a sum of terms; the order in which it was found, and the multiply-adds of each order tried."""

    y: Expr
    x: Variable
    terms: Map
    order: str
    counts: Mapping[str, float]

    def whole(self) -> Expr:
        """∂y/∂x of shape ``y.shape + x.shape``."""
        shape = (*self.y.shape, *self.x.shape)
        total = add(*self.terms) if self.terms else zeros(shape)
        dtype = promote(self.y.dtype, self.x.dtype)
        wanted = total.dtype is not None and dtype is not None and carries_derivative(dtype)
        return cast(total, dtype) if wanted else total

    def __str__(self) -> str:
        tried = ", ".join(f"{name} {count:,.0f}" for name, count in self.counts.items())
        return f"{self.order} order" + (f" (multiply-adds: {tried})" if tried else "")


def accumulated(y: Expr, x: Variable) -> Accumulation:
    """∂y/∂x in the cheapest order."""
    dx = tangent_variable(x)
    linear = jvp(y, {x: dx})
    if is_complex(x.dtype) or is_complex(y.dtype):
        return _whole(y, x)
    graph = linear_graph(linear, dx)
    known = frozenset(toposort([linear]))
    found: dict[str, Map] = {}
    for name in _worth_trying(graph):
        tried = linear_graph(linear, dx)
        ORDERS[name](tried)
        if name == "forward" or not tried.masks_in_sums:
            found[name] = tried.result()
    if "reverse" not in found and _count(y) < _count(x):
        found["reverse"] = (jacobian_reverse(y, x),)  # this one keeps the masks at every step
    counts = {name: work(terms, known) for name, terms in found.items()}
    best = min(counts, key=counts.__getitem__)
    return Accumulation(y, x, found[best], best, counts if len(counts) > 1 else {})


def _whole(y: Expr, x: Variable) -> Accumulation:
    """Of complex numbers, in one piece."""
    reverse = _count(y) < _count(x)
    total = (jacobian_reverse if reverse else jacobian_forward)(y, x)
    return Accumulation(y, x, (total,), "reverse" if reverse else "forward", {})


def _worth_trying(graph: LinearGraph) -> list[str]:
    """A chain is the same in every order."""
    if all(len(graph.into[v]) == len(graph.out_of.get(v, {})) == 1 for v in graph.order):
        return ["forward"]
    if len(graph.order) > LARGE:
        return ["reverse" if _count(graph.sink) < _count(graph.source) else "forward"]
    return list(ORDERS)


def _count(e: Expr) -> int:
    total = 1
    for n in e.shape:
        total *= n
    return total
