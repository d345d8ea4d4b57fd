"""A plain function of a list of arrays, called near the values it was captured at, as a vector of real numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .lending import EVERYWHERE, LARGE, Lender, Lending, Move, Places

Array = NDArray[Any]
Arrays = list[Array]
Values = NDArray[np.float64]
Call = Callable[[Arrays], Sequence[Any]]
Noise = Callable[[Arrays], Sequence[Array]]  # how far rounding on the way puts the outputs off at given values

MOST_CALLS = 13
# Of an array with more than LARGE entries so many, chosen at random, are moved, and looked at for their size,
RUN = 256  # in runs of so many: what is not moved then need not even be written as 0


class Leaves:
    """The function with its values, and a count of its calls."""

    def __init__(self, call: Call, values: Sequence[Any], lending: Lending = Lending.READ_ONLY) -> None:
        self._call = call
        self.values = [np.asarray(v) for v in values]
        self.calls = 0
        self.precision = precision(self.values)
        self._lender = Lender(self.values)
        self.lending = lending if self._lender.has_large else Lending.WRITABLE
        self._usual = _usual_sizes(self.values)
        self._moved: list[tuple[Array, NDArray[np.intp]]] = []  # large directions, and the entries they move

    @property
    def calls_left(self) -> int:
        return MOST_CALLS - self.calls

    def outputs(self) -> Arrays:
        """What the function gives at the values."""
        return [np.array(y) for y in self._called([None] * len(self.values))]

    def moved(self, direction: Sequence[Array], t: float, base: Sequence[Array]) -> Values:
        """The derivable outputs at x + t v as one vector; NaN where the function cannot be called there."""
        try:
            moves = [self._move(v, d, t) for v, d in zip(self.values, direction, strict=True)]
            outputs = [np.asarray(y) for y in self._called(moves)]
        except Exception:  # whatever a function says of an input outside its domain
            outputs = []
        if [y.shape for y in outputs] != [b.shape for b in base]:
            return np.full(flat(base, base).shape, np.nan)
        return flat(outputs, base)

    def beside(self, other: Call, direction: Sequence[Array], t: float) -> tuple[Arrays, Arrays] | None:
        """What `other`, which writes into nothing, and the function give at x + t v; None where one gives nothing."""

        def both(arrays: Arrays) -> Sequence[Any]:
            theirs = [np.array(y) for y in other(arrays)]
            return theirs, [np.array(y) for y in self._call(arrays)]

        moves = [self._move(v, d, t) for v, d in zip(self.values, direction, strict=True)]
        try:
            theirs, ours = self._called(moves, both)
        except Exception:  # whatever a function says of an input outside its domain
            return None
        return theirs, ours

    def _called(self, moves: Sequence[Move], call: Call | None = None) -> Sequence[Any]:
        call = call or self._call
        self.calls += 1
        with np.errstate(all="ignore"):
            if self.lending is Lending.READ_ONLY:
                try:
                    return call(self._lender.arrays(moves, Lending.READ_ONLY))
                except Exception:  # it may want to write into what it is given
                    self.calls += 1
            found = call(self._lender.arrays(moves, Lending.WRITABLE))
        self.lending = Lending.WRITABLE
        return found

    def _move(self, value: Array, direction: Array, t: float) -> Move:
        """t v, in the type of x."""
        if not is_derivable(value):
            return None
        places: Places = next((places for large, places in self._moved if large is direction), EVERYWHERE)
        return places, (t * direction.reshape(-1)[places]).astype(value.dtype, copy=False)

    def direction(self, which: Sequence[bool], rng: np.random.Generator) -> Arrays:
        """A direction that moves the entries of the leaves in `which` by half to all of their natural length.

        That is |x|, and for a zero the median of the others. Of large arrays a random choice of entries is moved.
        """
        chosen = zip(self.values, self._usual, which, strict=True)
        return [self._random(v, usual, rng) if moves else np.zeros(v.shape, v.dtype) for v, usual, moves in chosen]

    def _random(self, value: Array, usual: float, rng: np.random.Generator) -> Array:
        if not is_derivable(value):
            return np.zeros(value.shape, value.dtype)
        if value.size <= LARGE:
            return _nudges(value, usual, rng)
        moved = np.zeros(value.shape, value.dtype)
        starts = np.sort(rng.choice(value.size // RUN, LARGE // RUN, replace=False))
        places = (RUN * starts[:, None] + np.arange(RUN)).ravel()
        moved.reshape(-1)[places] = _nudges(value.reshape(-1)[places], usual, rng)
        self._moved.append((moved, places))
        return moved


def is_derivable(a: Array) -> bool:
    """Whether an array is of real or complex floating-point numbers."""
    return a.dtype.kind in "fc"


def precision(arrays: Sequence[Array]) -> float:
    """The spacing of numbers around 1 in the coarsest floating-point type among the arrays."""
    return float(max((np.finfo(a.dtype).eps for a in arrays if is_derivable(a)), default=np.finfo(np.float64).eps))


def nudged(values: Sequence[Array], direction: Sequence[Array], t: float) -> Arrays:
    """x + t v, in the types of x."""
    return [
        np.asarray(v + t * d).astype(v.dtype, copy=False) if is_derivable(v) else v.copy()
        for v, d in zip(values, direction, strict=True)
    ]


def flat(outputs: Sequence[Any], like: Sequence[Array]) -> Values:
    """The outputs that are derivable in `like`, as one real vector; a complex number counts as two."""
    parts = [_real(np.asarray(y), b) for y, b in zip(outputs, like, strict=True) if is_derivable(b)]
    return np.concatenate(parts) if parts else np.zeros(0)


def place(index: int, like: Sequence[Array]) -> str:
    """Which output and entry an index into `flat` is, in words."""
    for k, b in enumerate(like):
        width = (2 if b.dtype.kind == "c" else 1) * b.size * is_derivable(b)
        if index < width:
            entry = tuple(int(i) for i in np.unravel_index(index % max(b.size, 1), b.shape))
            return " ".join(filter(None, (f"output {k}" if len(like) > 1 else "", f"entry {entry}" if entry else "")))
        index -= width
    raise IndexError(index)


def _real(y: Array, like: Array) -> Values:
    if like.dtype.kind == "c":
        return np.concatenate([y.real.ravel(), y.imag.ravel()]).astype(np.float64)
    real: Values = y.real.astype(np.float64).ravel()
    return real


def _usual_sizes(values: Sequence[Array]) -> list[float]:
    """For each leaf the median of its entries that are not 0; where there are none, that of all leaves."""
    magnitudes = [np.abs(_sample(v)).astype(np.float64) if is_derivable(v) else np.zeros(0) for v in values]
    overall = _median(magnitudes, 1.0)
    return [_median([m], overall) for m in magnitudes]


def _sample(v: Array) -> Array:
    """Entries spread over the array, or all if they are not too many."""
    return v.reshape(-1)[:: max(1, v.size // LARGE)]


def _median(magnitudes: Sequence[Values], otherwise: float) -> float:
    known = np.concatenate([m[(m > 0) & np.isfinite(m)].ravel() for m in magnitudes] or [np.zeros(0)])
    return float(np.median(known)) if known.size else otherwise


def _nudges(value: Array, usual: float, rng: np.random.Generator) -> Array:
    size = np.abs(value).astype(np.float64)
    size = np.where((size > 0) & np.isfinite(size), size, usual)
    phase = rng.choice([-1.0, 1.0], value.shape) * rng.uniform(0.5, 1.0, value.shape)
    if value.dtype.kind == "c":
        phase = phase * np.exp(1j * rng.uniform(0, np.pi, value.shape))
    return np.asarray(phase * size).astype(value.dtype)
