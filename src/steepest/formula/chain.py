"""Products as they stand on the page: the factors side by side, repeated matrices as powers."""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.number import ONE
from steepest.ops.linalg_inverse import inverse

from . import notation as nt
from .notation import Notation
from .rank import rank
from .transposition import written_transpose


def scalars_and_chain(n: Notation) -> tuple[list[Notation], list[Notation]]:
    """The scalars in front of a product, and the factors of its matrix product or its one array."""
    match n:
        case nt.Scaled((*front, last)) if rank(last):
            return _opened(front), chain_factors(last)
        case nt.Scaled(factors):
            return _opened(factors), []
    return [], chain_factors(n)


def _opened(scalars: Sequence[Notation]) -> list[Notation]:
    return [s for n in scalars for s in (_opened(n.factors) if isinstance(n, nt.Scaled) else [n])]


def chain_factors(n: Notation) -> list[Notation]:
    """The factors of a matrix product; a column times a row is one."""
    return with_powers(_factors(n))


def _factors(n: Notation) -> list[Notation]:
    match n:
        case nt.Product(factors):
            return [f for factor in factors for f in _factors(factor)]
        case nt.Outer(left, right):
            return [*_factors(left), *_factors(written_transpose(right))]
    return [n]


def has_outer(n: Notation) -> bool:
    """Whether a column meets a row in the product."""
    match n:
        case nt.Outer():
            return True
        case nt.Product(factors):
            return any(has_outer(f) for f in factors)
        case nt.Scaled((*_, last)):
            return has_outer(last)
    return False


def places_apart(chain: Sequence[Notation], outer: bool) -> set[int]:
    """The factors before which there is space: powers entry by entry, changes, and vectors and their neighbours in a
    matrix."""
    powers = {k for k, f in enumerate(chain) if isinstance(f, (nt.Power, nt.Differential))}
    if not outer:
        return powers
    return powers | {k for k in range(1, len(chain)) if 1 in (rank(chain[k - 1]), rank(chain[k]))}


# --- powers -------------------------------------------------------------------------------------------


def with_powers(factors: Sequence[Notation]) -> list[Notation]:
    """Runs of equal matrices, or of equal groups of them, as powers: ``XXX`` as X³, ``XᵀXXᵀX`` as (XᵀX)².

    >>> from steepest.expr.build import variable
    >>> from .text import UNICODE
    >>> X = nt.Symbol("X", variable("X", (3, 3)))
    >>> [UNICODE.write(n) for n in with_powers([X, X, X, nt.Transpose(X), nt.Transpose(X)])]
    ['X³', '(X²)ᵀ']
    """
    found: list[Notation] = []
    at = 0
    while at < len(factors):
        length, count = _repetition(factors, at)
        found.append(_power(factors[at : at + length], count) if count > 1 else factors[at])
        at += length * count
    return found


def _repetition(factors: Sequence[Notation], at: int) -> tuple[int, int]:
    """The length of the shortest group that is repeated from here, and how often it stands there."""
    for length in range(1, (len(factors) - at) // 2 + 1):
        group, count = factors[at : at + length], 1
        while factors[at + count * length : at + (count + 1) * length] == group:
            count += 1
        if count > 1 and all(rank(f) == 2 for f in group):
            return length, count
    return 1, 1


def _power(group: Sequence[Notation], count: int) -> Notation:
    match group:
        case [nt.Transpose(of)]:
            return nt.Transpose(_power([of], count))
        case [nt.Function(op, (of,))] if op is inverse:
            return nt.MatrixPower(of, -count)
        case [only]:
            return nt.MatrixPower(only, count)
    return nt.MatrixPower(nt.Product(tuple(group)), count)


# --- ones ---------------------------------------------------------------------------------------------


def expand_fill(n: nt.Fill) -> Notation:
    """A filled array as a product with vectors of ones, where that can be said; else as it is."""
    match n.shape:
        case (size,):
            ones: Notation = nt.Ones(size)
        case (rows, columns):
            ones = nt.Outer(nt.Ones(rows), nt.Ones(columns))
        case _:
            return n.value
    if n.value == nt.Number(ONE):
        return ones
    if isinstance(n.value, nt.Quotient):
        return nt.Quotient(expand_fill(nt.Fill(n.value.over, n.shape)), n.value.under)
    factors = n.value.factors if isinstance(n.value, nt.Scaled) else (n.value,)
    return nt.Scaled((*factors, ones))
