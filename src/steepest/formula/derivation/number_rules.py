"""The rules of school for functions of one number: the derivative of a whole from the derivatives of its parts."""

from __future__ import annotations

from steepest.expr.build import add, contract, multiply, negate, scale, split_coefficient, zeros
from steepest.expr.node import Add, Apply, Einsum, Expr
from steepest.expr.number import MINUS_ONE, ONE, constant
from steepest.ops.power import log, power, power_op, reciprocal, whole_power

from . import generic as g
from .changes import Changes, Move, tangent_of


def number_rule(n: Expr, changes: Changes) -> Move:
    """The rule by which a number follows from its parts."""
    if n in changes.seeds:
        return Move(n, "the variable itself", changes.seeds[n], slight=True)
    if not changes.vary(n):
        return Move(n, "constant", zeros(), g.C, slight=True)
    match n:
        case Add():
            return Move(n, "sum rule", add(*(changes.of_term(t) for t in n.args)), add(g.U, g.V), slight=True)
        case Einsum():
            return _product(n, changes)
        case Apply(op=op) if op is power_op:
            return _power(n, changes)
        case Apply():
            return _function(n, changes)
    raise TypeError(f"{type(n).__name__} has no parts")


def _product(n: Einsum, changes: Changes) -> Move:
    """A product of fixed factors, of whole powers, and of reciprocals of them."""
    moving = [a for a in n.args if changes.vary(a)]
    fixed = contract([(ls, a) for ls, a in n.operands() if not changes.vary(a)], ())
    if fixed is not ONE:
        rest = multiply(*moving)
        return Move(n, "constant multiple", scale(fixed, changes.of(rest)), scale(g.C, g.U), slight=True)
    exponents: dict[tuple[Expr, bool], int] = {}
    for a in moving:
        base, exponent = whole_power(a)
        exponents[base, exponent > 0] = exponents.get((base, exponent > 0), 0) + exponent
    above = [power(b, constant(e)) for (b, _), e in exponents.items() if e > 0]
    below = [power(b, constant(-e)) for (b, _), e in exponents.items() if e < 0]
    if below and above:
        return _quotient(n, multiply(*above), multiply(*below), changes)
    if below:
        return _reciprocal(n, multiply(*below), changes)
    if len(above) == 1:
        (((base, _), exponent),) = exponents.items()
        return _whole_power(n, base, exponent, changes)
    terms = [multiply(*above[:k], changes.of(u), *above[k + 1 :]) for k, u in enumerate(above)]
    return Move(n, "product rule", add(*terms), multiply(g.U, g.V))


def _quotient(n: Expr, u: Expr, v: Expr, changes: Changes) -> Move:
    over = add(multiply(v, changes.of(u)), negate(multiply(u, changes.of(v))))
    return Move(n, "quotient rule", multiply(over, power(v, constant(-2))), multiply(g.U, reciprocal(g.V)))


def _reciprocal(n: Expr, v: Expr, changes: Changes) -> Move:
    number, body = split_coefficient(v)
    if number is not ONE and body is not ONE:
        change = multiply(reciprocal(number), changes.of(reciprocal(body)))
        return Move(n, "constant multiple", change, scale(g.C, g.U), slight=True)
    change = multiply(MINUS_ONE, power(v, constant(-2)), changes.at_once(v))
    return Move(n, "reciprocal rule", change, reciprocal(_inner(v, g.V, changes)))


def _power(n: Apply, changes: Changes) -> Move:
    base, exponent = n.args
    if not changes.vary(exponent):
        inner, whole = whole_power(n)
        if whole == -1:
            return _reciprocal(n, inner, changes)
        lowered = power(base, add(exponent, MINUS_ONE))
        change = multiply(exponent, lowered, changes.at_once(base))
        return Move(n, _named("power rule", base, changes), change, power_op(_inner(base, g.U, changes), g.EXPONENT))
    if not changes.vary(base):
        change = multiply(log(base), n, changes.at_once(exponent))
        return Move(
            n, _named("exponential", exponent, changes), change, power_op(g.BASE, _inner(exponent, g.U, changes))
        )
    change = multiply(n, changes.of(multiply(exponent, log(base))))
    return Move(n, "logarithmic derivative", change, power_op(g.U, g.V))


def _whole_power(n: Expr, base: Expr, exponent: int, changes: Changes) -> Move:
    change = multiply(constant(exponent), power(base, constant(exponent - 1)), changes.at_once(base))
    return Move(n, _named("power rule", base, changes), change, power_op(_inner(base, g.U, changes), g.EXPONENT))


def _function(n: Apply, changes: Changes) -> Move:
    moving = changes.moving(n)
    change = tangent_of(n, {a: changes.at_once(a) for a in moving})
    name = n.op.rule_name or f"derivative of {n.op.name}"
    parts = iter((g.U, g.V, g.part("w"), g.part("z")))
    example = n.op(*(_inner(a, next(parts), changes) if a in moving else a for a in n.args), **dict(n.params))
    return Move(n, name if all(a in changes.seeds for a in moving) else f"{name}, chain rule", change, example)


def _named(name: str, inner: Expr, changes: Changes) -> str:
    return name if inner in changes.seeds else f"{name}, chain rule"


def _inner(inner: Expr, part: Expr, changes: Changes) -> Expr:
    """The variable itself, or a part that depends on it."""
    return inner if inner in changes.seeds else part
