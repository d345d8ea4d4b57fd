"""Two factors made one: entry by entry, as a matrix product, or as a general contraction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from steepest.expr.contraction_order import first_pair
from steepest.expr.node import Labels

from .emitter import Emitter, Sign
from .product import Factor
from .program import Register, Window


def contract_all(emitter: Emitter, factors: Sequence[Factor], out: Labels) -> Factor:
    """The product of one or more factors, summed over labels not in `out`."""
    (result,) = contracted(emitter, factors, out, left=1)
    return explicit(emitter, result)


def contracted(emitter: Emitter, factors: Sequence[Factor], out: Labels, left: int) -> list[Factor]:
    """At most `left` factors with the same product, made two at a time, the cheapest first."""
    items = list(factors)
    while True:
        items = [sum_alone(emitter, f, {*out, *labels_of(items[:k] + items[k + 1 :])}) for k, f in enumerate(items)]
        if len(items) <= left:
            return items
        i, j = cheapest_pair(emitter, items, out)
        one, other = items[i], items[j]
        items = [f for k, f in enumerate(items) if k not in (i, j)]
        items.append(pair(emitter, one, other, {*out, *labels_of(items)}, out))


def labels_of(factors: Iterable[Factor]) -> set[int]:
    return {i for f in factors for i in f.labels}


def cheapest_pair(emitter: Emitter, items: list[Factor], out: Labels) -> tuple[int, int]:
    """The first pair of the cheapest order; one of two divisors only if there is nothing else."""
    sizes = {i: n for f in items for i, n in zip(f.labels, emitter.shape(f.register), strict=True)}
    divisors = [k for k, f in enumerate(items) if f.divisor]
    first = divisors[0] if divisors else None  # the others wait: a quotient by each is rounded once
    waiting = [k for k in divisors if k != first]
    now = [k for k in range(len(items)) if k not in waiting]
    if len(now) < 2:
        return 0, 1
    keep = {*out, *labels_of(items[k] for k in waiting)}
    i, j = first_pair([items[k].labels for k in now], sizes, keep)
    return now[i], now[j]


def sum_alone(emitter: Emitter, f: Factor, keep: Collection[int]) -> Factor:
    """Labels that only this factor carries are summed first."""
    axes = [k for k, i in enumerate(f.labels) if i not in keep]
    if not axes:
        return f
    labels = tuple(i for i in f.labels if i in keep)
    shape = emitter.shape(f.register)
    if all(shape[k] == 1 for k in axes):
        places = [0 if k in axes else Window(0, 1, n) for k, n in enumerate(shape)]
        return Factor(labels, emitter.slice(f.register, places), f.divisor)
    return Factor(labels, emitter.sum(explicit(emitter, f).register, axes))


def summed_by(a: Factor, b: Factor, out: Labels) -> bool:
    """Whether the product of two factors, the last ones, involves a sum."""
    return any(i in b.labels and i not in out for i in a.labels)


def explicit(emitter: Emitter, f: Factor) -> Factor:
    """A divisor as the reciprocal that it stands for."""
    return Factor(f.labels, emitter.arithmetic("/", emitter.literal(1), f.register)) if f.divisor else f


def pair(emitter: Emitter, a: Factor, b: Factor, keep: Collection[int], out: Labels) -> Factor:
    """The product of two factors, summed over what they share and nobody else needs."""
    if a.divisor:
        a, b = b, a
    a = explicit(emitter, a)
    summed = [i for i in a.labels if i in b.labels and i not in keep]
    if b.divisor and (not summed or set(a.labels) == set(b.labels)):
        return sum_alone(emitter, entrywise(emitter, "/", a, b, out), keep)
    b = explicit(emitter, b)
    if not summed:
        return entrywise(emitter, "*", a, b, out)
    if any(i in b.labels and i in keep for i in a.labels):
        return batched(emitter, a, b, summed, keep, out)
    return matrix_product(emitter, a, b, summed, out)


def entrywise(emitter: Emitter, sign: Sign, a: Factor, b: Factor, out: Labels) -> Factor:
    order = common_order(a.labels, b.labels, out)
    return Factor(order, emitter.arithmetic(sign, arranged(emitter, a, order), arranged(emitter, b, order)))


def common_order(a: Labels, b: Labels, out: Labels) -> Labels:
    """An order of all labels of both: that of the result if they allow it, else of the one that has them all."""
    union = dict.fromkeys((*a, *b))
    wanted = tuple(i for i in out if i in union)
    if wanted in (a, b) and len(wanted) == len(union):
        return wanted
    for labels in (a, b):
        if len(labels) == len(union):
            return labels
    return wanted if len(wanted) == len(union) else tuple(union)


def arranged(emitter: Emitter, f: Factor, order: Labels) -> Register:
    """The array with axes in that order, ready to broadcast where it has none."""
    return emitter.rearrange(f.register, [f.labels.index(i) if i in f.labels else None for i in order])


def matrix_product(emitter: Emitter, a: Factor, b: Factor, summed: list[int], out: Labels) -> Factor:
    """No label is both shared and kept."""
    rows = tuple(i for i in a.labels if i not in summed)
    columns = tuple(i for i in b.labels if i not in summed)
    position = {i: k for k, i in enumerate(out)}
    if (not rows and columns) or (rows and columns and position.get(rows[0], 0) > position.get(columns[0], 0)):
        a, b, rows, columns = b, a, columns, rows  # a matrix before a vector, and the result in the order wanted
    if len(rows) <= 1 and len(columns) <= 1 and len(summed) == 1:
        left, right = arranged(emitter, a, (*rows, *summed)), arranged(emitter, b, (*summed, *columns))
        return Factor((*rows, *columns), emitter.matmul(left, right))
    axes = tuple(a.labels.index(i) for i in summed), tuple(b.labels.index(i) for i in summed)
    return Factor((*rows, *columns), emitter.tensordot(a.register, b.register, *axes))


def batched(emitter: Emitter, a: Factor, b: Factor, summed: list[int], keep: Collection[int], out: Labels) -> Factor:
    """Some label is shared and kept: a stack of products."""
    batch = tuple(i for i in a.labels if i in b.labels and i in keep)
    rows = tuple(i for i in a.labels if i not in b.labels)
    columns = tuple(i for i in b.labels if i not in a.labels)
    if len(rows) == len(columns) == len(summed) == 1:
        left = arranged(emitter, a, (*batch, *rows, *summed))
        right = arranged(emitter, b, (*batch, *summed, *columns))
        return Factor((*batch, *rows, *columns), emitter.matmul(left, right))
    labels = (*batch, *rows, *columns)
    wanted = tuple(i for i in out if i in labels)
    order = wanted if len(wanted) == len(labels) else labels
    register = emitter.contraction((a.register, b.register), (a.labels, b.labels), order)
    return Factor(order, register)
