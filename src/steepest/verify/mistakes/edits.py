"""Mistakes as single changes of a formula: for each kind of notation, what people get wrong about it.

A term or factor left out, a sign turned, a transpose forgotten, a product taken entry by entry. Each change says which
mistake it is and what part of the formula it is about. A change need not be mathematics: whoever reads it finds out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import combinations

from steepest.expr.number import constant
from steepest.formula import notation as nt
from steepest.formula.collect import added
from steepest.formula.compose import product
from steepest.formula.factors import multiplied
from steepest.formula.notation import Notation
from steepest.formula.rank import rank
from steepest.formula.transposition import transpose
from steepest.ops.elementary import arctan, cos, cosh, exp, expm1, log1p, sin, sinh, tan, tanh
from steepest.ops.linalg_inverse import inverse
from steepest.ops.operation import Operation
from steepest.ops.piecewise import maximum, minimum
from steepest.ops.power import log
from steepest.ops.reduction import softmax
from steepest.ops.special_logistic import expit

from .mistake import Mistake

MOST_PLACES = 150
MINUS = nt.Number(constant(-1))
ONE, TWO, HALF = nt.Number(constant(1)), nt.Number(constant(2)), nt.Number(constant(0.5))
MOST_PAIRED = 5  # factors of which two may be left out together


@dataclass(frozen=True)
class Change:
    """One mistake at one place. `result` stands there, `part` is what the words are about."""

    mistake: Mistake
    words: str  # with {part} and {instead}
    result: Notation
    part: Notation
    instead: Notation | None = None


Edit = Callable[..., Iterator[Change]]


# --- places ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A part of a formula, and the formula with something else there."""

    part: Notation
    put: Callable[[Notation], Notation]


def places(root: Notation) -> Iterator[Place]:
    """Every part of a formula, from the outside in."""
    pending = [Place(root, lambda n: n)]
    for _ in range(MOST_PLACES):
        if not pending:
            return
        place = pending.pop(0)
        yield place
        for field in fields(place.part):
            value = getattr(place.part, field.name)
            if isinstance(value, Notation):
                pending.append(Place(value, _putter(place, field.name, None)))
            elif isinstance(value, tuple):
                pending += [Place(v, _putter(place, field.name, k)) for k, v in enumerate(value) if _is_part(v)]


def _is_part(value: object) -> bool:
    return isinstance(value, Notation)


def _putter(outer: Place, name: str, position: int | None) -> Callable[[Notation], Notation]:
    def put(n: Notation) -> Notation:
        if position is None:
            return outer.put(replace(outer.part, **{name: n}))
        items = list(getattr(outer.part, name))
        items[position] = n
        return outer.put(replace(outer.part, **{name: tuple(items)}))

    return put


def changes(root: Notation) -> Iterator[tuple[Change, Notation]]:
    """Every formula with one mistake in it, the likelier first; then with the same mistake wherever it fits."""
    found = list(places(root))
    everywhere: dict[Notation, list[Place]] = {}
    for place in found:
        everywhere.setdefault(place.part, []).append(place)
    for kind in EDITS:
        for place in found:
            for change in kind(place.part):
                yield _placed(change, place.part, root), place.put(change.result)
        for part, same in everywhere.items():
            for change in kind(part) if len(same) > 1 else ():
                yield change, substituted(root, part, change.result)


def again(change: Change, root: Notation) -> Iterator[tuple[Change, Notation]]:
    """The same mistake once more, in a formula that has it in one place."""
    for place in places(root):
        for second in _factors(place.part):
            if second.part == change.part:
                yield second, place.put(second.result)


def _placed(change: Change, whole: Notation, root: Notation) -> Change:
    """The change, with the sum it is in where a bare number is what it is about: there may be many of these."""
    if not isinstance(whole, nt.Sum) or whole == root or _has_symbol(change.part):
        return change
    return replace(change, words=f"in {{instead}}, {change.words}", instead=whole)


def _has_symbol(n: Notation) -> bool:
    return isinstance(n, nt.Symbol) or any(map(_has_symbol, nt.parts(n)))


def substituted(root: Notation, part: Notation, by: Notation) -> Notation:
    """The formula with another part wherever this one stands."""
    return by if root == part else nt.with_parts(root, lambda n: substituted(n, part, by))


# --- what people get wrong ---------------------------------------------------------------------------


def _terms(n: Notation) -> Iterator[Change]:
    if not isinstance(n, nt.Sum):
        return
    for k, term in enumerate(n.terms):
        rest = (*n.terms[:k], *n.terms[k + 1 :])
        if not isinstance(added(*rest), nt.Fill):  # without 1 − s of s (1 − s), a factor is missing
            yield Change(Mistake.MISSING_TERM, "the term {part} is missing", added(*rest), term)
    for k, term in enumerate(n.terms):
        turned = (*n.terms[:k], multiplied(MINUS, term), *n.terms[k + 1 :])
        yield Change(Mistake.TERM_SIGN, "the term {part} has the wrong sign", nt.Sum(turned), term)
        for number, words in ((TWO, "twice what it should be"), (HALF, "half of what it should be")):
            scaled = (*n.terms[:k], multiplied(number, term), *n.terms[k + 1 :])
            yield Change(Mistake.TERM_FACTOR, f"the term {{part}} is {words}", nt.Sum(scaled), term)


def _transposes(n: Notation) -> Iterator[Change]:
    if rank(n) != 2 or isinstance(n, (nt.Identity, nt.Diagonal)):
        return
    turned = transpose(n)
    if turned != n:
        yield Change(Mistake.TRANSPOSE, "{instead} stands where {part} should", turned, n, turned)


def _factors(n: Notation) -> Iterator[Change]:
    """A factor left out, or two."""
    words = "the factor {part} is missing"
    match n:
        case nt.Scaled(factors) | nt.Entrywise(factors):
            for k, factor in enumerate(factors):
                rest = (*factors[:k], *factors[k + 1 :])
                if factor == MINUS:
                    yield Change(Mistake.TERM_SIGN, "{part} has the wrong sign", multiplied(*rest), n)
                else:
                    yield Change(Mistake.MISSING_FACTOR, words, multiplied(*rest), factor)
            for one, other in combinations(factors, 2) if 2 < len(factors) <= MOST_PAIRED else ():
                rest = tuple(f for f in factors if f is not one and f is not other)
                both = multiplied(one, other)
                yield Change(Mistake.MISSING_FACTOR, words, multiplied(*rest), both)
        case nt.Product(factors):
            for k, factor in enumerate(factors):
                rest = (*factors[:k], *factors[k + 1 :])
                yield Change(Mistake.MISSING_FACTOR, words, _chain(rest), factor)
        case nt.Quotient(over, under):
            yield Change(Mistake.MISSING_FACTOR, "the division by {part} is missing", over, under)
            yield Change(Mistake.MISSING_FACTOR, words, nt.Quotient(ONE, under), over)
            for k, factor in enumerate(over.factors if isinstance(over, (nt.Scaled, nt.Entrywise)) else ()):
                more = nt.Quotient(multiplied(*over.factors[:k], *over.factors[k + 1 :]), under)  # type: ignore[attr-defined]
                yield Change(Mistake.MISSING_FACTOR, words, more, factor)
            for k, factor in enumerate(under.factors if isinstance(under, (nt.Scaled, nt.Entrywise)) else ()):
                less = nt.Quotient(over, multiplied(*under.factors[:k], *under.factors[k + 1 :]))  # type: ignore[attr-defined]
                yield Change(Mistake.MISSING_FACTOR, "the division by {part} is missing", less, factor)
        case nt.Outer(left, right):
            yield Change(Mistake.MISSING_FACTOR, words, left, right)


def _slopes(n: Notation) -> Iterator[Change]:
    """The derivative of one activation for that of another: s(1 − s) of the logistic function, 1 − t² of tanh."""
    words = "{instead} stands where {part} should"
    match n:
        case nt.Scaled(factors) | nt.Entrywise(factors):
            for g in factors:
                f = _complement(g)
                if f in factors:
                    others = [h for h in factors if h not in (f, g)]
                    other = one_minus(nt.Power(f, TWO))
                    yield Change(Mistake.FUNCTION, words, multiplied(*others, other), multiplied(f, g), other)
        case nt.Sum():
            square = _complement(n)
            if isinstance(square, nt.Power) and square.exponent == TWO:
                other = multiplied(square.base, one_minus(square.base))
                yield Change(Mistake.FUNCTION, words, other, n, other)


def _complement(n: Notation) -> Notation | None:
    """What `n` is 1 minus of."""
    if not isinstance(n, nt.Sum) or len(n.terms) != 2:
        return None
    first, second = n.terms
    return multiplied(MINUS, second) if (first.value if isinstance(first, nt.Fill) else first) == ONE else None


def one_minus(n: Notation) -> Notation:
    """``1 − n``, entry by entry."""
    return added(nt.Fill(ONE, (2,) * rank(n)) if rank(n) else ONE, multiplied(MINUS, n))


def _turned_over(n: Notation) -> Iterator[Change]:
    """A fraction upside down."""
    if isinstance(n, nt.Quotient) and n.over != ONE:
        other = nt.Quotient(n.under, n.over)
        yield Change(Mistake.ORDER, "{instead} stands where {part} should", other, n, other)


def _entry_by_entry(n: Notation) -> Iterator[Change]:
    """Entry by entry in place of a product of matrices, and the other way round."""
    match n:
        case nt.Product(factors):
            for k in range(len(factors) - 1):
                pair, rest = factors[k : k + 2], (factors[:k], factors[k + 2 :])
                for left in (pair[0], transpose(pair[0])) if rank(pair[0]) == 2 else (pair[0],):
                    joined = nt.Entrywise((left, pair[1]))
                    yield Change(
                        Mistake.ELEMENTWISE, "{instead} stands where the matrix product {part} should",
                        _chain((*rest[0], joined, *rest[1])), nt.Product(pair), joined,
                    )  # fmt: skip
                if rank(pair[0]) == rank(pair[1]) == 2:
                    turned = nt.Product(pair[::-1])
                    yield Change(
                        Mistake.ORDER, "{instead} stands where {part} should",
                        _chain((*rest[0], *pair[::-1], *rest[1])), nt.Product(pair), turned,
                    )  # fmt: skip
        case nt.Entrywise(factors) if rank(n) == 2:
            for k in range(len(factors) - 1):
                chained = product(*factors[k : k + 2])
                yield Change(
                    Mistake.ELEMENTWISE, "the matrix product {instead} stands where {part} should",
                    multiplied(*factors[:k], chained, *factors[k + 2 :]), nt.Entrywise(factors[k : k + 2]), chained,
                )  # fmt: skip
        case nt.Power(base, exponent) if rank(base) == 2 and exponent == TWO:
            chained = nt.MatrixPower(base, 2)
            yield Change(
                Mistake.ELEMENTWISE, "the matrix power {instead} stands where {part} should", chained, n, chained
            )
        case nt.MatrixPower(base, power):
            entrywise = nt.Power(base, nt.Number(constant(power)))
            yield Change(
                Mistake.ELEMENTWISE, "{instead} stands where the matrix power {part} should", entrywise, n, entrywise
            )
        case nt.Function(op, (of,)) if op is inverse and rank(of) == 2:
            each = nt.Quotient(nt.Number(constant(1)), of)
            yield Change(Mistake.ELEMENTWISE, "{instead} entry by entry stands where {part} should", each, n, each)


def _powers(n: Notation) -> Iterator[Change]:
    words = "{instead} stands where {part} should"
    others: list[Notation] = []
    match n:
        case nt.Power(base, nt.Number(of)) if isinstance(of.value, (int, float)) and not of.sizes:
            others = [base, *(nt.Power(base, nt.Number(constant(of.value + d))) for d in (1, -1) if of.value + d > 1)]
            if of.value != 2:
                others.append(nt.Power(base, TWO))
        case nt.Quotient(over, under):
            others = [multiplied(over, under)]
        case nt.Norm(of):
            others = [nt.NormSquared(of), multiplied(nt.Norm(of), nt.NormSquared(of)), nt.Norm1(of)]
        case nt.NormSquared(of):
            others = [nt.Norm(of), multiplied(nt.Norm(of), nt.NormSquared(of)), nt.Power(nt.NormSquared(of), TWO)]
        case nt.MatrixPower(base, power):
            others = [base, *(nt.MatrixPower(base, power + d) for d in (1, -1) if power + d > 1)]
    yield from (Change(Mistake.POWER, words, other, n, other) for other in others)


def _squares(n: Notation) -> Iterator[Change]:
    """A power that should not be there."""
    if isinstance(n, (nt.Symbol, nt.Function, nt.Sum)) and rank(n) < 2:
        square = nt.Power(n, TWO)
        yield Change(Mistake.POWER, "{instead} stands where {part} should", square, n, square)


def _functions(n: Notation) -> Iterator[Change]:
    """The function for its derivative, a function left out, a sign inside."""
    words = "{instead} stands where {part} should"
    if isinstance(n, nt.Function) and n.op in (maximum, minimum):
        yield from (Change(Mistake.FUNCTION, words, arg, n, arg) for arg in n.args if rank(arg) == rank(n))
        where = [nt.Iverson(nt.Relation(">", arg, nt.Number(constant(0)))) for arg in n.args if _has_symbol(arg)]
        yield from (Change(Mistake.MISSING_FACTOR, "the factor {part} is missing", mask, n) for mask in where)
    if not isinstance(n, nt.Function) or len(n.args) != 1:
        return
    (inside,) = n.args
    for op in TAKEN_FOR.get(n.op, ()):
        other = nt.Function(op, n.args, ())
        yield Change(Mistake.FUNCTION, words, other, n, other)
    negative = nt.Function(n.op, (multiplied(MINUS, inside),), n.params)
    yield Change(Mistake.FUNCTION, words, negative, n, negative)
    if rank(inside) == rank(n):
        yield Change(Mistake.FUNCTION, words, inside, n, inside)


def _letters(n: Notation) -> Iterator[Change]:
    """Indices in another order."""
    match n:
        case nt.Entry(of, (i, j)) if i != j:
            turned = nt.Entry(of, (j, i))
            yield Change(Mistake.TRANSPOSE, "{instead} stands where {part} should", turned, n, turned)


def _numbers(n: Notation) -> Iterator[Change]:
    """A number inside, out by a factor."""
    if isinstance(n, nt.Number):
        for factor in (TWO, HALF, MINUS):
            other = multiplied(factor, n)
            yield Change(Mistake.TERM_FACTOR, "the number {instead} stands where {part} should", other, n, other)


def _all_ones(n: Notation) -> Iterator[Change]:
    """A matrix that counts entry by entry in a product: left out, there are ones in its place."""
    match n:
        case nt.Product(factors):
            for k, factor in enumerate(factors):
                if rank(factor) == 2 and not isinstance(factor, (nt.Diagonal, nt.Transpose)):
                    for size in (0, 1):
                        ones = nt.Outer(nt.Ones(size), nt.Ones(size))
                        yield Change(
                            Mistake.MISSING_FACTOR, "the factor {part} is missing",
                            _chain((*factors[:k], ones, *factors[k + 1 :])), factor,
                        )  # fmt: skip
                        break


def _ones_at_an_end(n: Notation) -> Iterator[Change]:
    """A vector that counts entry by entry: left out, the sum of all is taken."""
    if isinstance(n, nt.Product) and rank(n.factors[-1]) == 1 and not isinstance(n.factors[-1], nt.Ones):
        result = nt.Product((*n.factors[:-1], nt.Ones(0)))
        yield Change(Mistake.MISSING_FACTOR, "the factor {part} is missing", result, n.factors[-1])
    if isinstance(n, nt.Product) and isinstance(n.factors[0], nt.Transpose) and rank(n.factors[0].of) == 1:
        result = nt.Product((nt.Transpose(nt.Ones(0)), *n.factors[1:]))
        yield Change(Mistake.MISSING_FACTOR, "the factor {part} is missing", result, n.factors[0].of)


def _chain(factors: tuple[Notation, ...]) -> Notation:
    return factors[0] if len(factors) == 1 else nt.Product(factors)


TAKEN_FOR: dict[Operation, tuple[Operation, ...]] = {
    sin: (cos,), cos: (sin,), sinh: (cosh,), cosh: (sinh,), tan: (tanh,), tanh: (tan, expit), arctan: (tan,),
    expit: (tanh, exp), softmax: (expit, exp), log: (log1p,), log1p: (log,), exp: (expm1, expit), expm1: (exp,),
}  # fmt: skip

EDITS: tuple[Edit, ...] = (
    _terms, _transposes, _letters, _factors, _all_ones, _ones_at_an_end, _entry_by_entry,
    _powers, _turned_over, _slopes, _numbers, _functions, _squares,
)  # fmt: skip
