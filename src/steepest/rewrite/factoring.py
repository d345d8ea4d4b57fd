"""Rewrites of sums: nested ones flattened, common factors taken out (XᵀXθ − Xᵀy = Xᵀ(Xθ − y))."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from steepest.expr.build import Operand, add, contract
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Einsum, Expr, Structured
from steepest.expr.number import is_number

WIDEST = 64  # terms in one sum that are looked at together

# A factor as one term sees it: the array, and for each of its axes the place in the result, or None if summed.
Factor = tuple[Expr, tuple[int | None, ...]]


def flattened_sum(terms: Sequence[Expr], shared: Collection[Expr]) -> Expr:
    """Terms that are themselves sums, used only here, are opened: a + (b + c) = a + b + c."""
    flat: list[Expr] = []
    for t in terms:
        if isinstance(t, Add) and t not in shared and len(flat) + len(t.args) <= WIDEST:
            flat.extend(t.args)
        else:
            flat.append(t)
    return add(*flat)


def factored_sum(e: Expr) -> Expr:
    """The factor that most terms share is taken out of them, again and again."""
    while isinstance(e, Add) and len(e.args) <= WIDEST:
        found = _best_factor(e.args)
        if found is None:
            return e
        new = _take_out(e, found)
        if new is None:
            return e
        e = new
    return e


def _best_factor(terms: Sequence[Expr]) -> Factor | None:
    counts: Counter[Factor] = Counter()
    for t in terms:
        counts.update(set(_factors(t)))
    shared = [(n, len(f[0].shape), f[0].digest, f) for f, n in counts.items() if n > 1]
    return max(shared, key=lambda item: item[:3])[3] if shared else None


def _factors(t: Expr) -> list[Factor]:
    """The factors of a term that may be taken out of it."""
    if not isinstance(t, Einsum) or any(isinstance(a, Structured) for a in t.args):
        return [(t, tuple(range(t.ndim)))]
    found = []
    for k, (labels, a) in enumerate(t.operands()):
        if is_number(a) or len(set(labels)) < len(labels):
            continue
        if _rest(t, k) is not None:
            found.append((a, _places(t, labels)))
    return found


def _places(t: Einsum, labels: tuple[int, ...]) -> tuple[int | None, ...]:
    return tuple(t.out.index(i) if i in t.out else None for i in labels)


def _rest(t: Einsum, k: int) -> tuple[list[Operand], tuple[int, ...]] | None:
    """What is left of a term without operand k, and the labels it then has; None if that would cost more."""
    rest = [(ix, a) for j, (ix, a) in enumerate(t.operands()) if j != k]
    if any(a.dtype == BOOL for _, a in rest):
        return None  # a mask left behind could no longer keep NaN of the factor out
    present = {i for ix, _ in rest for i in ix}
    needed = [i for i in t.out if i in present]
    needed += [i for i in dict.fromkeys(t.indices[k]) if i in present and i not in t.out]
    if len(needed) > max((a.ndim for _, a in rest), default=0):
        return None  # an outer product would have to be formed
    return rest, tuple(needed)


def _take_out(e: Add, factor: Factor) -> Expr | None:
    """Σ f·rest_k = f·Σ rest_k over the terms that have the factor."""
    array, places = factor
    others: list[Expr] = []
    summed = [k for k, place in enumerate(places) if place is None]
    out = tuple(range(e.ndim))
    factor_labels = tuple(p if p is not None else e.ndim + k for k, p in enumerate(places))
    # every rest is brought to the same axes: those of the result it needs, then the factor's summed ones
    inner_labels = (*out, *(e.ndim + k for k in summed))
    pieces: list[tuple[list[Operand], set[int]]] = []
    for t in e.args:
        piece = _piece(t, array, places, e.ndim)
        if piece is None:
            others.append(t)
        else:
            pieces.append(piece)
    if len(pieces) < 2:
        return None
    used = set().union(*(labels for _, labels in pieces))
    common = tuple(i for i in inner_labels if i in used)
    sizes = dict(zip(out, e.shape, strict=True)) | {e.ndim + k: array.shape[k] for k in summed}
    rests = [contract(operands, common, {i: sizes[i] for i in common}) for operands, _ in pieces]
    taken = contract([(factor_labels, array), (common, add(*rests))], out, sizes)
    return add(taken, *others) if others else taken


def _piece(t: Expr, array: Expr, places: tuple[int | None, ...], rank: int) -> tuple[list[Operand], set[int]] | None:
    """The rest of a term without the factor, its labels renamed to places in the result."""
    if t is array and places == tuple(range(rank)):
        return [], set()
    if not isinstance(t, Einsum):
        return None
    for k, (labels, a) in enumerate(t.operands()):
        if a is array and len(set(labels)) == len(labels) and _places(t, labels) == places:
            found = _rest(t, k)
            if found is None or any(isinstance(b, Structured) for _, b in found[0]):
                continue
            rest, needed = found
            rename = {i: t.out.index(i) for i in t.out}
            rename |= {i: rank + axis for axis, i in enumerate(labels) if i not in t.out}
            fresh = rank + array.ndim  # labels of sums inside the rest
            operands: list[Operand] = []
            for ix, b in rest:
                for i in ix:
                    if i not in rename:
                        rename[i] = fresh + i
                operands.append((tuple(rename[i] for i in ix), b))
            return operands, {rename[i] for i in needed}
    return None
