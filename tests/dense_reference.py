"""What an expression means, written out in full: every operand of a product spread over all labels, then summed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Structured, Variable
from steepest.expr.number import numeric_value
from steepest.expr.pattern import dense
from steepest.expr.traversal import toposort


def dense_values(outputs: list[Expr], env: Mapping[Variable, Any]) -> list[np.ndarray]:
    known: dict[Expr, np.ndarray] = {x: np.asarray(v) for x, v in env.items()}
    for n in toposort(outputs):
        if n not in known:
            known[n] = _value(n, [known[a] for a in n.args])
    return [known[n] for n in outputs]


def _value(n: Expr, args: list[np.ndarray]) -> np.ndarray:
    match n:
        case Constant():
            return np.asarray(numeric_value(n) if n.dtype is None else n.value)
        case Delta():
            return np.eye(int(n.shape[0]))
        case Structured():
            return dense(n.pattern, n.shape)
        case Add():
            return _sum(n, args)
        case Apply():
            return np.asarray(n.op.numpy(*args, **dict(n.params)))
        case Einsum():
            return _product(n, args)
    raise TypeError(type(n))


def _sum(n: Add, args: list[np.ndarray]) -> np.ndarray:
    if n.dtype == bool:
        return np.logical_or.reduce(args)
    return sum(a.astype(int) if a.dtype == bool else a for a in args)  # type: ignore[return-value]


def _product(n: Einsum, args: list[np.ndarray]) -> np.ndarray:
    sizes = dict(zip(n.out, n.shape, strict=True))
    for labels, a in zip(n.indices, args, strict=True):
        sizes.update(zip(labels, a.shape, strict=True))
    order = [*n.out, *(i for i in sizes if i not in n.out)]
    grid = np.indices([sizes[i] for i in order])
    at = dict(zip(order, grid, strict=True))
    product: Any = np.ones(grid.shape[1:], dtype=np.int64)
    chosen = np.ones(grid.shape[1:], dtype=bool)
    for labels, a, node in zip(n.indices, args, n.args, strict=True):
        spread = a[tuple(at[i] for i in labels)]
        if node.dtype == bool:
            chosen &= spread
        else:
            product = product * spread
    product = np.where(chosen, product, 0)
    return product.sum(axis=tuple(range(len(n.out), len(order))))
