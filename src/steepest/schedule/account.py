"""A schedule in words: the stages in order, what each computes in which loops, and why it is so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from steepest.lower.program import (
    Arithmetic,
    Call,
    Contraction,
    Convert,
    Embed,
    Fill,
    Fold,
    Gather,
    Matmul,
    Negative,
    Rearrange,
    Register,
    RunningSum,
    Scatter,
    Select,
    Slice,
    Sum,
    Tensordot,
)

from .called_back import CalledBack
from .deposits import Collect, Deposit, Step
from .factors import Routine
from .positions import Positions
from .products import Product
from .reciprocal import Reciprocal
from .repeating import Repeated, ResultOf
from .routine_text import routine_text
from .stage import Form, Nest, Products, Schedule, Statement
from .transforms import Transformed

LONGEST = 90  # letters of an expression; what is longer is cut
APART = (Product, Positions, Repeated, ResultOf, CalledBack, Transformed)  # not by LAPACK
DEEPEST = 6  # operations within each other; what lies deeper is left out


def account(schedule: Schedule) -> tuple[str, ...]:
    """One line for each stage and, below it, one for each array or number it makes."""
    return tuple(_Account(schedule).lines())


class _Account:
    def __init__(self, schedule: Schedule) -> None:
        self.schedule, self.graph = schedule, schedule.graph
        program = self.graph.program
        self.names: dict[Register, str] = dict(zip(program.inputs, program.names, strict=True))
        for r in schedule.kept:
            self.names[r] = f"t{r}"
        for k, r in enumerate(program.outputs):
            self.names[r] = f"result{k}" if len(program.outputs) > 1 else "result"

    def lines(self) -> Iterator[str]:
        if self.schedule.why_nests:
            yield f"{self.schedule.why_nests}: nests of loops, the innermost by vectors"
        for number, stage in enumerate(self.schedule.stages, 1):
            if isinstance(stage, Products):
                yield from self._routines(number, stage)
            else:
                yield f"{number}. {self._loops(stage)}:"
                yield from (f"   {line}" for s in stage.statements if (line := self._statement(s, stage)))

    def _routines(self, number: int, stage: Products) -> Iterator[str]:
        products = [(r, p) for r, p in stage.products.items() if isinstance(p, Product)]
        loops = [p for p in stage.products.values() if isinstance(p, Repeated)]
        places = [(r, p) for r, p in stage.products.items() if isinstance(p, Positions)]
        waves = [(r, p) for r, p in stage.products.items() if isinstance(p, Transformed)]
        calls = [p for p in stage.products.values() if isinstance(p, CalledBack)]
        others = [(r, p) for r, p in stage.products.items() if not isinstance(p, APART)]
        for tiled, how in ((True, "in tiles, whose sums stay in registers"), (False, "by BLAS")):
            some = [(r, p) for r, p in products if (p.tiling is not None) is tiled]
            if some:
                yield f"{number}. matrix products {how}, large enough to beat a loop:"
            for r, p in some:
                size = f"{p.rows}×{p.inner} · {p.inner}×{p.columns}"
                yield f"   {self.name(r)} = {self.text(r, 0)}   ({size})"
        if others:
            yield f"{number}. linear algebra by LAPACK:"
        yield from (self._routine(r, made) for r, made in others)
        if places:
            yield f"{number}. positions of entries by their order, row by row:"
        yield from (self._routine(r, made) for r, made in places)
        if waves:
            yield f"{number}. Fourier transforms by the loops of NumPy:"
        yield from (self._routine(r, made) for r, made in waves)
        if loops:
            yield f"{number}. loops, step by step:"
        yield from map(self._together, loops)
        if calls:
            yield f"{number}. array operations, called from the machine code, for they are not written as such:"
        yield from map(self._together, calls)

    def _routine(self, r: Register, made: Routine) -> str:
        return f"   {self.name(r)} = {routine_text(made, self.name)}   ({self._extents(r)})"

    def _together(self, made: Repeated | CalledBack) -> str:
        """All results that somebody reads."""
        results = ", ".join(self.name(r) for r in made.targets if r in self.names)
        extents = ", ".join(self._extents(r) or "a number" for r in made.targets if r in self.names)
        return f"   {results} = {routine_text(made, self.name)}   ({extents})"

    def _extents(self, r: Register) -> str:
        return "×".join(map(str, self.graph.shape(r)))

    def _loops(self, nest: Nest) -> str:
        if nest.rows is None:
            return f"loops, {self.schedule.width} numbers at a time"
        length = self.graph.size[nest.rows]
        parts = [f"one pass over {length} rows, {nest.lanes} at a time"]
        if nest.along:
            parts.append(f"{self._listed(nest.along)} read along the features")
        if nest.tiled:
            parts.append(f"{self._listed(nest.tiled)} turned block by block")
        if nest.parts.count > 1:
            awake = " if they are awake" if nest.parts.is_short else ""
            parts.append(f"in {nest.parts.count} parts that threads share{awake}")
        return ", ".join(parts)

    def _listed(self, arrays: frozenset[Register] | tuple[Register, ...]) -> str:
        return " and ".join(self.name(r) for r in sorted(arrays))

    def _statement(self, s: Statement, nest: Nest) -> str:
        """What a statement makes; a name alone is not told."""
        loops = [f"{self.graph.size[q.range]}{' summed' if q.folded else ''}" for q in s.loops if q.range != nest.rows]
        where = f"   (over {' × '.join(loops)})" if loops else ""
        made = self.graph.made[s.register]
        if isinstance(made, Deposit):
            return f"{self.name(made.into)}[…] {'+=' if made.adds else '='} {self.text(made.source, 1)}{where}"
        if s.form is Form.COLLECTED:
            return f"{self.name(s.register)} is zero elsewhere"
        sums_rows = nest.rows is not None and nest.rows in self.graph.folded(s.register).values()
        sign = "+=" if sums_rows else "="
        name = self.names.get(s.register, f"t{s.register}")
        self.names[s.register] = name
        return f"{name} {sign} {self.text(s.register, 0)}{where}{self._home(s.register)}"

    def _home(self, r: Register) -> str:
        in_place = self.schedule.in_place
        return f"   (in the memory of {self.name(in_place[r])})" if r in in_place else ""

    # --- expressions -------------------------------------------------------------------------------------

    def name(self, r: Register) -> str:
        return self.names.get(r, f"t{r}")

    def text(self, r: Register, depth: int) -> str:
        """An expression down to what has a name."""
        whole = self._whole(r, depth)
        return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…"

    def _whole(self, r: Register, depth: int) -> str:
        constants = self.graph.program.constants
        if r in constants and not self.graph.shape(r):
            return f"{constants[r]:.6g}" if isinstance(constants[r], float) else str(constants[r])
        made = self.graph.made.get(r)
        if r in constants:
            return "constants"
        if (depth and r in self.names) or made is None:
            return self.name(r)
        return self._instruction(made, depth + 1) if depth <= DEEPEST else "…"

    def _instruction(self, made: Step, depth: int) -> str:
        def sub(r: Register) -> str:
            return self._whole(r, depth)

        match made:
            case Arithmetic(sign=sign, left=left, right=right):
                return f"({sub(left)} {sign} {sub(right)})" if depth > 1 else f"{sub(left)} {sign} {sub(right)}"
            case Negative(source=source):
                return f"-{sub(source)}"
            case Reciprocal(source=source):
                return f"(1 / {sub(source)})" if depth > 1 else f"1 / {sub(source)}"
            case Select(mask=mask, source=source):
                return f"where({sub(mask)}, {sub(source)}, 0)"
            case Call(op=op, operands=operands):
                return f"{op.name}({', '.join(map(sub, operands))})"
            case Sum(source=source):
                return f"sum({sub(source)})"
            case RunningSum(source=source):
                return f"running sums of {sub(source)}"
            case Fold(source=source, op=op):
                return f"{op.name} of {sub(source)}"
            case Matmul(left=left, right=right):
                return self._product(sub(left), sub(right), depth)
            case Tensordot(left=left, right=right) if (turns := self._turns(made)) is not None:
                return self._product(sub(left) + turns[0], sub(right) + turns[1], depth)
            case Tensordot(left=left, right=right):
                return f"sum of products of {sub(left)}, {sub(right)}"
            case Rearrange(source=source, axes=(1, 0)):
                return f"{sub(source)}.T"
            case Rearrange(source=source, axes=axes):
                return f"{sub(source)}{_new_axes(axes)}"
            case Contraction(operands=operands):
                return f"sum of products of {', '.join(map(sub, operands))}"
            case Slice(source=source):
                return f"{sub(source)}[…]"
            case Embed(pieces=pieces):
                return f"pieces of {', '.join(dict.fromkeys(sub(p.source) for p in pieces))}"
            case Collect():
                return "pieces"
            case Gather(source=source, index=index):
                return f"{sub(source)}[{sub(index)}]"
            case Scatter(source=source, index=index):
                return f"sums of {sub(source)} by {sub(index)}"
            case Convert(source=source) | Fill(source=source):
                return sub(source)
        return sub(made.source) if hasattr(made, "source") else type(made).__name__

    def _product(self, left: str, right: str, depth: int) -> str:
        return f"({left} @ {right})" if depth > 1 else f"{left} @ {right}"

    def _turns(self, made: Tensordot) -> tuple[str, str] | None:
        """What is put after each operand of a product of matrices or vectors; None if it is no such product."""
        left, right = len(self.graph.shape(made.left)), len(self.graph.shape(made.right))
        if max(left, right) > 2 or len(made.left_axes) != 1:
            return None
        return "" if made.left_axes == (left - 1,) else ".T", "" if made.right_axes == (0,) else ".T"


def _new_axes(axes: Sequence[int | None]) -> str:
    """The new axes as an index, those left out that broadcasting supplies."""
    kept = [k for k in axes if k is not None]
    first = axes.index(kept[0]) if kept else len(axes)
    signs = ["None" if k is None else ":" for k in axes[first:]]
    while signs and signs[-1] == ":":
        signs.pop()
    return f"[{', '.join(signs)}]" if signs else ""
