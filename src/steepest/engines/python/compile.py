"""A program as the text of a Python function, one line an instruction, and that function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, ShapeError
from steepest.expr.node import Expr, Variable
from steepest.lower.emitter import count
from steepest.lower.lowering import lower
from steepest.lower.program import Program, Rearrange, Register, operands

from .kernels import KERNELS
from .rendering import Namer, Text, dtype_text, input_names, number_text, render

LONGEST = 88  # characters of an expression written inside another
REACH = 12  # instructions: what is used later than that has a line of its own
LARGE = 2**12  # entries: arrays from here on are dropped after their last use


def compile_program(program: Program) -> Callable[..., tuple[Any, ...]]:
    """The program as a function of its inputs, NumPy arrays or scalars of the types it was made for.

    The function's text is its attribute `source`.
    """
    namer = Namer(program)
    source = _Writer(program, namer).text()
    scope: dict[str, Any] = {"np": np, **KERNELS, **namer.bound}
    exec(compile(source, "<steepest program>", "exec"), scope)
    function: Callable[..., tuple[Any, ...]] = scope["program"]
    function.source = source  # type: ignore[attr-defined]
    return function


def evaluate(outputs: Sequence[Expr], env: Mapping[Variable, Any]) -> list[Any]:
    """The values of expressions where the variables have the given values.

    Raises:
        ArgumentError: if a variable has a value of another kind than it was declared with.
        ShapeError: if it has another shape.
    """
    arguments = [_as_declared(x, value) for x, value in env.items()]
    return list(compile_program(lower(outputs, list(env)))(*arguments))


def _as_declared(x: Variable, value: Any) -> Any:
    given = np.asarray(value)
    if x.dtype is not None and not np.can_cast(given.dtype, x.dtype, "same_kind"):
        raise ArgumentError(f"{x.name} is declared as {x.dtype}, and a value of type {given.dtype} does not fit")
    if given.shape != x.shape:
        raise ShapeError(f"{x.name} is declared with shape {x.shape}, got {given.shape}")
    return given.astype(x.dtype)[()]


class _Writer:
    """Lines of a function body. An expression with one reader nearby is written inside that reader."""

    def __init__(self, program: Program, namer: Namer) -> None:
        self.program, self.namer = program, namer
        self.inputs = input_names(program)
        self.texts: dict[Register, Text] = {r: Text(name) for r, name in zip(program.inputs, self.inputs, strict=True)}
        self.reads: dict[Register, tuple[str, ...]] = {}  # the named arrays that a text reads
        self.lines: list[tuple[str, str, tuple[str, ...]]] = []  # name, text, what it reads
        self.large: set[str] = set()

    def text(self) -> str:
        readers: dict[Register, int] = {}
        last: dict[Register, int] = {}
        for k, i in enumerate(self.program.instructions):
            for r in operands(i):
                readers[r] = readers.get(r, 0) + 1
                last[r] = k
        for r in self.program.outputs:
            readers[r] = readers.get(r, 0) + 2
        for k, i in enumerate(self.program.instructions):
            text = render(i, self.read, self.namer)
            reads = tuple(name for r in operands(i) for name in self.reads.get(r, ()))
            near = last.get(i.target, k) - k <= REACH
            view = isinstance(i, Rearrange) and self.is_named(i.source) and i.target not in self.program.outputs
            if len(text.source) <= LONGEST and ((readers[i.target] == 1 and near) or view):
                self.texts[i.target], self.reads[i.target] = text, reads
            else:
                self.line(i.target, text, reads)
        return self.function()

    def is_named(self, r: Register) -> bool:
        return self.read(r).source.isidentifier()

    def read(self, r: Register) -> Text:
        if r not in self.texts:
            value = self.program.constants[r]
            if isinstance(value, np.ndarray):
                self.texts[r] = Text(self.namer.bind(value, f"c{r}"))
            else:
                self.texts[r] = number_text(value)
        return self.texts[r]

    def line(self, target: Register, text: Text, reads: tuple[str, ...]) -> None:
        name = f"t{len(self.lines)}"
        if count(self.program.registers[target].shape) >= LARGE:
            self.large.add(name)
        self.lines.append((name, text.source, reads))
        self.texts[target], self.reads[target] = Text(name), (name,)

    def function(self) -> str:
        results = [self.read(r).source for r in self.program.outputs]
        last: dict[str, int] = {}
        for k, (_, _, reads) in enumerate(self.lines):
            last.update(dict.fromkeys(reads, k))
        body = [f"    {line}" for line in self.scalars()]
        for k, (name, text, reads) in enumerate(self.lines):
            body.append(f"    {name} = {text}")
            gone = sorted({r for r in reads if r in self.large and last[r] == k and r not in results})
            if gone and k + 1 < len(self.lines):
                body.append(f"    del {', '.join(gone)}")
        body.append(f"    return ({', '.join(results)}{',' if len(results) == 1 else ''})")
        return f"def program({', '.join(self.inputs)}):\n" + "\n".join(body) + "\n"

    def scalars(self) -> list[str]:
        """Numbers become NumPy's: Python's own raise where NumPy gives inf or NaN."""
        lines = []
        for r, name in zip(self.program.inputs, self.inputs, strict=True):
            kind = self.program.registers[r]
            if kind.shape == () and kind.dtype is not None:
                lines.append(f"{name} = {dtype_text(kind.dtype)}({name})")
        return lines
