"""Explanations that need no formula: a sign, a factor, a transpose, swapped entries, one row.

Each takes the evidence and returns a `Finding` or None; all points must be accounted for.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np

from .constants import named, simple, told_sizes
from .evidence import Evidence, Values
from .mistake import Finding, Mistake

Explanation = Callable[[Evidence], Finding | None]
FEW = 3  # entries that are named one by one
MOST_PERMUTED = 5000


def _not_finite(e: Evidence) -> Finding | None:
    for given in e.given:
        where = np.argwhere(~np.isfinite(given))
        if len(where):
            words = f"it is not finite at entry {_index(where[0])}, where the function is smooth"
            return Finding(Mistake.NOT_FINITE, words)
    return None


def _zero(e: Evidence) -> Finding | None:
    """Entries that are always 0 where the right ones are not."""
    wrong = e.differing()
    if all(np.all(r == 0) for r in e.right):
        return Finding(Mistake.EXTRA_TERM, "the function does not change with this input: the derivative is 0")
    if not all(np.all(g[wrong] == 0) for g in e.given) or not np.any(wrong):
        return None
    if all(np.all(g == 0) for g in e.given):
        return Finding(Mistake.ZERO, "it is zero, but the function does change with its input")
    where = np.argwhere(wrong)
    places = (
        f"entry {_index(where[0])} is"
        if len(where) == 1
        else f"{len(where)} entries, the first {_index(where[0])}, are"
    )
    return Finding(
        Mistake.ZERO, f"a dependence is missing: {places} zero, but the function does change with that input"
    )


def _factor(e: Evidence) -> Finding | None:
    """The sign, or a factor with a simple name; of one number at one point that says nothing."""
    c = e.factor(e.right)
    if c is None or abs(c) <= e.part:
        return None
    if abs(c + 1) <= e.part * 4:
        return Finding(Mistake.SIGN, "the sign is wrong: the negative of it is right")
    if simple(c, e.sizes) is None and simple(1 / c, e.sizes) is None:
        return None
    return Finding(Mistake.FACTOR, factor_words(c, e, "it"))


def explain_factor(e: Evidence) -> Finding | None:
    """A constant factor without a simple name."""
    c = e.factor(e.right)
    return None if c is None or abs(c) <= e.part else Finding(Mistake.FACTOR, factor_words(c, e, "it"))


def factor_words(c: float, e: Evidence, what: str) -> str:
    """`what` is c times what it should be."""
    if abs(c) > 1:
        text = named(c, e.sizes)
        return f"the factor {text}{told_sizes(text, e.sizes)} is too much: divided by it, {what} is right"
    text = named(1 / c, e.sizes)
    return f"the factor {text}{told_sizes(text, e.sizes)} is missing: {text} times {what} is right"


def _transpose(e: Evidence) -> Finding | None:
    if len(e.shape) != 2 or e.shape[0] != e.shape[1] or e.shape[0] < 2:
        return None
    c = e.factor([r.T for r in e.right])
    if c is None or abs(c) <= e.part:
        return None
    also = "" if abs(c - 1) <= 4 * e.part else f", and {factor_words(c, e, 'that')}"
    return Finding(Mistake.TRANSPOSE, f"it is transposed: the transpose of it is right{also}")


def explain_shift(e: Evidence) -> Finding | None:
    """The same constant too much in every entry, at every point."""
    if e.data < 4 or e.right[0].size < 2:
        return None
    shift = float(np.mean(e.given[0] - e.right[0]))
    if shift == 0 or not e.explains([r + shift for r in e.right]):
        return None
    return Finding(Mistake.SHIFT, f"a constant term is wrong: every entry is {shift:.6g} too large")


def _reversed_or_rolled(e: Evidence) -> Finding | None:
    """The entries in another order: reversed, moved along an axis, two exchanged."""
    if len(e.shape) == 0 or max(e.shape) < 2:
        return None
    moves: list[tuple[str, Callable[[Values], Values]]] = []
    for axis, n in enumerate(e.shape):
        along = f" along axis {axis}" if len(e.shape) > 1 else ""
        moves.append((f"the entries are in reverse order{along}", lambda r, a=axis: np.flip(r, a)))  # type: ignore[misc]
        for k in (1, -1) if n > 2 else ():
            words = f"the entries are moved by one place{along}"
            moves.append((words, lambda r, a=axis, k=k: np.roll(r, k, a)))  # type: ignore[misc]
    found = next((words for words, move in moves if e.explains([move(r) for r in e.right])), "")
    return Finding(Mistake.SWAPPED, found) if found else _exchanged(e)


def _exchanged(e: Evidence) -> Finding | None:
    """Few entries hold each other's values; or whole rows do."""
    wrong = np.argwhere(e.differing())
    if 2 <= len(wrong) <= FEW:
        for order in permutations(range(len(wrong))):
            if all(k != i for k, i in enumerate(order)) and e.explains([_permuted(r, wrong, order) for r in e.right]):
                places = " and ".join(map(_index, wrong))
                return Finding(Mistake.SWAPPED, f"the entries {places} are swapped")
    for axis in range(len(e.shape) if len(e.shape) == 2 else 0):
        lines = np.flatnonzero(np.any(e.differing(), axis=1 - axis))
        if len(lines) == 2:
            order_of_lines = np.arange(e.shape[axis])
            order_of_lines[lines] = lines[::-1]
            if e.explains([np.take(r, order_of_lines, axis) for r in e.right]):
                return Finding(Mistake.SWAPPED, f"the {LINES[axis]}s {lines[0]} and {lines[1]} are swapped")
    return None


def _permuted(r: Values, places: np.ndarray, order: tuple[int, ...]) -> Values:
    changed = r.copy()
    for k, i in enumerate(order):
        changed[tuple(places[k])] = r[tuple(places[i])]
    return changed


LINES = ("row", "column")


def _single_entries(e: Evidence) -> Finding | None:
    """A few entries are wrong, and a good many are right."""
    wrong = np.argwhere(e.differing())
    if not 1 <= len(wrong) <= FEW or e.right[0].size < 4 * len(wrong) - 2:
        return None
    places = [tuple(int(k) for k in place) for place in wrong]
    here = [place for place in places if e.differs_at(place)[0]]
    return Finding(Mistake.ENTRY, "; ".join(_entry(e, place) for place in here or places))


def _entry(e: Evidence, place: tuple[int, ...]) -> str:
    one = Evidence(
        e.points, tuple(g[place].reshape(1) for g in e.given), tuple(r[place].reshape(1) for r in e.right), e.part,
        e.sizes, e.variable,
    )  # fmt: skip
    k = int(np.argmax(e.differs_at(place)))
    words = f"entry {_index(place)} is {e.given[k][place]:.8g}, should be {e.right[k][place]:.8g}"
    c = one.factor(one.right) if len(one.points) > 1 else None
    return words if c is None or abs(c) <= e.part else f"{words}: it is {named(c, e.sizes)} times what it should be"


def _line(e: Evidence) -> Finding | None:
    """One row or one column of a matrix is wrong, and the rest right."""
    if len(e.shape) != 2:
        return None
    for axis, line in enumerate(LINES):
        where = np.flatnonzero(np.any(e.differing(), axis=1 - axis))
        if len(where) == 1 and e.shape[axis] > 1:
            only = int(where[0])
            given = tuple(np.take(g, only, axis) for g in e.given)
            right = tuple(np.take(r, only, axis) for r in e.right)
            part = Evidence(e.points, given, right, e.part, e.sizes, e.variable)
            c = part.factor(right)
            more = "" if c is None or abs(c) <= e.part else f": {factor_words(c, e, 'it')}"
            return Finding(Mistake.ROW, f"{line} {only} is wrong, the others are right{more}")
    return None


def _index(place: object) -> str:
    return str(tuple(int(k) for k in place))  # type: ignore[attr-defined]


EXPLANATIONS: tuple[Explanation, ...] = (
    _not_finite, _zero, _factor, _transpose, _reversed_or_rolled, _single_entries, _line,
)  # fmt: skip


def explain_whole(e: Evidence) -> Finding | None:
    """The first explanation that holds."""
    return next(filter(None, (explanation(e) for explanation in EXPLANATIONS)), None)


def entries_in_words(e: Evidence) -> str:
    """The first wrong entries at the first point; how many there are."""
    wrong = np.argwhere(np.abs(e.given[0] - e.right[0]) > e.part * e.scale(0))
    if not len(wrong):
        return "it agrees at this point, but not at points nearby"
    if e.shape == ():
        return f"it is {float(e.given[0]):.8g}, should be {float(e.right[0]):.8g}"
    places = [tuple(int(k) for k in place) for place in wrong[:FEW]]
    shown = "; ".join(f"entry {p} is {e.given[0][p]:.8g}, should be {e.right[0][p]:.8g}" for p in places)
    more = "" if len(wrong) <= FEW else f"; and {len(wrong) - FEW} more of {e.right[0].size} entries are wrong"
    return shown + more
