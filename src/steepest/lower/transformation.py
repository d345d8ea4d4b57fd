"""Patterns that act on a whole array along one label: running sums, convolutions, sliding windows, the FFT, solves."""

from __future__ import annotations

from .combination import Part, Solve, can_combine, carriers_of, combined, with_axes_last
from .emitter import joined
from .product import Factor, Inverse, Pattern, Product, Relation, Waves
from .program import Window


def running(product: Product, p: Pattern, solve: Solve) -> bool:
    """A triangle of ones: running sums along the summed label."""
    if not isinstance(p, Relation) or p.relation != ">=" or len(p.coefficients) != 2:
        return False
    for (place, c), (label, d) in (p.coefficients, p.coefficients[::-1]):
        if c + d == 0 and abs(c) == 1 and can_combine(product, p, label):
            product.patterns.remove(p)
            f = combined(product, p, carriers_of(product, p, (label,)), (label,), solve)
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
    carriers = carriers_of(product, p, (i, j))
    if not all(isinstance(x, Factor) and len(x.labels) == 1 for x in carriers):
        return False
    offset = -p.offset * terms[k]
    sources = []
    for label in (i, j):
        reverse = -terms[label] * terms[k] < 0  # k falls with it: count from its other end
        n = product.sizes[label]
        f = combined(product, p, carriers_of(product, p, (label,)), (label,), solve)
        sources.append(product.emitter.slice(f.register, [Window(n - 1, -1, n)]) if reverse else f.register)
        offset -= n - 1 if reverse else 0
    product.patterns.remove(p)
    product.factors.append(Factor((k,), product.emitter.convolve(sources[0], sources[1], offset, product.sizes[k])))
    return True


def sliding(product: Product, p: Pattern, solve: Solve) -> bool:
    """A summed label is a whole combination of several others: what carries it is read through windows."""
    if not isinstance(p, Relation) or p.relation != "==" or len(p.coefficients) < 3:
        return False
    for label, c in p.coefficients:
        if abs(c) == 1 and can_combine(product, p, label):
            others = [(i, -d * c) for i, d in p.coefficients if i != label]
            product.patterns.remove(p)
            f = combined(product, p, carriers_of(product, p, (label,)), (label,), solve)
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
            product.patterns.remove(p)
            f = combined(product, p, carriers_of(product, p, (label,)), (label,), solve)
            product.factors.append(Factor((*f.labels[:-1], place), product.emitter.fourier(f.register, p.sign)))
            return True
    return False


def solving(product: Product, p: Pattern, solve: Solve) -> bool:
    """An inverse matrix: the linear system is solved for what it is applied to."""
    if not isinstance(p, Inverse):
        return False
    *batch, row, column = p.labels
    for label, place in ((column, row), (row, column)):
        near = carriers_of(product, p, (label,))
        if label not in product.summed or not near or any(place in x.labels for x in near):
            continue
        moved = connected(product, p, label)
        product.patterns.remove(p)
        emitter = product.emitter
        f = combined(product, p, moved, (label,), solve)
        lengths = {i: product.sizes[i] for i in batch}
        others = tuple(i for i in f.labels if i not in batch and i != label)
        f = with_axes_last(product, f, lengths | {label: product.sizes[label]} | {i: product.sizes[i] for i in others})
        axes = (*range(len(batch)), len(batch) + 1, len(batch))
        matrix = emitter.rearrange(p.register, axes) if label == row else p.register
        if not batch and len(others) <= 1:
            product.factors.append(Factor((place, *others), emitter.linear_solution(matrix, f.register)))
            return True
        sizes = [product.sizes[i] for i in others]
        shape = emitter.shape(f.register)[: len(batch) + 1]
        columns = emitter.reshape(f.register, (*shape, joined(tuple(sizes))))
        solved = emitter.reshape(emitter.linear_solution(matrix, columns), (*shape, *sizes))
        product.factors.append(Factor((*batch, place, *others), solved))
        return True
    return False


def with_itself(product: Product, p: Pattern, solve: Solve) -> bool:
    """L⁻ᵀL⁻¹, applied to nothing: one inverse for both."""
    if not isinstance(p, Inverse):
        return False
    *_, row, column = p.labels
    near = carriers_of(product, p, (row,))
    if row not in product.summed or column in product.summed or not near:
        return False
    for x in near:
        is_other = isinstance(x, Inverse) and x.register == p.register and x.labels[-2] == row
        if not is_other or x.labels[-1] in product.summed:
            return False
    for x in (p, *near):
        product.write_out(x)  # type: ignore[arg-type]
    return True


def connected(product: Product, p: Pattern, label: int) -> list[Part]:
    """What carries the label, and what is summed with that in turn: `A⁻¹(Bv)` rather than `(A⁻¹B)v`."""
    near = carriers_of(product, p, (label,))
    found = near
    while True:
        through = {i for x in found for i in x.labels if i in product.summed and i not in p.labels}
        more = carriers_of(product, p, {label, *through})
        if len(more) == len(found):
            others = {i for x in found for i in x.labels} & set(p.labels[-2:])
            return found if others == {label} else near
        found = more
