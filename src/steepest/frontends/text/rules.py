"""What an operator or function asks of the shapes it is given, the shape of the result, and what computes it.

A number among arrays stands for an array filled with it. In NumPy's own texts (`conventions.Dialect`) vectors also
meet the rows of a matrix, as NumPy's broadcasting has it; elsewhere they do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from steepest.frontends.tracing.lifting import broadcast_all
from steepest.frontends.tracing.tracer import call, find_tracers, innermost, to_exprs, to_values, wrap
from steepest.ops.operation import Operation

from .shapes import NUMBER, Shape, axes_of, described, is_matrix, is_row, is_vector, shape_of
from .sizes import Misfit, Size, Sizes

Compute = Callable[..., Any]


@dataclass(frozen=True, slots=True, order=True)
class Index:
    """A letter that counts the entries of an axis, from the place in the text where it begins to mean something."""

    at: int
    letter: str


Letters = tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Operand:
    """What is known of a part of the formula.

    In index notation it is a number for each value of the letters. A product is kept as its factors, until a sum
    or something else asks for their contraction: `factors` has the letters of each.
    """

    shape: Shape
    literal: int | float | None = None  # its value, if it is a plain number
    assumed: str | None = None  # the name that this is a number because of, if it was only taken for one
    size: Size | None = None  # the size it is, if it is one
    factors: tuple[Letters, ...] = ((),)
    truths: tuple[bool, ...] = (False,)  # which factors are conditions

    @property
    def letters(self) -> Letters:
        return tuple(sorted({i for letters in self.factors for i in letters}))

    @property
    def truth(self) -> bool:
        """Whether this is a condition."""
        return all(self.truths) and len(self.truths) == 1


Operands = Sequence[Operand]
Fit = Callable[[Sizes, Operands], tuple[Shape, Compute]]


@dataclass(frozen=True)
class Rule:
    """`fit` gives the shape of the result, and a function of the values of the operands; or it raises `Misfit`."""

    fit: Fit
    needs_array: bool  # whether its use says that the formula is about arrays
    truth: bool = False  # whether the result is a condition
    of_truths: bool = False  # whether conditions are taken as they are, not as the numbers 1 and 0
    indexed: bool = True  # whether it can be applied entry by entry in index notation


def calling(function: Any, **settings: Any) -> Compute:
    """A NumPy function, recorded where an operand is traced."""

    def compute(*values: Any) -> Any:
        return call(function, values, dict(settings))

    return compute


def operation(op: Operation, **params: Any) -> Compute:
    """An operation of this package that no NumPy function is recorded as."""

    def compute(*values: Any) -> Any:
        tracers = list(find_tracers(values))
        if not tracers:
            return op.numpy(*values, **params)
        exprs = to_exprs(values)
        operands = broadcast_all(*exprs) if len(exprs) > 1 else [*map(_lifted, exprs)]
        return wrap(op(*operands, **params), op.numpy(*to_values(values), **params), innermost(tracers), op)

    return compute


def _lifted(x: Any) -> Any:
    return broadcast_all(x)[0]


# --- entry by entry -----------------------------------------------------------------------------------


def entrywise(function: Any) -> Rule:
    """Numbers, or arrays of one shape, and numbers among them."""
    return computed_entrywise(calling(function))


def computed_entrywise(compute: Compute) -> Rule:
    return Rule(partial(_entrywise, compute), needs_array=False)


def entrywise_on_arrays(function: Any) -> Rule:
    """The same, where the very sign says that there are arrays."""
    return Rule(partial(_entrywise, calling(function)), needs_array=True)


def relation(function: Any) -> Rule:
    return Rule(partial(_entrywise, calling(function)), needs_array=False, truth=True, of_truths=True)


def logical(function: Any) -> Rule:
    """Of conditions; a number is one that holds where it is not 0."""

    def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
        if not all(o.truth for o in operands):
            raise Misfit("conditions are needed here, such as x > 0")
        return _entrywise(calling(function), sizes, operands)

    return Rule(fit, needs_array=False, truth=True, of_truths=True)


def chosen(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``a if condition else b``."""
    if not operands[0].truth:
        raise Misfit("a condition is needed, such as x > 0")
    return _entrywise(calling(np.where), sizes, operands)


def held(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``[condition]``."""
    if not operands[0].truth:
        raise Misfit("brackets [ ] hold a condition, such as [x > 0], or entries with letters, such as [x_i y_j]_ij")
    return operands[0].shape, lambda value: value


def selected_product(first: Any, second: Any) -> Any:
    """The product; where a condition fails it is 0, whatever the other factor is."""
    if next(find_tracers((first, second)), None) is None:
        for mask, value in ((first, second), (second, first)):
            if _is_mask(mask) and not _is_mask(value):
                return np.where(mask, value, 0.0)
    product = call(np.multiply, (first, second), {})
    return as_number(product) if _is_mask(first) and _is_mask(second) else product


def as_number(condition: Any) -> Any:
    """1 where it holds, else 0."""
    return call(np.multiply, (condition, 1.0), {})


def _is_mask(value: Any) -> bool:
    return bool(getattr(value, "dtype", None) == np.bool_)


def _entrywise(compute: Compute, sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    arrays = [o.shape for o in operands if o.shape != NUMBER]
    if not arrays:
        return NUMBER, compute
    for shape in arrays[1:]:
        require_same(arrays[0], shape, sizes)
    refuse_assumed(operands, arrays[0], sizes)
    return arrays[0], compute


def refuse_assumed(operands: Operands, shape: Shape, sizes: Sizes) -> None:
    for o in operands:
        if o.assumed:
            raise Misfit(f"{o.assumed} is taken for a number, and meets {described(shape, sizes)}: declare {o.assumed}")


def require_same(a: Shape, b: Shape, sizes: Sizes) -> None:
    same = len(a) == len(b) and [x is None for x in a] == [x is None for x in b]
    if not same or not all(sizes.equate(x, y) for x, y in zip(axes_of(a), axes_of(b), strict=True)):
        raise Misfit(f"{described(a, sizes)} and {described(b, sizes)} do not go together entry by entry")


entrywise_product = Rule(partial(_entrywise, selected_product), needs_array=True, of_truths=True)


# --- NumPy's broadcasting -------------------------------------------------------------------------------


def broadcasting(function: Any) -> Rule:
    """Entry by entry as NumPy has it: the last axes meet, one of length 1 meets all."""
    return Rule(partial(_broadcast, calling(function)), needs_array=False)


def array_multiplication(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """NumPy's ``*``. A matrix times a vector is not what it is in mathematics, so it is asked what is meant."""
    a, b = (o.shape for o in operands)
    if is_matrix(a) and is_vector(b):
        raise Misfit("A * x scales the columns of A in NumPy and is Ax in mathematics: write A @ x, or A @ diag(x)")
    return _broadcast(selected_product, sizes, operands)


def _broadcast(compute: Compute, sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    arrays = [o.shape for o in operands if o.shape != NUMBER]
    if len(arrays) < 2 or any(is_row(shape) for shape in arrays):
        return _entrywise(compute, sizes, operands)
    refuse_assumed(operands, arrays[0], sizes)
    a, b = sorted(map(axes_of, arrays), key=len)
    missing = len(b) - len(a)
    axes = [*b[:missing]]
    for one, other in zip(a, b[missing:], strict=True):
        if 1 in (sizes.find(one), sizes.find(other)):
            axes.append(other if sizes.find(one) == 1 else one)
        elif sizes.equate(one, other):
            axes.append(one)
        else:
            raise Misfit(f"{described(arrays[0], sizes)} and {described(arrays[1], sizes)} do not go together")
    return shape_of(tuple(axes)), compute
