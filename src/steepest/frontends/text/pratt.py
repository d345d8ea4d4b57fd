"""From tokens to a tree, by operator precedence (V. Pratt, "Top down operator precedence", 1973).

From loose to tight: ``+ -``; then ``* / @ .* ./`` and juxtaposition, from left to right; then signs; then
``^ .^ '`` and what is raised. Powers associate to the right: ``2^3^2`` is 2⁹. What people read in two ways is
refused: ``1/2x`` (with a space, ``1/2 x``, it is a half of x), ``√x²``, ``sin 2x``, ``sin⁻¹(x)``.

Nothing is evaluated: input from anywhere is safe to parse. A tree has at most as many nodes as the text has
characters.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection
from dataclasses import replace

from .error import FormulaTextError
from .lexer import Kind, Token, tokens
from .tree import Binary, Call, Group, Name, Negative, Number, Transpose, Tree

DEEPEST = 50
SUM, PRODUCT = 10, 20
BINDING = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "@": PRODUCT, ".*": PRODUCT, "./": PRODUCT}
POWERS = ("^", ".^")
TRANSPOSED = "T"
BARS = {"|": "|…|", "||": "‖…‖"}  # the functions they stand for
FUNCTION_LETTERS = frozenset("fgh")  # f(x) is f of x, not f times x
LARGEST_WHOLE = 2**53


def parse(text: str, functions: Collection[str], names: Collection[str] = ()) -> Tree:
    """The tree of a formula. A word of several letters that all are among `names` is their product.

    >>> from .tree import bracketed
    >>> bracketed(parse("2x^2 - Ab / 3", (), ("A", "b")))
    '((2 * (x ^ 2)) - ((A * b) / 3))'
    """
    return Parser(text, functions, names).whole()


class Parser:
    def __init__(self, text: str, functions: Collection[str], names: Collection[str]):
        self.text, self.functions, self.names = text, functions, names
        self.tokens = [part for token in tokens(text) for part in self._split(token)]
        self.place = 0
        self.depth = 0
        self.open_bars = 0  # inside |…| the next bar closes

    def _split(self, token: Token) -> list[Token]:
        word = token.text
        if token.kind is not Kind.NAME or word in self.names or word in self.functions or len(word) < 2:
            return [token]
        if not all(letter in self.names for letter in word):
            return [token]
        return [replace(token, text=c, at=token.at + k, spaced=token.spaced and k == 0) for k, c in enumerate(word)]

    # --- tokens ---------------------------------------------------------------------------------------

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

    def at_end(self) -> bool:
        return self.token.kind is Kind.END

    def at_symbol(self, *texts: str) -> bool:
        return self.token.kind is Kind.SYMBOL and self.token.text in texts

    def expect(self, text: str, opened: Token) -> None:
        if not self.at_symbol(text):
            raise self.error(f"{opened.text!r} is not closed: {text!r} is missing", self.token)
        self.advance()

    def error(self, reason: str, token: Token) -> FormulaTextError:
        return FormulaTextError(reason, self.text, token.at)

    def deeper(self) -> None:
        """Every recursion passes through here, so that Python's own stack is never exhausted."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"nested more than {DEEPEST} deep", self.token)

    # --- grammar --------------------------------------------------------------------------------------

    def whole(self) -> Tree:
        if self.at_end():
            raise self.error("the formula is empty", self.token)
        tree = self.expression()
        if not self.at_end():
            raise self.error(self._left_over(), self.token)
        return tree

    def _left_over(self) -> str:
        token = self.token
        if token.kind is Kind.NUMBER:
            return "a number after a factor: write x*2, or x^2 for a power"
        if token.text == ")":
            return "')' closes nothing"
        if token.text == ",":
            return "',' stands between the arguments of a function only"
        return f"unexpected {token.text!r}"

    def expression(self, at_least: int = 0) -> Tree:
        """Everything whose operators bind at least as tightly as given."""
        self.deeper()
        left, last = self.operand(), ""
        while True:
            token = self.token
            binding = BINDING.get(token.text) if token.kind is Kind.SYMBOL else None
            if binding is not None and binding >= at_least:
                last = self.advance().text
                left = Binary(last, left, self.expression(binding + 1), token.at)
            elif at_least <= PRODUCT and self.starts_factor():
                if last == "/" and not token.spaced:
                    raise self.error(
                        "a/bc can be read as (a/b)c or a/(bc): use brackets, or a space for (a/b) c", token
                    )
                left, last = Binary("*", left, self.expression(PRODUCT + 1), token.at), "*"
            else:
                self.depth -= 1
                return left

    def starts_factor(self) -> bool:
        """Whether the next token is a second factor, as in ``2 x`` or ``a (b + c)``."""
        if self.at_symbol("|", "||"):
            return self.open_bars == 0
        return self.token.kind in (Kind.NAME, Kind.FUNCTION) or self.at_symbol("(", "√")

    def operand(self) -> Tree:
        """A factor with its signs: −x² is −(x²)."""
        minus = self.signs()
        operand = self.postfix(self.atom())
        return operand if minus is None else Negative(operand, minus.at)

    def signs(self) -> Token | None:
        """The minus sign that a run of signs amounts to."""
        minus: Token | None = None
        while self.at_symbol("+", "-"):
            token = self.advance()
            if token.text == "-":
                minus = token if minus is None else None
        return minus

    def postfix(self, base: Tree) -> Tree:
        while True:
            if self.at_symbol("'"):
                base = Transpose(base, self.advance().at)
            elif self.token.kind is Kind.RAISED or self.at_symbol(*POWERS):
                base = self.power(base)
            else:
                return base

    def power(self, base: Tree) -> Tree:
        """One exponent, raised or after ``^``."""
        sign = self.advance()
        if sign.kind is Kind.RAISED:
            return self.raised(base, sign)
        if self.token.kind is Kind.RAISED:
            return self.raised(base, self.advance())
        if self.token.text == TRANSPOSED and TRANSPOSED not in self.names:
            return Transpose(base, self.advance().at)
        return Binary(sign.text, base, self.exponent(), sign.at)

    def raised(self, base: Tree, token: Token) -> Tree:
        """``²``, ``⁻¹``, ``ᵀ``, ``⁻ᵀ``."""
        digits = token.text.removesuffix(TRANSPOSED)
        if token.text == "-T":
            digits = "-1"
        if digits:
            if not digits.removeprefix("-").removeprefix("+").isdigit():
                raise self.error(f"{token.text!r} is no exponent", token)
            base = Binary("^", base, self.whole_number(digits, token), token.at)
        return Transpose(base, token.at) if token.text.endswith(TRANSPOSED) else base

    def exponent(self) -> Tree:
        """What stands after ``^``; a transposition after it belongs to the whole power."""
        self.deeper()
        minus = self.signs()
        base = self.atom()
        while self.at_symbol(*POWERS) or (self.token.kind is Kind.RAISED and TRANSPOSED not in self.token.text):
            base = self.power(base)
        self.depth -= 1
        return base if minus is None else Negative(base, minus.at)

    def atom(self) -> Tree:
        token = self.advance()
        match token.kind:
            case Kind.NUMBER:
                return self.number(token)
            case Kind.FUNCTION:
                return self.function(token)
            case Kind.NAME:
                return self.name(token)
            case Kind.SYMBOL if token.text == "(":
                return Group(self.enclosed(token)[0], token.at)
            case Kind.SYMBOL if token.text in BARS:
                return self.bars(token)
            case Kind.SYMBOL if token.text == "√":
                return self.root(token)
            case _:
                end = " at the end" if token.kind is Kind.END else ""
                raise self.error(f"a number, name or '(' is missing{end}", token)

    def enclosed(self, opened: Token) -> tuple[Tree, ...]:
        """What is inside ``( )``, at commas; bars inside start anew."""
        bars, self.open_bars = self.open_bars, 0
        inside = [self.expression()]
        while opened.kind is not Kind.SYMBOL and self.at_symbol(","):
            self.advance()
            inside.append(self.expression())
        self.expect(")", replace(opened, text="("))
        self.open_bars = bars
        return tuple(inside)

    def bars(self, opened: Token) -> Tree:
        self.open_bars += 1
        inside = self.expression()
        self.expect(opened.text, opened)
        self.open_bars -= 1
        return Call(BARS[opened.text], (inside,), opened.at)

    def root(self, sign: Token) -> Tree:
        self.deeper()
        inside = self.atom()
        self.depth -= 1
        if self.token.kind is Kind.RAISED or self.at_symbol("'", *POWERS):
            raise self.error("√ of a power can be read in two ways: write √(x^2) or (√x)^2", self.token)
        return Call("sqrt", (inside,), sign.at)

    def number(self, token: Token) -> Number:
        value = float(token.text)
        if not math.isfinite(value):
            raise self.error("the number is too large", token)
        whole = token.text.isdigit() and value < LARGEST_WHOLE
        return Number(int(token.text) if whole else value, token.at)

    def whole_number(self, digits: str, token: Token) -> Number:
        if len(digits) > len(str(LARGEST_WHOLE)) - 1:
            raise self.error("the number is too large", token)
        return Number(int(digits), token.at)

    # --- names and functions --------------------------------------------------------------------------

    def name(self, token: Token) -> Tree:
        name = token.text
        if name in self.names:
            return Name(name, token.at)
        if name in self.functions:
            return self.function(token)
        if self.at_symbol("(") and (len(name) > 1 or (name in FUNCTION_LETTERS and not self.token.spaced)):
            raise self.error(f"unknown function {name!r}{self._like(name)}; for a product write {name}*(…)", token)
        return Name(name, token.at)

    def function(self, token: Token) -> Tree:
        """A call; ``sin²(x)`` is ``(sin(x))²``."""
        name = token.text
        if name not in self.functions:
            raise self.error(f"unknown function {name!r}{self._like(name)}", token)
        exponent = self.power_of_function(token)
        if not self.at_symbol("("):
            raise self.error(f"{name} is a function; it needs its argument in brackets: {name}(…)", token)
        self.advance()
        call = Call(name, self.enclosed(replace(token, kind=Kind.FUNCTION)), token.at)
        return call if exponent is None else Binary("^", call, exponent, exponent.at)

    def power_of_function(self, function: Token) -> Number | None:
        if self.token.kind is Kind.RAISED:
            token = self.advance()
        elif self.at_symbol("^") and self.ahead().kind is Kind.NUMBER and self.ahead(2).text == "(":
            self.advance()
            token = self.advance()
        else:
            return None
        if not token.text.isdigit():
            raise self.error(
                f"{function.text} to this power can be read in several ways: write it after the argument", token
            )
        return self.whole_number(token.text, token)

    def _like(self, name: str) -> str:
        close = difflib.get_close_matches(name, [f for f in self.functions if f.isidentifier()], 1)
        return f", did you mean {close[0]!r}?" if close else ""
