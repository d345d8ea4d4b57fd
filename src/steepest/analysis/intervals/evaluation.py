"""The values of expressions of numbers over boxes: an enclosure for each node, operands first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from steepest.errors import FormulaError
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Apply, Constant, Einsum, Expr, Variable
from steepest.expr.number import numeric_value
from steepest.expr.traversal import toposort
from steepest.ops.complex_parts import cast_op
from steepest.ops.power import whole_power

from .enclosure import Enclosure, down, exactly, up
from .functions import RULES


class Boxed:
    """Expressions of numbers, ready to be evaluated over many boxes at once.

    >>> from steepest.expr.build import multiply, variable
    >>> x = variable("x")
    >>> (y,) = Boxed([multiply(x, x)], [x])(np.array([[-1.0]]), np.array([[2.0]]))
    >>> bool(0 <= y.low[0] and 4 <= y.high[0] < 4.001)
    True
    """

    def __init__(self, roots: Sequence[Expr], variables: Sequence[Variable]):
        """Raises FormulaError for what has no rule, with its name."""
        self.roots, self.variables = list(roots), list(variables)
        self.nodes = [n for n in toposort(roots) if n not in set(variables)]
        for n in self.nodes:
            _require_rule(n)

    def __call__(self, low: np.ndarray, high: np.ndarray) -> list[Enclosure]:
        """low, high: ``(N, n)`` for N boxes of n variables. Each result has entries ``(N,)``."""
        everywhere = np.ones(len(low), dtype=bool)
        values: dict[Expr, Enclosure] = {
            v: Enclosure(low[:, k], high[:, k], everywhere) for k, v in enumerate(self.variables)
        }
        with np.errstate(all="ignore"):
            for n in self.nodes:
                values[n] = _value(n, values)
        return [_spread(values[r], len(low)) for r in self.roots]


def _spread(e: Enclosure, count: int) -> Enclosure:
    return Enclosure(*(np.broadcast_to(x, (count,)) for x in (e.low, e.high, e.sure)))


def _require_rule(n: Expr) -> None:
    if n.shape:
        raise FormulaError("an array is left that is not written out entry by entry")
    if n.dtype is not None and n.dtype.kind == "c":
        raise FormulaError("it goes through complex numbers")
    match n:
        case Constant(value=value) if isinstance(value, complex):
            raise FormulaError("it goes through complex numbers")
        case Constant() | Add() | Einsum():
            return
        case Apply() if n.op is cast_op and np.dtype(dict(n.params)["dtype"]).kind != "f":
            raise FormulaError("it goes through whole numbers")
        case Apply() if n.op.name in RULES:
            return
        case Apply():
            raise FormulaError(f"there is no interval rule for {n.op.name}")
    raise FormulaError(f"there is no interval rule for a {type(n).__name__.lower()}")


def _value(n: Expr, values: Mapping[Expr, Enclosure]) -> Enclosure:
    match n:
        case Constant():
            return _number(n)
        case Add():
            first, *rest = (values[a] for a in n.args)
            for term in rest:
                first = first + term
            return first
        case Einsum():
            return _product(n, values)
        case Apply():
            return RULES[n.op.name](*(values[a] for a in n.args), **dict(n.params))
    raise TypeError(f"{type(n).__name__} is not a kind of node that numbers are made of")


def _number(n: Constant) -> Enclosure:
    """A number as it is; what is no floating-point number lies between two of them."""
    value = numeric_value(n) if n.dtype is None else n.value.item()
    assert not isinstance(value, complex)
    near = np.asarray(value, dtype=np.float64)
    if float(near) == value or value != value:
        return exactly(near)
    return Enclosure(down(near), up(near), np.asarray(True))


def _product(n: Einsum, values: Mapping[Expr, Enclosure]) -> Enclosure:
    """Factors of one base are one power, where the base is not 0 if it is divided by; a truth value selects."""
    masks, exponents, divided = [], Counter[Expr](), set[Expr]()
    for a in n.args:
        if a.dtype == BOOL:
            masks.append(values[a])
            continue
        base, exponent = whole_power(a)
        exponents[base] += exponent
        if exponent < 0:
            divided.add(base)
    result: Enclosure | None = None
    for base, exponent in exponents.items():
        factor = _base_power(values[base], exponent, base in divided)
        result = factor if result is None else result * factor
    result = exactly(1.0) if result is None else result
    for mask in masks:
        result = _selected(mask, result)
    return result


def _base_power(x: Enclosure, exponent: int, divided: bool) -> Enclosure:
    """``x**exponent``, of x ≠ 0 if it was divided by."""
    if exponent < 0:
        return x.whole_power(-exponent).reciprocal()
    found = x.whole_power(exponent) if exponent else exactly(1.0)
    if not divided:
        return found
    nowhere = np.isnan(x.low) | ((x.low == 0) & (x.high == 0))
    low, high = (np.where(nowhere, np.nan, end) for end in (found.low, found.high))
    return Enclosure(low, high, x.sure & x.excludes_zero)


def _selected(mask: Enclosure, e: Enclosure) -> Enclosure:
    """`e` where the mask holds, else 0, whatever `e` is there."""
    off, on = mask.high == 0, mask.low == 1
    low = np.where(off, 0.0, np.where(on, e.low, np.fmin(e.low, 0.0)))
    high = np.where(off, 0.0, np.where(on, e.high, np.fmax(e.high, 0.0)))
    return Enclosure(low, high, (off & mask.sure) | (on & mask.sure & e.sure))
