"""A polynomial in x at x + h v, in powers of h: exact, with expressions as coefficients."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product

from steepest.errors import FormulaError
from steepest.expr.build import add, contract, is_zero, multiply, scale, zeros
from steepest.expr.node import Add, Apply, Einsum, Expr
from steepest.expr.number import constant
from steepest.expr.traversal import depends_on, toposort
from steepest.ops.power import power, whole_power

Coefficients = list[Expr]  # of 1, h, h², …
MOST_PRODUCTS, HIGHEST_POWER = 4096, 16


def expand(y: Expr, x: Expr, direction: Expr) -> Coefficients:
    """The coefficients of 1, h, h², … in ``y(x + h·direction)``."""
    return _expand(y, {x: [x, direction]})


def expand_at_zero(y: Expr, x: Expr) -> Coefficients:
    """The parts of `y` that are of degree 0, 1, 2, … in x."""
    return _expand(y, {x: [zeros(x.shape), x]})


def _expand(y: Expr, known: Mapping[Expr, Coefficients]) -> Coefficients:
    varying = depends_on([y], known.keys())
    found: dict[Expr, Coefficients] = dict(known)
    for n in toposort([y], stop=known.keys()):
        if n not in found:
            found[n] = _coefficients(n, [found[a] for a in n.args]) if n in varying else [n]
    return found[y]


def _coefficients(n: Expr, args: Sequence[Coefficients]) -> Coefficients:
    match n:
        case Add():
            count = max(map(len, args))
            return [_sum(n, [a[k] for a in args if k < len(a)]) for k in range(count)]
        case Einsum():
            return _product(n, args)
        case Apply():
            return _applied(n, args)
    raise TypeError(f"{type(n).__name__} has no operands that vary")


def _sum(n: Expr, terms: list[Expr]) -> Expr:
    kept = [t for t in terms if not is_zero(t)]
    return add(*kept) if kept else zeros(n.shape)


def _product(n: Einsum, args: Sequence[Coefficients]) -> Coefficients:
    """Every operand is linear in a contraction: the powers of h add up."""
    if math.prod(map(len, args)) > MOST_PRODUCTS:
        raise FormulaError("the polynomial is too long to be expanded here: use the steps by rules instead")
    sizes = n.out_sizes()
    by_power: list[list[Expr]] = [[] for _ in range(sum(len(a) - 1 for a in args) + 1)]
    for chosen in product(*(list(enumerate(a)) for a in args)):
        factors = [c for _, c in chosen]
        if not any(is_zero(c) for c in factors):
            term = contract(list(zip(n.indices, factors, strict=True)), n.out, sizes)
            by_power[sum(k for k, _ in chosen)].append(term)
    return [_sum(n, terms) for terms in by_power]


def _applied(n: Apply, args: Sequence[Coefficients]) -> Coefficients:
    base, exponent = whole_power(n)
    if base is n.args[0] and 1 < exponent <= HIGHEST_POWER:
        return _power(args[0], exponent)
    if n.op.expansion is not None:
        return _expand(n.op.expansion(*n.args, **dict(n.params)), dict(zip(n.args, args, strict=True)))
    if n.op.transpose is not None:
        return [n.op(c, **dict(n.params)) for c in args[0]]
    raise FormulaError(
        f"{n.op.name} is not a polynomial, so its difference quotient does not expand: use the steps by rules instead"
    )


def _power(base: Coefficients, exponent: int) -> Coefficients:
    """By the multinomial theorem, so that the coefficient of 1 is the power itself."""
    result: list[list[Expr]] = [[] for _ in range((len(base) - 1) * exponent + 1)]
    for counts in _compositions(exponent, len(base)):
        ways = math.factorial(exponent) // math.prod(map(math.factorial, counts))
        factors = [power(c, constant(e)) for c, e in zip(base, counts, strict=True) if e]
        term = scale(constant(ways), multiply(*factors))
        result[sum(k * e for k, e in enumerate(counts))].append(term)
    return [_sum(base[0], terms) for terms in result]


def _compositions(total: int, count: int) -> list[tuple[int, ...]]:
    """The ways to write `total` as an ordered sum of `count` whole numbers."""
    if count == 1:
        return [(total,)]
    return [(k, *rest) for k in range(total, -1, -1) for rest in _compositions(total - k, count - 1)]
