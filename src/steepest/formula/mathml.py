"""Formulas as presentation MathML, the mathematics of web pages (W3C, MathML Core).

There is one writer of typeset formulas, the LaTeX one, and this sets what it writes: each operation says once
how it looks. It knows the LaTeX that this package writes and refuses any other command.

>>> mathml(r"x^{2}", "inline")
'<math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>x</mi><mn>2</mn></msup></math>'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from steepest.errors import FormulaError

from .mathml_signs import (
    ACCENTS,
    ALPHABETS,
    FENCES,
    FUNCTIONS,
    LARGE,
    LETTERS,
    OPENING,
    OPERATORS,
    SPACES,
    WITH_LIMITS,
)

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[0-9]+(?:\.[0-9]+)?|\s+|.", re.DOTALL)
_APPLICATION = "<mo>&#x2061;</mo>"  # a sign without ink between a function and its argument
_NO_OPERAND = ("<mo>", "<mo form", "<mspace")  # how elements begin after which no space is put
_CLOSERS = ("", "}", "&", r"\\", r"\right", r"\end")
_THIN = '<mspace width="0.1667em"/>'
_ROWS = {"cases": "left", "aligned": "right left", "matrix": "center", "bmatrix": "center", "pmatrix": "center"}
_AROUND = {"cases": ("{", ""), "bmatrix": ("[", "]"), "pmatrix": ("(", ")")}


def mathml(latex: str, display: str = "block") -> str:
    """A formula in the LaTeX of this package as one ``<math>`` element; `display` is ``block`` or ``inline``."""
    shown = ' display="block"' if display == "block" else ""
    return f'<math xmlns="{NAMESPACE}"{shown}>{_Typesetter(latex).whole()}</math>'


class _Typesetter:
    """Reads LaTeX from left to right; every method returns finished elements."""

    def __init__(self, latex: str):
        self.latex = latex
        self.tokens: list[str] = _TOKEN.findall(latex)
        self.place = 0

    # --- tokens -----------------------------------------------------------------------------------

    def peek(self) -> str:
        """The next token that is no space, or nothing at the end."""
        while self.place < len(self.tokens) and self.tokens[self.place].isspace():
            self.place += 1
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.place += 1
        return token

    def expect(self, wanted: str) -> None:
        if (found := self.take()) != wanted:
            raise self.refused(f"{wanted!r} is missing before {found!r}")

    def words(self) -> str:
        """The characters of a group as they stand, for names and text."""
        self.expect("{")
        start, depth = self.place, 1
        while depth:
            if self.place >= len(self.tokens):
                raise self.refused("a group is not closed")
            depth += {"{": 1, "}": -1}.get(self.tokens[self.place], 0)
            self.place += 1
        return "".join(self.tokens[start : self.place - 1])

    def refused(self, reason: str) -> FormulaError:
        return FormulaError(f"no MathML for this LaTeX, {reason}: {self.latex}")

    # --- rows -------------------------------------------------------------------------------------

    def whole(self) -> str:
        row = self.row(())
        if self.peek():
            raise self.refused(f"{self.peek()!r} closes nothing")
        return _one(row)

    def row(self, ends: Sequence[str]) -> list[str]:
        """Elements side by side, up to one of the tokens that end the row."""
        elements: list[str] = []
        while (token := self.peek()) and token not in ends and token != "}":
            after_operand = bool(elements) and not elements[-1].startswith(_NO_OPERAND)
            if token == "-" and not after_operand:
                elements.append(self.sign())
                continue
            if after_operand and _is_function(token):
                elements.append(_THIN)
            elements += self.scripted()
        return elements

    def sign(self) -> str:
        """A minus that belongs to what follows, and stands close to it."""
        self.take()
        return f'<mo form="prefix">{OPERATORS["-"]}</mo>'

    def scripted(self) -> list[str]:
        """The next element with what is written above and below the line."""
        token = self.peek()
        base = "<mrow></mrow>" if token in ("^", "_") else self.element()
        above, below = "", ""
        while (sign := self.peek()) in ("^", "_", "'"):
            self.take()
            if sign == "_":
                below = self.argument()
            else:
                above = _one([*([above] if above else []), "<mo>′</mo>" if sign == "'" else self.argument()])
        base = _with_scripts(base, below, above, limits=token in LARGE or token in WITH_LIMITS)
        return self.as_function(base) if _is_function(token) else [base]

    def as_function(self, name: str) -> list[str]:
        """A function before its argument, which stands apart unless it is in brackets."""
        after = self.peek()
        if after in ("", "}", "&", r"\\", r"\right", ",", ")", "^", "_") or after in OPERATORS:
            return [name]
        return [name, _APPLICATION] if after in (r"\left", "(", "[") or after in SPACES else [name, _APPLICATION, _THIN]

    def argument(self) -> str:
        """A group, or one element."""
        if self.peek() == "{":
            return _one(self.group())
        return self.element()

    def group(self) -> list[str]:
        self.expect("{")
        row = self.row(())
        self.expect("}")
        return row

    # --- one element ------------------------------------------------------------------------------

    def element(self) -> str:
        token = self.peek()
        if token == "{":
            return _one(self.group())
        self.take()
        if token in _CLOSERS:
            raise self.refused(f"something is missing before {token!r}" if token else "its end is missing")
        if token in _COMMANDS:
            return _COMMANDS[token](self)
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token in LETTERS:
            return f"<mi>{LETTERS[token]}</mi>"
        if token in FUNCTIONS:
            return f"<mi>{token[1:]}</mi>"
        if token in LARGE:
            return f"<mo>{LARGE[token]}</mo>"
        if token in SPACES:
            return f'<mspace width="{SPACES[token]}"/>'
        if token in FENCES and token != ".":
            form = 'form="prefix" ' if token in OPENING else ""
            return f'<mo {form}stretchy="false">{FENCES[token]}</mo>'
        if token in OPERATORS:
            return f"<mo>{OPERATORS[token]}</mo>"
        if token in ALPHABETS:
            return self.styled(ALPHABETS[token])
        if token in ACCENTS:
            return f'<mover accent="true">{self.argument()}<mo>{ACCENTS[token]}</mo></mover>'
        if token.startswith("\\"):
            raise self.refused(f"{token} is not known")
        return f"<mi>{escape(token)}</mi>" if token.isalpha() else f"<mo>{escape(token)}</mo>"

    def fraction(self) -> str:
        return f"<mfrac>{self.argument()}{self.argument()}</mfrac>"

    def binomial(self) -> str:
        inside = f'<mfrac linethickness="0">{self.argument()}{self.argument()}</mfrac>'
        return f"<mrow><mo>(</mo>{inside}<mo>)</mo></mrow>"

    def root(self) -> str:
        if self.peek() != "[":
            return f"<msqrt>{self.argument()}</msqrt>"
        self.take()
        degree = _one(self.row("]"))
        self.expect("]")
        return f"<mroot>{self.argument()}{degree}</mroot>"

    def fenced(self) -> str:
        opening = self.fence()
        inside = self.row((r"\right",))
        self.expect(r"\right")
        return f"<mrow>{opening}{''.join(inside)}{self.fence()}</mrow>"

    def fence(self) -> str:
        token = self.take()
        if token not in FENCES:
            raise self.refused(f"{token!r} is no bracket")
        return f"<mo>{FENCES[token]}</mo>" if FENCES[token] else ""

    def upright(self) -> str:
        """A name of several letters; one letter is upright by its own attribute."""
        name = re.sub(r"\\(.)", r"\1", self.words())
        variant = ' mathvariant="normal"' if len(name) == 1 else ""
        return f"<mi{variant}>{escape(name)}</mi>"

    def styled(self, alphabet: dict[str, str]) -> str:
        letters = "".join(alphabet.get(c, c) for c in self.words())
        return f"<mn>{letters}</mn>" if letters.isdigit() else f"<mi>{escape(letters)}</mi>"

    def prose(self) -> str:
        text = re.sub(r"\\(.)", r"\1", self.words())
        return f"<mtext>{escape(text).replace(' ', '&#xA0;')}</mtext>"

    def table(self) -> str:
        kind = self.words()
        if kind not in _ROWS:
            raise self.refused(f"{kind} is no known environment")
        rows, cells = [], []
        while True:
            cells.append(self.row(("&", r"\\", r"\end")))
            end = self.take()
            if end != "&":
                rows.append(cells)
                cells = []
            if end == r"\end":
                break
            if not end:
                raise self.refused(f"{kind} is not closed")
        self.words()
        sides = _ROWS[kind].split()
        body = "".join(
            f"<mtr>{''.join(_cell(c, sides[k % len(sides)]) for k, c in enumerate(cells))}</mtr>" for cells in rows
        )
        before, after = (f"<mo>{c}</mo>" if c else "" for c in _AROUND.get(kind, ("", "")))
        table = f'<mtable displaystyle="true">{body}</mtable>' if kind == "aligned" else f"<mtable>{body}</mtable>"
        return f"<mrow>{before}{table}{after}</mrow>" if before or after else table


def _is_function(token: str) -> bool:
    return token in FUNCTIONS or token.startswith(r"\operatorname")


def _cell(elements: Sequence[str], side: str) -> str:
    style = "" if side == "center" else f' style="text-align: {side}"'
    return f"<mtd{style}>{''.join(elements)}</mtd>"


def _one(elements: Sequence[str]) -> str:
    return elements[0] if len(elements) == 1 else f"<mrow>{''.join(elements)}</mrow>"


def _with_scripts(base: str, below: str, above: str, limits: bool) -> str:
    kinds = ("munder", "mover", "munderover") if limits else ("msub", "msup", "msubsup")
    if below and above:
        return f"<{kinds[2]}>{base}{below}{above}</{kinds[2]}>"
    if below:
        return f"<{kinds[0]}>{base}{below}</{kinds[0]}>"
    return f"<{kinds[1]}>{base}{above}</{kinds[1]}>" if above else base


_COMMANDS = {
    r"\frac": _Typesetter.fraction,
    r"\tfrac": _Typesetter.fraction,
    r"\dfrac": _Typesetter.fraction,
    r"\binom": _Typesetter.binomial,
    r"\sqrt": _Typesetter.root,
    r"\left": _Typesetter.fenced,
    r"\operatorname": _Typesetter.upright,
    r"\operatorname*": _Typesetter.upright,
    r"\mathrm": _Typesetter.upright,
    r"\mathit": _Typesetter.upright,
    r"\text": _Typesetter.prose,
    r"\begin": _Typesetter.table,
}
