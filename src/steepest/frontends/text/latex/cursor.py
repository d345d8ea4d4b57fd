"""A place in the tokens of a LaTeX formula, and what is asked at it."""

from __future__ import annotations

from steepest.frontends.text.error import FormulaTextError
from steepest.frontends.text.token_cursor import TokenCursor, did_you_mean

from .lexer import Kind, Token, tokens
from .signs import COMMANDS, REFUSED


class Cursor(TokenCursor[Token]):
    deepest = 100  # of groups and what is in them, each counted

    def __init__(self, text: str):
        super().__init__(text, tokens(text))

    def at(self, *texts: str) -> bool:
        return self.token.text in texts and not self.at_end()

    def expect(self, text: str, opened: Token) -> Token:
        if not self.at(text):
            raise self.error(f"{opened.text} is not closed: {text} is missing", self.token)
        return self.advance()

    def unexpected(self, token: Token) -> FormulaTextError:
        """What stands where an operand should."""
        if token.kind is Kind.END:
            return self.error("the formula ends where a number, a name or a bracket is missing", token)
        if token.text in REFUSED:
            return self.error(f"{token.text} is not read: {REFUSED[token.text]}", token)
        if token.kind is Kind.COMMAND and token.text not in COMMANDS:
            return self.error(f"{token.text} is not known{did_you_mean(token.text, COMMANDS, str)}", token)
        return self.error(f"a number, a name or a bracket is missing before {token.text}", token)
