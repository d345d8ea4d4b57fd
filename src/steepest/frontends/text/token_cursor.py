"""A place among tokens, whichever way of writing they are of, and the word that may be meant by an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from .error import FormulaTextError


class Placed(Protocol):
    """A token knows its place in the text."""

    @property
    def at(self) -> int: ...


T = TypeVar("T", bound=Placed)


class TokenCursor(Generic[T]):
    """Goes through tokens, of which the last stands for the end of the text."""

    deepest: int  # of what may be inside one another

    def __init__(self, text: str, tokens: list[T]):
        self.text, self.tokens = text, tokens
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> T:
        return self.tokens[self.place]

    def ahead(self, count: int = 1) -> T:
        return self.tokens[min(self.place + count, len(self.tokens) - 1)]

    def at_end(self) -> bool:
        return self.place == len(self.tokens) - 1

    def advance(self) -> T:
        token = self.token
        if not self.at_end():
            self.place += 1
        return token

    def deeper(self) -> None:
        """Every recursion passes through here, so that Python's own stack is never exhausted."""
        self.depth += 1
        if self.depth > self.deepest:
            raise self.error(f"nested more than {self.deepest} deep", self.token)

    def error(self, reason: str, token: T) -> FormulaTextError:
        return FormulaTextError(reason, self.text, token.at)


def did_you_mean(word: str, known: Iterable[str], shown: Callable[[str], str] = repr) -> str:
    """``, did you mean 'exp'?``, or nothing.

    >>> did_you_mean("sine", ["sin", "exp"]), did_you_mean("A", ["sin", "exp"])
    (", did you mean 'sin'?", '')
    """
    close = difflib.get_close_matches(word, list(known), 1)
    return f", did you mean {shown(close[0])}?" if close else ""
