"""A place among the tokens of a formula, and what may be asked about what stands there."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from .latex.reader import is_latex, latex_tokens
from .lexer import Kind, Space, Token, tokens
from .token_cursor import TokenCursor

IDENTITY = "I"
CHANGE = "d"
STACKED = "vec"
UNBOUND = "ijkl"  # letters that count the axes of an array in this order, where nothing else is said
WHERE, DEFINES = "where", "="
WORDS = frozenset({"if_", "else_", "and_", "or_", "xor", "mod"})  # between two parts of a formula
_LETTERS = re.compile(r"(?:[a-z][0-9]*)+")
_LETTER = re.compile(r"[a-z][0-9]*")


@dataclass(frozen=True)
class Vocabulary:
    """The words that mean something: functions, those that are functions only before a bracket, and names."""

    functions: Collection[str]
    before_brackets: Collection[str] = ()
    names: Collection[str] = ()
    of_matrices: Collection[str] = ()  # whose powers are products of matrices: inv²(A), but sin²(A) is entry by entry


def index_letters(text: str) -> tuple[str, ...]:
    """The letters of an index, ``ij`` or ``i1j``; none if the text is something else.

    >>> index_letters("ij"), index_letters("i1j"), index_letters("1")
    (('i', 'j'), ('i1', 'j'), ())
    """
    return tuple(_LETTER.findall(text)) if _LETTERS.fullmatch(text) else ()


class Cursor(TokenCursor[Token]):
    deepest = 80

    def __init__(self, text: str, vocabulary: Vocabulary):
        self.vocabulary = vocabulary
        known = {*vocabulary.functions, *vocabulary.before_brackets}
        found = latex_tokens(text, known, vocabulary.names) if is_latex(text) else tokens(text)
        self.names = {*vocabulary.names, *_defined(found)}
        super().__init__(text, [part for token in self._joined(found) for part in self._split(token)])

    def _joined(self, found: list[Token]) -> list[Token]:
        """``dθ`` is one name where that is declared, else two."""
        result: list[Token] = []
        for token in found:
            last = result[-1] if result else None
            if (
                last is not None and last.kind is token.kind is Kind.NAME and last.text == CHANGE
                and not token.spaced and CHANGE + token.text in self.names
            ):  # fmt: skip
                result[-1] = replace(last, text=CHANGE + token.text)
            else:
                result.append(token)
        return result

    def _split(self, token: Token) -> list[Token]:
        """A word of several letters that all are names is their product."""
        word = token.text
        if token.kind is not Kind.NAME or word in self.names or word in self.vocabulary.functions or len(word) < 2:
            return [token]
        if not all(letter in self.names or letter == IDENTITY for letter in word):
            return [token]
        return [
            replace(token, text=c, at=token.at + k, space=token.space if k == 0 else Space.NONE)
            for k, c in enumerate(word)
        ]

    def at_symbol(self, *texts: str) -> bool:
        return self.token.kind is Kind.SYMBOL and self.token.text in texts

    def at_word(self, *words: str) -> bool:
        """Whether one of these words stands here, and is no name."""
        return self.token.kind is Kind.NAME and self.token.text in words and self.token.text not in self.names

    def at_definition(self) -> bool:
        """Whether ``name =`` stands here, at the start of a line or after a comma."""
        previous = self.tokens[self.place - 1] if self.place else None
        opens = self.token.space is Space.LINE or (previous is not None and previous.text in (WHERE, ","))
        return opens and _defines(self.tokens, self.place)

    def at_where(self) -> bool:
        return self.at_word(WHERE) and _defines(self.tokens, self.place + 1)

    def expect(self, text: str, opened: Token) -> None:
        if not self.at_symbol(text):
            raise self.error(f"{opened.text!r} is not closed: {text!r} is missing", self.token)
        self.advance()


def _defines(found: Sequence[Token], at: int) -> bool:
    """Whether ``name =`` stands here, or ``K vec(X) =``."""
    ahead = found[at : at + 6]
    if len(ahead) < 2 or ahead[0].kind is not Kind.NAME:
        return False
    return ahead[1].text == DEFINES or [ahead[1].text, *(t.text for t in ahead[4:])] == [STACKED, ")", DEFINES]


def defined_array(name: str) -> tuple[str, tuple[str, ...]]:
    """The name and the indices of ``L_ij = …``; no indices if it is a name as it stands."""
    base, _, below = name.rpartition("_")
    letters = index_letters(below)
    if base and letters and letters == tuple(UNBOUND[: len(letters)]):
        return base, letters
    return name, ()


def _defined(found: list[Token]) -> list[str]:
    """The names that are defined after ``where``."""
    places = [k for k in range(1, len(found)) if _defines(found, k)]
    if not any(found[k - 1].text == WHERE for k in places):
        return []
    opens = [k for k in places if found[k - 1].text in (WHERE, ",") or found[k].space is Space.LINE]
    return [defined_array(found[k].text)[0] for k in opens]
