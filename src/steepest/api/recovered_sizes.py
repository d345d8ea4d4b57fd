"""Numbers that plain arithmetic made from sizes, found again: ``0.5 * len(x)`` is 3.0 in a trace with n = 6.

A product of a float and an int is Python's own, so the size's name is lost in it. Where traces at three choices of the
sizes differ in plain numbers only, and one coefficient times one monomial of the sizes gives the number in all of them,
that monomial is put back. Where there is none, the traces stay different, and a general formula is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from steepest.expr.dimension import Dim
from steepest.expr.node import Constant, Expr
from steepest.expr.number import constant, is_number, whole
from steepest.expr.traversal import toposort
from steepest.frontends.tracing.capture import Capture
from steepest.ops.substitution import substitute

MOST_SIZES, MOST_NUMBERS = 3, 8
EXPONENTS = (1, -1, 2, -2, 0)
TOLERANCE, ROUNDING = 1e-13, 5e-16  # relative: of a few roundings, and of two

Sizes = Mapping[str, int]


def same_but_for_lengths(captures: Sequence[Capture]) -> bool:
    """Whether the traces are one expression, the lengths of its named sizes aside."""
    return len({tuple(e.digest for e in c.outputs) for c in captures}) == 1


def with_sizes_recovered(captures: Sequence[Capture]) -> Sequence[Capture]:
    """The captures with numbers that follow from sizes written so; as they are where that does not make them the same.

    Three or more are needed: through two points go many curves.
    """
    sizes = [{d.name: int(d) for v in c.variables for d in v.shape if isinstance(d, Dim)} for c in captures]
    numbers = [_numbers(c.outputs) for c in captures]
    common = set.intersection(*(set(found) for found in numbers))
    own = [[v for v in found if v not in common] for found in numbers]
    if len(captures) < 3 or len(sizes[0]) > MOST_SIZES or not 0 < len(own[0]) <= MOST_NUMBERS:
        return captures
    meanings: list[dict[Expr, Expr]] = [{} for _ in captures]
    for value in own[0]:
        found = next(_explanations(value, own, sizes), None)
        if found is None:
            return captures
        for meaning, (number, monomial) in zip(meanings, found, strict=True):
            meaning[constant(number)] = monomial
    new = [
        replace(c, outputs=tuple(substitute(c.outputs, meaning))) for c, meaning in zip(captures, meanings, strict=True)
    ]
    return new if same_but_for_lengths(new) else captures


def _numbers(outputs: Sequence[Expr]) -> list[float]:
    """The plain numbers in expressions that may be products with a size."""
    found = (n for n in toposort(outputs) if is_number(n) and not n.sizes)
    return list(dict.fromkeys(n.value for n in found if isinstance(n.value, (int, float)) and n.value))


def _explanations(
    value: float, own: Sequence[Sequence[float]], sizes: Sequence[Sizes]
) -> Iterator[list[tuple[float, Constant]]]:
    """For each trace a number of its own, and the one coefficient times monomial it then is."""
    names = list(sizes[0])
    for exponents in product(EXPONENTS, repeat=len(names)):
        monomials = [_value(exponents, s) for s in sizes]
        coefficient = _shortest(value / monomials[0])
        matching = [
            next((v for v in candidates if abs(v / m - coefficient) <= TOLERANCE * abs(coefficient)), None)
            for candidates, m in zip(own, monomials, strict=True)
        ]
        if not any(exponents) or any(v is None for v in matching):
            continue
        named = sorted(zip(names, exponents, strict=True))
        powers = [tuple((Dim(s[n], n), e) for n, e in named if e) for s in sizes]
        found = zip(matching, powers, strict=True)
        yield [(v, whole(constant(coefficient, p))) for v, p in found if v is not None]


def _value(exponents: Sequence[int], sizes: Sizes) -> float:
    value = 1.0
    for e, length in zip(exponents, sizes.values(), strict=True):
        value *= length**e
    return value


def _shortest(x: float) -> float:
    """The number with the fewest digits that a rounding or two may have turned into x."""
    rounded = (float(f"{x:.{digits}g}") for digits in range(1, 17))
    return next((r for r in rounded if abs(r - x) <= ROUNDING * abs(x)), x)
