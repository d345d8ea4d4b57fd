"""What a name stands for that nobody declared, and whose language a text is in.

In a formula in which nothing asks for an array (no ``@ ' .* ./``, no sum, norm, trace, … and no capital letter)
all names are numbers. Otherwise the custom of linear algebra holds, as in matrixcalculus.org's documentation: a to g
are numbers, h to z vectors, capitals matrices; longer names go by their first letter. Greek letters are numbers, but θ
is a vector.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence

from .functions import CREATED, FILLED, FUNCTIONS, NAMED_OPERATIONS, OPERATORS
from .lexer import Kind, Token
from .spelling import GREEK_NAMES
from .tree import Binary, Bracket, Call, Name, Part, SumOver, Transpose, Tree, postorder

LAST_NUMBER = "g"  # of the letters a, b, c, … that stand for numbers
VECTORS_AMONG_GREEK = frozenset({"theta"})
KINDS = ("a number", "a vector", "a matrix", "a tensor")
_MATHEMATICAL_SIGNS = frozenset({"'", ".*", "./", "⊗", "||", "Σ"})


class Dialect(enum.Enum):
    """Who says what ``*`` means: mathematics, NumPy, or a text that has signs of both."""

    MATHEMATICS = "mathematics"
    NUMPY = "NumPy"
    MIXED = "mixed"


def dialect_of(tokens: Sequence[Token]) -> Dialect:
    """NumPy's texts have ``np.``, ``@`` or methods; mathematics has raised letters, ``'``, ``.*``, bars."""
    numpy = any(t.kind in (Kind.FUNCTION, Kind.METHOD) or (t.kind is Kind.SYMBOL and t.text == "@") for t in tokens)
    if not numpy:
        return Dialect.MATHEMATICS
    signs = any(t.kind is Kind.RAISED or (t.kind is Kind.SYMBOL and t.text in _MATHEMATICAL_SIGNS) for t in tokens)
    return Dialect.MIXED if signs else Dialect.NUMPY


def speaks_of_arrays(tree: Tree, declared: Collection[str]) -> bool:
    """Whether something in the formula asks for an array."""
    return any(_asks_for_array(node, declared) for node in postorder(tree))


def _asks_for_array(node: Tree, declared: Collection[str]) -> bool:
    match node:
        case Name(name):
            return name not in declared and name[0].isupper()
        case Call(function, args, settings=settings):
            rule = {**NAMED_OPERATIONS, **FUNCTIONS}.get(function, {}).get(len(args))
            return (
                bool(settings) or function in FILLED or function in CREATED or (rule is not None and rule.needs_array)
            )
        case Binary(sign):
            return OPERATORS[sign].needs_array
        case Transpose() | SumOver() | Part():
            return True
        case Bracket(_, letters):
            return bool(letters)
    return False


def conventional_axes(name: str) -> int:
    """How many axes a name has by custom.

    >>> [conventional_axes(name) for name in ("a", "x", "X", "theta", "lambda_", "weights")]
    [0, 1, 2, 1, 0, 1]
    """
    word = name.split("_")[0].rstrip("0123456789")
    first = name[0]
    if first.isupper():
        return 2
    if word in GREEK_NAMES:
        return 1 if word in VECTORS_AMONG_GREEK else 0
    return 0 if first <= LAST_NUMBER else 1
