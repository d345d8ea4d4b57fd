r"""Brackets of all kinds: groups, norms, absolute values, inner products, conditions, and the entries of an array."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lexer import Kind, Side
from .pieces import Nucleus, Piece, call, glue, in_brackets, in_square_brackets
from .signs import ABSOLUTE, GROUPING, NORMS, OPENING, RELATIONS, ROUNDED, SQUARE, WORDS

if TYPE_CHECKING:
    from .reader import LatexReader


def bracket(reader: LatexReader) -> Nucleus:
    opened = reader.advance()
    close = OPENING[opened.text]
    if opened.text == "|" and reader.at("|") and not reader.token.spaced:  # ||x||
        reader.advance()
        inside = reader.row(frozenset({"|"}))
        reader.expect("|", opened)
        reader.expect("|", opened)
        return Nucleus(opened.at, pieces=tuple(inside), norm=True)
    inside = [*reader.row(frozenset({close})), *by_rows(reader)]
    if opened.text == r"\langle":
        reader.expect(",", opened)
        inside = [*inside, Piece(",", opened.at, glued=True), *reader.row(frozenset({close}))]
    reader.expect(close, opened)
    if opened.text in NORMS:
        return Nucleus(opened.at, pieces=tuple(inside), norm=True)
    if opened.text in ABSOLUTE:
        pieces = [Piece("|", opened.at), *glue(in_brackets(inside, opened.at)), Piece("|", opened.at, glued=True)]
        return Nucleus(opened.at, pieces=tuple(pieces))
    if opened.text == r"\langle":
        return Nucleus(opened.at, pieces=tuple(call("dot", inside, opened.at)))
    if opened.text in ROUNDED:
        return Nucleus(opened.at, pieces=tuple(call(ROUNDED[opened.text], inside, opened.at)))
    if opened.text in SQUARE:
        return Nucleus(opened.at, pieces=tuple(inside), square=True)
    return Nucleus(opened.at, pieces=tuple(in_brackets(inside, opened.at)))


def by_rows(reader: LatexReader) -> list[Piece]:
    r"""``; \text{rows}`` after an argument: of each row."""
    if not reader.at(";"):
        return []
    sign = reader.advance()
    if not reader.at(*WORDS):
        raise reader.unexpected(sign)
    return [Piece(f"; {reader.word(reader.advance())}", sign.at, glued=True)]


def starts_position(reader: LatexReader) -> bool:
    """Whether square brackets choose entries, as ``x[1:]`` does: in ``(x + y)[z + 1]`` they group."""
    if not reader.at("[") or reader.token.side is not Side.UNSAID or reader.token.spaced:
        return False
    inside = reader.ahead(2) if reader.ahead().text in ("-", "−") else reader.ahead()
    return inside.kind is Kind.NUMBER or inside.text == ":" or inside.text in WORDS


def chosen(reader: LatexReader) -> list[Piece]:
    """``x[1:]``, ``x[-1]``, as in Python."""
    opened = reader.advance()
    inside = ""
    while reader.at(":", "-", "−", ",") or (reader.token.kind is Kind.NUMBER and reader.token.text.isdecimal()):
        inside += reader.advance().text.replace("−", "-")
    pieces = [Piece(inside, opened.at)] if inside else reader.row(frozenset("]"))
    reader.expect("]", opened)
    return glue(in_square_brackets(pieces, opened.at))


def ones(reader: LatexReader, at: int) -> Nucleus:
    r"""The vector of ones, or the condition after it, as in ``\mathbb{1}\{x > 0\}``."""
    vector = Piece("𝟏", at)
    if not reader.at(*GROUPING):
        return Nucleus(at, pieces=(vector,))
    opened = reader.advance()
    inside = reader.row(frozenset({OPENING[opened.text]}))
    reader.expect(OPENING[opened.text], opened)
    if any(p.text in RELATIONS.values() for p in inside):
        return Nucleus(at, pieces=tuple(in_square_brackets(inside, opened.at)))
    return Nucleus(at, pieces=(vector, *in_brackets(inside, opened.at)))
