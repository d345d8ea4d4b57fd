"""From tokens to a tree, by operator precedence (V. Pratt, "Top down operator precedence", 1973).

From loose to tight: ``a if c else b``; ``or xor and not``; relations; ``+ -``; ``⊙ ⊘ ⊗ .* ./``; then ``* / @`` and
juxtaposition, from left to right; then signs; then ``^ .^ '``, ``[…]`` and what is raised or lowered. Powers associate
to the right: ``2^3^2`` is 2⁹. What people read in two ways is refused: ``1/2x`` (with a space, ``1/2 x``, it is a half
of x), ``√x²``, ``sin 2x``, ``sin⁻¹(x)``, ``Σ x ⊙ y``.

Nothing is evaluated: input from anywhere is safe to parse. A tree has at most as many nodes as the text has
characters.
"""

from __future__ import annotations

from collections.abc import Collection

from .atoms import Atoms
from .calls import PRODUCT
from .cursor import STACKED, Vocabulary, defined_array
from .lexer import Kind, Space, Token
from .tree import RELATIONS, Binary, Bracket, Call, Definition, Entry, Name, Negative, Transpose, Tree, Where

OR, AND, NOT, RELATION, SUM, ENTRYWISE = 2, 3, 4, 5, 10, 15  # and then PRODUCT
BINDING = {
    "+": SUM, "-": SUM, ".*": ENTRYWISE, "./": ENTRYWISE, "⊗": ENTRYWISE, "*": PRODUCT, "·": PRODUCT, "/": PRODUCT,
    "@": PRODUCT, **dict.fromkeys(RELATIONS, RELATION),
}  # fmt: skip
WORD_BINDING = {"or_": OR, "xor": OR, "and_": AND, "mod": SUM + 1}
DENIAL = "not_"
POWERS = ("^", ".^")
TRANSPOSED = "T"
PSEUDOINVERSE = "+"
COMMUTATION, HALF = "commutation", "½"


def parse(text: str, functions: Collection[str], names: Collection[str] = ()) -> Tree:
    """The tree of a formula. A word of several letters that all are among `names` is their product.

    >>> from .tree import bracketed
    >>> bracketed(parse("2x^2 - Ab / 3", (), ("A", "b")))
    '((2 * (x ^ 2)) - ((A * b) / 3))'
    """
    return Parser(text, Vocabulary(functions, (), names)).whole()


class Parser(Atoms):
    """A formula's tree."""

    def whole(self) -> Tree:
        if self.at_end():
            raise self.error("the formula is empty", self.token)
        tree = self.choice()
        if self.at_where():
            tree = self.definitions(tree)
        if not self.at_end():
            raise self.error(self._left_over(), self.token)
        return tree

    def _left_over(self) -> str:
        token = self.token
        if token.kind is Kind.NUMBER:
            return "a number after a factor: write x*2, or x^2 for a power"
        if token.text in (")", "]"):
            return f"{token.text!r} closes nothing"
        if token.text == ",":
            return "',' stands between the arguments of a function only"
        if token.text == "=":
            return "an equation is not a formula: give one side of it, or write [a = b] for 1 where it holds"
        return f"unexpected {token.text!r}"

    def definitions(self, of: Tree) -> Tree:
        """``where p = softmax(x), r = Ax − b``; a new line is as good as a comma."""
        where = self.advance()
        found: list[Definition] = []
        while not self.at_end():
            if not self.at_definition():
                raise self.error("a definition is missing: name = …", self.token)
            name = self.advance()
            defined, letters = defined_array(name.text)
            if defined in [d.name for d in found] or defined in self.vocabulary.names:
                raise self.error(f"{defined} has a meaning already", name)
            found.append(Definition(defined, self.definition(letters, name), name.at))
            if self.at_symbol(","):
                self.advance()
            elif not self.at_end() and not self.at_definition():
                raise self.error(self._left_over(), self.token)
        return Where(tuple(found), of, where.at)

    def definition(self, letters: tuple[str, ...], name: Token) -> Tree:
        """What stands for a name: ``= …``, the entries of an array, or what a commutation matrix does."""
        stacked = self.postfix(self.atom()) if self.token.text == STACKED else None
        self.advance()  # the sign =
        body = self.choice()
        if stacked is None:
            return Bracket(body, letters, name.at) if letters else body
        match stacked, body:
            case Call(args=(Name(x) as of,)), Call(function="vec", args=(Transpose(Name(same)),)) if x == same:
                return Call(COMMUTATION, (of,), name.at)
        raise self.error("the commutation matrix is defined by K vec(X) = vec(Xᵀ)", name)

    # --- operators ------------------------------------------------------------------------------------

    def choice(self) -> Tree:
        """``a if condition else b``."""
        chosen = self.expression()
        if not self.at_word("if_"):
            return chosen
        sign = self.advance()
        self.conditions += 1
        condition = self.expression()
        self.conditions -= 1
        if not self.at_word("else_"):
            raise self.error("'else' is missing: write a if condition else b", self.token)
        self.advance()
        self.deeper()
        otherwise = self.choice()
        self.depth -= 1
        return Call("where", (condition, chosen, otherwise), sign.at)

    def expression(self, at_least: int = 0) -> Tree:
        """Everything whose operators bind at least as tightly as given."""
        self.deeper()
        left, last = self.operand(), ""
        while True:
            token = self.token
            binding = self.binding(token)
            if binding is not None and binding >= at_least:
                if binding == RELATION:
                    at_least = RELATION + 1 if at_least == RELATION else at_least
                    left = self.relation(left)
                    continue
                self.refuse_open(left, token)
                last = self.advance().text
                left = Binary(last, left, self.expression(binding + 1), token.at)
            elif at_least <= PRODUCT and self.starts_factor():
                if last == "/" and not token.spaced:
                    raise self.error(
                        "a/bc can be read as (a/b)c or a/(bc): use brackets, or a space for (a/b) c", token
                    )
                self.refuse_open(left, token)
                if token.space is Space.LINE and not self.conditions:
                    raise self.error("a product over two lines can be meant as two formulas: write *", token)
                left, last = Binary("·", left, self.expression(PRODUCT + 1), token.at), "·"
            else:
                self.depth -= 1
                return left

    def binding(self, token: Token) -> int | None:
        if token.kind is Kind.SYMBOL:
            if token.text == "=" and not self.conditions:
                return None
            return BINDING.get(token.text)
        if token.kind is Kind.NAME and token.text not in self.names:
            return WORD_BINDING.get(token.text)
        return None

    def relation(self, left: Tree) -> Tree:
        """``a < b``; a chain of them can mean two things."""
        sign = self.advance()
        right = self.expression(RELATION + 1)
        if self.at_symbol(*RELATIONS):
            raise self.error("two relations in a row: write (a < b) and (b < c)", self.token)
        return Binary(sign.text, left, right, sign.at)

    def operand(self) -> Tree:
        """A factor with its signs: −x² is −(x²)."""
        if self.at_word(DENIAL):
            at = self.advance().at
            return Call("not", (self.expression(NOT),), at)
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

    # --- what follows an atom -------------------------------------------------------------------------

    def postfix(self, base: Tree) -> Tree:
        while True:
            if self.at_symbol("'", ".T"):
                base = Transpose(base, self.advance().at)
            elif self.token.kind is Kind.RAISED or self.at_symbol(*POWERS):
                base = self.power(base)
            elif self.token.kind is Kind.LOWERED:
                base = Entry(base, self.lowered_letters(), self.ahead(-1).at)
            elif self.token.kind is Kind.METHOD:
                base = self.method(base)
            elif self.starts_part(base):
                base = self.part(base)
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
        if self.at_symbol(HALF):
            self.advance()
            return Call(HALF, (base,), sign.at)
        return Binary(sign.text, base, self.exponent(), sign.at)

    def raised(self, base: Tree, token: Token) -> Tree:
        """``²``, ``⁻¹``, ``ᵀ``, ``⁻ᵀ``, ``⁺``."""
        digits = token.text.removesuffix(TRANSPOSED)
        if token.text == "-T":
            digits = "-1"
        if digits == PSEUDOINVERSE:
            base = Call("pinv", (base,), token.at)
        elif digits:
            if not digits.removeprefix("-").removeprefix("+").isdigit():
                raise self.error(f"{token.text!r} is no exponent", token)
            base = Binary("^", base, self.whole_number(digits, token), token.at)
        return Transpose(base, token.at) if token.text.endswith(TRANSPOSED) else base

    def exponent(self) -> Tree:
        """What stands after ``^``; a transposition after it belongs to the whole power."""
        self.deeper()
        minus = self.signs()
        base = self.atom()
        while self.starts_part(base):
            base = self.part(base)
        while self.at_symbol(*POWERS) or (self.token.kind is Kind.RAISED and TRANSPOSED not in self.token.text):
            base = self.power(base)
        self.depth -= 1
        return base if minus is None else Negative(base, minus.at)
