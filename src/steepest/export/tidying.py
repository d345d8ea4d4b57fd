"""A program in the form in which a person writes it: transposes inside products, no copies of what is new anyway."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from steepest.expr.pattern import Affine, Fourier
from steepest.lower.program import (
    VIEWS,
    Arithmetic,
    ArrayType,
    Embed,
    Fill,
    Instruction,
    Matmul,
    Negative,
    Piece,
    Program,
    Rearrange,
    Register,
    Window,
    operands,
    without_unread,
)

SWAPPED = (1, 0)


def tidied(program: Program) -> Program:
    """The same values; results may be views, as those of NumPy's own functions may be."""
    return _Tidying(program).program()


class _Tidying:
    def __init__(self, program: Program) -> None:
        self.old = program
        self.registers = list(program.registers)
        self.made: dict[Register, Instruction] = {}
        self.result: list[Instruction] = []
        self.reads = Counter(r for i in program.instructions for r in operands(i))
        self.reads.update(program.outputs)

    def program(self) -> Program:
        outputs = list(self.old.outputs)
        for i in self.old.instructions:
            if isinstance(i, Rearrange) and None not in i.axes:
                self.enter(self.turned(i))
            else:
                self.enter(self.factored(i) if isinstance(i, Arithmetic) else i)
        for k, r in enumerate(outputs):
            made = self.made.get(r)
            if isinstance(made, Fill) and self.is_copy(made) and self.is_new(made.source) and self.reads[r] == 1:
                outputs[k] = made.source
        kept = without_unread(self.result, tuple(outputs))
        return replace(self.old, outputs=tuple(outputs), instructions=kept, registers=tuple(self.registers))

    def enter(self, i: Instruction) -> None:
        self.made[i.target] = i
        self.result.append(i)

    def is_copy(self, i: Fill) -> bool:
        return self.registers[i.source].shape == self.registers[i.target].shape != ()

    def is_new(self, r: Register) -> bool:
        """Whether an array is made here and read by nobody else: then its views are free to give away."""
        while isinstance(made := self.made.get(r), VIEWS):
            if self.reads[r] > 1:
                return False
            r = made.source
        if made is None:
            return isinstance(self.old.constants.get(r), Affine | Fourier)
        return self.reads[r] == 1

    def factored(self, i: Arithmetic) -> Arithmetic:
        """``s·A ± s·B`` as ``s·(A ± B)`` for a number s."""
        left, right = self.made.get(i.left), self.made.get(i.right)
        if not (isinstance(left, Arithmetic) and isinstance(right, Arithmetic) and i.sign in "+-"):
            return i
        shapes = {self.registers[r].shape for r in (i.target, left.right, right.right)}
        sign = i.sign
        other = self.made.get(right.left)
        if isinstance(other, Negative) and other.source == left.left:  # s·A + (−s)·B
            sign = "-" if sign == "+" else "+"
        elif right.left != left.left:
            return i
        same = left.sign == right.sign == "*" and not self.registers[left.left].shape
        if not same or len(shapes) > 1 or self.reads[i.left] > 1 or self.reads[i.right] > 1:
            return i
        self.registers.append(self.registers[i.target])
        inner = len(self.registers) - 1
        self.reads[inner] = 1
        self.enter(Arithmetic(inner, sign, left.right, right.right))
        return Arithmetic(i.target, "*", left.left, inner)

    def turned(self, i: Rearrange) -> Instruction:
        """Axes in another order: zeros with pieces read by nobody else are made in that order."""
        made = self.made.get(i.source)
        if isinstance(made, Embed) and self.reads[i.source] == 1:
            return Embed(i.target, tuple(_turned(p, i.axes) for p in made.pieces))
        return self.transposed(i.source, i.target) if i.axes == SWAPPED else i

    def transposed(self, r: Register, target: Register) -> Instruction:
        """The instruction that makes the transpose of a matrix: a product read by nobody else is turned."""
        made = self.made.get(r)
        if self.reads[r] == 1:
            match made:
                case Matmul(_, left, right) if self.is_matrix(left) and self.is_matrix(right):
                    return Matmul(target, self.swapped(right), self.swapped(left))
                case Arithmetic(_, sign, left, right) if self.is_even(left) and self.is_even(right):
                    return Arithmetic(target, sign, self.swapped(left), self.swapped(right))
                case Negative(_, source):
                    return Negative(target, self.swapped(source))
        return Rearrange(target, r, SWAPPED)

    def swapped(self, r: Register) -> Register:
        """A register with the transpose of a matrix; of a number, itself."""
        made = self.made.get(r)
        if not self.registers[r].shape:
            return r
        if isinstance(made, Rearrange) and made.axes == SWAPPED:
            self.reads[made.source] += 1
            return made.source
        shape, dtype = self.registers[r].shape, self.registers[r].dtype
        self.registers.append(ArrayType(shape[::-1], dtype))
        new = len(self.registers) - 1
        self.reads[new] = 1
        self.enter(self.transposed(r, new))
        return new

    def is_matrix(self, r: Register) -> bool:
        return len(self.registers[r].shape) == 2

    def is_even(self, r: Register) -> bool:
        """A number, or a matrix of full shape."""
        shape = self.registers[r].shape
        return not shape or (len(shape) == 2 and 1 not in shape)


def _turned(p: Piece, axes: tuple[int | None, ...]) -> Piece:
    """A piece of an array with its axes in another order."""
    labels = iter(p.follows)
    by_axis = [next(labels) if isinstance(place, Window) else None for place in p.places]
    order = [k for k in axes if k is not None]
    follows = tuple(label for k in order if (label := by_axis[k]) is not None)
    return Piece(p.source, tuple(p.places[k] for k in order), follows, p.carried)
