"""Closed functions of expressions: what a loop does in one step, what a solver finds a root of.

A body's variables are bound: they have no meaning outside, and are named by their places, so that equal bodies are
one object. A node that holds a body passes everything else through its operands: walks over the graph and
substitution do not enter it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from .build import variable
from .dimension import Shape
from .dtype import DType
from .node import Apply, Expr, Scan, Variable
from .traversal import toposort

BOUND = 2**40  # the tag of bound variables; no trace counts that far


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True, repr=False)
class Body:
    """``outputs`` as a function of ``variables``, which are `bound_variable`; made by `body`."""

    variables: tuple[Variable, ...]
    outputs: tuple[Expr, ...]
    digest: int

    def __repr__(self) -> str:
        """The same in every run, and for equal bodies alone: it stands for the body in the digest of a node."""
        return f"Body({len(self.variables)} to {len(self.outputs)}, {self.digest:x})"


_table: WeakValueDictionary[tuple[tuple[Expr, ...], ...], Body] = WeakValueDictionary()
_entering = threading.RLock()


def bound_variable(place: int, shape: Shape, dtype: DType) -> Variable:
    """The variable of a body that stands at this place."""
    return variable(f"b{place}", shape, dtype, BOUND)


def body(variables: Sequence[Variable], outputs: Sequence[Expr]) -> Body:
    """The unique body with these outputs. The variables are bound ones already (`steepest.ops.closing` renames).

    Raises:
        ValueError: if a variable is not the bound one of its place, or an output has a variable that is not bound.
    """
    for k, v in enumerate(variables):
        if v is not bound_variable(k, v.shape, v.dtype):
            raise ValueError(f"the variable {v.name!r} at place {k} is not a bound one")
    known = set(variables)
    for n in toposort(outputs):
        if isinstance(n, Variable) and n not in known:
            raise ValueError(f"the variable {n.name!r} of a body is not bound")
    key = (tuple(variables), tuple(outputs))
    found = _table.get(key)
    if found is None:
        digest = hash((*(v.digest for v in variables), *(e.digest for e in outputs), len(outputs)))
        with _entering:
            found = _table.setdefault(key, Body(*key, digest))
    return found


def bodies_of(n: Expr) -> tuple[Body, ...]:
    """The bodies that a node itself holds."""
    match n:
        case Scan():
            return (n.body,)
        case Apply():
            return tuple(value for _, value in n.params if isinstance(value, Body))
    return ()


def all_nodes(roots: Iterable[Expr]) -> Iterator[Expr]:
    """The nodes under `roots`, and those inside the bodies that they hold."""
    waiting: list[Iterable[Expr]] = [roots]
    seen: set[Expr] = set()
    while waiting:
        for n in toposort(waiting.pop()):
            if n not in seen:
                seen.add(n)
                yield n
                waiting.extend(b.outputs for b in bodies_of(n))
