"""A place in the tokens of a LaTeX formula, and what is asked at it."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from steepest.frontends.text.error import FormulaTextError

from .lexer import Kind, Token, tokens
from .signs import COMMANDS, REFUSED

DEEPEST = 100  # of groups and what is in them, each counted


class Cursor:
    def __init__(self, text: str):
        self.text = text
        self.tokens = tokens(text)
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def ahead(self, count: int = 1) -> Token:
        return self.tokens[min(self.place + count, len(self.tokens) - 1)]

    def advance(self) -> Token:
        token = self.token
        if token.kind is not Kind.END:
            self.place += 1
        return token

    def at(self, *texts: str) -> bool:
        return self.token.text in texts and self.token.kind is not Kind.END

    def expect(self, text: str, opened: Token) -> Token:
        if not self.at(text):
            raise self.error(f"{opened.text} is not closed: {text} is missing", self.token)
        return self.advance()

    def deeper(self, token: Token) -> None:
        """Every recursion passes through here, so that Python's own stack is never exhausted."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"nested more than {DEEPEST} deep", token)

    def error(self, reason: str, token: Token) -> FormulaTextError:
        return FormulaTextError(reason, self.text, token.at)

    def unexpected(self, token: Token) -> FormulaTextError:
        """What stands where an operand should."""
        if token.kind is Kind.END:
            return self.error("the formula ends where a number, a name or a bracket is missing", token)
        if token.text in REFUSED:
            return self.error(f"{token.text} is not read: {REFUSED[token.text]}", token)
        if token.kind is Kind.COMMAND and token.text not in COMMANDS:
            return self.error(f"{token.text} is not known{_like(token.text, COMMANDS)}", token)
        return self.error(f"a number, a name or a bracket is missing before {token.text}", token)


def _like(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), 1)
    return f", did you mean {close[0]}?" if close else ""
