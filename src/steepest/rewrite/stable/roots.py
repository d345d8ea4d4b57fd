"""Roots of sums of squares: the length of a vector, which has a slope of least size, 0, where the vector is 0."""

from __future__ import annotations

import math
from collections import Counter

from steepest.expr.build import Operand, contract
from steepest.expr.dtype import BOOL, is_complex
from steepest.expr.node import Add, Apply, Delta, Einsum, Expr, Structured
from steepest.expr.number import constant, is_number
from steepest.ops.operation import settled
from steepest.ops.piecewise import absolute
from steepest.ops.power import length, power, power_op, sqrt, whole_power

from .exponents import is_op, number_of


def stable_root(e: Apply) -> Expr:
    """√(Σ x²) as a length, √(x²) as |x|."""
    half = is_op(e, power_op) and settled(e.args[1]) == 0.5
    if (e.op is sqrt or half) and not is_complex(e.dtype) and is_sum_of_squares(e.args[0]):
        root = _root_of_square(e.args[0])
        return length(e.args[0]) if root is None else root
    return e


def _root_of_square(e: Expr) -> Expr | None:
    """|x| of x², x² of x⁴: of a product without a sum."""
    if isinstance(e, Apply):
        base, exponent = whole_power(e)
        root = power(base, constant(exponent // 2))
        return root if exponent % 4 == 0 else absolute(root)
    if not isinstance(e, Einsum) or e.sums:
        return None
    counts = Counter(o for o in e.operands() if not is_number(o[1]))
    if any(n % 2 for n in counts.values()):
        return None
    number = math.prod(number_of(a) or 0.0 for a in e.args if is_number(a))
    halves = [o for o, n in counts.items() for _ in range(n // 2)]
    root = contract([((), constant(math.sqrt(number))), *halves], e.out, e.out_sizes())
    return root if is_sum_of_squares(root) else absolute(root)


def is_sum_of_squares(e: Expr) -> bool:
    """Whether it is never negative by its look, and 0 where all that is squared in it is 0."""
    if number_of(e) is not None:  # with 1 beside them squares do not vanish, and their root is smooth
        return False
    match e:
        case Add():
            return all(map(is_sum_of_squares, e.args))
        case Einsum():
            return _is_square_product(e)
        case Apply():
            exponent = settled(e.args[1]) if e.op is power_op else None
            return isinstance(exponent, int) and exponent > 0 and exponent % 2 == 0
    return False


def _is_square_product(e: Einsum) -> bool:
    counts: Counter[Operand] = Counter()
    for labels, a in e.operands():
        if is_number(a):
            number = number_of(a)
            if number is None or number <= 0:
                return False
        elif a.dtype == BOOL or isinstance(a, (Structured, Delta)):
            return False
        elif not is_sum_of_squares(a):
            counts[(labels, a)] += 1
    return all(n % 2 == 0 for n in counts.values())
