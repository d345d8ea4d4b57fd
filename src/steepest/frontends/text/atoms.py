"""The atoms of a formula: numbers, names, brackets of all kinds, sums over indices."""

from __future__ import annotations

import math
from abc import abstractmethod

from .calls import BARS, PARTS_OF_RESULTS, PRODUCT, WITH_PARTS, Calls
from .cursor import WORDS, index_letters
from .lexer import Kind, Token
from .spelling import ONES
from .tree import LARGEST_WHOLE, Bracket, Call, Group, Name, Number, Part, Slice, SumOver, Tree

ROUNDED = {"⌊": ("⌋", "floor"), "⌈": ("⌉", "ceil")}
NORMS = {"F": "normF", "1": "norm1", "2": "‖…‖"}
SUM_SIGN = "Σ"


class Atoms(Calls):
    """What a formula is made of between its operators."""

    @abstractmethod
    def postfix(self, base: Tree) -> Tree: ...

    def starts_factor(self) -> bool:
        """Whether the next token is a second factor, as in ``2 x`` or ``a (b + c)``."""
        token = self.token
        if token.kind is Kind.NAME:
            return not (self.at_word(*WORDS) or self.at_definition() or self.at_where())
        if self.at_symbol(*BARS):
            return not self.open_bars or self.open_bars[-1] != token.text
        return token.kind is Kind.FUNCTION or self.at_symbol("(", "[", "√", SUM_SIGN, ONES, *ROUNDED)

    def atom(self) -> Tree:
        token = self.advance()
        match token.kind:
            case Kind.NUMBER:
                return self.number(token)
            case Kind.FUNCTION:
                return self.function(token)
            case Kind.NAME if token.text not in WORDS or token.text in self.names:
                return self.name(token)
            case Kind.SYMBOL if token.text == "(":
                return Group(self.enclosed(token, ")"), token.at)
            case Kind.SYMBOL if token.text == "[":
                return Bracket(self.enclosed(token, "]"), self.lowered_letters(), token.at)
            case Kind.SYMBOL if token.text in BARS:
                return self.bars(token)
            case Kind.SYMBOL if token.text in ROUNDED:
                closing, name = ROUNDED[token.text]
                return Call(name, (self.enclosed(token, closing),), token.at)
            case Kind.SYMBOL if token.text == "√":
                return self.root(token)
            case Kind.SYMBOL if token.text == SUM_SIGN:
                return self.sum_sign(token)
            case Kind.SYMBOL if token.text == ONES:
                return Name(ONES + self.below(), token.at)
            case Kind.NAME if token.text == "if_":
                raise self.error("a choice is written a if condition else b", token)
            case _:
                end = " at the end" if token.kind is Kind.END else ""
                raise self.error(f"a number, name or '(' is missing{end}", token)

    def enclosed(self, opened: Token, closing: str) -> Tree:
        """What is inside brackets, where bars start anew."""
        bars, self.open_bars = self.open_bars, []
        self.conditions += 1
        inside = self.choice()
        self.expect(closing, opened)
        self.conditions -= 1
        self.open_bars = bars
        return inside

    def bars(self, opened: Token) -> Tree:
        """``|x|``, ``|det A|``, ``‖x‖``, ``‖A‖_F``."""
        self.open_bars.append(opened.text)
        if self.at_word("det") and self.ahead().text != "(":
            at = self.advance().at
            inside: Tree = Call("det", (self.expression(),), at)
        else:
            inside = self.choice()
        settings = self.row_wise()
        self.expect(opened.text, opened)
        self.open_bars.pop()
        name = BARS[opened.text]
        if opened.text == "||" and self.token.kind is Kind.LOWERED:
            kind = self.advance()
            if kind.text not in NORMS:
                raise self.error(f"the norms are ‖x‖, ‖x‖_1 and ‖X‖_F, not ‖…‖_{kind.text}", kind)
            name = NORMS[kind.text]
        return Call(name, (inside,), opened.at, settings)

    def root(self, sign: Token) -> Tree:
        self.deeper()
        inside = self.atom()
        self.depth -= 1
        if self.token.kind is Kind.RAISED or self.at_symbol("'", ".T", "^", ".^"):
            raise self.error("√ of a power can be read in two ways: write √(x^2) or (√x)^2", self.token)
        return Call("sqrt", (inside,), sign.at)

    def number(self, token: Token) -> Number:
        value = float(token.text)
        if not math.isfinite(value):
            raise self.error("the number is too large", token)
        whole = token.text.isdigit() and value < LARGEST_WHOLE
        return Number(int(token.text) if whole else value, token.at)

    def sum_sign(self, sign: Token) -> Tree:
        """``Σ_ij …`` reaches as far as a product does; ``Σ x`` is the sum of the entries of x alone."""
        if "Sigma" in self.names and self.token.kind is not Kind.LOWERED:
            return Name("Sigma", sign.at)
        letters, count = self.counted_letters()
        self.deeper()
        if letters:
            tree: Tree = SumOver(letters, self.expression(PRODUCT), sign.at, count)
        else:
            tree = Call(SUM_SIGN, (self.postfix(self.atom()),), sign.at)
        self.depth -= 1
        return tree

    def refuse_open(self, left: Tree, token: Token) -> None:
        """``Σ x ⊙ y`` is read in two ways; a quotient by a number is the same in both."""
        if is_open_sum(left) and token.text not in ("+", "-", "/"):
            raise self.error("Σ x y can be read as (Σ x) y or Σ(x y): use brackets", token)

    def counted_letters(self) -> tuple[tuple[str, ...], str]:
        """The letters of a sum, and the size they count to if it is written: ``Σ_i=n``."""
        if self.token.kind is not Kind.LOWERED or "=" not in self.token.text:
            return self.lowered_letters(), ""
        token = self.advance()
        written, count = token.text.split("=", 1)
        letters = index_letters(written)
        if len(letters) != 1 or not count:
            raise self.error("one letter counts up to one size, as in Σ_i=n", token)
        return letters, count

    def lowered_letters(self) -> tuple[str, ...]:
        if self.token.kind is not Kind.LOWERED:
            return ()
        token = self.advance()
        letters = index_letters(token.text)
        if not letters:
            raise self.error(f"{token.text!r} is no index: indices are letters, positions stand in [ ]", token)
        return letters

    def below(self) -> str:
        """``_n``, if it stands here."""
        return f"_{self.advance().text}" if self.token.kind is Kind.LOWERED else ""

    def starts_part(self, base: Tree) -> bool:
        return self.at_symbol("[") and not self.token.spaced and not isinstance(base, Number)

    def part(self, base: Tree) -> Tree:
        """``x[0]``, ``x[1:]``, ``X[:, 0]``, ``x[argmax(x)]``."""
        opened = self.advance()
        items: list[Slice | int | None] = []
        computed: list[Tree] = []
        while True:
            item = self.item()
            if item is None:
                computed.append(self.choice())
            items.append(item)
            if not self.at_symbol(","):
                break
            self.advance()
        self.expect("]", opened)
        (first, *rest) = items
        if isinstance(base, Call) and not rest and isinstance(first, int) and base.function in WITH_PARTS:
            name = PARTS_OF_RESULTS.get((base.function, first))
            if name is None:
                raise self.error(f"{base.function} has two results, [0] and [1]", opened)
            return Call(name, base.args, base.at)
        return Part(base, tuple(items), tuple(computed), opened.at)

    def item(self) -> Slice | int | None:
        """A position or slice of plain numbers; None if something is to be computed."""
        place = self.place
        bounds: list[int | None] = [self.position()]
        while self.at_symbol(":") and len(bounds) < 3:
            self.advance()
            bounds.append(self.position())
        if not self.at_symbol(",", "]"):
            self.place = place
            return None
        if len(bounds) > 1:
            start, stop, step = (*bounds, None)[:3]
            if step == 0:
                raise self.error("the step of a slice is not 0", self.token)
            return Slice(start, stop, step)
        return bounds[0]


def is_open_sum(tree: Tree) -> bool:
    """``Σ x``, of which one may wonder how far it reaches; not ``Σ(x)``."""
    return isinstance(tree, Call) and tree.function == SUM_SIGN and not isinstance(tree.args[0], Group)
