"""Several divisions by the same number as one reciprocal and products, where nobody can tell but by the last bit.

The product of a number with a rounded reciprocal may be off by one more unit in the last place than the quotient: x / x
need not be 1. So a quotient stays one if anything that is made of it jumps, ends or has a pole: the root of 1 - q² of a
q that is 1 would be NaN. A number whose reciprocal overflows has none; who computes the reciprocal looks for that.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod

from steepest.lower.program import (
    Arithmetic,
    ArrayType,
    Call,
    Contraction,
    Convert,
    Diagonal,
    Embed,
    Fill,
    Fold,
    Gather,
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
)
from steepest.ops.operation import EVERYWHERE, Smoothness
from steepest.ops.power import power_op

from .deposits import Collect, Deposit, Step
from .factors import ROUTINES
from .reciprocal import Reciprocal

LEAST = 1e-30  # divisors beyond this, or its reciprocal, are left as they are: in single precision too they have one
FEWEST = 3  # divisions by a number that are worth a reciprocal, and looking at it


class Quotients(enum.Enum):
    """What becomes of divisions."""

    EXACT = "each is one, rounded once"
    SHARED = "products with a reciprocal, where that is as good"


# What varies as its operands do: sums and products of them, and the same entries in other places.
GENTLE = (
    Contraction, Matmul, Tensordot, Sum, RunningSum, Negative, Convert, Fill, Rearrange, Reshape, Slice, Embed,
    Diagonal, Windows, Deposit, Collect,
)  # fmt: skip


def with_reciprocals(program: Program, steps: Sequence[Step]) -> tuple[Program, tuple[Step, ...]]:
    """The steps with reciprocals, and the program with registers for them."""
    sharing = _Sharing(program, steps)
    written = tuple(sharing.steps())
    return replace(program, registers=tuple(sharing.registers), constants=sharing.constants), written


class _Sharing:
    def __init__(self, program: Program, steps: Sequence[Step]) -> None:
        self.program, self.all = program, steps
        self.registers = list(program.registers)
        self.constants = dict(program.constants)
        self.made = {i.target: i for i in steps}
        self.exact = self._exact()
        self.times: dict[Register, float] = {}
        for i in steps:
            if (divisor := self._divisor(i)) is not None:
                self.times[divisor] = self.times.get(divisor, 0) + self._size(i.target) / max(self._size(divisor), 1)
        self.found: dict[Register, Register] = {}  # of a divisor or a view of one: its reciprocal

    def steps(self) -> Iterator[Step]:
        for i in self.all:
            divisor = self._divisor(i)
            if (number := self._number(i)) is not None:
                assert isinstance(i, Arithmetic)
                yield Arithmetic(i.target, "*", i.left, self._literal(1 / number))
                continue
            if divisor is None or self.times[divisor] < FEWEST:
                yield i
                continue
            assert isinstance(i, Arithmetic)
            yield from self._reciprocals(i.right)
            yield Arithmetic(i.target, "*", i.left, self.found[i.right])

    def _size(self, r: Register) -> int:
        return prod(map(int, self.program.registers[r].shape))

    def _root(self, r: Register) -> Register:
        """The array of which another is a view with the same entries."""
        while isinstance(made := self.made.get(r), Rearrange):
            r = made.source
        return r

    def _divisor(self, i: Step) -> Register | None:
        """What a step divides by, if it may as well multiply."""
        if not isinstance(i, Arithmetic) or i.sign != "/" or i.target in self.exact:
            return None
        types = self.program.registers
        root = self._root(i.right)
        dtype = types[i.target].dtype
        floating = dtype is not None and dtype.kind == "f" and types[root].dtype == dtype
        return root if floating and root not in self.program.constants and not self._counts(root) else None

    def _number(self, i: Step) -> float | None:
        """The plain number that a step divides by, if it may as well multiply: one that is worth no look at it."""
        if not isinstance(i, Arithmetic) or i.sign != "/" or i.target in self.exact:
            return None
        value = self.program.constants.get(i.right)
        own = self.program.registers[i.right].dtype is None and isinstance(value, (int, float))
        usual = own and not isinstance(value, bool) and LEAST < abs(value) < 1 / LEAST  # type: ignore[arg-type, operator]
        return value if usual else None  # type: ignore[return-value]

    def _literal(self, value: float) -> Register:
        self.registers.append(ArrayType((), None))
        self.constants[len(self.registers) - 1] = value
        return len(self.registers) - 1

    def _counts(self, r: Register) -> bool:
        """Whether an array has whole numbers, whose quotients are expected to be whole if they are."""
        made = self.made.get(r)
        dtype = self.program.registers[made.source].dtype if isinstance(made, Convert) else None
        return dtype is not None and dtype.kind != "f"

    def _reciprocals(self, r: Register) -> Iterator[Step]:
        """The steps that make the reciprocal of a divisor, or the view of one."""
        if r in self.found:
            return
        made = self.made.get(r)
        self.found[r] = target = len(self.registers)
        self.registers.append(ArrayType(self.program.registers[r].shape, self.program.registers[r].dtype))
        if isinstance(made, Rearrange):
            yield from self._reciprocals(made.source)
            yield Rearrange(target, self.found[made.source], made.axes)
        else:
            yield Reciprocal(target, r)

    # --- what must not be off by a bit ----------------------------------------------------------------

    def _exact(self) -> set[Register]:
        """What something is made of, on whatever way, that does not vary as its operands do."""
        found: set[Register] = set()
        for i in reversed(self.all):
            found.update(_operands(i) if i.target in found else _weighed(i, self.program.constants))
        return found


def _operands(i: Step) -> tuple[Register, ...]:
    if isinstance(i, (Deposit, Reciprocal)):
        return (i.source,)
    if isinstance(i, Collect):
        return i.deposits
    return i.reads if isinstance(i, ROUTINES) else operands(i)


def _weighed(i: Step, constants: Mapping[Register, object]) -> tuple[Register, ...]:
    """The operands of which the last bit may decide."""
    match i:
        case Arithmetic():
            return (i.right,) if i.sign == "/" else ()
        case Select(mask=mask):
            return (mask,)
        case Gather(index=index) | Scatter(index=index):
            return (index,)
        case Call(op=op, operands=(_, exponent)) if op is power_op and is_count(constants.get(exponent)):
            return ()
        case Call(op=op) | Fold(op=op) if op.domain == EVERYWHERE and op.smoothness is not Smoothness.STEPS:
            return ()
    return () if isinstance(i, GENTLE) else _operands(i)


def is_count(exponent: object) -> bool:
    """Whether an exponent is known to be 0, 1, 2, …"""
    return isinstance(exponent, (int, float)) and exponent >= 0 and exponent == int(exponent)
