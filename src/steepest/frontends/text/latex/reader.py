r"""LaTeX in the grammar's own spelling: ``\frac{1}{m}\lVert X\theta - y\rVert_2^2`` is ``((1)/(m)) norm2(Xθ − y)²``.

There is one grammar. What is read here is only how LaTeX writes things: groups, scripts, brackets of all sizes, named
functions with and without brackets, letters side by side. What has no place in a formula, or more than one meaning,
is refused; errors point into the LaTeX. A text with ``\``, ``{`` or ``$`` is LaTeX.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from steepest.frontends.text.error import FormulaTextError
from steepest.frontends.text.lexer import Token as GrammarToken
from steepest.frontends.text.lexer import tokens
from steepest.frontends.text.spelling import canonical_name

from .brackets import bracket, chosen, ones, starts_position
from .commands import COMMANDS, at_prose
from .functions import letter_function, named_function
from .lexer import Kind, Side, Token
from .pieces import Nucleus, Piece, Plain, call, in_brackets, in_square_brackets, joined
from .scripts import ScriptReader, Scripts
from .signs import (
    CLOSING,
    FUNCTIONS,
    GREEK,
    GROUPING,
    MARGINS,
    NAMED_FUNCTIONS,
    OPENING,
    OPERATORS,
    REFUSED,
    RELATIONS,
    STYLES,
    SWITCHES,
    TWO_SIDED,
    WORDS,
)

EVERYWHERE = frozenset({"}", "&", r"\\", r"\end", ",", ";"})  # what ends a row wherever it stands
UPRIGHT = r"\rm"  # for the rest of the group
SIGNS = frozenset({"+", "-", "−"})
NORM_BELOW = {"": "norm", "2": "norm2", "1": "norm1", "F": "normF", "∞": "max"}


def is_latex(text: str) -> bool:
    return any(c in text for c in "\\{$")


def latex_tokens(latex: str, functions: Collection[str], names: Collection[str] = ()) -> list[GrammarToken]:
    """The tokens of the grammar, each at its place in the LaTeX."""
    plain = plain_spelling(latex, functions, names)
    try:
        found = tokens(plain.text)
    except FormulaTextError as error:
        raise FormulaTextError(error.reason, latex, plain.place(error.at)) from None
    return [replace(token, at=plain.place(token.at)) for token in found]


def plain_spelling(latex: str, functions: Collection[str], names: Collection[str] = ()) -> Plain:
    r"""The formula as the grammar spells it. `names` are the declared variables.

    >>> plain_spelling(r"\tfrac12 x^\top A x + \log|a|", ()).text
    '((1)/(2)) xᵀ A x + log_bars((a))'
    """
    return LatexReader(latex, functions, names).whole()


class LatexReader(ScriptReader):
    def __init__(self, text: str, functions: Collection[str], names: Collection[str]):
        super().__init__(text)
        self.functions, self.names = functions, tuple(names)
        self.style = "plain"
        self.styles: dict[str, str] = {}  # how each name is set
        self.single: Nucleus | None = None  # the last row, if it was one thing without scripts

    # --- rows -----------------------------------------------------------------------------------------

    def whole(self) -> Plain:
        while self.at(*MARGINS):
            self.advance()
        pieces = self.row(frozenset(MARGINS | {"."}))
        while self.at(*MARGINS, ".", ","):
            self.advance()
        if self.token.kind is not Kind.END:
            raise self.unexpected(self.token)
        return joined(pieces, len(self.text))

    def row(self, ends: frozenset[str]) -> list[Piece]:
        """Terms with signs and relations between them, up to a token that ends the row."""
        self.deeper()
        pieces: list[Piece] = []
        terms = 0
        while not self.ends(ends, bool(pieces) and self._complete(pieces)):
            token = self.token
            terms += 1
            if token.text in SIGNS or token.text in RELATIONS:
                self.advance()
                pieces.append(Piece((OPERATORS | RELATIONS)[token.text], token.at))
            else:
                pieces += self.term(ends)
        if not pieces:
            raise self.unexpected(self.token)
        if terms > 1:
            self.single = None
        self.depth -= 1
        return pieces

    def ends(self, ends: frozenset[str], complete: bool) -> bool:
        """Whether the row ends here; a bar closes only after something complete."""
        token = self.token
        if token.kind is Kind.END or token.text in EVERYWHERE or at_prose(self):
            return True
        if token.side is Side.OPEN:
            return False
        if token.text in TWO_SIDED:
            return token.text in ends and (complete or token.side is Side.CLOSE)
        return token.text in ends or token.text in CLOSING

    def _complete(self, pieces: Sequence[Piece]) -> bool:
        last = pieces[-1].text
        return last not in OPERATORS.values() and last not in RELATIONS.values()

    def term(self, ends: frozenset[str]) -> list[Piece]:
        """Factors side by side or with signs of multiplication between them."""
        pieces: list[Piece] = []
        factors = 0
        divided = False  # the last factor is under a slash
        while not self.ends(ends, bool(pieces) and self._complete(pieces)):
            token = self.token
            factors += 1
            if token.text in SIGNS or token.text in RELATIONS:
                if pieces and self._complete(pieces):
                    break
                self.advance()  # a sign before a factor
                pieces.append(Piece((OPERATORS | RELATIONS)[token.text], token.at))
            elif token.text in OPERATORS:
                self.advance()
                pieces.append(Piece(OPERATORS[token.text], token.at))
                divided = OPERATORS[token.text] == "/"
                continue
            elif divided and pieces and self._complete(pieces) and not token.spaced:
                raise self.error("a/bc can be read as (a/b)c or a/(bc): use brackets or \\frac", token)
            else:
                if token.kind is Kind.NUMBER and pieces and self._complete(pieces) and token.spaced:
                    pieces.append(Piece("·", token.at))  # log(2) 2^x
                pieces += self.factor()
                continue
            divided = False
        if factors > 1:
            self.single = None
        return pieces

    def factor(self) -> list[Piece]:
        """One factor with its scripts, and the entries chosen from it."""
        nucleus = self.nucleus()
        scripts = self.scripts()
        pieces = self.with_scripts(nucleus, scripts)
        self.single = nucleus if scripts == Scripts(at=scripts.at) else None
        while starts_position(self):
            pieces = [*(in_brackets(pieces, nucleus.at) if scripts.above else pieces), *chosen(self)]
            pieces = self.with_scripts(Nucleus(nucleus.at, pieces=tuple(pieces)), self.scripts())
            self.single = None
        return pieces

    def one_sign(self) -> list[Piece]:
        """One sign or group, without scripts: what an exponent is without braces."""
        return self.with_scripts(self.nucleus(), Scripts())

    # --- scripts --------------------------------------------------------------------------------------

    def with_scripts(self, nucleus: Nucleus, scripts: Scripts) -> list[Piece]:
        if nucleus.stem:
            return self._name(nucleus, scripts)
        if nucleus.norm:
            if scripts.below not in NORM_BELOW:
                raise self.refused_at("norms are read with _1, _2, _F and _\\infty", scripts.at)
            inside = nucleus.pieces
            if scripts.below == "∞":
                inside = tuple(call("abs", inside, nucleus.at))
            return [*call(NORM_BELOW[scripts.below], inside, nucleus.at), *scripts.above]
        index = [Piece(f"_{scripts.below}", scripts.at, glued=True)] if scripts.below else []
        pieces = list(nucleus.pieces)
        if nucleus.square:  # around a condition or an entry they say something, else they group
            says = scripts.below or any(p.text in RELATIONS.values() for p in pieces)
            pieces = (in_square_brackets if says else in_brackets)(pieces, nucleus.at)
        return [*pieces, *index, *scripts.above]

    def _name(self, nucleus: Nucleus, scripts: Scripts) -> list[Piece]:
        if nucleus.stem == "e" and "e" not in self.names and scripts.exponent:
            self._register("e", "Euler's number", nucleus.at)
            return call("exp", scripts.exponent, nucleus.at)
        stem = nucleus.stem
        written = f"{stem}_{scripts.below}" if scripts.below else stem
        if canonical_name(written) not in self.names and canonical_name(stem + scripts.below) in self.names:
            written = stem + scripts.below
        is_free = canonical_name(written) not in self.names and self.at(*GROUPING)
        if is_free and (function := letter_function(self, nucleus, written, scripts)):
            return function
        self._register(stem, nucleus.style, nucleus.at)
        return [Piece(written, nucleus.at), *scripts.above]

    def _register(self, name: str, style: str, at: int) -> None:
        """One letter in two styles is two names in LaTeX, and would be one here."""
        if self.styles.setdefault(name, style) != style:
            both = f"{self.styles[name]} and {style}"
            reason = f"{name} is set in two ways ({both}): write one variable alike, two with different letters"
            raise self.refused_at(reason, at)

    def refused_at(self, reason: str, at: int) -> Exception:
        return self.error(reason, next(t for t in self.tokens if t.at >= at))

    # --- one thing ------------------------------------------------------------------------------------

    def nucleus(self) -> Nucleus:
        self.deeper()
        nucleus = self._nucleus()
        self.depth -= 1
        return nucleus

    def _nucleus(self) -> Nucleus:
        token = self.token
        if token.kind is Kind.LETTER:
            return self.letter()
        if token.kind is Kind.NUMBER:
            return self.number()
        if token.text in GREEK:
            self.advance()
            return self._stem(GREEK[token.text], token, variant=token.text)
        if token.text in OPENING:
            return bracket(self)
        if token.text in STYLES:
            return self.styled()
        if token.text in FUNCTIONS:
            self.advance()
            return named_function(self, FUNCTIONS[token.text], token)
        if token.text in WORDS:
            return self.upright()
        if token.text == "{":
            return self.group()
        if token.text in COMMANDS:
            return COMMANDS[token.text](self)
        raise self.unexpected(token)

    def number(self) -> Nucleus:
        r"""A number, ``2.5 \cdot 10^{-3}`` included."""
        token = self.advance()
        text = token.text
        if self.at(r"\cdot", r"\times") and self.ahead().text == "10" and self.ahead(2).text == "^":
            sign, digits = self._power_of_ten()
            if digits:
                text += f"e{sign}{digits}"
        return Nucleus(token.at, pieces=(Piece(text, token.at),))

    def _power_of_ten(self) -> tuple[str, str]:
        start = self.place
        self.place += 3
        group = self.at("{")
        self.place += group
        sign = "-" if self.at("-", "−") else ""
        self.place += bool(sign)
        digits = self.token.text if self.token.kind is Kind.NUMBER and (group or len(self.token.text) == 1) else ""
        closed = not group or self.ahead().text == "}"
        if not digits.isdecimal() or not closed:
            self.place = start
            return "", ""
        self.place += 1 + group
        return sign, digits

    def letter(self) -> Nucleus:
        """A letter, or a word that is declared, or a function written without its backslash."""
        first = self.token
        run = [first]
        while (after := self.ahead(len(run))).kind in (Kind.LETTER, Kind.NUMBER) and not after.spaced:
            run.append(after)
        for count in range(len(run), 1, -1):
            word = "".join(t.text for t in run[:count])
            if canonical_name(word) in self.names:
                self.place += count
                return self._stem(word, first)
        word = "".join(t.text for t in run)
        if word in self.functions and len(word) > 1 and self.ahead(len(run)).text == "(":
            self.place += len(run)
            return named_function(self, word, first)
        self.advance()
        return self._stem(first.text, first)

    def _stem(self, name: str, token: Token, variant: str = "") -> Nucleus:
        return Nucleus(token.at, stem=name, style=variant if variant and self.style == "plain" else self.style)

    def group(self) -> Nucleus:
        """``{…}``: one letter in it takes the scripts that follow."""
        opened = self.advance()
        if self.at(UPRIGHT):  # {\rm tr}
            self.place -= 1
            return self.named(self.word(opened), opened)
        if self.at(*SWITCHES):
            outer, self.style = self.style, STYLES[self.advance().text]
            nucleus = self._group_from(opened)
            self.style = outer
            return nucleus
        return self._group_from(opened)

    def _group_from(self, opened: Token) -> Nucleus:
        inside = self.row(frozenset("}"))
        self.expect("}", opened)
        return self.single or Nucleus(opened.at, pieces=tuple(in_brackets(inside, opened.at)))

    def styled(self) -> Nucleus:
        r"""``\mathbf{x}`` is x; ``\mathbf{1}`` is the vector of ones."""
        command = self.advance()
        inside = [self.token] if not self.at("{") else [self.ahead(), self.ahead(2)]
        if inside[0].text == "1" and len(inside) == 2 and inside[1].text == "}":
            self.place += 3
            return ones(self, command.at)
        if command.text in REFUSED:
            raise self.unexpected(command)
        outer, self.style = self.style, STYLES[command.text]
        nucleus = self.group() if self.at("{") else self.nucleus()
        self.style = outer
        return replace(nucleus, at=command.at)

    def upright(self) -> Nucleus:
        r"""``\operatorname{tr}``, ``\mathrm{loss}``, ``\mathrm{d}x``."""
        command = self.advance()
        return self.named(self.word(command), command)

    def named(self, word: str, command: Token) -> Nucleus:
        """A word as a function or a name; ``d`` belongs to the name after it."""
        if word == "d" and (self.token.kind is Kind.LETTER or self.token.text in GREEK or self.token.text in STYLES):
            inner = self.nucleus()
            return replace(inner, at=command.at, stem=f"d{inner.stem}")
        name = NAMED_FUNCTIONS.get(word, word)
        explicit = command.text.startswith(r"\operatorname") or len(word) > 1
        if name in self.functions and canonical_name(word) not in self.names and explicit:
            return named_function(self, name, command)
        if not word.replace("_", "a").isalnum() or word[0].isdigit():
            raise self.error(f"{command.text}{{{word}}} is no name", command)
        return Nucleus(command.at, stem=word, style="upright")
