"""Walks over the graph. All are iterative, so depth is unlimited, and visit each node once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from weakref import WeakKeyDictionary

from .node import Apply, Constant, Expr, Variable


def toposort(roots: Iterable[Expr], stop: Collection[Expr] = ()) -> list[Expr]:
    """Nodes in dependency order, operands first, each once. The operands of `stop` nodes are not entered."""
    order: dict[Expr, None] = {}
    stack = list(roots)[::-1]
    while stack:
        top = stack[-1]
        if top in order:
            stack.pop()
            continue
        missing = [a for a in top.args if a not in order] if top not in stop else []
        if missing:
            stack.extend(reversed(missing))
        else:
            order[top] = None
            stack.pop()
    return list(order)


def contains_variable(e: Expr) -> bool:
    """Whether there is a variable in `e`; the walk ends at the first."""
    seen, ahead = {e}, [e]
    while ahead:
        n = ahead.pop()
        if isinstance(n, Variable):
            return True
        new = [a for a in n.args if a not in seen]
        seen.update(new)
        ahead.extend(new)
    return False


def depends_on(roots: Iterable[Expr], targets: Collection[Expr]) -> set[Expr]:
    """The nodes under `roots` that contain one of `targets`, targets included."""
    found = set(targets)
    for n in toposort(roots):
        if any(a in found for a in n.args):
            found.add(n)
    return found


_plain_types: WeakKeyDictionary[Expr, type] = WeakKeyDictionary()  # else a long sum is gone through for each product


def plain_type(e: Expr) -> type:
    """What fills an expression that has no type, being made of plain numbers only: int, float or complex."""
    found = _plain_types.get(e)
    if found is not None:
        return found
    for n in toposort([e], stop=_plain_types):
        if n not in _plain_types:
            _plain_types[n] = max((_own_plain_type(n), *(_plain_types[a] for a in n.args)), key=PLAIN_TYPES.index)
    return _plain_types[e]


PLAIN_TYPES = [int, float, complex]


def _own_plain_type(n: Expr) -> type:
    match n:
        case Constant(value=complex()):
            return complex
        case Constant(value=float()) | Apply():
            return float
        case _:
            return int


def complex_valued(e: Expr) -> bool:
    """Whether values of `e` are complex, also where they are plain numbers."""
    return plain_type(e) is complex if e.dtype is None else e.dtype.kind == "c"


def count_nodes(roots: Iterable[Expr]) -> int:
    return len(toposort(roots))


def count_uses(roots: Iterable[Expr]) -> dict[Expr, int]:
    """How often each node is an operand, or a root."""
    roots = list(roots)
    uses: dict[Expr, int] = {}
    for n in toposort(roots):
        for a in n.args:
            uses[a] = uses.get(a, 0) + 1
    for r in roots:
        uses[r] = uses.get(r, 0) + 1
    return uses


def rebuild_graph(roots: Iterable[Expr], visit: Callable[[Expr, tuple[Expr, ...]], Expr]) -> list[Expr]:
    """Bottom-up rewriting: ``visit(node, new_args)`` gives each node's replacement."""
    roots = list(roots)
    new: dict[Expr, Expr] = {}
    for n in toposort(roots):
        new[n] = visit(n, tuple(new[a] for a in n.args))
    return [new[r] for r in roots]
