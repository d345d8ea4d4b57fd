"""The expression graph: eight immutable node kinds, interned.

Equal expressions are one object, so ``==`` is ``is``, every memo table is a plain dict and common
sub-expressions cost nothing. Build nodes with the functions of `steepest.expr.build`; `intern` is the only
place where a node comes to be.

A node's value is an array of `shape` and `dtype`. Each node has a `digest`, a number that depends on its
structure alone (never on memory or history): sums and products are kept in the order of their digests, so
that ``a + b`` and ``b + a`` are one object and two runs do the same arithmetic. Its upper part does not know long
axes from longer ones, nor constants such as 1/n: what is computed from more rows is computed in the same order.
"""

from __future__ import annotations

import enum
import itertools
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from .dimension import Dim, Shape, dim_names
from .dtype import DType, is_far
from .fact import Facts
from .pattern import Pattern

Labels: TypeAlias = tuple[int, ...]
Number: TypeAlias = bool | int | float | complex
Monomial: TypeAlias = tuple[tuple[Dim, int], ...]  # named sizes with their exponents, sorted by name


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True, repr=False)
class Expr:
    """An array-valued expression. `args` are its operands."""

    args: tuple[Expr, ...]
    shape: Shape
    dtype: DType
    digest: int

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __repr__(self) -> str:
        """One level deep: the graph below may be huge."""
        return f"<{_label(self)} {self.shape}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The same in IPython, which would else print every field."""
        printer.text(repr(self))


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Variable(Expr):
    """An input. `tag` tells apart inputs of the same name in nested derivatives; 0 is the outermost.

    `facts` are what was declared of its value, with all that follows.
    """

    name: str
    tag: int
    facts: Facts


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Constant(Expr):
    """A number times a monomial of named sizes (``2/m``), or a fixed array (then the monomial is empty)."""

    value: Any  # a Number, or an array
    sizes: Monomial


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Delta(Expr):
    """The identity matrix: 1 where both indices are equal."""


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Structured(Expr):
    """A constant array given by a rule (a selection, shift, triangle, Fourier matrix); never stored."""

    pattern: Pattern


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Add(Expr):
    """A sum of two or more terms of one shape."""


NO_LABELS: Iterator[int] = iter(())


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Einsum(Expr):
    """A contraction: operand k carries the labels ``indices[k]``.

    Labels not in `out` are summed; labels of `out` that no operand carries broadcast. A boolean operand
    selects: where it is False the product is 0, whatever the other factors are (NaN and infinity included).
    """

    indices: tuple[Labels, ...]
    out: Labels
    sums: bool

    def operands(self) -> list[tuple[Labels, Expr]]:
        """Each operand with its labels."""
        return list(zip(self.indices, self.args, strict=True))

    @property
    def keeps_its_number(self) -> bool:
        """Whether a number in it stays there: ``1e-200 x`` may be what keeps a product with x in range."""
        first = self.args[0]
        return isinstance(first, Constant) and first.dtype is None and is_far(first.value, self.dtype)

    def operands_at(self, labels: Labels, fresh: Iterator[int] = NO_LABELS) -> list[tuple[Labels, Expr]]:
        """What to multiply instead where the result stands at these labels; summed ones, if any, get `fresh` ones.

        These are the operands, or else the product itself.
        """
        return [(labels, self)] if self.keeps_its_number else self.opened_at(labels, fresh)

    def opened_at(self, labels: Labels, fresh: Iterator[int] = NO_LABELS) -> list[tuple[Labels, Expr]]:
        """The operands, where the result stands at these labels."""
        names = dict(zip(self.out, labels, strict=True))
        for i in itertools.chain.from_iterable(self.indices):
            if i not in names:
                names[i] = next(fresh)
        return [(tuple(names[i] for i in inner), a) for inner, a in self.operands()]

    def fresh_labels(self) -> Iterator[int]:
        """Labels that are not in use here."""
        return itertools.count(1 + max(self.label_sizes(), default=-1))

    def out_sizes(self) -> dict[int, int]:
        """The sizes of the result's axes by their labels."""
        return dict(zip(self.out, self.shape, strict=True))

    def label_sizes(self) -> dict[int, int]:
        """The sizes of all labels."""
        sizes = self.out_sizes()
        for labels, a in self.operands():
            sizes.update(zip(labels, a.shape, strict=True))
        return sizes


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Apply(Expr):
    """A named operation on its operands; `params` are its fixed settings, as sorted (name, value) pairs.

    `op` is a record of the table of operations, one layer up; this layer only asks for its name.
    """

    op: Any
    params: tuple[tuple[str, Any], ...]


class Direction(enum.Enum):
    """Where a loop begins: at the first entry of its sequences, or at the last."""

    FORWARD = "forward"
    BACKWARD = "backward"

    def opposite(self) -> Direction:
        return Direction.BACKWARD if self is Direction.FORWARD else Direction.FORWARD


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Scan(Expr):
    """One result of a loop; its operands are the starts of the states, the sequences, and what is fixed.

    The body takes the states, an entry of each sequence and what is fixed to the next states. If it has one more
    output, that is what the entries of the result are; else the result is the last value of the state number
    `result`. `steepest.expr.loop` builds these nodes and knows which belong together.
    """

    body: Any  # a Body, which is made of nodes
    states: int
    sequences: int
    result: int
    length: int
    direction: Direction


def _label(e: Expr) -> str:
    match e:
        case Variable():
            return e.name
        case Constant():
            return str(e.value) if e.dtype is None else "array"
        case Apply():
            return f"{e.op.name}({', '.join(type(a).__name__ for a in e.args)})"
        case _:
            return type(e).__name__


HALF = 64  # bits of a digest
LONG, LEAST = 64, 1 / 32  # a longer axis is one of many, and numbers beyond these may be its length, or a part of it
ODD = "a number that may come from a length"

_table: WeakValueDictionary[tuple[Any, ...], Expr] = WeakValueDictionary()
_entering = threading.RLock()  # two threads that make the same node get the same object; a finaliser may make some too


def intern(
    kind: type[Expr],
    args: tuple[Expr, ...],
    shape: Shape,
    dtype: DType,
    fields: tuple[Any, ...],
    stamp: Any,
    content: Any = None,
) -> Any:
    """The unique node of this kind with these fields. `stamp` is what tells the fields apart, hashable.

    Where the stamp is an identity, which differs from run to run, `content` stands for it in the digest.
    """
    key = (kind, args, shape, dim_names(shape), dtype, stamp)
    found = _table.get(key)
    if found is None:
        own = (
            hash(stamp) if kind is Einsum else _stable(content or stamp)
        )  # labels are ints: their hash is the same in all runs
        blind = _stable(ODD) if kind is Constant and dtype is None and _is_odd(fields[0]) else own
        roughly = hash((_stable(kind.__name__), *(a.digest >> HALF for a in args), *map(_rough_size, shape), blind))
        exactly = hash((*(a.digest for a in args), *map(_stable_size, shape), own))
        made = kind(args, shape, dtype, (roughly << HALF) + exactly % (1 << HALF), *fields)
        with _entering:
            found = _table.setdefault(key, made)
    return found


@lru_cache(maxsize=4096)
def _stable(stamp: Any) -> int:
    """A number that stands for the stamp in every run; Python's own hash of a string differs between runs."""
    return zlib.crc32(repr(stamp).encode())


def _is_odd(value: Number) -> bool:
    """Whether a number may come from the length of an axis."""
    return not isinstance(value, complex) and not LEAST <= abs(value) <= LONG and value != 0


def _rough_size(size: int) -> int:
    return _stable_size(size) if size <= LONG or isinstance(size, Dim) else LONG


def _stable_size(size: int) -> int:
    """A length; a named one by its name alone, so that formulas read the same at all lengths."""
    return _stable(size.name) if isinstance(size, Dim) else size
