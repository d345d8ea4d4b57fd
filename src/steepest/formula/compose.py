"""Tidy notation: each function builds one kind of notation and writes it the way it is usually written.

Every rule here is an identity of dense arrays, checked against `evaluate` on random terms: scalars come to
the front, ``I`` disappears, ``diag(a) diag(b)`` is ``diag(a ⊙ b)``, ``xᵀx`` is ``‖x‖²``.
"""

from __future__ import annotations

from collections.abc import Iterable

from steepest.expr.dimension import Shape
from steepest.expr.node import Constant
from steepest.expr.number import ONE, constant, size_constant, times

from steepest.ops.selection import one_hot_op

from . import notation as N
from .notation import Notation, parts, rank
from .ratio import ratio
from .order import factor_key
from .text import UNICODE

NUMBER_ONE = N.Number(ONE)


# --- products of scalars, and entry by entry ---------------------------------------------------------


def multiplied(*factors: Notation) -> Notation:
    """Scalars times arrays of one shape, entry by entry, as ``number · scalars · (a ⊙ b) / (c ⊙ d)``."""
    over, under = _Factors(), _Factors()
    shape: Shape | None = None
    work = list(factors)[::-1]
    while work:
        n = work.pop()
        match n:
            case N.Scaled(inner) | N.Entrywise(inner):
                work.extend(reversed(inner))
            case N.Quotient(top, bottom):
                work.append(top)
                under.take(bottom)
            case N.Fill(value, filled):
                shape = filled
                work.append(value)
            case _:
                over.take(n)
    result = _quotient(over, under)
    return result if shape is None or rank(result) else N.Fill(result, shape)


class _Factors:
    """Factors of a product as they are collected: one number, and each base with its whole exponent."""

    def __init__(self) -> None:
        self.coefficient: Constant = ONE
        self.exponents: dict[Notation, int] = {}

    def take(self, n: Notation) -> None:
        for f in n.factors if isinstance(n, (N.Scaled, N.Entrywise)) else (n,):
            if isinstance(f, N.Number):
                self.coefficient = times(self.coefficient, f.of)
            else:
                base, exponent = _base_and_exponent(f)
                self.exponents[base] = self.exponents.get(base, 0) + exponent

    def written(self, coefficient: Constant) -> Notation:
        factors = sorted((raised(b, e) for b, e in self.exponents.items()), key=factor_key)
        scalars = [f for f in factors if rank(f) == 0]
        arrays = [f for f in factors if rank(f)]
        if coefficient is not ONE:
            scalars.insert(0, N.Number(coefficient))
        if len(arrays) > 1:
            arrays = [N.Entrywise(tuple(arrays))]
        return _scaled([*scalars, *arrays])


def _base_and_exponent(n: Notation) -> tuple[Notation, int]:
    if isinstance(n, N.Power) and isinstance(n.exponent, N.Number):
        value = n.exponent.of.value
        if type(value) is int and value > 0 and not n.exponent.of.sizes:
            return n.base, value
    return n, 1


def raised(base: Notation, exponent: int) -> Notation:
    """A whole power, entry by entry."""
    if exponent == 1:
        return base
    if isinstance(base, N.Iverson):
        return base
    inner, inner_exponent = _base_and_exponent(base)
    return N.Power(inner, N.Number(constant(inner_exponent * exponent)))


def _scaled(factors: list[Notation]) -> Notation:
    if not factors:
        return NUMBER_ONE
    return factors[0] if len(factors) == 1 else N.Scaled(tuple(factors))


def _quotient(over: _Factors, under: _Factors) -> Notation:
    if not under.exponents and under.coefficient is ONE:
        return over.written(over.coefficient)
    r = ratio(over.coefficient)
    top = over.written(r.numerator())
    bottom = under.written(times(r.denominator(), under.coefficient))
    return N.Quotient(top, bottom)


def split_scalars(n: Notation) -> tuple[list[Notation], Notation]:
    """The scalars in front of an array, and the array (for a scalar: itself as the only one)."""
    match n:
        case N.Scaled((*front, last)) if rank(last):
            return list(front), last
        case N.Quotient(over, under) if rank(over) and not rank(under):
            front, body = split_scalars(over)
            return [*front, N.Quotient(NUMBER_ONE, under)], body
        case N.Fill(value, (size,)):
            return [] if value == NUMBER_ONE else [value], N.Ones(size)
        case N.Fill(value, (rows, columns)):
            return [] if value == NUMBER_ONE else [value], N.Outer(N.Ones(rows), N.Ones(columns))
    return [], n


# --- matrices ------------------------------------------------------------------------------------------


def transpose(n: Notation) -> Notation:
    """The transpose; a vector becomes a row, which is the same numbers."""
    match n:
        case N.Identity() | N.Diagonal():
            return n
        case N.Transpose(of):
            return of
        case N.Product(factors):
            return N.Product(tuple(transpose(f) for f in reversed(factors)))
        case N.Outer(left, right):
            return N.Outer(right, left)
        case N.Scaled((*front, last)):
            return N.Scaled((*front, transpose(last)))
        case N.Quotient(over, under) if not rank(under):
            return N.Quotient(transpose(over), under)
        case N.Entrywise(factors) if rank(n) == 2:
            return N.Entrywise(tuple(transpose(f) for f in factors))
        case N.Fill(value, shape):
            return N.Fill(value, shape[::-1])
    return n if rank(n) == 0 else N.Transpose(n)


def product(*factors: Notation) -> Notation:
    """The matrix product of a chain: matrices, then perhaps a vector."""
    scalars: list[Notation] = []
    chain: list[Notation] = []
    for factor in factors:
        front, body = split_scalars(factor)
        scalars += front
        for f in body.factors if isinstance(body, N.Product) else (body,):
            scalars += _append(chain, f)
    if not chain:
        return multiplied(*scalars, factors[0])
    body = chain[0] if len(chain) == 1 else N.Product(tuple(chain))
    return multiplied(*scalars, body) if scalars else body


def _append(chain: list[Notation], f: Notation) -> list[Notation]:
    """Extend the chain by one factor, read together with the one before it; the scalars that come of it."""
    before = chain[-1] if chain else None
    match before, f:
        case (N.Identity(), _):
            chain[-1] = f
        case (None, _):
            chain.append(f)
        case (_, N.Identity()):
            pass
        case (N.Outer(left, right), _) if rank(f) == 1:
            chain[-1] = left
            return [inner(right, f)]
        case (N.Outer(left, right), _):
            chain[-1] = N.Outer(left, product(transpose(f), right))
        case (_, N.Outer(left, right)):
            rest = product(*chain, left)
            front, body = split_scalars(rest)
            chain[:] = [N.Outer(body, right)]
            return front
        case (N.Diagonal(a), N.Diagonal(b)):
            return _replace_last(chain, diagonal(multiplied(a, b)))
        case (N.Diagonal(a), _) if rank(f) == 1:
            return _replace_last(chain, multiplied(a, f))
        case (N.Sliced(N.Identity(), rows), _):
            chain[-1] = N.Sliced(f, rows)
        case (N.Function(op, (position,)), _) if op is one_hot_op:
            chain[-1] = N.Chosen(f, position)
        case (_, N.Basis(position, size)):
            return _replace_last(chain, N.Sliced(transpose(before), from_the_end(position, size)))
        case _:
            chain.append(f)
    return []


def _replace_last(chain: list[Notation], n: Notation) -> list[Notation]:
    front, body = split_scalars(n)
    chain[-1] = body
    return front


def outer(left: Notation, right: Notation) -> Notation:
    front, left = split_scalars(left)
    more, right = split_scalars(right)
    return multiplied(*front, *more, N.Outer(left, right))


def diagonal(v: Notation) -> Notation:
    """The matrix with v on its diagonal."""
    if isinstance(v, N.Fill):
        return multiplied(v.value, N.Identity(v.shape[0]))
    front, body = split_scalars(v)
    matrix: Notation = N.Identity(body.size) if isinstance(body, N.Ones) else N.Diagonal(body)
    return multiplied(*front, matrix)


def diagonal_of(a: Notation) -> Notation:
    match a:
        case N.Identity(size):
            return N.Ones(size)
        case N.Diagonal(v):
            return v
        case N.Transpose(of):
            return diagonal_of(of)
        case N.Outer(left, right):
            return multiplied(left, right)
    front, body = split_scalars(a)
    return multiplied(*front, diagonal_of(body)) if front else N.DiagonalOf(a)


# --- scalars from arrays -----------------------------------------------------------------------------


def inner(a: Notation, b: Notation) -> Notation:
    """``aᵀb`` of two vectors."""
    front, a = split_scalars(a)
    more, b = split_scalars(b)
    return multiplied(*front, *more, _inner(a, b))


def _inner(a: Notation, b: Notation) -> Notation:
    for one, other in ((a, b), (b, a)):
        match one:
            case N.Ones(size) if isinstance(other, N.Ones):
                return N.Number(size_constant(size))
            case N.Ones():
                return total(other)
            case N.Basis(position, size):
                return N.Sliced(other, from_the_end(position, size))
            case N.Function(op, (chosen,)) if op is one_hot_op:
                return N.Chosen(other, chosen)
            case N.Product((*matrices, N.Ones())):
                return total(product(transpose(product(*matrices)), other))
    if a == b and is_real(a):
        return N.NormSquared(a)
    return min((_row_times(a, b), _row_times(b, a)), key=_plainness)


def _row_times(a: Notation, b: Notation) -> Notation:
    left, right = transpose(a), b
    chain = [*(left.factors if isinstance(left, N.Product) else (left,))]
    chain += right.factors if isinstance(right, N.Product) else (right,)
    return N.Product(tuple(chain))


def total(a: Notation) -> Notation:
    """The sum of the entries."""
    front, body = split_scalars(a)
    match body:
        case N.Ones(size):
            return multiplied(*front, N.Number(size_constant(size)))
        case N.Outer(N.Ones(), _) | N.Outer(_, N.Ones()):
            return multiplied(*front, total(body.left), total(body.right))
        case N.Diagonal(v):
            return multiplied(*front, total(v))
        case N.Power(base, N.Number(exponent)) if exponent.value == 2 and not exponent.sizes and is_real(base):
            return multiplied(*front, N.NormSquared(base))
        case N.Entrywise((one, other)) if rank(body) == 1:
            return multiplied(*front, inner(one, other))
    return multiplied(*front, N.Total(body))


def trace(a: Notation) -> Notation:
    front, body = split_scalars(a)
    match body:
        case N.Identity(size):
            return multiplied(*front, N.Number(size_constant(size)))
        case N.Diagonal(v):
            return multiplied(*front, total(v))
        case N.Outer(left, right):
            return multiplied(*front, inner(left, right))
        case N.Transpose(of):
            return multiplied(*front, trace(of))
        case N.Product(factors):
            if len(factors) == 2 and factors[0] == transpose(factors[1]) and is_real(factors[0]):
                return multiplied(*front, N.NormSquared(min(factors, key=_plainness)))
            turns = [N.Product(factors[k:] + factors[:k]) for k in range(len(factors))]
            both = [*turns, *(transpose(t) for t in turns)]
            return multiplied(*front, N.Trace(min(both, key=_plainness)))
    return multiplied(*front, N.Trace(body))


def from_the_end(position: int, size: int) -> int:
    """The last position is written −1, as in Python."""
    return -1 if position == size - 1 > 0 else position


def is_real(n: Notation) -> bool:
    """Whether nothing complex occurs in it; only then is vᵀv a squared norm."""
    match n:
        case N.Symbol():
            return n.of.dtype is None or n.of.dtype.kind != "c"
        case N.Number():
            return not isinstance(n.of.value, complex)
        case N.Patterned():
            return type(n.pattern).__name__ != "Fourier"
    return all(is_real(p) for p in parts(n))


def _plainness(n: Notation) -> tuple[int, str]:
    return count_transposes([n]), UNICODE.write(n)


def count_transposes(notations: Iterable[Notation]) -> int:
    return sum(isinstance(n, N.Transpose) + count_transposes(parts(n)) for n in notations)
