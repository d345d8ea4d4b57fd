"""Names for the inner functions of a chain rule: r = Xθ − y."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from steepest.expr.build import is_view, split_coefficient
from steepest.expr.node import Add, Apply, Einsum, Expr, Variable
from steepest.expr.number import ONE
from steepest.expr.traversal import toposort
from steepest.formula import notation as nt
from steepest.formula.names import display_name, unused
from steepest.formula.notation import Notation
from steepest.formula.printing import symbols
from steepest.formula.sign import is_negative
from steepest.ops.power import power_op, whole_power

from .changes import Changes
from .step import Answer

LETTERS = ("u", "v", "w", "z", "q", "p", "g")
CAPITALS = ("M", "N", "Z", "P", "Q", "W")


def inner_functions(
    y: Expr, order: Sequence[Expr], changes: Changes, taken: Sequence[str]
) -> Iterator[tuple[Expr, str]]:
    """The inner functions, operands first: what is squared, or put into a function."""
    varying = {n for n in order if changes.vary(n)}
    put = [a for n in order if n in varying for a in _put_into(n, varying)]
    inside = {_behind_view(a) for a in put if a in varying and not is_slight(a)}
    found = [n for n in order if n in inside and n is not y and n not in changes.seeds]
    below = {n.args[0] for n in order if _is_reciprocal(n)}
    used, names = list(taken), {}
    for n in sorted(found, key=below.__contains__):  # u/v, not v/u
        letters = CAPITALS if n.ndim > 1 else LETTERS
        difference = ("R" if n.ndim > 1 else "r",) if _is_difference(n) else ()
        names[n] = unused_letter(used, (*difference, *letters))
        used.append(names[n])
    yield from ((n, names[n]) for n in found)


def names_of(y: Expr, x: Variable, answer: Expr) -> dict[Expr, Notation]:
    """How variables and fixed arrays are written: as in the answer, where they occur in it too."""
    inside = set(toposort([y]))
    names = symbols(y, {n: symbol for n, symbol in symbols(answer).items() if n in inside})
    names.setdefault(x, nt.Symbol(display_name(x.name), x))
    return names


def taken_names(names: Mapping[Expr, Notation], answer: Answer) -> list[str]:
    """Names that mean something already: of variables, and of parts of the answer as it is printed."""
    given = [*names.values(), *(symbol for symbol, _ in answer.printed.definitions)]
    return [n.name for n in given if isinstance(n, nt.Symbol)]


def unused_letter(taken: Sequence[str], letters: Sequence[str]) -> str:
    """One of the letters that means nothing yet, nor does its change: beside a variable dr no part is called r."""
    return next((c for c in letters if c not in taken and f"d{c}" not in taken), None) or unused(letters[-1], taken)


def _put_into(n: Expr, varying: Collection[Expr]) -> list[Expr]:
    """The operands of a node that are inside of a function, or factors of a power."""
    match n:
        case Apply() if n.op.transpose is None:
            return list(n.args)
        case Einsum():
            quotient = n.shape == () and any(_is_reciprocal(a) and a in varying for a in n.args)
            return [a for a in n.args if n.args.count(a) > 1 or (quotient and isinstance(a, Einsum) and a.sums)]
    return []


def is_slight(n: Expr) -> bool:
    """Scaled and transposed views, and the reciprocals of quotients: read together with what uses them."""
    return (isinstance(n, Einsum) and is_view(n)) or _is_reciprocal(n)


def _is_reciprocal(n: Expr) -> bool:
    return isinstance(n, Apply) and n.op is power_op and whole_power(n)[1] < 0


def _behind_view(n: Expr) -> Expr:
    return n.args[-1] if isinstance(n, Einsum) and is_view(n) else n


def _is_difference(n: Expr) -> bool:
    if not isinstance(n, Add) or n.ndim == 0:
        return False
    coefficients = [split_coefficient(t)[0] for t in n.args]
    return any(is_negative(c) for c in coefficients) and ONE in coefficients
