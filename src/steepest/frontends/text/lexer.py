"""A formula split into tokens.

One token set for the spellings of mathematics, of Matlab, of NumPy and of LaTeX: ``×``, ``·`` are one sign, so are
``⊙`` and ``.*``; ``²`` and ``ᵀ`` are raised tokens; ``np.exp`` is ``exp``, known to be a function.

This is the seam between ways of writing and the grammar. Whatever makes a list of `Token`, ended by one of kind END,
is read by `pratt.Parser`, which looks at nothing else:

- NUMBER ``2.5``; NAME, in its `canonical_name`: letters with what is under them, ``X_ij``, ``beta_1``, and the words
  ``if_ else_ and_ or_ not_ where``; FUNCTION, a name that is a function whatever is declared: ``exp``, ``linalg.norm``;
  METHOD ``sum``, from ``x.sum(``, or ``shape``.
- RAISED: digits, ``T``, ``-T``, ``+``, ``-1`` after what they are raised on. LOWERED: what stands below a bracket, a
  bar or the sign of a sum: ``ij`` after ``]`` or ``Σ``, ``F`` after ``‖``.
- SYMBOL, in one spelling: ``+ - * · / @ .* ./ ^ .^ ⊗ ' .T √ ( ) [ ] , : ; | || ⌊ ⌋ ⌈ ⌉ ½ 𝟏 Σ < <= > >= = !=``. ``·`` is
  the product sign that nobody takes for NumPy's, ``*`` may be meant either way. ``Σ`` is the sign of a sum.
- `at` is the place in the text (for the caret), `space` what stands before the token: nothing, space or a new line.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from .error import FormulaTextError
from .spelling import GREEK, LOWERED, LOWERED_LETTERS, ONES, RAISED, canonical_name, is_letter, one_spelling

MOST_CHARACTERS = 10_000

# Not "2." before ".*", "./", ".^", ".'" and ".T": the point belongs to the sign.
_NUMBER = re.compile(r"(?:[0-9]+\.(?![*/^'T])[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SYMBOL = re.compile(r"\*\*|\.\*|\./|\.\^|\.'|\^∘|\.T(?!\w)|\|\||<=|>=|==|!=|[-+*/^@(),'|√\[\]:;<>=½⌊⌋⌈⌉]")
_MODULE = re.compile(r"(?:np|numpy|jnp|math|scipy)\.(?:linalg\.|special\.)?(?=[A-Za-z])")
_STRANGE_MODULE = re.compile(r"(torch|tf|jax|sympy|sp)\.(?=[a-z_])")
_METHOD = re.compile(r"\.([a-z]+)(?=\()|\.(shape)\b")
_SPELLINGS = {
    "−": "-", "–": "-", "·": "·", "⋅": "·", "∙": "·", "×": "·", "∗": "*", "÷": "/", "∕": "/", "⊙": ".*", "∘": ".*",
    "⊘": "./", "′": "'", "’": "'", "‖": "||", "∥": "||", "∣": "|", "≤": "<=", "≥": ">=", "≠": "!=", "⊗": "⊗", "∑": "Σ",
    ONES: ONES,
}  # fmt: skip
_SAME = {"**": ".^", "^∘": ".^", ".'": "'", "==": "="}
_SUM = "Σ"
_SUMS = ("Σ", "∑")
_PRODUCTS = {"Π": "prod(…), or Pi for a matrix", "∏": "prod(…)"}


class Kind(enum.Enum):
    NUMBER = "number"
    NAME = "name"
    FUNCTION = "function"  # a name with a module before it
    METHOD = "method"  # a name after a point
    RAISED = "raised"  # an exponent written above the line
    LOWERED = "lowered"  # indices below a bracket, a bar or the sign of a sum
    SYMBOL = "symbol"
    END = "end"


class Space(enum.IntEnum):
    """What stands before a token."""

    NONE = 0
    SPACE = 1
    LINE = 2  # it begins a line


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str  # in its one spelling
    at: int
    space: Space = Space.NONE

    @property
    def spaced(self) -> bool:
        return self.space is not Space.NONE


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, and one for its end.

    >>> [t.text for t in tokens("2/m Xᵀ(Xθ − y)")][:8]
    ['2', '/', 'm', 'X', 'T', '(', 'X', 'theta']
    """
    if len(text) > MOST_CHARACTERS:
        raise FormulaTextError(f"the formula is longer than {MOST_CHARACTERS} characters", text, MOST_CHARACTERS)
    source = one_spelling(text)
    found: list[Token] = []
    at, space = 0, Space.NONE
    while at < len(source):
        if source[at].isspace():
            space = max(space, Space.LINE if source[at] == "\n" else Space.SPACE)
            at += 1
            continue
        kind, word, end = _token(source, at)
        found.append(Token(kind, word, at, space))
        at, space = end, Space.NONE
    found.append(Token(Kind.END, "", len(source), space))
    return found


def _token(source: str, at: int) -> tuple[Kind, str, int]:
    c = source[at]
    if c == _SUM:
        return Kind.SYMBOL, _SUM, at + 1
    if c in _PRODUCTS:
        raise FormulaTextError(f"{c} is the sign of a product; write {_PRODUCTS[c]}", source, at)
    if c in RAISED:
        end = _run_of(source, at, RAISED)
        return Kind.RAISED, "".join(RAISED[r] for r in source[at:end]), end
    if c in _SPELLINGS:
        return Kind.SYMBOL, _SPELLINGS[c], at + 1
    if (number := _NUMBER.match(source, at)) is not None:
        return Kind.NUMBER, number[0], number.end()
    if (module := _MODULE.match(source, at)) is not None:
        end = _word_end(source, module.end())
        prefix = "linalg." if module[0].endswith(".linalg.") else ""
        return Kind.FUNCTION, prefix + source[module.end() : end], end
    if (module := _STRANGE_MODULE.match(source, at)) is not None:
        reason = f"functions of {module[1]} are not read: write NumPy's, np.exp(x), or mathematics, exp(x)"
        raise FormulaTextError(reason, source, at)
    if c in GREEK or is_letter(c) or (c == "_" and _begins_word(source, at)):
        end = _word_end(source, at)
        return Kind.NAME, canonical_name(source[at:end]), end
    if c == "_" or c in LOWERED or c in LOWERED_LETTERS:
        return _lowered(source, at)
    if (method := _METHOD.match(source, at)) is not None:
        return Kind.METHOD, method[1] or method[2], method.end()
    if (symbol := _SYMBOL.match(source, at)) is not None:
        return Kind.SYMBOL, _SAME.get(symbol[0], symbol[0]), symbol.end()
    raise FormulaTextError(_unexpected(c), source, at)


def _begins_word(source: str, at: int) -> bool:
    """Whether an underscore is the first character of a name, not below what stands before it."""
    before = source[at - 1] if at else " "
    return before.isspace() or (before in "([,+-*/@^=<>−·⊙⊘:" and is_letter(source[at + 1 : at + 2] or " "))


def _lowered(source: str, at: int) -> tuple[Kind, str, int]:
    """``_ij``, ``_F``, ``ᵢⱼ``, ``₂``."""
    if source[at] != "_":
        end = _run_of(source, at, {**LOWERED, **LOWERED_LETTERS})
        return Kind.LOWERED, "".join({**LOWERED, **LOWERED_LETTERS}[c] for c in source[at:end]), end
    end = _run(source, at + 1)
    if end == at + 1:
        raise FormulaTextError("an index is missing after '_'", source, at)
    if source[at - 1 : at] in _SUMS and source[end : end + 1] == "=":  # Σ_i=n counts i up to n
        end = _run(source, end + 1)
    return Kind.LOWERED, source[at + 1 : end], end


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
    if c in "{}":
        return f"{c!r} is not read: group with ( ), and write entries as x_ij or x[0]"
    if c == "\\":
        return "this is no LaTeX command that is read: write frac{a}{b} as a/b and \\theta as theta"
    if c in "∂∇":
        return f"{c} is not read: write the function itself, and ask for its derivative"
    if c == "∫":
        return "integrals are not read"
    return f"unexpected character {c!r}"
