"""A schedule as one LLVM module: a function for each stage, and the kernel that calls them in turn."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.kernel import Kernel
from steepest.engines.native.unsupported import Unsupported
from steepest.engines.native.vector_math.library import definitions
from steepest.lower.program import Register
from steepest.schedule.account import account
from steepest.schedule.deposits import Collect, Deposit
from steepest.schedule.graph import Graph
from steepest.schedule.stage import Nest, Products, Schedule

from .arena import Need, placed
from .depositing import STATUS
from .elsewhere import kind_of
from .entries import Entries
from .existence import OUTSIDE, existence_check
from .finite import FINITE, finite_check
from .nest import NestWriter
from .products import write_product
from .rows import RowsWriter
from .sharing import Sharing, Total, call_join, call_parts, in_lines, join_function, part_function

ON_STACK = 32 << 10  # bytes of scratch that a stage takes from the stack
MOST_LINES = 15_000  # of a kernel; LLVM takes about 1 ms for one


@dataclass
class _Stage:
    """The function of one stage; `text` lacks its head."""

    text: str
    arrays: tuple[str, ...]  # arrays that it reads or writes, as LLVM has them
    scratch: dict[str, int]  # its own temporaries, in bytes
    bounds: str  # of the rows, as arguments
    sharing: Sharing | None = None  # of the rows among threads


@dataclass
class _Module:
    """A module under construction."""

    schedule: Schedule
    buffers: dict[Register, Buffer]
    stages: list[_Stage] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    math: set[tuple[str, str, int]] = field(default_factory=set)
    externals: list[str] = field(default_factory=list)

    def builder(self) -> Builder:
        b = Builder(self.schedule.width)
        b.externals = self.externals
        return b

    def add(self, b: Builder, scratch: dict[str, int], bounds: str = "", sharing: Sharing | None = None) -> None:
        """What a builder has written, as the next stage."""
        text = "\n".join([*b.entry, *b.lines])
        used = tuple(sorted(set(re.findall(r"%b\d+\b", text))))
        self.stages.append(_Stage(text, used, scratch, bounds, sharing))
        self.declared |= b.intrinsics
        self.math |= b.math

    def needs(self, temporaries: Collection[Register]) -> dict[Hashable, Need]:
        """What the workspace holds, and from which stage to which."""
        found: dict[Hashable, Need] = {}
        for r in temporaries:
            buffer = self.buffers[r]
            alive = [k for k, stage in enumerate(self.stages) if buffer.pointer in stage.arrays]
            if alive:
                found[buffer.pointer] = Need(prod(buffer.shape) * buffer.kind.bytes, alive[0], alive[-1])
        for k, stage in enumerate(self.stages):
            parts, totals = (stage.sharing.parts, stage.sharing.totals) if stage.sharing is not None else (1, ())
            found |= {(k, name): Need(parts * in_lines(size), k, k) for name, size in stage.scratch.items()}
            found |= {(k, total.parts): Need(parts * total.stride, k, k) for total in totals}
        return found


def write_module(schedule: Schedule) -> Kernel:
    """The kernel of a schedule.

    Raises:
        Unsupported: if it has something that is not written as machine code.
    """
    graph, program = schedule.graph, schedule.graph.program
    given = [*program.inputs, *(r for r in program.constants if graph.shape(r) and r in graph.users)]
    own = [r for r in schedule.kept if not isinstance(graph.made[r], Deposit)]
    module = _Module(schedule, _buffers(graph, [*given, *program.outputs, *own]))
    if any(r not in schedule.kept and r not in program.inputs for r in program.outputs):
        raise Unsupported("a result that is computed nowhere")
    known = {r: module.buffers[r] for r in given}  # a stage may compute again what a later one keeps
    for stage in schedule.stages:
        made = stage.registers if isinstance(stage, Products) else [s.register for s in stage.statements]
        known |= {r: module.buffers[r] for r in made if r in module.buffers}
        if isinstance(stage, Products):
            _products(module, stage, known)
        else:
            _nest(module, stage, known)
    table = [*given, *program.outputs]
    offsets, workspace = placed(module.needs([r for r in own if r not in table]))
    functions = [_function(k, stage) for k, stage in enumerate(module.stages)]
    functions += [f for k, stage in enumerate(module.stages) for f in _shared(module, k, stage)]
    if sum(f.count("\n") for f in functions) > MOST_LINES:
        raise Unsupported("more code than would be compiled in reasonable time")
    declared, math = definitions(module.math)
    driver = _driver(module, table, offsets)
    return Kernel(
        text="\n".join([*sorted(module.declared | declared), math, FINITE, OUTSIDE, *functions, driver]),
        inputs=tuple(program.registers[r] for r in program.inputs),
        outputs=tuple(program.registers[r] for r in program.outputs),
        constants=tuple(np.ascontiguousarray(program.constants[r]) for r in given if r in program.constants),
        externals=tuple(module.externals),
        workspace=workspace,
        zeroed=tuple(k for k, r in enumerate(program.outputs) if _collected(graph, r)),
        account=account(schedule),
    )


def _collected(graph: Graph, r: Register) -> bool:
    """Whether an array is zeros with deposits, whose entries are looked at when they are put in."""
    return isinstance(graph.made.get(r), Collect)


def _buffers(graph: Graph, arrays: Sequence[Register]) -> dict[Register, Buffer]:
    if any(0 in graph.shape(r) for r in arrays):
        raise Unsupported("arrays without entries")
    return {r: Buffer(f"%b{r}", kind_of(graph, r), graph.shape(r)) for r in arrays}


# --- stages --------------------------------------------------------------------------------------------


def _products(module: _Module, stage: Products, buffers: dict[Register, Buffer]) -> None:
    b = module.builder()
    for r, product in stage.products.items():
        write_product(b, product, r, buffers)
    module.add(b, {})


def _nest(module: _Module, nest: Nest, buffers: dict[Register, Buffer]) -> None:
    b = module.builder()
    on_stack: list[int] = []
    scratch: dict[str, int] = {}

    def room(size: int) -> str:
        if sum(on_stack) + size <= ON_STACK:
            on_stack.append(size)
            return b.alloca(size, "i8")
        name = b.fresh("scratch")
        scratch[name] = size
        return name

    entries = Entries(b, module.schedule.graph, buffers)
    if nest.rows is None:
        NestWriter(b, nest, entries).write()
        module.add(b, scratch)
    else:
        RowsWriter(b, nest, entries, room).write()
        module.add(b, scratch, f"i64 0, i64 {module.schedule.graph.size[nest.rows]}", _sharing(module, nest))


def _sharing(module: _Module, nest: Nest) -> Sharing | None:
    """The parts of a pass over the rows, of whole blocks of rows, unless there is one part only."""
    graph, rows = module.schedule.graph, nest.rows
    assert rows is not None
    length = graph.size[rows]
    chunk = -(-length // (nest.parts * nest.lanes)) * nest.lanes
    if nest.parts == 1 or chunk >= length:
        return None
    summing = [s.register for s in nest.statements if rows in graph.folded(s.register).values()]
    totals = tuple(Total(module.buffers[r], graph.made[r]) for r in summing)
    return Sharing(-(-length // chunk), chunk, length, totals, module.builder().external("threads:run"))


def _function(k: int, stage: _Stage) -> str:
    """A stage's arrays overlap nothing: LLVM may keep their entries in registers."""
    parameters = [f"ptr noalias {p}" for p in (*stage.arrays, *stage.scratch)] + ["ptr %externals"]
    if STATUS in stage.text:
        parameters.append(f"ptr noalias {STATUS}")
    if stage.bounds:
        parameters += ["i64 %begin", "i64 %end"]
    head = f"define internal void @stage{k}({', '.join(parameters)}) noinline nounwind {{"
    return "\n".join([head, "entry:", stage.text, "  ret void", "}"])


def _shared(module: _Module, k: int, stage: _Stage) -> list[str]:
    """The functions for the parts of a stage, if it is shared among threads."""
    if stage.sharing is None:
        return []
    b = module.builder()
    functions = [part_function(k, stage.sharing, stage.arrays, stage.scratch), join_function(b, k, stage.sharing)]
    module.declared |= b.intrinsics
    module.math |= b.math
    return functions


def _driver(module: _Module, table: Sequence[Register], offsets: Mapping[Hashable, int]) -> str:
    """The kernel itself: it finds the arrays, calls the stages in turn, and looks at the results."""
    lines = ["define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) nounwind {", "entry:"]
    lines += [f"  {STATUS} = alloca i32", f"  store i32 0, ptr {STATUS}"]
    for k in range(len(table)):
        lines.append(f"  %slot{k} = getelementptr inbounds ptr, ptr %buffers, i64 {k}")
        lines.append(f"  {_name(table, k)} = load ptr, ptr %slot{k}, align 8")
    lines += existence_check(module.schedule.graph, module.buffers)
    names = {name: name if isinstance(name, str) else f"{name[1]}.{name[0]}" for name in offsets}  # type: ignore[index]
    for name, at in offsets.items():
        lines.append(f"  {names[name]} = getelementptr inbounds i8, ptr %workspace, i64 {at}")
    for k, stage in enumerate(module.stages):
        scratch = [names[k, name] for name in stage.scratch]
        if stage.sharing is not None:
            parts = {t.buffer.pointer: names[k, t.parts] for t in stage.sharing.totals}
            lines += call_parts(k, stage.sharing, [*(parts.get(p, p) for p in stage.arrays), *scratch, "%externals"])
            lines.append(call_join(k, stage.sharing, parts))
            continue
        arguments = [f"ptr {p}" for p in (*stage.arrays, *scratch)] + ["ptr %externals"]
        arguments += [f"ptr {STATUS}"] if STATUS in stage.text else []
        arguments += [stage.bounds] if stage.bounds else []
        lines.append(f"  call void @stage{k}({', '.join(arguments)})")
    for k, r in enumerate(table):
        lines += [] if r not in table[:k] else _copied(module.buffers[r], k, _name(table, k))
    graph = module.schedule.graph
    outputs = [module.buffers[r] for r in graph.program.outputs if not _collected(graph, r)]
    return "\n".join([*lines, *finite_check(outputs), "}"])


def _name(table: Sequence[Register], k: int) -> str:
    """The address of an array of the table; of one that is there already, a name of its own."""
    return f"%b{table[k]}" if table[k] not in table[:k] else f"%again{k}"


def _copied(source: Buffer, k: int, target: str) -> list[str]:
    """Programs give out single entries twice, or as they came in; arrays they copy."""
    if source.shape:
        raise Unsupported("an array that is given out twice")
    stored = source.kind.stored
    return [
        f"  %entry{k} = load {stored}, ptr {source.pointer}, align {source.kind.bytes}",
        f"  store {stored} %entry{k}, ptr {target}, align {source.kind.bytes}",
    ]
