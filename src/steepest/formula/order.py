"""The order in which a person would write terms and factors. It depends on what is written, not on history."""

from __future__ import annotations

from functools import lru_cache

from steepest.ops.elementary import log2, log10
from steepest.ops.power import log

from . import notation as nt
from .notation import Notation, parts
from .sign import split_number, split_sign, whole
from .text import UNICODE

LOGARITHMS = (log, log2, log10)  # behind which people write a number: log(p) + 1
Key = tuple[float | str, ...]

_KINDS: dict[type[Notation], int] = {
    nt.Number: 0, nt.Iverson: 1, nt.Symbol: 2, nt.Transpose: 2, nt.Entry: 2, nt.Basis: 2, nt.Sliced: 2, nt.Sum: 6,
    nt.Function: 5, nt.Norm: 4, nt.Norm1: 4, nt.NormSquared: 4, nt.Trace: 4, nt.Total: 8, nt.SumOver: 8,
}  # fmt: skip


@lru_cache(maxsize=1024)  # the same factors are ordered again and again, and are long to write
def factor_key(n: Notation) -> Key:
    """Numbers, then names, products, functions, sums; sums over an index last, being open to the right.

    Changes come behind what they are multiplied with.
    """
    base = n.base if isinstance(n, nt.Power) else n
    return has_differential(n), _KINDS.get(type(base), 3), not _is_parameter(base), UNICODE.write(n)


def _is_parameter(n: Notation) -> bool:
    """A number with a Greek name, which stands before what it belongs to: α x², 2σ x."""
    return isinstance(n, nt.Symbol) and not n.of.ndim and "α" <= UNICODE.write(n)[0] <= "ω"


def term_key(n: Notation, polynomial: bool) -> Key:
    """Positive terms first; the pure number first, but last in a polynomial; squares before first powers; names."""
    negative, rest = split_sign(n)
    _, body = split_number(rest.value if isinstance(rest, nt.Fill) else rest)
    is_number = isinstance(body, nt.Number)
    degree = 0 if is_number else polynomial_degree(body)
    leading = 0.0 if is_number and not polynomial else 1.0
    late = has_function(body) and not isinstance(body, nt.Product)
    return float(negative), leading, -degree, float(late), UNICODE.write(body).lstrip("([|‖√Σ ")


def in_order(terms: list[Notation]) -> list[Notation]:
    powers = [degrees(t) for t in terms]
    if len({name for d in powers if d is not None for name in d}) == 1 and None not in powers:
        return _by_degree(terms)
    ordered = sorted(terms, key=lambda t: term_key(t, polynomial=None not in powers))
    is_last = None not in powers or any(_has_logarithm(t) for t in terms)
    return _with_number_last(ordered) if is_last else ordered


def _with_number_last(terms: list[Notation]) -> list[Notation]:
    """The number behind the others, unless the sum would then begin with a minus: ``log(p) + 1``, ``1 − log(p)``."""
    numbers = [t for t in terms if isinstance(_value(t), nt.Number)]
    others = [t for t in terms if t not in numbers]
    starts_well = any(not split_sign(t)[0] for t in others) or all(split_sign(t)[0] for t in numbers)
    return [*others, *numbers] if starts_well else terms


def _value(n: Notation) -> Notation:
    return n.value if isinstance(n, nt.Fill) else n


def _has_logarithm(n: Notation) -> bool:
    """Whether a logarithm stands in the term itself, not only inside another function."""
    _, body = split_number(_value(n))
    factors = body.factors if isinstance(body, (nt.Scaled, nt.Entrywise)) else (body,)
    return any(isinstance(f, nt.Function) and f.op in LOGARITHMS for f in factors)


def _by_degree(terms: list[Notation]) -> list[Notation]:
    """A polynomial in one name: from the highest power down, or up if that would begin with a minus."""

    def key(t: Notation) -> Key:
        body = split_number(t)[1]
        return polynomial_degree(body), split_sign(t)[0], UNICODE.write(body)

    up = sorted(terms, key=key)
    down = sorted(terms, key=lambda t: (-key(t)[0], *key(t)[1:]))  # type: ignore[operator]
    return up if split_sign(down[0])[0] and not split_sign(up[0])[0] else down


def polynomial_degree(n: Notation) -> int:
    """The highest power to which one name occurs; 1 for what is not a product of names."""
    powers = degrees(n)
    return 1 if powers is None else max(powers.values(), default=0)


def degrees(n: Notation) -> dict[str, int] | None:
    """How often each name is a factor, or None if it is not a product of names and squares of names."""
    match n:
        case nt.Symbol(name):
            return {name: 1}
        case nt.Entry(of):
            return degrees(of)
        case nt.Differential() | nt.Rate() | nt.DifferenceQuotient():
            return {UNICODE.write(n): 1}
        case nt.Number() | nt.Ones() | nt.Identity() | nt.Basis():
            return {}
        case nt.NormSquared(of):
            return _times(degrees(of), 2)
        case nt.Power(base, nt.Number(exponent)) if (times := whole(exponent)) > 0:
            return _times(degrees(base), times)
        case nt.Sum(terms):
            found = [degrees(t) for t in terms]
            if any(d is None for d in found):
                return None
            return {k: max(d.get(k, 0) for d in found if d is not None) for d in found if d is not None for k in d}
        case nt.Function() | nt.Norm() | nt.Norm1() | nt.Quotient() | nt.Power():
            return None
        case nt.Iverson() | nt.Cases() | nt.Relation() | nt.Patterned():
            return None
    total: dict[str, int] = {}
    for p in parts(n):
        found_part = degrees(p)
        if found_part is None:
            return None
        for name, count in found_part.items():
            total[name] = total.get(name, 0) + count
    return total


def has_differential(n: Notation) -> bool:
    changes = isinstance(n, (nt.Differential, nt.Rate, nt.DifferenceQuotient))
    return changes or any(has_differential(p) for p in parts(n))


def has_function(n: Notation) -> bool:
    return isinstance(n, (nt.Function, nt.Norm, nt.Norm1, nt.Quotient)) or any(has_function(p) for p in parts(n))


def _times(powers: dict[str, int] | None, factor: int) -> dict[str, int] | None:
    return None if powers is None else {name: factor * count for name, count in powers.items()}
