"""Reads printed formulas back, as a person would, and computes them: an independent check of brackets and spaces.

Vectors are columns, ``ᵀ`` makes rows, factors side by side are matrix products unless one is a scalar. Index
notation and arrays of unstated size (I, 𝟏) are not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

UNREADABLE = re.compile(r"_[ijklpq]|𝟏|\bI\b|I[\[ᵀ]|\be_\d|; rows|where|\[i|DFT|‖_F|conj")
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
FUNCTIONS = {
    "tanh": np.tanh, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "Σ": np.sum, "√": np.sqrt,
    "diag": lambda v: np.diag(v[:, 0]), "diagvec": lambda a: np.diagonal(a)[:, None], "tr": np.trace,
    "softmax": lambda v: np.exp(v) / np.exp(v).sum(),
}  # fmt: skip
RELATIONS = {"<": np.less, "≤": np.less_equal, ">": np.greater, "≥": np.greater_equal, "=": np.equal, "≠": np.not_equal}
CLOSING = {"(": ")", "[": "]", "‖": "‖", "|": "|"}


def read(text: str, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """The value of a printed formula; vectors come back with one axis."""
    reader = _Reader(text, values)
    value = reader.choice()
    assert reader.token is None, f"{text!r}: not read from {reader.token!r} on"
    return value[:, 0] if np.ndim(value) == 2 and value.shape[1] == 1 else np.asarray(value)


class _Reader:
    def __init__(self, text: str, values: Mapping[str, np.ndarray]):
        self.values = values
        known = [*values, *FUNCTIONS, "if", "else"]
        words = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
        number = r"\d+\.?\d*(?:e[-+]?\d+)?"
        self.tokens = re.findall(rf"{words}|{number}|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|\^∘?|\S", text)
        assert "".join(self.tokens) == text.replace(" ", "").replace("\n", ""), (text, self.tokens)
        self.place = 0

    @property
    def token(self) -> str | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self, *expected: str) -> str:
        token = self.token
        assert token is not None, self.tokens
        assert not expected or token in expected, (token, expected, self.tokens)
        self.place += 1
        return token

    def choice(self):
        value = self.relation()
        if self.token == "if":
            self.take()
            condition = self.relation()
            self.take("else")
            return np.where(condition != 0, value, self.relation())
        return value

    def relation(self):
        left = self.sum()
        return 1.0 * RELATIONS[self.take()](left, self.sum()) if self.token in RELATIONS else left

    def sum(self):
        negative = self.token == "−"
        if negative:
            self.take()
        total = -self.entrywise() if negative else self.entrywise()
        while self.token in ("+", "−"):
            sign = self.take()
            term = self.entrywise()
            total = total + term if sign == "+" else total - term
        return total

    def entrywise(self):
        value = self.product()
        while self.token == "⊙":
            self.take()
            other = self.product()
            assert np.shape(value) == np.shape(other) or () in (np.shape(value), np.shape(other)), self.tokens
            value = value * other
        return value

    def product(self):
        value = self.factor()
        while self.starts_factor() or self.token in ("/", "⊘", "·"):
            sign = self.take() if self.token in ("/", "⊘", "·") else ""
            other = self.factor()
            if sign in ("/", "⊘"):
                value = value / other
            else:
                value = value * other if () in (np.shape(value), np.shape(other)) else _scalar(value @ other)
        return value

    def starts_factor(self) -> bool:
        t = self.token
        if t is None or t in ("if", "else"):
            return False
        opens = t in ("(", "[") or (t in "‖|" and not self.inside_bars)
        return opens or t in self.values or t in FUNCTIONS or t[0].isdecimal()

    inside_bars = False

    def factor(self):
        if self.token in ("Σ", "√"):
            return FUNCTIONS[self.take()](self.factor())
        return self.postfix(self.atom())

    def atom(self):
        token = self.take()
        if token in self.values:
            value = np.asarray(self.values[token])
            return value[:, None] if value.ndim == 1 else value
        if token in FUNCTIONS:
            power = self.take().translate(SUPERSCRIPTS) if self.token != "(" else "1"
            self.take("(")
            value = FUNCTIONS[token](self.choice())
            self.take(")")
            return value ** int(power)
        if token in CLOSING:
            outside, self.inside_bars = self.inside_bars, token in "‖|"
            value = self.choice()
            self.inside_bars = outside
            self.take(CLOSING[token])
            return {"(": value, "[": value, "‖": np.sqrt(np.sum(value * value)), "|": np.abs(value)}[token]
        assert token[0].isdecimal(), (token, self.tokens)
        return np.asarray(float(token))

    def postfix(self, value):
        while self.token is not None:
            if self.token == "ᵀ":
                self.take()
                value = value.T
            elif self.token[0] in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹":
                exponent = int(self.take().translate(SUPERSCRIPTS))
                is_square = np.ndim(value) == 2 and value.shape[0] == value.shape[1] > 1
                value = np.linalg.matrix_power(value, exponent) if is_square else value ** float(exponent)
            elif self.token[0] == "^":
                self.take()
                value = value ** self.atom()
            elif self.token == "[" and self.is_slice():
                value = self.sliced(value)
            else:
                break
        return value

    def is_slice(self) -> bool:
        inside = self.tokens[self.place + 1 : self.tokens.index("]", self.place)]
        return all(t == ":" or t == "-" or t.isdecimal() for t in inside)

    def sliced(self, value):
        self.take("[")
        inside = ""
        while self.token != "]":
            inside += self.take()
        self.take("]")
        if ":" not in inside:
            row = value[int(inside)]
            return row[0] if value.shape[1] == 1 else row[:, None]
        return value[slice(*(int(p) if p else None for p in inside.split(":")))]


def _scalar(value: np.ndarray) -> np.ndarray:
    return value[0, 0] if value.shape == (1, 1) else value
