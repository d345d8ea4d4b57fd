"""LaTeX split into tokens, each with its place in the source. Sizes of brackets and spaces are gone."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace

from steepest.frontends.text.error import FormulaTextError

from .signs import CLOSERS, IGNORED, OPENERS, UNSIDED

MOST_CHARACTERS = 8000
_TOKEN = re.compile(
    r"(?P<space>\s+|%[^\n]*|\\(?:[hv]space|label|tag)\*?\{[^{}]*\})|(?P<command>\\(?:[A-Za-z]+\*?|.))|(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"|(?P<letter>[^\W\d_])|(?P<sign>.)",
    re.DOTALL,
)


class Kind(enum.Enum):
    COMMAND = "command"  # \frac, \| — with its backslash
    NUMBER = "number"
    LETTER = "letter"
    SIGN = "sign"
    END = "end"


class Side(enum.Enum):
    """Which side of a pair of brackets a sign is, where the source says so."""

    OPEN = "left"
    CLOSE = "right"
    UNSAID = ""


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    at: int
    spaced: bool  # whether there is space before it
    side: Side = Side.UNSAID


def tokens(text: str) -> list[Token]:
    r"""The tokens of a LaTeX formula, and one for its end.

    >>> [t.text for t in tokens(r"\frac12 \left| x_1 \right|\, % half")]
    ['\\frac', '12', '|', 'x', '_', '1', '|', '']
    """
    if len(text) > MOST_CHARACTERS:
        raise FormulaTextError(f"the formula is longer than {MOST_CHARACTERS} characters", text, MOST_CHARACTERS)
    found: list[Token] = []
    spaced, side = False, Side.UNSAID
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word in OPENERS or word in CLOSERS:
            side = Side.OPEN if word in OPENERS else Side.CLOSE
        elif match.lastgroup == "space" or word in IGNORED or word in UNSIDED:
            spaced = True
        else:
            found.append(Token(Kind(match.lastgroup), word, match.start(), spaced, side))
            spaced, side = False, Side.UNSAID
    found.append(Token(Kind.END, "", len(text), spaced))
    return found


def letters_of(token: Token) -> list[Token]:
    """A number as TeX takes it where one sign is expected: digit by digit."""
    return [replace(token, text=c, at=token.at + k) for k, c in enumerate(token.text)]
