"""The normal form of an expression: a sum of products of atoms, everything multiplied out.

It is written for proof, not for reading or speed, and has no rule in common with the library. Two expressions with the
same normal form are equal wherever both are defined and no norm in them is 0: exponentials and powers are taken
apart, the logistic function and softmax are written with exp, determinants and inverses of products of square
matrices are taken apart, comparisons are taken away from ties.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
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
from steepest.expr.build import subtract
from steepest.expr.fact import Fact
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Structured, Variable

MOST_ROUNDS = 30  # of a rule applied to its own result


def proved_equal(a: Expr, b: Expr) -> bool:
    """Whether the difference vanishes term by term; False if that is not seen."""
    if a is b:
        return True
    try:
        return not Reader().normal(subtract(a, b), tuple(range(1, a.ndim + 1)))
    except Undecided:
        return False


def _sign_of(x: float) -> float:
    return math.copysign(1.0, x)


def _inverse_term(t: Term) -> Term:
    return Term(1 / t.coefficient, {key: -x for key, x in t.factors.items()})


class Reader:
    """Reads expressions into polynomials; labels are numbers, each of its own size."""

    def __init__(self) -> None:
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
                return self.tidy(OPERATIONS.get(e.op.name, entrywise)(self, e, labels), labels)
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
            terms = list(collected([s for r, t in zip(reduced, terms, strict=True) for s in (r or [t])], free).values())
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


# --- operations ---------------------------------------------------------------------------------------

Operation = Callable[[Reader, Apply, tuple[int, ...]], Polynomial]


def entrywise(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    """Any function taken entry by entry; of another shape it is one atom."""
    if any(a.shape not in ((), e.shape) for a in e.args):
        args = [key_of(r.normal(a, own := r.news(a.shape)), own) for a in e.args]
        return [Term(1.0, {((e.op.name, tuple(args), e.params), labels): 1.0})]
    return r.function(e.op.name, [_argument(r, a, labels) for a in e.args], labels, e.params)


def _argument(r: Reader, a: Expr, labels: tuple[int, ...]) -> Polynomial:
    return r.normal(a, labels if a.ndim else ())


def _even_or_odd(sign: float) -> Operation:
    """f(−u) = ±f(u)."""

    def read(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
        terms = _argument(r, e.args[0], labels)
        if not terms:
            return entrywise(r, e, labels)
        content, rest = r.content(terms, labels)
        flip = content.coefficient < 0
        inside = [times(Term(abs(content.coefficient), content.factors), t) for t in rest]
        found = r.function(e.op.name, [inside], labels)
        return [Term(sign * t.coefficient, t.factors) for t in found] if flip else found

    return read


def _power(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    base, exponent = (_argument(r, a, labels) for a in e.args)
    if not exponent or (len(exponent) == 1 and not exponent[0].factors):
        return r.power(base, exponent[0].coefficient if exponent else 0.0, labels)
    return r.exp(r.tidy(r.product(exponent, r.log(base, labels)), labels), labels)


def _root(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.power(_argument(r, e.args[0], labels), 0.5, labels)


def _norm(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    (x,) = e.args
    inner = (*labels, r.new(x.shape[-1]))
    terms = r.normal(x, inner)
    squares = r.tidy(r.product(terms, [r.apart(t, inner) for t in terms]), inner)
    return r.power(r.tidy([r.apart(t, labels) for t in squares], labels), 0.5, labels)


def _exp(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.exp(_argument(r, e.args[0], labels), labels)


def _log(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.log(_argument(r, e.args[0], labels), labels)


def _logistic(r: Reader, terms: Polynomial, labels: tuple[int, ...]) -> Polynomial:
    """σ(u) = 1/(1 + exp(−u))."""
    below = [Term(1.0, {}), *r.exp([Term(-t.coefficient, t.factors) for t in terms], labels)]
    return r.power(r.tidy(below, labels), -1.0, labels)


def _expit(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _logistic(r, _argument(r, e.args[0], labels), labels)


def _log_expit(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.log(r.tidy(_expit(r, e, labels), labels), labels)


def _softmax(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    over, below = _exp(r, e, labels), _total_exp(r, e.args[0], labels[:-1])
    return r.product(over, r.power(below, -1.0, labels[:-1]))


def _logsumexp(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.log(_total_exp(r, e.args[0], labels), labels)


def _total_exp(r: Reader, x: Expr, labels: tuple[int, ...]) -> Polynomial:
    inner = r.new(x.shape[-1])
    terms = r.exp(r.normal(x, (*labels, inner)), (*labels, inner))
    return r.tidy([t if inner in t.labels() else times(t, size_of(x.shape[-1])) for t in terms], labels)


def _matrix(r: Reader, a: Expr) -> tuple[Polynomial, tuple[int, int]]:
    i, j = r.news(a.shape)
    return r.normal(a, (i, j)), (i, j)


def _square_chain(t: Term, ends: tuple[int, int], r: Reader) -> list[tuple[Atom, tuple[int, int]]] | None:
    """A product of square matrices from one end to the other, if the term is one."""
    chain, at, left = [], ends[0], dict(t.factors)
    while left:
        step = next(((atom, ls) for (atom, ls), x in left.items() if at in ls and len(ls) == 2 and x == 1), None)
        if step is None:
            break
        atom, ls = step
        onward = ls[1] if ls[0] == at else ls[0]
        if str(r.sizes[onward]) != str(r.sizes[at]) or getattr(r.sizes[onward], "name", 0) != getattr(
            r.sizes[at], "name", 0
        ):
            return None
        del left[atom, ls]
        chain.append((atom, (at, onward) if ls[0] == at else (onward, at)))
        at = onward
    return chain if at == ends[1] and all(not ls for _, ls in left) else None


def _inverse(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    if e.ndim != 2:
        raise Undecided("stacked matrices")
    terms, (i, j) = _matrix(r, e.args[0])
    if not terms:
        return entrywise(r, e, labels)
    content, rest = r.content(terms, ())
    outside = Term(1 / content.coefficient, {key: -x for key, x in content.factors.items()})
    chain = _square_chain(rest[0], (i, j), r) if len(rest) == 1 and rest[0].coefficient == 1 else None
    if chain is None or any(not _is_one(atom) for atom, _ in chain):
        return [times(outside, Term(1.0, {_oriented(r, rest, (i, j), labels): 1.0}))]
    back = {i: labels[1], j: labels[0]}
    result = outside
    for atom, ls in chain:
        ends = tuple(back.setdefault(label, r.new(r.sizes[label])) for label in ls)
        result = times(result, Term(1.0, {_inverse_of(atom, (ends[1], ends[0])): 1.0}))
    return [result]


def _is_one(atom: Atom) -> bool:
    return atom[0] in ("variable", "inverse")


def _inverse_of(atom: Atom, labels: tuple[int, int]) -> tuple[Atom, tuple[int, ...]]:
    if atom[0] == "inverse" and atom[1][0] == "variable":
        return ordered(atom[1], labels)
    return ordered(("inverse", atom, *(("symmetric",) if "symmetric" in atom else ())), labels)


def _oriented(
    r: Reader, terms: Polynomial, ends: tuple[int, int], labels: tuple[int, ...]
) -> tuple[Atom, tuple[int, ...]]:
    """The inverse of a sum or of a product as an atom, of it or of its transpose."""
    there, back = key_of(terms, ends), key_of(terms, ends[::-1])
    if there == back:
        return ordered(("inverse", ("matrix", there), "symmetric"), labels)
    if repr(there) < repr(back):
        return ("inverse", ("matrix", there)), labels
    return ("inverse", ("matrix", back)), labels[::-1]


def _determinant(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    if e.ndim:
        raise Undecided("stacked matrices")
    terms, (i, j) = _matrix(r, e.args[0])
    if not terms:
        return entrywise(r, e, labels)
    content, rest = r.content(terms, ())
    if content.factors or content.coefficient != 1:
        n = r.sizes[i]
        if getattr(n, "name", None):
            rest, content = terms, Term(1.0, {})  # the n-th power of a factor is left inside
        else:
            content = Term(content.coefficient ** int(n), {k: x * int(n) for k, x in content.factors.items()})
    chain = _square_chain(rest[0], (i, j), r) if len(rest) == 1 and rest[0].coefficient == 1 else None
    if chain is None or any(not _is_one(atom) for atom, _ in chain):
        key = min(key_of(rest, (i, j)), key_of(rest, (j, i)), key=repr)
        return [times(content, Term(1.0, {(("determinant", ("matrix", key)), ()): 1.0}))]
    result = content
    for atom, _ in chain:
        below = atom[0] == "inverse"
        result = times(result, Term(1.0, {(("determinant", atom[1] if below else atom), ()): -1.0 if below else 1.0}))
    return [result]


def _adjugate(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    if e.ndim != 2:
        raise Undecided("stacked matrices")
    return r.product(_determinant_of(r, e.args[0]), _inverse(r, e, labels))


def _determinant_of(r: Reader, a: Expr) -> Polynomial:
    return _determinant(r, _Scalar(a), ())  # type: ignore[arg-type]


class _Scalar:
    """What `_determinant` asks of a node."""

    ndim = 0

    def __init__(self, a: Expr):
        self.args = (a,)


def _log_determinant(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return r.log(_determinant(r, e, labels), labels)


def _step(r: Reader, difference: Polynomial, labels: tuple[int, ...]) -> Polynomial:
    """1 where the difference is positive; away from ties."""
    difference = r.tidy(difference, labels)
    if not difference:
        raise Undecided("a tie")
    content, rest = r.content(difference, ())
    found = r.function("positive", [rest], labels)
    return found if content.coefficient > 0 else [Term(1.0, {}), *(Term(-t.coefficient, t.factors) for t in found)]


def _compared(sign: float) -> Operation:
    def read(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
        a, b = (_argument(r, x, labels) for x in e.args)
        return _step(
            r,
            [*(Term(-sign * t.coefficient, t.factors) for t in a), *(Term(sign * t.coefficient, t.factors) for t in b)],
            labels,
        )

    return read


def _extreme(sign: float) -> Operation:
    """max(a, b) = b + (a − b)[a > b]."""

    def read(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
        a, b = (_argument(r, x, labels) for x in e.args)
        difference = [*a, *(Term(-t.coefficient, t.factors) for t in b)]
        chosen = _step(r, [Term(sign * t.coefficient, t.factors) for t in difference], labels)
        return [*b, *r.product(difference, chosen)]

    return read


def _not(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return [Term(1.0, {}), *(Term(-t.coefficient, t.factors) for t in _argument(r, e.args[0], labels))]


def _sign(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _signed(r, _argument(r, e.args[0], labels), labels)


def _signed(r: Reader, terms: Polynomial, labels: tuple[int, ...]) -> Polynomial:
    content, rest = r.content(terms, ())
    found = r.function("sign", [rest], labels)
    return [Term(math.copysign(1.0, content.coefficient) * t.coefficient, t.factors) for t in found]


def _absolute(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    terms = _argument(r, e.args[0], labels)
    return r.product(terms, _signed(r, terms, labels))


def _one(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return [Term(1.0, {})]


def _same(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _argument(r, e.args[0], labels)


def _half_angle(r: Reader, e: Apply, labels: tuple[int, ...], over: float) -> Polynomial:
    u = r.exp(_argument(r, e.args[0], labels), labels)
    down = r.exp([Term(-t.coefficient, t.factors) for t in _argument(r, e.args[0], labels)], labels)
    return [
        *(Term(t.coefficient / 2, t.factors) for t in u),
        *(Term(over * t.coefficient / 2, t.factors) for t in down),
    ]


def _cosh(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _half_angle(r, e, labels, 1.0)


def _sinh(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    return _half_angle(r, e, labels, -1.0)


def _tanh(r: Reader, e: Apply, labels: tuple[int, ...]) -> Polynomial:
    """tanh(u) = 2σ(2u) − 1."""
    terms = [Term(2 * t.coefficient, t.factors) for t in _argument(r, e.args[0], labels)]
    return [Term(-1.0, {}), *(Term(2 * t.coefficient, t.factors) for t in _logistic(r, terms, labels))]


OPERATIONS: dict[str, Operation] = {
    "power": _power, "sqrt": _root, "length": _root, "norm": _norm, "exp": _exp, "log": _log, "expit": _expit,
    "log_expit": _log_expit, "softmax": _softmax, "logsumexp": _logsumexp, "tanh": _tanh, "cosh": _cosh, "sinh": _sinh,
    "inverse": _inverse, "regular_inverse": _inverse, "determinant": _determinant, "adjugate": _adjugate,
    "log_determinant": _log_determinant, "less": _compared(1), "less_equal": _compared(1), "greater": _compared(-1),
    "greater_equal": _compared(-1), "not_equal": _one, "logical_not": _not, "maximum": _extreme(1),
    "minimum": _extreme(-1), "sign": _sign, "abs": _absolute, "cast": _same, "sin": _even_or_odd(-1),
    "cos": _even_or_odd(1), "tan": _even_or_odd(-1),
}  # fmt: skip
