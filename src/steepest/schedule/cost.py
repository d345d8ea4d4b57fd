"""The cost model: every measured constant the schedule is decided by, in one place.

The unit is one vector addition on data in registers, where no other is named; a machine register holds `width`
numbers. The constants were measured on AVX-512 (AMD EPYC); they move slowly between machines, since most are ratios.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from math import prod

from steepest.lower.program import Arithmetic, Call, Convert, Fill, Fold, Negative, Register, Scatter, Select

from .deposits import Deposit, Step
from .graph import Graph
from .reciprocal import Reciprocal

DIVISION = 8  # one division against one addition
CALL = 1.6  # the table of operations counts multiply-adds; so many additions each
DEAR = 8  # from here on a value used twice is computed once
AWAITED = 16  # beyond this, which is more than a division or a square root, rows wait for a number: 40 ns each
KEEP = 24  # additions that storing a value and reading it again costs, for each entry
KEEP_IN_PLACE = 8  # the same where a result will be written anyway
REREAD = 4  # additions that reading one more number costs
AGAIN = 1.5  # times that an entry is asked for, from which on a dear one is computed once
IN_REGISTERS = 24  # sums under way that machine registers hold; each of the others is loaded and stored
WAITING = 8  # sums under way, of which none waits for another
MIN_ROWS = 4  # a shorter range is never the fused loop over rows
MAX_UNROLLED = 64  # a longer range is never written out
LAST_AXIS = 4  # registers along which stacks go: with fewer, sums in memory wait for what the turn before has stored
UNROLL_ALL = 1500  # irregular code up to so many operations is written out whole: zeros vanish
UNROLL_BODY = 30  # regular code is looped until so many operations remain in the body
MOST_REGISTERS = 4  # of a vector in the innermost loop of a nest; fewer where each is dear,
MANY_ENTRIES = 8  # one where so many entries are written out side by side: they fill the processor's pipeline,
LONG_BODY = 48  # or the body is that much work, as of a sine and a cosine: 0.87 of the time with four
SHORT_BODY = 400  # straight-line code up to here takes two registers at a time
# A pass that reads rows along their features takes so many registers of rows at a time, if the other work of a row is
# that much and the rows of the block are so few bytes: several registers wait less, but their rows are read twice, and
# must still be near. What comes from beyond the caches is fetched ahead for short blocks only.
NEAR_ROWS, NEAR_BLOCK, NEAR_WORK = 4, 26_000, DEAR
FAR_ROWS, FAR_BLOCK, FAR_WORK = 2, 2_600, 2 * DEAR
FAR = 16 << 20  # bytes of arrays that are not in the caches at the next call
TILE_BYTES = ((8, 512 << 10), (4, 1 << 20), (2, 2 << 20))  # registers a vector, if the block's temporaries fit
PRODUCT_SIDE = 16  # BLAS needs both sides this long,
PRODUCT_AREA = 4096  # and their product that large, to beat the fused loop
SQUARED = 40  # rows of XᵀX from which on syrk beats gemm: 0.75 of its time at 50, half of it from 300 on
PRODUCT_WORK = 4096  # away from the rows: so many multiplications
# Products in tiles of our own against BLAS: 0.9 of its time for 256×784 · 784×256, float64 and float32, one thread.
TILED_WORK = 1 << 17  # multiplications; from 2¹⁸ on BLAS has threads of its own, which wait in loops
TILED_BYTES = 8 << 20  # of an operand that is read fast from where it lies,
TILED_TURNED = 2 << 20  # and of the rows of a left one turned in memory that meet a panel: twice BLAS's time at 4 MB
TILED_SHARED = 30_000  # nanoseconds of work that threads share
MOST_TILED_PARTS = 16
TILES_OF_BLOCK = 8  # above one another, that pay for copying a panel
TRANSPOSE = 24  # a square of width² numbers turned in registers
GATHER_SUMS = 21  # the sums of `width` registers as one register
MOST_CHUNKS = 32  # machine registers of a row that is summed with several weights,
FULL = 0.6  # of which so much must be entries
MANY_SUMS = 4096  # in a pass over the rows: more do not fit the nearest caches, a register each
PUT = 4  # additions that adding a number where an index says costs
ADDITION = 0.3  # nanoseconds of one vector addition, with what it waits for
BYTE = 0.05  # nanoseconds to bring one byte from memory
BYTE_OF_PIECE = 0.12  # the same of pieces all over a large result, which has been cleared past the caches
PART = 50_000  # nanoseconds of work that are worth a part for a thread; waking one costs a few thousand
PART_OF_NEST = 150_000  # the same of a nest, whose additions wait less for one another
SHORT = 0.2  # of these, from which on a part is worth it where threads are awake,
MOST_SHORT = 2  # and so many parts at most
PART_BETWEEN = 5_000  # the same between matrix products that threads share: who works on them is awake,
PARTS_BETWEEN = 4  # and nets of all batch sizes have one piece of code
MATRIX, CUBE = 30, 0.3  # nanoseconds that LAPACK takes for each row of a small matrix, and besides for rows³
SMALL_MATRIX = 100  # rows, beyond which BLAS has threads for each
MOST_PARTS = 16
OWN_SUM = 10  # nanoseconds to begin, end and join a machine register of sums of a part
MOST_SUMS = 1 << 17  # of these in all parts: 8 MB, and as much for their results, which malloc does not give back
ARRAY_OPERATION = 2000  # what array operations take for an instruction besides the work itself
SAVED = 0.5  # of the work itself, by machine code: intermediate arrays are neither written nor read again
CROSSING = 5000  # what entering and leaving a segment of machine code takes


def cost(instruction: Step) -> float:
    """Additions for one entry, its operands given."""
    match instruction:
        case Arithmetic(sign="/") | Reciprocal():
            return DIVISION
        case Arithmetic() | Negative() | Select() | Fold():
            return 1
        case Call(op=op):
            return op.cost * CALL
        case Convert() | Fill():
            return 0.5
        case _:
            return 0


def entry_cost(graph: Graph, r: int) -> float:
    """Additions for one entry with the sums in it, operands given."""
    how, made = graph.readings[r], graph.made[r]
    if how is None or not how.folded:
        return cost(made)
    terms = prod(graph.size[q] for q in graph.folded(r).values())
    return terms * PUT / max(graph.shape(r)[len(made.shared)], 1) if isinstance(made, Scatter) else terms


def block_of(size: int) -> int:
    """How many entries of a range beside an inner sum are taken together, sharing its loads."""
    return next((u for u in (4, 5, 3, 6, 2) if size % u == 0), 1)


@dataclass(frozen=True, slots=True)
class Parts:
    """Into how many parts work is cut for threads; so short work is worth sharing only with those that are awake."""

    count: int = 1
    is_short: bool = False

    def of(self, length: int, share: int) -> Parts:
        """As many as it takes for `share` of the length each, when that was rounded."""
        return replace(self, count=-(-int(length) // int(share)))


UNCUT = Parts()


def parts_of(graph: Graph, registers: Collection[int], rows: int, width: int, filling: Collection[int]) -> Parts:
    """Into how many parts a pass over the rows is cut for threads: by the sizes alone, whatever threads there are.

    The sums of those that are `filling` lie side by side in machine registers; of others each has one, row by row.
    """
    work, own = 0.0, 0
    passed: set[Register] = set()  # arrays that come from memory, or go there
    outputs, own_values = set(graph.program.outputs), set(registers)
    for r in registers:
        entries = prod(graph.shape(r))
        work += max(entry_cost(graph, r), 0.0) * entries / width * ADDITION
        if rows in graph.folded(r).values():
            own += -(-entries // width) if r in filling else entries
        passed.update(a for a in graph.operands(r) if a not in own_values and rows in graph.ranges(a))
        passed.update({r} & outputs if rows in graph.ranges(r) else ())
    return _parts(work + BYTE * sum(8 * prod(graph.shape(a)) for a in passed), PART, own)


def parts_of_loop(
    graph: Graph, computed: Collection[int], made: Collection[int], summing: Collection[int], width: int
) -> Parts:
    """The same of the outermost loop of a nest: what is computed in it, put into memory, and summed over all of it."""
    return _parts(_work_of_loop(graph, computed, made, summing, width), PART_OF_NEST, _sums(graph, summing, width))


def parts_between(
    graph: Graph, computed: Collection[int], made: Collection[int], summing: Collection[int], width: int
) -> Parts:
    """The same of a nest in a program with matrix products that threads share: they are awake, or need not be woken."""
    work, sums = _work_of_loop(graph, computed, made, summing, width), _sums(graph, summing, width)
    least = PARTS_BETWEEN if _count(work, PART_BETWEEN, sums, MOST_PARTS) > 1 else 1
    return Parts(max(least, _count(work, PART_OF_NEST, sums, MOST_PARTS)), True)


def _work_of_loop(
    graph: Graph, computed: Collection[int], made: Collection[int], summing: Collection[int], width: int
) -> float:
    work = sum(max(entry_cost(graph, r), 0.0) * prod(graph.shape(r)) / width * ADDITION for r in computed)
    read = {a for r in computed for a in graph.operands(r) if a not in computed}
    stored = read | (set(made) - set(summing))
    return work + sum(_per_byte(graph, a) * 8 * prod(graph.shape(a)) for a in stored)


def _per_byte(graph: Graph, a: Register) -> float:
    made = graph.made.get(a)
    return BYTE_OF_PIECE if isinstance(made, Deposit) and 8 * prod(graph.shape(made.into)) > FAR else BYTE


def _sums(graph: Graph, summing: Collection[int], width: int) -> int:
    """Machine registers of sums, side by side in memory."""
    return sum(-(-prod(graph.shape(r)) // width) for r in summing)


def parts_of_stack(matrices: int, rows: int) -> Parts:
    """The same of a stack of square matrices that are factored, solved with or inverted."""
    return _parts(matrices * (MATRIX * rows + CUBE * rows**3), PART, 0) if rows <= SMALL_MATRIX else UNCUT


def parts_of_tiled(work: float, pairs: int) -> Parts:
    """The same of a product in tiles: so many nanoseconds of work, and pairs of panels and blocks."""
    is_worth_it = pairs > 1 and work >= SHORT * TILED_SHARED
    return Parts(min(MOST_TILED_PARTS, pairs), work < TILED_SHARED) if is_worth_it else UNCUT


def _parts(work: float, part: float, own: int) -> Parts:
    """For so many nanoseconds of work, of which a part is worth so many, and so many sums of each part."""
    count = _count(work, part, own, MOST_PARTS)
    return Parts(count) if count > 1 else Parts(_count(work, SHORT * part, own, MOST_SHORT), True)


def _count(work: float, part: float, own: int, most: int) -> int:
    each = part + 4 * own * OWN_SUM  # so that the sums are a quarter at most
    parts = max(1, min(most, int(work / each), MOST_SUMS // max(own, 1)))
    return 1 << (parts.bit_length() - 1)  # so that two, four, … threads have the same to do


def cheap_again(graph: Graph, r: Register, known: Collection[Register] = ()) -> bool:
    """Whether entries are as well computed wherever they are read, from arrays that are there anyway."""
    work, total = [r], 0.0
    while work:
        a = work.pop()
        if a in graph.given or a in graph.program.constants or a in known:
            continue
        total += entry_cost(graph, a)
        if total >= DEAR or graph.folded(a) or graph.readings[a] is None:
            return False
        work.extend(graph.operands(a))
    return True
