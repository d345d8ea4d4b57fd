"""Formulas as text: Unicode for people, and plain ASCII where nothing else can be shown.

>>> from steepest.formula.notation import Number
>>> from steepest.expr.number import constant
>>> UNICODE.write(Number(constant(0.5)))
'1/2'
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from steepest.expr.node import Constant, Monomial, Number
from steepest.expr.number import constant
from steepest.ops.linalg_inverse import inverse
from steepest.ops.operation import Operation

from . import notation as nt
from .glyphs import Binding, Glyphs, Printed
from .named_numbers import Name
from .names import ascii_name
from .notation import Notation
from .patterns import has_outside_brackets
from .rank import rank
from .ratio import plain_number, ratio
from .sign import NUMBER_ONE, is_monomial, split_number, whole, with_number
from .writer import Writer

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ"
_LETTER = rf"[^\W\d_{_RAISED}][₀-₉′']*"  # a one-letter name, perhaps numbered
_ONE_LETTER = re.compile(rf"(?:𝟏|{_LETTER})(?![^\W{_RAISED}])")
_WORD = re.compile(rf"[^\W\d_{_RAISED}][^\W_{_RAISED}]+(?![^\W{_RAISED}])")  # a longer name, without an index
_CHANGE = re.compile(r"d [\w‖|√Σ(]")  # of a function: d exp(u)
_CALL = re.compile(r"\w+\(")
_MATRIX = re.compile(rf"[A-ZΓΔΘΛΞΦΨΩ][₀-₉′']*[{_RAISED}']*|(?:𝟏|{_LETTER})[ᵀ']|\(.*\)[{_RAISED}']*")

UNICODE_GLYPHS = Glyphs(
    minus="−", differential="d", rate="d/d{0} {1}", difference="Δ", limit="lim {0}→0 {1}",
    entrywise="⊙", dot="·", ones="𝟏", identity="I", delta="δ", transpose="{0}ᵀ",
    inverse_transpose="{0}⁻ᵀ", kronecker="{0} ⊗ {1}", vec="vec({0})",
    diagonal="diag({0})", diagonal_of="diagvec({0})", trace="tr({0})", total="Σ",
    norm="‖{0}‖", norm1="‖{0}‖₁", frobenius="‖{0}‖_F",
    squared="²", row="; rows", iverson="[{0}]", bracket="({0})", basis="e_{0}", fourier="DFT",
    fourier_conjugate="conj(DFT)", relations={"<": "<", "≤": "≤", ">": ">", "≥": "≥", "=": "=", "≠": "≠"},
)  # fmt: skip
ASCII_GLYPHS = Glyphs(
    minus="-", differential="d", rate="d/d{0} {1}", difference="Delta ", limit="lim {0}->0 {1}",
    entrywise=".*", dot="*", ones="ones", identity="I", delta="delta", transpose="{0}'",
    inverse_transpose="{0}^(-T)", kronecker="kron({0}, {1})", vec="vec({0})",
    diagonal="diag({0})", diagonal_of="diagvec({0})", trace="tr({0})", total="sum", norm="||{0}||", norm1="||{0}||_1",
    frobenius="||{0}||_F", squared="^2", row="; rows", iverson="[{0}]", bracket="({0})", basis="e_{0}", fourier="DFT",
    fourier_conjugate="conj(DFT)", relations={"<": "<", "≤": "<=", ">": ">", "≥": ">=", "=": "==", "≠": "!="},
)  # fmt: skip
# how operations print where their signs are not to be had
IN_WORDS = {
    "σ": "sigmoid", "√{0}": "sqrt", "‖{0}‖": "norm", "⌊{0}⌋": "floor", "⌈{0}⌉": "ceil",
    "⌊{0} / {1}⌋": "floor({0} / {1})", "{0}⁻¹": "inv", "|{0}|": "abs", "{0} ≤ {1}": "{0} <= {1}",
    "{0} ≠ {1}": "{0} != {1}",
}  # fmt: skip


BARS = "|{0}|"


class TextWriter(Writer):
    """Text with the given glyphs. `patterns` replaces how single operations print, by their pattern."""

    def __init__(self, glyphs: Glyphs, patterns: Mapping[str, str]):
        self.glyphs = glyphs
        self.patterns = patterns

    def name(self, name: str) -> str:
        return name

    def raised(self, base: str, exponent: int) -> str:
        return base + str(exponent).translate(_SUPERSCRIPTS)

    def number(self, c: Constant) -> Printed:
        r, found = ratio(c), self.named_form(c)
        if found is not None:
            name = [self.name_of_number(found.name)]
            above, below = ([], name) if found.is_below else (name, [])
            over = self.factors(found.over, above, r.sizes_over)
            under = self.factors(found.under, below, r.sizes_under)
        else:
            over, under = self.factors(r.over, [], r.sizes_over), self.factors(r.under, [], r.sizes_under)
        if under == ["1"]:
            return self.chain(over), Binding.ATOM if len(over) == 1 else Binding.PRODUCT
        below_line = self.chain(under) if len(under) == 1 else f"({self.chain(under)})"
        return f"{self.chain(over)}/{below_line}", Binding.QUOTIENT

    def factors(self, value: Number, names: Sequence[str], sizes: Monomial) -> list[str]:
        """A number, named numbers and sizes, as they stand side by side."""
        written = re.sub("^-", self.glyphs.minus, plain_number(value))
        found = [*names, *(d.name if e == 1 else self.raised(d.name, e) for d, e in sizes)]
        return [written, *found] if value != 1 or not found else found

    def name_of_number(self, name: Name) -> str:
        return name.text

    def chain(self, factors: Sequence[str], apart: Collection[int] = ()) -> str:
        text = factors[0]
        for k, (left, right) in enumerate(pairwise(factors), start=1):
            between = separator(left, right).replace("·", self.times)
            text += (between or (" " if k in apart else "")) + right
        return text

    def needs_space(self, left: str, right: str) -> bool:
        """Not beside a bracket, and 𝟏𝟏ᵀ is read as one sign."""
        return not right.startswith("(") and left.rstrip(f"{_RAISED}'")[-1:] not in (")", "𝟏")

    def within(self, pattern: str, text: str) -> str:
        """In brackets if it has bars like those around it: ``‖(‖a‖ x)‖``."""
        bar = next((c for c in "‖|" if c in pattern), None)
        return self.glyphs.bracket.format(text) if bar is not None and has_outside_brackets(bar, text) else text

    entrywise_quotient = " ⊘ "

    def quotient(self, n: nt.Quotient) -> Printed:
        number, rest = split_number(n.over)
        found = self.named_form(number)
        if found is not None and found.is_below and rank(n.under) < 2:  # 1/(x log(10)) rather than (1/log(10))/x
            over = self.at_least(with_number(constant(found.over, number.sizes), rest), Binding.PRODUCT)
            name = self.name_of_number(found.name)
            if n.under == NUMBER_ONE:
                return f"{over}/{name if found.under == 1 else f'({found.under}{name})'}", Binding.QUOTIENT
            below = self.factors(found.under, [self.at_least(n.under, Binding.ROOT), name], ())
            return f"{over}/({self.chain(below)})", Binding.QUOTIENT
        sign = self.entrywise_quotient if rank(n.under) >= 2 else "/"
        return f"{self.at_least(n.over, Binding.PRODUCT)}{sign}{self.denominator(n.under)}", Binding.QUOTIENT

    def product(self, n: Notation) -> Printed:
        """``x²/2`` rather than ``1/2 x²``, ``exp(x)/√(2π)`` rather than ``1/√(2π) exp(x)``."""
        number, rest = split_number(n)
        found = self.named_form(number)
        if found is not None and found.is_below and rest != NUMBER_ONE:
            return self.quotient(nt.Quotient(n, NUMBER_ONE))
        r = ratio(number)
        if r.under != 1 and found is None and not number.sizes and is_monomial(rest):
            return self.quotient(nt.Quotient(with_number(constant(r.over), rest), nt.Number(constant(r.under))))
        return super().product(n)

    def difference_quotient(self, n: nt.DifferenceQuotient) -> Printed:
        apart, text = self.changed(n.of)
        change = f"{self.glyphs.difference}{' ' if apart else ''}{text}"
        return f"{change}/{self.at_least(n.step, Binding.POSTFIX)}", Binding.QUOTIENT

    def entrywise(self, factors: Sequence[Notation]) -> Printed:
        return super().entrywise([f for factor in factors for f in self.repeated(factor)])

    def repeated(self, n: Notation) -> list[Notation]:
        """``A ⊙ A`` for the square of a matrix entry by entry, which A² is not."""
        match n:
            case nt.Power(nt.Symbol() | nt.Transpose() as base, nt.Number(exponent)) if rank(base) == 2:
                return [base] * whole(exponent) if whole(exponent) in (2, 3) else [n]
        return [n]

    def power(self, n: nt.Power) -> Printed:
        exponent = n.exponent.of.value if isinstance(n.exponent, nt.Number) and not n.exponent.of.sizes else None
        base = self.at_least(n.base, Binding.ATOM)
        named = re.match(r"[^\W\d_]+[\w]*(?=\()", base) if isinstance(n.base, nt.Function) else None
        if named and type(exponent) is int and exponent > 1:
            return self.raised(named[0], exponent) + base[named.end() :], Binding.ATOM
        if rank(n) >= 2:
            if len(repeated := self.repeated(n)) > 1:
                return self.entrywise(repeated)
            return f"{base}{self.entrywise_power}{self.exponent(n.exponent)}", Binding.POSTFIX
        if type(exponent) is int:
            return self.raised(base, exponent), Binding.POSTFIX
        return f"{base}^{self.exponent(n.exponent)}", Binding.POSTFIX

    def matrix_power(self, base: Notation, exponent: int) -> str:
        return self.raised(self.at_least(base, Binding.ATOM), exponent)

    def kronecker(self, n: nt.Kronecker) -> Printed:
        writer, *sides = self.sides(n)
        return self.glyphs.kronecker.format(*(writer.at_least(s, Binding.PRODUCT) for s in sides)), Binding.ENTRYWISE

    entrywise_power = "^∘"
    times = "·"

    def exponent(self, n: Notation) -> str:
        return self.at_least(n, Binding.ATOM)

    def subscripted(self, base: str, letters: nt.Letters) -> str:
        return f"{base}_{''.join(letters)}" if letters else base

    def sum_sign(self, letters: nt.Letters) -> str:
        return f"{self.glyphs.total}_{''.join(letters)}"

    def cases(self, n: nt.Cases) -> Printed:
        chosen, otherwise = (self.at_least(a, Binding.SUM) for a in (n.chosen, n.otherwise))
        return f"{chosen} if {self.inside(n.condition)} else {otherwise}", Binding.RELATION

    def function(self, n: nt.Function) -> Printed:
        """The bars around a matrix might be read as its determinant: ``abs(A)``."""
        if self.pattern_of(n.op) == BARS and rank(n) >= 2:
            return self.applied(n.op.name, [self.argument(n, a) for a in n.args]), Binding.ATOM
        return super().function(n)

    def pattern_of(self, op: Operation) -> str:
        return IN_WORDS[op.text] if op.text in self.taken else self.patterns.get(op.text, op.text)

    def applied(self, name: str, args: Sequence[str]) -> str:
        return f"{name}({', '.join(args)})"


class AsciiWriter(TextWriter):
    def name_of_number(self, name: Name) -> str:
        return name.ascii

    entrywise_power = ".^"
    entrywise_quotient = " ./ "
    times = " * "

    def total_body(self, of: Notation) -> str:
        return f"({self.inside(of)})"

    def transposed(self, of: Notation) -> str:
        """The inverse is a function here, which brackets what it is applied to."""
        return self.glyphs.transpose.format(self.at_least(of, Binding.ATOM))

    def matrix_power(self, base: Notation, exponent: int) -> str:
        """A negative power is one of the inverse."""
        if exponent > 0:
            return super().matrix_power(base, exponent)
        return self.raised(self.pattern_of(inverse) + f"({self.inside(base)})", -exponent)

    def beside_sign(self, text: str) -> str:
        """``A .* (b * c')``: with two signs the order would not be plain."""
        return self.glyphs.bracket.format(text) if has_outside_brackets("*", text) else text

    def kronecker(self, n: nt.Kronecker) -> Printed:
        writer, *sides = self.sides(n)
        return self.glyphs.kronecker.format(*map(writer.inside, sides)), Binding.ATOM

    def name(self, name: str) -> str:
        return ascii_name(name)

    def raised(self, base: str, exponent: int) -> str:
        return f"{base}^{exponent}" if exponent >= 0 else f"{base}^({exponent})"


def separator(left: str, right: str) -> str:
    """What stands between two factors so that they are read as two, and no further apart than that.

    >>> [separator(*pair) for pair in [("2", "x"), ("2/m", "X"), ("X", "θ"), ("b1", "x1"), ("Xᵀ", "("), ("a", "bᵀ")]]
    ['', ' ', '', '·', '', ' ']
    """
    is_call = _CALL.match(right) is not None
    group = right.startswith("(")
    change = _CHANGE.match(right) is not None
    close = group or (not is_call and not change and _ONE_LETTER.match(right) is not None)
    if right[0] in "0123456789":
        return "·"
    if left.isdecimal():
        return "" if close or right[0] in "‖|√" else " "
    if (close and _MATRIX.fullmatch(left)) or (group and left[-1] in _RAISED and not has_outside_brackets("/", left)):
        return ""
    return "·" if _WORD.fullmatch(left) and not is_call and _WORD.match(right) else " "


UNICODE = TextWriter(UNICODE_GLYPHS, {})
ASCII = AsciiWriter(ASCII_GLYPHS, IN_WORDS)
