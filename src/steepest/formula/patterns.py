"""How operations print by their patterns, ``√{0}`` and ``{0}⁻¹``: what they ask of operands, how tightly they hold."""

from __future__ import annotations

import re

from steepest.ops.operation import Operation

from .glyphs import Binding
from .notation import Notation
from .rank import rank

OPEN_HEAD = re.compile(r"\\?[a-z]+ ")  # log |det X| y would be read as the logarithm of all of it
_AFTER_WORD = re.compile(r"[a-z] \{0\}")  # det A + B would be read as a sum
_RAISED_LAST = re.compile(r"\^\{\{.*\}\}$")  # in LaTeX, a second exponent would be none


def by_rows(op: Operation, a: Notation) -> bool:
    """Whether the operation is one of vectors, applied here to each row."""
    return not op.elementwise and rank(a) >= 2 and op.core_rank == 1


def close_to_bracket(pattern: str) -> str:
    """``log |det {0}|`` for an operand in brackets: a function stands close to them."""
    return _AFTER_WORD.sub(lambda found: found[0].replace(" ", ""), pattern)


def has_outside_brackets(sign: str, text: str) -> bool:
    """Whether a sign stands in the text outside of all brackets.

    >>> has_outside_brackets("|", "|a| b"), has_outside_brackets("|", "(|a|) b")
    (True, False)
    """
    depth = 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c == sign and depth == 0:
            return True
    return False


def is_one_group(text: str) -> bool:
    """Whether the first bracket closes at the end.

    >>> is_one_group("(a + b)"), is_one_group("(a + b)(c + d)")
    (True, False)
    """
    depth = 0
    for k, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return k == len(text) - 1
    return False


def bindings(pattern: str) -> tuple[Binding, Binding]:
    """What a pattern asks of its operands, and how tightly it binds itself: seen from where it is open."""
    opens, closes = pattern.startswith("{0}"), pattern.endswith(("{0}", "{1}"))
    if opens and closes:
        return (Binding.SUM, Binding.RELATION) if "{1}" in pattern else (Binding.RELATION, Binding.ATOM)
    if opens:
        return Binding.ATOM, Binding.POSTFIX
    if closes:
        return Binding.ATOM, Binding.PREFIX if OPEN_HEAD.match(pattern) else Binding.ROOT
    if _RAISED_LAST.search(pattern):
        return Binding.RELATION, Binding.POSTFIX
    if OPEN_HEAD.match(pattern):
        return Binding.PRODUCT if _AFTER_WORD.search(pattern) else Binding.RELATION, Binding.PREFIX
    return Binding.RELATION, Binding.ATOM
