"""The derivative of one expression by one input, in the order of elimination that takes the least work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from steepest.expr.build import add, zeros
from steepest.expr.dtype import carries_derivative, is_complex, promote
from steepest.expr.node import Expr, Scan, Variable
from steepest.expr.traversal import depends_on, toposort
from steepest.ops.complex_parts import cast

from .elimination import LinearGraph, Order, cheapest_first, linear_graph, operands_first, results_first
from .estimate import estimated
from .flat import Map
from .forward import jvp, tangent_variable
from .jacobian import jacobian_forward, jacobian_reverse
from .work import work

SMALL = 24  # vertices of a graph that is gone through in several orders, if they may be
NEAR = 2.0  # times as much work as the best
HANDICAP = {"mixed": 1.7}  # it forms more products of matrices, in place of a matrix with a few vectors
ORDERS: Mapping[str, Order] = {"forward": operands_first, "reverse": results_first, "mixed": cheapest_first}


@dataclass(frozen=True)
class Accumulation:
    """A derivative as a sum of terms; the order in which it was found, and the multiply-adds of each order."""

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
        return f"{self.order} order" + (f" (multiply-adds expected: {tried})" if tried else "")


def accumulated(y: Expr, x: Variable) -> Accumulation:
    """∂y/∂x in the cheapest order."""
    dx = tangent_variable(x)
    linear = jvp(y, {x: dx})
    if is_complex(x.dtype) or is_complex(y.dtype) or any(isinstance(n, Scan) for n in depends_on([linear], [dx])):
        return _whole(y, x)
    graph = linear_graph(linear, dx)
    graph.shorten()
    if _is_chain(graph):  # that is the same in every order
        operands_first(graph)
        return Accumulation(y, x, graph.result(), "forward", {})
    expected = {name: estimated(graph, order) for name, order in ORDERS.items()}
    tried = _worth_trying(graph, expected)
    found = {name: terms for name in tried if (terms := _in_order(name, graph, y, x)) is not None}
    found = found or {"forward": _forward(graph)}
    best = next(iter(found))
    if len(found) > 1:
        known = frozenset(toposort([linear]))
        best = min(found, key=lambda name: work(found[name], known))
    return Accumulation(y, x, found[best], best, expected)


def _is_chain(graph: LinearGraph) -> bool:
    """Whether each vertex has one term in and one out."""
    return all(sum(map(len, maps.get(v, {}).values())) == 1 for v in graph.order for maps in (graph.into, graph.out_of))


def _in_order(name: str, graph: LinearGraph, y: Expr, x: Variable) -> Map | None:
    """The terms of the derivative; None if that would form sums before masks have selected from them."""
    if name == "forward":
        return _forward(graph)
    tried = graph.copy()
    ORDERS[name](tried)
    if not tried.masks_in_sums:
        return tried.result()
    return (jacobian_reverse(y, x),) if name == "reverse" else None  # that one keeps the masks at every step


def _forward(graph: LinearGraph) -> Map:
    tried = graph.copy()
    operands_first(tried)
    return tried.result()


def _whole(y: Expr, x: Variable) -> Accumulation:
    """Of complex numbers, and through loops, in one piece."""
    reverse = prod(y.shape) < prod(x.shape)
    total = (jacobian_reverse if reverse else jacobian_forward)(y, x)
    return Accumulation(y, x, (total,), "reverse" if reverse else "forward", {})


def _worth_trying(graph: LinearGraph, expected: Mapping[str, float]) -> list[str]:
    """The order that promises most, and of small graphs what may come near."""
    handicapped = {name: count * HANDICAP.get(name, 1.0) for name, count in expected.items()}
    best = min(handicapped, key=handicapped.__getitem__)
    near = [name for name in ORDERS if expected[name] <= NEAR * expected[best]] if len(graph.order) <= SMALL else []
    return list(dict.fromkeys([best, *near]))
