"""The atoms of a formula: numbers, names, brackets of all kinds, calls of functions, sums over indices."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace

from .cursor import WORDS, Cursor, Vocabulary, closest, index_letters
from .known import ARRAYS, is_constant
from .lexer import Kind, Token
from .spelling import ONES
from .tree import Binary, Bracket, Call, Group, Name, Number, Part, Slice, SumOver, Tree

PRODUCT = 20  # as tightly as a product binds: how far a sum over indices reaches
BARS = {"|": "|…|", "||": "‖…‖"}  # the functions they stand for
ROUNDED = {"⌊": ("⌋", "floor"), "⌈": ("⌉", "ceil")}
NORMS = {"F": "normF", "1": "norm1", "2": "‖…‖"}
FUNCTION_LETTERS = frozenset("fgh")  # f(x) is f of x, not f times x
LARGEST_WHOLE = 2**53
LONGEST_WORD = 3  # of words: "left singular vectors"
SUM_SIGN, SUM_WORD = "Σ", "sum_"
CONSTANT_NAMES = frozenset({"pi", "e"})  # np.pi
SETTINGS = {"True_": True, "False_": False, "None_": None, "True": True, "False": False, "None": None}
ROWS = "rows"
# np.linalg.slogdet(A)[1]: functions with two results, of which one is asked for.
PARTS_OF_RESULTS = {("slogdet", 0): "sign det", ("slogdet", 1): "logdet"}
WITH_PARTS = frozenset(name for name, _ in PARTS_OF_RESULTS)
Settings = tuple[tuple[str, "int | bool | None"], ...]


class Atoms(Cursor, ABC):
    def __init__(self, text: str, vocabulary: Vocabulary):
        super().__init__(text, vocabulary)
        self.open_bars: list[str] = []  # inside |…| the next such bar closes
        self.conditions = 0  # how many brackets around, in which a = b is a condition

    @abstractmethod
    def expression(self, at_least: int = 0) -> Tree: ...

    @abstractmethod
    def choice(self) -> Tree: ...

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
            case _:
                end = " at the end" if token.kind is Kind.END else ""
                raise self.error(f"a number, name or '(' is missing{end}", token)

    # --- brackets -------------------------------------------------------------------------------------

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

    def row_wise(self) -> Settings:
        """``; rows``: for each row of a matrix."""
        if not self.at_symbol(";"):
            return ()
        self.advance()
        if not (self.token.kind is Kind.NAME and self.token.text == ROWS):
            raise self.error("only 'rows' stands after ';': softmax(X; rows)", self.token)
        self.advance()
        return (("axis", -1),)

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

    def whole_number(self, digits: str, token: Token) -> Number:
        if len(digits) > len(str(LARGEST_WHOLE)) - 1:
            raise self.error("the number is too large", token)
        return Number(int(digits), token.at)

    # --- sums and indices -----------------------------------------------------------------------------

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
        of = left.args[0] if isinstance(left, Call) and left.function == SUM_SIGN else None
        if of is not None and not isinstance(of, Group) and token.text not in ("+", "-", "/"):
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

    def position(self) -> int | None:
        """A plain whole number, if one stands here."""
        negative = self.at_symbol("-")
        token = self.ahead() if negative else self.token
        if token.kind is not Kind.NUMBER or not token.text.isdigit():
            return None
        self.place += 1 + negative
        value = int(self.whole_number(token.text, token).value)
        return -value if negative else value

    # --- names and functions --------------------------------------------------------------------------

    def name(self, token: Token) -> Tree:
        name = token.text
        if name in self.names:
            return Name(name, token.at)
        if name.startswith(SUM_WORD) and (letters := index_letters(name.removeprefix(SUM_WORD))):
            self.deeper()
            tree = SumOver(letters, self.expression(PRODUCT), token.at)
            self.depth -= 1
            return tree
        if name in self.vocabulary.functions:
            return self.function(token)
        if (known := self.known_before_bracket(token)) is not None:
            return self.function(known)
        if self.at_symbol("(") and not self.is_product(token):
            raise self.error(f"unknown function {name!r}{self.like(name)}; for a product write {name}*(…)", token)
        return Name(name, token.at)

    def is_product(self, name: Token) -> bool:
        """Whether a bracket after a name that nobody declared is a factor: ``x (y + 1)``, ``X_ij (…)``."""
        if len(name.text) == 1 or is_constant(name.text):
            return self.token.spaced or name.text not in FUNCTION_LETTERS
        base, _, below = name.text.rpartition("_")
        return self.token.spaced and bool(base) and bool(index_letters(below))

    def known_before_bracket(self, token: Token) -> Token | None:
        """The token of a function of one or several words, if a bracket follows them (perhaps after an exponent)."""
        words = token.text
        for count in range(LONGEST_WORD):
            following = self.ahead(count)
            if words in ARRAYS and following.spaced:
                return None
            raised = following.kind is Kind.RAISED and self.ahead(count + 1).text == "("
            raised = raised or (following.text == "^" and self.ahead(count + 2).text == "(")
            if (following.text == "(" or raised) and words in self.vocabulary.before_brackets:
                self.place += count
                return replace(token, text=words)
            if following.kind is not Kind.NAME:
                return None
            words += f" {following.text}"
        return None

    def function(self, token: Token) -> Tree:
        """A call; ``sin²(x)`` is ``(sin(x))²``, ``log |x|`` and ``log det(A)`` need no brackets."""
        name = self.function_name(token)
        if token.kind is Kind.FUNCTION and name in CONSTANT_NAMES and not self.at_symbol("("):
            return Number(getattr(math, name), token.at)
        exponent = self.power_of_function(token)
        if self.at_symbol("("):
            opened = self.advance()
            args, settings = self.arguments(opened)
            call = Call(name, args, token.at, settings)
            if name in WITH_PARTS and not self.at_symbol("["):
                raise self.error(f"{name} has two results: write {name}(…)[1], or logdet", token)
        elif self.at_symbol(*BARS) or (self.token.kind is Kind.NAME and self.at_word(*self.vocabulary.functions)):
            self.deeper()
            call = Call(name, (self.atom(),), token.at)
            self.depth -= 1
            if self.token.kind is Kind.RAISED or self.at_symbol("'", ".T", "^", ".^"):
                raise self.error(f"a power after {name} … can be read in two ways: use brackets", self.token)
        else:
            raise self.error(f"{name} is a function; it needs its argument in brackets: {name}(…)", token)
        if exponent is None:
            return call
        return Binary("^" if name in self.vocabulary.of_matrices else ".^", call, exponent, exponent.at)

    def function_name(self, token: Token) -> str:
        """The function a token names; ``linalg.norm`` may differ from ``norm``."""
        known = (self.vocabulary.functions, self.vocabulary.before_brackets, CONSTANT_NAMES, WITH_PARTS)
        for name in (token.text, token.text.rpartition(".")[2]):
            if any(name in names for names in known):
                return name
        name = token.text.rpartition(".")[2]
        raise self.error(f"unknown function {name!r}{self.like(name)}", token)

    def arguments(self, opened: Token) -> tuple[tuple[Tree, ...], Settings]:
        """What is inside the brackets of a call: arguments, then settings."""
        bars, self.open_bars = self.open_bars, []
        self.conditions += 1
        args: list[Tree] = []
        settings: list[tuple[str, int | bool | None]] = []
        while True:
            if self.token.kind is Kind.NAME and self.ahead().text == "=" and self.is_setting(self.ahead(2)):
                settings.append(self.setting())
            elif settings:
                raise self.error("an argument after a setting: settings stand last", self.token)
            else:
                args.append(self.choice())
            if not self.at_symbol(","):
                break
            self.advance()
        settings.extend(self.row_wise())
        self.expect(")", opened)
        self.conditions -= 1
        self.open_bars = bars
        return tuple(args), tuple(settings)

    def is_setting(self, value: Token) -> bool:
        return value.text in SETTINGS or value.kind is Kind.NUMBER or value.text == "-"

    def setting(self) -> tuple[str, int | bool | None]:
        name = self.advance().text
        self.advance()
        token = self.token
        value = self.position()
        if value is not None:
            return name, value
        if token.text not in SETTINGS:
            raise self.error("the value of a setting is a whole number, True, False or None", token)
        self.advance()
        return name, SETTINGS[token.text]

    def method(self, base: Tree) -> Tree:
        """``x.sum()``, ``X.shape[0]``."""
        token = self.advance()
        if token.text == "shape":
            opened = self.token
            if not self.at_symbol("["):
                raise self.error("the shape of an array is no number: write X.shape[0]", token)
            self.advance()
            axis = self.position()
            self.expect("]", opened)
            if axis is None:
                raise self.error("the number of an axis is missing: X.shape[0]", opened)
            return Call("shape", (base,), token.at, (("axis", axis),))
        if token.text not in self.vocabulary.functions:
            raise self.error(f"unknown method {token.text!r}{self.like(token.text)}", token)
        opened = self.advance()
        if self.at_symbol(")"):
            self.advance()
            return Call(token.text, (base,), token.at)
        args, settings = self.arguments(opened)
        return Call(token.text, (base, *args), token.at, settings)

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

    def like(self, name: str) -> str:
        return closest(name, [*self.vocabulary.functions, *self.vocabulary.before_brackets])
