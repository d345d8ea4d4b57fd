"""Expressions over arrays written out as expressions over numbers, entry by entry.

Products of entries then meet as powers, zeros of selections vanish, and like terms are collected: an enclosure is the
tighter, the less often a variable occurs.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

import numpy as np

from steepest.errors import FormulaError
from steepest.expr.build import add, contract, multiply
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Structured, Variable
from steepest.expr.number import constant, numeric_value
from steepest.expr.pattern import Affine, dense
from steepest.expr.traversal import toposort
from steepest.ops.complex_parts import cast_op
from steepest.ops.elementary import exp
from steepest.ops.power import divide, length, log
from steepest.ops.product import prod as product_op
from steepest.ops.reduction import logsumexp, norm, softmax

MOST_ENTRIES = 20_000  # that are written out
Entries: TypeAlias = np.ndarray  # of expressions of numbers, in the shape of the array


class TooLarge(FormulaError):
    """An expression of too many entries."""


def written_out(roots: Sequence[Expr], entries: Mapping[Expr, Entries]) -> list[Entries]:
    """The entries of each root, given those of its variables.

    Raises:
        FormulaError: at an operation on arrays that is not written out, or with too many entries.
    """
    known: dict[Expr, Entries] = dict(entries)
    budget = MOST_ENTRIES
    for n in toposort(roots, stop=known.keys()):
        if n not in known:
            budget -= _work(n)
            if budget < 0:
                raise TooLarge(f"it has more than {MOST_ENTRIES} entries and products of them")
            known[n] = _entries(n, [known[a] for a in n.args])
    return [known[r] for r in roots]


def _work(n: Expr) -> int:
    return prod(n.label_sizes().values()) if isinstance(n, Einsum) else prod(n.shape)


def _entries(n: Expr, args: list[Entries]) -> Entries:
    match n:
        case Constant() if n.dtype is None:
            return _filled((), lambda: constant(numeric_value(n)))
        case Constant():
            return _numbers(np.asarray(n.value))
        case Delta():
            return _numbers(np.eye(int(n.shape[0])))
        case Structured() if isinstance(n.pattern, Affine):
            return _numbers(dense(n.pattern, n.shape))
        case Add():
            return _each(add, *args)
        case Einsum():
            return _product(n, args)
        case Apply():
            return _applied(n, args)
        case Variable():
            raise FormulaError(f"the variable {n.name} has no entries here")
    raise FormulaError(f"a {type(n).__name__.lower()} is not written out entry by entry")


def _applied(n: Apply, args: list[Entries]) -> Entries:
    if n.op is cast_op and np.dtype(dict(n.params)["dtype"]).kind == "f":
        return args[0]
    if n.op in ROWS:
        (x,) = args
        rows = [ROWS[n.op](list(row)) for row in x.reshape(-1, x.shape[-1])]
        return _array(np.ravel(np.array(rows, dtype=object)), tuple(map(int, n.shape)))
    if not n.op.elementwise:
        raise FormulaError(f"{n.op.name} is not written out entry by entry")
    return _each(lambda *x: n.op(*x, **dict(n.params)), *args)


def _logsumexp(row: list[Expr]) -> Expr:
    return log(add(*map(exp, row)))


def _softmax(row: list[Expr]) -> list[Expr]:
    total = add(*map(exp, row))
    return [divide(exp(x), total) for x in row]


def _norm(row: list[Expr]) -> Expr:
    return length(add(*(multiply(x, x) for x in row)))


ROWS: dict[Any, Any] = {
    logsumexp: _logsumexp, softmax: _softmax, norm: _norm, product_op: lambda row: multiply(*row),
}  # fmt: skip


def _product(n: Einsum, args: list[Entries]) -> Entries:
    """Each entry as a sum of products; a product with a factor 0 is left out."""
    sizes = {i: int(s) for i, s in n.label_sizes().items()}
    summed = [i for i in sizes if i not in n.out]
    result = np.empty(tuple(sizes[i] for i in n.out), dtype=object)
    for place in np.ndindex(*result.shape):
        at = dict(zip(n.out, place, strict=True))
        terms = []
        for inner in itertools.product(*(range(sizes[i]) for i in summed)):
            at.update(zip(summed, inner, strict=True))
            factors = [a[tuple(at[i] for i in labels)] for labels, a in zip(n.indices, args, strict=True)]
            terms.append(contract([((), f) for f in factors], ()))
        result[place] = add(*terms) if terms else constant(0)
    return result


def _numbers(value: np.ndarray) -> Entries:
    return _array([constant(x.item()) for x in value.ravel()], value.shape)


def _array(entries: Any, shape: tuple[int, ...]) -> Entries:
    found = np.empty(len(entries), dtype=object)
    for k, e in enumerate(entries):
        found[k] = e
    return found.reshape(shape)


def _filled(shape: tuple[int, ...], make: Any) -> Entries:
    return _array([make() for _ in range(prod(shape))], shape)


def _each(function: Any, *args: Entries) -> Entries:
    """Entry by entry; numbers go with every entry."""
    arrays = np.broadcast_arrays(*args)
    return _array([function(*x) for x in zip(*(a.ravel() for a in arrays), strict=True)], arrays[0].shape)


def vector_entries(variables: Sequence[Variable]) -> Entries:
    """Numbers as the entries of a vector."""
    return _array(list(variables), (len(variables),))
