"""What a formula says, before anything is known about shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

RELATIONS = ("<", "<=", ">", ">=", "=", "!=")
LARGEST_WHOLE = 2**53  # up to which whole numbers are exact as floating-point numbers


@dataclass(frozen=True, slots=True)
class Number:
    value: int | float
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its arguments; settings are plain values: ``axis=0``."""

    function: str
    args: tuple[Tree, ...]
    at: int
    settings: tuple[tuple[str, int | bool | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Binary:
    """``+ - * · / @ .* ./ ^ .^ ⊗``, and relations; juxtaposition is ``·``."""

    sign: str
    left: Tree
    right: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Negative:
    of: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Transpose:
    of: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Group:
    """Brackets: the same value, but no longer open to its neighbours."""

    of: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Bracket:
    """``[condition]``, 1 where it holds; with letters, ``[body]_ij``, the array of these entries."""

    of: Tree
    letters: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class SumOver:
    """``Σ_ij body``; `count` is the size that is said to be counted to: ``Σ_i=n body``."""

    letters: tuple[str, ...]
    of: Tree
    at: int
    count: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """``(Xθ)_i``: an entry of what is in brackets."""

    of: Tree
    letters: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Slice:
    """``start:stop:step`` as in Python."""

    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """``x[1:3]``, ``X[0, :]``; `computed` are the positions that are not plain numbers, ``x[argmax(x)]``."""

    of: Tree
    items: tuple[Slice | int | None, ...]  # None where a computed position stands
    computed: tuple[Tree, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Definition:
    """``p = softmax(x)``, after ``where``."""

    name: str
    of: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Where:
    """A formula and the names it uses, each defined from earlier ones."""

    definitions: tuple[Definition, ...]
    of: Tree
    at: int


Tree: TypeAlias = (
    Number | Name | Call | Binary | Negative | Transpose | Group | Bracket | SumOver | Entry | Part | Definition | Where
)


def children(tree: Tree) -> tuple[Tree, ...]:
    match tree:
        case Number() | Name():
            return ()
        case Call(_, args):
            return args
        case Binary(_, left, right):
            return left, right
        case Part(of, _, computed):
            return of, *computed
        case Where(definitions, of):
            return *definitions, of
        case _:
            return (tree.of,)


def postorder(root: Tree) -> Iterator[Tree]:
    """Every node after its children, from left to right; a long sum is as deep as it is long, so no recursion."""
    pending: list[tuple[Tree, bool]] = [(root, False)]
    while pending:
        node, opened = pending.pop()
        if opened:
            yield node
            continue
        pending.append((node, True))
        pending.extend((child, False) for child in reversed(children(node)))


def bracketed(root: Tree) -> str:
    """The tree with all its brackets, for people who wonder how a formula was read.

    >>> bracketed(Binary("+", Name("x", 0), Negative(Number(2, 5), 4), 2))
    '(x + (-2))'
    """
    done: list[str] = []
    for node in postorder(root):
        count = len(children(node))
        parts = done[len(done) - count :]
        del done[len(done) - count :]
        done.append(_bracketed(node, parts))
    return done[0]


def _bracketed(node: Tree, parts: list[str]) -> str:
    match node:
        case Number(value):
            return f"{value:g}"
        case Name(name):
            return name
        case Call(function, settings=settings):
            return f"{function}({', '.join([*parts, *(f'{name}={value}' for name, value in settings)])})"
        case Binary(sign):
            return f"({parts[0]} {'*' if sign == '·' else sign} {parts[1]})"
        case Negative():
            return f"(-{parts[0]})"
        case Transpose():
            return f"{parts[0]}'"
        case Group():
            return parts[0]
        case Bracket(_, letters):
            return f"[{parts[0]}]{_below(letters)}"
        case SumOver(letters):
            return f"(Σ{_below(letters)} {parts[0]})"
        case Entry(_, letters):
            return f"({parts[0]}){_below(letters)}"
        case Part(_, items):
            rest = iter(parts[1:])
            return f"{parts[0]}[{', '.join(next(rest) if i is None else _item(i) for i in items)}]"
        case Definition(name):
            return f"{name} = {parts[0]}"
        case Where():
            return f"{parts[-1]} where {', '.join(parts[:-1])}"


def _below(letters: tuple[str, ...]) -> str:
    return f"_{''.join(letters)}" if letters else ""


def _item(item: Slice | int) -> str:
    if isinstance(item, int):
        return str(item)
    start, stop, step = ("" if k is None else str(k) for k in (item.start, item.stop, item.step))
    return f"{start}:{stop}" + (f":{step}" if step else "")
