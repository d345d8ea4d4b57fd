"""A schedule as one LLVM module: a function for each stage, and the kernel that calls them in turn."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import prod

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.kernel import Kernel
from steepest.engines.native.unsupported import Unsupported
from steepest.engines.native.vector_math.library import definitions
from steepest.lower.program import Program, Register
from steepest.schedule.deposits import Deposit
from steepest.schedule.products import choose_products
from steepest.schedule.stage import Nest, Products, Schedule

from .entries import Entries, kind_of
from .finite import FINITE, finite_check
from .nest import NestWriter
from .products import write_product
from .rows import RowsWriter

ON_STACK = 32 << 10  # bytes of scratch that a stage takes from the stack
ALIGNED = 64


@dataclass
class _Module:
    schedule: Schedule
    functions: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    math: set[tuple[str, str, int]] = field(default_factory=set)
    externals: list[str] = field(default_factory=list)
    workspace: int = 0

    @property
    def program(self) -> Program:
        return self.schedule.graph.program

    def reserve(self, size: int) -> int:
        """The offset of so many bytes of the workspace."""
        at = self.workspace
        self.workspace += -(-size // ALIGNED) * ALIGNED
        return at


def write_module(schedule: Schedule) -> Kernel:
    """The kernel of a schedule.

    Raises:
        Unsupported: if it has something that is not written as machine code.
    """
    module = _Module(schedule)
    graph, program = schedule.graph, schedule.graph.program
    given = [*program.inputs, *(r for r in program.constants if graph.shape(r) and r in graph.users)]
    own = [r for r in schedule.kept if not isinstance(graph.made[r], Deposit)]
    arrays = [*given, *program.outputs, *(r for r in own if r not in program.outputs)]
    buffers = {}
    for r in dict.fromkeys(arrays):
        if 0 in graph.shape(r):
            raise Unsupported("arrays without entries")
        buffers[r] = Buffer(f"%b{r}", kind_of(graph, r), graph.shape(r))
    for r in program.outputs:
        if r not in schedule.kept:
            raise Unsupported("a result that is computed nowhere")
    table = [*given, *program.outputs]
    pointers = {r: f"  %b{r} = load ptr, ptr %slot{k}, align 8" for k, r in enumerate(table)}
    lines = []
    for k, r in enumerate(table):
        lines += [f"  %slot{k} = getelementptr inbounds ptr, ptr %buffers, i64 {k}", pointers[r]]
    for r in buffers:
        if r not in table:
            at = module.reserve(prod(graph.shape(r)) * buffers[r].kind.bytes)
            lines.append(f"  %b{r} = getelementptr inbounds i8, ptr %workspace, i64 {at}")
    known = {r: buffers[r] for r in given}  # what is in memory by now: a stage may compute again what a later one keeps
    for stage in schedule.stages:
        made = stage.registers if isinstance(stage, Products) else [s.register for s in stage.statements]
        known |= {r: buffers[r] for r in made if r in buffers}
        if isinstance(stage, Products):
            _products(module, stage, known)
        else:
            _nest(module, stage, known)
    checks = finite_check([buffers[r] for r in program.outputs])
    declared, math = definitions(module.math)
    text = "\n".join(
        [
            *sorted(module.declared | declared),
            math,
            FINITE,
            *module.functions,
            "define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) nounwind {",
            "entry:",
            *lines,
            *module.calls,
            *checks,
            "}",
        ]
    )
    constants = tuple(np.ascontiguousarray(program.constants[r]) for r in given if r in program.constants)
    return Kernel(
        text,
        tuple(program.registers[r] for r in program.inputs),
        tuple(program.registers[r] for r in program.outputs),
        constants,
        tuple(module.externals),
        module.workspace,
        schedule.account,
    )


def _products(module: _Module, stage: Products, buffers: dict[Register, Buffer]) -> None:
    b = Builder(module.schedule.width)
    b.externals = module.externals
    chosen = choose_products(module.schedule.graph, None)
    for r in stage.registers:
        write_product(b, chosen[r], r, buffers)
    _finish(module, b, "")


def _nest(module: _Module, nest: Nest, buffers: dict[Register, Buffer]) -> None:
    b = Builder(module.schedule.width)
    b.externals = module.externals
    scratch: list[int] = []

    def room(size: int) -> str:
        if sum(scratch) + size <= ON_STACK:
            scratch.append(size)
            return b.alloca(size, "i8")
        return b.address("%workspace", module.reserve(size), "i8")

    entries = Entries(b, module.schedule.graph, buffers)
    if nest.rows is None:
        NestWriter(b, nest, entries).write()
        _finish(module, b, "")
    else:
        RowsWriter(b, nest, entries, room).write()
        _finish(module, b, f"i64 0, i64 {module.schedule.graph.size[nest.rows]}")


def _finish(module: _Module, b: Builder, bounds: str) -> None:
    """The function of a stage, and its call."""
    body = [*b.entry, *b.lines]
    used = sorted(set(re.findall(r"%b\d+\b", "\n".join(body))))
    name = f"@stage{len(module.functions)}"
    parameters = [f"ptr noalias {p}" for p in used] + ["ptr %externals", "ptr noalias %workspace"]
    arguments = [f"ptr {p}" for p in used] + ["ptr %externals", "ptr %workspace"]
    if bounds:
        parameters += ["i64 %begin", "i64 %end"]
        arguments.append(bounds)
    head = f"define internal void {name}({', '.join(parameters)}) noinline nounwind {{"
    module.functions.append("\n".join([head, "entry:", *body, "  ret void", "}"]))
    module.calls.append(f"  call void {name}({', '.join(arguments)})")
    module.declared |= b.intrinsics
    module.math |= b.math
