"""A derivative as a sum of terms with wrong coefficients, or with a term too many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product as every

from steepest.expr.number import constant
from steepest.formula import notation as nt
from steepest.formula.collect import added
from steepest.formula.factors import multiplied
from steepest.formula.notation import Notation
from steepest.formula.rank import rank
from steepest.formula.transposition import transpose

from .constants import named, simple, told_sizes
from .evidence import Evidence
from .mistake import Finding, Mistake
from .written import Written

MOST_TERMS = 16
MOST_WRONG = 2
CLOSE = 1e-5  # to 1, 0 or −1


def explain_terms(written: Written, e: Evidence, terms: Sequence[Notation]) -> Finding | None:
    """Which of the terms, whose sum is right, has another coefficient than 1, or is not there."""
    if not 2 <= len(terms) <= MOST_TERMS:
        return None
    values = [written.values(t) for t in terms]
    if any(v is None for v in values):
        return None
    found = e.coefficients([v for v in values if v is not None])
    return None if found is None else told(written, e, terms, found)


def told(written: Written, e: Evidence, terms: Sequence[Notation], found: Sequence[float]) -> Finding | None:
    """The coefficients in words, if few are wrong and all have a simple name."""
    wrong = [(c, t) for c, t in zip(found, terms, strict=True) if abs(c - 1) > CLOSE]
    if not wrong or len(wrong) > MOST_WRONG:
        return None
    if len(wrong) == len(terms) and max(found) - min(found) <= CLOSE * max(map(abs, found)):  # it is one factor of all
        return None
    if len(wrong) > 1 and any(abs(c) > CLOSE and simple(c, e.sizes) is None for c, _ in wrong):
        return None
    words = [_words(c, written.piece(t), e) for c, t in wrong]
    pairs = [(round(c, 6), t) for c, t in zip(found, terms, strict=True) if abs(c) > CLOSE]
    left = [multiplied(nt.Number(constant(c)), t) for c, t in pairs]
    return Finding(_kind(wrong[0][0]), "; ".join(words), written.text(added(*left)))


def _kind(c: float) -> Mistake:
    if abs(c) <= CLOSE:
        return Mistake.MISSING_TERM
    return Mistake.TERM_SIGN if abs(c + 1) <= CLOSE else Mistake.TERM_FACTOR


def _words(c: float, term: str, e: Evidence) -> str:
    if abs(c) <= CLOSE:
        return f"the term {term} is missing"
    if abs(c + 1) <= CLOSE:
        return f"the term {term} has the wrong sign"
    text = named(c, e.sizes)
    return f"the term {term} is {text}{told_sizes(text, e.sizes)} times what it should be"


# --- multiplying out ---------------------------------------------------------------------------------


def expanded(n: Notation) -> tuple[Notation, ...]:
    """The terms of a formula when its products are multiplied out; as it is where there are too many."""
    terms = tuple(_expanded(n))
    return terms if len(terms) <= MOST_TERMS else (n,)


def _expanded(n: Notation) -> Iterator[Notation]:
    match n:
        case nt.Sum(terms):
            for t in terms:
                yield from _expanded(t)
        case nt.Scaled(factors) | nt.Entrywise(factors):
            yield from (multiplied(*chosen) for chosen in every(*map(expanded, factors)))
        case nt.Product(factors):
            yield from (_product(chosen) for chosen in every(*map(expanded, factors)))
        case nt.Quotient(over, under):
            yield from (nt.Quotient(t, under) for t in _expanded(over))
        case nt.Transpose(of):
            yield from (transpose(t) for t in _expanded(of))
        case nt.Diagonal(of):
            yield from (nt.Diagonal(t) for t in _expanded(of))
        case nt.Outer(left, right):
            yield from (nt.Outer(a, b) for a, b in every(expanded(left), expanded(right)))
        case _:
            yield n


def _product(factors: tuple[Notation, ...]) -> Notation:
    fronts: list[Notation] = []
    chain: list[Notation] = []
    for f in factors:
        if isinstance(f, nt.Scaled) and rank(f.factors[-1]):
            fronts += f.factors[:-1]
            chain.append(f.factors[-1])
        elif isinstance(f, nt.Fill) and len(f.shape) == 2:
            fronts.append(f.value)
            chain.append(nt.Outer(nt.Ones(f.shape[0]), nt.Ones(f.shape[1])))
        elif isinstance(f, nt.Fill):
            fronts.append(f.value)
            chain.append(nt.Ones(f.shape[0]))
        else:
            chain.append(f)
    body = chain[0] if len(chain) == 1 else nt.Product(tuple(chain))
    return multiplied(*fronts, body) if fronts else body
