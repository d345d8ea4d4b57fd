"""The difference quotients of functions: each rule is the one that a teacher shows.

Exponentials, logarithms, sines and cosines end in a limit that is known; inverses of matrices are taken out on both
sides; other functions are first written with these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from steepest.expr.build import add, contract, fill, multiply, negate, ones, scale, zeros
from steepest.expr.node import Expr
from steepest.expr.number import MINUS_ONE, constant
from steepest.ops.elementary import arccosh, arcsinh, arctanh, cos, cosh, exp, expm1, log1p, sin, sinh, tan, tanh
from steepest.ops.linalg_inverse import determinant, inverse, log_determinant
from steepest.ops.matrix import identities, product, trace_of_product
from steepest.ops.operation import Operation
from steepest.ops.power import log, reciprocal, sqrt
from steepest.ops.reduction import logsumexp
from steepest.ops.special_logistic import expit, log_expit

from .differences import Differences, Rule


def _exponential(d: Differences, u: Expr, q: Expr) -> tuple[str, Expr]:
    hq = scale(d.secant.h, q)
    if d.central:
        return "law of exponents", multiply(exp(d.halfway(u)), d.known(sinh(hq), q))
    growth = d.known(add(exp(hq), negate(ones(u.shape))), q)
    return "law of exponents", multiply(exp(d.at(u, far=False)), growth)


def _logarithm(d: Differences, u: Expr, q: Expr) -> tuple[str, Expr]:
    near = d.at(u, far=False)
    ratio = scale(d.secant.length, multiply(q, reciprocal(near)))
    return "law of logarithms", d.known(log(add(ones(u.shape), ratio)), multiply(q, reciprocal(u)), d.secant.length)


def _sine(d: Differences, u: Expr, q: Expr) -> tuple[str, Expr]:
    if d.central:
        return "addition theorem", multiply(cos(d.halfway(u)), _sine_over_step(d, q))
    near = d.at(u, far=False)
    terms = multiply(cos(near), _sine_over_step(d, q)), multiply(sin(near), _cosine_over_step(d, q))
    return "addition theorem", add(*terms)


def _cosine(d: Differences, u: Expr, q: Expr) -> tuple[str, Expr]:
    if d.central:
        return "addition theorem", multiply(MINUS_ONE, sin(d.halfway(u)), _sine_over_step(d, q))
    near = d.at(u, far=False)
    terms = multiply(cos(near), _cosine_over_step(d, q)), multiply(MINUS_ONE, sin(near), _sine_over_step(d, q))
    return "addition theorem", add(*terms)


def _sine_over_step(d: Differences, q: Expr) -> Expr:
    return d.known(sin(scale(d.secant.h, q)), q)


def _cosine_over_step(d: Differences, q: Expr) -> Expr:
    return d.known(add(cos(scale(d.secant.h, q)), negate(ones(q.shape))), zeros(q.shape))


def _inverse(d: Differences, u: Expr, q: Expr) -> tuple[str, Expr]:
    """``B⁻¹ − A⁻¹ = −B⁻¹ (B − A) A⁻¹``."""
    return "take out both inverses", negate(product(inverse(d.at(u, far=True)), q, inverse(d.at(u, far=False))))


def _relative(d: Differences, u: Expr, q: Expr) -> Expr:
    """``I + A⁻¹(B − A)``, by which B is A times it."""
    near = d.at(u, far=False)
    return add(identities(u), scale(d.secant.length, product(inverse(near), q)))


def _log_determinant(d: Differences, u: Expr, q: Expr) -> tuple[str, Expr]:
    limit = trace_of_product(inverse(u), q)
    return "multiplication theorem", d.known(log_determinant(_relative(d, u, q)), limit, d.secant.length)


def _determinant(d: Differences, u: Expr, q: Expr) -> tuple[str, Expr]:
    """``det B − det A = det A (det(A⁻¹B) − 1)``."""
    growth = add(determinant(_relative(d, u, q)), MINUS_ONE)
    known = d.known(growth, trace_of_product(inverse(u), q), d.secant.length)
    return "multiplication theorem", multiply(determinant(d.at(u, far=False)), known)


RULES: Mapping[Operation, Rule] = {
    exp: _exponential, log: _logarithm, sin: _sine, cos: _cosine, inverse: _inverse,
    log_determinant: _log_determinant, determinant: _determinant,
}  # fmt: skip


def _exp_of(factor: int, u: Expr) -> Expr:
    return exp(scale(constant(factor), u))


def _plus(number: int, e: Expr) -> Expr:
    return add(fill(constant(number), e.shape), e)


def _log_of_sum(u: Expr) -> Expr:
    labels = tuple(range(u.ndim))
    return log(contract([(labels, exp(u))], labels[:-1]))


REWRITTEN: Mapping[Operation, Callable[[Expr], Expr]] = {
    tan: lambda u: multiply(sin(u), reciprocal(cos(u))),
    sinh: lambda u: scale(constant(0.5), add(exp(u), negate(_exp_of(-1, u)))),
    cosh: lambda u: scale(constant(0.5), add(exp(u), _exp_of(-1, u))),
    tanh: lambda u: _plus(1, scale(constant(-2), reciprocal(_plus(1, _exp_of(2, u))))),
    expit: lambda u: reciprocal(_plus(1, _exp_of(-1, u))),
    log1p: lambda u: log(_plus(1, u)),
    expm1: lambda u: _plus(-1, exp(u)),
    arcsinh: lambda u: log(add(u, sqrt(_plus(1, multiply(u, u))))),
    arccosh: lambda u: log(add(u, sqrt(_plus(-1, multiply(u, u))))),
    arctanh: lambda u: scale(constant(0.5), add(log(_plus(1, u)), negate(log(_plus(1, negate(u)))))),
    log_expit: lambda u: scale(constant(-1), log(_plus(1, _exp_of(-1, u)))),
    logsumexp: _log_of_sum,
}
