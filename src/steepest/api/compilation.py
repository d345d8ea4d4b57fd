"""Which engine runs a program: array operations at once, machine code when that pays.

Every program runs on array operations first. Once that has taken about as long as compiling would, machine code is
made in the background. Its first result is compared with that of the array operations, on the same inputs and in
memory that was filled with something else; only code that agrees is used.
"""

from __future__ import annotations

import enum
import functools
import os
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.engines.native.entry.callable import reason_against
from steepest.engines.native.entry.entrance import Threads
from steepest.engines.native.entry.entries import answering_code
from steepest.engines.native.entry.function import KernelFunction, prepared
from steepest.engines.native.kernel import FAILED, NOT_FINITE
from steepest.engines.native.machine.loading import Loaded, load
from steepest.engines.native.unsupported import Unsupported
from steepest.engines.python.compile import compile_program
from steepest.errors import ArgumentError
from steepest.expr.node import Expr, Variable
from steepest.lower.composites import EXPANSIONS
from steepest.lower.loop_account import loop_lines
from steepest.lower.lowering import lower
from steepest.lower.program import ArrayType, Call, Composites, Program
from steepest.on_demand import on_first_call
from steepest.verify.agreement import disagreement
from steepest.verify.long_sums import with_sums_in_double
from steepest.verify.shaking import shaken

from .background import Background, Work
from .warning_level import levels_to_user

if TYPE_CHECKING:
    from steepest.engines.native.segments import Segmented

# The compiler is imported when there is something to compile.
emit = on_first_call("steepest.engines.native.compile", "emit")
host = on_first_call("steepest.engines.native.machine.target", "host")
in_segments = on_first_call("steepest.engines.native.segments", "Segmented")

VARIABLE = "STEEPEST_COMPILE"  # what "auto" stands for, in the environment

# Seconds spent on array operations, at which code is made. That takes longer, 50 to 500 ms in `make bench`, but a
# thread of its own does it meanwhile, and code that was made before is read from disk in a few milliseconds.
WORTH, WORTH_OF_INSTRUCTION = 22e-3, 90e-6
PER_CALL = 4e-6  # seconds that a call of array operations takes besides them
LONG = 10e-6  # seconds; a kernel that takes longer lets other threads run meanwhile
UNCLEAR = 1e-3  # seconds; up to so long the checks around a kernel may be what takes the time
TIMED = 3  # calls after that, of which the fastest counts
COMPARISONS = 8  # that may come to nothing, because a routine failed or the result is not finite


class Compile(enum.Enum):
    """When machine code is made."""

    EAGER = "eager"  # before the first result
    AUTO = "auto"  # in the background, when it pays
    OFF = "off"


class NonFinite(enum.Enum):
    """What is done about results that are not finite. The values are the bits of a kernel's status that matter."""

    EXPLAINED = NOT_FINITE | FAILED  # array operations run again, and what made the NaN or infinity is told
    RETURNED = FAILED


class CompilationWarning(RuntimeWarning):
    """Machine code did not give what it should; it is not used."""


def compile_choice(word: str) -> Compile:
    """What the word says; for ``"auto"`` the environment may say otherwise.

    Raises:
        ArgumentError: if it is none of the three.
    """
    said = "compile"
    if word == Compile.AUTO.value and VARIABLE in os.environ:
        said, word = f"the environment variable {VARIABLE}", os.environ[VARIABLE]
    try:
        return Compile(word)
    except ValueError:
        raise ArgumentError(f"{said} must be 'eager', 'auto' or 'off', got {word!r}") from None


class _Checks(threading.local):
    under_way = 0


_checks = _Checks()


@contextmanager
def without_compiling() -> Iterator[None]:
    """In this thread nothing is compiled: for the few calls of a function that only check another."""
    _checks.under_way += 1
    try:
        yield
    finally:
        _checks.under_way -= 1


class Stage(enum.Enum):
    """How far the machine code of a program is."""

    NONE = "array operations"
    MAKING = "array operations, while machine code is being made"
    MADE = "array operations, machine code not compared yet"
    READY = "machine code"
    REFUSED = "array operations, no machine code"


class Tiers:
    """One program on both engines."""

    def __init__(self, outputs: Sequence[Expr], inputs: Sequence[Variable], nonfinite: NonFinite):
        self._outputs, self._inputs = tuple(outputs), tuple(inputs)
        self._program = lower(self._outputs, self._inputs)
        self._interpreted = compile_program(self._program)
        self._worth = WORTH + WORTH_OF_INSTRUCTION * len(self._program.instructions)
        self.nonfinite = nonfinite
        self.stage = Stage.NONE
        self.reason = ""  # why there is no machine code
        self.seconds = 0.0  # spent on array operations
        self.interpreted_calls = self.native_calls = 0
        self.compile_seconds = 0.0
        self.loaded: Loaded | None = None
        self.segmented: Segmented | None = None  # where not all of the program has machine code
        self.function: KernelFunction | Segmented | None = None
        self.threads = Threads.WAIT
        self._undecided = 0
        self._begun: Work | None = None  # in the background, by somebody who will want it

    def begin(self, choice: Compile) -> None:
        """Make in the background the machine code that `run` will wait for."""
        if choice is Compile.EAGER and self.stage is Stage.NONE and not _checks.under_way:
            self.stage = Stage.MAKING
            self._begun = Work(self.make, self._put_off)
            background.submit(self._begun)

    def run(self, inputs: Sequence[Any], choice: Compile) -> tuple[Any, ...]:
        """The outputs, by whichever engine `choice` allows and is ready."""
        if choice is Compile.OFF:
            return self._interpret(inputs)
        if self.stage is Stage.READY:
            assert self.function is not None
            found: tuple[Any, ...] | None = self.function(*inputs)
            if found is not None:
                self.native_calls += 1
                return found
            return self._interpret(inputs)
        if choice is Compile.EAGER and self.stage in (Stage.NONE, Stage.MAKING) and not _checks.under_way:
            begun, self._begun = self._begun, None
            if begun is None or background.take_back(begun) or self.stage is Stage.NONE:
                self.make()
        if self.stage is Stage.MADE:
            return self._compare(inputs)
        outcome = self._interpret(inputs)
        if self.stage is Stage.NONE and self.seconds > self._worth and not _checks.under_way:
            self.stage = Stage.MAKING
            background.submit(Work(self.make, self._put_off))
        return outcome

    def account(self) -> Iterator[str]:
        """Lines that tell which engine runs, and how it came to be."""
        calls = f"{self.native_calls} calls by machine code, {self.interpreted_calls} by array operations"
        yield f"engine: {self.stage.value}{f' ({self.reason})' if self.reason else ''}; {calls}"
        yield from loop_lines(self._program)
        made = self.loaded or self.segmented
        if made is not None:
            yield f"compiled in {1e3 * self.compile_seconds:.1f} ms in all"
            yield from made.account

    # --- array operations ---------------------------------------------------------------------------

    def _interpret(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        begin = time.perf_counter()
        with np.errstate(all="ignore"):
            outputs = self._interpreted(*inputs)
        self.seconds += time.perf_counter() - begin + PER_CALL
        self.interpreted_calls += 1
        return outputs

    # --- machine code -------------------------------------------------------------------------------

    def make(self) -> None:
        """Compile. Never raises: what has no machine code is run as array operations."""
        begin = time.perf_counter()
        try:
            made = self._compiled(self._written_out())
            if reason_against() is None:
                answering_code()  # here, where nobody waits for it
        except Unsupported as error:
            self._refuse(str(error))
        except Exception as error:  # a defect of the compiler, which must not become one of the user's program
            self._refuse(f"{type(error).__name__}: {error}")
        else:
            self._made(made, time.perf_counter() - begin)

    def _written_out(self) -> Program:
        """The program with its composites in their parts."""
        if not any(isinstance(i, Call) and i.op in EXPANSIONS for i in self._program.instructions):
            return self._program
        return lower(self._outputs, self._inputs, composites=Composites.EXPANDED)

    def _compiled(self, program: Program) -> Loaded | Segmented:
        """As one kernel; or, where a part has no machine code, in segments."""
        try:
            return load(emit(program, host().vector_bits))
        except Unsupported as whole:
            try:
                return in_segments(program, host().vector_bits, self.nonfinite.value)
            except Unsupported:
                raise whole from None

    def _made(self, made: Loaded | Segmented, seconds: float) -> None:
        if self.stage in (Stage.NONE, Stage.MAKING):  # else another thread was faster
            self.loaded = made if isinstance(made, Loaded) else None
            self.segmented = None if isinstance(made, Loaded) else made
            self.compile_seconds = seconds
            self.stage = Stage.MADE

    def _put_off(self) -> None:
        self.seconds = 0.0
        self.stage = Stage.NONE

    def _refuse(self, reason: str) -> None:
        self.reason, self.loaded, self.segmented = reason, None, None
        self.stage = Stage.REFUSED

    def _compare(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """The outputs by array operations; the machine code is used from now on if it gives the same."""
        begin = time.perf_counter()
        expected = self._interpret(inputs)
        try:
            self._compare_with(expected, inputs, time.perf_counter() - begin)
        except np.linalg.LinAlgError:  # beside these inputs
            self._doubt("rounding decides whether there is a result")
        return expected

    def _compare_with(self, expected: tuple[Any, ...], inputs: Sequence[Any], interpreted: float) -> None:
        if self.segmented is not None:
            self._compare_segments(self.segmented, inputs, expected, interpreted)
            return
        loaded = self.loaded
        arrays = None if loaded is None else prepared(inputs, loaded.kernel.inputs)
        if loaded is None or arrays is None:
            return
        outputs = [_poisoned(t) for t in loaded.kernel.outputs]
        begin = time.perf_counter()
        status = loaded.run_into(arrays, outputs)
        seconds = time.perf_counter() - begin
        gap = "a routine failed" if status & FAILED else self._gap(inputs, expected, outputs)
        if gap is None:
            self._accept(loaded, arrays, seconds)
        elif status == 0:
            self._reject(gap)
        else:
            self._doubt(gap)

    def _compare_segments(
        self, segmented: Segmented, inputs: Sequence[Any], expected: tuple[Any, ...], seconds: float
    ) -> None:
        segmented(*inputs)
        begin = time.perf_counter()
        outputs = segmented(*inputs)
        taken = time.perf_counter() - begin
        if outputs is None:
            self._doubt("a routine failed, or a result is not finite")
        elif (gap := self._gap(inputs, expected, outputs)) is not None:
            self._reject(gap)
        elif taken > seconds:
            self._refuse("array operations are as fast")
        else:
            self.function = segmented
            self.stage = Stage.READY

    def _reject(self, gap: str) -> None:
        """Machine code that gave something else is not used."""
        self._refuse(gap)
        warnings.warn(f"machine code is not used: {gap}", CompilationWarning, levels_to_user())

    def _doubt(self, gap: str) -> None:
        """A result that is not finite, in whatever way, says little of the code: it is compared some times more."""
        self._undecided += 1
        if self._undecided == COMPARISONS:
            self._refuse(gap)

    def _gap(self, inputs: Sequence[Any], expected: Sequence[Any], given: Sequence[Any]) -> str | None:
        """What is wrong with outputs; those whose long sums are exact are as good as those of array operations."""
        found = disagreement(functools.partial(_shaken, self._program), inputs, expected, given)
        if found is None or (exact := with_sums_in_double(self._program)) is self._program:
            return found
        try:
            with np.errstate(all="ignore"):
                expected = compile_program(exact)(*inputs)
            return disagreement(functools.partial(_shaken, exact), inputs, expected, given)
        except MemoryError:  # it needs some room
            return found

    def _accept(self, loaded: Loaded, arrays: Sequence[np.ndarray], seconds: float) -> None:
        """Use the code, which took so long with the checks around it."""
        function = KernelFunction(loaded, self.nonfinite.value, Threads.WAIT)
        numbers = [x if x.ndim else x[()] for x in arrays]  # as they are when a call gets here without Python
        for _ in range(TIMED if seconds < UNCLEAR else 0):
            begin = time.perf_counter()
            function(*numbers)
            seconds = min(seconds, time.perf_counter() - begin)
        if seconds > LONG:
            self.threads = Threads.RUN
            function = KernelFunction(loaded, self.nonfinite.value, Threads.RUN)
        self.function = function
        self.stage = Stage.READY


def _shaken(program: Program, inputs: Sequence[Any], seed: int) -> tuple[Any, ...]:
    """The outputs with roundings that might as well have been made."""
    with np.errstate(all="ignore"):
        return compile_program(shaken(program, seed))(*inputs)


def _poisoned(declared: ArrayType) -> np.ndarray:
    """Memory in which an entry that is not written shows."""
    array = np.empty(declared.shape, declared.dtype)
    array.fill(np.nan if array.dtype.kind in "fc" else 85)
    return array


background = Background()
