"""What is wrong with a derivative, in words: a sign, a factor, a transpose, a missing term, one entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
FEW = 4  # entries that are named one by one
SAME = 1e-6  # a factor that is 1 explains nothing


@dataclass(frozen=True)
class Comparison:
    """A given derivative and a numeric one of the same shape, with the gap that is allowed in each entry."""

    given: Values
    numeric: Values
    allowed: Values
    size: int  # entries of the derivative, which may be compared along a few directions only

    @property
    def wrong(self) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = ~(np.abs(self.given - self.numeric) <= self.allowed)  # NaN is wrong
        return mask

    def explained_by(self, candidate: Values, stretch: float = 1.0) -> bool:
        """Whether `candidate`, made from the given derivative, is right in every entry."""
        return bool(np.all(np.abs(candidate - self.numeric) <= max(1.0, stretch) * self.allowed))


def diagnose(comparison: Comparison) -> str:
    """The simplest explanation of what is wrong with the entries; the first that holds."""
    found = (explain(comparison) for explain in EXPLANATIONS)
    return next(filter(None, found), "") or _entries(comparison)


def diagnose_directions(comparison: Comparison) -> str:
    """What is wrong with directional derivatives, where every one is wrong in the same way; else nothing."""
    return _sign(comparison) or _factor(comparison)


def _not_finite(c: Comparison) -> str:
    where = np.argwhere(~np.isfinite(c.given) & c.wrong)
    return f"it is not finite at entry {_index(where[0])}, where the function is smooth" if len(where) else ""


def _sign(c: Comparison) -> str:
    return "the sign is wrong: the negative of it is right" if c.explained_by(-c.given) else ""


def _factor(c: Comparison) -> str:
    weight = np.where(c.allowed > 0, 1 / np.where(c.allowed > 0, c.allowed, 1.0), 0.0)
    # Least squares in units of the allowed gap.
    square = float(np.sum((c.numeric * weight) ** 2))
    factor = float(np.sum(c.given * weight * c.numeric * weight)) / square if square > 0 else 0.0
    if factor == 0 or not np.isfinite(factor) or c.given.size < 2 or np.all(c.given == 0):
        return ""
    if not c.explained_by(c.given / factor, 1 / abs(factor)) or abs(factor - 1) <= SAME:
        return ""
    rounded = [float(f"{max(factor, 1 / factor, key=abs):.{digits}g}") for digits in range(1, 7)]
    shorter = rounded if abs(factor) > 1 else [1 / r for r in rounded]
    factor = next((s for s in shorter if c.explained_by(c.given / s, 1 / abs(s))), factor)  # no digits of noise
    if abs(factor) > 1:
        return f"the factor {factor:.6g} is too much: divided by {factor:.6g} it is right{_named(factor, c.size)}"
    missing = 1 / factor
    return f"the factor {missing:.6g} is missing: {missing:.6g} times it is right{_named(missing, c.size)}"


def _named(factor: float, size: int) -> str:
    return f" (it has {size} entries)" if np.isclose(abs(factor), size, rtol=1e-4) else ""


def _transpose(c: Comparison) -> str:
    shape = c.given.shape
    if len(shape) != 2 or shape[0] != shape[1] or not c.explained_by(c.given.T):
        return ""
    return "it is transposed: the transpose of it is right"


def _constant(c: Comparison) -> str:
    gap = c.given - c.numeric
    shift = float(np.mean(gap))
    if c.given.size < FEW or not c.explained_by(c.given - shift):
        return ""
    return f"a constant term is wrong: every entry is {shift:.6g} too large"


def _missing(c: Comparison) -> str:
    wrong = c.wrong
    if not np.all(c.given[wrong] == 0):
        return ""
    if np.all(wrong | (c.numeric == 0)) or np.all(c.given == 0):
        return "it is zero, but the function does change with its input: the dependence is missing"
    return f"a dependence is missing: {_places(wrong)} zero, but the function does change with {_them(wrong)}"


def _entries(c: Comparison) -> str:
    wrong = np.argwhere(c.wrong)
    shown = "; ".join(describe(_index(i), c.given[tuple(i)], c.numeric[tuple(i)]) for i in wrong[:FEW])
    more = "" if len(wrong) <= FEW else f"; and {len(wrong) - FEW} more of {c.given.size}"
    return shown + more


def describe(index: str, given: float, numeric: float) -> str:
    """One wrong entry."""
    return f"entry {index} is {given:.8g}, should be {numeric:.8g}"


def _places(mask: NDArray[np.bool_]) -> str:
    where = np.argwhere(mask)
    if len(where) == 1:
        return f"entry {_index(where[0])} is"
    return f"{len(where)} entries, the first {_index(where[0])}, are"


def _them(mask: NDArray[np.bool_]) -> str:
    return "it" if np.count_nonzero(mask) == 1 else "them"


def _index(i: NDArray[np.intp]) -> str:
    return str(tuple(int(k) for k in i))


EXPLANATIONS: tuple[Callable[[Comparison], str], ...] = (_not_finite, _missing, _sign, _transpose, _factor, _constant)
