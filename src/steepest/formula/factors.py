"""Products of scalars, and of arrays entry by entry: ``number · scalars · (a ⊙ b) / (c ⊙ d)``."""

from __future__ import annotations

import math

from steepest.expr.dimension import Shape
from steepest.expr.node import Constant
from steepest.expr.number import ONE, constant, times, to_power
from steepest.expr.number import whole as whole_number
from steepest.ops.power import sqrt

from . import notation as nt
from .notation import Notation
from .order import factor_key
from .rank import rank
from .ratio import ratio
from .sign import NUMBER_ONE, number, whole


def multiplied(*factors: Notation) -> Notation:
    """Scalars times arrays of one shape, entry by entry, as ``number · scalars · (a ⊙ b) / (c ⊙ d)``."""
    over, under = _Factors(), _Factors()
    rates: list[Notation] = []  # open to the right, they stand last and never above a line
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
            case nt.Rate():
                rates.append(n)
            case _:
                over.take(n)
    result = _quotient(over, under)
    if rates:
        front = () if result == NUMBER_ONE else result.factors if isinstance(result, nt.Scaled) else (result,)
        result = _scaled([*front, *rates])
    return result if shape is None or rank(result) else nt.Fill(result, shape)


class _Factors:
    """Factors of a product as they are collected: one number, and each base with its whole exponent."""

    def __init__(self) -> None:
        self.coefficient: Constant = ONE
        self.exponents: dict[Notation, int] = {}

    def take(self, n: Notation, times_over: int = 1) -> None:
        """Multiply by ``n ** times_over``; of a scaled base, the number comes out."""
        base, exponent = _base_and_exponent(n)
        exponent *= times_over
        match base:
            case nt.Number(of) if (power := to_power(of, exponent)) is not None:
                self.coefficient = times(self.coefficient, power)
            case nt.Scaled(factors) | nt.Entrywise(factors) if exponent == 1 or isinstance(factors[0], nt.Number):
                for f in factors:
                    self.take(f, exponent)
            case _:
                self.exponents[base] = self.exponents.get(base, 0) + exponent

    def written(self, coefficient: Constant) -> Notation:
        coefficient = whole_number(coefficient)
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
    """Norms and roots are bases: ‖x‖² is the second power of ‖x‖, x^(3/2) the third of √x."""
    if isinstance(n, nt.NormSquared):
        return nt.Norm(n.of), 2
    if isinstance(n, nt.Power) and (halves := _halves(n.exponent)):
        return nt.Function(sqrt, (n.base,), ()), halves
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
    if isinstance(inner, nt.Norm) and inner_exponent * exponent == 2:
        return nt.NormSquared(inner.of)
    if isinstance(inner, nt.Function) and inner.op is sqrt and inner_exponent * exponent % 2:
        if inner_exponent * exponent == 1:
            return inner
        return nt.Power(inner.args[0], nt.Number(constant(inner_exponent * exponent / 2)))
    return nt.Power(inner, nt.Number(constant(inner_exponent * exponent)))


def _halves(exponent: Notation) -> int:
    """How many halves the exponent is, if it is an odd number of them, else 0."""
    value = number(exponent.of) if isinstance(exponent, nt.Number) and not exponent.of.sizes else 0
    return int(2 * value) if isinstance(value, float) and 0 < value < 50 and value % 1 == 0.5 else 0


def _scaled(factors: list[Notation]) -> Notation:
    if not factors:
        return NUMBER_ONE
    return factors[0] if len(factors) == 1 else nt.Scaled(tuple(factors))


def _quotient(over: _Factors, under: _Factors) -> Notation:
    if not under.exponents and under.coefficient is ONE:
        return over.written(over.coefficient)
    for base in over.exponents.keys() & under.exponents.keys():
        if over.exponents[base] < under.exponents[base]:  # x/x³ = 1/x²: both ask for x ≠ 0
            under.exponents[base] -= over.exponents.pop(base)
    a, b = ratio(over.coefficient), ratio(under.coefficient)
    above, below = _lowest_terms(times(a.numerator(), b.denominator()), times(a.denominator(), b.numerator()))
    bottom = under.written(below)
    return over.written(above) if bottom == NUMBER_ONE else nt.Quotient(over.written(above), bottom)


def _lowest_terms(above: Constant, below: Constant) -> tuple[Constant, Constant]:
    """Both without their common divisor and common named sizes, and the sign above."""
    sizes = times(constant(1, above.sizes), constant(1, tuple((d, -e) for d, e in below.sizes))).sizes
    p, q = number(above), number(below)
    if isinstance(p, int) and isinstance(q, int):
        divisor = math.gcd(p, q) * (1 if q > 0 else -1)
        p, q = p // divisor, q // divisor
    return (
        constant(p, tuple((d, e) for d, e in sizes if e > 0)),
        constant(q, tuple((d, -e) for d, e in sizes if e < 0)),
    )


def split_scalars(n: Notation) -> tuple[list[Notation], Notation]:
    """The scalars in front of an array, and the array (for a scalar: itself as the only one)."""
    match n:
        case nt.Scaled((*front, last)) if rank(last):
            return list(front), last
        case nt.Quotient(over, under) if rank(over) and not rank(under):
            front, body = split_scalars(over)
            return [*front, nt.Quotient(NUMBER_ONE, under)], body
        case nt.Quotient(over, under) if rank(under):
            (front, top), (below, bottom) = _scalars_and_rest(over), _scalars_and_rest(under)
            front += [nt.Quotient(NUMBER_ONE, s) for s in below]
            return (front, nt.Quotient(top, bottom)) if front else ([], n)
        case nt.Fill(value, (size,)):
            return [] if value == NUMBER_ONE else [value], nt.Ones(size)
        case nt.Fill(value, (rows, columns)):
            return [] if value == NUMBER_ONE else [value], nt.Outer(nt.Ones(rows), nt.Ones(columns))
    return [], n


def _scalars_and_rest(n: Notation) -> tuple[list[Notation], Notation]:
    """The same for the side of a quotient, which may be a scalar altogether."""
    if rank(n):
        return split_scalars(n)
    return ([], n) if n == NUMBER_ONE else ([n], NUMBER_ONE)
