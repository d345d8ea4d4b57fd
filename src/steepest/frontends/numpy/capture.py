"""One run of a plain NumPy function on tracers, and what it leaves: expressions, guards, dependencies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Number
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, CaptureError, SteepestError, located, place_of, user_line_of
from steepest.expr.build import variable
from steepest.expr.dimension import Shape
from steepest.expr.fact import NO_FACTS, Facts
from steepest.expr.node import Expr, Variable
from steepest.expr.number import ZERO
from steepest.expr.traversal import toposort
from steepest.frontends.trees import flatten

from . import table
from .complaints import cause_of, escaped, in_trace_only
from .dependency import Dependencies
from .lifting import lift
from .mirroring import unmirrored
from .rebinding import Rebinder
from .recording import Comparison, Guard, example_inputs, recording
from .tracer import Tracer
from .translation import enter_imported

assert table.TRANSLATIONS  # the table is filled by that import


@dataclass(frozen=True)
class Input:
    """One array that goes into a function: its name, its example value (sizes may be named), what it satisfies."""

    name: str
    value: Any
    shape: Shape | None = None  # with `Dim`s; None: the value's own
    facts: Facts = NO_FACTS


@dataclass(frozen=True)
class Capture:
    """What a function computes at inputs of these shapes, as long as the guards hold."""

    variables: tuple[Variable, ...]
    outputs: tuple[Expr, ...]
    values: tuple[Any, ...]  # the outputs at the example inputs
    tree: Any  # how the outputs are nested
    guards: tuple[Guard, ...]
    dependencies: Dependencies
    name: str
    has_derivatives: bool = False  # whether a derivative was taken inside the function
    comparisons: tuple[Comparison, ...] = ()  # of sizes with numbers
    lookups: tuple[str, ...] = ()  # the lines where a size is looked up in a set or dict
    where: str = ""  # the line the function starts on
    settled: Mapping[int, Any] = field(default_factory=dict)  # outputs that are no arrays, as they were returned

    @property
    def others(self) -> frozenset[int]:
        """The outputs that are no numbers."""
        return frozenset(k for k, x in self.settled.items() if not isinstance(x, Number))

    def require_numbers(self, outputs: Iterable[int]) -> None:
        """ArgumentError if one of these outputs is no number: a text, None, an object."""
        for k in outputs:
            if k in self.others:
                found = self.settled[k]
                kind = "None" if found is None else f"a value of type {type(found).__name__}"
                hint = "\n    Is a return missing?" if found is None else "\n    Return the numbers alone."
                said = f"{self.name} returns {kind}; numbers and arrays are needed"
                raise ArgumentError(located(said, self.where) + hint)


def capture(function: Callable[..., Any], inputs: Sequence[Input], call: Callable[..., Any]) -> Capture:
    """Run ``call(function', tracers)`` and collect what it computes.

    `call` puts the flat list of tracers into the function's own argument structure.
    """
    enter_imported()
    with recording() as rec, np.errstate(all="ignore"):
        tag = 0 if rec.depth == 0 else _fresh_tag()
        variables = tuple(
            variable(i.name, np.shape(i.value) if i.shape is None else i.shape, np.asarray(i.value).dtype, tag, i.facts)
            for i in inputs
        )
        rec.inputs.update(zip(variables, (i.value for i in inputs), strict=True))
        tracers = [Tracer(rec, v, _own(i.value)) for v, i in zip(variables, inputs, strict=True)]
        rebinder = Rebinder(rec)
        converted = rebinder.convert(function)

        def recorded(*args: Any, **kwargs: Any) -> Any:
            return converted(*map(rebinder.argument, args), **{k: rebinder.argument(v) for k, v in kwargs.items()})

        try:
            result = call(recorded, tracers)
        except SteepestError:
            raise
        except RecursionError as error:
            raise CaptureError(
                located(f"{_name(function)} recurses without end, or too deep to be recorded", user_line_of(error))
            ) from None
        except Exception as error:
            if (behind := cause_of(error)) is not None:
                raise behind from None  # NumPy put an error of its own in the place of ours
            _raise_own(error, function, [_own(i.value) for i in inputs], call)
            raise in_trace_only(error, _name(function)) from error
        leaves, tree = flatten(unmirrored(result))
        known = example_inputs()
        outputs = tuple(map(_output, leaves))
        settled = {k: leaf for k, leaf in enumerate(leaves) if not isinstance(leaf, (Tracer, np.ndarray, np.generic))}
        values = tuple(leaf.value if isinstance(leaf, Tracer) else leaf for leaf in leaves)
        if any(isinstance(n, Variable) and n not in known for n in toposort(outputs)):
            raise escaped()
        guards = tuple(g for g in rec.guards.values() if contains_variable(g.expr))
        return Capture(
            variables, outputs, values, tree, guards, rec.dependencies, _name(function), rec.has_derivatives,
            tuple(rec.comparisons), tuple(rec.lookups), place_of(function), settled,
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


def contains_variable(e: Expr) -> bool:
    return any(isinstance(n, Variable) for n in toposort([e]))


def _own(value: Any) -> Any:
    """The example as NumPy computes with it: arrays are copied, so that writes never reach the caller's."""
    array = np.asarray(value)
    return array[()] if array.ndim == 0 else array.copy()


def _output(leaf: Any) -> Expr:
    """The expression of an output; what is no number (`Capture.settled`) has none."""
    if isinstance(leaf, Tracer):
        leaf.check_current()
        return leaf.expr
    try:
        return lift(leaf)
    except (TypeError, ValueError):
        return ZERO


def _name(function: Any) -> str:
    return getattr(function, "__name__", None) or type(function).__name__
