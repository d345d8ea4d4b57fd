"""What a formula says, before anything is known about shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


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
    function: str
    args: tuple[Tree, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """``+ - * / @ .* ./ ^ .^``; juxtaposition is ``*``."""

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


Tree: TypeAlias = Number | Name | Call | Binary | Negative | Transpose | Group


def children(tree: Tree) -> tuple[Tree, ...]:
    match tree:
        case Number() | Name():
            return ()
        case Call(_, args):
            return args
        case Binary(_, left, right):
            return left, right
        case Negative(of) | Transpose(of) | Group(of):
            return (of,)


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
        parts = [done.pop() for _ in range(count)][::-1]
        done.append(_bracketed(node, parts))
    return done[0]


def _bracketed(node: Tree, parts: list[str]) -> str:
    match node:
        case Number(value):
            return f"{value:g}"
        case Name(name):
            return name
        case Call(function):
            return f"{function}({', '.join(parts)})"
        case Binary(sign):
            return f"({parts[0]} {sign} {parts[1]})"
        case Negative():
            return f"(-{parts[0]})"
        case Transpose():
            return f"{parts[0]}'"
        case Group():
            return parts[0]
