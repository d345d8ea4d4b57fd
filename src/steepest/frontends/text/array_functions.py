"""Functions of whole arrays: sums and norms, along an axis where that is said, and functions of matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy.linalg

from steepest.frontends.tracing.tracer import call
from steepest.ops.operation import Operation

from .products import require_square
from .rules import Compute, Operands, Rule, calling, operation
from .shapes import NUMBER, Shape, axes_of, described, is_matrix, is_row, is_vector, length, shape_of
from .sizes import Misfit, Size, Sizes
from .tree import Slice

Settings = Mapping[str, "int | bool | None"]
AXIS, KEEP = "axis", "keepdims"


def _of_one(require: Callable[[Shape, Sizes], None], compute: Compute, alike: bool = False) -> Rule:
    """An array of a kind that is required to a number, or to an array of the same shape."""

    def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
        shape = operands[0].shape
        require(shape, sizes)
        return shape if alike else NUMBER, compute

    return Rule(fit, needs_array=True, indexed=False)


def reduction(compute: Compute) -> Rule:
    """All entries of an array to a number."""
    return _of_one(_require_array, compute)


def _require_array(shape: Shape, sizes: Sizes) -> None:
    if shape == NUMBER:
        raise Misfit("a vector or matrix is needed, not a number")


def reduction_along(function: Any) -> Callable[[Settings], Rule]:
    """The same along one axis, kept with length 1 or not."""

    def configured(settings: Settings) -> Rule:
        _allow(settings, AXIS, KEEP)

        def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
            axes = list(_array_axes(operands))
            compute = calling(function, **settings)
            keeps = bool(settings.get(KEEP))
            if settings.get(AXIS) is None:
                return (shape_of((1,) * len(axes)) if keeps else NUMBER), compute
            axis = _axis(settings, len(axes))
            axes[axis : axis + 1] = [1] if keeps else []
            return shape_of(tuple(axes)), compute

        return Rule(fit, needs_array=True, indexed=False)

    return configured


def same_along(function: Any) -> Callable[[Settings], Rule]:
    """A vector function of each row or column of a matrix."""

    def configured(settings: Settings) -> Rule:
        _allow(settings, AXIS)

        def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
            axes = _array_axes(operands)
            if settings.get(AXIS) is not None:
                _axis(settings, len(axes))
            return operands[0].shape, calling(function, **settings)

        return Rule(fit, needs_array=True, indexed=False)

    return configured


def last_axis(compute: Compute, rank: int, settings: Settings) -> Rule:
    """For each row of an array, what a vector gives: an array with `rank` axes, 1 or none."""

    def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
        axes = _array_axes(operands)
        if settings != {AXIS: -1} or len(axes) < 2:
            raise Misfit("this is a function of vectors; of the rows of a matrix write f(A; rows)")
        return shape_of(axes if rank else axes[:-1]), compute

    return Rule(fit, needs_array=True, indexed=False)


def _array_axes(operands: Operands) -> tuple[Size, ...]:
    shape = operands[0].shape
    if shape == NUMBER or is_row(shape):
        raise Misfit("a vector or matrix is needed where an axis is named")
    return axes_of(shape)


def _allow(settings: Settings, *allowed: str) -> None:
    for name, value in settings.items():
        if name not in allowed:
            raise Misfit(f"the setting {name!r} is not read; known are {' and '.join(allowed)}")
        if (name == KEEP) != isinstance(value, bool) and value is not None:
            raise Misfit(f"{name}={value} has no meaning")


def _axis(settings: Settings, count: int) -> int:
    axis = settings[AXIS]
    assert isinstance(axis, int)
    if not -count <= axis < count:
        raise Misfit(f"there is no axis {axis}; there are {count}")
    return axis % count


# --- of vectors -----------------------------------------------------------------------------------------


def of_vector(compute: Compute, instead: str = "") -> Rule:
    """A vector to a number; `instead` says what there is for a matrix."""
    return _of_one(partial(_require_vector, instead=instead), compute)


def vector_like(compute: Compute, instead: str = "") -> Rule:
    """A vector to a vector of the same length; `instead` says what there is for a matrix."""
    return _of_one(partial(_require_vector, instead=instead), compute, alike=True)


def _require_vector(shape: Shape, sizes: Sizes, instead: str) -> None:
    if not is_vector(shape):
        raise Misfit(f"a vector is needed, not {described(shape, sizes)}" + (f"; {instead}" if instead else ""))


def euclidean(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``‖x‖``; of a tensor, the root of the sum of its squares. Of a matrix there are several norms."""
    shape = operands[0].shape
    if len(shape) > 2:
        return NUMBER, root_of_squares
    _require_vector(shape, sizes, "normF(A) is the root of the sum of a matrix's squares")
    return NUMBER, calling(np.linalg.norm)


def numpy_norm(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``np.linalg.norm``: of a matrix, Frobenius' norm."""
    _require_array(operands[0].shape, sizes)
    return NUMBER, calling(np.linalg.norm)


def root_of_squares(a: Any) -> Any:
    return call(np.sqrt, (call(np.sum, (call(np.square, (a,), {}),), {}),), {})


# --- of matrices ----------------------------------------------------------------------------------------


def of_matrix(compute: Compute) -> Rule:
    """A matrix to a number."""
    return _of_one(_require_matrix, compute)


def of_square(compute: Compute) -> Rule:
    """A square matrix to a number."""
    return _of_one(partial(require_square, what="this"), compute)


def square_like(compute: Compute) -> Rule:
    """A square matrix to one of the same size."""
    return _of_one(partial(require_square, what="this"), compute, alike=True)


def _require_matrix(shape: Shape, sizes: Sizes) -> None:
    if not is_matrix(shape):
        raise Misfit(f"a matrix is needed, not {described(shape, sizes)}")


def square_root(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``A^½`` is the principal root of a square matrix; of other things, that of each entry."""
    shape = operands[0].shape
    if not is_matrix(shape):
        return shape, calling(np.sqrt)
    require_square(shape, sizes, "a root")
    return shape, calling(scipy.linalg.sqrtm)


def of_one_matrix(op: Operation) -> Rule:
    """An operation of a matrix: factors, eigenvalues, …; with the settings that it usually has."""
    settings = op.sample_params[0]

    def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
        shape = operands[0].shape
        _require_matrix(shape, sizes)
        axes: Any = tuple(sizes.find(s) for s in axes_of(shape))
        try:
            found = op.shape(axes, **settings)
        except (TypeError, ValueError):
            raise Misfit(f"{op.text} of {described(shape, sizes)}: its shape is not known") from None
        return shape_of(found), operation(op, **settings)

    return Rule(fit, needs_array=True, indexed=False)


def pseudoinverse(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``A⁺``."""
    shape = operands[0].shape
    _require_matrix(shape, sizes)
    return shape[::-1], calling(np.linalg.pinv)


def solution(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``solve(A, b)`` is A⁻¹b."""
    matrix, right = (o.shape for o in operands)
    require_square(matrix, sizes, "solve")
    if right == NUMBER or is_row(right) or not sizes.equate(axes_of(matrix)[0], axes_of(right)[0]):
        raise Misfit(f"solve(A, b): b is {described(right, sizes)}, and A is {described(matrix, sizes)}")
    return right, calling(np.linalg.solve)


def absolute(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``|x|``; the bars of a matrix may mean its determinant."""
    if is_matrix(operands[0].shape):
        raise Misfit("bars around a matrix can mean two things: write abs(A) or det(A)")
    return operands[0].shape, calling(np.abs)


def diagonal(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``diag``: the matrix with a vector on its diagonal; of a square matrix, its diagonal."""
    shape = operands[0].shape
    if is_vector(shape):
        n: Size = length(shape)
        return (n, n), calling(np.diag)
    require_square(shape, sizes, "diag of a matrix")
    return (shape[0], None), calling(np.diag)


def diagonal_of(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``diagvec``: the diagonal of a square matrix."""
    require_square(operands[0].shape, sizes, "diagvec")
    return (operands[0].shape[0], None), calling(np.diag)


def stacked(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``vec(A)``: the columns of a matrix below each other."""
    shape = operands[0].shape
    if is_vector(shape):
        return shape_of(axes_of(shape)), lambda a: a
    _require_matrix(shape, sizes)
    size = sizes.product(*axes_of(shape))
    return (size, None), lambda a: call(np.reshape, (call(np.transpose, (a,), {}), (-1,)), {})


def commutation(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """The matrix K with K vec(X) = vec(Xᵀ), for the shape of X (Magnus & Neudecker, ch. 3.7)."""
    rows, columns = (sizes.find(s) for s in axes_of(operands[0].shape))
    if not (isinstance(rows, int) and isinstance(columns, int)):
        raise Misfit("K is read where the sizes of its matrix are declared as numbers")
    order = np.arange(rows * columns).reshape(columns, rows).T.ravel()
    matrix = np.eye(rows * columns)[order]
    return matrix.shape, lambda _: matrix


# --- parts ----------------------------------------------------------------------------------------------


def part_shape(shape: Shape, items: tuple[Slice | int | None, ...], computed: Sequence[Shape], sizes: Sizes) -> Shape:
    """The shape of ``x[items]``; None stands for a computed position, or a vector of them."""
    axes = axes_of(shape)
    if is_row(shape) or len(items) > len(axes):
        raise Misfit(f"{described(shape, sizes)} has no part with {len(items)} positions")
    left: list[Size] = []
    rest = iter(computed)
    for size, item in zip(axes, items, strict=False):
        known = sizes.find(size)
        if isinstance(item, Slice):
            left.append(sizes.sliced(known, item))
        elif item is None:
            left.extend(axes_of(next(rest)))
        elif isinstance(known, int) and not -known <= item < known:
            raise Misfit(f"there is no entry {item} of {known}")
    return shape_of((*left, *axes[len(items) :]))
