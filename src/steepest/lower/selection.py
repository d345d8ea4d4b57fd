"""Patterns used up without being multiplied out: slices, reshapes, running sums, sliding windows, the FFT, picks.

Each rule looks at one pattern of a product and says whether it could use it up. They are tried in the order of
`RULES`; what none of them takes is written out as an array.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from steepest.expr.dtype import BOOL, INT
from steepest.expr.node import Labels

from .emitter import count
from .pairing import explicit
from .product import Choice, Factor, Pattern, Product, Relation, Waves
from .program import Window

Solve = Callable[[Product], Factor]
Rule = Callable[[Product, Pattern, Solve], bool]


def use_up_patterns(product: Product, solve: Solve) -> None:
    """Until only arrays are left."""
    while product.patterns and not product.vanishes:
        if not any(rule(product, p, solve) for rule in RULES for p in list(product.patterns)):
            product.write_out(product.patterns[0])


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
    product.restrict(leader, Window(low, 1, high - low))
    product.follow(label, leader, Window(step * low + start, step, high - low))
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
    wanted = [i for i in group if i in product.out]
    if label in product.out and wanted:
        return False
    product.patterns.remove(p)
    product.make_relations_of(label)
    sizes = tuple(product.sizes[i] for i in group)
    product.replace_in_relations(label, zip(group, strides(sizes), strict=True), 0)
    product.update_arrays(lambda f: split_axis(product, f, label, group))
    if label in product.out:
        at = product.out.index(label)
        product.out = (*product.out[:at], *group, *product.out[at + 1 :])
        product.summed.difference_update(group)
        product.finishes.append(lambda later, f: merge_axes(later, f, group, sizes, (label,), (count(sizes),)))
    product.summed.discard(label)
    return True


def reordering(product: Product, p: Pattern, solve: Solve) -> bool:
    """Several labels count the entries of several others; one side is summed throughout."""
    sides = row_major_sides(product, p)
    summed = next((side for side in sides if all(i in product.summed for i in side)), None)
    if summed is None:
        return False
    other = sides[1] if sides[0] is summed else sides[0]
    carriers = [x for i in summed for x in product.carriers(i) if x is not p]
    if not carriers or any(i in x.labels for x in carriers for i in other):
        return False
    f = combined(product, p, summed, solve)
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


def merge_axes(
    product: Product, f: Factor, group: Labels, old: Sequence[int], labels: Labels, new: Sequence[int]
) -> Factor:
    """The axes of `group`, made the last ones, under other labels and sizes."""
    if not set(group) & set(f.labels):
        return f
    f = with_axes_last(product, f, dict(zip(group, old, strict=True)))
    rest = f.labels[: len(f.labels) - len(group)]
    shape = product.emitter.shape(f.register)[: len(rest)]
    return Factor((*rest, *labels), product.emitter.reshape(f.register, (*shape, *new)))


# --- everything that carries a label, transformed at once -------------------------------------------


def running(product: Product, p: Pattern, solve: Solve) -> bool:
    """A triangle of ones: running sums along the summed label."""
    if not isinstance(p, Relation) or p.relation != ">=" or len(p.coefficients) != 2:
        return False
    for (place, c), (label, d) in (p.coefficients, p.coefficients[::-1]):
        if c + d == 0 and abs(c) == 1 and can_combine(product, p, label):
            f = combined(product, p, (label,), solve)
            direction = "forward" if c > 0 else "backward"
            register = product.emitter.running_sum(f.register, p.offset, direction, product.sizes[place])
            product.factors.append(Factor((*f.labels[:-1], place), register))
            return True
    return False


def convolution(product: Product, p: Pattern, solve: Solve) -> bool:
    """``k = i + j + offset`` with two vectors: their convolution."""
    if not isinstance(p, Relation) or p.relation != "==" or len(p.coefficients) != 3:
        return False
    terms = dict(p.coefficients)
    pair = [i for i in terms if can_combine(product, p, i)]
    if len(pair) < 2 or any(abs(c) != 1 for c in terms.values()):
        return False
    i, j = pair[:2]
    (k,) = (label for label in terms if label not in (i, j))
    vectors = [[x for x in product.carriers(label) if x is not p] for label in (i, j)]
    if any(len(v) != 1 or not isinstance(v[0], Factor) or v[0].labels != (label,) for v, label in zip(vectors, (i, j), strict=True)):
        return False
    offset = -p.offset * terms[k]
    sources = []
    for label in (i, j):
        reverse = -terms[label] * terms[k] < 0  # k falls with it: count from its other end
        n = product.sizes[label]
        f = combined(product, p, (label,), solve, keep=True)
        sources.append(product.emitter.slice(f.register, [Window(n - 1, -1, n)]) if reverse else f.register)
        offset -= n - 1 if reverse else 0
    product.patterns.remove(p)
    product.factors.append(Factor((k,), product.emitter.convolve(*sources, offset, product.sizes[k])))
    return True


def sliding(product: Product, p: Pattern, solve: Solve) -> bool:
    """A summed label is a whole combination of several others: what carries it is read through windows."""
    if not isinstance(p, Relation) or p.relation != "==" or len(p.coefficients) < 3:
        return False
    for label, c in p.coefficients:
        if abs(c) == 1 and can_combine(product, p, label):
            others = [(i, -d * c) for i, d in p.coefficients if i != label]
            f = combined(product, p, (label,), solve)
            labels = tuple(i for i, _ in others)
            counts = tuple(product.sizes[i] for i in labels)
            register = product.emitter.windows(f.register, -p.offset * c, tuple(d for _, d in others), counts)
            product.factors.append(Factor((*f.labels[:-1], *labels), register))
            return True
    return False


def fourier(product: Product, p: Pattern, solve: Solve) -> bool:
    """A Fourier matrix: the fast transform."""
    if not isinstance(p, Waves) or p.labels[0] == p.labels[1]:
        return False
    for label, place in (p.labels, p.labels[::-1]):
        if can_combine(product, p, label):
            f = combined(product, p, (label,), solve)
            product.factors.append(Factor((*f.labels[:-1], place), product.emitter.fourier(f.register, p.sign)))
            return True
    return False


def can_combine(product: Product, p: Pattern, label: int) -> bool:
    """Whether a summed label is carried, and only by what carries no other label of the pattern."""
    carriers = [x for x in product.carriers(label) if x is not p]
    others = [i for i in p.labels if i != label]
    return label in product.summed and bool(carriers) and not any(i in x.labels for x in carriers for i in others)


def combined(product: Product, p: Pattern, labels: Labels, solve: Solve, keep: bool = False) -> Factor:
    """Everything but `p` that carries one of `labels`, as one array with those as its last axes."""
    if not keep:
        product.patterns.remove(p)
    moved = [x for x in (*product.factors, *product.masks, *product.patterns) if x is not p and set(labels) & set(x.labels)]
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
    rest = tuple(i for i in f.labels if i not in sizes)
    order = (*rest, *sizes)
    axes = [f.labels.index(i) if i in f.labels else None for i in order]
    if None in axes:
        own = dict(zip(f.labels, emitter.shape(f.register), strict=True))
        shape = tuple(own.get(i, sizes.get(i, 0)) for i in order)
        return Factor(order, emitter.fill(emitter.rearrange(f.register, axes), shape))
    return Factor(order, emitter.rearrange(f.register, axes))


# --- one-hot rows -----------------------------------------------------------------------------------


def picking(product: Product, p: Pattern, solve: Solve) -> bool:
    """A label says which entry an index array picks: everything that carries it is indexed.

    If that label is wanted in the result, the result computed along the index is added up there at the end.
    """
    if not isinstance(p, Choice):
        return False
    index, place = p.index, p.place
    others = [x for x in product.carriers(place) if x is not p]
    if place in index.labels or (place in product.summed and not others):
        return False
    if place in product.out and (set(index.labels) <= set(product.out) or product.dtype == BOOL):
        return False
    product.patterns.remove(p)
    product.make_relations_of(place)
    for q in [q for q in product.patterns if isinstance(q, Relation) and place in q.labels]:
        product.write_out(q)
    product.update_arrays(lambda f: picked(product, f, index, place))
    if place in product.out:
        size = product.sizes[place]
        kept = tuple(i for i in index.labels if i in product.out)
        product.out = tuple(i for i in (*product.out, *index.labels) if i != place)
        product.out = tuple(dict.fromkeys(product.out))
        product.summed.difference_update(index.labels)
        product.finishes.append(lambda later, f: scattered(later, f, index, place, size, kept))
    product.summed.discard(place)
    return True


def picked(product: Product, f: Factor, index: Factor, place: int) -> Factor:
    if place not in f.labels:
        return f
    emitter = product.emitter
    f = explicit(emitter, f)  # where nothing is picked there is a 0, and that is no divisor
    shared = tuple(i for i in index.labels if i in f.labels)
    rest = tuple(i for i in f.labels if i not in shared and i != place)
    order = (*shared, place, *rest)
    source = emitter.rearrange(f.register, [f.labels.index(i) for i in order])
    register = emitter.gather(source, index.register, tuple(index.labels.index(i) for i in shared))
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
    register = emitter.scatter(source, index.register, tuple(index.labels.index(i) for i in kept), size)
    return Factor((*kept, place, *rest), register)


RULES: tuple[Rule, ...] = (one_label, line, flattening, reordering, picking, running, convolution, sliding, fourier)
