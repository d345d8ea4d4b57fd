"""How far from a branch a capture may be used.

A capture computes the same numbers in another order: like terms are joined, sums and products sorted, a division by
a number is a product. So its last digits are its own. Where what is compared differs by less than these digits may,
nobody but NumPy's own steps knows which branch is taken: a further guard says that a capture does not hold there.
What is read, or computed in one step, has NumPy's digits and needs none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeGuard

import numpy as np

from steepest.expr.build import add, contract, fill, multiply, negate, scale, zeros
from steepest.expr.dtype import FLOAT64, carries_derivative, inexact, promote, real_of
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Scan, Structured, Variable
from steepest.expr.number import Reciprocal, constant, is_number
from steepest.expr.pattern import Affine
from steepest.ops import logic
from steepest.ops.complex_parts import cast_op
from steepest.ops.gather import insertion
from steepest.ops.operation import Operation, Smoothness
from steepest.ops.piecewise import absolute, fmod, maximum, minimum, mod
from steepest.ops.power import divide, power, quotient_rounded_once
from steepest.ops.rearrange import part
from steepest.ops.selection import argmax, argmin, argsort, largest, one_hot, one_hot_op, pick, smallest, sort
from steepest.ops.special_rules import shifted, total

ULPS = 64  # in which two orders of a computation may differ
ONE_OF_THEM: frozenset[Operation] = frozenset({absolute, maximum, minimum, cast_op})  # the digits of an operand


def margins(e: Expr, read: dict[Expr, bool]) -> list[Expr]:
    """Conditions: that no comparison or rounding which `e` is made of is too close to call.

    `read` keeps what is known of expressions between calls.
    """
    conditions = [_is_clear(n, read) for n in _decisions(e)]
    return [c for c in conditions if c is not None]


def _decisions(e: Expr) -> list[Apply]:
    """The comparisons and roundings that a truth or a whole number is made of, also those within others."""
    found: dict[Apply, None] = {}
    seen, ahead = {e}, [e]
    while ahead:
        n = ahead.pop()
        if _decides(n):
            found[n] = None
        if not isinstance(n, Scan):  # the body of a loop is compared with the function as a whole
            new = [a for a in n.args if a not in seen and (_decides(a) or _changes_in_jumps(a))]
            seen.update(new)
            ahead.extend(new)
    return list(found)


def _decides(n: Expr) -> TypeGuard[Apply]:
    return isinstance(n, Apply) and n.op in DISTANCES


def _changes_in_jumps(e: Expr) -> bool:
    """Whether e has one value between two decisions: ``np.floor(y)``, ``np.where(y > 1, 5.0, 0.0)``."""
    seen, ahead = {e}, [e]
    while ahead:
        n = ahead.pop()
        if not carries_derivative(n.dtype) or isinstance(n, (Constant, Delta, Structured)):
            continue
        if isinstance(n, Apply) and n.op.smoothness is Smoothness.STEPS:
            continue
        if not isinstance(n, (Add, Einsum)) and not (isinstance(n, Apply) and n.op in ARITHMETIC):
            return False
        new = [a for a in n.args if a not in seen]
        seen.update(new)
        ahead.extend(new)
    return True


def _is_clear(n: Apply, read: dict[Expr, bool]) -> Expr | None:
    """That the operands are further from where the result changes than their digits can tell; None where they are."""
    if not all(carries_derivative(a.dtype) for a in n.args) or all(_has_the_digits(a, read) for a in n.args):
        return None
    dtype = real_of(inexact(promote(*(a.dtype for a in n.args)))) or FLOAT64
    margin = constant(ULPS * float(np.finfo(dtype).eps))
    apart, size = DISTANCES[n.op](*n.args)
    return logic.logical_not(logic.less(apart, scale(margin, size)))


def _size(e: Expr) -> Expr:
    """What the error of `e` goes with: of a sum, its terms."""
    return add(*map(absolute, e.args)) if isinstance(e, Add) else absolute(e)


# --- how far operands are from where a result changes, and what their error goes with -----------------------


def _from_each_other(a: Expr, b: Expr) -> tuple[Expr, Expr]:
    return absolute(total(a, negate(b))), total(_size(a), _size(b))


def _from_zero(a: Expr) -> tuple[Expr, Expr]:
    return absolute(a), _size(a)


def _from_whole_numbers(a: Expr) -> tuple[Expr, Expr]:
    return absolute(add(a, negate(logic.rint(a)))), _size(a)


def _from_halves(a: Expr) -> tuple[Expr, Expr]:
    return _from_whole_numbers(shifted(a, -0.5))[0], _size(a)


def _from_decimal_halves(a: Expr, digits: Expr) -> tuple[Expr, Expr]:
    return _from_halves(multiply(a, power(constant(10.0), digits)))


def _from_the_next(a: Expr) -> tuple[Expr, Expr]:
    """Of the largest entry of each row, from all others."""
    top = argmax(a)
    others = logic.where(one_hot(top, a.shape[-1]), logic.filled_like(a, -math.inf), a)
    return total(pick(a, top), negate(largest(others))), largest(_size(a))


def _from_the_next_above(a: Expr) -> tuple[Expr, Expr]:
    """Of the smallest, likewise."""
    return _from_the_next(negate(a))


def _from_neighbours(a: Expr) -> tuple[Expr, Expr]:
    """Of any two entries of a row."""
    n = a.shape[-1]
    if n < 2:
        return fill(constant(math.inf), a.shape[:-1]), zeros(a.shape[:-1])
    ordered = sort(a)
    return smallest(total(part(ordered, 1, n), negate(part(ordered, 0, n - 1)))), largest(_size(a))


def _from_any(places: Expr, x: Expr) -> tuple[Expr, Expr]:
    """Of each entry of x from all places."""
    own, last = tuple(range(x.ndim)), x.ndim
    sizes = dict(enumerate((*x.shape, *places.shape)))
    a, b = (contract([operand], (*own, last), sizes) for operand in ((own, x), ((last,), places)))
    return absolute(total(a, negate(b))), total(absolute(a), absolute(b))


def _from_multiples(a: Expr, b: Expr) -> tuple[Expr, Expr]:
    times = logic.rint(divide(a, b))
    return absolute(total(a, negate(multiply(times, b)))), total(_size(a), multiply(absolute(times), _size(b)))


DISTANCES: dict[Operation, Callable[..., tuple[Expr, Expr]]] = {
    **dict.fromkeys((logic.less, logic.less_equal, logic.equals, logic.differs), _from_each_other),
    **dict.fromkeys((logic.floor, logic.ceil, logic.trunc), _from_whole_numbers),
    **dict.fromkeys((logic.floor_divide, mod, fmod), _from_multiples),
    logic.rint: _from_halves,
    logic.sign: _from_zero,
    logic.round_decimal: _from_decimal_halves,
    argmax: _from_the_next,
    argmin: _from_the_next_above,
    argsort: _from_neighbours,
    insertion: _from_any,
}
ARITHMETIC: frozenset[Operation] = frozenset({absolute, maximum, minimum, cast_op, quotient_rounded_once})


# --- digits ------------------------------------------------------------------------------------------------


def _has_the_digits(e: Expr, read: dict[Expr, bool]) -> bool:
    """Whether e is read, or made of what is read in one step: then every way to compute it gives the same."""
    if _is_read(e, read):
        return True
    match e:
        case Add():
            return len(e.args) == 2 and not any(map(is_number, e.args)) and all(_is_read(a, read) for a in e.args)
        case Einsum():
            factors = _factors(e)
            once = _is_plain(e) if len(factors) == 2 else len(factors) == 1 and _is_quotient(e)
            return once and (not e.sums or _selects(e)) and all(_is_read(a, read) for a in factors)
        case Apply():
            return e.op in ONE_OF_THEM and all(_has_the_digits(a, read) for a in e.args)
    return False


def _is_read(e: Expr, read: dict[Expr, bool]) -> bool:
    """Whether the entries of e are entries of the inputs, but for their signs and powers of two."""
    seen, ahead = {e}, [e]
    while ahead:
        n = ahead.pop()
        if n in read:
            if not read[n]:
                break
            continue
        if not _picks(n):
            break
        new = [a for a in n.args if a not in seen]
        seen.update(new)
        ahead.extend(new)
    else:
        read[e] = True
        return True
    read[e] = False
    return False


def _picks(n: Expr) -> bool:
    """Whether each entry of n is an entry of an operand, or zero."""
    match n:
        case Variable() | Constant() | Delta() | Structured():
            return True
        case Einsum():
            return len(_factors(n)) == 1 and _is_plain(n) and (not n.sums or _selects(n))
        case Apply():
            return n.op in ONE_OF_THEM or not carries_derivative(n.dtype)
    return not carries_derivative(n.dtype)


def _factors(e: Einsum) -> list[Expr]:
    """The operands that are numbers computed with."""
    return [a for a in e.args if not is_number(a) and not _is_selection(a)]


def _is_selection(a: Expr) -> bool:
    return isinstance(a, (Delta, Structured)) or not carries_derivative(a.dtype)


def _selects(e: Einsum) -> bool:
    """Whether each entry is a sum of one number: as many equations choose it as labels are summed over."""
    summed = {i for labels in e.indices for i in labels} - set(e.out)
    return len(summed) <= len([a for a in e.args if _is_equation(a)])


def _is_equation(a: Expr) -> bool:
    match a:
        case Structured(pattern=Affine(relation="==")) | Delta():
            return True
    return isinstance(a, Apply) and a.op is one_hot_op


def _is_plain(e: Einsum) -> bool:
    """Whether the number in front is none, a sign, or a power of two."""
    first = e.args[0]
    if not is_number(first):
        return True
    value = first.value
    return not first.sizes and not isinstance(value, complex) and abs(math.frexp(value)[0]) == 0.5


def _is_quotient(e: Einsum) -> bool:
    """Whether all that is done is a division by a number."""
    first = e.args[0]
    return is_number(first) and not first.sizes and isinstance(first.value, Reciprocal)
