"""One run of a plain NumPy function on tracers, and what it leaves: expressions, guards, dependencies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Number
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, CaptureError, SteepestError, described, located, place_of, user_line_of
from steepest.expr.build import variable
from steepest.expr.dimension import Shape
from steepest.expr.dtype import FLOAT64, carries_derivative, promote
from steepest.expr.fact import NO_FACTS, Facts
from steepest.expr.node import Expr, Variable
from steepest.expr.number import ZERO
from steepest.expr.traversal import depends_on, toposort
from steepest.frontends.numpy import table
from steepest.frontends.trees import flatten
from steepest.ops.complex_parts import cast

from .complaints import cause_of, escaped, in_trace_only
from .dependency import Dependencies
from .late import worked_out
from .lifting import lift
from .mirroring import unmirrored
from .one_step import Leaping
from .postponing import held_by
from .rebinding import Rebinder
from .recording import Comparison, Guard, Recording, example_inputs, recording
from .tape import Tape
from .tracer import Tracer
from .translation import enter_imported

LARGE = 1 << 16  # entries of an array that is copied

assert table.TRANSLATIONS  # the table is filled by that import


@dataclass(frozen=True)
class Input:
    """One array that goes into a function: its name, its example value (sizes may be named), what it satisfies."""

    name: str
    value: Any
    shape: Shape | None = None  # with `Dim`s; None: the value's own
    facts: Facts = NO_FACTS
    of_python: bool = False  # whether it is a number of Python's own

    def plain(self) -> Any:
        """The example as the function would be given it; arrays are copied, so that writes never reach the caller's."""
        return _copied(self.value).item() if self.of_python else _copied(self.value)


@dataclass(frozen=True)
class Capture:
    """What a function computes at inputs of these shapes, as long as the guards hold."""

    variables: tuple[Variable, ...]
    outputs: tuple[Expr, ...]
    held: tuple[Any, ...]  # the outputs at the example inputs, or what will give them
    tree: Any  # how the outputs are nested
    guards: tuple[Guard, ...]  # the branches that were taken
    dependencies: Dependencies
    name: str
    has_derivatives: bool = False  # whether a derivative was taken inside the function
    comparisons: tuple[Comparison, ...] = ()  # of sizes with numbers
    lookups: tuple[str, ...] = ()  # the lines where a size is looked up in a set or dict
    where: str = ""  # the line the function starts on
    settled: Mapping[int, Any] = field(default_factory=dict)  # outputs that are no arrays, as they were returned
    domain: tuple[Guard, ...] = ()  # where nothing in it raises an error, and no branch is too close to call
    changes: tuple[str, ...] = ()  # what a run changes outside itself, in words
    writes: bool = False  # whether it writes into its arguments
    lines: Mapping[Expr, tuple[str, int]] = field(default_factory=dict)  # where what a call gave was written
    order: tuple[Expr, ...] = ()  # what the calls gave, as they were made
    loops: tuple[str, ...] = ()  # the Python loops that are loops in it, in words
    divides: bool = False  # whether numbers of Python's might go another way than NumPy's, where they are divided
    leapt: bool = False  # whether a loop in it, or in a derivative taken in it, was made of one step

    @property
    def values(self) -> tuple[Any, ...]:
        """The outputs at the example inputs."""
        return tuple(map(worked_out, self.held))

    @property
    def checks(self) -> tuple[Guard, ...]:
        """All that must be as it was for the capture to hold."""
        return (*self.guards, *self.domain)

    @property
    def others(self) -> frozenset[int]:
        """The outputs that are no numbers."""
        return frozenset(k for k, x in self.settled.items() if not isinstance(x, Number))

    def line_of(self, e: Expr) -> str:
        """The user's line that made an expression, or something that contains it; the function's own if unknown."""
        seen: set[Expr] = set()
        for made, place in self.lines.items():
            new = toposort([made], stop=seen)
            if e in new and e not in seen:
                return described(place)
            seen.update(new)
        return self.where

    def require_numbers(self, outputs: Iterable[int]) -> None:
        """ArgumentError if one of these outputs is no number: a text, None, an object."""
        for k in outputs:
            if k in self.others:
                found = self.settled[k]
                kind = "None" if found is None else f"a value of type {type(found).__name__}"
                hint = "\n    Is a return missing?" if found is None else "\n    Return the numbers alone."
                said = f"{self.name} returns {kind}; numbers and arrays are needed"
                raise ArgumentError(located(said, self.where) + hint)


def capture(
    function: Callable[..., Any], inputs: Sequence[Input], call: Callable[..., Any], leaping: Leaping | None = None
) -> Capture:
    """Run ``call(function', tracers)`` and collect what it computes.

    `call` puts the flat list of tracers into the function's own argument structure; `leaping` makes loops of long
    ``for`` statements, of which otherwise each step is recorded.
    """
    enter_imported()
    values = [_lent(i.value) for i in inputs]
    try:
        return _captured(function, inputs, values, call, leaping)
    except Exception:
        if all(np.size(x) <= LARGE for x in values):
            raise
    # Perhaps NumPy was to write into one of them.
    return _captured(function, inputs, [_copied(i.value) for i in inputs], call, leaping)


def _captured(
    function: Callable[..., Any], inputs: Sequence[Input], values: Sequence[Any], call: Callable[..., Any],
    leaping: Leaping | None,
) -> Capture:  # fmt: skip
    with recording(Recording) as rec, np.errstate(all="ignore"):
        rec.leaping = leaping
        variables = _symbols(rec, inputs)
        tracers = [Tracer(rec, v, x) for v, x in zip(variables, values, strict=True)]
        _mark(tracers, inputs)
        return _collected(rec, function, variables, _run(rec, function, tracers, inputs, call))


def noted(function: Callable[..., Any], inputs: Sequence[Input], call: Callable[..., Any]) -> tuple[Capture, Tape]:
    """Run the function as `capture` does, with a tape: the outputs are symbols of places on it."""
    enter_imported()
    with recording(Tape) as tape, np.errstate(all="ignore"):
        variables = _symbols(tape, inputs)
        tracers = [tape.input(v, _copied(i.value)) for v, i in zip(variables, inputs, strict=True)]
        _mark(tracers, inputs)
        found = _collected(tape, function, variables, _run(tape, function, tracers, inputs, call))
        for y in found.outputs:
            tape.place_of_expression(y)  # the last to be noted
        return found, tape


def _symbols(rec: Recording, inputs: Sequence[Input]) -> tuple[Variable, ...]:
    tag = 0 if rec.depth == 0 else _fresh_tag()
    variables = tuple(
        variable(i.name, np.shape(i.value) if i.shape is None else i.shape, np.asarray(i.value).dtype, tag, i.facts)
        for i in inputs
    )
    rec.inputs.update(zip(variables, (i.value for i in inputs), strict=True))
    return variables


def _mark(tracers: Sequence[Tracer], inputs: Sequence[Input]) -> None:
    for t, i in zip(tracers, inputs, strict=True):
        t.of_python = i.of_python


def _run(
    rec: Recording, function: Callable[..., Any], tracers: Sequence[Tracer], inputs: Sequence[Input],
    call: Callable[..., Any],
) -> Any:  # fmt: skip
    """What the function returns for the tracers."""
    rebinder = Rebinder(rec)
    rec.namespace = rebinder.convert(np)
    converted = rebinder.convert(function)

    def recorded(*args: Any, **kwargs: Any) -> Any:
        before = flatten((args, kwargs))
        try:
            result = converted(*map(rebinder.argument, args), **{k: rebinder.argument(v) for k, v in kwargs.items()})
        finally:
            rec.take_back()
        rec.writes |= _is_changed(before, flatten((args, kwargs)))
        return result

    try:
        result = call(recorded, tracers)
        rec.changes += rebinder.effects.found()
        rec.writes |= any(t.version for t in tracers)
        return result
    except SteepestError:
        raise
    except RecursionError as error:
        raise CaptureError(
            located(f"{_name(function)} recurses without end, or too deep to be recorded", user_line_of(error))
        ) from None
    except Exception as error:
        if (behind := cause_of(error)) is not None:
            raise behind from None  # NumPy put an error of its own in the place of ours
        _raise_own(error, function, [i.plain() for i in inputs], call)
        raise in_trace_only(error, _name(function)) from error


def _is_changed(before: tuple[list[Any], Any], after: tuple[list[Any], Any]) -> bool:
    """Whether containers hold other things than before."""
    return before[1] != after[1] or any(a is not b for a, b in zip(before[0], after[0], strict=True))


def _collected(rec: Recording, function: Callable[..., Any], variables: tuple[Variable, ...], result: Any) -> Capture:
    leaves, tree = flatten(unmirrored(result))
    of_inputs = promote(*(v.dtype for v in variables if carries_derivative(v.dtype))) or FLOAT64
    outputs = tuple(_output(leaf, of_inputs) for leaf in leaves)
    known = example_inputs()
    settled = {k: leaf for k, leaf in enumerate(leaves) if not isinstance(leaf, (Tracer, np.ndarray, np.generic))}
    held = tuple(map(held_by, leaves))
    looked_at = [g.expr for found in (rec.guards, rec.domain) for g in found.values()]
    present = [n for n in toposort([*outputs, *looked_at]) if isinstance(n, Variable)]
    if any(n not in known for n in present):
        raise escaped()
    varying = depends_on(looked_at, present)
    guards, domain = (tuple(g for g in found.values() if g.expr in varying) for found in (rec.guards, rec.domain))
    return Capture(
        variables, outputs, held, tree, guards, rec.dependencies, _name(function), rec.has_derivatives,
        tuple(rec.comparisons), tuple(rec.lookups), place_of(function), settled, domain, rec.changes,
        rec.writes, rec.lines, tuple(rec.order), divides=rec.divides, leapt=rec.leapt,
    )  # fmt: skip


_tags = [0]


def _fresh_tag() -> int:
    """Nested traces get variables of their own: perturbations are never confused."""
    _tags[0] += 1
    return _tags[0]


def _raise_own(error: Exception, function: Callable[..., Any], values: Sequence[Any], call: Callable[..., Any]) -> None:
    """An exception that the function raises on plain values too is its own, and is raised as such."""
    try:
        call(function, values)
    except Exception as own:
        said_with_place = type(own) is type(error) and error.__cause__ is not None
        raise error if said_with_place else own from None


def _copied(value: Any) -> Any:
    """The example as NumPy computes with it: arrays are copied, so that writes never reach the caller's."""
    array = np.asarray(value)
    return array[()] if array.ndim == 0 else array.copy()


def _lent(value: Any) -> Any:
    """The same, but a large array is the caller's own, read-only. Tracers do not write into it."""
    array = np.asarray(value)
    if array.size <= LARGE or not array.flags.c_contiguous:
        return _copied(value)
    view = array.view()
    view.flags.writeable = False
    return view


def _output(leaf: Any, of_inputs: np.dtype) -> Expr:
    """The expression of an output; what is no number (`Capture.settled`) has none.

    A plain number without a type is taken for one of the inputs' type; where NumPy gave it another it keeps that.
    """
    if isinstance(leaf, Tracer):
        leaf.check_current()
        expr = leaf.expr
    else:
        try:
            expr = lift(leaf)
        except (TypeError, ValueError):
            return ZERO
    is_numpys = not leaf.of_python if isinstance(leaf, Tracer) else isinstance(leaf, (np.ndarray, np.generic))
    return cast(expr, leaf.dtype) if is_numpys and expr.dtype is None and leaf.dtype != of_inputs else expr


def _name(function: Any) -> str:
    return getattr(function, "__name__", None) or type(function).__name__
