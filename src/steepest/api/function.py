"""A user's function as the library knows it: its captures, and the programs made from them.

Captures are kept per function and shared by everything derived from it: ``grad(f)`` made twice, or ``grad(f)``
and ``hessian(f)``, trace `f` once for each combination of shapes and settings. A capture whose guards do not
hold at new values is kept beside others; the function is traced again and the new capture checked like the
first.
"""

from __future__ import annotations

import threading
import types
import weakref
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from steepest.expr.dtype import FLOAT64, carries_derivative, promote
from steepest.expr.node import Expr, Variable
from steepest.frontends.tracing.capture import Capture, Input, capture, noted
from steepest.frontends.tracing.dependency import Dependencies
from steepest.frontends.tracing.one_step import Loop, Manner
from steepest.frontends.tracing.recording import current
from steepest.frontends.tracing.tracer import Tracer
from steepest.ops.complex_parts import cast
from steepest.rewrite.bodies import simplified_beside, with_written_steps
from steepest.rewrite.simplify import simplify
from steepest.rewrite.stable.form import stable, with_stable_slopes
from steepest.verify.first_call import CaptureCheck, ValueCheck

from .arguments import Leaf
from .by_identity import ByIdentity
from .compilation import NonFinite, Tiers
from .leaps import Leaps
from .rolling import with_loops
from .solvers import table as solvers
from .sweeps import TapedRun

assert solvers.FAMILIES  # SciPy's solvers are known to traces by that import

SPECIALISATIONS = 64  # captures kept for one signature; beyond that the oldest goes
FEW = 8  # captures, after which one that was not used again on average is no longer worth its making
OFTEN = 64  # runs on a tape, after which it is asked again
MOST_WAYS = 1024  # that are remembered of runs on a tape
REFUSALS = 8  # loops that are found to be none before all are recorded step by step
SIGNATURES = 256  # combinations of shapes and settings kept for one function


@dataclass(frozen=True)
class Program:
    """Expressions of one capture, run together with its guards."""

    tiers: Tiers
    exprs: tuple[Expr, ...]
    guards: int  # how many of the outputs are guards; they come first


def result_type(capture: Capture) -> np.dtype:
    """The type of a derivative that is a plain number: that of the inputs it is taken by."""
    return promote(*(v.dtype for v in capture.variables if carries_derivative(v.dtype))) or FLOAT64


Looks = dict[Expr, Any]  # what is known of the values that guards look at


@dataclass
class Specialisation:
    """One capture, with the programs compiled from it so far."""

    capture: Capture
    places: tuple[int, ...]  # which leaves of the call vary
    programs: dict[Hashable, Program] = field(default_factory=dict)
    check: CaptureCheck | ValueCheck | None = None
    reason: str = "first call"
    used: int = 0  # again, by way of Python
    derived: dict[Hashable, tuple[Expr, ...]] = field(default_factory=dict)

    def note(self, results: Sequence[Any], seen: Looks) -> None:
        """What the guards are at the inputs of a run."""
        seen.update(zip((g.expr for g in self.capture.checks), results, strict=False))

    def may_hold(self, seen: Looks) -> bool:
        """Whether no guard is known to be something else."""
        return all(g.holds(seen[g.expr]) for g in self.capture.checks if g.expr in seen)

    def exprs(self, key: Hashable, derive: Callable[[Capture], Sequence[Expr]]) -> tuple[Expr, ...]:
        """What `derive` makes of the capture, simplified; worked out once. Plain numbers get the type of the inputs."""
        if key not in self.derived:
            derived, types = self._derived(derive)
            # The type is that from before: simplified, 1 times a mask is a mask, and x - x + k the integers k.
            self.derived[key] = tuple(cast(e, t) for e, t in zip(self._simplified(derived), types, strict=True))
        return self.derived[key]

    def _simplified(self, derived: Sequence[Expr]) -> list[Expr]:
        return simplified_beside([g.expr for g in self.capture.checks], derived, simplify)

    def _derived(self, derive: Callable[[Capture], Sequence[Expr]]) -> tuple[list[Expr], list[np.dtype]]:
        default = result_type(self.capture)
        derived = with_written_steps(list(derive(self.capture)), self.capture.outputs, stable, with_stable_slopes)
        return derived, [e.dtype if e.dtype is not None else default for e in derived]

    def program_for_once(
        self, derive: Callable[[Capture], Sequence[Expr]], nonfinite: NonFinite, inputs: Sequence[Variable]
    ) -> Program:
        """The same for one run at the values of the trace: not simplified, and with nothing to check."""
        exprs = tuple(cast(e, t) for e, t in zip(*self._derived(derive), strict=True))
        return Program(Tiers(exprs, [*self.capture.variables, *inputs], nonfinite), exprs, 0)

    def program(
        self,
        key: Hashable,
        derive: Callable[[Capture], Sequence[Expr]],
        nonfinite: NonFinite,
        inputs: Sequence[Variable] = (),
    ) -> Program:
        """What `derive` makes of the capture, ready to run at the capture's variables and further inputs."""
        if key not in self.programs:
            exprs = self.exprs(key, derive)
            guards = [g.expr for g in self.capture.checks]
            variables = [*self.capture.variables, *inputs]
            self.programs[key] = Program(Tiers([*guards, *exprs], variables, nonfinite), exprs, len(guards))
        return self.programs[key]

    def holds(self, results: Sequence[Any]) -> bool:
        """Whether the guards, the first results of a program, are what the trace saw."""
        return all(guard.holds(result) for guard, result in zip(self.capture.checks, results, strict=False))

    def same_path(self, other: Specialisation) -> bool:
        """Whether both hold for the same values."""
        mine, theirs = self.capture.checks, other.capture.checks
        return [g.expr for g in mine] == [g.expr for g in theirs] and all(
            a.holds(b.seen) for a, b in zip(mine, theirs, strict=True)
        )


@dataclass
class Ways:
    """How often the captures of one signature were made and used, and whether a tape has taken over."""

    made: int = 0
    used: int = 0  # again, after they were made
    reason: str = ""  # why the tape runs
    taped: int = 0  # calls answered by it
    checked: int = 0  # of these, against the plain function
    taken: set[int] = field(default_factory=set)  # ways that runs on the tape have taken
    looked_at: int = 0  # runs since it was last asked whether they go the same ways again
    patience: int = OFTEN  # runs until that is asked
    known: int = 0  # of these, that went a way that was taken before

    @property
    def always_new(self) -> bool:
        """Whether captures are made in vain."""
        return self.made >= FEW and self.used < self.made

    def take(self, way: int) -> None:
        """Note the way of a run on the tape. Where most go a way that is known, captures are worth it after all."""
        self.looked_at += 1
        self.known += way in self.taken
        self.taken.add(way)
        if self.looked_at == self.patience:
            if 2 * self.known > self.patience and self.always_new:
                self.made, self.used, self.reason = 0, 0, ""
                self.patience *= 4  # lest it go to and fro
            self.looked_at = self.known = 0
            if len(self.taken) > MOST_WAYS:
                self.taken.clear()


class FunctionRecord:
    """Everything known about one function, which it does not keep alive."""

    def __init__(self, function: Callable[..., Any]):
        self._get = _reference(function)
        self.name: str = getattr(function, "__name__", None) or type(function).__name__
        self.specialisations: dict[Hashable, list[Specialisation]] = {}
        self.outdated: set[Hashable] = set()  # signatures of which a capture was dropped: it read what has changed
        # captures for calls inside other traces, unchecked, with what the function reads of those
        self.inner: dict[Hashable, list[tuple[Specialisation, Dependencies]]] = {}
        self.ways: dict[Hashable, Ways] = {}
        self.lock = threading.RLock()
        self.traces = 0
        self.refused: set[Loop] = set()  # loops that are to be recorded step by step
        self.manners: dict[Loop, Manner] = {}  # what is known of others
        self.leaps_fail = False  # whether its loops are to be recorded step by step
        self.rolling_fails = False  # whether they are to stay as they were recorded
        self.told: set[str] = set()  # of what it changes

    @property
    def function(self) -> Callable[..., Any]:
        found = self._get()
        if found is None:
            raise ReferenceError(f"the function {self.name} is gone")
        return found

    def known(self, signature: Hashable) -> list[Specialisation]:
        """Captures for this signature whose surroundings have not changed."""
        kept = self.specialisations.get(signature)
        if kept and not all(s.capture.dependencies.unchanged() for s in kept):
            with self.lock:
                kept = [s for s in kept if s.capture.dependencies.unchanged()]
                self.specialisations[signature] = kept
                self.outdated.add(signature)
        return kept or []

    def trace(
        self, leaves: Sequence[Leaf], names: Sequence[str], call: Callable[[Any, Sequence[Any]], Any]
    ) -> Specialisation:
        """Capture the function at these leaves. `call(f, leaves)` puts leaves into the argument structure."""
        places, inputs, with_tracers = _varying(leaves, names, call)
        self.traces += 1
        found = self._captured(inputs, with_tracers)
        found = found if self.rolling_fails else with_loops(found)
        for leaf in leaves:
            if not leaf.varies:
                found.dependencies.object(leaf.value)
        return Specialisation(found, places)

    def run_on_tape(
        self, leaves: Sequence[Leaf], names: Sequence[str], call: Callable[[Any, Sequence[Any]], Any]
    ) -> tuple[TapedRun, tuple[int, ...]]:
        """One run of the function on a tape, and which of the leaves vary."""
        places, inputs, with_tracers = _varying(leaves, names, call)
        return TapedRun(*noted(self.function, inputs, with_tracers)), places

    def ways_of(self, signature: Hashable) -> Ways:
        return self.ways.setdefault(signature, Ways())

    def tape_takes_over(self, signature: Hashable) -> bool:
        """Whether no further capture is to be made for calls of this signature."""
        ways = self.ways_of(signature)
        if not ways.reason and ways.always_new:
            ways.reason = f"{ways.made} captures were made, and used {ways.used} times again: each call is different"
        if not ways.reason and len(self.specialisations.get(signature, ())) >= SPECIALISATIONS:
            ways.reason = f"{SPECIALISATIONS} captures are kept, and none of them holds"
        return bool(ways.reason)

    def _captured(self, inputs: Sequence[Input], call: Callable[..., Any]) -> Capture:
        """The capture, with long loops as such where that is possible."""
        outer = current()
        if self.leaps_fail or (outer is not None and outer.leaping is None):
            return capture(self.function, inputs, call)
        changes: tuple[str, ...] = ()  # of a run that is not used; they may not be seen a second time
        for _ in range(REFUSALS):
            leaps = Leaps(self.refused, self.manners)
            try:
                found = capture(self.function, inputs, call, leaps)
                if leaps.are_done and not (leaps.begun and found.changes):
                    return replace(found, loops=tuple(leaps.said), leapt=found.leapt or bool(leaps.said))
                changes = found.changes
            except Exception:
                if not leaps.begun:
                    raise
            if leaps.are_done:  # nobody knows which of them it was
                break
            if leaps.open[-1] not in leaps.learnt:
                self.refused.add(leaps.open[-1])
        self.leaps_fail = True
        found = capture(self.function, inputs, call)
        return replace(found, changes=tuple(dict.fromkeys([*changes, *found.changes])))

    def keep(self, signature: Hashable, new: Specialisation) -> None:
        """Use this capture from now on, for calls of this signature. It has been checked."""
        with self.lock:
            kept = [s for s in self.specialisations.pop(signature, ()) if not s.same_path(new)]  # from another thread
            if signature in self.outdated:
                new.reason = "something it reads besides its arguments has changed"
                self.outdated.discard(signature)
            elif kept:
                new.reason = _parting(new, kept[-1])
            self.ways_of(signature).made += 1
            self.specialisations[signature] = [*kept, new][-SPECIALISATIONS:]
            while len(self.specialisations) > SIGNATURES:
                oldest = next(iter(self.specialisations))
                self.specialisations.pop(oldest)
                self.outdated.discard(oldest)
                self.ways.pop(oldest, None)


def _varying(
    leaves: Sequence[Leaf], names: Sequence[str], call: Callable[[Any, Sequence[Any]], Any]
) -> tuple[tuple[int, ...], list[Input], Callable[[Any, Sequence[Any]], Any]]:
    """Which leaves vary, what goes in there, and the call that puts tracers in their places."""
    places = tuple(k for k, leaf in enumerate(leaves) if leaf.varies)
    inputs = [
        Input(names[k], value_of(leaf.value), leaf.shape, of_python=leaf.of_python)
        for k, leaf in enumerate(leaves) if leaf.varies
    ]  # fmt: skip
    settings = [leaf.value for leaf in leaves]

    def with_tracers(function: Any, tracers: Sequence[Any]) -> Any:
        full = list(settings)
        for k, tracer in zip(places, tracers, strict=True):
            full[k] = tracer
        return call(function, full)

    return places, inputs, with_tracers


def _reference(function: Callable[..., Any]) -> Callable[[], Any]:
    try:
        return weakref.WeakMethod(function) if isinstance(function, types.MethodType) else weakref.ref(function)
    except TypeError:
        return lambda: function


def _parting(new: Specialisation, old: Specialisation) -> str:
    """Where a trace left the way of another one."""
    for mine, theirs in zip(new.capture.checks, old.capture.checks, strict=False):
        if mine.expr is not theirs.expr or not mine.holds(theirs.seen):
            return f"a branch was taken differently ({mine.shown()}, it was {theirs.shown_value()})"
    return "a branch was taken differently (after those of another capture)"


def value_of(x: Any) -> Any:
    return x.value if isinstance(x, Tracer) else x


_records: ByIdentity[FunctionRecord] = ByIdentity()
_methods: ByIdentity[dict[Any, FunctionRecord]] = ByIdentity()


def record_of(function: Callable[..., Any]) -> FunctionRecord:
    """The one record of a function. A bound method's is kept with its object."""

    def new() -> FunctionRecord:
        return FunctionRecord(function)

    try:
        if isinstance(function, types.MethodType):
            return _methods.setdefault(function.__self__, dict).setdefault(function.__func__, new())
        return _records.setdefault(function, new)
    except TypeError:  # not weakly referable: a record of its own
        return new()
