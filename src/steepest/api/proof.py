"""The proof of a formula: its value against forward mode, reverse mode and numeric differences."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from steepest.errors import FormulaError, NonFiniteError
from steepest.frontends.trees import flatten
from steepest.verify.compare import compare_jacobian
from steepest.verify.report import CheckReport

from .declaration import Declaration, assigned_sizes, shape_of, turned
from .every_way import by_every_way, merged, unless_rounding
from .examples import is_steady, points
from .meaning import Meaning, structure_of

SIZES = (2, 3, 4, 5, 6, 7, 8, 9)
LONGER = 30  # by which sizes grow where an index is out of bounds


def example_arguments(
    value: Callable[..., Any], declarations: Sequence[Declaration], seed: int, sizes: Sequence[int] = SIZES
) -> list[Any]:
    """Random arguments of declared shapes and distinct small sizes at which `value` is finite."""
    small = assigned_sizes(declarations, sizes)
    large = {name: length + LONGER for name, length in small.items()}
    facts = [d.facts for d in declarations]
    places = (
        points([shape_of(d, lengths) for d in declarations], seed, facts) for lengths in (small, turned(small), large)
    )
    found = []
    for arrays in chain.from_iterable(zip(*places, strict=True)):
        args = [a if a.ndim else float(a) for a in arrays]
        with np.errstate(all="ignore"), contextlib.suppress(np.linalg.LinAlgError, NonFiniteError, IndexError):
            values = flatten(value(*args))[0]
            if all(np.isfinite(out).all() for out in values):
                if is_steady(value, args, values):
                    return args
                found.append(args)
    if not found:
        raise FormulaError("no point was found where the function is defined, so it cannot be checked")
    return found[0]


def prove_value(value: Callable[..., Any], declarations: Sequence[Declaration], seed: int) -> CheckReport:
    """A function: its derivative by every variable, all ways."""
    args = example_arguments(value, declarations, seed)
    return by_every_way(value, args, range(len(args)))


def prove_derivative(
    derivative: Callable[..., Any], parent: Callable[..., Any], by: int, declarations: Sequence[Declaration], seed: int,
    meaning: Meaning = Meaning.UNCONSTRAINED,
) -> CheckReport:  # fmt: skip
    """A derivative formula: its value against the parent's, forward, reverse and numeric.

    In another meaning than the unconstrained one the parent is a function of what varies freely.
    """
    args = example_arguments(parent, declarations, seed)
    ours = np.asarray(derivative(*args))
    structure = structure_of(declarations[by].facts)
    to_whole: Callable[[Any], Any] = _unchanged
    parent_of_free = parent  # as it is: what is called inside another function is traced less far
    if meaning is not Meaning.UNCONSTRAINED and structure is not None:
        to_whole, to_free = structure.maps(meaning)
        args[by] = to_free(args[by])

        def parent_of_free(*a: Any) -> Any:
            return parent(*a[:by], to_whole(a[by]), *a[by + 1 :])

    def derivative_at(x: Any) -> np.ndarray:
        return np.asarray(derivative(*args[:by], to_whole(x), *args[by + 1 :]))

    x = np.asarray(args[by])
    report = compare_jacobian(lambda x: parent_of_free(*args[:by], x, *args[by + 1 :]), x, ours)
    modes = by_every_way(parent_of_free, args, [by])
    return merged([unless_rounding(replace(report, paths=("formula", *modes.paths)), [derivative_at], x), modes])


def _unchanged(x: Any) -> Any:
    return x
