"""A whole product: patterns used up, masks applied, numbers put where they cost least, factors contracted.

A mask selects. If all its labels are in the result it is applied at the end; if some are summed, it is applied
to the product of the factors that vary within its labels, before anything is summed: what is not selected
never counts, not even as NaN.
"""

from __future__ import annotations

import cmath

from steepest.expr.dimension import Dim
from steepest.expr.dtype import BOOL, INT, real_of
from steepest.expr.node import Number

from .emitter import Emitter, count
from .pairing import arranged, common_order, contract_all, contracted, labels_of, summed_by
from .patterns import use_up_patterns
from .product import Factor, Product
from .program import Register


def solve(product: Product) -> Factor:
    """The array that the product is, but for the number left in its `coefficient`."""
    use_up_patterns(product, solve)
    carried = labels_of((*product.factors, *product.masks))
    for label in sorted(product.summed - carried):
        size = product.sizes[label]
        if isinstance(size, Dim):
            product.add_factor((), product.emitter.length(size))
        else:
            product.coefficient *= size
    if product.vanishes or product.coefficient == 0:
        product.coefficient = 1
        return Factor((), product.emitter.literal(0))
    result = multiplied_out(product)
    for finish in reversed(product.finishes):
        result = finish(product, result)
    return result


def multiplied_out(product: Product) -> Factor:
    emitter = product.emitter
    if not cmath.isfinite(product.coefficient):  # times the 0 of what is not selected it would be NaN
        product.factors.append(Factor((), emitter.literal(product.coefficient)))
        product.coefficient = 1
    if not product.factors:
        return counted(product) if product.masks else Factor((), emitter.literal(1))
    late = [m for m in product.masks if set(m.labels) <= set(product.out)]
    early = [m for m in product.masks if not set(m.labels) <= set(product.out)]
    for mask in sorted(early, key=lambda m: len(m.labels)):
        apply_before_sums(product, mask)
    result = scaled(product)
    return selected(emitter, both(emitter, late), result, product.out) if late else result


def counted(product: Product) -> Factor:
    """Masks alone: both of two, or if there is a sum, how many."""
    emitter = product.emitter
    if all(i in product.out for m in product.masks for i in m.labels):
        return both(emitter, product.masks)
    if len(product.masks) == 1:
        return contract_all(emitter, product.masks, product.out)
    numbers = [Factor(m.labels, emitter.convert(m.register, INT)) for m in product.masks]
    return contract_all(emitter, numbers, product.out)


def both(emitter: Emitter, masks: list[Factor]) -> Factor:
    """Where all masks hold; small ones first."""
    first, *rest = sorted(masks, key=lambda m: emitter.size(m.register))
    for m in rest:
        order = common_order(m.labels, first.labels, ())
        first = Factor(order, emitter.arithmetic("&", arranged(emitter, m, order), arranged(emitter, first, order)))
    return first


def selected(emitter: Emitter, mask: Factor, f: Factor, out: tuple[int, ...]) -> Factor:
    order = common_order(f.labels, mask.labels, out)
    return Factor(order, emitter.select(arranged(emitter, mask, order), arranged(emitter, f, order)))


def apply_before_sums(product: Product, mask: Factor) -> None:
    """To what varies within the mask's labels, else to a factor that has them all, else as zeros and ones."""
    emitter = product.emitter
    inside = [f for f in product.factors if set(f.labels) <= set(mask.labels)]
    if not inside:
        hosts = [f for f in product.factors if set(mask.labels) <= set(f.labels)]
        inside = sorted(hosts, key=lambda f: emitter.size(f.register))[:1]
    rest = [f for f in product.factors if not any(f is g for g in inside)]
    if inside:
        joined = contract_all(emitter, inside, tuple(dict.fromkeys(i for f in inside for i in f.labels)))
        product.factors = [*rest, selected(emitter, mask, joined, joined.labels)]
    else:
        numbers = INT if product.dtype is None or product.dtype == BOOL else real_of(product.dtype)
        assert numbers is not None
        product.factors = [*rest, Factor(mask.labels, emitter.convert(mask.register, numbers))]


def scaled(product: Product) -> Factor:
    """The contraction of the factors, and the scalars among them multiplied in where the array is smallest."""
    emitter = product.emitter
    arrays = [f for f in product.factors if f.labels]
    above = [f.register for f in product.factors if not f.labels and not f.divisor]
    below = [f.register for f in product.factors if not f.labels and f.divisor]
    if not arrays:
        return Factor((), over(emitter, times_all(product, above), below))
    if all(f.divisor for f in arrays):
        first, *arrays = arrays
        number = times_all(product, above)
        arrays.append(Factor(first.labels, emitter.arithmetic("/", number, first.register)))
        above = []
    items = contracted(emitter, arrays, product.out, left=2)
    if len(items) == 2 and not summed_by(items[0], items[1], product.out):  # if it is larger than one of them,
        # numbers cost less before it
        small = min((k for k in (0, 1) if not items[k].divisor), key=lambda k: emitter.size(items[k].register))
        result_size = count(tuple(product.sizes[i] for i in product.out if i in labels_of(items)))
        f = items[small]
        if emitter.size(f.register) < result_size and (above or below or not is_sign(product.coefficient)):
            register = times(emitter, times_all(product, above), f.register)
            items[small] = Factor(f.labels, over(emitter, register, below))
            return contract_all(emitter, items, product.out)
    result = contract_all(emitter, items, product.out)
    if above:
        number = times_all(product, above)
        result = Factor(result.labels, times(emitter, number, result.register))
    return Factor(result.labels, over(emitter, result.register, below))


def times_all(product: Product, scalars: list[Register]) -> Register:
    """The coefficient, used up, times scalars; a sign is left to who adds the result, as scalars make a number."""
    if scalars and is_sign(product.coefficient):
        result, *scalars = scalars
    else:
        result = product.emitter.literal(product.coefficient)
        product.coefficient = 1
    for r in scalars:
        result = times(product.emitter, result, r)
    return result


def times(emitter: Emitter, a: Register, b: Register) -> Register:
    return emitter.arithmetic("*", a, b)


def over(emitter: Emitter, register: Register, divisors: list[Register]) -> Register:
    for r in divisors:
        register = emitter.arithmetic("/", register, r)
    return register


def is_sign(value: Number) -> bool:
    return value in (1, -1)
