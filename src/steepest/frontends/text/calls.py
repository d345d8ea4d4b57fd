"""Names and functions in a formula: what is a call, and what it is given."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace

from .cursor import Cursor, Vocabulary, index_letters
from .known import ARRAYS, is_constant
from .lexer import Kind, Token
from .token_cursor import did_you_mean
from .tree import LARGEST_WHOLE, Binary, Call, Name, Negative, Number, SumOver, Tree

PRODUCT = 20  # as tightly as a product binds: how far a sum over indices reaches
BARS = {"|": "|…|", "||": "‖…‖"}  # the functions they stand for
FUNCTION_LETTERS = frozenset("fgh")  # f(x) is f of x, not f times x
LONGEST_WORD = 4  # of words: "transposed right singular vectors"
SUM_WORD = "sum_"
CONSTANT_NAMES = frozenset({"pi", "e"})  # np.pi
SETTINGS = {"True_": True, "False_": False, "None_": None, "True": True, "False": False, "None": None}
AXIS, ROWS = "axis", "rows"
SETTING_NAMES = frozenset({AXIS, "keepdims", "ord", "ddof", "dtype", "initial"})
REDUCTIONS = frozenset({"sum", "mean", "max", "min", "prod", "var", "std"})
# np.linalg.slogdet(A)[1]: functions with two results, of which one is asked for.
PARTS_OF_RESULTS = {("slogdet", 0): "sign det", ("slogdet", 1): "logdet"}
WITH_PARTS = frozenset(name for name, _ in PARTS_OF_RESULTS)
Settings = tuple[tuple[str, "int | bool | None"], ...]


class Calls(Cursor, ABC):
    """The part of the grammar that begins with a name."""

    def __init__(self, text: str, vocabulary: Vocabulary):
        super().__init__(text, vocabulary)
        self.open_bars: list[str] = []  # inside |…| the next such bar closes
        self.conditions = 0  # how many brackets around, in which a = b is a condition

    @abstractmethod
    def expression(self, at_least: int = 0) -> Tree: ...

    @abstractmethod
    def choice(self) -> Tree: ...

    @abstractmethod
    def atom(self) -> Tree: ...

    def name(self, token: Token) -> Tree:
        name = token.text
        if name in self.names:
            if name in self.vocabulary.functions and self.at_symbol("(") and not self.token.spaced:
                raise self.error(f"{name} is a variable here, and a function: for a product write {name}*(…)", token)
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
            if token.kind is Kind.FUNCTION:
                call = self.with_axis(call, opened)
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
            if self.at_word(*SETTING_NAMES) and self.ahead().text == "=":
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
            return Call("shape", (base,), token.at, ((AXIS, axis),))
        if token.text not in self.vocabulary.functions:
            raise self.error(f"unknown method {token.text!r}{self.like(token.text)}", token)
        opened = self.advance()
        if self.at_symbol(")"):
            self.advance()
            return Call(token.text, (base,), token.at)
        args, settings = self.arguments(opened)
        return self.with_axis(Call(token.text, (base, *args), token.at, settings), opened)

    def with_axis(self, call: Call, opened: Token) -> Call:
        """NumPy's ``np.max(A, 0)``: the second argument is an axis, where mathematics has max(a, b)."""
        if call.function not in REDUCTIONS or len(call.args) < 2:
            return call
        match call.args[1:]:
            case (Number(int(axis)),):
                return Call(call.function, call.args[:1], call.at, ((AXIS, axis), *call.settings))
            case (Negative(Number(int(axis))),):
                return Call(call.function, call.args[:1], call.at, ((AXIS, -axis), *call.settings))
        entrywise = (
            f", or {call.function}imum for the {call.function} of two" if call.function in ("max", "min") else ""
        )
        raise self.error(f"the second argument of NumPy's {call.function} is an axis: write axis=0{entrywise}", opened)

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

    def row_wise(self) -> Settings:
        """``; rows``: for each row of a matrix."""
        if not self.at_symbol(";"):
            return ()
        self.advance()
        if not (self.token.kind is Kind.NAME and self.token.text == ROWS):
            raise self.error("only 'rows' stands after ';': softmax(X; rows)", self.token)
        self.advance()
        return ((AXIS, -1),)

    def position(self) -> int | None:
        """A plain whole number, if one stands here."""
        negative = self.at_symbol("-")
        token = self.ahead() if negative else self.token
        if token.kind is not Kind.NUMBER or not token.text.isdigit():
            return None
        self.place += 1 + negative
        value = int(self.whole_number(token.text, token).value)
        return -value if negative else value

    def whole_number(self, digits: str, token: Token) -> Number:
        if len(digits) > len(str(LARGEST_WHOLE)) - 1:
            raise self.error("the number is too large", token)
        return Number(int(digits), token.at)

    def like(self, name: str) -> str:
        known = [*self.vocabulary.functions, *self.vocabulary.before_brackets]
        return did_you_mean(name, [word for word in known if word.isidentifier()])
