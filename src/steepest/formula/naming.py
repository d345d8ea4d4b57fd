"""Which nodes of a derivation get a name, and which are too slight for a line of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from steepest.expr.build import is_view, split_coefficient
from steepest.expr.node import Add, Apply, Einsum, Expr, Variable
from steepest.expr.number import ONE

from .names import unused
from .rules import is_reciprocal
from .sign import is_negative

LETTERS = ("u", "v", "w", "z", "q", "p", "g")


def inner_functions(y: Expr, x: Variable, order: Sequence[Expr], taken: Sequence[str]) -> Iterator[tuple[Expr, str]]:
    """The inner functions of the chain rule, operands first: what is squared, or put into a function."""
    used = list(taken)
    varying = {x, *order}
    inside = {_behind_view(a) for n in order for a in _put_into(n) if a in varying and not is_slight(a, y)}
    for n in order:
        if n in inside and n is not y:
            name = unused_letter(used, ("r", *LETTERS) if _is_difference(n) else LETTERS)
            used.append(name)
            yield n, name


def unused_letter(taken: Sequence[str], letters: Sequence[str]) -> str:
    return next((c for c in letters if c not in taken), None) or unused("u", taken)


def _put_into(n: Expr) -> list[Expr]:
    """The operands of a node that are inside of a function, or factors of a power."""
    match n:
        case Apply() if n.op.transpose is None:
            return list(n.args)
        case Einsum():
            return [a for a in n.args if n.args.count(a) > 1]
    return []


def is_slight(n: Expr, y: Expr) -> bool:
    """Scaled and transposed views, and the reciprocals of quotients: read together with what uses them."""
    return n is not y and ((isinstance(n, Einsum) and is_view(n)) or is_reciprocal(n))


def _behind_view(n: Expr) -> Expr:
    return n.args[-1] if isinstance(n, Einsum) and is_view(n) else n


def _is_difference(n: Expr) -> bool:
    if not isinstance(n, Add) or n.ndim == 0:
        return False
    coefficients = [split_coefficient(t)[0] for t in n.args]
    return any(is_negative(c) for c in coefficients) and ONE in coefficients
