"""Reads expressions into sums of products of atoms: products multiplied out, identities gone, fractions reduced."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from identities.terms import (
    DELTA,
    MOST_TERMS,
    Atom,
    Polynomial,
    Term,
    Undecided,
    collected,
    key_of,
    numbers_apart,
    ordered,
    renamed,
    size_of,
    times,
    without_deltas,
)
from steepest.expr.fact import Fact
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Structured, Variable

MOST_ROUNDS = 30  # of a rule applied to its own result

Operation = Callable[["Reader", Apply, tuple[int, ...]], Polynomial]


def _sign_of(x: float) -> float:
    return math.copysign(1.0, x)


def _inverse_term(t: Term) -> Term:
    return Term(1 / t.coefficient, {key: -x for key, x in t.factors.items()})


class Reader:
    """Reads expressions into polynomials; labels are numbers, each of its own size."""

    def __init__(self, operations: Mapping[str, Operation], otherwise: Operation) -> None:
        self.operations, self.otherwise = operations, otherwise
        self.sizes: dict[int, Any] = {}
        self.denominators: dict[Atom, Polynomial] = {}
        self.fresh = itertools.count(1000)

    def new(self, size: Any) -> int:
        label = next(self.fresh)
        self.sizes[label] = size
        return label

    def news(self, shape: Sequence[Any]) -> tuple[int, ...]:
        return tuple(self.new(n) for n in shape)

    # --- sums and products ----------------------------------------------------------------------------

    def normal(self, e: Expr, labels: tuple[int, ...]) -> Polynomial:
        """The terms of `e`, whose axes are called `labels`."""
        self.sizes |= zip(labels, e.shape, strict=True)
        match e:
            case Variable():
                return [Term(1.0, {ordered(_variable(e), labels): 1.0})]
            case Constant() if e.dtype is None:
                t = Term(float(e.value), {})
                for size, exponent in e.sizes:
                    t = times(t, Term(1.0, {(("size", size.name), ()): float(exponent)}))
                return [t]
            case Constant():
                return [Term(1.0, {(("array", e.value.tobytes()), labels): 1.0})]
            case Delta():
                return self.tidy([Term(1.0, {ordered(DELTA, labels): 1.0})], labels)
            case Structured():
                return [Term(1.0, {(("rule", repr(e.pattern)), labels): 1.0})]
            case Add():
                return self.tidy([t for a in e.args for t in self.normal(a, labels)], labels)
            case Einsum():
                return self.einsum(e, labels)
            case Apply():
                return self.tidy(self.operations.get(e.op.name, self.otherwise)(self, e, labels), labels)
        raise TypeError(type(e).__name__)

    def einsum(self, e: Einsum, labels: tuple[int, ...]) -> Polynomial:
        name = dict(zip(e.out, labels, strict=True))
        summed = set()
        for ix, a in zip(e.indices, e.args, strict=True):
            for i, size in zip(ix, a.shape, strict=True):
                if i not in name:
                    name[i] = self.new(size)
                    summed.add(name[i])
        product: Polynomial = [Term(1.0, {})]
        for ix, a in zip(e.indices, e.args, strict=True):
            product = self.product(product, self.read(a, tuple(name[i] for i in ix)))
        spread = []
        for t in product:
            for i in summed - t.labels():
                t = times(t, size_of(self.sizes[i]))
            spread.append(t)
        return self.tidy(spread, labels)

    def read(self, e: Expr, labels: tuple[int, ...]) -> Polynomial:
        """As `normal`, with labels that may repeat, and inner sums that nobody else names."""
        own = self.news(e.shape)
        terms = self.normal(e, own)
        back = dict(zip(own, labels, strict=True))
        return [renamed(self.apart(t, own), back) for t in terms]

    def apart(self, t: Term, free: Sequence[int]) -> Term:
        """The term with new names for its summed labels."""
        return renamed(t, {i: self.new(self.sizes[i]) for i in t.labels() - set(free)})

    def product(self, a: Polynomial, b: Polynomial) -> Polynomial:
        if len(a) * len(b) > MOST_TERMS:
            raise Undecided("too many terms")
        return [times(s, t) for s in a for t in b]

    def tidy(self, terms: Polynomial, free: tuple[int, ...]) -> Polynomial:
        """Deltas gone, numbers apart, fractions reduced, like terms collected."""
        for _ in range(MOST_ROUNDS):
            terms = [self._simple(without_deltas(t, free, self.sizes), free) for t in terms]
            reduced = [self._reduced(t, free) for t in terms]
            flat = [s for r, t in zip(reduced, terms, strict=True) for s in ([t] if r is None else r)]
            terms = list(collected(flat, free).values())
            if all(r is None for r in reduced):
                return terms
        raise Undecided("a fraction is not reduced in many steps")

    def _simple(self, t: Term, free: tuple[int, ...]) -> Term:
        t = numbers_apart(_without_masks(_without_certain_sums(t, free)), free)
        return self._without_inverse_pairs(t, free)

    def _without_inverse_pairs(self, t: Term, free: tuple[int, ...]) -> Term:
        """X⁻¹ X = I, for a matrix that is one atom."""
        for (atom, labels), exponent in t.factors.items():
            if atom[0] != "inverse" or exponent != 1:
                continue
            for end, other in ((0, 1), (1, 0)):
                inner = labels[end]
                users = [key for key in t.factors if inner in key[1] and key != (atom, labels)]
                if inner in free or len(users) != 1 or users[0][0] != atom[1] or t.factors[users[0]] != 1:
                    continue
                base, ends = users[0]
                place = other if "symmetric" not in atom else ends.index(inner)
                if ends[place] != inner or ends[0] == ends[1]:
                    continue
                rest = {k: x for k, x in t.factors.items() if k not in ((atom, labels), (base, ends))}
                new = times(
                    Term(t.coefficient, rest), Term(1.0, {ordered(DELTA, (labels[other], ends[1 - place])): 1.0})
                )
                return self._simple(without_deltas(new, free, self.sizes), free)
        return t

    def _reduced(self, t: Term, free: tuple[int, ...]) -> Polynomial | None:
        """Partial fractions, where B = L + R stands below: L/B = 1 − R/B, and 1/(LB) = (1/L − 1/B)/R for one term R."""
        for (atom, labels), exponent in t.factors.items():
            if atom not in self.denominators or (exponent > 0 and exponent != int(exponent)):
                continue
            below = (atom, labels)
            lead, *rest = (renamed(s, dict(enumerate(labels))) for s in self.denominators[atom])
            if exponent > 0:
                without = times(t, Term(1.0, {below: -1.0}))
                return [times(without, s) for s in (lead, *rest)]
            if all(t.factors.get(key, 0) * _sign_of(x) >= abs(x) for key, x in lead.factors.items()):
                quotient = times(t, _inverse_term(lead))
                up = times(quotient, Term(1.0, {below: 1.0}))
                return [up, *(times(quotient, Term(-s.coefficient, s.factors)) for s in rest)]
            if len(rest) == 1 and all(t.factors.get(key, 0) * _sign_of(x) < 0 for key, x in lead.factors.items()):
                quotient = times(t, _inverse_term(rest[0]))
                return [
                    times(quotient, Term(1.0, {below: 1.0})),
                    times(quotient, Term(-lead.coefficient, lead.factors)),
                ]
        return None

    # --- powers ---------------------------------------------------------------------------------------

    def power(self, base: Polynomial, exponent: float, labels: tuple[int, ...]) -> Polynomial:
        """A polynomial to a fixed power."""
        if not base:
            return [] if exponent > 0 else [Term(math.inf, {})]
        if exponent > 0 and exponent == int(exponent) and exponent <= 4:
            result: Polynomial = [Term(1.0, {})]
            for _ in range(int(exponent)):
                result = self.product(result, [self.apart(t, labels) for t in base])
            return self.tidy(result, labels)
        content, rest = self.content(base, labels)
        if content.coefficient < 0 and exponent != int(exponent):
            content, rest = Term(1.0, {}), base
        outside = Term(content.coefficient**exponent, {key: x * exponent for key, x in content.factors.items()})
        if len(rest) == 1 and not rest[0].factors:
            return [outside]
        tidied = self.tidy(rest, labels)
        if key_of(tidied, labels) != key_of(rest, labels):
            return self.product([outside], self.power(tidied, exponent, labels))
        atom, used = self.atom("sum", [rest], labels)
        if len(rest) > 1 and not any(t.labels() - set(used) for t in rest):
            self.denominators.setdefault(atom, [renamed(t, {i: k for k, i in enumerate(used)}) for t in rest])
        return [times(outside, Term(1.0, {(atom, used): exponent}))]

    def content(self, terms: Polynomial, labels: tuple[int, ...]) -> tuple[Term, Polynomial]:
        """The common factor of all terms, and what is left, whose first coefficient is 1."""
        common = {key: x for key, x in terms[0].factors.items() if set(key[1]) <= set(labels)}
        for t in terms[1:]:
            keys = {*common, *(k for k in t.factors if set(k[1]) <= set(labels) and t.factors[k] < 0)}
            common = {k: min(common.get(k, 0.0), t.factors.get(k, 0.0)) for k in keys}
        common = {key: x for key, x in common.items() if x}
        below = Term(1.0, {key: -x for key, x in common.items()})
        rest = [times(t, below) for t in terms]
        first = sorted(collected(rest, labels).items(), key=lambda item: (len(item[0]), repr(item[0])))
        lead = first[-1][1].coefficient
        rest = [Term(t.coefficient / lead, t.factors) for _, t in reversed(first)]
        return Term(lead, common), rest

    def atom(
        self, name: str, args: Sequence[Polynomial], labels: tuple[int, ...], *more: Any
    ) -> tuple[Atom, tuple[int, ...]]:
        """An entrywise function as an atom on the axes it depends on, in the order that gives the least key."""
        carried = [i for i in labels if any(i in t.labels() for terms in args for t in terms)]
        carried = list(dict.fromkeys(carried))
        if len(carried) > 4:
            raise Undecided("too many axes")
        options = [(tuple(key_of(terms, order) for terms in args), order) for order in itertools.permutations(carried)]
        keys, order = min(options, key=lambda option: repr(option[0]))
        symmetric = len(order) == 2 and sum(o[0] == keys for o in options) == 2
        atom = (name, keys, *more, *(("symmetric",) if symmetric else ()))
        return ordered(atom, tuple(order))

    def function(self, name: str, args: Sequence[Polynomial], labels: tuple[int, ...], *more: Any) -> Polynomial:
        return [Term(1.0, {self.atom(name, args, labels, *more): 1.0})]

    def exp(self, terms: Polynomial, labels: tuple[int, ...]) -> Polynomial:
        """exp(Σ c t) = Π exp(t)^c."""
        result = Term(1.0, {})
        for t in terms:
            if not t.factors:
                result = times(result, Term(math.exp(t.coefficient), {}))
            elif len(t.factors) == 1 and next(iter(t.factors))[0][0] == "log" and next(iter(t.factors.values())) == 1:
                ((atom, ls),) = t.factors
                result = times(result, Term(1.0, {_inside_log(atom, ls): t.coefficient}))
            else:
                result = times(result, Term(1.0, {self.atom("exp", [[Term(1.0, t.factors)]], labels): t.coefficient}))
        return [result]

    def log(self, terms: Polynomial, labels: tuple[int, ...]) -> Polynomial:
        """log of a product: the sum of the logs, signs set aside."""
        content, rest = self.content(terms, labels)
        result = [Term(math.log(abs(content.coefficient)), {})] if abs(content.coefficient) != 1 else []
        for (atom, ls), x in content.factors.items():
            result.append(Term(x, {(("log", atom, *atom[-1:]) if "symmetric" in atom else ("log", atom), ls): 1.0}))
        if len(rest) > 1 or rest[0].factors:
            atom, used = self.atom("sum", [rest], labels)
            result.append(Term(1.0, {(("log", atom), used): 1.0}))
        return result


def _inside_log(atom: Atom, labels: tuple[int, ...]) -> tuple[Atom, tuple[int, ...]]:
    return atom[1], labels


def _variable(v: Variable) -> Atom:
    symmetric = ("symmetric",) if Fact.SYMMETRIC in v.facts and v.ndim == 2 else ()
    certain = ("certain",) if Fact.PROBABILITY in v.facts else ()
    return ("variable", v.name, *symmetric, *certain)


def _without_certain_sums(t: Term, free: Sequence[int]) -> Term:
    """Σp = 1 for a probability vector."""
    gone = {
        key
        for key, x in t.factors.items()
        if "certain" in key[0] and x == 1 and key[1][0] not in free and sum(key[1][0] in k[1] for k in t.factors) == 1
    }
    return Term(t.coefficient, {key: x for key, x in t.factors.items() if key not in gone})


def _without_masks(t: Term) -> Term:
    """Conditions are 0 or 1, signs −1 or 1: their powers fall."""
    factors = {}
    for (atom, labels), x in t.factors.items():
        if atom[0] == "positive":
            x = 1.0
        if atom[0] == "sign":
            x = x % 2
        if x:
            factors[atom, labels] = x
    return Term(t.coefficient, factors)
