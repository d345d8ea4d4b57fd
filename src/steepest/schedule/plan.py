"""From a program to its schedule: rows, products, what is kept, and stage by stage the loops."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from steepest.lower.program import Program, Register, RunningSum, Scatter

from .between import one_at_a_time
from .cost import DEAR, MAX_UNROLLED, cost, parts_of
from .deposits import Collect, Deposit
from .graph import Graph, Range
from .keeping import Keeping
from .layout import RowLayout
from .long_rows import are_long
from .loops import LoopOrder, choose_loops
from .named import Names
from .passing import passing
from .products import choose_products
from .quotients import Quotients
from .repeating import ResultOf
from .rows import Passes, choose_batch, choose_rows
from .stage import Form, Loop, Nest, Products, Schedule, Stage, Statement

FORMS = {Scatter: Form.SCATTER, RunningSum: Form.SCAN, Deposit: Form.DEPOSIT, Collect: Form.COLLECTED}
FILLING = frozenset({Form.OUTER, Form.WEIGHTED, Form.TURNED, Form.SCATTER})  # machine registers with sums side by side


def schedule(
    program: Program,
    width: int,
    quotients: Quotients = Quotients.EXACT,
    names: Names | None = None,
    apart: Collection[Register] = (),
) -> Schedule:
    """The schedule for machine registers of `width` numbers; the longest range is named, if there are names.

    Array operations are called for the instructions whose first results are `apart`.
    """
    graph = Graph(program, quotients, apart)
    rows = choose_rows(graph)
    _name_longest(graph, rows, names)
    if rows is not None and are_long(graph, rows, width):
        return _Planner(graph, width, None, "rows are long, and gone through one after the other").schedule()
    return _Planner(graph, width, rows).schedule()


def schedule_in_nests(
    program: Program, width: int, quotients: Quotients, names: Names | None = None, apart: Collection[Register] = ()
) -> Schedule:
    """The schedule that goes through no range once for all: it can read any entry anywhere."""
    graph = Graph(program, quotients, apart)
    _name_longest(graph, choose_rows(graph), names)
    return _Planner(graph, width, None, "not all of it can be written for rows side by side").schedule()


def _name_longest(graph: Graph, rows: Range | None, names: Names | None) -> None:
    """Name the rows, or else the longest range that leads an array and is gone through in step."""
    found = rows if rows is not None else choose_batch(graph)
    if names is not None and found is not None and graph.size[found] > MAX_UNROLLED:
        graph.name(found, names)


class _Planner:
    def __init__(
        self, graph: Graph, width: int, rows: Range | None, why_nests: str = "no range leads all arrays"
    ) -> None:
        self.graph, self.width, self.rows, self.why_nests = graph, width, rows, why_nests
        self.products = choose_products(graph, self.rows, width)
        if any(self.rows in graph.labels(r).values() for r in self.products):
            self.rows, self.why_nests = None, "matrix products go over all rows at once"
            self.products = choose_products(graph, None, width)
        self.passes = Passes(graph, self.rows, width)
        self.keeping = Keeping(graph, self.passes, self.products)
        self.position = {r: k for k, r in enumerate(graph.order)}
        self.depth: dict[Register, int] = {}  # products to wait for, away from the rows
        for r in graph.order:
            away = not self.passes.has_rows(r) and not self.passes.sums_rows(r)
            before = max((self.depth.get(a, 0) for a in graph.operands(r)), default=0)
            made = graph.made[r]
            waits = r in self.products and not isinstance(made, ResultOf)  # which is there with the first of its loop
            self.depth[r] = (before + waits) if away else 0
            if isinstance(made, Collect):  # deposits are made together
                self.depth.update(dict.fromkeys(made.deposits, self.depth[r]))
                self.passes.ready.update(dict.fromkeys(made.deposits, self.passes.ready[r]))
        self.kept: dict[Register, None] = {}

    def schedule(self) -> Schedule:
        stages: list[Stage] = []
        for p in range(self.passes.last + 1):
            for depth in range(max(self.depth.values(), default=0) + 1):
                products = tuple(
                    r
                    for r in self.graph.order
                    if r in self.products and self.depth[r] == depth and self.passes.ready[r] == p
                )
                if products:
                    self.kept.update(dict.fromkeys(products))
                    stages.append(Products({r: self.products[r] for r in products}))
                stages.extend(self._uniform(p, depth))
            stages.extend(self._over_rows(p))
        why = self.why_nests if self.rows is None else ""
        return Schedule(self.graph, self.width, tuple(stages), tuple(self.kept), self.rows, self.keeping.in_place, why)

    # --- the targets of a stage and what they are made of ------------------------------------------------

    def _inside(self, targets: Iterable[Register], ready: Callable[[Register], bool]) -> list[Register]:
        """Everything that is computed for the targets, in order."""
        found: set[Register] = set()
        work = list(targets)
        while work:
            r = work.pop()
            if r not in found:
                found.add(r)
                work.extend(a for a in self.graph.operands(r) if a in self.graph.made and not ready(a))
        return [r for r in self.graph.order if r in found]

    def _uniform(self, p: int, depth: int) -> list[Nest]:
        passes, keeping = self.passes, self.keeping
        targets = [
            r
            for r in self.graph.order
            if r in keeping.uniform
            and not passes.sums_rows(r)
            and passes.ready[r] == p
            and self.depth[r] == depth
            and r not in self.products
        ]
        if not targets:
            return []
        own = set(targets)
        stored = {a for a in keeping.stored if passes.ready[a] < p}
        inside = self._inside(targets, lambda a: (a in keeping.uniform and a not in own) or a in stored)
        looped = choose_loops(self.graph, inside, None)
        keep = own | self._kept_in_loops(inside, looped, None)
        self.kept.update(dict.fromkeys(keep))
        order = LoopOrder(self.graph, set(self.kept) | self.graph.given, self.width)
        statements = []
        for r in inside:
            if r in keep:
                form = FORMS.get(type(self.graph.made[r]), Form.VALUE)
                loops = order.loops(r, looped) if form is not Form.SCAN else ()
                statements.append(self._statement(r, form, loops, keep, inside))
        fusible = frozenset(looped - self._repeated(inside))
        statements = one_at_a_time(self.graph, statements, fusible)
        for r in passing(self.graph, statements, inside, fusible, self.keeping.arrays):
            del self.kept[r]
        return [Nest(tuple(statements), fusible=fusible, blocked=order.across(statements))]

    def _over_rows(self, p: int) -> list[Nest]:
        if self.rows is None:
            return []
        graph, passes, keeping = self.graph, self.passes, self.keeping
        targets = [
            r
            for r in graph.order
            if (passes.sums_rows(r) and passes.made_in[r] == p)
            or (passes.has_rows(r) and passes.ready[r] == p and (r in graph.program.outputs or r in keeping.stored))
        ]
        if not targets:
            return []
        own = set(targets)

        def ready(a: Register) -> bool:
            if passes.has_rows(a):
                return a in keeping.stored and passes.ready[a] < p
            return a in keeping.uniform and a not in own

        inside = self._inside(targets, ready)
        layout = RowLayout(graph, self.rows, self.width)
        along = layout.along(inside)
        work = [r for r in inside if not along.intersection(graph.operands(r))]
        looped = choose_loops(graph, work, self.rows)
        keep = own | self._kept_in_loops(work, looped, self.rows) | (set(inside) - set(work))
        statements = []
        for r in inside:
            if r in keep:
                form, loops = self._row_loops(r, looped, along, layout)
                statements.append(self._statement(r, form, loops, keep, inside))
        repeated = self._repeated(inside)
        tiled = layout.tiled(inside, [*graph.given, *(r for r in keeping.stored if ready(r))], along)
        blocked = layout.blocks(statements, repeated)
        lanes = layout.lanes(work, statements, looped, tiled, blocked, along)
        self.kept.update(dict.fromkeys(targets))
        return [
            Nest(
                tuple(statements),
                self.rows,
                lanes,
                along,
                tiled,
                layout.gathered(inside, keep, graph.given | set(self.kept)),
                frozenset(looped - repeated),
                blocked,
                parts_of(graph, inside, self.rows, self.width, {s.register for s in statements if s.form in FILLING}),
                {r: w for r in inside if r in keep and (w := layout.weighted(r)) is not None},
            )
        ]

    def _row_loops(
        self, r: Register, looped: set[Range], along: frozenset[Register], layout: RowLayout
    ) -> tuple[Form, tuple[Loop, ...]]:
        """The rows outermost, sums innermost, long loops around short ones."""
        made, labels, folded = self.graph.made[r], self.graph.labels(r), self.graph.folded(r)
        if isinstance(made, Scatter):
            del labels[len(made.shared)]  # the index says where
        row_loops = tuple(Loop(i, q, i in folded, True) for i, q in labels.items() if q == self.rows)
        for x in along.intersection(self.graph.operands(r)):
            form = layout.form(r, x)
            assert form is not None
            return form, row_loops
        weighted = layout.weighted(r)
        if weighted is not None:
            del labels[weighted.label]
            if weighted.array is None:  # what only the weights have is a loop of the innermost
                how = self.graph.reading(r)
                labels = {i: q for i, q in labels.items() if i in how.reads[weighted.read].labels}
        inner = sorted(
            (i for i, q in labels.items() if q in looped), key=lambda i: (i in folded, -self.graph.size[labels[i]], i)
        )
        loops = (*row_loops, *(Loop(i, labels[i], i in folded, False) for i in inner))
        if weighted is not None:
            return (Form.WEIGHTED if weighted.array is not None else Form.TURNED), loops
        return (Form.SCATTER if isinstance(made, Scatter) else Form.VALUE), loops

    def _kept_in_loops(self, inside: list[Register], looped: set[Range], rows: Range | None) -> set[Register]:
        """Sums over loops, dear values used twice, and values that a loop would compute again and again."""
        graph = self.graph
        keep = set()
        members = set(inside)
        for r in inside:
            readers = [u for u in graph.users.get(r, ()) if u in members]
            sums = any(q in looped and q != rows for q in graph.folded(r).values())
            dear = bool(looped) and len(readers) > 1 and cost(graph.made[r]) >= DEAR
            still = not set(graph.ranges(r)) & looped
            inner = any(set(graph.labels(u).values()) & looped for u in readers)
            if sums or dear or (looped and still and inner and cost(graph.made[r]) > 0):
                keep.add(r)
        return keep

    def _statement(
        self, r: Register, form: Form, loops: tuple[Loop, ...], keep: set[Register], inside: list[Register]
    ) -> Statement:
        """With what it reads of the same stage, and where."""
        members = set(inside)
        needs: set[Register] = set()
        written = [r]  # in its loops
        work = list(self.graph.operands(r))
        seen: set[Register] = set()
        while work:
            a = work.pop()
            if a in seen:
                continue
            seen.add(a)
            if a in keep:
                needs.add(a)
            elif a in members:
                written.append(a)
                work.extend(self.graph.operands(a))
        elsewhere = {q for a in written for q in self.graph.touched(a)}
        reading: set[Register] = set(needs)  # these, and what is made of them on the way
        displaced: set[Range] = set()
        for a in sorted(written, key=self.position.__getitem__):
            if not reading.isdisjoint(self.graph.operands(a)):
                reading.add(a)
                displaced |= self.graph.touched(a)
        return Statement(r, form, loops, frozenset(needs), frozenset(elsewhere), frozenset(displaced))

    def _repeated(self, inside: list[Register]) -> set[Range]:
        return set().union(*(self.graph.repeated(r) for r in inside))
