"""The order in which a person would write terms and factors. It depends on what is written, not on history."""

from __future__ import annotations

from . import notation as N
from .notation import Notation, parts
from .sign import split_number, split_sign
from .text import UNICODE

Key = tuple[float | str, ...]

_KINDS: dict[type[Notation], int] = {
    N.Number: 0, N.Iverson: 1, N.Symbol: 2, N.Transpose: 2, N.Entry: 2, N.Basis: 2, N.Sliced: 2, N.Sum: 6,
    N.Function: 5, N.NormSquared: 4, N.Trace: 4, N.Total: 8, N.SumOver: 8,
}  # fmt: skip


def factor_key(n: Notation) -> Key:
    """Numbers, then names, products, functions, sums; sums over an index last, being open to the right."""
    base = n.base if isinstance(n, N.Power) else n
    return _KINDS.get(type(base), 3), UNICODE.write(n)


def term_key(n: Notation, polynomial: bool) -> Key:
    """Positive terms first; the pure number first, but last in a polynomial; squares before first powers; names."""
    negative, rest = split_sign(n)
    _, body = split_number(rest.value if isinstance(rest, N.Fill) else rest)
    is_number = isinstance(body, N.Number)
    degree = 0 if is_number else polynomial_degree(body)
    leading = 0.0 if is_number and not polynomial else 1.0
    return float(negative), leading, -degree, float(has_function(body)), UNICODE.write(body).lstrip("([|‖√Σ ")


def in_order(terms: list[Notation]) -> list[Notation]:
    polynomial = not any(has_function(t) for t in terms) and all(degrees(t) is not None for t in terms)
    return sorted(terms, key=lambda t: term_key(t, polynomial))


def polynomial_degree(n: Notation) -> int:
    """The highest power to which one name occurs; 1 for what is not a product of names."""
    powers = degrees(n)
    return 1 if powers is None else max(powers.values(), default=0)


def degrees(n: Notation) -> dict[str, int] | None:
    """How often each name is a factor, or None if it is not a product of names and squares of names."""
    match n:
        case N.Symbol(name):
            return {name: 1}
        case N.Entry(of):
            return degrees(of)
        case N.Number() | N.Ones() | N.Identity() | N.Basis():
            return {}
        case N.NormSquared(of):
            return _times(degrees(of), 2)
        case N.Power(base, N.Number(exponent)) if type(exponent.value) is int and exponent.value > 0 and not exponent.sizes:
            return _times(degrees(base), exponent.value)
        case N.Sum(terms):
            found = [degrees(t) for t in terms]
            if any(d is None for d in found):
                return None
            return {k: max(d.get(k, 0) for d in found if d is not None) for d in found if d is not None for k in d}
        case N.Function() | N.Quotient() | N.Power() | N.Iverson() | N.Cases() | N.Relation() | N.Patterned():
            return None
    total: dict[str, int] = {}
    for p in parts(n):
        found_part = degrees(p)
        if found_part is None:
            return None
        for name, count in found_part.items():
            total[name] = total.get(name, 0) + count
    return total


def has_function(n: Notation) -> bool:
    return isinstance(n, (N.Function, N.Quotient)) or any(has_function(p) for p in parts(n))


def _times(powers: dict[str, int] | None, factor: int) -> dict[str, int] | None:
    return None if powers is None else {name: factor * count for name, count in powers.items()}
