"""The dense value of a notation tree, by what each kind means: a judge of what is printed besides reading it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from steepest.expr.dimension import Shape
from steepest.expr.node import Constant, Expr
from steepest.expr.number import numeric_value
from steepest.expr.pattern import dense
from steepest.formula import notation as nt
from steepest.formula.notation import Notation, parts
from steepest.formula.printing import Formula

Values = Mapping[Expr, Any]
Axes = Mapping[str, int]
FUNCTIONS_OF_SIGNS: dict[str, Callable[..., Any]] = {
    "<": np.less, "≤": np.less_equal, ">": np.greater, "≥": np.greater_equal, "=": np.equal, "≠": np.not_equal,
}  # fmt: skip


def evaluate(formula: Formula, values: Values) -> np.ndarray:
    """The value of a formula at the given values of its variables."""
    known = dict(values)
    for symbol, definition in formula.definitions:
        known[symbol.of] = value_of(definition, known)
    return value_of(formula.main, known)


def value_of(n: Notation, values: Values) -> np.ndarray:
    """The value of a notation tree at the given values of what its symbols stand for."""
    with np.errstate(all="ignore"):  # what a condition does not choose may be anything
        return np.asarray(_value(n, values, {}))


def _value(n: Notation, values: Values, axes: Axes) -> Any:
    match n:
        case nt.Symbol(_, of):
            return np.asarray(of.value if isinstance(of, Constant) else values[of])
        case nt.Differential() | nt.Rate() | nt.DifferenceQuotient():
            return np.asarray(values[n.variable])
        case nt.Number(of):
            return np.asarray(numeric_value(of))
        case nt.Ones(size):
            return np.ones(size)
        case nt.Identity(size):
            return np.eye(size)
        case nt.Basis(position, size):
            return np.eye(size)[position]
        case nt.Patterned(pattern, shape):
            return dense(pattern, shape)
        case nt.Commutation(of):
            return _commutation(*of.of.shape)
        case nt.Array(letters, sizes, body):
            return _array(letters, sizes, body, values)
        case nt.SumOver() if not axes:
            return _array((), (), n, values)
        case nt.SumOver(letters, sizes, body):
            return _sum_over(letters, sizes, _value(body, values, axes), axes)
        case nt.Entry(of, letters):
            return _entry(_value(of, values, {}), letters, axes)
    return _combined(n, [_value(p, values, axes) for p in parts(n)])


def _combined(n: Notation, args: list[Any]) -> Any:
    """The value of a node from those of its parts."""
    match n:
        case nt.Fill(_, shape):
            return np.broadcast_to(args[0], shape)
        case nt.Transpose():
            return args[0].T
        case nt.Product():
            return _chain(args)
        case nt.Outer():
            return np.outer(*args)
        case nt.Scaled() | nt.Entrywise():
            return _selected_product(n.factors, args)
        case nt.Quotient():
            return np.true_divide(*args)
        case nt.Power():
            return args[0] ** args[1] if np.all(args[1] >= 0) else np.power(np.asarray(args[0], float), args[1])
        case nt.Sum():
            return sum(args[1:], start=args[0])
        case nt.Diagonal():
            return np.diag(args[0])
        case nt.DiagonalOf():
            return np.diagonal(args[0])
        case nt.Trace():
            return np.trace(args[0])
        case nt.Total():
            return np.sum(args[0])
        case nt.Norm():
            return np.sqrt(np.sum(np.abs(args[0]) ** 2))
        case nt.Norm1():
            return np.sum(np.abs(args[0]))
        case nt.NormSquared():
            return np.sum(args[0] * args[0])
        case nt.MatrixPower(_, exponent):
            return np.linalg.matrix_power(args[0], exponent)
        case nt.Kronecker():
            return np.kron(*(_as_matrix(p, a) for p, a in zip(parts(n), args, strict=True)))
        case nt.Vec():
            return args[0].reshape(-1, order="F")
        case nt.Unstacked(_, shape, rows):
            return unstacked(args[0], shape, rows)
        case nt.Function(op, _, params):
            return op.numpy(*args, **dict(params))
        case nt.Relation(sign):
            return FUNCTIONS_OF_SIGNS[sign](*args)
        case nt.Iverson():
            return np.asarray(args[0]).astype(bool).astype(float)
        case nt.Cases():
            return np.where(args[0] != 0, *args[1:])
        case nt.Sliced(_, int(position)):
            return args[0][position]
        case nt.Sliced(_, rows) if isinstance(rows, nt.Range):
            return args[0][rows.start + rows.step * np.arange(rows.count)]
        case nt.Chosen():
            return args[0][args[1]]
    raise TypeError(f"{type(n).__name__} is not a kind of notation")


def _chain(args: list[Any]) -> Any:
    result = args[0]
    for a in args[1:]:
        result = result @ a
    return result


def _as_matrix(n: Notation, value: Any) -> Any:
    """A vector as a column, its transpose as a row."""
    if value.ndim != 1:
        return value
    return value[None, :] if isinstance(n, nt.Transpose) else value[:, None]


def _commutation(rows: int, columns: int) -> np.ndarray:
    places = np.arange(rows * columns).reshape((rows, columns), order="F")
    return np.eye(rows * columns)[places.T.reshape(-1, order="F")]


def _selected_product(factors: tuple[Notation, ...], args: list[Any]) -> Any:
    """The product; where a condition fails it is 0, whatever the other factors are."""
    masks = [a for f, a in zip(factors, args, strict=True) if isinstance(f, nt.Iverson)]
    rest = [a for f, a in zip(factors, args, strict=True) if not isinstance(f, nt.Iverson)]
    product: Any = 1
    for a in rest:
        product = product * a
    for mask in masks:
        product = np.where(mask != 0, product, 0)
    return product


# --- indices: every letter is an axis ------------------------------------------------------------------


def _array(letters: nt.Letters, sizes: tuple[int, ...], body: Notation, values: Values) -> np.ndarray:
    bound = list(dict.fromkeys([*letters, *_bound_letters(body)]))
    axes = {c: k for k, c in enumerate(bound)}
    value = np.asarray(_value(body, values, axes))
    value = value.reshape((1,) * (len(bound) - value.ndim) + value.shape)
    value = value.reshape(value.shape[: len(letters)])
    return np.broadcast_to(value, sizes)


def unstacked(matrix: np.ndarray, shape: Shape, rows: int) -> np.ndarray:
    """The array of which `matrix` is the matrix: the inverse of `stacked`."""
    first, last = shape[:rows], shape[rows:]
    tensor = np.reshape(matrix, (*first[::-1], *last[::-1]))
    return tensor.transpose(*range(rows)[::-1], *range(rows, len(shape))[::-1])


def _bound_letters(n: Notation) -> list[str]:
    """Letters of the sums inside; entries of other arrays have their own."""
    if isinstance(n, nt.Entry):
        return []
    own = list(n.letters) if isinstance(n, nt.SumOver) else []
    return own + [c for p in parts(n) for c in _bound_letters(p)]


def _sum_over(letters: nt.Letters, sizes: tuple[int, ...], value: Any, axes: Axes) -> np.ndarray:
    value = np.asarray(value)
    value = value.reshape((1,) * (len(axes) - value.ndim) + value.shape)
    shape = list(value.shape)
    for c, size in zip(letters, sizes, strict=True):
        shape[axes[c]] = int(size)
    places = tuple(axes[c] for c in letters)
    return np.sum(np.broadcast_to(value, shape), axis=places, keepdims=True)


def _entry(base: Any, letters: nt.Letters, axes: Axes) -> np.ndarray:
    """The array with each axis at the place of its letter; a letter that occurs twice reads the diagonal."""
    base = np.asarray(base)
    distinct = sorted(set(letters), key=lambda c: axes[c])
    picked = np.einsum(base, [axes[c] for c in letters], [axes[c] for c in distinct])
    shape = [1] * len(axes)
    for c, size in zip(distinct, picked.shape, strict=True):
        shape[axes[c]] = size
    return picked.reshape(shape)
