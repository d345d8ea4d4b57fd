"""An array as a sum of terms, and which of them are better added to memory than computed entry by entry.

In ``2 Aᵀ(Ax − b) + c x`` the loops of the product run over A row by row, and add to all entries of the result; an
entry at a time would read A by columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from steepest.lower.program import VIEWS, Arithmetic, Negative, Register

from .entries import SINGLE
from .placing import accesses
from .sums import SumOfProducts, loop_order, sum_of_products

if TYPE_CHECKING:
    from .body import Body


@dataclass(frozen=True)
class Addend:
    """One term; if it is a sum of products, the order of its loops."""

    register: Register
    negative: bool = False
    total: SumOfProducts | None = None
    order: tuple[int, ...] = ()

    @property
    def in_variable(self) -> bool:
        """Whether the summed loops are the inner ones."""
        assert self.total is not None
        return set(self.order[: len(self.total.out)]) == set(self.total.out)


def addends_of(body: Body, r: Register) -> list[Addend]:
    """The terms of a register, as far as they are its own."""
    if body.registers[r].dtype == SINGLE:  # which is rounded entry by entry
        return [Addend(r)]
    shape = body.registers[r].shape
    found: list[Addend] = []
    work = [(r, False)]
    while work:
        term, negative = work.pop()
        made = body.made.get(term)
        own = term == r or (body.registers[term].shape == shape and is_private(body, term))
        match made:
            case Arithmetic(_, "+" | "-" as sign, left, right) if own:
                work += [(right, negative != (sign == "-")), (left, negative)]
            case Negative(_, source) if own:
                work.append((source, not negative))
            case _:
                found.append(_addend(body, term, negative, own))
    return found


def is_private(body: Body, r: Register) -> bool:
    """Whether one instruction alone reads a register."""
    return body.uses[r] == 1 and r not in body.stored and r not in body.shared


def _addend(body: Body, r: Register, negative: bool, own: bool) -> Addend:
    total = _scaled_sum(body, r) if own else None
    if total is None:
        return Addend(r, negative)
    negative = negative != total.negative
    return Addend(r, negative, total.total, loop_order(total.total, accesses(body, total.total)))


@dataclass(frozen=True)
class _Scaled:
    total: SumOfProducts
    negative: bool


def _scaled_sum(body: Body, r: Register) -> _Scaled | None:
    """A sum of products, or a number times one."""
    made = body.made.get(r)
    if made is None or isinstance(made, VIEWS):
        return None
    total = sum_of_products(made, body.registers)
    if total is not None:
        return _Scaled(total, False)
    match made:
        case Negative(_, source) if is_private(body, source):
            inner = _scaled_sum(body, source)
            return None if inner is None else _Scaled(inner.total, not inner.negative)
        case Arithmetic(_, "*", left, right):
            for number, source in ((left, right), (right, left)):
                if not body.registers[number].shape and is_private(body, source):
                    inner = _scaled_sum(body, source)
                    if inner is not None:
                        operands = ((number, ()), *inner.total.operands)
                        return _Scaled(replace(inner.total, operands=operands), inner.negative)
    return None
