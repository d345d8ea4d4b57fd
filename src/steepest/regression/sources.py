"""Rows of a linear model from arrays, memory maps, or chunks that come one after another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, DataError

from . import validation
from .double_double import exact
from .estimator import names_of_columns
from .rows import Block, Rows, cut, power_of_two, unit_of

GROWTH = 2.0**200  # of a column after the first chunk, whose entries its scale is taken from
Chunk = tuple[np.ndarray, np.ndarray, np.ndarray | None]  # X (m, n_features), y (m, k), weights


@dataclass(frozen=True)
class Layout:
    """What the model adds to the data: a column of ones or none, and the penalty on the slopes."""

    intercept: bool
    alpha: float

    def rows(
        self, chunks: Callable[[], Iterator[Chunk]], sizes: tuple[np.ndarray, np.ndarray],
        units: tuple[float, float], again: bool,
    ) -> Rows:  # fmt: skip
        """Rows of chunks whose columns and responses have about the given sizes, and were rounded with these units."""
        validation.require_range(sizes[0], "X")
        validation.require_range(sizes[1], "y")
        free = int(self.intercept)
        scale = np.concatenate([np.ones(free), power_of_two(sizes[0])])
        y_scale = power_of_two(sizes[1])
        penalty = np.concatenate([np.zeros(free), self.alpha / scale[free:] / scale[free:]])

        def blocks() -> Iterator[Block]:
            for X, y, w in chunks():
                for part in cut(len(X), len(scale)):
                    keep = slice(None) if w is None else w[part] > 0
                    design = np.asarray(X[part], dtype=float)[keep]
                    ones = np.ones((len(design), free))
                    yield Block(
                        exact(np.hstack([ones, design]) / scale),
                        y[part][keep] / y_scale,
                        None if w is None else w[part][keep],
                    )

        return Rows(blocks, len(scale), len(y_scale), penalty, free, scale, y_scale, again, units)


def rows_of_arrays(X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, layout: Layout) -> Rows:
    """Rows of checked arrays; `X` may be a memory map, which is read block by block."""
    largest = np.zeros(X.shape[1])
    for part in cut(*X.shape):
        largest = np.maximum(largest, np.max(np.abs(X[part].astype(float, copy=False)), axis=0))
    sizes, units = (largest, np.max(np.abs(y), axis=0)), (unit_of(X.dtype), unit_of(y.dtype))
    return layout.rows(lambda: iter([(X, y, weight)]), sizes, units, again=True)


@dataclass(frozen=True)
class Chunks:
    """Checked chunks: the rows, how many predictors there are, and the shape of one response."""

    rows: Rows
    features: int
    flat: bool  # the responses are numbers, not rows of several
    first: Any  # X of the first chunk as given, for the names of its columns


def rows_of_chunks(chunks: Iterable[Any] | Callable[[], Iterable[Any]], layout: Layout) -> Chunks:
    """Rows of an iterable of ``(X, y)`` or ``(X, y, sample_weight)``, or of a function that gives one.

    A list, or a function, can be gone through again, which refinement needs; an iterator only once. Raises DataError
    where chunks do not fit together, or are others at the second pass.
    """
    again = callable(chunks) or iter(chunks) is not chunks

    def begin() -> Iterator[Any]:
        return iter(chunks() if callable(chunks) else chunks)

    def filled(given: Iterator[Any]) -> Iterator[tuple[int, Any]]:
        """The chunks that have rows, each with its number."""
        return ((k, chunk) for k, chunk in enumerate(given) if not _is_empty(chunk))

    source = begin()
    again = again and begin() is not source  # a function that gives the same iterator each time
    once = filled(source)
    try:
        place, head = next(once)
    except StopIteration:
        raise DataError("there are no chunks with rows: fit_chunks needs at least one (X, y)") from None
    X, y, _ = _checked(head, place)
    names = names_of_columns(head[0])
    features, flat, outputs = X.shape[1], y.ndim == 1, 1 if y.ndim == 1 else y.shape[1]

    sizes = np.max(np.abs(X.astype(float)), axis=0), np.max(np.abs(y.reshape(-1, outputs)), axis=0)
    seen: list[tuple[int, float, float]] = []  # of each pass: rows, the sums of X and y

    def checked() -> Iterator[Chunk]:
        count, sum_x, sum_y = 0, 0.0, 0.0
        for k, chunk in filled(begin()) if again else itertools.chain([(place, head)], once):
            X, y, w = _checked(chunk, k)
            if X.shape[1] != features or (y.ndim == 1) is not flat or (not flat and y.shape[1] != outputs):
                raise DataError(
                    f"chunk {k} has X of shape {X.shape} and y of shape {y.shape}; the first had {features} columns"
                    f" and {'one response' if flat else f'{outputs} responses'} a row"
                )
            here = names_of_columns(chunk[0])
            if names is not None and here is not None and here.tolist() != names.tolist():
                raise DataError(f"chunk {k} has the columns {', '.join(here)}; the first had {', '.join(names)}")
            _require_like(X, sizes[0], f"X in chunk {k}")
            _require_like(y.reshape(-1, outputs), sizes[1], f"y in chunk {k}")
            count, sum_x, sum_y = count + len(X), sum_x + float(np.sum(X)), sum_y + float(np.sum(y))
            yield X, y.reshape(-1, outputs), w
        seen.append((count, sum_x, sum_y))
        if seen[0] != seen[-1]:
            raise DataError(
                f"the chunks are not the same at each pass: {seen[0][0]} rows that sum to {seen[0][1]:.6g}, then"
                f" {count} that sum to {sum_x:.6g}\n    A function must begin anew at each call."
            )

    units = unit_of(X.dtype), unit_of(y.dtype)
    return Chunks(layout.rows(checked, sizes, units, again), features, flat, head[0])


def _is_empty(chunk: Any) -> bool:
    """Whether a chunk has no rows, neither of X nor of y; what is no chunk is not empty."""
    return isinstance(chunk, tuple) and len(chunk) > 1 and all(np.shape(part)[:1] == (0,) for part in chunk[:2])


def _require_like(a: np.ndarray, sizes: np.ndarray, name: str) -> None:
    """Raise DataError where a column is so much larger than in the first chunk, (p,), that its squares overflow."""
    here = np.max(np.abs(a.astype(float)), axis=0)
    bad = here > GROWTH * power_of_two(sizes)
    if bad.any():
        c = int(np.argmax(bad))
        raise DataError(
            f"column {c} of {name} has entries of {here[c]:.1e}, in the first chunk of {sizes[c]:.1e}"
            "\n    Scale it, or begin with a chunk of the usual size."
        )


def _checked(chunk: Any, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    if not isinstance(chunk, tuple) or len(chunk) not in (2, 3):
        raise ArgumentError(f"chunk {k} is no tuple (X, y) or (X, y, sample_weight): {type(chunk).__name__}")
    try:
        X = validation.matrix(chunk[0])
        y = validation.response(chunk[1], len(X))
        return X, y, _weights(chunk[2], len(X)) if len(chunk) == 3 else None
    except DataError as error:
        raise DataError(f"in chunk {k}: {error}") from error


def _weights(given: Any, rows: int) -> np.ndarray | None:
    """Weights of a chunk, which may all be zero as long as those of another are not."""
    if given is not None and np.shape(given) == (rows,) and not np.any(given):
        return np.zeros(rows)
    return validation.weights(given, rows)
