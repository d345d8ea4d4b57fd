"""The grammar's own spelling of a formula, piece by piece, each with the place in the source it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    at: int
    glued: bool = False  # to the piece before it, without space


@dataclass(frozen=True)
class Plain:
    """The whole, and for each character where it comes from."""

    text: str
    places: tuple[int, ...]

    def place(self, at: int) -> int:
        """The place in the source of a place in the text."""
        return self.places[min(at, len(self.places) - 1)]


def joined(pieces: Sequence[Piece], end: int) -> Plain:
    """The pieces as one text; `end` is where the source ends.

    >>> joined([Piece("x", 0), Piece("²", 1, glued=True), Piece("y", 4)], 5)
    Plain(text='x² y', places=(0, 1, 4, 4, 5))
    """
    text, places = "", []
    for piece in pieces:
        lead = "" if piece.glued or not text else " "
        text += lead + piece.text
        places += [piece.at] * len(lead + piece.text)
    return Plain(text, (*places, end))


def call(name: str, inside: Sequence[Piece], at: int) -> list[Piece]:
    """``name(inside)``."""
    return [Piece(f"{name}(", at), *glue(inside), Piece(")", at, glued=True)]


def in_brackets(inside: Sequence[Piece], at: int) -> list[Piece]:
    return call("", inside, at)


def glue(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, without space before the first."""
    return [replace(p, glued=True) if k == 0 else p for k, p in enumerate(pieces)]


def in_square_brackets(inside: Sequence[Piece], at: int) -> list[Piece]:
    return [Piece("[", at), *glue(inside), Piece("]", at, glued=True)]


@dataclass(frozen=True, slots=True)
class Nucleus:
    """What scripts are put to: the stem of a name, or something whole; a norm takes its kind from below."""

    at: int
    stem: str = ""
    pieces: tuple[Piece, ...] = ()
    style: str = "plain"  # how the letter is set
    norm: bool = False
    square: bool = False  # in square brackets, whose meaning depends on what is inside and below
