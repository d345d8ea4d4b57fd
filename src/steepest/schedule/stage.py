"""The schedule: what is computed together, in which loops, and where it is kept. Data only."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from steepest.lower.program import Register
from steepest.lower.triangles import Side

from .cost import UNCUT, Parts
from .factors import Routine
from .graph import Graph, Range
from .products import Product


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop of a statement; `vector` ones advance by whole registers, an entry a lane."""

    label: int  # of the statement's instruction
    range: Range
    folded: bool
    vector: bool


class Form(enum.Enum):
    VALUE = "entries of an array, or sums"
    DOT = "rows times a vector, read along the contiguous axis"
    OUTER = "a sum of rows with weights, read along the contiguous axis"
    WEIGHTED = "sums of rows with several weights each, read along the contiguous axis"
    TURNED = "the same of computed rows, which are turned for it, block by block"
    SCATTER = "sums by index"
    SCAN = "running sums, line after line of a whole array"
    DEPOSIT = "a piece put into a larger array"
    COLLECTED = "zeros, to which deposits are made"


@dataclass(eq=False)
class Statement:
    """``register[free] = fold over the folded ones of its instruction``; other labels are written out."""

    register: Register
    form: Form
    loops: tuple[Loop, ...]
    needs: frozenset[Register]  # statements of the same stage that it reads
    elsewhere: frozenset[Range] = frozenset()  # ranges along which it reads at other places than its own,
    displaced: frozenset[Range] = frozenset()  # and those along which it so reads what the same stage makes

    @property
    def around_a_sum(self) -> int:
        """The depth of the innermost free loop that has a sum inside; -1 if there is none."""
        folded = (k for k, loop in enumerate(self.loops) if loop.folded)
        last = len(self.loops) if self.form is Form.WEIGHTED else max(folded, default=0)
        return max((k for k, loop in enumerate(self.loops[:last]) if not loop.folded), default=-1)


@dataclass(frozen=True, slots=True)
class Weighted:
    """``out[n, q] = Σ_m X[m, n] w[m, q]``: which array X is, and by which read; the labels of n and of the rows.

    X may be computed, ``X[m, p, n]`` beside ``w[m, p, q]``: then `array` is None.
    """

    array: Register | None
    read: int
    label: int
    rows: int
    side: Side | None = None  # of the square of n and q, the only one that is read, if there is one


@dataclass(eq=False)
class Nest:
    """Statements in loops. With `rows`, the outermost loop of all is the one over blocks of rows."""

    statements: tuple[Statement, ...]
    rows: Range | None = None
    lanes: int = 1  # of the vectors along the rows
    along: frozenset[Register] = frozenset()  # arrays read along their contiguous axis
    tiled: tuple[Register, ...] = ()  # arrays turned, block by block, so that lanes are rows
    gathered: tuple[Register, ...] = ()  # rows picked by index, turned likewise
    fusible: frozenset[Range] = frozenset()  # ranges whose loops statements may share
    blocked: dict[Range, int] = field(default_factory=dict)
    parts: Parts = UNCUT  # of the rows, for threads
    weighted: dict[Register, Weighted] = field(default_factory=dict)  # how sums of that form read their rows


@dataclass(eq=False)
class Products:
    """What is left to BLAS and LAPACK."""

    products: dict[Register, Product | Routine]

    @property
    def registers(self) -> tuple[Register, ...]:
        return tuple(self.products)


Stage = Nest | Products


@dataclass(frozen=True, eq=False)
class Schedule:
    """Stages in order. `kept` arrays have memory of their own; inputs, constants and outputs have theirs anyway."""

    graph: Graph
    width: int  # numbers in a machine register
    stages: tuple[Stage, ...]
    kept: tuple[Register, ...]
    rows: Range | None
    in_place: Mapping[Register, Register]  # kept arrays that lie where a result will be written over them
    why_nests: str  # instead of passes over the rows

    @property
    def shares_products(self) -> bool:
        """Whether threads share a matrix product in tiles."""
        made = (p for s in self.stages if isinstance(s, Products) for p in s.products.values())
        return any(isinstance(p, Product) and p.tiling is not None and p.tiling.parts.count > 1 for p in made)
