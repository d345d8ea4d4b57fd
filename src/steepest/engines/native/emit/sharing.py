"""A pass over the rows shared among threads: each part has rows, temporaries and sums of its own.

The sums of the parts are put together in their order. How many parts there are depends on the sizes alone, so that the
result is the same, bit by bit, for any number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, each_register, load, store
from steepest.engines.native.ir.place import Place
from steepest.engines.native.ir.value import Val
from steepest.schedule.cost import Parts
from steepest.schedule.deposits import Step
from steepest.schedule.named import Extent, Names

from .accumulators import Accumulator, Lanes
from .folding import adds, combiner
from .numbers import NUMBERS, loads

LINE = 64  # bytes: parts write to cache lines of their own
RUN, RUN_SHORT = "threads:run", "threads:run_short"  # what has parts done


@dataclass(frozen=True, slots=True)
class Total:
    """An array of sums over all rows, and the instruction that it is the result of."""

    buffer: Buffer
    made: Step

    @property
    def stride(self) -> int:
        """Bytes from the sums of one part to those of the next."""
        return in_lines(prod(self.buffer.shape) * self.buffer.bytes)

    @property
    def parts(self) -> str:
        """The sums of all parts, as LLVM has them."""
        return f"{self.buffer.pointer}.parts"


@dataclass(frozen=True, slots=True)
class Sharing:
    """`parts` of `rows` rows each, the last one of fewer, of `length` in all."""

    parts: int
    rows: int
    length: int
    totals: tuple[Total, ...]
    run: int  # the place in the table of addresses of what has the parts done
    is_short: bool  # whether they are done with threads that are awake

    @classmethod
    def of(cls, b: Builder, k: int, parts: Parts, rows: int, length: int, totals: tuple[Total, ...] = ()) -> Sharing:
        """Of stage `k`; the text is the same for any number of parts, short or not, if it is for any length."""
        if not isinstance(length, Extent):
            run = b.external(RUN_SHORT if parts.is_short else RUN)
            return cls(parts.count, rows, length, totals, run, parts.is_short)
        run, run_short = b.external(RUN), b.external(RUN_SHORT)
        run = Extent(run_short if parts.is_short else run, f"what shares {k}", length.names)
        count = Extent(parts.count, f"the parts of {k}", length.names)
        return cls(count, rows, length, totals, run, parts.is_short)

    @property
    def is_named(self) -> bool:
        """Whether the number of parts is in the table of numbers."""
        return isinstance(self.parts, Extent)


def in_lines(size: int) -> int:
    """So many bytes and the rest of the last line; a number without a name."""
    return -(-int(size) // LINE) * LINE


def part_function(
    k: int,
    sharing: Sharing,
    arrays: Sequence[str],
    scratch: dict[str, int],
    status: Sequence[str],
    named: Names | None,
) -> str:
    """What a thread calls for one part: stage `k` on its rows, with its memory.

    The context has the addresses of the arrays, where a total's are the sums of all parts; of the temporaries of all
    parts; of the routines; and of the status, if the stage has a say in it.
    """
    strides = {t.buffer.pointer: t.stride for t in sharing.totals} | {p: in_lines(n) for p, n in scratch.items()}
    names = [*arrays, *scratch, "%externals", *status]
    lines = [f"define internal void @stage{k}.part(ptr %context, i64 %part) noinline nounwind {{", "entry:"]
    own = []
    for j, name in enumerate(names):
        lines += [
            f"  %at{j} = getelementptr inbounds ptr, ptr %context, i64 {j}",
            f"  {name} = load ptr, ptr %at{j}, align 8",
        ]
        own.append(name)
        if name in strides:
            lines.append(f"  %offset{j} = mul i64 %part, {strides[name]}")
            lines.append(f"  %own{j} = getelementptr inbounds i8, ptr {name}, i64 %offset{j}")
            own[j] = f"%own{j}"
    arguments = ", ".join(f"ptr {p}" for p in own)
    rows = [
        f"  %begin = mul i64 %part, {sharing.rows}",
        f"  %next = add i64 %begin, {sharing.rows}",
        f"  %last = icmp sgt i64 %next, {sharing.length}",
        f"  %end = select i1 %last, i64 {sharing.length}, i64 %next",
        f"  call void @stage{k}({arguments}, i64 %begin, i64 %end)",
        "  ret void",
        "}",
    ]
    return "\n".join([*lines, *loads("\n".join(rows), named), *rows])


def call_parts(k: int, sharing: Sharing, addresses: Sequence[str]) -> list[str]:
    """Lines of the kernel that have all parts done."""
    lines = [f"  %context{k} = alloca [{len(addresses)} x ptr], align 8"]
    for j, name in enumerate(addresses):
        lines.append(f"  %context{k}.{j} = getelementptr inbounds ptr, ptr %context{k}, i64 {j}")
        lines.append(f"  store ptr {name}, ptr %context{k}.{j}, align 8")
    return [
        *lines,
        f"  %routine{k} = getelementptr inbounds ptr, ptr %externals, i64 {sharing.run}",
        f"  %run{k} = load ptr, ptr %routine{k}, align 8",
        f"  call void %run{k}(ptr @stage{k}.part, ptr %context{k}, i64 {sharing.parts})",
    ]


def join_function(b: Builder, k: int, sharing: Sharing, named: Names | None) -> str:
    """Puts the sums of the parts together."""
    parameters = [f"ptr noalias {p}" for t in sharing.totals for p in (t.buffer.pointer, t.parts)]
    with b.with_lanes(b.width):
        for total in sharing.totals:
            _join(b, total, sharing.parts)
    numbers = loads("\n".join(b.lines), named)
    parameters += [f"ptr noalias {NUMBERS}"] if sharing.is_named else []
    head = f"define internal void @stage{k}.join({', '.join(parameters)}) noinline nounwind alignstack(64) {{"
    return "\n".join([head, "entry:", *b.entry, *numbers, *b.lines, "  ret void", "}"])


def call_join(k: int, sharing: Sharing, parts: Mapping[str, str]) -> str:
    """The line of the kernel that puts the sums together; `parts` names where they are."""
    arguments = [f"ptr {p}" for t in sharing.totals for p in (t.buffer.pointer, parts[t.buffer.pointer])]
    arguments += [f"ptr {NUMBERS}"] if sharing.is_named else []
    return f"  call void @stage{k}.join({', '.join(arguments)})"


def _join(b: Builder, total: Total, parts: int) -> None:
    """By a second level, if these are sums: a part may have so few terms that joining would round as often."""
    count = int(prod(total.buffer.shape))
    combine = combiner(b, total.made)
    target = replace(total.buffer, shape=(count,))

    def some(place: Place, mask: Val | None) -> None:
        first = load(b, replace(target, pointer=total.parts), place, mask)
        long = first.kind.floating and adds(total.made)
        running = Accumulator.open(b, first.kind, Lanes.APART, first, long)
        with b.loop(total.stride, parts * total.stride, total.stride) as behind:
            source = replace(target, pointer=b.address(total.parts, behind, "i8"))
            if long:
                running.flush(b)
            running.step(b, None, lambda value: combine(value, load(b, source, place, mask)))
        store(b, running.result(b, combine), target, place, mask)

    each_register(b, count, some)
