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
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest.calculus.substitution import substitute
from steepest.errors import CaptureError
from steepest.expr.dtype import FLOAT64, carries_derivative, promote
from steepest.expr.node import Expr, Variable
from steepest.frontends.numpy.capture import Capture, Input, capture, contains_variable
from steepest.frontends.numpy.recording import current
from steepest.frontends.numpy.tracer import Tracer, as_expr
from steepest.ops.complex_parts import cast
from steepest.rewrite.simplify import simplify
from steepest.verify.first_call import CaptureCheck

from .arguments import Leaf
from .by_identity import ByIdentity
from .compilation import NonFinite, Tiers
from .evaluation import evaluate_here

SPECIALISATIONS = 64  # captures kept for one signature; beyond that the oldest goes
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


@dataclass
class Specialisation:
    """One capture, with the programs compiled from it so far."""

    capture: Capture
    places: tuple[int, ...]  # which leaves of the call vary
    programs: dict[Hashable, Program] = field(default_factory=dict)
    check: CaptureCheck | None = None
    reason: str = "first call"
    derived: dict[Hashable, tuple[Expr, ...]] = field(default_factory=dict)

    def exprs(self, key: Hashable, derive: Callable[[Capture], Sequence[Expr]]) -> tuple[Expr, ...]:
        """What `derive` makes of the capture, simplified; worked out once. Plain numbers get the type of the inputs."""
        if key not in self.derived:
            default = result_type(self.capture)
            derived = list(derive(self.capture))
            # The type is that from before: simplified, 1 times a mask is a mask, and x - x + k the integers k.
            types = [e.dtype if e.dtype is not None else default for e in derived]
            self.derived[key] = tuple(cast(e, t) for e, t in zip(simplify(derived), types, strict=True))
        return self.derived[key]

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
            guards = [g.expr for g in self.capture.guards]
            variables = [*self.capture.variables, *inputs]
            self.programs[key] = Program(Tiers([*guards, *exprs], variables, nonfinite), exprs, len(guards))
        return self.programs[key]

    def holds(self, results: Sequence[Any]) -> bool:
        """Whether the guards, the first results of a program, are what the trace saw."""
        return all(
            np.array_equal(result, guard.seen) for guard, result in zip(self.capture.guards, results, strict=False)
        )

    def same_path(self, other: Specialisation) -> bool:
        """Whether both hold for the same values."""
        mine, theirs = self.capture.guards, other.capture.guards
        return [g.expr for g in mine] == [g.expr for g in theirs] and all(
            np.array_equal(a.seen, b.seen) for a, b in zip(mine, theirs, strict=True)
        )


class FunctionRecord:
    """Everything known about one function, which it does not keep alive."""

    def __init__(self, function: Callable[..., Any]):
        self._get = _reference(function)
        self.name: str = getattr(function, "__name__", None) or type(function).__name__
        self.specialisations: dict[Hashable, list[Specialisation]] = {}
        self.outdated: set[Hashable] = set()  # signatures of which a capture was dropped: it read what has changed
        self.lock = threading.RLock()
        self.traces = 0

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
        places = tuple(k for k, leaf in enumerate(leaves) if leaf.varies)
        inputs = [Input(names[k], value_of(leaves[k].value)) for k in places]
        settings = [leaf.value for leaf in leaves]

        def with_tracers(function: Any, tracers: Sequence[Any]) -> Any:
            full = list(settings)
            for k, tracer in zip(places, tracers, strict=True):
                full[k] = tracer
            return call(function, full)

        self.traces += 1
        found = capture(self.function, inputs, with_tracers)
        for leaf in leaves:
            if not leaf.varies:
                found.dependencies.object(leaf.value)
        return Specialisation(found, places)

    def keep(self, signature: Hashable, new: Specialisation) -> None:
        """Use this capture from now on, for calls of this signature. It has been checked."""
        with self.lock:
            kept = [s for s in self.specialisations.pop(signature, ()) if not s.same_path(new)]  # from another thread
            if signature in self.outdated:
                new.reason = "something it reads besides its arguments has changed"
                self.outdated.discard(signature)
            elif kept:
                new.reason = f"a branch was taken differently ({_branch(kept[-1])})"
            self.specialisations[signature] = [*kept, new][-SPECIALISATIONS:]
            while len(self.specialisations) > SIGNATURES:
                oldest = next(iter(self.specialisations))
                self.specialisations.pop(oldest)
                self.outdated.discard(oldest)


def _reference(function: Callable[..., Any]) -> Callable[[], Any]:
    try:
        return weakref.WeakMethod(function) if isinstance(function, types.MethodType) else weakref.ref(function)
    except TypeError:
        return lambda: function


def _branch(s: Specialisation) -> str:
    return s.capture.guards[0].where if s.capture.guards else "no guard"


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


# --- inside another trace -----------------------------------------------------------------------------


def inline(s: Specialisation, exprs: Sequence[Expr], leaves: Sequence[Leaf], extra: Mapping[Any, Any]) -> list[Any]:
    """The expressions of a capture put into the trace under way: its variables replaced by what was passed.

    `extra` gives values (tracers or arrays) of further variables, such as directions.
    """
    outer = current()
    if outer is None:
        raise CaptureError("there is no trace under way")
    outer.has_derivatives |= s.capture.has_derivatives
    outer.dependencies.include(s.capture.dependencies)
    passed = {v: leaves[k].value for v, k in zip(s.capture.variables, s.places, strict=True)} | dict(extra)
    replacement: dict[Any, Expr] = {v: as_expr(x) for v, x in passed.items()}
    env: dict[Any, Any] = {v: value_of(x) for v, x in passed.items()}
    for guard in s.capture.guards:
        (expr,) = substitute([guard.expr], replacement)
        if contains_variable(expr):
            outer.guard(expr, guard.seen)
    new = substitute(exprs, replacement)
    values = evaluate_here(exprs, env)
    return [Tracer(outer, e, v) if contains_variable(e) else v for e, v in zip(new, values, strict=True)]
