"""A formula split into tokens.

One token set for the spellings of mathematics, of Matlab and of NumPy: ``×``, ``·`` and ``*`` are one sign, so
are ``⊙`` and ``.*``; ``²`` and ``ᵀ`` are raised tokens; ``np.exp`` is ``exp``, known to be a function.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from .error import FormulaTextError
from .spelling import GREEK, LOWERED, RAISED, canonical_name, is_letter, one_spelling

MOST_CHARACTERS = 2000

# Not "2." before ".*", "./", ".^", ".'" and ".T": the point belongs to the sign.
_NUMBER = re.compile(r"(?:[0-9]+\.(?![*/^'T])[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SYMBOL = re.compile(r"\*\*|\.\*|\./|\.\^|\.'|\^∘|\.T(?!\w)|\|\||[-+*/^@(),'|√]")
_MODULE = re.compile(r"(?:np|numpy|math|scipy)\.(?:linalg\.|special\.)?(?=[A-Za-z])")
_SPELLINGS = {
    "−": "-", "–": "-", "·": "*", "⋅": "*", "∙": "*", "×": "*", "∗": "*", "÷": "/", "∕": "/", "⊙": ".*", "∘": ".*",
    "⊘": "./", "′": "'", "’": "'", "‖": "||", "∥": "||", "∣": "|",
}  # fmt: skip
_SAME = {"**": ".^", "^∘": ".^", ".'": "'", ".T": "'"}
_LARGE_SIGNS = {"Σ": "sum(…), or Sigma for a matrix", "∑": "sum(…)", "Π": "prod(…), or Pi for a matrix", "∏": "prod(…)"}


class Kind(enum.Enum):
    NUMBER = "number"
    NAME = "name"
    FUNCTION = "function"  # a name with a module before it
    RAISED = "raised"  # an exponent written above the line
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str  # in its one spelling
    at: int
    spaced: bool  # whether there is space before it


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, and one for its end.

    >>> [t.text for t in tokens("2/m Xᵀ(Xθ − y)")][:8]
    ['2', '/', 'm', 'X', 'T', '(', 'X', 'theta']
    """
    if len(text) > MOST_CHARACTERS:
        raise FormulaTextError(f"the formula is longer than {MOST_CHARACTERS} characters", text, MOST_CHARACTERS)
    source = one_spelling(text)
    found: list[Token] = []
    at, spaced = 0, False
    while at < len(source):
        if source[at].isspace():
            at, spaced = at + 1, True
            continue
        kind, word, end = _token(source, at)
        found.append(Token(kind, word, at, spaced))
        at, spaced = end, False
    found.append(Token(Kind.END, "", len(source), spaced))
    return found


def _token(source: str, at: int) -> tuple[Kind, str, int]:
    c = source[at]
    if c in _LARGE_SIGNS:
        raise FormulaTextError(f"{c} is the sign of a sum or product; write {_LARGE_SIGNS[c]}", source, at)
    if c in RAISED:
        end = _run_of(source, at, RAISED)
        return Kind.RAISED, "".join(RAISED[r] for r in source[at:end]), end
    if c in _SPELLINGS:
        return Kind.SYMBOL, _SPELLINGS[c], at + 1
    if number := _NUMBER.match(source, at):
        return Kind.NUMBER, number[0], number.end()
    if module := _MODULE.match(source, at):
        end = _word_end(source, module.end())
        return Kind.FUNCTION, source[module.end() : end], end
    if c in GREEK or is_letter(c):
        end = _word_end(source, at)
        return Kind.NAME, canonical_name(source[at:end]), end
    if symbol := _SYMBOL.match(source, at):
        return Kind.SYMBOL, _SAME.get(symbol[0], symbol[0]), symbol.end()
    raise FormulaTextError(_unexpected(c), source, at)


def _word_end(source: str, at: int) -> int:
    """The end of a name: a word, or one Greek letter, with digits and indices after an underscore."""
    end = at + 1
    if source[at] in GREEK:
        if end < len(source) and source[end] == "_":
            end = _run(source, end + 1)
        end = _run_of(source, end, "0123456789")
    else:
        end = _run(source, end)
    return _run_of(source, end, LOWERED)


def _run(source: str, at: int) -> int:
    while at < len(source) and (source[at] == "_" or source[at] in "0123456789" or is_letter(source[at])):
        at += 1
    return at


def _run_of(source: str, at: int, characters: object) -> int:
    while at < len(source) and source[at] in characters:  # type: ignore[operator]
        at += 1
    return at


def _unexpected(c: str) -> str:
    if c == "=":
        return "an equation is not a formula: give one side of it"
    if c in "[]{}":
        return f"{c!r} is not read: group with ( ), and write entries as names (x_1)"
    if c == "\\":
        return "LaTeX is not read: write frac{a}{b} as a/b and \\theta as theta"
    return f"unexpected character {c!r}"
