"""LaTeX split into tokens, each with its place in the source."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from .error import FormulaTextError

MOST_CHARACTERS = 8000
_TOKEN = re.compile(
    r"(?P<space>\s+|%[^\n]*)|(?P<command>\\(?:[A-Za-z]+\*?|\s|.))|(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"|(?P<letter>[^\W\d_])|(?P<sign>.)",
    re.DOTALL,
)


class Kind(enum.Enum):
    COMMAND = "command"  # \frac, \, — with its backslash
    NUMBER = "number"
    LETTER = "letter"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    at: int
    spaced: bool  # whether there is space before it

    @property
    def end(self) -> int:
        return self.at + len(self.text)


def tokens(text: str) -> list[Token]:
    r"""The tokens of a LaTeX formula, and one for its end.

    >>> [t.text for t in tokens(r"\frac12 x_1 % half")]
    ['\\frac', '12', 'x', '_', '1', '']
    """
    if len(text) > MOST_CHARACTERS:
        raise FormulaTextError(f"the formula is longer than {MOST_CHARACTERS} characters", text, MOST_CHARACTERS)
    found: list[Token] = []
    spaced = False
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "space":
            spaced = True
            continue
        assert match.lastgroup is not None
        found.append(Token(Kind(match.lastgroup), match[0], match.start(), spaced))
        spaced = False
    found.append(Token(Kind.END, "", len(text), spaced))
    return found
