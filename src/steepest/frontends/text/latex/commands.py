r"""Commands of LaTeX that take arguments: ``\frac``, ``\sqrt``, ``\sum``, ``\begin{cases}``, and lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .lexer import Kind, letters_of
from .pieces import Nucleus, Piece, call, glue, in_brackets
from .signs import GREEK, OPPOSITE, ROWS, WORDS

if TYPE_CHECKING:
    from .lexer import Token
    from .reader import LatexReader

PROSE = frozenset({"if", "for", "when", "otherwise", "else", "where", "and", "or"})
OTHERWISE = frozenset({"otherwise", "else"})


def at_prose(reader: LatexReader) -> str:
    r"""The word of text that stands here, as ``\text{otherwise}``, if it is one that joins formulas."""
    if not reader.at(*WORDS) or reader.ahead().text != "{":
        return ""
    word, count = "", 2
    while (token := reader.ahead(count)).kind is Kind.LETTER:
        word, count = word + token.text, count + 1
    return word if token.text == "}" and word in PROSE else ""


def argument(reader: LatexReader) -> list[Piece]:
    r"""A group, or the one sign that TeX takes: ``\frac12`` is a half."""
    if reader.at("{"):
        opened = reader.advance()
        inside = reader.row(frozenset("}"))
        reader.expect("}", opened)
        return inside
    if reader.token.kind is Kind.NUMBER:
        reader.tokens[reader.place : reader.place + 1] = letters_of(reader.token)
    return reader.one_sign()


# --- fractions and roots --------------------------------------------------------------------------------


def fraction(reader: LatexReader) -> Nucleus:
    command = reader.advance()
    over_at = reader.place
    over = argument(reader)
    _require_no_derivative(reader, over_at, command)
    under = argument(reader)
    inside = [*in_brackets(over, command.at), Piece("/", command.at, glued=True), *glue(in_brackets(under, command.at))]
    return Nucleus(command.at, pieces=tuple(in_brackets(inside, command.at)))


def _require_no_derivative(reader: LatexReader, over_at: int, command: Token) -> None:
    r"""``\frac{d}{dx}`` is no quotient."""
    over = [t.text for t in reader.tokens[over_at : reader.place] if t.text not in "{}"]
    under = [t.text for t in reader.tokens[reader.place : reader.place + 4] if t.text not in "{}"]
    if over[:1] == ["d"] and under[:1] == ["d"] and len(under) > 1 and (under[1].isalpha() or under[1] in GREEK):
        raise reader.error("derivatives are not read: write the function, and ask for .gradient(…)", command)


def root(reader: LatexReader) -> Nucleus:
    command = reader.advance()
    degree: list[Piece] = []
    if reader.at("["):
        opened = reader.advance()
        degree = reader.row(frozenset("]"))
        reader.expect("]", opened)
    inside = argument(reader)
    kind = "".join(p.text for p in degree)
    if kind in ("", "2", "3"):
        return Nucleus(command.at, pieces=tuple(call("cbrt" if kind == "3" else "sqrt", inside, command.at)))
    power = [Piece(".^(1/", command.at, glued=True), *glue(in_brackets(degree, command.at))]
    pieces = [*in_brackets(inside, command.at), *power, Piece(")", command.at, glued=True)]
    return Nucleus(command.at, pieces=tuple(in_brackets(pieces, command.at)))


# --- sums -----------------------------------------------------------------------------------------------


def total(reader: LatexReader) -> Nucleus:
    r"""``\sum x`` sums all entries, ``\sum_{i=1}^{n} x_i`` over an index; both reach to the next + or −."""
    sign = reader.advance()
    letters, count = _range(reader, sign) if reader.at("_") else ("", "")
    if reader.at("^"):
        raise reader.error("a sum to a bound names its index: \\sum_{i=1}^{n}", reader.token)
    body = reader.term(frozenset())
    if not body:
        raise reader.unexpected(reader.token)
    if not letters:
        return Nucleus(sign.at, pieces=tuple(call("sum", body, sign.at)))
    bound = f"={count}" if count else ""
    inside = [Piece(f"Σ_{letters}{bound}", sign.at), *in_brackets(body, sign.at)]
    return Nucleus(sign.at, pieces=tuple(in_brackets(inside, sign.at)))


def _range(reader: LatexReader, sign: Token) -> tuple[str, str]:
    """The index letters of a sum, and the bound that is written above it."""
    below = reader.advance()
    group = reader.at("{")
    reader.place += group
    letters, first = "", ""
    while reader.token.kind is Kind.LETTER or (reader.at(",") and letters):
        letters += reader.advance().text.replace(",", "")
        if not group:
            break
    if group and reader.at("="):
        reader.advance()
        first = reader.advance().text
    closed = not group or reader.at("}")
    reader.place += group and closed
    if not closed or not letters or (first and (first != "1" or len(letters) > 1)):
        raise reader.error("a sum runs over index letters, i or ij or i=1, over whole axes", below)
    if not reader.at("^"):
        if first:
            raise reader.error("the upper bound of the sum is missing", sign)
        return letters, ""
    reader.advance()
    bound = argument(reader)
    if not first or len(bound) != 1 or not bound[0].text.replace("_", "").isalnum():
        raise reader.error("a sum runs over a whole axis, from i=1 to its size, a name or a number", below)
    return letters, bound[0].text


# --- environments ---------------------------------------------------------------------------------------


def environment(reader: LatexReader) -> Nucleus:
    command = reader.advance()
    kind = reader.word(command)
    if kind in ("cases", "cases*", "dcases"):
        return cases(reader, command, kind)
    if kind in ROWS:
        return lines(reader, command, kind)
    raise reader.error(f"{kind} is not read; cases and aligned are", command)


def _end(reader: LatexReader, begun: Token, kind: str) -> None:
    ended = reader.expect(r"\end", begun)
    if (found := reader.word(ended)) != kind:
        raise reader.error(f"\\begin{{{kind}}} ends with \\end{{{found}}}", ended)


def cases(reader: LatexReader, command: Token, kind: str) -> Nucleus:
    r"""``a & x > 0 \\ b & \text{otherwise}``: the last row holds where no other does."""
    rows: list[tuple[list[Piece], list[Piece], Token]] = []
    while True:
        start = reader.token
        value = reader.row(frozenset())
        if reader.at(",", "&"):
            reader.place += 1 + (reader.at(",") and reader.ahead().text == "&")
        rows.append((value, _condition(reader), start))
        if reader.at(",", "."):
            reader.advance()
        if not reader.at(r"\\"):
            break
        reader.advance()
        if reader.at(r"\end"):
            break
    _end(reader, command, kind)
    *chosen, (last, condition, start) = rows
    if condition and not (len(chosen) == 1 and _denies(condition, chosen[0][1])):
        raise reader.error("the last row of the cases must say \\text{otherwise}", start)
    pieces = in_brackets(last, command.at)
    for value, condition, start in reversed(chosen):
        if not condition:
            raise reader.error("only the last row of the cases goes without a condition", start)
        words = [Piece("if", start.at), *condition, Piece("else", start.at)]
        pieces = in_brackets([*in_brackets(value, start.at), *words, *pieces], start.at)
    return Nucleus(command.at, pieces=tuple(pieces))


def _condition(reader: LatexReader) -> list[Piece]:
    """What stands behind a case; nothing for the last."""
    word = at_prose(reader)
    if word:
        reader.word(reader.advance())
    if word in OTHERWISE or (not word and reader.at(r"\\", r"\end")):
        return []
    return reader.row(frozenset({"."}))


def _denies(condition: list[Piece], other: list[Piece]) -> bool:
    """Whether one relation is the other's opposite, written with the same sides."""
    mine, theirs = ([p.text for p in pieces] for pieces in (condition, other))
    signs = [t for t in mine if t in OPPOSITE]
    return len(signs) == 1 and [OPPOSITE.get(t, t) for t in mine] == theirs


def lines(reader: LatexReader, command: Token, kind: str) -> Nucleus:
    r"""A formula over several lines, and definitions below it: ``\\ & \text{where } p = …``."""
    pieces: list[Piece] = []
    defining = False
    while not reader.at(r"\end"):
        if reader.at("&"):
            reader.advance()
        elif reader.at(r"\\"):
            new_line = reader.advance()
            if defining and not reader.at(r"\end"):
                pieces.append(Piece("\n", new_line.at, glued=True))
        elif at_prose(reader) == "where":
            defining = True
            pieces += [Piece("\nwhere", reader.token.at, glued=True)]
            reader.word(reader.advance())
        elif reader.token.kind is Kind.END:
            break
        else:
            pieces += reader.row(frozenset())
    _end(reader, command, kind)
    return Nucleus(command.at, pieces=tuple(pieces))


COMMANDS: Mapping[str, Callable[[LatexReader], Nucleus]] = {
    r"\frac": fraction,
    r"\dfrac": fraction,
    r"\tfrac": fraction,
    r"\cfrac": fraction,
    r"\sqrt": root,
    r"\sum": total,
    r"\begin": environment,
}
