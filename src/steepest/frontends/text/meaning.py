"""What a formula computes: every name gets a shape, every operation its meaning for those shapes.

Shapes come from declarations, or else from custom (`conventions`); sizes that nobody named are found by what the
operations require to be equal. A name that is no variable but a declared size is that size: the ``m`` in
``norm2(X*theta - y)^2 / m`` with ``X="m n"``. Also known, unless declared, are ``pi``, and arrays of the size that
fits: ``I``, the identity, ``𝟏`` or ``ones``, the vector of ones, and ``e_k``, a unit vector.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from steepest.errors import FormulaError

from .compilation import Compilation
from .conventions import conventional_axes, dialect_of, speaks_of_arrays
from .cursor import Vocabulary, index_letters
from .error import FormulaTextError
from .function import as_function
from .functions import CREATED, FILLED, FUNCTIONS, NAMED_BY_ROWS, NAMED_OF_MATRICES, NAMED_OPERATIONS, OF_MATRICES
from .known import is_known, unit_vector
from .pratt import Parser
from .program import Program
from .scopes import roles
from .shapes import Shape
from .sizes import Shifted, Size, Times, Unknown
from .spelling import GREEK_NAMES
from .token_cursor import did_you_mean
from .tree import Bracket, Definition, Name, SumOver, Tree, postorder

LONGEST_PRODUCT = 3  # letters
SHORTEST_MISSPELT = 4  # letters
MOST_NODES = 5000
_LETTERS = tuple(name for name in FUNCTIONS if name in GREEK_NAMES)  # σ² is a number's square, σ(x) a function
_FUNCTIONS = tuple(name for name in (*FUNCTIONS, *FILLED) if name not in _LETTERS)
_OF_MATRICES = OF_MATRICES | NAMED_OF_MATRICES
_NAMED = ("onehot", *NAMED_OPERATIONS, *NAMED_BY_ROWS)
_LATER = frozenset(n for n in _NAMED if len(n) > 1 and n not in GREEK_NAMES and n not in FUNCTIONS)


@dataclass(frozen=True)
class Reading:
    """A formula as a function of its variables, with their sizes in the order of its arguments."""

    function: Callable[..., Any]
    sizes: dict[str, tuple[str | int, ...]]
    assumed: tuple[str, ...]  # the variables whose shapes nobody declared
    shape: Shape


def read(text: str, declared: Mapping[str, tuple[str | int, ...]]) -> Reading:
    """A formula, its names declared by their sizes (none for a number) or taken by custom.

    >>> import numpy as np
    >>> reading = read("norm2(X*theta - y)^2 / m", {"X": ("m", "n")})
    >>> reading.sizes
    {'X': ('m', 'n'), 'theta': ('n',), 'y': ('m',)}
    >>> reading.function(np.eye(2), np.ones(2), np.zeros(2))
    np.float64(1.0000000000000002)
    """
    tree, parser = _parsed(text, Vocabulary(_FUNCTIONS, (*CREATED, *_LATER, *_LETTERS), declared, _OF_MATRICES))
    counted = {n.count: n.at for n in postorder(tree) if isinstance(n, SumOver) and n.count.isidentifier()}
    lengths = {s for axes in declared.values() for s in axes if isinstance(s, str)} | counted.keys()
    axes = _axes(tree, text, declared, lengths)
    assumed = tuple(name for name in axes if name not in declared)
    found = roles(tree, text, {*axes, *lengths})
    compilation = Compilation(text, axes, assumed, lengths, found, dialect_of(parser.tokens))
    operand = compilation.compiled(tree)
    compilation.name_sizes()
    sizes = {name: _known(name, compilation.resolved(own)) for name, own in axes.items()}
    for name, at in counted.items():
        if not any(name in own for own in sizes.values()):
            raise FormulaTextError(f"no axis has the length {name} that is counted to", text, at)
    program = Program(tuple(compilation.finished_steps()), _places(sizes))
    return Reading(as_function(program, list(sizes), text), sizes, assumed, operand.shape)


def read_declared(
    text: str, declared: Mapping[str, tuple[int, ...]], numbers: Mapping[str, int], shape: tuple[int, ...] | None = None
) -> Reading:
    """A formula whose names all are declared, their sizes numbers: what has been printed.

    `numbers` are the values of named sizes, and `shape` is that of the result, which is what the size of an identity
    may depend on. Whatever else has a name among the operations is a function.

    >>> reading = read_declared("2/m Xᵀ(Xθ − y)", {"X": (3, 2), "theta": (2,), "y": (3,)}, {"m": 3})
    >>> reading.shape
    (2, None)
    """
    vocabulary = Vocabulary(_FUNCTIONS, (*CREATED, *_NAMED, *_LETTERS), declared, _OF_MATRICES)
    tree, parser = _parsed(text, vocabulary)
    axes: dict[str, tuple[Size, ...]] = dict(declared)
    found = roles(tree, text, {*axes, *numbers})
    compilation = Compilation(text, axes, (), numbers, found, dialect_of(parser.tokens), numbers)
    operand = compilation.compiled(tree)
    if shape is not None:
        compilation.require_shape(operand, shape)
    program = Program(tuple(compilation.finished_steps()), {})
    return Reading(as_function(program, list(declared), text), dict(declared), (), operand.shape)


def _parsed(text: str, vocabulary: Vocabulary) -> tuple[Tree, Parser]:
    parser = Parser(text, vocabulary)
    tree = parser.whole()
    if sum(1 for _ in postorder(tree)) > MOST_NODES:
        raise FormulaTextError(f"the formula has more than {MOST_NODES} parts", text, 0)
    return tree, parser


def _axes(
    tree: Tree, text: str, declared: Mapping[str, tuple[str | int, ...]], lengths: set[str]
) -> dict[str, tuple[Size, ...]]:
    """The axes of each variable: the declared ones first, then in the order of the text."""
    indexed = roles(tree, text, {*declared, *lengths})
    found: dict[str, int] = {}
    ranks: dict[str, int] = {}  # of what occurs with letters
    for node in postorder(tree):
        if not isinstance(node, Name) or node.at in indexed.letters or node.at in indexed.positions:
            continue
        base, letters = indexed.names.get(node.at, (node.name, ()))
        found.setdefault(base, node.at)
        if letters:
            ranks[base] = len(letters)
    unused = [name for name in declared if name not in found]
    arrays = any(declared.values()) or speaks_of_arrays(tree, {*declared, *lengths})
    known = {*declared, *lengths, *(n.name for n in postorder(tree) if isinstance(n, Definition))}
    strange = [name for name in found if name not in known and not is_known(name, ranks, lengths, arrays)]
    if all(unit_vector(name) is not None for name in strange) and arrays:
        strange = []  # e_1 is a unit vector where all else is declared, else the name of a number
    for name in unused:
        raise FormulaError(f"{name} is declared, but does not occur in {text!r}{_hint(name, strange)}")
    axes: dict[str, tuple[Size, ...]] = dict(declared)
    words = [name for name in declared if len(name) >= SHORTEST_MISSPELT and name.isalpha()]
    counted = {i for n in postorder(tree) if isinstance(n, (SumOver, Bracket)) for i in n.letters}
    for name in strange:
        if words and len(name) >= SHORTEST_MISSPELT and (hint := did_you_mean(name, words)):
            raise FormulaTextError(f"{name} is not declared{hint} If not, declare {name} too", text, found[name])
        _require_one_word(name, found[name], text)
        _require_no_call(name, {*declared, *found}, found[name], text)
        base, _, below = name.rpartition("_")
        indices = index_letters(below)
        if indices and (counted.issuperset(indices) or len(indices) == ranks.get(base, len(declared.get(base, ())))):
            reason = f"nothing says what {' and '.join(indices)} count{'s' * (len(indices) == 1)} in {name}"
            raise FormulaTextError(f"{reason}: write Σ_{below} … or […]_{below}, or declare {name}", text, found[name])
        count = ranks.get(name, conventional_axes(name) if arrays else 0)
        axes[name] = tuple(Unknown(name, k) for k in range(count))
    return axes


def _hint(unused: str, strange: list[str]) -> str:
    """What may be meant by a declared name that does not occur, among the names that nobody declared."""
    for name in strange:
        if name.startswith(f"{unused}_"):
            return f"; {name} is an entry only where Σ or […] says what the index counts"
        if len(name) >= SHORTEST_MISSPELT and did_you_mean(name, [unused]):
            return f"; is {name!r} meant to be {unused!r}?"
    return ""


def _require_one_word(name: str, at: int, text: str) -> None:
    """A short word that nobody declared may be meant as a product of its letters."""
    if not name.isidentifier():
        raise FormulaTextError(f"{name} is no name, and its index no declared size", text, at)
    if 1 < len(name) <= LONGEST_PRODUCT and name.isalpha() and name not in GREEK_NAMES:
        product = "*".join(name)
        raise FormulaTextError(f"{name} can be a name or a product: declare {name}, or write {product}", text, at)


def _require_no_call(name: str, names: Collection[str], at: int, text: str) -> None:
    """``sinx`` beside x may be meant as sin(x)."""
    for rest in names:
        function = name.removesuffix(rest)
        if function != name and function in FUNCTIONS:
            meant = f"write {function}({rest})"
            raise FormulaTextError(
                f"{name} can be a name or {function} of {rest}: declare {name}, or {meant}", text, at
            )


def _known(name: str, sizes: tuple[Size, ...]) -> tuple[str | int, ...]:
    for size in sizes:
        if isinstance(size, (Shifted, Times)):
            raise FormulaError(f"{name} has an axis of length {size}, which has no name: declare its shape")
    return tuple(size for size in sizes if isinstance(size, (str, int)))


def _places(sizes: Mapping[str, tuple[str | int, ...]]) -> dict[str, tuple[int, int]]:
    """Where each named size is found: in which argument, and along which axis."""
    found: dict[str, tuple[int, int]] = {}
    for position, axes in enumerate(sizes.values()):
        for axis, size in enumerate(axes):
            if isinstance(size, str):
                found.setdefault(size, (position, axis))
    return found
