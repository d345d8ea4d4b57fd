"""A program of complex arrays as one of real arrays, which loops and routines are written for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial, reduce
from typing import Any

import numpy as np

from steepest.engines.native.emit.transforms import is_there
from steepest.engines.native.ir.value import KINDS
from steepest.lower.program import (
    Arithmetic,
    Call,
    Contraction,
    Convert,
    Convolve,
    Diagonal,
    Embed,
    Fill,
    FourierTransform,
    Gather,
    Instruction,
    Loop,
    Matmul,
    Negative,
    Program,
    Rearrange,
    Register,
    Reshape,
    RunningSum,
    Scatter,
    Select,
    Slice,
    Sum,
    Tensordot,
    Windows,
    operands,
    targets,
)
from steepest.schedule.calling_back import by_call, called_back
from steepest.schedule.transforms import transform_in_memory

from .calls import name_of, on_memory, operation
from .functions import ARITHMETIC, COMPLEX_VALUED, REAL_VALUED
from .writer import PARTS, Pair, Writer


def in_real_numbers(program: Program) -> Program:
    """The same program on arrays as they lie in memory; itself if it has no complex ones."""
    if not any(t.dtype in PARTS for t in _all_types(program)):
        return program
    return _Parts(program).program()


def _all_types(program: Program) -> Iterator[Any]:
    yield from program.registers
    for i in program.instructions:
        if isinstance(i, Loop):
            yield from _all_types(i.body)


class _Parts:
    """Instruction by instruction."""

    def __init__(self, program: Program) -> None:
        self.whole, self.w = program, Writer(program)
        self.calls: dict[Register, tuple[Callable[..., Any], int]] = {}  # a function and the number of its result
        self.together = by_call(program.instructions)

    def program(self) -> Program:
        w = self.w
        for i in self.whole.instructions:
            self._write(i)
        outputs = tuple(map(w.together, self.whole.outputs))
        replaced = {r for r in self.whole.constants if w.is_complex(r)}
        constants = {r: v for r, v in w.constants.items() if r not in replaced}
        return replace(
            self.whole, outputs=outputs, constants=constants, instructions=tuple(w.instructions),
            registers=tuple(w.registers),
        )  # fmt: skip

    def _write(self, i: Instruction) -> None:
        w = self.w
        if isinstance(i, Loop):
            self._loop(i)
        elif not any(map(w.is_complex, (*operands(i), *targets(i)))):
            w.instructions.append(i)
        elif isinstance(i, FourierTransform) and is_there(KINDS.get(np.dtype(w.dtype(i.target))), i.sign):
            self._transformed(i)
        elif not self._by_parts(i):
            self._called(i)

    # --- by parts ------------------------------------------------------------------------------------

    def _by_parts(self, i: Instruction) -> bool:
        """Whether an instruction could be written so."""
        w, rule = self.w, RULES.get(type(i))
        if isinstance(i, Call) and i.op in REAL_VALUED:
            w.instructions.append(Fill(i.target, REAL_VALUED[i.op](w, *self._pairs(i.operands))))
        elif isinstance(i, Call) and i.op in COMPLEX_VALUED:
            w.define(i.target, COMPLEX_VALUED[i.op](w, *self._typed(i.target, i.operands)))
        elif isinstance(i, Convert) and not w.is_complex(i.target):
            w.instructions.append(Convert(i.target, w.pair(i.source).real))
        elif rule is not None and w.is_complex(i.target):
            w.define(i.target, rule(self, i))
        else:
            return False
        return True

    def _pairs(self, registers: tuple[Register, ...]) -> list[Pair]:
        return [self.w.pair(r) for r in registers]

    def _typed(self, target: Register, registers: tuple[Register, ...]) -> list[Pair]:
        """The parts of operands in the type of the parts of a result."""
        dtype = self.w.dtype(target)
        return [
            Pair(*(None if p is None else self.w.converted(p, dtype) for p in pair))  # type: ignore[arg-type]
            for pair in self._pairs(registers)
        ]

    def _each(self, i: Any, pair: Pair) -> Pair:
        """A linear instruction of one operand on both parts."""
        return Pair(*(None if p is None else self._on(i, source=p) for p in pair))  # type: ignore[arg-type]

    def _on(self, i: Any, **fields: Any) -> Register:
        """An instruction with other operands."""
        w = self.w
        target = w.new(w.shape(i.target)[:-1], w.dtype(i.target))
        w.instructions.append(replace(i, target=target, **fields))
        return target

    def arithmetic(self, i: Arithmetic) -> Pair:
        return ARITHMETIC[i.sign](self.w, *self._typed(i.target, (i.left, i.right)))

    def linear(self, i: Any) -> Pair:
        return self._each(i, *self._typed(i.target, (i.source,)))

    def converted(self, i: Convert) -> Pair:
        return self._typed(i.target, (i.source,))[0]

    def gathered(self, i: Gather) -> Pair:
        """What is outside is a real number."""
        (pair,) = self._typed(i.target, (i.source,))
        imaginary = pair.imaginary
        return Pair(
            self._on(i, source=pair.real), None if imaginary is None else self._on(i, source=imaginary, outside=0)
        )

    def embedded(self, i: Embed) -> Pair:
        parts = []
        for k in range(2):
            sources = [(piece, self.w.pair(piece.source)[k]) for piece in i.pieces]
            pieces = tuple(replace(piece, source=s) for piece, s in sources if s is not None)
            parts.append(self._on(i, pieces=pieces) if pieces or k == 0 else None)
        return Pair(*parts)  # type: ignore[arg-type]

    def bilinear(self, i: Any) -> Pair:
        """A product of two arrays: products of their parts."""
        w, (a, b) = self.w, self._typed(i.target, operands(i))

        def times(x: Register | None, y: Register | None) -> Register | None:
            if x is None or y is None:
                return None
            return self._on(i, operands=(x, y)) if isinstance(i, Contraction) else self._on(i, left=x, right=y)

        real, less = times(a.real, b.real), times(a.imaginary, b.imaginary)
        assert real is not None
        across = [p for p in (times(a.real, b.imaginary), times(a.imaginary, b.real)) if p is not None]
        return Pair(
            real if less is None else w.arithmetic("-", real, less),
            reduce(partial(w.arithmetic, "+"), across) if across else None,
        )

    # --- in memory -----------------------------------------------------------------------------------

    def _transformed(self, i: FourierTransform) -> None:
        w, dtype = self.w, self.w.dtype(i.target)
        alike = w.is_complex(i.source) and w.dtype(i.source) == dtype
        source = w.together(i.source) if alike else w.joined(w.pair(i.source), w.shape_of(i.source), dtype)
        w.instructions.append(Call(i.target, transform_in_memory, (source,), (("sign", i.sign),)))
        w.define_together(i.target)

    def _called(self, i: Instruction) -> None:
        """By array operations, all results of one call together."""
        w, group = self.w, self.together[i.target]
        step = called_back(self.whole, group)
        first = step.target
        if first not in self.calls:
            function = on_memory(step.program)
            self.calls |= {r: (function, k) for k, r in enumerate(step.targets)}
        function, k = self.calls[i.target]
        given = tuple(map(w.together, step.reads))
        w.instructions.append(Call(i.target, operation(name_of(i), function, k), given, ()))
        w.define_together(i.target)

    def _loop(self, i: Loop) -> None:
        w = self.w
        starts, sequences, fixed = (tuple(map(w.together, rs)) for rs in (i.starts, i.sequences, i.fixed))
        body = in_real_numbers(i.body)
        w.instructions.append(replace(i, body=body, starts=starts, sequences=sequences, fixed=fixed))
        for r in filter(w.is_complex, i.targets):
            w.define_together(r)


LINEAR = (Negative, Select, Rearrange, Slice, Diagonal, Reshape, Windows, Fill, Scatter, Sum, RunningSum)
BILINEAR = (Matmul, Tensordot, Contraction, Convolve)
RULES: Mapping[type, Callable[[_Parts, Any], Pair]] = {
    **dict.fromkeys(LINEAR, _Parts.linear), **dict.fromkeys(BILINEAR, _Parts.bilinear), Arithmetic: _Parts.arithmetic,
    Convert: _Parts.converted, Gather: _Parts.gathered, Embed: _Parts.embedded,
}  # fmt: skip
