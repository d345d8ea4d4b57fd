"""A program as one LLVM module: a function for each stage of its schedule, and the kernel that calls them in turn.

The body of a loop is such a kernel too, in the same module.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from math import prod

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, room_of
from steepest.engines.native.ir.value import NARROW
from steepest.engines.native.kernel import Kernel
from steepest.engines.native.unsupported import Unsupported
from steepest.engines.native.vector_math.library import definitions
from steepest.lower.program import Program, Register
from steepest.schedule.account import account
from steepest.schedule.called_back import CalledBack
from steepest.schedule.cost import parts_between, parts_of_loop
from steepest.schedule.deposits import Collect, Deposit
from steepest.schedule.graph import Graph
from steepest.schedule.named import Extent
from steepest.schedule.products import Product
from steepest.schedule.repeating import Repeated
from steepest.schedule.stage import Nest, Products, Schedule

from .accumulators import Room
from .arena import placed
from .calling_back import write_called_back
from .cutting import Group, cut
from .elsewhere import kind_of, narrow_of
from .entries import Entries
from .existence import existence_check, outside
from .finite import FINITE, finite_check
from .nest import NestWriter
from .one_turn import of_one_turn
from .records import in_records
from .repeating import bytes_of, new_room, write_repeated
from .routines import write_routine
from .rows import RowsWriter
from .shared_nest import SharedNestWriter
from .shared_stacks import Stack, stacks_of
from .sharing import Sharing, Total, call_join, call_parts, join_function, part_function
from .status import STATUS
from .table import Table, kernel_name
from .tiled_product import write_tiled
from .under_way import Module, Plans, Shared, Stage, Written

ON_STACK = 32 << 10  # bytes of scratch that a stage takes from the stack
ONE_TURN = 512 << 10  # of an array of which a part at a time is there: half of the second cache
MOST_LINES = 15_000  # of a kernel; LLVM takes about 1 ms for one


def write_module(program: Program, plans: Plans, bits: int) -> Kernel:
    """The kernel of a program, by the first of its schedules that can be written, for registers of so many bits.

    Raises:
        Unsupported: if it has something that is not written as machine code.
    """
    shared = Shared(plans)
    written = _written(program, shared)
    declared, math = definitions(shared.math, bits)
    graph = written.schedule.graph
    numbers = (graph.names.table(),) if graph.names else ()
    return Kernel(
        text="\n".join([*sorted(shared.declared | declared), math, *_called(written), *written.functions]),
        inputs=tuple(program.registers[r] for r in program.inputs),
        outputs=tuple(program.registers[r] for r in program.outputs),
        constants=(*(np.ascontiguousarray(graph.program.constants[r]) for r in written.constants), *numbers),
        externals=tuple(shared.externals),
        called_back=tuple(shared.called_back),
        workspace=written.workspace,
        zeroed=tuple(k for k, r in enumerate(program.outputs) if _collected(graph, r)),
        account=(*account(written.schedule), *shared.account),
    )


def _called(written: Written) -> Iterator[str]:
    """The functions that look at results and at places, those that are called."""
    looking = [outside(narrow) for narrow in (None, *NARROW.values())]
    places = {f[f.index("@") : f.index("(") + 1]: f for f in looking}
    for name, function in (FINITE | places).items():
        if any(name in f for f in written.functions):
            yield function


def _written(program: Program, shared: Shared, roomy: Collection[int] = ()) -> Written:
    """The kernel of a program, of which these outputs have whole registers to themselves."""
    number, shared.count = shared.count, shared.count + 1
    refused = Unsupported("no schedule")
    told, bodies = len(shared.parts), dict(shared.bodies)
    for schedule in shared.plans(program):
        try:
            return _of_schedule(schedule, shared, number, roomy)
        except Unsupported as error:
            refused = error
            del shared.parts[told:]
            shared.bodies = dict(bodies)  # the functions of others went with the schedule
    raise refused


def _of_schedule(schedule: Schedule, shared: Shared, number: int, roomy: Collection[int]) -> Written:
    names = schedule.graph.names
    with names.in_text() if names is not None else nullcontext():
        return _in_text(schedule, shared, number, roomy)


def _in_text(schedule: Schedule, shared: Shared, number: int, with_room: Collection[int]) -> Written:
    graph, program = schedule.graph, schedule.graph.program
    constants = tuple(r for r in program.constants if graph.shape(r) and r in graph.users)
    given = [*program.inputs, *constants]
    own = [r for r in schedule.kept if not isinstance(graph.made[r], Deposit) and r not in schedule.in_place]
    module = Module(schedule, _buffers(graph, [*given, *program.outputs, *own]), shared, number)
    tight = [r for k, r in enumerate(program.outputs) if k not in with_room]
    roomy = {*own, *program.outputs}.difference(given, tight)
    module.buffers |= {r: replace(module.buffers[r], padded=True) for r in roomy}
    module.buffers |= {r: module.buffers[result] for r, result in schedule.in_place.items()}
    module.buffers |= in_records(graph, module.buffers, set(own).difference(program.outputs))
    if any(r not in schedule.kept and r not in program.inputs for r in program.outputs):
        raise Unsupported("a result that is computed nowhere")
    known = {r: module.buffers[r] for r in given}  # a stage may compute again what a later one keeps
    for stage in schedule.stages:
        made = stage.registers if isinstance(stage, Products) else [s.register for s in stage.statements]
        known |= {r: module.buffers[r] for r in made if r in module.buffers}
        if isinstance(stage, Products):
            for stack in [Stack(stage.products)] if module.is_body else stacks_of(stage, graph):
                _products(module, stack, known)
        else:
            for group in _groups(module, stage, known):
                _nest(module, group, known)
    table = Table(given, list(program.outputs), graph.names)
    offsets, workspace = placed(module.needs([r for r in own if r not in table.arrays]))
    functions = [_function(module, k, stage) for k, stage in enumerate(module.stages)]
    functions += [f for k, stage in enumerate(module.stages) for f in _in_parts(module, k, stage)]
    text = (*module.bodies, *functions, _driver(module, table, offsets))
    if sum(f.count("\n") for f in text) > MOST_LINES:  # another schedule may take less
        raise Unsupported("more code than would be compiled in reasonable time")
    return Written(kernel_name(number), schedule, text, constants, workspace)


def _collected(graph: Graph, r: Register) -> bool:
    """Whether an array is zeros with deposits, whose entries are looked at when they are put in."""
    return isinstance(graph.made.get(r), Collect)


def _buffers(graph: Graph, arrays: Sequence[Register]) -> dict[Register, Buffer]:
    if any(0 in graph.shape(r) for r in arrays):
        raise Unsupported("arrays without entries")
    return {r: Buffer(f"%b{r}", kind_of(graph, r), graph.shape(r), narrow_of(graph, r)) for r in arrays}


# --- stages --------------------------------------------------------------------------------------------


def _products(module: Module, stack: Stack, buffers: dict[Register, Buffer]) -> None:
    b = module.builder()
    scratch: dict[str, int] = {}
    bounds, sharing = "", None
    if stack.parts.count > 1:
        b.part, bounds = ("%begin", "%end"), f"i64 0, i64 {stack.length}"
        sharing = Sharing.of(b, len(module.stages), stack.parts, stack.matrices, stack.length)
    for r, made in stack.products.items():
        if isinstance(made, Repeated):
            _repeated(module, b, made, buffers, scratch)
        elif isinstance(made, Product) and made.tiling is not None:
            looked_at = {r}.intersection(module.results)
            write_tiled(b, made, made.tiling, r, buffers, scratch, STATUS if looked_at else "null")
            module.watched |= looked_at
        elif isinstance(made, CalledBack):
            known = _with_unread(module, b, made, buffers, scratch)
            write_called_back(b, made, known, module.shared.called_back)
        else:
            write_routine(b, made, r, buffers, scratch)
    module.add(b, scratch, bounds, sharing)


def _repeated(
    module: Module, b: Builder, made: Repeated, buffers: Mapping[Register, Buffer], scratch: dict[str, int]
) -> None:
    body = _body(module, made)
    if body.constants:
        raise Unsupported("fixed arrays in the body of a loop")  # `steepest.schedule.looping` makes them operands
    if any(isinstance(body.schedule.graph.made.get(r), Collect) for r in made.body.outputs):
        raise Unsupported("large sparse results of the steps of a loop")
    known = _with_unread(module, b, made, buffers, scratch)
    write_repeated(b, made, known, body.name, body.workspace, scratch)


def _with_unread(
    module: Module, b: Builder, made: Repeated | CalledBack, buffers: Mapping[Register, Buffer], scratch: dict[str, int]
) -> dict[Register, Buffer]:
    """The arrays, and room for the results that nobody reads."""
    known = {**module.buffers, **buffers}
    for r, buffer in _buffers(module.schedule.graph, [r for r in made.targets if r not in known]).items():
        known[r] = replace(buffer, pointer=new_room(b, scratch, bytes_of(buffer)), padded=True)
    return known


def _body(module: Module, made: Repeated) -> Written:
    """The kernel of a body, among the functions of the module. Loops that compute the same, layers of a network say,
    share one, unless a state is a number: that stays in a register only if the one caller takes the body in."""
    program = made.body
    numbers = tuple((r, v.tobytes() if isinstance(v, np.ndarray) else v) for r, v in program.constants.items())
    fields = program.inputs, program.outputs, numbers, program.instructions, program.registers
    roomy = tuple(k for k, r in enumerate(made.targets) if k < len(made.starts) or module.is_in_record(r))
    key = (fields, repr(fields), roomy)  # 1 and 1.0 are equal, but are not written alike
    if all(program.registers[r].shape for r in program.outputs) and key in module.shared.bodies:
        return module.shared.bodies[key]
    found = _written(program, module.shared, roomy)
    module.bodies.extend(found.functions)
    module.shared.bodies[key] = found
    return found


def _groups(module: Module, nest: Nest, buffers: Mapping[Register, Buffer]) -> Iterable[Group]:
    """What of a nest is a stage of its own, because threads share it."""
    if module.is_body or nest.rows is not None:
        return [Group(nest)]
    schedule = module.schedule
    parts_of = parts_between if schedule.shares_products else parts_of_loop
    return cut(schedule.graph, nest, schedule.width, buffers, parts_of)


def _nest(module: Module, group: Group, buffers: dict[Register, Buffer]) -> None:
    b, nest = module.builder(), group.nest
    on_stack: list[int] = []
    scratch: dict[str, int] = {}

    def room(size: int) -> str:
        if sum(on_stack) + size <= ON_STACK:
            on_stack.append(size)
            return b.alloca(size, "i8")
        name = b.fresh("scratch")
        scratch[name] = size
        return name

    entries = Entries(b, module.schedule.graph, {**buffers, **_of_one_turn(module, nest, room)})
    bounds, sharing = "", None
    if nest.rows is not None:
        length, sharing = module.schedule.graph.size[nest.rows], _sharing(module, nest)
        at_once = length if sharing is None else sharing.rows
        writer: NestWriter = RowsWriter(b, nest, entries, module.results, room, at_once)
        bounds = f"i64 0, i64 {length}"
    elif group.parts.count > 1:
        writer = SharedNestWriter(b, nest, entries, module.results, room)
        bounds, sharing = f"i64 0, i64 {group.length}", _shares(module, group)
    else:
        writer = NestWriter(b, nest, entries, module.results, room)
    writer.write()
    entries.tiny_divisors.report()
    module.add(b, scratch, bounds, sharing)
    module.watched |= writer.watch.kinds.keys()


def _of_one_turn(module: Module, nest: Nest, room: Room) -> dict[Register, Buffer]:
    """The arrays of a nest that have room for one turn of its outermost loop, and where that is."""
    found: dict[Register, Buffer] = {}
    if nest.rows is not None:
        return found
    schedule = module.schedule
    for r in of_one_turn(schedule, nest):
        whole = module.buffers.get(r)
        if whole is None or whole.pitch or r in schedule.in_place:
            continue
        size = prod(whole.shape[1:]) * whole.bytes
        if size <= ONE_TURN:
            found[r] = replace(whole, pointer=room(room_of(size)), shape=whole.shape[1:], padded=True, axes_before=1)
    return found


def _sharing(module: Module, nest: Nest) -> Sharing | None:
    """The parts of a pass over the rows, of whole blocks of rows, unless there is one part only."""
    if module.is_body:
        return None
    graph, rows = module.schedule.graph, nest.rows
    assert rows is not None
    length = graph.size[rows]
    chunk = -(-length // (nest.parts.count * nest.lanes)) * nest.lanes
    if nest.parts.count == 1 or chunk >= length:
        return None
    summing = tuple(s.register for s in nest.statements if rows in graph.folded(s.register).values())
    return _shares(module, Group(nest, nest.parts.of(length, chunk), chunk, length, summing))


def _shares(module: Module, group: Group) -> Sharing:
    totals = tuple(Total(module.buffers[r], module.schedule.graph.made[r]) for r in group.summing)
    return Sharing.of(module.builder(), len(module.stages), group.parts, group.turns, group.length, totals)


def _function(module: Module, k: int, stage: Stage) -> str:
    """A stage's arrays overlap nothing: LLVM may keep their entries in registers."""
    parameters = [f"ptr noalias {p}" for p in (*stage.arrays, *stage.scratch)] + ["ptr %externals"]
    parameters += [f"ptr {p}" for p in stage.status]
    if stage.bounds:
        parameters += ["i64 %begin", "i64 %end"]
    inlining = "" if module.is_body else "noinline "
    name = _stage_name(module, k)
    head = f"define internal void @{name}({', '.join(parameters)}) {inlining}nounwind alignstack(64) {{"
    return "\n".join([head, "entry:", stage.text, "  ret void", "}"])


def _in_parts(module: Module, k: int, stage: Stage) -> list[str]:
    """The functions for the parts of a stage, if it is shared among threads."""
    if stage.sharing is None:
        return []
    b = module.builder()
    functions = [
        part_function(k, stage.sharing, stage.arrays, stage.scratch, stage.status, module.names),
        join_function(b, k, stage.sharing, module.names),
    ]
    module.shared.declared |= b.intrinsics
    module.shared.math |= b.math
    return functions


def _driver(module: Module, table: Table, offsets: Mapping[Hashable, int]) -> str:
    """The kernel itself: it finds the arrays, calls the stages in turn, and looks at the results."""
    lines = [f"  {STATUS} = alloca i32", f"  store i32 0, ptr {STATUS}"]
    lines += existence_check(module.schedule.graph, module.buffers)
    names = {name: name if isinstance(name, str) else f"{name[1]}.{name[0]}" for name in offsets}  # type: ignore[index]
    for name, at in offsets.items():
        place = at if module.names is None else Extent(at, f"where {names[name]} begins", module.names)
        lines.append(f"  {names[name]} = getelementptr inbounds i8, ptr %workspace, i64 {place}")
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
    lines += table.copies(module.buffers)
    outputs = [module.buffers[r] for r in module.results if r not in module.watched]
    lines += finite_check(outputs)
    return "\n".join([*(table.body_head if module.is_body else table.kernel_head)(module.number, lines), *lines, "}"])


def _stage_name(module: Module, k: int) -> str:
    return f"body{module.number}_stage{k}" if module.is_body else f"stage{k}"
