"""A slow evaluator of expressions, written straight from what the node kinds mean: the oracle for engines.

Every operand of a contraction is spread out over all indices, so that nothing depends on an order of
contraction; every node is computed once and kept in its declared element type.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from steepest.expr.node import Add, Apply, Constant, Delta, Direction, Einsum, Expr, Scan, Structured, Variable
from steepest.expr.number import numeric_value
from steepest.expr.pattern import Affine, dense
from steepest.expr.traversal import toposort

LARGEST = 10**7  # entries of the widest contraction it is asked to write out


def evaluate(outputs: Sequence[Expr], env: Mapping[Variable, Any]) -> list[np.ndarray]:
    """The values of `outputs` where the variables have the values in `env`."""
    found: dict[Expr, Any] = {}
    with np.errstate(all="ignore"):
        for n in toposort(outputs):
            found[n] = _typed(_value(n, [found[a] for a in n.args], env), n)
    return [np.asarray(found[y]) for y in outputs]


def _typed(value: Any, n: Expr) -> Any:
    """In the node's own type; a plain number stays one, so that it takes the type of what it meets."""
    if n.dtype is None or isinstance(n, Structured):  # a Fourier matrix has the precision of its partner
        return value
    assert np.shape(value) == n.shape, f"{n!r} has a value of shape {np.shape(value)}"
    return np.asarray(value).astype(n.dtype)


def _value(n: Expr, args: list[Any], env: Mapping[Variable, Any]) -> Any:
    match n:
        case Variable():
            return env[n]
        case Constant():
            return numeric_value(n) if n.dtype is None else n.value
        case Delta():
            return np.eye(int(n.shape[0]))
        case Structured(pattern=pattern):
            return dense(pattern, n.shape)
        case Add():
            first, *others = (np.asarray(a).astype(np.int64) if np.asarray(a).dtype == bool else a for a in args)
            return sum(others, start=first)  # truth values count as 0 and 1
        case Einsum():
            return _contraction(n, args)
        case Apply(op=op, params=params):
            return op.numpy(*args, **dict(params))
        case Scan():
            return _looped(n, args)
    raise TypeError(f"{type(n).__name__} is not a kind of node")


def _looped(n: Scan, args: list[Any]) -> Any:
    """The last value of a state, or what the steps give, one by one."""
    typed = [np.asarray(a).astype(v.dtype) for a, v in zip(args, n.body.variables, strict=True)]
    states, fixed = typed[: n.states], typed[n.states + n.sequences :]
    sequences = typed[n.states : n.states + n.sequences]
    rows = np.zeros((n.length, *n.shape[1:]), n.dtype)
    steps = range(n.length) if n.direction is Direction.FORWARD else reversed(range(n.length))
    for t in steps:
        values = [*states, *(s[t] for s in sequences), *fixed]
        found = evaluate(n.body.outputs, dict(zip(n.body.variables, values, strict=True)))
        states = found[: n.states]
        rows[t] = found[-1] if n.result == n.states else 0
    return rows if n.result == n.states else states[n.result]


def _contraction(n: Einsum, args: list[Any]) -> np.ndarray:
    """Σ over all indices not in the result.

    A boolean operand chooses where its term counts at all, and so does an array of 0 and 1 given by a rule: a slice
    or a running sum does not see the NaN it leaves out.
    """
    lengths = dict(zip(n.out, map(int, n.shape), strict=True))
    for labels, a in zip(n.indices, args, strict=True):
        lengths.update(zip(labels, np.shape(a), strict=True))
    order = sorted(lengths)
    shape = tuple(lengths[label] for label in order)
    assert math.prod(shape) <= LARGEST, f"a contraction over {shape} is too wide for the reference"
    term: Any = np.ones((), dtype=np.int64)
    chosen: Any = np.ones((), dtype=bool)
    for labels, node, a in zip(n.indices, n.args, args, strict=True):
        spread = _spread(np.asarray(a), labels, order)
        if isinstance(node, Structured) and isinstance(node.pattern, Affine):
            chosen = chosen & (spread != 0)
        elif np.asarray(a).dtype == bool and np.ndim(a) == len(labels) and not isinstance(a, bool):
            chosen = chosen & spread
        else:
            term = term * spread
    full = np.where(chosen, np.broadcast_to(term, shape), 0)
    left = [label for label in order if label in n.out]
    summed = full.sum(axis=tuple(k for k, label in enumerate(order) if label not in n.out))
    return np.transpose(summed, [left.index(label) for label in n.out])


def _spread(a: np.ndarray, labels: tuple[int, ...], order: list[int]) -> np.ndarray:
    """`a` with one axis for each label of `order`; a label read twice is a diagonal."""
    present = sorted(set(labels))
    names = {label: chr(ord("a") + k) for k, label in enumerate(present)}
    read = np.einsum("".join(names[i] for i in labels) + "->" + "".join(names[i] for i in present), a)
    return read.reshape([read.shape[present.index(i)] if i in names else 1 for i in order])
