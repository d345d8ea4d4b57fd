"""A program as the text of a Python function, one line an instruction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from steepest.lower.emitter import count
from steepest.lower.program import Call, Embed, Instruction, Loop, Piece, Program, Rearrange, Register, operands
from steepest.ops.joint import Part

from .looping import loop_call
from .rendering import Namer, Text, dtype_text, embedding_statements, joint_call, render

LONGEST = 88  # characters of an expression written inside another
REACH = 12  # instructions: what is used later than that has a line of its own
LARGE = 2**12  # entries: arrays from here on are dropped after their last use


class Writer:
    """Lines of a function body. An expression with one reader nearby is written inside that reader."""

    def __init__(self, program: Program, namer: Namer, inputs: Sequence[str]) -> None:
        self.program, self.namer, self.inputs = program, namer, inputs
        self.texts: dict[Register, Text] = {r: Text(name) for r, name in zip(program.inputs, self.inputs, strict=True)}
        self.reads: dict[Register, tuple[str, ...]] = {}  # the named arrays that a text reads
        self.statements: list[tuple[str, tuple[str, ...]]] = []  # text, and the named arrays it reads
        self.names = 0
        self.large: set[str] = set()
        self.joint: dict[object, str] = {}  # the names of results computed together
        self.shared = Counter(joint_key(i) for i in program.instructions)

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
            if isinstance(i, Embed) and self.in_statements(i):
                self.write_embedding(i)
                continue
            if isinstance(i, Loop):
                self.write_loop(i)
                continue
            text, reads = self.rendered(i)
            near = last.get(i.target, k) - k <= REACH
            view = isinstance(i, Rearrange) and self.is_named(i.source) and i.target not in self.program.outputs
            if ((readers[i.target] == 1 and near) or view) and self.is_short(i, text):
                self.texts[i.target], self.reads[i.target] = text, reads
            else:
                self.line(i.target, text, reads)
        return self.function()

    def rendered(self, i: Instruction) -> tuple[Text, tuple[str, ...]]:
        """The text of an instruction and the named arrays it reads."""
        reads = tuple(dict.fromkeys(name for r in operands(i) for name in self.reads.get(r, ())))
        key = joint_key(i)
        if key is None or self.shared[key] == 1:
            return self.render(i), reads
        assert isinstance(i, Call)
        if key not in self.joint:
            self.joint[key] = name = f"r{len(self.joint)}"
            self.large.add(name)
            self.statements.append((f"{name} = {self.joint_text(i)}", reads))
        name = self.joint[key]
        return Text(f"{name}[{i.op.numpy.index}]"), (name,)  # type: ignore[attr-defined]

    def in_statements(self, i: Embed) -> bool:
        return len(i.pieces) > 1

    def embedding(self, i: Embed, name: str) -> Iterator[tuple[str, Piece | None]]:
        return embedding_statements(i, name, self.read, self.namer)

    def joint_text(self, i: Call) -> str:
        return joint_call(i, self.read, self.namer)

    def render(self, i: Instruction) -> Text:
        return render(i, self.read, self.namer)

    def is_short(self, i: Instruction, text: Text) -> bool:
        """Whether an expression may be written inside another."""
        return len(text.source) <= LONGEST

    def is_named(self, r: Register) -> bool:
        return self.read(r).source.isidentifier()

    def read(self, r: Register) -> Text:
        if r not in self.texts:
            self.texts[r] = self.namer.constant(r)
        return self.texts[r]

    def line(self, target: Register, text: Text, reads: tuple[str, ...]) -> None:
        self.statements.append((f"{self.named(target)} = {text.source}", reads))

    def named(self, target: Register) -> str:
        """A new name for what a register holds."""
        name = self.new_name(target)
        if count(self.program.registers[target].shape) >= LARGE:
            self.large.add(name)
        self.texts[target], self.reads[target] = Text(name), (name,)
        return name

    def new_name(self, target: Register) -> str:
        self.names += 1
        return f"t{self.names - 1}"

    def write_embedding(self, i: Embed) -> None:
        """A line for each piece, so that it is dropped before the next is made."""
        name = self.named(i.target)
        for text, piece in self.embedding(i, name):
            reads = self.reads.get(piece.source, ()) if piece is not None else ()
            self.statements.append((text, (name, *reads) if piece is not None else ()))

    def write_loop(self, i: Loop) -> None:
        """One line for all its results."""
        reads = tuple(dict.fromkeys(name for r in operands(i) for name in self.reads.get(r, ())))
        text = loop_call(i, self.read, self.namer)
        names = [self.named(r) for r in i.targets]
        self.statements.append((f"{', '.join(names)}{',' if len(names) == 1 else ''} = {text}", reads))

    def function(self) -> str:
        results = [self.read(r).source for r in self.program.outputs]
        last: dict[str, int] = {}
        for k, (_, reads) in enumerate(self.statements):
            last.update(dict.fromkeys(reads, k))
        body = [f"    {line}" for line in self.scalars()]
        for k, (text, reads) in enumerate(self.statements):
            body.append(f"    {text}")
            gone = sorted({r for r in reads if r in self.large and last[r] == k and r not in results})
            if gone and k + 1 < len(self.statements):
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


def joint_key(i: Instruction) -> object:
    """What instructions have in common that are results of one call; None for others."""
    if isinstance(i, Call) and isinstance(i.op.numpy, Part):
        return i.op.numpy.function, i.operands, i.params
    return None
