"""The proof of a formula: its value against forward mode, reverse mode and numeric differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from steepest.verify.compare import compare_jacobian
from steepest.verify.report import CheckReport

from .check import check, merged
from .declaration import Declaration, example_array, shape_of, size_names

SIZES = (4, 3, 5, 2, 6, 7, 8, 9)


def example_arguments(declarations: Sequence[Declaration], seed: int) -> list[Any]:
    """Random arguments of declared shapes, of distinct small sizes."""
    names = size_names(declarations)
    sizes = dict(zip(names, SIZES[: len(names)], strict=True))
    arrays = [example_array(shape_of(d, sizes), seed + k) for k, d in enumerate(declarations)]
    return [a if a.ndim else float(a) for a in arrays]


def prove_value(value: Callable[..., Any], declarations: Sequence[Declaration], seed: int) -> CheckReport:
    """A function: its derivative by every variable, all ways."""
    args = example_arguments(declarations, seed)
    return check(value, *args, argnums=tuple(range(len(args))))


def prove_derivative(
    derivative: Callable[..., Any], parent: Callable[..., Any], by: int, declarations: Sequence[Declaration], seed: int
) -> CheckReport:
    """A derivative formula: its value against the parent's, forward, reverse and numeric."""
    args = example_arguments(declarations, seed)
    ours = np.asarray(derivative(*args))
    report = compare_jacobian(lambda x: parent(*args[:by], x, *args[by + 1 :]), np.asarray(args[by]), ours)
    modes = check(parent, *args, argnums=by)
    return merged([replace(report, paths=("formula", *modes.paths)), modes])

