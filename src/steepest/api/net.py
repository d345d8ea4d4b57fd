"""The net at the first call: a capture is used only after it agrees with the plain function.

The function must give the same twice, while it was traced and on its own; replayed, the capture must give that too; one
random directional derivative must agree with a numeric difference of the plain function; and an input it says has no
influence must have none. See `steepest.verify.first_call`.
"""

from __future__ import annotations

import enum
import functools
import inspect
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.calculus.forward import perturbed, push_forward, tangent_variable
from steepest.engines.python.compile import compile_program
from steepest.errors import CaptureError, MismatchError, NotDeterministicError, UnknownFunctionError
from steepest.expr.body import all_nodes
from steepest.expr.build import array, multiply
from steepest.expr.dtype import carries_derivative, is_complex
from steepest.expr.node import Apply, Expr, Variable
from steepest.expr.number import constant
from steepest.expr.traversal import toposort
from steepest.frontends.tracing.late import Late
from steepest.frontends.tracing.recording import Guard
from steepest.frontends.trees import flatten
from steepest.lower.lowering import lower
from steepest.ops.operation import Smoothness
from steepest.rewrite.stable.form import stable
from steepest.verify.first_call import CaptureCheck, ValueCheck, check_capture, check_values
from steepest.verify.long_sums import roundings

from .arguments import Leaf
from .compilation import without_compiling
from .decisions import compares, decisions_of, decisions_on_tape
from .function import FunctionRecord, Specialisation, value_of
from .nonfinite import NO_DERIVATIVE, explained
from .sweeps import TapedRun

NOISE_SAMPLES = 3
LARGEST_SAMPLE = 1 << 20  # entries of an array that have signs of their own


class Excerpt:
    """Which part of the arguments and results the plain function is called with and compared on: here everything."""

    def part(self, place: int, value: Any) -> Any:
        """Of the leaf at this place."""
        return value

    def put_back(self, place: int, part: Any, whole: Any) -> Any:
        """The leaf with this part in it."""
        return part

    def of_output(self, output: Any) -> Any:
        """The part of an output that depends on those of the leaves alone."""
        return output


EVERYTHING = Excerpt()


class Extent(enum.Enum):
    """How much of a capture is used, and so compared."""

    VALUES = enum.auto()
    DERIVATIVES = enum.auto()

    def is_covered(self, check: CaptureCheck | ValueCheck | None) -> bool:
        return check is not None and (self is Extent.VALUES or isinstance(check, CaptureCheck))


def check_first_call(
    record: FunctionRecord,
    s: Specialisation,
    leaves: Sequence[Leaf],
    call: Callable[[Any, Sequence[Any]], Any],
    excerpt: Excerpt = EVERYTHING,
    extent: Extent = Extent.DERIVATIVES,
) -> None:
    """Check a new capture against the plain function at the values it was made from, or raise."""
    subject = _Subject(record, s, leaves, call, excerpt)
    try:
        found = subject.check_values() if extent is Extent.VALUES else None
        s.check = found or subject.check()
    except NotDeterministicError as error:
        if not s.capture.changes:
            raise
        raise NotDeterministicError(f"{error}\n    It changes {' and '.join(s.capture.changes)}.") from None
    except MismatchError as error:
        if not s.capture.guards and not compares(subject.outputs):
            raise
        raise MismatchError(f"{error}\n    {_of_branches(s.capture.guards)}") from None


def _of_branches(guards: Sequence[Guard]) -> str:
    """The other reason: a search by branches follows its input where no way through the branches does."""
    at = f" ({guards[0].where or 'unknown line'})" if guards else ""
    return (
        f"The function goes by comparisons of values{at}: what it finds by comparing, as bisection does, moves with "
        "its input, but each way through the comparisons does not.\n"
        "    Let a solver of scipy.optimize find it: brentq a zero, root zeros of several numbers, minimize_scalar\n"
        "    (what golden section is for) or minimize a minimum. Its derivative is that of the solution."
    )


def check_on_tape(
    record: FunctionRecord,
    s: Specialisation,
    leaves: Sequence[Leaf],
    call: Callable[[Any, Sequence[Any]], Any],
    run_at: Callable[[Sequence[Any]], TapedRun],
) -> None:
    """Check runs on a tape in the same way. `s` has the run at these leaves, `run_at` makes others."""
    capture = s.capture
    subject = _Subject(record, s, leaves, call, EVERYTHING)
    active = [carries_derivative(v.dtype) for v in capture.variables]
    numbers = [k for k in range(len(capture.outputs)) if k not in capture.others]

    def recorded(
        flat: Sequence[np.ndarray], along: Sequence[np.ndarray]
    ) -> tuple[Sequence[np.ndarray], Sequence[np.ndarray]]:
        run = run_at([x if x.ndim else x[()] for x in flat])
        directions = {v: d for v, d, a in zip(run.capture.variables, along, active, strict=True) if a}
        tangents = run.tangents(directions)
        return [np.asarray(run.capture.values[k]) for k in numbers], [np.asarray(tangents[k]) for k in numbers]

    steps = run_at([np.asarray(value)[()] for value in subject.values]).tape.steps
    made = [y for step in steps for y in step.piece.outputs]
    check_capture(
        subject.plain, recorded, subject.values, active, _where(record), names=[v.name for v in capture.variables],
        kinks=_kinks(made), decisions=decisions_on_tape(made),
    )  # fmt: skip


@dataclass(frozen=True)
class _Subject:
    """A capture, the values it was made from, and the function."""

    record: FunctionRecord
    s: Specialisation
    leaves: Sequence[Leaf]
    call: Callable[[Any, Sequence[Any]], Any]
    excerpt: Excerpt

    def check_values(self) -> ValueCheck | None:
        s, guards = self.s, self.s.capture.checks
        run = compile_program(lower([*(g.expr for g in guards), *self.outputs], s.capture.variables))

        def replay(flat: Sequence[np.ndarray]) -> list[np.ndarray]:
            with np.errstate(all="ignore"):
                results = run(*self.put_back(flat, self.whole))
            if not s.holds(results):
                raise CaptureError("the capture does not hold here")
            return [np.asarray(self.excerpt.of_output(y)) for y in results[len(guards) :]]

        return check_values(self.plain, replay, self.values, _where(self.record), traced=self.traced)

    def check(self) -> CaptureCheck:
        capture = self.s.capture
        directions, tangents = _pushed(stable(self.outputs), capture.variables)
        active = [v in directions for v in capture.variables]
        present = set(toposort(tangents))
        independent = [v in directions and directions[v] not in present for v in capture.variables]
        both = compile_program(lower([*self.outputs, *tangents], [*capture.variables, *directions.values()]))
        count = len(self.outputs)

        def recorded(
            flat: Sequence[np.ndarray], along: Sequence[np.ndarray]
        ) -> tuple[Sequence[np.ndarray], Sequence[np.ndarray]]:
            still = [np.zeros(np.shape(x), np.asarray(x).dtype) for x in self.whole]
            moved = [d for d, a in zip(self.put_back(along, still), active, strict=True) if a]
            inputs = self.put_back(flat, self.whole)
            try:
                with np.errstate(all="ignore"):
                    results = both(*inputs, *moved)
            except NO_DERIVATIVE as error:
                raise explained(capture, inputs, error) from None
            found = [np.asarray(self.excerpt.of_output(y)) for y in results]
            return found[:count], found[count:]

        decisions = decisions_of(
            self.outputs, capture.checks, capture.variables, lambda x: self.put_back(x, self.whole), self.values
        )
        return check_capture(
            self.plain, recorded, self.values, active, _where(self.record), traced=self.traced,
            independent=independent, names=[v.name for v in capture.variables], kinks=_kinks(self.outputs),
            accuracy=_accuracy(self.outputs), noise=self.noise, noise_of_sums=self.noise_of_sums, holds=self.holds,
            decisions=decisions,
        )  # fmt: skip

    def holds(self, flat: Sequence[np.ndarray]) -> bool:
        """Whether the guards are there what the trace saw."""
        run = compile_program(lower([g.expr for g in self.s.capture.checks], self.s.capture.variables))
        with np.errstate(all="ignore"):
            return self.s.holds(run(*self.put_back(flat, self.whole)))

    def noise(self, flat: Sequence[np.ndarray]) -> list[np.ndarray]:
        """How far roundings on the way put each output off: the largest of some samples, each with signs of its own."""
        return self._noise(flat, lambda n: 1.0)

    def noise_of_sums(self, flat: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The same, where sums are those of NumPy, which may round as often as they have terms."""
        return self._noise(flat, lambda n: 1.0 + roundings(n))

    def _noise(self, flat: Sequence[np.ndarray], rounded: Callable[[Expr], float]) -> list[np.ndarray]:
        rng = np.random.default_rng(0)

        def own(n: Expr) -> Expr:
            size = math.prod(map(int, n.shape))
            signs = rng.choice((-1.0, 1.0), tuple(map(int, n.shape)) if size <= LARGEST_SAMPLE else ())
            signs = signs * rounded(n)
            off = array(signs.astype(np.float32)) if signs.ndim else constant(float(signs))
            return multiply(off, n)

        samples = [perturbed(self.outputs, own) for _ in range(NOISE_SAMPLES)]
        run = compile_program(lower([e for sample in samples for e in sample], self.s.capture.variables))
        with np.errstate(all="ignore"):
            found = [np.abs(self.excerpt.of_output(e)) for e in run(*self.put_back(flat, self.whole))]
        count = len(self.outputs)
        largest = [np.max([found[k + j * count] for j in range(NOISE_SAMPLES)], axis=0) for k in range(count)]
        off = [np.asarray(x * np.finfo(np.result_type(x, np.float32)).eps) for x in largest]
        return [x * (1 + 1j) if is_complex(y.dtype) else x for x, y in zip(off, self.outputs, strict=True)]

    @functools.cached_property
    def whole(self) -> list[Any]:
        return [value_of(leaf.value) for leaf in self.leaves]

    @functools.cached_property
    def settings(self) -> list[Any]:
        return [self.excerpt.part(k, value) for k, value in enumerate(self.whole)]

    @property
    def values(self) -> list[np.ndarray]:
        return [np.asarray(self.settings[k]) for k in self.s.places]

    @property
    def outputs(self) -> list[Expr]:
        return [y for k, y in enumerate(self.s.capture.outputs) if k not in self.s.capture.others]

    @property
    def traced(self) -> list[np.ndarray] | None:
        """What the function gave while it was traced, if that was the whole of it, and on nothing but its arguments.

        What it changes besides were copies; after a leap the values are those of the loop. What nobody looked at comes
        from the recorded calls: numbers that were drawn stand in these.
        """
        capture = self.s.capture
        if capture.changes or capture.leapt:
            return None
        if any(type(y) is Late and y.is_waiting for y in capture.held):
            return self._replayed()
        return [np.asarray(self.excerpt.of_output(y)) for k, y in enumerate(capture.values) if k not in capture.others]

    def _replayed(self) -> list[np.ndarray] | None:
        run = compile_program(lower(self.outputs, self.s.capture.variables))
        try:
            with np.errstate(all="ignore"):
                found = run(*self.put_back(self.values, self.whole))
        except NO_DERIVATIVE:
            return None
        return [np.asarray(self.excerpt.of_output(y)) for y in found]

    def put_back(self, parts: Sequence[np.ndarray], whole: Sequence[Any]) -> list[np.ndarray]:
        """The leaves that vary, with these parts in them."""
        return [self.excerpt.put_back(k, x, whole[k]) for k, x in zip(self.s.places, parts, strict=True)]

    def plain(self, flat: Sequence[np.ndarray]) -> list[np.ndarray]:
        full = list(self.settings)
        for k, value in zip(self.s.places, flat, strict=True):
            full[k] = value if value.ndim else value.item() if self.leaves[k].of_python else value[()]
        with np.errstate(all="ignore"), without_compiling():
            returned = flatten(self.call(self.record.function, full))[0]
        return [np.asarray(x) for k, x in enumerate(returned) if k not in self.s.capture.others]


def _kinks(outputs: Sequence[Expr]) -> list[str]:
    """The operations at which a derivative may be a matter of convention: kinks, and choices between entries."""
    found = {n.op.name for n in all_nodes(outputs) if isinstance(n, Apply) and n.op.smoothness is not Smoothness.SMOOTH}
    return sorted(found)


def _accuracy(outputs: Sequence[Expr]) -> float:
    """To what part of themselves derivatives are known, where solvers leave more than rounding."""
    nodes = (n for n in toposort(outputs) if isinstance(n, Apply) and n.op.accuracy is not None)
    return max((n.op.accuracy(**dict(n.params)) for n in nodes), default=0.0)


def _pushed(outputs: Sequence[Expr], variables: Sequence[Variable]) -> tuple[dict[Variable, Variable], list[Expr]]:
    """The derivatives along directions of the variables; one whose rule refuses is refused when it is asked for."""
    directions = {v: tangent_variable(v) for v in variables if carries_derivative(v.dtype)}
    try:
        return directions, push_forward(outputs, directions)
    except UnknownFunctionError:
        known = {v: d for v, d in directions.items() if _has_rules(outputs, v)}
        return known, push_forward(outputs, known)


def _has_rules(outputs: Sequence[Expr], v: Variable) -> bool:
    try:
        push_forward(outputs, {v: tangent_variable(v)})
    except UnknownFunctionError:
        return False
    return True


def _where(record: FunctionRecord) -> str:
    """The function and the line it starts on."""
    code = getattr(inspect.unwrap(record.function), "__code__", None)
    if code is None:
        return record.name
    return f"{record.name} ({os.path.basename(code.co_filename)}:{code.co_firstlineno})"
