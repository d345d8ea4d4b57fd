"""The short way for arguments that are plain arrays, floats and settings, once a program for them exists."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.expr.node import Expr, Variable
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.trees import flatten, key_orders

from .call import Call
from .compilation import Compile, NonFinite
from .function import Looks, Program, Specialisation, Ways
from .net import Extent
from .nonfinite import require_finite
from .sweeps import TapedRun

SCALARS: dict[type, str] = {float: "d", np.float64: "d", np.float32: "f"}
MISSES = 8  # in a row, at the start
SETTINGS = (int, bool, str, bytes, type(None))
AS_THEY_ARE = "dfDF?bhilqBHILQ"  # the element types that are computed with as they come


# The outputs, in the order of `derive`, from a run, the active variables, and the values of further inputs.
Swept = Callable[[TapedRun, list[Variable], Sequence[Any]], list[Any]]


@dataclass(frozen=True)
class Wanted:
    """What a transformed function computes from a capture, and how its results are put together."""

    name: str
    derive: Callable[[Capture, list[Variable]], list[Expr]]  # from the active variables, flat
    assemble: Callable[[Call, Capture, list[Any]], Any]
    extra: Callable[[Capture, list[Variable]], list[Variable]] | None = None  # further inputs: directions, cotangents
    nonfinite: NonFinite = NonFinite.EXPLAINED
    swept: Swept | None = None  # the same by sweeps over a tape, where there is a way
    extent: Extent = Extent.DERIVATIVES

    def nonfinite_in(self, capture: Capture) -> NonFinite:
        """For values of the function itself a NaN is its own, unless it takes derivatives inside."""
        return NonFinite.EXPLAINED if capture.has_derivatives else self.nonfinite


@dataclass
class Plan:
    """A program, and how calls like the one it is from are put into it."""

    specialisation: Specialisation
    program: Program
    wanted: Wanted
    call: Call
    choice: Compile
    ways: Ways
    runs: int = 0
    misses: int = 0
    reason: str = ""  # why machine code cannot answer such calls by itself

    def is_current(self) -> bool:
        """Whether what the function read besides its arguments is still the same."""
        return self.specialisation.capture.dependencies.unchanged()

    @property
    def in_vain(self) -> bool:
        """Whether it is not worth trying any more."""
        return self.misses > MISSES + self.runs

    def run(self, leaves: Sequence[Any], seen: Looks) -> tuple[Any] | None:
        """The result in a tuple, or None if this capture does not hold here; `seen` is what its guards looked at."""
        s = self.specialisation
        if not (s.may_hold(seen) and self.is_current()):
            self.misses += 1
            return None
        inputs = [np.float64(a) if type(a) is float else a for a in (leaves[k] for k in s.places)]
        try:
            results = self.program.tiers.run(inputs, self.choice)
        except (np.linalg.LinAlgError, IndexError):  # elsewhere the function may do something else
            return None
        if self.program.guards and not s.holds(results):
            s.note(results, seen)
            self.misses += 1
            return None
        self.runs += 1
        self.ways.used += 1
        s.used += 1
        return (finished(self.wanted, s, self.program, self.call, inputs, results),)


def finished(
    wanted: Wanted, s: Specialisation, program: Program, call: Call, inputs: Sequence[Any], results: Sequence[Any],
    extra: Sequence[Variable] = (),
) -> Any:  # fmt: skip
    """What is returned for the results of a program whose guards hold."""
    outputs = settled(results[program.guards :])
    if wanted.nonfinite_in(s.capture) is NonFinite.EXPLAINED:
        outputs = require_finite(s.capture, program, inputs, outputs, extra)
    return wanted.assemble(call, s.capture, outputs)


def settled(results: Sequence[Any]) -> list[Any]:
    """Results of shape () as NumPy scalars, whichever kernel made them."""
    return [x[()] if type(x) is np.ndarray and x.ndim == 0 else x for x in results]


@dataclass(frozen=True)
class Given:
    """The leaves of a call's arguments, all of them plain arrays, floats or settings."""

    leaves: Sequence[Any]
    key: Hashable  # their types, shapes and settings, and the structure they are in
    tree: Any = None  # how they are nested; None where each argument is a leaf


def given_of(args: tuple[Any, ...]) -> Given | None:
    """The leaves of these arguments; None if something else is among them."""
    key = _signature(args)
    if key is not None:
        return Given(args, key)
    leaves, tree = flatten(args)
    key = _signature(leaves)
    return None if key is None else Given(leaves, (tree, key_orders(args), key), tree)


def _signature(leaves: Sequence[Any]) -> tuple[Any, ...] | None:
    key: list[Any] = []
    for a in leaves:
        kind = type(a)
        if kind is np.ndarray:
            if not (a.ndim and a.dtype.char in AS_THEY_ARE and a.dtype.isnative):
                return None
            key.append((a.shape, a.dtype.char))
        elif kind in SCALARS:
            key.append(SCALARS[kind])
        elif kind in SETTINGS:
            key.append((kind, a))
        else:
            return None
    return tuple(key)


def computed_as_passed(call: Call, places: Sequence[int], leaves: Sequence[Any]) -> bool:
    """Whether the program's inputs are the leaves themselves: no integer has become a float."""
    varying = set(places)
    active = {k for group in call.active_places() for k in group}
    return all(
        (k in varying) is not (type(a) in SETTINGS)
        and not (k in active and type(a) is np.ndarray and a.dtype.kind in "biu")
        for k, a in enumerate(leaves)
    )
