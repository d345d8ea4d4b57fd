"""A given derivative in the shape of the right one: equal shapes, wrong layouts, sums that were forgotten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steepest.verify.mistakes.mistake import Finding, Mistake

CLOSE = 1e-6


@dataclass(frozen=True)
class LaidOut:
    """`values` have the right shape, or are None; `finding` is what is wrong with the shape, `note` what is unusual."""

    values: np.ndarray | None
    finding: Finding | None = None
    note: str = ""


def laid_out(given: np.ndarray, right: np.ndarray) -> LaidOut:
    """The given values in the shape of the right ones. What the shape can be a mistake of shows in the values."""
    shape = right.shape
    if given.shape == shape:
        return LaidOut(given)
    if _without_ones(given.shape) == _without_ones(shape):
        note = f"; its shape {given.shape} holds the same entries as {shape}"
        return LaidOut(given.reshape(shape), note=note)
    has = f"it has shape {given.shape} in place of {shape}"
    if given.shape == shape[::-1] and len(shape) == 2:
        words = f"{has}: it is laid out the other way, its transpose would be right"
        return LaidOut(given.T, Finding(Mistake.LAYOUT, words))
    for k in range(1, len(shape)):
        if given.shape == shape[k:] + shape[:k] and _is_multiple(turned := _rotated(given, len(shape) - k), right):
            words = f"{has}: it is laid out the other way, its last {k} axes should come first"
            return LaidOut(turned, Finding(Mistake.LAYOUT, words))
    if given.size == right.size:
        for order, words in (("C", "row by row"), ("F", "column by column")):
            turned = given.reshape(shape, order=order)  # type: ignore[call-overload]
            if _is_multiple(turned, right):
                return LaidOut(turned, Finding(Mistake.LAYOUT, f"{has}: the entries are listed {words}"))
    return LaidOut(None, _summed(given, right, has))


def _rotated(a: np.ndarray, k: int) -> np.ndarray:
    """The axes from k on, and then the first k."""
    return np.transpose(a, (*range(k, a.ndim), *range(k)))


def _summed(given: np.ndarray, right: np.ndarray, has: str) -> Finding | None:
    """A product entry by entry, whose sum over an axis is right; or a sum too many."""
    for axis in range(given.ndim):
        total = given.sum(axis=axis)
        if total.shape == right.shape and _is_multiple(total, right):
            words = (
                f"a product entry by entry stands where a matrix product should: summed over axis {axis}, it is right"
            )
            return Finding(Mistake.ELEMENTWISE, f"{has}: {words}")
    for axis in (None, *range(right.ndim)):
        total = np.asarray(right.sum(axis=axis))
        if total.shape == given.shape and total.size and _is_multiple(given, total):
            where = "all entries" if axis is None else f"axis {axis}"
            return Finding(Mistake.SHAPE, f"{has}: it is the sum of the right one over {where}")
    if given.shape == 2 * right.shape and right.ndim == 1 and _is_multiple(np.diagonal(given), right):
        return Finding(Mistake.SHAPE, f"{has}: its diagonal is right")
    return None


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _is_multiple(a: np.ndarray, b: np.ndarray) -> bool:
    a, b = a.astype(np.float64), b.astype(np.float64)
    square = float(np.sum(b * b))
    if square == 0 or not np.all(np.isfinite(a)):
        return False
    c = float(np.sum(a * b)) / square
    return c != 0 and bool(np.max(np.abs(a - c * b)) <= CLOSE * np.max(np.abs(a)))
