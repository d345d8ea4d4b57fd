"""The statements of a C function: each array of the program in a loop of its own, or inside the loop that reads it.

A register is *stored* in memory when it is a result, when several statements read it, or when reading it in place
would compute it again and again. Everything else is read in place, see `entries`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from steepest.errors import FormulaError
from steepest.expr.dimension import Dim
from steepest.lower.program import VIEWS, Fill, Instruction, Loop, Program, Register, targets

from .adding import Addend, addends_of
from .entries import as_number, product, read, value
from .failing import Failure
from .looping import write_loop
from .loops import INDENT, Level, Stack, close, places
from .naming import Names
from .placing import broadcast
from .readers import costly_registers, is_statement, shared_registers, uses_of
from .statements import RULES
from .text import CText, Index, arithmetic, loop_index, negated, offset

TYPES = {np.dtype(t) for t in (np.float64, np.float32, np.int64, np.bool_)}
LOOP_VARIABLES = "ijklpqrsuvwxyz"
FAIL = "FAIL "  # a statement that leaves the function; what it has to clean up is known at the end


@dataclass
class Needs:
    """What the statements of a function need around them."""

    workspace: dict[str, tuple[int, ...]] = field(default_factory=dict)  # arrays in between, and their shapes
    scratches: dict[str, str] = field(default_factory=dict)  # copies to be overwritten, by the text of their size
    arrays: dict[str, np.ndarray] = field(default_factory=dict)  # that are fixed
    library: dict[str, None] = field(default_factory=dict)
    failures: set[Failure] = field(default_factory=set)
    numbers: set[int] = field(default_factory=set)  # lengths and places that are written as numbers


class Body:
    """Statements of one program. `names` says what sizes are called, `inputs` what its inputs are."""

    def __init__(self, program: Program, names: Names, inputs: Sequence[str], needs: Needs) -> None:
        self.program, self.names, self.needs = program, names, needs
        self.registers = program.registers
        self.made: dict[Register, Instruction] = {r: i for i in program.instructions for r in targets(i)}
        self.stored: dict[Register, str] = dict(zip(program.inputs, inputs, strict=True))
        self.top = Level(None)
        self.constants: dict[Register, str] = {}
        self.meant: dict[Register, str] = {}  # memory that an array is to be stored in
        self.workspace, self.scratches, self.library = needs.workspace, needs.scratches, needs.library
        self.failures, self.numbers = needs.failures, needs.numbers
        self.uses = uses_of(program)
        self.shared = shared_registers(program)
        self.costly = costly_registers(program)
        for kind in self.registers:
            if kind.dtype is not None and kind.dtype.kind == "c":
                raise FormulaError("plain C is written for real numbers; this computes with complex ones: use python()")
            if kind.dtype is not None and kind.dtype not in TYPES:
                raise FormulaError(
                    f"plain C is written in double precision; this computes with {kind.dtype}: use python()"
                )

    def compute(self) -> CText | None:
        """Write all statements; a result that is a number, as an expression."""
        *conditions, result = self.program.outputs
        for r in conditions:
            self.fail(f"!({read(self, r, (), [self.top]).source})", Failure.OUTSIDE)
        self.store_shared()
        if not self.registers[result].shape:
            return read(self, result, (), [self.top])
        self.write(result, "out")
        return None

    def store_shared(self) -> None:
        """Compute what several statements read."""
        for i in self.program.instructions:
            if i.target in self.shared and not isinstance(i, VIEWS):
                self.store(i.target)

    def inside(self, program: Program, inputs: Sequence[str]) -> Body:
        """The statements of a program within one of these."""
        return Body(program, self.names, inputs, self.needs)

    def fail(self, condition: str, code: Failure, level: Level | None = None) -> None:
        """Leave the function where a condition holds."""
        self.failures.add(code)
        (level or self.top).lines += [f"if ({condition})", f"{INDENT}{FAIL}{code.value}"]

    def reserved(self, shape: tuple[int, ...], stem: str) -> str:
        """The name of an array in the workspace."""
        name = self.names.fresh(stem)
        self.workspace[name] = shape
        return name

    # --- memory -------------------------------------------------------------------------------------

    def store(self, r: Register) -> str:
        """Compute a register into memory, or into a variable if it is a number; its name."""
        if r not in self.stored:
            shape = self.registers[r].shape
            made = self.made.get(r)
            if isinstance(made, Loop):
                write_loop(self, made)
            elif not shape:
                entry_of = read if isinstance(made, (*VIEWS, Fill)) else value
                text = entry_of(self, r, (), [self.top])
                self.stored[r] = self.declare(self.top, CText(as_number(self, r, text)))
            else:
                name = self.meant.get(r) or self.reserved(shape, "t")
                self.write(r, name)
                self.stored[r] = name
        return self.stored[r]

    def write(self, r: Register, name: str) -> None:
        """The statements that compute an array into memory: what is entry by entry first, then sums are added."""
        made = self.made.get(r)
        if r not in self.stored and made is not None and is_statement(made, self.registers[r].shape):
            RULES[type(made)](self, made, name)
            return
        addends = addends_of(self, r)
        sums = [a for a in addends if a.total is not None and not a.in_variable]
        others = [a for a in addends if a not in sums]
        if len(sums) == len(addends):
            self.write_zeros(name, self.registers[r].shape)
        elif not sums:
            known = made is None or r in self.stored or isinstance(made, (*VIEWS, Fill))
            self.write_entries(r, name, read if known else value)
        else:
            self.write_rest(r, others, name)
        for a in sums:
            self.write_sum(r, a, name)

    def in_memory(self, r: Register) -> str:
        """The name of a row-major array that holds a register."""
        if isinstance(self.program.constants.get(r), np.ndarray):
            return self.constant_name(r)
        return self.store(r)

    def scratch(self, r: Register, stack: Stack) -> str:
        """A copy of the matrix that the open loops have come to; it may be overwritten in the next statement."""
        shape = self.registers[r].shape[-2:]
        key = self.count(shape)
        if key not in self.scratches:
            self.scratches[key] = self.names.fresh("lu")
            self.workspace[self.scratches[key]] = shape
        name = self.scratches[key]
        lead, depth = places(stack), len(stack)
        stack = self.opened(stack, shape)
        place = places(stack)
        text = read(self, r, place, stack)
        stack[-1].lines.append(f"{name}[{self.offset(place[len(lead) :], shape)}] = {as_number(self, r, text)};")
        close(stack, depth)
        return name

    def constant_name(self, r: Register) -> str:
        if r not in self.constants:
            value = self.program.constants[r]
            assert isinstance(value, np.ndarray)
            name = next((n for n, known in self.needs.arrays.items() if known is value), None)
            self.constants[r] = name or self.names.fresh("c")
            self.needs.arrays[self.constants[r]] = value
        return self.constants[r]

    def declare(self, level: Level, text: CText) -> str:
        name = self.names.fresh("s")
        level.lines.append(f"const double {name} = {text.source};")
        return name

    # --- loops --------------------------------------------------------------------------------------

    def write_entries(self, r: Register, name: str, entry_of: Callable[..., CText] = read) -> None:
        """Entry by entry."""
        shape = self.registers[r].shape
        stack = self.opened([self.top], shape)
        place = places(stack)
        text = entry_of(self, r, place, stack)
        stack[-1].lines.append(f"{name}[{self.offset(place, shape)}] = {as_number(self, r, text)};")
        close(stack, 1)

    def write_rest(self, r: Register, addends: Sequence[Addend], name: str) -> None:
        """The terms of a sum that are known entry by entry."""
        shape = self.registers[r].shape
        stack = self.opened([self.top], shape)
        place = places(stack)
        text: CText | None = None
        for a in addends:
            term = read(self, a.register, broadcast(place, self.registers[a.register].shape), stack)
            term = negated(term) if a.negative else term
            text = term if text is None else arithmetic("+", text, term)
        assert text is not None
        stack[-1].lines.append(f"{name}[{self.offset(place, shape)}] = {text.source};")
        close(stack, 1)

    def write_sum(self, r: Register, a: Addend, name: str) -> None:
        """A sum of products added up in memory."""
        assert a.total is not None
        shape = self.registers[r].shape
        stack: Stack = [self.top]
        indices: dict[int, Index] = {}
        self.open_labels(stack, a.order, a.total.sizes, indices)
        text = product(self, a.total, indices, stack)
        text = negated(text) if a.negative else text
        place = tuple(indices[i] for i in a.total.out)
        sign, text = ("-=", negated(text)) if text.is_negative else ("+=", text)
        stack[-1].lines.append(f"{name}[{self.offset(place, shape)}] {sign} {text.source};")
        close(stack, 1)

    def write_zeros(self, name: str, shape: Sequence[int]) -> None:
        stack: Stack = [self.top]
        variable = self.free_variable(stack)
        stack.append(Level(variable, self.count(shape), [f"{name}[{variable}] = 0.0;"]))
        close(stack, 1)

    def opened(self, stack: Stack, shape: Sequence[int]) -> Stack:
        """The stack with a loop for each axis."""
        stack = list(stack)
        for n in shape:
            stack.append(Level(self.free_variable(stack), self.size(n)))
        return stack

    def open_labels(self, stack: Stack, order: Sequence[int], sizes: dict[int, int], indices: dict[int, Index]) -> None:
        """A loop for each label; `indices` learns what they are called."""
        for label in order:
            variable = self.free_variable(stack)
            stack.append(Level(variable, self.size(sizes[label])))
            indices[label] = loop_index(variable)

    def free_variable(self, stack: Stack) -> str:
        taken = {level.variable for level in stack} | self.names.taken
        return next(f"{c}{k or ''}" for k in range(1000) for c in LOOP_VARIABLES if f"{c}{k or ''}" not in taken)

    # --- sizes --------------------------------------------------------------------------------------

    def size(self, n: int) -> str:
        """The length of an axis; one made of several is their product."""
        if isinstance(n, Dim):
            return "*".join(self.names.sizes.get(part, part) for part in n.name.split("*"))
        self.numbers.add(int(n))
        return str(int(n))

    def count(self, shape: Sequence[int]) -> str:
        return "*".join(map(self.size, shape)) or "1"

    def offset(self, place: Sequence[Index], shape: Sequence[int]) -> str:
        return offset(place, [self.size(n) for n in shape])
