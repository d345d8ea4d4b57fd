"""exp(x) over its own sum along some axes is a softmax, wherever both stand in a product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from steepest.expr.build import Operand, add, contract, negate
from steepest.expr.dimension import Shape
from steepest.expr.node import Add, Apply, Constant, Einsum, Expr, Labels
from steepest.expr.number import ONE, constant, is_number, to_power
from steepest.ops.elementary import exp
from steepest.ops.power import power, whole_power
from steepest.ops.rearrange import merge_last, reshape
from steepest.ops.reduction import logsumexp, softmax
from steepest.ops.selection import argmax, argmin

from .exponents import is_op, number_of


class RowSum(NamedTuple):
    """number · Σ exp(u) over the labels of u that are not among `out`."""

    number: Constant
    exponential: Apply
    labels: Labels
    out: Labels

    @property
    def summed(self) -> tuple[int, ...]:
        """The axes of u."""
        return tuple(k for k, i in enumerate(self.labels) if i not in self.out)


def row_sum(e: Expr) -> RowSum | None:
    """A sum of exponentials alone, maybe times a positive number, maybe with axes of length 1 put in."""
    if not isinstance(e, Einsum):
        return None
    number = ONE
    operands = list(e.operands())
    if len(operands) > 1 and is_number(first := operands[0][1]):
        number = first
        operands.pop(0)
    if len(operands) != 1:
        return None
    ((labels, inner),) = operands
    if not e.sums and isinstance(inner, Einsum) and number is ONE:
        found = row_sum(inner)
        if found is None:
            return None
        names = dict(zip(found.out, labels, strict=True))
        free = 1 + max((*labels, *e.out), default=-1)
        outer = tuple(names[i] if i in names else free + i for i in found.labels)
        return RowSum(found.number, found.exponential, outer, e.out)
    value = number_of(number)
    if not e.sums or not is_op(inner, exp) or len(set(labels)) < len(labels) or value is None or value <= 0:
        return None
    found = RowSum(number, inner, labels, e.out)
    return None if any(map(_picks_an_extreme, _terms(unshifted(inner.args[0], found.summed)[0]))) else found


def unshifted(u: Expr, axes: Sequence[int]) -> tuple[Expr, Expr | None]:
    """(v, t) with u = v + t, where t is an extreme entry that was taken off along the axes, and has the others.

    Σ exp(v) has the same shares, and its logarithm is less by t: with t, nothing overflows; without, nothing cancels.
    """
    shifts = [t for t in _terms(u) if _picks_an_extreme(t) and _is_same_along(t, axes)]
    rest = [t for t in _terms(u) if not any(t is s for s in shifts)]
    return (add(*rest), add(*(_at_one_place(t, axes) for t in shifts))) if shifts and rest else (u, None)


def _terms(u: Expr) -> tuple[Expr, ...]:
    return u.args if isinstance(u, Add) else (u,)


def _is_same_along(t: Expr, axes: Sequence[int]) -> bool:
    return isinstance(t, Einsum) and not {t.out[k] for k in axes} & {i for labels, _ in t.operands() for i in labels}


def _at_one_place(t: Expr, axes: Sequence[int]) -> Expr:
    assert isinstance(t, Einsum)
    return contract(list(t.operands()), [i for k, i in enumerate(t.out) if k not in axes], t.label_sizes())


def _picks_an_extreme(t: Expr) -> bool:
    seen: list[Expr] = [t]
    while seen:
        e = seen.pop()
        if isinstance(e, Einsum):
            seen.extend(e.args)
        elif isinstance(e, Apply) and any(is_op(a, argmax, argmin) for a in e.args):
            return True
    return False


def log_of_row_sum(s: RowSum, shape: Shape) -> Expr:
    """log Σ exp(u), its axes as the sum has them; without its number."""
    reduced = _log_sum(s)
    kept = tuple(i for i in s.labels if i in s.out)
    return contract([(kept, reduced)], s.out, dict(zip(s.out, shape, strict=True)))


def _log_sum(s: RowSum) -> Expr:
    """The same with the axes of u that are not summed."""
    v, shift = unshifted(s.exponential.args[0], s.summed)
    reduced = logsumexp(merge_last(v, s.summed))
    return reduced if shift is None else add(reduced, shift)


def softmax_over(u: Expr, axes: Sequence[int]) -> tuple[Expr, tuple[int, ...]]:
    """The softmax over some axes together, and the order in which it has the axes of u."""
    order = (*(k for k in range(u.ndim) if k not in axes), *axes)
    rows = softmax(merge_last(unshifted(u, axes)[0], axes))
    return reshape(rows, [u.shape[k] for k in order]), order


def shares_of_row(operands: Sequence[Operand]) -> list[Operand] | None:
    """exp(u) / Σ exp(u) = softmax(u); also of Σ w exp(u) / Σ exp(u), inside of the sum above."""
    for k, (labels, below) in enumerate(operands):
        base, exponent = whole_power(below)
        s = row_sum(base) if exponent < 0 else None
        if s is None:
            continue
        at = dict(zip(s.out, labels, strict=True))
        carried = {i for j, (others, _) in enumerate(operands) if j != k for i in others}
        if any(n != 1 and i not in carried for i, n in zip(labels, below.shape, strict=True)):
            continue
        for j, (others, above) in enumerate(operands):
            replaced = None if j == k else _share(others, above, s, at)
            if replaced is not None:
                rest = [o for i, o in enumerate(operands) if i not in (j, k)]
                left = [(labels, power(base, constant(exponent + 1)))] if exponent < -1 else []
                over = to_power(s.number, -1)
                assert over is not None
                return [*rest, *left, ((), over), replaced]
    return None


def _share(labels: Labels, above: Expr, s: RowSum, at: dict[int, int]) -> Operand | None:
    """The factor above with its exponentials divided by their sum."""
    wanted = [at.get(i) for i in s.labels]  # of each axis of u the label below; None where it is summed there
    u = s.exponential.args[0]
    if above is s.exponential:
        if not _fits(labels, wanted):
            return None
        shares, order = softmax_over(u, s.summed)
        return tuple(labels[axis] for axis in order), shares
    if isinstance(above, Einsum):
        names = dict(zip(above.out, labels, strict=True))
        operands = _opened(above, s.exponential)
        for n, (inner, a) in enumerate(operands):
            if a is s.exponential and _fits([names.get(i, -1 - i) for i in inner], wanted):
                shares, order = softmax_over(u, s.summed)
                new: Operand = (tuple(inner[axis] for axis in order), shares)
                others = [o for m, o in enumerate(operands) if m != n]
                return labels, contract([*others, new], above.out, above.label_sizes())
    if is_op(above, exp) and set(at.values()) <= set(labels):  # of something else: by the difference of exponents
        return labels, exp(_less_log(above.args[0], labels, s, at))
    return None


def _opened(e: Einsum, wanted: Expr) -> list[Operand]:
    """The operands of a product, those of a product inside it among them if what is wanted is there."""
    found: list[Operand] = []
    for labels, a in e.operands():
        inside = isinstance(a, Einsum) and not a.sums and wanted in a.args
        found += a.operands_at(labels) if inside else [(labels, a)]  # type: ignore[attr-defined]
    return found


def _less_log(v: Expr, labels: Labels, s: RowSum, at: dict[int, int]) -> Expr:
    """v − log Σ exp(u)."""
    reduced = _log_sum(s)
    kept = tuple(at[i] for i in s.labels if i in s.out)
    return add(v, negate(contract([(kept, reduced)], labels, dict(zip(labels, v.shape, strict=True)))))


def _fits(labels: Sequence[int], wanted: Sequence[int | None]) -> bool:
    return all(w is None or w == i for i, w in zip(labels, wanted, strict=True))
