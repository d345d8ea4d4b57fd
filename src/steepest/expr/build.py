"""How nodes are made: `contract` and `add` put every product and sum into one canonical form, at once.

What they do is local and linear in the operands: numbers become one coefficient, identity matrices vanish,
equal terms are counted, scaled and transposed operands are read through. Everything that looks further
(flattening, factoring) is a rewrite, one layer up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .dimension import Shape, dim_names, prefer_named
from .dtype import BOOL, COMPLEX64, INT, DType, is_normal, promote
from .fact import Fact, with_implied, words
from .node import Add, Constant, Delta, Einsum, Expr, Labels, Structured, Variable, intern
from .number import ONE, ZERO, constant, is_number, kind_of, size_constant, times, whole
from .pattern import Fourier, Pattern
from .traversal import plain_type

Operand = tuple[Labels, Expr]

SMALL = 64  # entries of an array that is kept by value


def variable(
    name: str,
    shape: Iterable[int] = (),
    dtype: DType = np.dtype(np.float64),
    tag: int = 0,
    facts: Iterable[Fact] = (),
) -> Variable:
    """An input; `facts` are what is known of its value."""
    known = with_implied(frozenset(facts))
    stamp = (name, tag, *words(known))
    return intern(Variable, (), tuple(shape), dtype, (name, tag, known), stamp)


def array(value: np.ndarray) -> Constant:
    """A fixed array. Large ones are kept by reference, small ones by value."""
    value = np.asarray(value)
    if value.size <= SMALL:
        value = value.copy()
        value.flags.writeable = False
        return intern(Constant, (), value.shape, value.dtype, (value, ()), ("array", value.tobytes().hex()))
    glimpse = value.flat[:: value.size // SMALL].tobytes().hex()
    return intern(Constant, (), value.shape, value.dtype, (value, ()), ("array", id(value)), ("array", glimpse))


def delta(size: int) -> Delta:
    return intern(Delta, (), (size, size), None, (), ())


def structured(pattern: Pattern, shape: Iterable[int], partner: DType = None) -> Structured:
    """A constant selection, of no type of its own; a Fourier matrix is complex, in the precision of its partner."""
    dtype = promote(partner, COMPLEX64) if isinstance(pattern, Fourier) else None
    return intern(Structured, (), tuple(shape), dtype, (pattern,), repr(pattern))


def fill(value: Expr, shape: Shape) -> Expr:
    """A scalar broadcast to `shape`."""
    labels = tuple(range(len(shape)))
    return contract([((), value)], labels, dict(zip(labels, shape, strict=True)))


def zeros(shape: Shape = ()) -> Expr:
    return fill(ZERO, shape)


def ones(shape: Shape = ()) -> Expr:
    return fill(ONE, shape)


def is_zero(e: Expr) -> bool:
    """Whether `e` is the symbolic zero."""
    c = e.args[0] if isinstance(e, Einsum) and len(e.args) == 1 else e
    return c is ZERO or (is_number(c) and c.value == 0)


def uniform_value(e: Expr) -> Constant | None:
    """The number that fills `e`, if it is a number or a broadcast number."""
    if is_number(e):
        return e
    if isinstance(e, Einsum) and len(e.args) == 1 and is_number(e.args[0]):
        return e.args[0]
    return None


# --- sums -----------------------------------------------------------------------------------------


def split_coefficient(e: Expr) -> tuple[Constant, Expr]:
    """``e = coefficient · base`` with a number as coefficient."""
    if isinstance(e, Constant):
        return (e, ONE) if e.dtype is None else (ONE, e)
    if isinstance(e, Einsum) and is_number(e.args[0]):
        coefficient: Constant = e.args[0]
        if coefficient is ONE:
            return ONE, e
        sizes = e.out_sizes()
        return coefficient, contract(e.operands()[1:], e.out, sizes)
    return ONE, e


def _like_terms(e: Expr) -> tuple[Constant, Any]:
    """The coefficient of a term, and what it has in common with the terms it can be added to."""
    if isinstance(e, Einsum):
        first = e.args[0]
        coefficient = first if is_number(first) else None
        args, indices = (e.args, e.indices) if coefficient is None else (e.args[1:], e.indices[1:])
        base = args[0] if len(args) == 1 and indices[0] == e.out else (args, indices, e.out)
        return coefficient or ONE, base
    if isinstance(e, Constant) and e.dtype is None:
        return e, ONE
    return ONE, e


def add(*terms: Expr) -> Expr:
    """The sum of equally shaped terms: like terms collected, zeros dropped, canonical order."""
    if len(terms) == 1:
        return terms[0]
    shape = terms[0].shape
    for t in terms[1:]:
        if t.shape != shape:
            raise ValueError(f"a sum needs terms of one shape, got {shape} and {t.shape}")
    collected: dict[Any, tuple[Constant, Expr]] = {}
    merged: set[Any] = set()
    for t in terms:
        coefficient, base = _like_terms(t)
        key = (base, coefficient.sizes)
        if key in collected:
            value = collected[key][0].value + coefficient.value
            coefficient = constant(int(value) if isinstance(value, bool) else value, coefficient.sizes)
            merged.add(key)
        collected[key] = (coefficient, t)
    kept = [
        scale(c, split_coefficient(t)[1]) if key in merged else t for key, (c, t) in collected.items() if c.value != 0
    ]
    if not kept:
        return zeros(shape)
    if len(kept) == 1:
        return kept[0]
    kept.sort(key=_digest)
    return intern(Add, tuple(kept), shape, _sum_type(kept), (), ())


def _sum_type(terms: Sequence[Expr]) -> DType:
    """NumPy's promotion, but booleans are added as 0 and 1; integers and a plain fraction give a float."""
    dtype = promote(*(t.dtype for t in terms))
    if dtype is None or dtype.kind == "c":
        return dtype
    numbers = [plain_type(t) for t in terms if t.dtype is None]
    if dtype.kind == "f":
        return promote(dtype, COMPLEX64) if complex in numbers else dtype
    return promote(INT if dtype == BOOL else dtype, *(np.dtype(kind) for kind in numbers if kind is not int))


def scale(factor: Expr, e: Expr) -> Expr:
    """A scalar times an array."""
    if factor is ONE:
        return e
    labels = tuple(range(e.ndim))
    return contract([((), factor), (labels, e)], labels, dict(zip(labels, e.shape, strict=True)))


def negate(e: Expr) -> Expr:
    return scale(constant(-1), e)


def subtract(a: Expr, b: Expr) -> Expr:
    return add(a, negate(b))


# --- products -------------------------------------------------------------------------------------


def multiply(*factors: Expr) -> Expr:
    """Entry by entry; factors have one shape or are scalars."""
    rank = max(f.ndim for f in factors)
    labels = tuple(range(rank))
    return contract([(labels if f.ndim else (), f) for f in factors], labels)


def einsum(spec: str, *args: Expr) -> Expr:
    """Contraction in NumPy's notation, every label written out: ``einsum("ij,jk->ik", A, B)``."""
    inputs, out = spec.split("->")
    operands = [(tuple(map(ord, s)), a) for s, a in zip(inputs.split(","), args, strict=True)]
    return contract(operands, tuple(map(ord, out)))


def transpose_axes(e: Expr, axes: Sequence[int]) -> Expr:
    return contract([(tuple(range(e.ndim)), e)], tuple(axes))


def contract(operands: Sequence[Operand], out: Iterable[int], sizes: Mapping[int, int] | None = None) -> Expr:
    """The contraction of `operands`; labels missing from `out` are summed.

    `sizes` gives the length of labels in `out` that no operand carries: there the result is constant.
    """
    out = tuple(out)
    lengths: dict[int, int] = dict(sizes) if sizes else {}
    summed: set[int] = set()
    for labels, arg in operands:
        for label, n in zip(labels, arg.shape, strict=True):
            known = lengths.setdefault(label, n)
            if known != n:
                raise ValueError(f"an index has length {known!r} and {n!r}")
            if known is not n:
                lengths[label] = prefer_named(known, n)
            summed.add(label)
    summed.difference_update(out)
    coefficient, factors = _read_through(operands)
    if coefficient.value == 0:  # False stays: it selects nothing, where 0 times infinity is NaN
        return _finish(coefficient if coefficient.value is False else ZERO, [], out, lengths)
    factors = _eliminate_deltas(factors, out, summed)
    present = {label for labels, _ in factors for label in labels}
    for label in sorted(summed - present):  # a sum of a constant: its length
        coefficient = times(coefficient, size_constant(lengths[label]))
    if len(factors) == 1 and coefficient is not ONE and factors[0][0] == out:
        return _scaled_contraction(coefficient, factors[0][1], out, lengths)
    factors = _without_repeated_masks(factors)
    return _finish(coefficient, factors, out, lengths, sums=bool(summed & present))


def _read_through(operands: Sequence[Operand]) -> tuple[Constant, list[Operand]]:
    """Multiply the numbers; replace scaled, transposed and broadcast operands by what they show.

    A number far from 1 goes with numbers alone, as long as they come to one in range.
    """
    coefficient = ONE
    factors: list[Operand] = []
    work: list[Operand] = []
    for labels, arg in operands:
        if is_number(arg):
            coefficient = times(coefficient, arg)
        else:
            work.append((labels, arg))
    work.reverse()
    alone = len(work) == 1
    while work:
        labels, arg = work.pop()
        if not isinstance(arg, Einsum) or not is_view(arg):
            factors.append((labels, arg))
            continue
        number = arg.args[0] if is_number(arg.args[0]) else ONE
        if arg.keeps_its_number and not (alone and _fit(coefficient, number, arg.dtype)):
            factors.append((labels, arg))
        else:
            coefficient = times(coefficient, number)
            work.extend(f for f in arg.opened_at(labels) if not is_number(f[1]))
    return coefficient, factors


def _fit(a: Constant, b: Constant, dtype: DType) -> bool:
    """Whether two numbers can be multiplied beforehand."""
    return not (a.value and b.value) or is_normal(a.value * b.value, dtype)


def _scaled_contraction(coefficient: Constant, e: Expr, out: Labels, lengths: dict[int, int]) -> Expr:
    """c · Σ ab is kept as the one contraction Σ c ab."""
    if not (isinstance(e, Einsum) and e.sums):
        return _finish(coefficient, [(out, e)], out, lengths)
    if is_number(e.args[0]):
        if e.keeps_its_number and not _fit(coefficient, e.args[0], e.dtype):
            return _finish(coefficient, [(out, e)], out, lengths)
        coefficient = times(coefficient, e.args[0])
    inner = [(ix, a) for ix, a in e.operands() if not is_number(a)]
    return _finish(coefficient, inner, e.out, e.label_sizes(), sums=True)


def is_view(e: Einsum) -> bool:
    """At most one array, scaled, transposed, read along a diagonal or broadcast: costs nothing to repeat."""
    return not e.sums and (len(e.args) == 1 or (len(e.args) == 2 and is_number(e.args[0])))


def _eliminate_deltas(factors: list[Operand], out: Labels, summed: set[int]) -> list[Operand]:
    """δ_ij renames one of its labels to the other, unless both are in the result."""
    if not any(isinstance(a, Delta) for _, a in factors):
        return factors
    rename: dict[int, int] = {}

    def find(label: int) -> int:
        while label in rename:
            label = rename[label]
        return label

    kept: list[Labels] = []
    for labels, a in factors:
        if isinstance(a, Delta):
            i, j = find(labels[0]), find(labels[1])
            if i == j:
                continue
            if i in out and j in out:
                kept.append(labels)
                continue
            old, new = (i, j) if i not in out else (j, i)
            rename[old] = new
            summed.discard(old)
    # Between two labels of the result a delta stays; everything else is read at the first of them.
    first: dict[int, int] = {}
    deltas: list[Operand] = []
    for labels in kept:
        i, j = sorted((_root(first, find(labels[0])), _root(first, find(labels[1]))), key=out.index)
        if i != j:
            first[j] = i
            template = next(a for ls, a in factors if isinstance(a, Delta) and ls == labels)
            deltas.append(((i, j), template))
    rest = [
        (tuple(_root(first, find(label)) for label in labels), a) for labels, a in factors if not isinstance(a, Delta)
    ]
    return rest + deltas


def _root(parent: dict[int, int], label: int) -> int:
    while label in parent:
        label = parent[label]
    return label


def _without_repeated_masks(factors: list[Operand]) -> list[Operand]:
    seen: set[Operand] = set()
    result = []
    for operand in factors:
        if operand[1].dtype == BOOL:
            if operand in seen:
                continue
            seen.add(operand)
        result.append(operand)
    return result


def _finish(
    coefficient: Constant, factors: list[Operand], out: Labels, lengths: dict[int, int], sums: bool = False
) -> Expr:
    if not factors and not out:
        return coefficient
    dtype = _product_type(coefficient, [a for _, a in factors], sums)
    if dtype is not None and dtype.kind in "fc":
        coefficient = whole(coefficient)
    if len(factors) == 1 and coefficient is ONE and factors[0][0] == out:
        only = factors[0][1]
        if dim_names(only.shape) is not None or dim_names(tuple(lengths[i] for i in out)) is None:
            return only
    position = {label: k for k, label in enumerate(out)}
    if len(factors) > 1:
        factors.sort(key=lambda f: (f[1].digest, tuple(position.get(i, len(out)) for i in f[0])))
    if coefficient is not ONE or not factors:
        factors.insert(0, ((), coefficient))
    names: dict[int, int] = {}
    indices = tuple(tuple(names.setdefault(i, len(names)) for i in labels) for labels, _ in factors)
    shape = tuple(lengths[i] for i in out)
    out = tuple(names.setdefault(i, len(names)) for i in out)
    return intern(Einsum, tuple(a for _, a in factors), shape, dtype, (indices, out, sums), (indices, out))


def _product_type(coefficient: Constant, factors: list[Expr], sums: bool) -> DType:
    """Booleans select and do not promote, unless there is nothing else: counting them gives integers."""
    if not factors:
        return None
    dtypes = [a.dtype for a in factors]
    value = coefficient.value
    others = [d for d in dtypes if d != BOOL]
    if not others:
        if coefficient is ONE:
            return INT if sums else BOOL
        others = [INT] if isinstance(value, int) else [np.dtype(kind_of(value))]
    if all(d is None for d in others):
        return None
    result = promote(*others)
    assert result is not None
    kinds = [kind_of(value), *(plain_type(a) for a in factors if a.dtype is None and a.args)]
    if complex in kinds:
        return promote(result, COMPLEX64)
    if float in kinds and result.kind in "iu":
        return np.dtype(np.float64)
    return result


def rebuild(n: Expr, args: tuple[Expr, ...], apply: Callable[..., Expr]) -> Expr:
    """The node `n` on other operands. `apply` remakes an Apply node: its record lives one layer up."""
    if args == n.args:
        return n
    match n:
        case Add():
            return add(*args)
        case Einsum():
            sizes = n.out_sizes()
            return contract(list(zip(n.indices, args, strict=True)), n.out, sizes)
        case _:
            return apply(n, args)


def _digest(e: Expr) -> int:
    return e.digest
