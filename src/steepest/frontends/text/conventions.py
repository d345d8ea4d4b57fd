"""What a name stands for that nobody declared.

In a formula in which nothing asks for an array (no ``@ ' .* ./``, no sum, norm, trace, … and no capital letter)
all names are numbers. Otherwise the custom of linear algebra holds: a to g are numbers, h to z vectors, capitals
matrices; longer names go by their first letter. Greek letters are numbers, but θ is a vector.
"""

from __future__ import annotations

from collections.abc import Collection

from .functions import FUNCTIONS, OPERATORS
from .spelling import GREEK_NAMES
from .tree import Binary, Call, Name, Transpose, Tree, postorder

LAST_NUMBER = "g"  # of the letters a, b, c, … that stand for numbers
VECTORS_AMONG_GREEK = frozenset({"theta"})
KINDS = ("a number", "a vector", "a matrix")


def speaks_of_arrays(tree: Tree, declared: Collection[str]) -> bool:
    """Whether something in the formula asks for an array."""
    return any(_asks_for_array(node, declared) for node in postorder(tree))


def _asks_for_array(node: Tree, declared: Collection[str]) -> bool:
    match node:
        case Name(name):
            return name not in declared and name[0].isupper()
        case Call(function, args):
            rule = FUNCTIONS[function].get(len(args))
            return rule is not None and rule.needs_array
        case Binary(sign):
            return OPERATORS[sign].needs_array
        case Transpose():
            return True
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
