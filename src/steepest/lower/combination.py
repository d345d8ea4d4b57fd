"""All that carries a label of a pattern made one array, so that the pattern can act on it as a whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from steepest.expr.dtype import BOOL, INT
from steepest.expr.node import Labels

from .product import Factor, Pattern, Product

Solve: TypeAlias = Callable[[Product], Factor]
Part: TypeAlias = Factor | Pattern


def can_combine(product: Product, p: Pattern, label: int) -> bool:
    """Whether a summed label is carried, and only by what carries no other label of the pattern."""
    carriers = carriers_of(product, p, (label,))
    others = [i for i in p.labels if i != label]
    return label in product.summed and bool(carriers) and not any(i in x.labels for x in carriers for i in others)


def carriers_of(product: Product, p: Pattern, labels: Collection[int]) -> list[Part]:
    """Everything but `p` that carries one of the labels."""
    everything = (*product.factors, *product.masks, *product.patterns)
    return [x for x in everything if x is not p and not set(labels).isdisjoint(x.labels)]


def combined(product: Product, p: Pattern, moved: Sequence[Part], labels: Labels, solve: Solve) -> Factor:
    """The parts `moved`, taken out of the product, as one array with `labels` as its last axes."""
    identities = {id(x) for x in moved}
    inner = Product(product.emitter, product.dtype, (), dict(product.sizes))
    inner.factors = [f for f in product.factors if id(f) in identities]
    inner.masks = [f for f in product.masks if id(f) in identities]
    inner.patterns = [q for q in product.patterns if id(q) in identities]
    product.factors = [f for f in product.factors if id(f) not in identities]
    product.masks = [f for f in product.masks if id(f) not in identities]
    product.patterns = [q for q in product.patterns if id(q) not in identities]
    needed = {*product.out, *labels, *p.labels}
    needed.update(i for x in (*product.factors, *product.masks, *product.patterns) for i in x.labels)
    carried = dict.fromkeys(i for x in moved for i in x.labels)
    inner.out = tuple(i for i in carried if i in needed)
    inner.summed = {i for i in carried if i not in needed}
    product.summed -= inner.summed | set(labels)
    f = solve(inner)
    product.coefficient *= inner.coefficient
    product.vanishes |= inner.vanishes
    if product.emitter.dtype(f.register) == BOOL:
        counted = INT if product.dtype is None or product.dtype == BOOL else product.dtype
        f = Factor(f.labels, product.emitter.convert(f.register, counted))
    return with_axes_last(product, f, {i: product.sizes[i] for i in labels})


def with_axes_last(product: Product, f: Factor, sizes: dict[int, int]) -> Factor:
    """`f` with all the given labels as its last axes, in order; repeated along those it lacks."""
    emitter = product.emitter
    order = (*(i for i in f.labels if i not in sizes), *sizes)
    register = emitter.rearrange(f.register, [f.labels.index(i) if i in f.labels else None for i in order])
    if len(order) > len(f.labels):
        own = dict(zip(f.labels, emitter.shape(f.register), strict=True))
        register = emitter.fill(register, tuple(own.get(i, sizes.get(i, 0)) for i in order))
    return Factor(order, register)


def merge_axes(
    product: Product, f: Factor, group: Labels, old: Sequence[int], labels: Labels, new: Sequence[int]
) -> Factor:
    """The axes of `group`, made the last ones unless they stand together, under other labels and sizes."""
    if not set(group) & set(f.labels):
        return f
    at = f.labels.index(group[0]) if group[0] in f.labels else len(f.labels)
    if f.labels[at : at + len(group)] != tuple(group):
        f = with_axes_last(product, f, dict(zip(group, old, strict=True)))
        at = len(f.labels) - len(group)
    end = at + len(group)
    shape = product.emitter.shape(f.register)
    register = product.emitter.reshape(f.register, (*shape[:at], *new, *shape[end:]))
    return Factor((*f.labels[:at], *labels, *f.labels[end:]), register)
