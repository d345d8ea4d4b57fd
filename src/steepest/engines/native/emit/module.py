"""A program as one LLVM module: a function for each stage of its schedule, and the kernel that calls them in turn.

The body of a loop is such a kernel too, in the same module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.ir.value import NARROW
from steepest.engines.native.kernel import Kernel
from steepest.engines.native.unsupported import Unsupported
from steepest.engines.native.vector_math.library import definitions
from steepest.lower.program import Program, Register
from steepest.schedule.account import account
from steepest.schedule.deposits import Collect, Deposit
from steepest.schedule.graph import Graph
from steepest.schedule.repeating import Repeated
from steepest.schedule.stage import Nest, Products, Schedule

from .arena import Need, placed
from .elsewhere import kind_of, narrow_of
from .entries import Entries
from .existence import existence_check, outside
from .finite import FINITE, finite_check
from .nest import NestWriter
from .repeating import bytes_of, new_room, write_repeated
from .routines import write_routine
from .rows import RowsWriter
from .sharing import Sharing, Total, call_join, call_parts, in_lines, join_function, part_function
from .status import STATUS

ON_STACK = 32 << 10  # bytes of scratch that a stage takes from the stack
Plans = Callable[[Program], Iterator[Schedule]]  # the schedules to try, the best first

MOST_LINES = 15_000  # of a kernel; LLVM takes about 1 ms for one


@dataclass
class _Stage:
    """The function of one stage; `text` lacks its head."""

    text: str
    arrays: tuple[str, ...]  # arrays that it reads or writes, as LLVM has them
    scratch: dict[str, int]  # its own temporaries, in bytes
    bounds: str  # of the rows, as arguments
    sharing: Sharing | None = None  # of the rows among threads

    @property
    def status(self) -> tuple[str, ...]:
        """The kernel's status, if the stage has a say in it."""
        return (STATUS,) if STATUS in self.text else ()


@dataclass
class _Shared:
    """What the kernels of one module have in common."""

    plans: Plans
    declared: set[str] = field(default_factory=set)
    math: set[tuple[str, str, int]] = field(default_factory=set)
    externals: list[str] = field(default_factory=list)
    bodies: dict[Hashable, _Written] = field(default_factory=dict)  # of loops, by what they compute
    count: int = 0  # of kernels


@dataclass
class _Module:
    """A kernel under construction. That of a body has a number, which its names have in them."""

    schedule: Schedule
    buffers: dict[Register, Buffer]
    shared: _Shared
    number: int
    stages: list[_Stage] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)  # functions of the bodies in it
    watched: set[Register] = field(default_factory=set)  # results whose entries are looked at as they are stored

    @property
    def results(self) -> tuple[Register, ...]:
        """What must be finite in the end; what a step of a loop makes is not looked at."""
        return () if self.is_body else tuple(self.schedule.graph.program.outputs)

    @property
    def is_body(self) -> bool:
        return self.number > 0

    def builder(self) -> Builder:
        b = Builder(self.schedule.width)
        b.externals = self.shared.externals
        return b

    def add(self, b: Builder, scratch: dict[str, int], bounds: str = "", sharing: Sharing | None = None) -> None:
        """What a builder has written, as the next stage."""
        text = "\n".join([*b.entry, *b.lines])
        used = tuple(sorted(set(re.findall(r"%b\d+\b", text))))
        self.stages.append(_Stage(text, used, scratch, bounds, sharing))
        self.shared.declared |= b.intrinsics
        self.shared.math |= b.math

    def needs(self, temporaries: Collection[Register]) -> dict[Hashable, Need]:
        """What the workspace holds, and from which stage to which."""
        found: dict[Hashable, Need] = {}
        for r in temporaries:
            buffer = self.buffers[r]
            alive = [k for k, stage in enumerate(self.stages) if buffer.pointer in stage.arrays]
            if alive:
                found[buffer.pointer] = Need(prod(buffer.shape) * buffer.bytes, alive[0], alive[-1])
        for k, stage in enumerate(self.stages):
            parts, totals = (stage.sharing.parts, stage.sharing.totals) if stage.sharing is not None else (1, ())
            found |= {(k, name): Need(parts * in_lines(size), k, k) for name, size in stage.scratch.items()}
            found |= {(k, total.parts): Need(parts * total.stride, k, k) for total in totals}
        return found


def write_module(program: Program, plans: Plans, bits: int) -> Kernel:
    """The kernel of a program, by the first of its schedules that can be written, for registers of so many bits.

    Raises:
        Unsupported: if it has something that is not written as machine code.
    """
    shared = _Shared(plans)
    written = _written(program, shared)
    if sum(f.count("\n") for f in written.functions) > MOST_LINES:
        raise Unsupported("more code than would be compiled in reasonable time")
    declared, math = definitions(shared.math, bits)
    graph = written.schedule.graph
    return Kernel(
        text="\n".join([*sorted(shared.declared | declared), math, FINITE, *_outside(written), *written.functions]),
        inputs=tuple(program.registers[r] for r in program.inputs),
        outputs=tuple(program.registers[r] for r in program.outputs),
        constants=tuple(np.ascontiguousarray(graph.program.constants[r]) for r in written.constants),
        externals=tuple(shared.externals),
        workspace=written.workspace,
        zeroed=tuple(k for k, r in enumerate(program.outputs) if _collected(graph, r)),
        account=account(written.schedule),
    )


def _outside(written: _Written) -> Iterator[str]:
    """The functions that look at places, those that are called."""
    for narrow in (None, *NARROW.values()):
        function = outside(narrow)
        name = function[function.index("@") : function.index("(") + 1]
        if any(name in f for f in written.functions):
            yield function


@dataclass(frozen=True)
class _Written:
    """The functions of a kernel, itself the last."""

    name: str
    schedule: Schedule
    functions: tuple[str, ...]
    constants: tuple[Register, ...]
    workspace: int


def _written(program: Program, shared: _Shared, states: int = 0) -> _Written:
    """The kernel of a program, of which so many outputs are states of a loop."""
    number, shared.count = shared.count, shared.count + 1
    refused = Unsupported("no schedule")
    for schedule in shared.plans(program):
        try:
            return _of_schedule(schedule, shared, number, states)
        except Unsupported as error:
            refused = error
    raise refused


def _of_schedule(schedule: Schedule, shared: _Shared, number: int, states: int) -> _Written:
    graph, program = schedule.graph, schedule.graph.program
    constants = tuple(r for r in program.constants if graph.shape(r) and r in graph.users)
    given = [*program.inputs, *constants]
    own = [r for r in schedule.kept if not isinstance(graph.made[r], Deposit) and r not in schedule.in_place]
    module = _Module(schedule, _buffers(graph, [*given, *program.outputs, *own]), shared, number)
    roomy = {*own, *program.outputs[:states]}.difference(given, program.outputs[states:])
    module.buffers |= {r: replace(module.buffers[r], padded=True) for r in roomy}
    module.buffers |= {r: module.buffers[result] for r, result in schedule.in_place.items()}
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
    functions = [_function(module, k, stage) for k, stage in enumerate(module.stages)]
    functions += [f for k, stage in enumerate(module.stages) for f in _in_parts(module, k, stage)]
    driver = _driver(module, table, offsets)
    return _Written(_kernel_name(number), schedule, (*module.bodies, *functions, driver), constants, workspace)


def _collected(graph: Graph, r: Register) -> bool:
    """Whether an array is zeros with deposits, whose entries are looked at when they are put in."""
    return isinstance(graph.made.get(r), Collect)


def _buffers(graph: Graph, arrays: Sequence[Register]) -> dict[Register, Buffer]:
    if any(0 in graph.shape(r) for r in arrays):
        raise Unsupported("arrays without entries")
    return {r: Buffer(f"%b{r}", kind_of(graph, r), graph.shape(r), narrow_of(graph, r)) for r in arrays}


# --- stages --------------------------------------------------------------------------------------------


def _products(module: _Module, stage: Products, buffers: dict[Register, Buffer]) -> None:
    b = module.builder()
    scratch: dict[str, int] = {}
    for r, made in stage.products.items():
        if isinstance(made, Repeated):
            _repeated(module, b, made, buffers, scratch)
        else:
            write_routine(b, made, r, buffers, scratch)
    module.add(b, scratch)


def _repeated(
    module: _Module, b: Builder, made: Repeated, buffers: Mapping[Register, Buffer], scratch: dict[str, int]
) -> None:
    body = _body(module, made)
    if body.constants:
        raise Unsupported("fixed arrays in the body of a loop")  # `steepest.schedule.looping` makes them operands
    if any(isinstance(body.schedule.graph.made.get(r), Collect) for r in made.body.outputs):
        raise Unsupported("large sparse results of the steps of a loop")
    known = {**module.buffers, **buffers}
    for r, buffer in _buffers(module.schedule.graph, [r for r in made.targets if r not in known]).items():
        known[r] = replace(buffer, pointer=new_room(b, scratch, bytes_of(buffer)), padded=True)  # nobody reads it
    write_repeated(b, made, known, body.name, body.workspace, scratch)


def _body(module: _Module, made: Repeated) -> _Written:
    """The kernel of a body, among the functions of the module. Loops that compute the same, layers of a network say,
    share one, unless a state is a number: that stays in a register only if the one caller takes the body in."""
    program = made.body
    numbers = tuple((r, v.tobytes() if isinstance(v, np.ndarray) else v) for r, v in program.constants.items())
    fields = program.inputs, program.outputs, numbers, program.instructions, program.registers
    key = (fields, repr(fields), len(made.starts))  # 1 and 1.0 are equal, but are not written alike
    if all(program.registers[r].shape for r in program.outputs) and key in module.shared.bodies:
        return module.shared.bodies[key]
    found = _written(program, module.shared, len(made.starts))
    module.bodies.extend(found.functions)
    module.shared.bodies[key] = found
    return found


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
        writer, bounds, sharing = NestWriter(b, nest, entries, module.results), "", None
    else:
        writer = RowsWriter(b, nest, entries, module.results, room)
        bounds, sharing = f"i64 0, i64 {module.schedule.graph.size[nest.rows]}", _sharing(module, nest)
    writer.write()
    entries.tiny_divisors.report()
    module.add(b, scratch, bounds, sharing)
    module.watched |= writer.watch.kinds.keys()


def _sharing(module: _Module, nest: Nest) -> Sharing | None:
    """The parts of a pass over the rows, of whole blocks of rows, unless there is one part only."""
    if module.is_body:
        return None
    graph, rows = module.schedule.graph, nest.rows
    assert rows is not None
    length = graph.size[rows]
    chunk = -(-length // (nest.parts * nest.lanes)) * nest.lanes
    if nest.parts == 1 or chunk >= length:
        return None
    summing = [s.register for s in nest.statements if rows in graph.folded(s.register).values()]
    totals = tuple(Total(module.buffers[r], graph.made[r]) for r in summing)
    return Sharing(-(-length // chunk), chunk, length, totals, module.builder().external("threads:run"))


def _function(module: _Module, k: int, stage: _Stage) -> str:
    """A stage's arrays overlap nothing: LLVM may keep their entries in registers."""
    parameters = [f"ptr noalias {p}" for p in (*stage.arrays, *stage.scratch)] + ["ptr %externals"]
    parameters += [f"ptr {p}" for p in stage.status]
    if stage.bounds:
        parameters += ["i64 %begin", "i64 %end"]
    inlining = "" if module.is_body else "noinline "
    name = _stage_name(module, k)
    head = f"define internal void @{name}({', '.join(parameters)}) {inlining}nounwind alignstack(64) {{"
    return "\n".join([head, "entry:", stage.text, "  ret void", "}"])


def _in_parts(module: _Module, k: int, stage: _Stage) -> list[str]:
    """The functions for the parts of a stage, if it is shared among threads."""
    if stage.sharing is None:
        return []
    b = module.builder()
    functions = [
        part_function(k, stage.sharing, stage.arrays, stage.scratch, stage.status),
        join_function(b, k, stage.sharing),
    ]
    module.shared.declared |= b.intrinsics
    module.shared.math |= b.math
    return functions


def _driver(module: _Module, table: Sequence[Register], offsets: Mapping[Hashable, int]) -> str:
    """The kernel itself: it finds the arrays, calls the stages in turn, and looks at the results."""
    lines = [*_body_head(module, table)] if module.is_body else [*_kernel_head(table)]
    lines += [f"  {STATUS} = alloca i32", f"  store i32 0, ptr {STATUS}"]
    lines += existence_check(module.schedule.graph, module.buffers)
    names = {name: name if isinstance(name, str) else f"{name[1]}.{name[0]}" for name in offsets}  # type: ignore[index]
    for name, at in offsets.items():
        lines.append(f"  {names[name]} = getelementptr inbounds i8, ptr %workspace, i64 {at}")
    for k, stage in enumerate(module.stages):
        scratch = [names[k, name] for name in stage.scratch]
        if stage.sharing is not None:
            parts = {t.buffer.pointer: names[k, t.parts] for t in stage.sharing.totals}
            addresses = [*(parts.get(p, p) for p in stage.arrays), *scratch, "%externals"]
            lines += call_parts(k, stage.sharing, [*addresses, *stage.status])
            lines.append(call_join(k, stage.sharing, parts))
            continue
        arguments = [f"ptr {p}" for p in (*stage.arrays, *scratch)] + ["ptr %externals"]
        arguments += [f"ptr {p}" for p in stage.status]
        arguments += [stage.bounds] if stage.bounds else []
        lines.append(f"  call void @{_stage_name(module, k)}({', '.join(arguments)})")
    for k, r in enumerate(table):
        lines += [] if r not in table[:k] else _copied(module.buffers[r], k, _name(table, k))
    outputs = [module.buffers[r] for r in module.results if r not in module.watched]
    return "\n".join([*lines, *finite_check(outputs), "}"])


def _kernel_head(table: Sequence[Register]) -> Iterator[str]:
    """The arrays are in a table of addresses."""
    yield f"define i32 @{_kernel_name(0)}(ptr %buffers, ptr %externals, ptr %workspace) nounwind {{"
    yield "entry:"
    for k in range(len(table)):
        yield f"  %slot{k} = getelementptr inbounds ptr, ptr %buffers, i64 {k}"
        yield f"  {_name(table, k)} = load ptr, ptr %slot{k}, align 8"


def _body_head(module: _Module, table: Sequence[Register]) -> Iterator[str]:
    """The arrays are arguments; the one caller gives places for what is written that overlap nothing."""
    arrays = ", ".join(f"ptr {_name(table, k)}" for k in range(len(table)))
    name = _kernel_name(module.number)
    yield f"define internal i32 @{name}({arrays}, ptr %externals, ptr %workspace) alwaysinline nounwind {{"
    yield "entry:"


def _kernel_name(number: int) -> str:
    return f"body{number}" if number else "kernel"


def _stage_name(module: _Module, k: int) -> str:
    return f"body{module.number}_stage{k}" if module.is_body else f"stage{k}"


def _name(table: Sequence[Register], k: int) -> str:
    """The address of an array of the table; of one that is there already, a name of its own."""
    return f"%b{table[k]}" if table[k] not in table[:k] else f"%again{k}"


def _copied(source: Buffer, k: int, target: str) -> list[str]:
    """Programs give out single entries twice, or as they came in; arrays they copy."""
    if source.shape:
        raise Unsupported("an array that is given out twice")
    stored = source.stored
    return [
        f"  %entry{k} = load {stored}, ptr {source.pointer}, align {source.bytes}",
        f"  store {stored} %entry{k}, ptr {target}, align {source.bytes}",
    ]
