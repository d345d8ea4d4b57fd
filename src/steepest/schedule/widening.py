"""A loop with more in its steps: entries that came from outside before, and sums over all steps as states."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from steepest.expr.dimension import Shape
from steepest.expr.dtype import DType
from steepest.lower.program import (
    Arithmetic,
    ArrayType,
    Call,
    Convert,
    Fill,
    Instruction,
    Loop,
    Negative,
    Program,
    Register,
    Select,
    operands,
    targets,
    without_unread,
)


@dataclass(frozen=True)
class Total:
    """The sum over all steps of an array, or of the product of two."""

    target: Register
    factors: tuple[Register, ...]


def widened(
    program: Program,
    loop: Loop,
    rows: Collection[Register],
    computed: Sequence[Instruction],
    totals: Sequence[Total],
) -> Program:
    """The program in which the steps of a loop compute the entries of these arrays, and add up these sums.

    `rows` are the registers with an entry for each step.
    """
    step = _Step(program, loop, rows, computed, totals)
    summed = {t.target for t in totals}
    others = [i for i in program.instructions if i is not loop and summed.isdisjoint(targets(i))]
    zeros = [step.zero(program.registers[r]) for r in step.sums]
    others = list(without_unread(others, (*program.outputs, *step.sequences, *step.fixed, *loop.starts)))
    wide = step.loop([i.target for i in zeros], {r for i in others for r in operands(i)} | set(program.outputs))
    instructions = tuple(_in_order([*others, *zeros, wide]))
    return replace(program, constants=step.outer_constants, registers=tuple(step.outer), instructions=instructions)


def _in_order(instructions: Sequence[Instruction]) -> Iterator[Instruction]:
    """Operands first, and else as they come."""
    made = {r: i for i in instructions for r in targets(i)}
    done: set[Register] = set()
    for first in instructions:
        waiting = [first]
        while waiting:
            i = waiting[-1]
            before = [made[r] for r in operands(i) if r in made and r not in done]
            if before and i.target not in done:
                waiting.extend(before)
                continue
            waiting.pop()
            if i.target not in done:
                done.update(targets(i))
                yield i


class _Step:
    """The body under construction. Registers of the program have others inside, which stand for one entry."""

    def __init__(
        self,
        program: Program,
        loop: Loop,
        rows: Collection[Register],
        computed: Sequence[Instruction],
        totals: Sequence[Total],
    ) -> None:
        self.program, self.old, self.body, self.rows = program, loop, loop.body, rows
        self.outer, self.outer_constants = list(program.registers), dict(program.constants)
        self.registers, self.constants = list(self.body.registers), dict(self.body.constants)
        count = len(loop.starts)
        own = dict(zip((*loop.sequences, *loop.fixed), self.body.inputs[count:], strict=True))
        made = {i.target for i in computed}
        self.sequences = {r: own[r] for r in loop.sequences if r not in made}
        self.fixed = {r: own[r] for r in loop.fixed}
        self.inside = own | dict(zip(loop.targets[count:], self.body.outputs[count:], strict=True))
        late = set(loop.targets)
        self.before: list[Instruction] = []
        self.after: list[Instruction] = []
        for i in computed:
            is_late = not late.isdisjoint(operands(i))
            late.update(targets(i) if is_late else ())
            (self.after if is_late else self.before).append(self._entry(i))
        self.sums = {t.target: self._added(t) for t in totals}  # the registers of a sum before a step and after it

    # --- entries ---------------------------------------------------------------------------------------

    def _entry(self, i: Instruction) -> Instruction:
        """What computes one entry of what an instruction does."""
        read = {r: self._operand(r) for r in operands(i)}
        target = self.inside.get(i.target)
        if target is None:
            kind = self.program.registers[i.target]
            target = self.inside[i.target] = self._new(kind.shape[1:], kind.dtype)
        match i:
            case Arithmetic(sign=sign, left=left, right=right):
                return Arithmetic(target, sign, read[left], read[right])
            case Select(mask=mask, source=source):
                return Select(target, read[mask], read[source])
            case Call(op=op, operands=given, params=params):
                return Call(target, op, tuple(read[r] for r in given), params)
            case Negative(source=source) | Convert(source=source):
                return type(i)(target, read[source])
        raise TypeError(f"{type(i).__name__} is not done entry by entry")

    def _operand(self, r: Register) -> Register:
        if r in self.inside:
            return self.inside[r]
        kind = self.program.registers[r]
        if r in self.program.constants and not kind.shape:
            self.inside[r] = new = self._new((), kind.dtype)
            self.constants[new] = self.program.constants[r]
        elif r in self.rows:
            self.inside[r] = self.sequences[r] = new = self._new(kind.shape[1:], kind.dtype)
        else:
            self.inside[r] = self.fixed[r] = new = self._new(kind.shape, kind.dtype)
        return new

    def _new(self, shape: Shape, dtype: DType) -> Register:
        self.registers.append(ArrayType(shape, dtype))
        return len(self.registers) - 1

    # --- sums, and the whole ---------------------------------------------------------------------------

    def zero(self, kind: ArrayType) -> Fill:
        """What a sum begins with, as an instruction of the program."""
        self.outer += [ArrayType((), None), kind]
        target = len(self.outer) - 1
        self.outer_constants[target - 1] = 0
        return Fill(target, target - 1)

    def loop(self, zeros: Sequence[Register], read: Collection[Register]) -> Loop:
        """The new loop, of whose stacks those are left that are read elsewhere."""
        old, count = self.old, len(self.old.starts)
        outputs = zip(old.targets[count:], self.body.outputs[count:], strict=True)
        stacks = {r: inside for r, inside in outputs if r in read}
        before, after = zip(*self.sums.values(), strict=True) if self.sums else ((), ())
        inputs = (*self.body.inputs[:count], *before, *self.sequences.values(), *self.fixed.values())
        results = (*self.body.outputs[:count], *after, *stacks.values())
        steps = without_unread([*self.before, *self.body.instructions, *self.after], results)
        names = tuple(f"x{r}" for r in inputs)
        return Loop(
            (*old.targets[:count], *self.sums, *stacks),
            Program(names, inputs, results, self.constants, steps, tuple(self.registers)),
            (*old.starts, *zeros),
            tuple(self.sequences),
            tuple(self.fixed),
            old.length,
            old.direction,
            old.sums + len(self.sums),
        )

    def _added(self, total: Total) -> tuple[Register, Register]:
        """The registers of a sum before a step and after it."""
        kind = self.program.registers[total.target]
        term, *rest = map(self._operand, total.factors)
        for other in rest:
            product = self._new(kind.shape, kind.dtype)
            self.after.append(Arithmetic(product, "*", term, other))
            term = product
        before, after = self._new(kind.shape, kind.dtype), self._new(kind.shape, kind.dtype)
        self.after.append(Arithmetic(after, "+", before, term))
        return before, after
