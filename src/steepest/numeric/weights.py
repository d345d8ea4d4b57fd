"""Exact weights of differences: the derivative at 0 of the polynomial through values at given nodes.

The Lagrange polynomial of node xᵢ is Π (x − xⱼ) / Π (xᵢ − xⱼ) over j ≠ i; its k-th derivative at 0 is k! times its
coefficient of xᵏ. The product over all nodes is formed once and divided by x − xᵢ (Horner's scheme), in whole numbers:
nothing is lost to rounding however high the order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction


def value_weights(nodes: Sequence[Fraction], order: int) -> tuple[Fraction, ...]:
    """The weight of each value in the derivative of this order at 0, which is 0 on `order` nodes or fewer.

    The nodes are distinct.
    """
    if order >= len(nodes):
        return (Fraction(0),) * len(nodes)
    return tuple(Fraction(above, below) for above, below in quotients(*_whole(nodes), order))


def quotients(nodes: Sequence[int], unit: int, order: int) -> list[tuple[int, int]]:
    """The same weights for nodes at these multiples of 1/unit, each as what is divided and what it is divided by."""
    product, factor = _product(nodes), math.factorial(order) * unit**order
    found = []
    for i, x in enumerate(nodes):
        below = 1
        for j, other in enumerate(nodes):
            if j != i:
                below *= x - other
        found.append((factor * _divided(product, x, order), below))
    return found


def slope_weights(nodes: Sequence[Fraction], order: int, at: int) -> tuple[tuple[Fraction, ...], Fraction]:
    """The weights of the values, and that of the first derivative at node number `at`, which is known too.

    The polynomial through all of these is ``q + c Π (x − xⱼ)``, with q the one through the values and c such that
    the slope at the node is the known one.
    """
    slopes = value_weights([x - nodes[at] for x in nodes], 1)  # of q at the node
    slope_of_product = math.prod(nodes[at] - x for j, x in enumerate(nodes) if j != at)
    whole, unit = _whole(nodes)
    product = _product(whole)
    # The product over whole numbers is that over nodes in units of 1/unit.
    derivative = Fraction(math.factorial(order) * product[order], unit ** (len(nodes) - order))
    share = derivative / slope_of_product
    return tuple(w - s * share for w, s in zip(value_weights(nodes, order), slopes, strict=True)), share


def _whole(nodes: Sequence[Fraction]) -> tuple[list[int], int]:
    """The nodes as whole multiples of a common fraction 1/unit, and that unit."""
    unit = math.lcm(*(x.denominator for x in nodes))
    return [x.numerator * (unit // x.denominator) for x in nodes], unit


def _product(nodes: Sequence[int]) -> list[int]:
    """The coefficients of Π (x − xⱼ), the constant first."""
    coefficients = [1]
    for x in nodes:
        shifted = [0, *coefficients]
        coefficients = [c - x * d for c, d in zip(shifted, [*coefficients, 0], strict=True)]
    return coefficients


def _divided(product: Sequence[int], node: int, order: int) -> int:
    """The coefficient of this order of the product with the factor x − node divided out."""
    carried = 0
    for coefficient in reversed(product[order + 1 :]):
        carried = coefficient + carried * node
    return carried
