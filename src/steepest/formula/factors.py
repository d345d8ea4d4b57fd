"""Products of scalars, and of arrays entry by entry: ``number · scalars · (a ⊙ b) / (c ⊙ d)``."""

from __future__ import annotations

from steepest.expr.dimension import Shape
from steepest.expr.node import Constant
from steepest.expr.number import ONE, constant, times

from . import notation as nt
from .notation import Notation, rank
from .order import factor_key
from .ratio import ratio
from .sign import whole

NUMBER_ONE = nt.Number(ONE)


def multiplied(*factors: Notation) -> Notation:
    """Scalars times arrays of one shape, entry by entry, as ``number · scalars · (a ⊙ b) / (c ⊙ d)``."""
    over, under = _Factors(), _Factors()
    shape: Shape | None = None
    work = list(factors)[::-1]
    while work:
        n = work.pop()
        match n:
            case nt.Scaled(inner) | nt.Entrywise(inner):
                work.extend(reversed(inner))
            case nt.Quotient(top, bottom):
                work.append(top)
                numerator, denominator = _turned_over(bottom)
                work.append(numerator)
                under.take(denominator)
            case nt.Fill(value, filled):
                shape = filled
                work.append(value)
            case _:
                over.take(n)
    result = _quotient(over, under)
    return result if shape is None or rank(result) else nt.Fill(result, shape)


class _Factors:
    """Factors of a product as they are collected: one number, and each base with its whole exponent."""

    def __init__(self) -> None:
        self.coefficient: Constant = ONE
        self.exponents: dict[Notation, int] = {}

    def take(self, n: Notation) -> None:
        for f in n.factors if isinstance(n, (nt.Scaled, nt.Entrywise)) else (n,):
            if isinstance(f, nt.Number):
                self.coefficient = times(self.coefficient, f.of)
            else:
                base, exponent = _base_and_exponent(f)
                self.exponents[base] = self.exponents.get(base, 0) + exponent

    def written(self, coefficient: Constant) -> Notation:
        factors = sorted((raised(b, e) for b, e in self.exponents.items()), key=factor_key)
        scalars = [f for f in factors if rank(f) == 0]
        arrays = [f for f in factors if rank(f)]
        if coefficient is not ONE:
            scalars.insert(0, nt.Number(coefficient))
        if len(arrays) > 1:
            arrays = [nt.Entrywise(tuple(arrays))]
        return _scaled([*scalars, *arrays])


def _turned_over(n: Notation) -> tuple[Notation, Notation]:
    """``1/n`` as numerator and denominator: a fraction below the line stands above it, turned over."""
    match n:
        case nt.Quotient(top, bottom):
            return bottom, top
        case nt.Scaled(factors) | nt.Entrywise(factors) if any(isinstance(f, nt.Quotient) for f in factors):
            pairs = [_turned_over(f) for f in factors]
            return multiplied(*(p[0] for p in pairs)), multiplied(*(p[1] for p in pairs))
    return NUMBER_ONE, n


def _base_and_exponent(n: Notation) -> tuple[Notation, int]:
    if isinstance(n, nt.Power) and isinstance(n.exponent, nt.Number) and (exponent := whole(n.exponent.of)) > 0:
        return n.base, exponent
    return n, 1


def raised(base: Notation, exponent: int) -> Notation:
    """A whole power, entry by entry."""
    if exponent == 1:
        return base
    if isinstance(base, nt.Iverson):
        return base
    inner, inner_exponent = _base_and_exponent(base)
    return nt.Power(inner, nt.Number(constant(inner_exponent * exponent)))


def _scaled(factors: list[Notation]) -> Notation:
    if not factors:
        return NUMBER_ONE
    return factors[0] if len(factors) == 1 else nt.Scaled(tuple(factors))


def _quotient(over: _Factors, under: _Factors) -> Notation:
    if not under.exponents and under.coefficient is ONE:
        return over.written(over.coefficient)
    r = ratio(over.coefficient)
    top = over.written(r.numerator())
    bottom = under.written(times(r.denominator(), under.coefficient))
    return nt.Quotient(top, bottom)


def split_scalars(n: Notation) -> tuple[list[Notation], Notation]:
    """The scalars in front of an array, and the array (for a scalar: itself as the only one)."""
    match n:
        case nt.Scaled((*front, last)) if rank(last):
            return list(front), last
        case nt.Quotient(over, under) if rank(over) and not rank(under):
            front, body = split_scalars(over)
            return [*front, nt.Quotient(NUMBER_ONE, under)], body
        case nt.Fill(value, (size,)):
            return [] if value == NUMBER_ONE else [value], nt.Ones(size)
        case nt.Fill(value, (rows, columns)):
            return [] if value == NUMBER_ONE else [value], nt.Outer(nt.Ones(rows), nt.Ones(columns))
    return [], n
