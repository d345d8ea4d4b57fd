"""How functions of numbers and rows are read: with exp, log, powers and comparisons alone where that is possible."""

from __future__ import annotations

import math

from identities.reader import Operation, Reader
from identities.terms import Polynomial, Term, Undecided, key_of, size_of, times
from steepest.expr.node import Apply, Expr


def entrywise(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    """Any function taken entry by entry; any other is one atom."""
    if not e.op.elementwise or any(a.shape not in ((), e.shape) for a in e.args):
        return one_atom(e.op.name)(r, e, labels)
    return r.function(e.op.name, [_argument(r, a, labels) for a in e.args], labels, e.params)


def one_atom(name: str) -> Operation:
    """An operation of which nothing is known but that equal operands give equal results."""

    def read(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
        args = [key_of(r.normal(a, own := r.news(a.shape)), own) for a in e.args]
        return [Term(1.0, {((name, tuple(args), e.params), labels): 1.0})]

    return read


def _argument(r: Reader, a: Expr, labels: tuple[int, ...]) -> Polynomial:
    return r.normal(a, labels if a.ndim else ())


def even_or_odd(side: float) -> Operation:
    """f(−u) = ±f(u)."""

    def read(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
        terms = _argument(r, e.args[0], labels)
        if not terms:
            return entrywise(r, e, labels)
        content, rest = r.content(terms, labels)
        flip = content.coefficient < 0
        inside = [times(Term(abs(content.coefficient), content.factors), t) for t in rest]
        found = r.function(e.op.name, [inside], labels)
        return [Term(side * t.coefficient, t.factors) for t in found] if flip else found

    return read


def power(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _power(r, *(_argument(r, a, labels) for a in e.args), labels)


def _power(r: Reader, base: Polynomial, exponent: Polynomial, labels: tuple[int, ...]) -> Polynomial:
    if not exponent or (len(exponent) == 1 and not exponent[0].factors):
        return r.power(base, exponent[0].coefficient if exponent else 0.0, labels)
    return r.exp(r.tidy(r.product(exponent, r.log(base, labels)), labels), labels)


def root(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.power(_argument(r, e.args[0], labels), 0.5, labels)


def reciprocal(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.power(_argument(r, e.args[0], labels), -1.0, labels)


def log_power(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    """log(x)ᵏ xᵖ"""
    base, exponent, order = (_argument(r, a, labels) for a in e.args)
    return r.product(_power(r, r.log(base, labels), order, labels), _power(r, base, exponent, labels))


def norm(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    (x,) = e.args
    inner = (*labels, r.new(x.shape[-1]))
    terms = r.normal(x, inner)
    squares = r.tidy(r.product(terms, [r.apart(t, inner) for t in terms]), inner)
    return r.power(r.tidy([r.apart(t, labels) for t in squares], labels), 0.5, labels)


def exp(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.exp(_argument(r, e.args[0], labels), labels)


def log(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.log(_argument(r, e.args[0], labels), labels)


def _logistic(r: Reader, terms: Polynomial, labels: tuple[int, ...]) -> Polynomial:
    """σ(u) = 1/(1 + exp(−u))."""
    below = [Term(1.0, {}), *r.exp([Term(-t.coefficient, t.factors) for t in terms], labels)]
    return r.power(r.tidy(below, labels), -1.0, labels)


def expit(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _logistic(r, _argument(r, e.args[0], labels), labels)


def log_expit(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.log(r.tidy(expit(r, e, labels), labels), labels)


def softmax(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    over, below = exp(r, e, labels), _total_exp(r, e.args[0], labels[:-1])
    return r.product(over, r.power(below, -1.0, labels[:-1]))


def logsumexp(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.log(_total_exp(r, e.args[0], labels), labels)


def _total_exp(r: Reader, x: Expr, labels: tuple[int, ...]) -> Polynomial:
    inner = r.new(x.shape[-1])
    terms = r.exp(r.normal(x, (*labels, inner)), (*labels, inner))
    return r.tidy([t if inner in t.labels() else times(t, size_of(x.shape[-1])) for t in terms], labels)


def _step(r: Reader, difference: Polynomial, labels: tuple[int, ...]) -> Polynomial:
    """1 where the difference is positive; away from ties."""
    difference = r.tidy(difference, labels)
    if not difference:
        raise Undecided("a tie")
    content, rest = r.content(difference, ())
    found = r.function("positive", [rest], labels)
    return found if content.coefficient > 0 else [Term(1.0, {}), *(Term(-t.coefficient, t.factors) for t in found)]


def compared(side: float) -> Operation:
    def read(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
        a, b = (_argument(r, x, labels) for x in e.args)
        return _step(
            r,
            [*(Term(-side * t.coefficient, t.factors) for t in a), *(Term(side * t.coefficient, t.factors) for t in b)],
            labels,
        )

    return read


def extreme(side: float) -> Operation:
    """max(a, b) = b + (a − b)[a > b]."""

    def read(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
        a, b = (_argument(r, x, labels) for x in e.args)
        difference = [*a, *(Term(-t.coefficient, t.factors) for t in b)]
        chosen = _step(r, [Term(side * t.coefficient, t.factors) for t in difference], labels)
        return [*b, *r.product(difference, chosen)]

    return read


def opposite(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return [Term(1.0, {}), *(Term(-t.coefficient, t.factors) for t in _argument(r, e.args[0], labels))]


def sign(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _signed(r, _argument(r, e.args[0], labels), labels)


def _signed(r: Reader, terms: Polynomial, labels: tuple[int, ...]) -> Polynomial:
    content, rest = r.content(terms, ())
    found = r.function("sign", [rest], labels)
    return [Term(math.copysign(1.0, content.coefficient) * t.coefficient, t.factors) for t in found]


def absolute(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    terms = _argument(r, e.args[0], labels)
    return r.product(terms, _signed(r, terms, labels))


def one(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return [Term(1.0, {})]


def same(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _argument(r, e.args[0], labels)


def _half_angle(r: Reader, e: Apply, labels: tuple[int, ...], over: float) -> Polynomial:
    u = r.exp(_argument(r, e.args[0], labels), labels)
    down = r.exp([Term(-t.coefficient, t.factors) for t in _argument(r, e.args[0], labels)], labels)
    return [
        *(Term(t.coefficient / 2, t.factors) for t in u),
        *(Term(over * t.coefficient / 2, t.factors) for t in down),
    ]


def cosh(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _half_angle(r, e, labels, 1.0)


def sinh(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _half_angle(r, e, labels, -1.0)


def tanh(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    """tanh(u) = 2σ(2u) − 1."""
    terms = [Term(2 * t.coefficient, t.factors) for t in _argument(r, e.args[0], labels)]
    return [Term(-1.0, {}), *(Term(2 * t.coefficient, t.factors) for t in _logistic(r, terms, labels))]
