"""Which letters are indices: where each begins to mean something, and what is meant by a name that has letters.

``X_ij`` is an entry of X where Σ or ``[…]_ij`` say what i and j count; elsewhere it is a name. A condition on letters
that nothing counts, ``[i ≥ j]``, is the matrix of its truth values: i counts the rows and j the columns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .cursor import UNBOUND, index_letters
from .error import FormulaTextError
from .rules import Index, Letters
from .tree import RELATIONS, Binary, Bracket, Entry, Name, Part, SumOver, Tree, children, postorder

Scope = Mapping[str, Index]


@dataclass
class Roles:
    """What is indexed, by the place in the text."""

    names: dict[int, tuple[str, Letters]] = field(default_factory=dict)  # an entry of a name
    letters: dict[int, Index] = field(default_factory=dict)  # a letter as a number
    entries: dict[int, Letters] = field(default_factory=dict)  # of brackets
    positions: set[int] = field(default_factory=set)  # letters that only say which entry: x[i]
    bound: dict[int, Letters] = field(default_factory=dict)  # by a sum, or by the brackets of an array


def roles(root: Tree, text: str, known: Collection[str]) -> Roles:
    """The roles of all letters; `known` are the names that mean something by themselves."""
    found = Roles()
    pending: list[tuple[Tree, Scope]] = [(root, {})]
    while pending:
        node, scope = pending.pop()
        match node:
            case Name():
                _name(node, scope, known, found, text)
                continue
            case SumOver(letters) | Bracket(_, letters) if letters or _unbound(node, scope, known):
                letters = letters or _unbound(node, scope, known)
                if len(set(letters)) < len(letters):
                    raise FormulaTextError("a letter counts one axis, not two", text, node.at)
                indices = tuple(Index(node.at, letter) for letter in letters)
                found.bound[node.at] = indices
                scope = {**scope, **{i.letter: i for i in indices}}
            case Entry(_, letters):
                found.entries[node.at] = _indices(letters, scope, text, node.at)
                scope = {}
            case Part(of, items, computed) if all(isinstance(c, Name) for c in computed) and computed:
                names = [c.name for c in computed if isinstance(c, Name)]
                if len(names) == len(items) and all(name in scope and name not in known for name in names):
                    found.entries[node.at] = tuple(scope[name] for name in names)
                    found.positions.update(c.at for c in computed)
                    pending.append((of, {}))
                    continue
        pending.extend((child, scope) for child in children(node))
    return found


def _name(node: Name, scope: Scope, known: Collection[str], found: Roles, text: str) -> None:
    if not scope or node.name in known:
        return
    base, _, below = node.name.rpartition("_")
    letters = index_letters(below)
    if base and letters and all(letter in scope for letter in letters):
        found.names[node.at] = base, tuple(scope[letter] for letter in letters)
    elif base and any(letter in scope for letter in letters):
        _indices(letters, scope, text, node.at)
    elif node.name in scope:
        found.letters[node.at] = scope[node.name]


def _indices(letters: tuple[str, ...], scope: Scope, text: str, at: int) -> Letters:
    for letter in letters:
        if letter not in scope:
            raise FormulaTextError(f"nothing says what {letter} counts: write Σ_{letter} … or […]_{letter}", text, at)
    return tuple(scope[letter] for letter in letters)


def _unbound(node: Tree, scope: Scope, known: Collection[str]) -> tuple[str, ...]:
    """The letters of a condition that nothing counts, if it is about them alone."""
    if not isinstance(node, Bracket) or not isinstance(node.of, Binary) or node.of.sign not in RELATIONS:
        return ()
    used = [n.name for n in postorder(node.of) if isinstance(n, Name) and n.name not in known and n.name not in scope]
    if not used or not all(name in UNBOUND for name in used) or any(map(_binds, postorder(node.of))):
        return ()
    return tuple(UNBOUND[: 1 + max(UNBOUND.index(name) for name in used)])


def _binds(node: Tree) -> bool:
    return isinstance(node, (SumOver, Bracket))
