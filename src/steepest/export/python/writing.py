"""The text of a NumPy function: imports, borrowed functions, docstring, sizes, statements."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Collection, Iterator, Sequence

import numpy as np

from steepest.engines.python.rendering import Text, number_text
from steepest.engines.python.writing import Writer
from steepest.errors import FormulaError
from steepest.export.exported import Exported, named_sizes, shape_text, wrapped
from steepest.export.places import in_numpy
from steepest.export.tidying import tidied
from steepest.expr.dimension import Dim
from steepest.expr.node import Variable
from steepest.lower.program import (
    Arithmetic,
    Call,
    Embed,
    Instruction,
    Loop,
    Matmul,
    Piece,
    Program,
    Register,
    Select,
)

from .numpy_names import pattern_of
from .spelling import RESERVED, Spelling, embedding, is_diagonal, spelled
from .stepping import loop_lines

WIDTH = 100  # columns
SHORT = 56  # characters of an expression written inside another
INDENT = "    "


class PythonSource:
    """A module with one function, which imports NumPy, and SciPy where an operation needs it.

    Raises:
        FormulaError: if something in it cannot be written out as source code that stands alone.
    """

    def __init__(self, exported: Exported) -> None:
        program = exported.program()
        apart: set[Register] = set()
        while True:
            self._body = _Body(exported, program, apart)
            self._body.text()
            long = self._body.too_long()
            if not long - apart:
                break
            apart |= long

    def text(self, checked: Sequence[str] = ()) -> str:
        """The module; `checked` says in the function's docstring how far it was."""
        return self._body.module(checked)


class _Body(Writer):
    """A program's statements, with names a person would give; `apart` are registers with a line of their own."""

    namer: Spelling

    def __init__(self, exported: Exported, program: Program, apart: set[Register]) -> None:
        self.exported, self.apart = exported, apart
        sizes = named_sizes(v.shape for v in exported.variables)
        names = safe_names([*(v.name for v in exported.variables), *sizes], {exported.name, "len", "min", *RESERVED})
        inputs = names[: len(exported.variables)]
        self.size_names = dict(zip(sizes, names[len(inputs) :], strict=True))
        super().__init__(program, Spelling(program, {*inputs, exported.name}, self.size_names), inputs)
        self.inside: dict[Register, list[Register]] = {}  # what was written inside a statement
        self.lengths: dict[Register, int] = {}  # of the line that computes a register
        self.made = _makers(program)
        self.steps: list[str] = []  # functions that loops call

    # --- what the engine's writer asks for ----------------------------------------------------------

    def render(self, i: Instruction) -> Text:
        return spelled(i, self.read, self.namer)

    def joint_text(self, i: Call) -> str:
        """The call that gives several results: what is spelled for one of them, without its place."""
        text = pattern_of(i)
        return super().joint_text(i) if text is None else self.render(i).source.rpartition("[")[0]

    def in_statements(self, i: Instruction) -> bool:
        return isinstance(i, Embed) and not is_diagonal(i, self.program.registers[i.target].shape)

    def embedding(self, i: Embed, name: str) -> Iterator[tuple[str, Piece | None]]:
        return embedding(i, name, self.read, self.namer)

    def is_short(self, i: Instruction, text: Text) -> bool:
        return len(text.source) <= SHORT and i.target not in self.apart

    def new_name(self, target: Register) -> str:
        made = self.made[target]
        for name in candidates(made, self):
            if self.namer.is_free(name):
                self.namer.take(name)
                return name
        raise AssertionError("there is always another number")

    def line(self, target: Register, text: Text, reads: tuple[str, ...]) -> None:
        if target == self.program.outputs[-1]:
            self.texts[target], self.reads[target] = text, reads  # returned as it is
        else:
            super().line(target, text, reads)

    def function(self) -> str:
        return ""  # the lines are put together by `module`, once they are short enough

    def write_loop(self, i: Loop) -> None:
        name = self.namer.fresh("step")
        self.namer.functions.add(name)
        for r in (*i.sequences, *i.fixed):  # once, and not in each step
            if not self.is_named(r) and r not in self.program.constants:
                self.line(r, self.read(r), ())
        inner = self._step(i)
        inner.text()
        self.steps += [*inner.steps, inner.as_function(name)]
        groups = [[self.read(r).source for r in part] for part in (i.starts, i.sequences, i.fixed)]
        groups[-1] += self.namer.sizes_of(inner.namer)
        names = [self.named(r) for r in i.targets]
        for line in loop_lines(i, name, names, groups, self.namer):
            self.statements.append((line, ()))

    def _step(self, i: Loop) -> _Step:
        """The body of a loop, whose parameters are called as what they are in the loop where that has a name."""
        groups = (("state", i.starts), ("entry", i.sequences), ("fixed", i.fixed))
        stems = [(stem, self.read(r).source) for stem, part in groups for r in part]
        wanted = [text if stem == "fixed" and text.isidentifier() else stem for stem, text in stems]
        names: list[str] = []
        for stem in wanted:
            name, k = stem, 1
            while name in names:
                name, k = f"{stem}_{k}", k + 1
            names.append(name)
        body = tidied(i.body)
        return _Step(body, self.namer.inside(body, names), names)

    # --- lengths ------------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        *conditions, result = (self.read(r).source for r in self.program.outputs)
        checks = []
        for text, condition in zip(conditions, self.exported.conditions, strict=True):
            checks += [
                f"if not ({text}):",
                f'{INDENT}raise ValueError("{self.exported.name} is for {condition.text} only")',
            ]
        return [*(text for text, _ in self.statements), *checks, f"return {result}"]

    def too_long(self) -> set[Register]:
        """Expressions to be given lines of their own, since the line they are in is too long."""
        if all(len(line) + len(INDENT) <= WIDTH for line in self.lines()):
            return set()
        long = [line for line in self.lines() if len(line) + len(INDENT) > WIDTH]
        found = set()
        for line in long:
            inside = [
                (len(t.source), r)
                for r, t in self.texts.items()
                if r in self.made and r not in self.apart and 12 < len(t.source) < len(line) - 7 and t.source in line
            ]
            if inside:
                found.add(max(inside)[1])
        return found

    # --- the module ---------------------------------------------------------------------------------

    def module(self, checked: Sequence[str]) -> str:
        lines = self.lines()
        required = self.required()
        body = [*self.measured(), *required, *self.arrays(), *self.scalars(), *lines]
        function = [
            *(['@np.errstate(divide="ignore", invalid="ignore")'] if self.selects() else []),
            *signature(self.exported.name, self.inputs),
            *(INDENT + line if line else "" for line in docstring(self.exported, self.inputs, checked)),
            *(INDENT + line for line in body),
        ]
        parts = [*self.namer.borrowed.sources.values(), *self.steps, "\n".join(function)]
        statements = {*self.namer.imports, *self.namer.borrowed.imports}
        used = [*self.namer.borrowed.sources.values(), *self.steps, *body, *function[:1]]
        head = import_lines(statements, "\n".join(used))
        return "\n\n\n".join([*(["\n".join(head)] if head else []), *parts]) + "\n"

    def required(self) -> list[str]:
        """A part of an array that is shorter than it was is not told by NumPy: it is broadcast, or added up."""
        lines = []
        for r in in_numpy(self.program):
            smallest, least = self.smallest(r.size), self.namer.size(r.least)
            size = self.size_names[r.key[0]] if smallest else self.namer.size(r.size)
            lines += [
                f"if {smallest or size} < {least}:",
                f'{INDENT}raise ValueError("{self.exported.name} is for {size} >= {least} only")',
            ]
        return lines

    def smallest(self, size: int) -> str:
        """The least of the lengths that should all be the same; nothing if there is one."""
        lengths = [
            f"{name}.shape[{k}]" if k else f"len({name})"
            for v, name in zip(self.exported.variables, self.inputs, strict=True)
            for k, n in enumerate(v.shape)
            if isinstance(n, Dim) and isinstance(size, Dim) and n.name == size.name
        ]
        return f"min({', '.join(lengths)})" if len(lengths) > 1 else ""

    def selects(self) -> bool:
        return any(isinstance(i, Select) for i in self.program.instructions)

    def scalars(self) -> list[str]:
        """Python's own numbers raise where NumPy's give inf or NaN, which a selection then leaves out."""
        return super().scalars() if self.selects() else []

    def arrays(self) -> list[str]:
        lines = []
        for name, value in self.namer.arrays.items():
            lines += array_lines(name, value)
        return lines

    def measured(self) -> list[str]:
        """Sizes taken from shapes."""
        missing = dict(self.namer.used_sizes)
        lines = []
        for v, name in zip(self.exported.variables, self.inputs, strict=True):
            found = {n.name: k for k, n in enumerate(v.shape) if isinstance(n, Dim) and n.name in missing}
            if not found:
                continue
            if len(found) == v.ndim > 1:
                lines.append(f"{', '.join(self.size_names[s] for s in found)} = {name}.shape")
            else:
                lines += [
                    f"{self.size_names[s]} = {f'{name}.shape[{k}]' if k else f'len({name})'}" for s, k in found.items()
                ]
            for s in found:
                del missing[s]
        return lines


def _makers(program: Program) -> dict[Register, Instruction]:
    """The instruction that each register is a result of."""
    return {r: i for i in program.instructions for r in (i.targets if isinstance(i, Loop) else (i.target,))}


class _Step(_Body):
    """One step of a loop, as a function of its own."""

    def __init__(self, program: Program, namer: Spelling, inputs: Sequence[str]) -> None:
        Writer.__init__(self, program, namer, inputs)
        self.apart, self.inside, self.lengths = set(), {}, {}
        self.made = _makers(program)
        self.steps = []

    def line(self, target: Register, text: Text, reads: tuple[str, ...]) -> None:
        Writer.line(self, target, text, reads)

    def as_function(self, name: str) -> str:
        """The function under a name."""
        results = ", ".join(self.read(r).source for r in self.program.outputs)
        comma = "," if len(self.program.outputs) == 1 else ""
        body = [*self.arrays(), *self.scalars(), *(text for text, _ in self.statements), f"return {results}{comma}"]
        inputs = [*self.inputs, *self.namer.sizes_of(self.namer)]
        return "\n".join([*signature(name, inputs), *(INDENT + line for line in body)])


def import_lines(statements: Collection[str], text: str) -> list[str]:
    """The import statements whose names a text uses; the standard library apart."""
    used = sorted((s for s in statements if re.search(rf"\b{s.split()[-1]}\b", text)), key=lambda s: s.split()[1])
    standard = [s for s in used if s.split()[1] in sys.stdlib_module_names]
    others = [s for s in used if s not in standard]
    return [*standard, *([""] if standard and others else []), *others]


def safe_names(names: Sequence[str], taken: set[str]) -> list[str]:
    """Python names, each different; keywords and what is taken get an underscore."""
    result: list[str] = []
    for name in names:
        fit = name if name.isidentifier() else re.sub(r"\W", "_", f"x_{name}")
        while keyword.iskeyword(fit) or fit in taken or fit in result:
            fit += "_"
        result.append(fit)
    return result


def candidates(made: Instruction, writer: _Body) -> Iterator[str]:
    """Names for an intermediate result: what it is made of, else a letter with a number."""
    stem = "t"
    match made:
        case Matmul(_, left, right):
            parts = [re.sub(r"\.T$", "t", writer.read(r).source) for r in (left, right)]
            if all(p.isidentifier() for p in parts) and sum(map(len, parts)) <= 10:
                stem = "".join(parts) if all(len(p.rstrip("t")) == 1 for p in parts) else "_".join(parts)
                yield stem
        case Call(_, op, operands, _) if len(operands) == 1 and op.name.isidentifier():
            operand = writer.read(operands[0]).source
            stem = SHORT_NAMES.get(op.name, op.name)
            if len(stem) > 1 and operand.isidentifier() and len(operand) <= 8:
                stem = f"{stem}_{operand}"
            yield stem
        case Arithmetic(_, "-", _, _):
            stem = "r"
            yield stem
    yield from (f"{stem}{k}" if stem in ("t", "r") else f"{stem}_{k}" for k in range(1, 1_000_000))


SHORT_NAMES = {
    "softmax": "p", "expit": "s", "determinant": "det", "log_determinant": "logdet", "inverse": "inv",
    "regular_inverse": "inv", "adjugate": "adj", "cholesky": "chol", "exp": "e", "sqrt": "root", "length": "norm",
}  # fmt: skip


def signature(name: str, inputs: Sequence[str]) -> list[str]:
    line = f"def {name}({', '.join(inputs)}):"
    if len(line) <= WIDTH:
        return [line]
    inner = f"{INDENT}{', '.join(inputs)}"
    if len(inner) <= WIDTH:
        return [f"def {name}(", inner, "):"]
    return [f"def {name}(", *(f"{INDENT}{x}," for x in inputs), "):"]


def docstring(exported: Exported, inputs: Sequence[str], checked: Sequence[str]) -> list[str]:
    first, *rest = wrapped(exported.said, WIDTH - len(INDENT) - 3)
    shapes = [f"{name}: {_shape(v)}" for name, v in zip(inputs, exported.variables, strict=True)]
    lines = [
        f'"""{first}', *rest, "",
        *shapes, f"Returns {_result(exported.expr.shape)}.",
        *([""] if exported.declared else []), *wrapped(exported.declared, WIDTH - len(INDENT)),
        *([""] if checked else []), *wrapped(checked, WIDTH - len(INDENT)),
        '"""',
    ]  # fmt: skip
    return [line.replace("\\", "\\\\") for line in lines]


def _shape(v: Variable) -> str:
    return shape_text(v.shape) if v.shape else "a number"


def _result(shape: Sequence[int]) -> str:
    return f"an array of shape {shape_text(shape)}" if shape else "a number"


def array_lines(name: str, value: np.ndarray) -> list[str]:
    """A fixed array, written out."""
    if value.dtype.kind not in "biuf":
        raise FormulaError(f"a fixed array of {value.dtype} cannot be written out")
    text = _entries(value)
    line = f"{name} = np.array({text})"
    if len(line) + len(INDENT) <= WIDTH:
        return [line]
    return [f"{name} = np.array(", *(INDENT + part for part in wrapped([text], WIDTH - 3 * len(INDENT))), ")"]


def _entries(value: np.ndarray) -> str:
    if value.ndim == 0:
        return number_text(value.item()).source
    return f"[{', '.join(_entries(v) for v in value)}]"
