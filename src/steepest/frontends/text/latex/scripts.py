r"""What LaTeX writes below and above the line: ``x_{ij}``, ``\theta_{\text{old}}``, ``A^{-\top}``, ``x^{2}``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from .cursor import Cursor
from .lexer import Kind, Token
from .pieces import Piece, call
from .signs import FUNCTIONS, GREEK, TRANSPOSING, WORDS

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_LONGEST_RAISED = 6  # digits; a longer exponent is written in brackets
_STARS = frozenset({"*", r"\ast", r"\star", r"\dagger", "H", r"\mathsf{H}"})
_ENTRYWISE = frozenset({r"\circ", r"\odot", "⊙", "∘"})


@dataclass(frozen=True)
class Scripts:
    """The index below, as the grammar spells it in names, and what stands above, in order."""

    below: str = ""
    above: tuple[Piece, ...] = ()
    at: int = 0  # of the index

    @property
    def exponent(self) -> tuple[Piece, ...]:
        """What stands above, if it is an exponent and nothing else."""
        if len(self.above) == 1 and (digits := self.above[0].text.translate(_LOWERED)).lstrip("-").isdecimal():
            return (Piece(digits, self.above[0].at),)
        return self.above[1:] if self.above and self.above[0].text == "^" else ()


class ScriptReader(Cursor, ABC):
    """Reads scripts. What stands on the line is read by a subclass, which knows the declared names."""

    names: Sequence[str]

    @abstractmethod
    def row(self, ends: frozenset[str]) -> list[Piece]:
        """Terms up to a token that ends the row."""

    @abstractmethod
    def one_sign(self) -> list[Piece]:
        """One sign or group."""

    def scripts(self) -> Scripts:
        """All scripts of what stands before them, in whichever order they are written."""
        below, at = "", self.token.at
        above: list[Piece] = []
        while self.at("_", "^", "'", "’", "′"):
            sign = self.advance()
            if sign.text == "_":
                if below:
                    raise self.error("two indices below each other", sign)
                below, at = self.below(sign), sign.at
                continue
            if any(piece.text != "'" for piece in above):
                raise self.error("two exponents above each other: use brackets", sign)
            if sign.text == "^":
                above += self.above(sign)
            else:
                above.append(Piece("'", sign.at, glued=True))
        return Scripts(below, tuple(above), at)

    # --- below the line -----------------------------------------------------------------------------

    def below(self, sign: Token) -> str:
        r"""``_1``, ``_{ij}``, ``_{i,j}``, ``_{\text{old}}``: letters and digits, run together."""
        if not self.at("{"):
            return self._one_digit(self.advance(), "_") if self.token.kind is Kind.NUMBER else self._part_below()
        opened = self.advance()
        parts = []
        while not self.at("}"):
            if self.token.kind is Kind.END:
                raise self.error("{ is not closed: } is missing", opened)
            parts.append(self._part_below())
        self.advance()
        if not parts:
            raise self.error("the index is empty", opened)
        return "".join(parts)

    def _part_below(self) -> str:
        token = self.advance()
        if token.kind in (Kind.LETTER, Kind.NUMBER):
            return token.text
        if token.text == ",":
            return ""
        if token.text in WORDS:
            return "".join(c for c in self.word(token) if c.isalnum() or c == "_")
        if token.text == r"\infty":
            return "∞"
        if token.text in GREEK or token.text in FUNCTIONS:  # x_\alpha, x_{\max}
            return GREEK.get(token.text) or FUNCTIONS[token.text]
        raise self.error("an index is made of letters and digits: x_1, x_{ij}, x_{\\text{old}}", token)

    def word(self, command: Token) -> str:
        r"""The letters in ``\text{…}``."""
        if not self.at("{"):
            return self.advance().text
        opened, letters = self.advance(), ""
        while not self.at("}"):
            token = self.advance()
            if token.kind is Kind.END or token.text == "{":
                raise self.error(f"{command.text} takes one plain word: }} is missing", opened)
            if token.text not in WORDS:  # \mathop{\rm tr}
                letters += (" " if token.spaced and letters else "") + token.text.removeprefix("\\")
        self.advance()
        return letters

    # --- above the line -----------------------------------------------------------------------------

    def above(self, sign: Token) -> list[Piece]:
        if not self.at("{"):
            if self.token.kind is Kind.NUMBER:
                return [self._raised(self._one_digit(self.advance(), "^"), sign)]
            return self._mark(self.token) or self._exponent(self.one_sign(), sign)
        opened = self.advance()
        inside = [t.text for t in self._until_brace()]
        if self.ahead(len(inside)).text == "}" and (special := self._special(inside, opened)):
            self.place += len(inside) + 1
            return special
        if self.at(*_ENTRYWISE):
            self.advance()
            pieces = self.row(frozenset("}"))
            self.expect("}", opened)
            return [Piece(".^", sign.at, glued=True), *_bracketed(pieces, sign.at)]
        pieces = self.row(frozenset("}"))
        self.expect("}", opened)
        return self._exponent(pieces, sign)

    def _until_brace(self) -> list[Token]:
        """The tokens of a short group without groups inside, for a look at it."""
        found: list[Token] = []
        while len(found) < _LONGEST_RAISED + 1:
            token = self.ahead(len(found))
            if token.text == "}" or token.kind is Kind.END:
                return found
            found.append(token)
        return []

    def _special(self, inside: list[str], at: Token) -> list[Piece]:
        """Exponents that are no numbers to compute with: ``ᵀ``, ``⁻¹``, ``⁻ᵀ``, ``⁺``."""
        minus, rest = ("⁻", inside[1:]) if inside[:1] in (["-"], ["−"]) else ("", inside)
        if len(rest) == 1 and rest[0].isdecimal():
            return [self._raised(("-" if minus else "") + rest[0], at)]
        if len(rest) == 1 and self._transposes(rest[0]):
            return [Piece(f"{minus}ᵀ", at.at, glued=True)]
        if rest == ["+"] and not minus:
            return [Piece("⁺", at.at, glued=True)]
        if rest == [r"\prime"] and not minus:
            return [Piece("'", at.at, glued=True)]
        if inside[:1] == ["("] and inside[-1:] == [")"] and len(inside) == 3:
            raise self.error("a label above the line is no power: write it below, x_1 for x^{(1)}", at)
        if len(inside) == 1 and inside[0] in _STARS:
            raise self.error(f"^{inside[0]} has several meanings: write \\top for the transpose, or use a name", at)
        return []

    def _mark(self, token: Token) -> list[Piece]:
        """One sign above, without braces."""
        found = self._special([token.text], token)
        if found:
            self.advance()
        return found

    def _transposes(self, sign: str) -> bool:
        return sign in TRANSPOSING or (sign == "T" and "T" not in self.names)

    def _exponent(self, pieces: Sequence[Piece], sign: Token) -> list[Piece]:
        if [p.text for p in pieces] == ["T"] and "T" not in self.names:  # \mathsf{T}, \mathrm{T}
            return [Piece("ᵀ", sign.at, glued=True)]
        return [Piece("^", sign.at, glued=True), *_bracketed(pieces, sign.at)]

    def _raised(self, digits: str, sign: Token) -> Piece:
        text = digits.translate(_RAISED) if len(digits) <= _LONGEST_RAISED else f"^({digits})"
        return Piece(text, sign.at, glued=True)

    def _one_digit(self, token: Token, sign: str) -> str:
        if len(token.text) > 1:
            raise self.error(f"LaTeX sets only the {token.text[0]} there: write {sign}{{{token.text}}}", token)
        return token.text


def _bracketed(pieces: Sequence[Piece], at: int) -> list[Piece]:
    first, *rest = call("", pieces, at)
    return [Piece(first.text, first.at, glued=True), *rest]
