"""Logarithms of what may overflow or vanish before the logarithm is taken: log Σ exp(x), log σ(u), log softmax(x)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from steepest.expr.build import Operand, add, contract, fill, negate, scale
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Apply, Einsum, Expr, Labels, Structured
from steepest.expr.number import constant, is_number
from steepest.expr.pattern import Affine
from steepest.ops.elementary import LN2, LN10, cosh, exp, log1p, log2, log10, one_plus
from steepest.ops.operation import Operation, settled
from steepest.ops.power import log, power_op, sqrt
from steepest.ops.rearrange import is_reshape
from steepest.ops.reduction import logsumexp, softmax
from steepest.ops.selection import one_hot_op
from steepest.ops.special_logistic import expit, log_expit

from .exponents import is_op, log_of_sum, number_of, shifted, two_terms
from .rows import log_of_row_sum, row_sum

DEEPEST = 8  # factors within factors that are looked through


def stable_logarithm(e: Apply) -> Expr:
    """The logarithm of what is in `e`, to its base, from the exponents inside; `e` itself where there are none."""
    build = LOGARITHMS.get(e.op)
    inner = None if build is None else log_of(build[0](e.args[0]), DEEPEST)
    return e if build is None or inner is None else scale(constant(build[1]), inner)


LOGARITHMS: Mapping[Operation, tuple[Callable[[Expr], Expr], float]] = {
    log: (lambda x: x, 1.0),
    log1p: (one_plus, 1.0),
    log2: (lambda x: x, 1 / LN2),
    log10: (lambda x: x, 1 / LN10),
}


def log_of(e: Expr, deep: int) -> Expr | None:
    """The logarithm of an expression whose factors are made of exponentials; None if none is."""
    if not deep:
        return None
    if isinstance(e, Apply):
        known = KNOWN.get(e.op)
        return None if known is None else known(e, deep)
    if isinstance(e, Add) and (terms := two_terms(e)) is not None:
        return log_of_sum(*terms, e.shape)
    if isinstance(e, Einsum):
        s = row_sum(e)
        if s is not None:
            number = number_of(s.number)
            assert number is not None
            return shifted(log_of_row_sum(s, e.shape), math.log(number))
        return _of_picked(e, deep) if any(map(_picks, e.args)) else _of_product(e, deep)
    return None


def _of_softmax(e: Apply, deep: int) -> Expr:
    (x,) = e.args
    rows, full = tuple(range(x.ndim - 1)), tuple(range(x.ndim))
    return add(x, negate(contract([(rows, logsumexp(x))], full, dict(enumerate(x.shape)))))


def _of_power(e: Apply, deep: int) -> Expr | None:
    exponent = settled(e.args[1])
    inner = None if isinstance(exponent, complex) or exponent is None else log_of(e.args[0], deep - 1)
    return None if inner is None else scale(e.args[1] if not e.args[1].ndim else constant(exponent), inner)


def _of_root(e: Apply, deep: int) -> Expr | None:
    inner = log_of(e.args[0], deep - 1)
    return None if inner is None else scale(constant(0.5), inner)


def _of_cosh(e: Apply, deep: int) -> Expr | None:
    terms = two_terms(e)
    return None if terms is None else log_of_sum(*terms, e.shape)


KNOWN: Mapping[Operation, Callable[[Apply, int], Expr | None]] = {
    exp: lambda e, deep: e.args[0],
    expit: lambda e, deep: log_expit(e.args[0]),
    softmax: _of_softmax,
    power_op: _of_power,
    sqrt: _of_root,
    cosh: _of_cosh,
}


def _of_product(e: Einsum, deep: int) -> Expr | None:
    """The sum of the logarithms; one factor may be anything, for the others are positive."""
    if e.sums or any(a.dtype == BOOL or isinstance(a, Structured) for a in e.args):
        return None
    found: list[tuple[Operand, Expr | None]] = []
    number = 1.0
    for labels, a in e.operands():
        if is_number(a):
            number = number_of(a) or 0.0
        else:
            found.append(((labels, a), log_of(a, deep - 1)))
    unknown = [o for o, logarithm in found if logarithm is None]
    if len(unknown) == len(found) or len(unknown) > 1 or (number <= 0 and not unknown) or not number:
        return None
    if unknown and number != 1:
        (labels, a), number = unknown[0], number
        unknown, number = [(labels, scale(constant(number), a))], 1.0
    sizes = e.out_sizes()
    terms = [contract([(labels, y)], e.out, sizes) for (labels, _), y in found if y is not None]
    terms += [contract([(labels, log(a))], e.out, sizes) for labels, a in unknown]
    return add(*terms, *([fill(constant(math.log(number)), e.shape)] if number != 1 else []))


def _picks(a: Expr) -> bool:
    return is_op(a, one_hot_op) or (isinstance(a, Structured) and getattr(a.pattern, "relation", "") == "==")


def _of_picked(e: Einsum, deep: int) -> Expr | None:
    """Entries of an array: the logarithms of its entries, picked."""
    picks = [o for o in e.operands() if _picks(o[1])]
    rest = [o for o in e.operands() if not _picks(o[1])]
    if len(rest) != 1 or not _picks_everywhere(e, rest[0]):
        return None
    ((labels, a),) = rest
    inner = log_of(a, deep - 1)
    return None if inner is None else contract([*picks, (labels, inner)], e.out, e.out_sizes())


def _picks_everywhere(e: Einsum, array: Operand) -> bool:
    """Whether every entry of the result is just one entry of the array."""
    if len(e.args) == 2 and any(map(is_reshape, e.args)):
        return True
    sizes = e.label_sizes()
    placed = [labels[-1] for labels, a in e.operands() if is_op(a, one_hot_op)]
    for labels, a in e.operands():
        if isinstance(a, Structured):
            place = _place(labels, a, e.out, sizes)
            if place is None:
                return False
            placed.append(place)
    return sorted(placed) == sorted(i for i in array[0] if i not in e.out)


def _place(labels: Labels, a: Structured, out: Labels, sizes: Mapping[int, int]) -> int | None:
    """The one label that a relation finds for all values of those in the result: a slice, a shift, an entry."""
    pattern = a.pattern
    followers = [i for i in labels if i not in out]
    if not isinstance(pattern, Affine) or len(followers) != 1 or len(set(labels)) < len(labels):
        return None
    terms = dict(zip(labels, pattern.coefficients, strict=True))
    own = terms.pop(followers[0])
    ends = [(0, -own * c * (int(sizes[i]) - 1)) for i, c in terms.items()]
    low, high = (-own * pattern.offset + sum(map(side, ends)) for side in (min, max))
    fits = abs(own) == 1 and low >= 0 and high < sizes[followers[0]]
    return followers[0] if fits else None
