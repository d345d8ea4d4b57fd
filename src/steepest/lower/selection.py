"""Patterns used up by reading arrays elsewhere: slices and diagonals, reshapes, picks by an index array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from steepest.expr.dimension import Dim
from steepest.expr.dtype import BOOL, INT, WIDER
from steepest.expr.node import Labels
from steepest.ops.logic import less
from steepest.ops.selection import most_at_one_place

from .combination import Solve, carriers_of, combined, merge_axes, with_axes_last
from .emitter import Emitter, count, joined
from .pairing import explicit
from .product import Choice, Factor, Pattern, Product, Relation
from .program import Axes, Register, Window

LONG = 32  # terms of a sum by index: fewer round no more often than two blocks of a pairwise sum

# --- one label known from another -------------------------------------------------------------------


def one_label(product: Product, p: Pattern, solve: Solve) -> bool:
    """``c·i + offset = 0``: one place; ``≥ 0``: from some place on, or up to it."""
    if not isinstance(p, Relation) or len(p.coefficients) != 1:
        return False
    ((label, c),) = p.coefficients
    size = product.sizes[label]
    product.patterns.remove(p)
    if p.relation == "==":
        if p.offset % c or not 0 <= -p.offset // c < size:
            product.vanishes = True
        else:
            product.fix(label, -p.offset // c)
        return True
    low, high = solutions(c, p.offset, None, size)
    product.restrict(label, Window(low, 1, max(high - low, 0)))
    return True


def line(product: Product, p: Pattern, solve: Solve) -> bool:
    """``i = α·j + β``: everything that carries i is read there, everything that carries j where that exists."""
    if not isinstance(p, Relation) or len(p.coefficients) != 2 or p.relation != "==":
        return False
    known = [label for label, c in p.coefficients if abs(c) == 1]
    if not known:
        return False
    label = next((i for i in known if i in product.summed), known[-1])
    terms = dict(p.coefficients)
    c = terms.pop(label)
    ((leader, d),) = terms.items()
    step, start = -d * c, -p.offset * c
    low, high = solutions(step, start, product.sizes[label], product.sizes[leader])
    product.patterns.remove(p)
    if low >= high:
        product.vanishes = True
        return True
    count = high - low if low else high  # a size from 0 on keeps its name
    product.restrict(leader, Window(low, 1, count))
    product.follow(label, leader, Window(step * low + start, step, count))
    return True


def solutions(step: int, start: int, limit: int | None, size: int) -> tuple[int, int]:
    """The range of j in ``0 … size`` for which ``0 ≤ step·j + start``, and ``< limit`` if there is one."""
    low, high = 0, size
    for c, offset in [(step, start)] + ([] if limit is None else [(-step, limit - 1 - start)]):  # c·j + offset ≥ 0
        if c > 0:
            low = max(low, -(offset // c))
        else:
            high = min(high, offset // -c + 1)
    return low, max(high, low)


# --- reshapes ---------------------------------------------------------------------------------------


def flattening(product: Product, p: Pattern, solve: Solve) -> bool:
    """One label counts the entries of several in row-major order: what carries it is reshaped."""
    sides = row_major_sides(product, p)
    single = next((side for side in sides if len(side) == 1), None)
    if single is None or not isinstance(p, Relation):
        return False
    (label,) = single
    group = sides[1] if sides[0] is single else sides[0]
    product.patterns.remove(p)
    if label in product.out:
        group = tuple(apart(product, i) if i in product.out else i for i in group)
    product.make_relations_of(label)
    sizes = tuple(product.sizes[i] for i in group)
    product.replace_in_relations(label, zip(group, strides(sizes), strict=True), 0)
    product.update_arrays(lambda f: split_axis(product, f, label, group))
    if label in product.out:
        at = product.out.index(label)
        product.out = (*product.out[:at], *group, *product.out[at + 1 :])
        product.summed.difference_update(group)
        product.finishes.append(lambda later, f: merge_axes(later, f, group, sizes, (label,), (joined(sizes),)))
    product.summed.discard(label)
    return True


def apart(product: Product, label: int) -> int:
    """A label of its own that is always equal to one of the result: the two make a diagonal."""
    own = 1 + max(product.sizes)
    product.sizes[own] = product.sizes[label]
    product.summed.add(own)
    product.add_relation([(label, 1), (own, -1)], 0, "==")
    return own


def stretch(product: Product, p: Pattern, solve: Solve) -> bool:
    """One label counts the entries of several from some place on: it is read there, and is then a reshape."""
    if not isinstance(p, Relation) or p.relation != "==" or len(p.coefficients) < 3:
        return False
    for label, c in p.coefficients:
        others = sorted(((-d * c, i) for i, d in p.coefficients if i != label), reverse=True)
        sizes = [product.sizes[i] for _, i in others]
        start, total, size = -p.offset * c, count(tuple(sizes)), product.sizes[label]
        inside = abs(c) == 1 and start >= 0 and start + total <= size and total < size
        if inside and tuple(step for step, _ in others) == strides(sizes):
            product.restrict(label, Window(start, 1, total))
            return True
    return False


def reordering(product: Product, p: Pattern, solve: Solve) -> bool:
    """Several labels count the entries of several others; one side is summed throughout."""
    sides = row_major_sides(product, p)
    summed = next((side for side in sides if all(i in product.summed for i in side)), None)
    if summed is None:
        return False
    other = sides[1] if sides[0] is summed else sides[0]
    carriers = carriers_of(product, p, summed)
    if not carriers or any(i in x.labels for x in carriers for i in other):
        return False
    product.patterns.remove(p)
    f = combined(product, p, carriers, summed, solve)
    sizes = tuple(product.sizes[i] for i in other)
    source = tuple(product.sizes[i] for i in summed)
    product.factors.append(merge_axes(product, f, summed, source, other, sizes))
    return True


def row_major_sides(product: Product, p: Pattern) -> list[Labels]:
    """The two groups of labels of a reshape, outermost first; empty if the pattern is none."""
    if not isinstance(p, Relation) or p.relation != "==" or p.offset or len(p.coefficients) < 3:
        return []
    sides = []
    for sign in (1, -1):
        side = sorted(((c * sign, i) for i, c in p.coefficients if c * sign > 0), reverse=True)
        labels = tuple(i for _, i in side)
        if not side or tuple(c for c, _ in side) != strides([product.sizes[i] for i in labels]):
            return []
        sides.append(labels)
    first, second = (count(tuple(product.sizes[i] for i in side)) for side in sides)
    return sides if first == second else []


def strides(sizes: Sequence[int]) -> tuple[int, ...]:
    steps: list[int] = []
    step = 1
    for n in reversed(sizes):
        steps.insert(0, step)
        step *= n
    return tuple(steps)


def split_axis(product: Product, f: Factor, label: int, group: Labels) -> Factor:
    if label not in f.labels:
        return f
    at = f.labels.index(label)
    shape = product.emitter.shape(f.register)
    sizes = tuple(product.sizes[i] for i in group)
    register = product.emitter.reshape(f.register, (*shape[:at], *sizes, *shape[at + 1 :]))
    return Factor((*f.labels[:at], *group, *f.labels[at + 1 :]), register, f.divisor)


# --- one-hot rows -----------------------------------------------------------------------------------


def picking(product: Product, p: Pattern, solve: Solve) -> bool:
    """A label says which entry an index array picks: everything that carries it is indexed.

    If that label is wanted in the result, the result computed along the index is added up there at the end. If nobody
    asks for it, all that counts is whether there is such an entry.
    """
    if not isinstance(p, Choice):
        return False
    index, place = p.index, p.place
    others = carriers_of(product, p, (place,))
    if place in index.labels:
        return False
    if place in product.summed and not others:
        product.patterns.remove(p)
        product.summed.discard(place)
        select_existing(product, index, product.sizes[place])
        return True
    if place in product.out and (set(index.labels) <= set(product.out) or product.dtype == BOOL):
        return False
    product.patterns.remove(p)
    product.make_relations_of(place)
    for q in [q for q in product.patterns if isinstance(q, Relation) and place in q.labels]:
        product.write_out(q)
    # an index that is not picked picks nothing in turn: -1 is no place
    product.update_arrays(lambda f: picked(product, f, index, place, 0), lambda f: picked(product, f, index, place, -1))
    if place in product.out:
        size = product.sizes[place]
        kept = tuple(i for i in index.labels if i in product.out)
        product.out = tuple(i for i in (*product.out, *index.labels) if i != place)
        product.out = tuple(dict.fromkeys(product.out))
        product.summed.difference_update(index.labels)
        product.finishes.append(lambda later, f: scattered(later, f, index, place, size, kept))
    product.summed.discard(place)
    return True


def select_existing(product: Product, index: Factor, size: int) -> None:
    """Where an index is a place among so many."""
    emitter, r = product.emitter, index.register
    fixed = emitter.constants.get(r)
    if isinstance(fixed, np.ndarray) and not isinstance(size, Dim) and np.all((fixed >= 0) & (fixed < size)):
        return
    ends = (emitter.literal(-1), r), (r, emitter.length(size))
    above, below = (emitter.call(less, pair, (), emitter.shape(r), BOOL) for pair in ends)
    product.add_mask(index.labels, emitter.arithmetic("&", above, below))


def picked(product: Product, f: Factor, index: Factor, place: int, outside: Literal[0, -1]) -> Factor:
    if place not in f.labels:
        return f
    emitter = product.emitter
    f = explicit(emitter, f)  # where nothing is picked there is a 0, and that is no divisor
    shared = tuple(i for i in index.labels if i in f.labels)
    rest = tuple(i for i in f.labels if i not in shared and i != place)
    order = (*shared, place, *rest)
    source = emitter.rearrange(f.register, [f.labels.index(i) for i in order])
    register = emitter.gather(source, index.register, tuple(index.labels.index(i) for i in shared), outside)
    return Factor((*index.labels, *rest), register, f.divisor)


def scattered(product: Product, f: Factor, index: Factor, place: int, size: int, kept: Labels) -> Factor:
    emitter = product.emitter
    rest = tuple(i for i in f.labels if i not in index.labels)
    lengths = dict(zip(index.labels, emitter.shape(index.register), strict=True))
    f = with_axes_last(product, f, lengths)
    order = (*index.labels, *rest)
    source = emitter.rearrange(f.register, [f.labels.index(i) for i in order])
    if emitter.dtype(source) == BOOL:
        source = emitter.convert(source, INT)
    shared = tuple(index.labels.index(i) for i in kept)
    register = sums_by_index(emitter, source, index.register, shared, size)
    return Factor((*kept, place, *rest), register)


def sums_by_index(emitter: Emitter, source: Register, index: Register, shared: Axes, size: int) -> Register:
    """Terms are added one after another: of long sums in double precision, as by NumPy's bincount."""
    dtype = emitter.dtype(source)
    if dtype is None or dtype not in WIDER or not _are_long(emitter, index, shared, size):
        return emitter.scatter(source, index, shared, size)
    return emitter.convert(emitter.scatter(source, index, shared, size, WIDER[dtype]), dtype)


def _are_long(emitter: Emitter, index: Register, shared: Axes, size: int) -> bool:
    """Whether the longest sum has many terms, or all have on average where no fixed index says which that is.

    Not where there are more sums than terms: an array of twice their size would be for little.
    """
    lengths, fixed = emitter.shape(index), emitter.constants.get(index)
    terms, places = count(lengths), size * count(tuple(lengths[k] for k in shared))
    if isinstance(fixed, np.ndarray) and not shared:
        return terms >= places and most_at_one_place(fixed, size) >= LONG
    return terms >= LONG * max(places, 1)
