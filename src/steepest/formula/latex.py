"""Formulas as LaTeX (amsmath), without dollar signs."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from steepest.expr.node import Constant, Monomial, Number
from steepest.expr.number import constant
from steepest.ops.operation import Operation

from . import notation as nt
from .glyphs import Binding, Glyphs, Printed
from .names import latex_name
from .notation import Notation
from .rank import rank
from .ratio import plain_number, ratio
from .sign import split_number, with_number
from .text import IN_WORDS
from .writer import Writer

LATEX_GLYPHS = Glyphs(
    minus="-", differential=r"\mathrm{d}", rate=r"\frac{{\mathrm{{d}}}}{{\mathrm{{d}} {0}}} {1}",
    difference=r"\Delta ", limit=r"\lim_{{{0} \to 0}} {1}", entrywise=r"\odot", dot=r"\cdot",
    ones=r"\mathbf{1}", identity="I", delta=r"\delta",
    transpose=r"{0}^{{\top}}", inverse_transpose=r"{0}^{{-\top}}", kronecker=r"{0} \otimes {1}",
    vec=r"\operatorname{{vec}}\left({0}\right)", diagonal=r"\operatorname{{diag}}\left({0}\right)",
    diagonal_of=r"\operatorname{{diagvec}}\left({0}\right)", trace=r"\operatorname{{tr}}\left({0}\right)",
    total=r"\sum", norm=r"\left\lVert {0} \right\rVert",
    norm1=r"\left\lVert {0} \right\rVert_1", frobenius=r"\left\lVert {0} \right\rVert_F",
    squared="^{2}", row=r"; \text{rows}", iverson=r"\left[{0}\right]", bracket=r"\left({0}\right)",
    basis="e_{{{0}}}", fourier=r"\mathcal{F}", fourier_conjugate=r"\overline{\mathcal{F}}",
    relations={"<": "<", "≤": r"\le", ">": ">", "≥": r"\ge", "=": "=", "≠": r"\ne"},
)  # fmt: skip


_NAMED_CALL = re.compile(r"\\(operatorname\{\w+\}|[a-z]+)(?=\\left\()")


class LatexWriter(Writer):
    glyphs = LATEX_GLYPHS
    other_identity = r"\mathrm{Id}"

    def name(self, name: str) -> str:
        return latex_name(name)

    def number(self, c: Constant) -> Printed:
        r, found = ratio(c), self.named_form(c)
        if found is not None:
            above, below = ([], [found.name.latex]) if found.is_below else ([found.name.latex], [])
            over = self.factors(found.over, above, r.sizes_over)
            under = self.factors(found.under, below, r.sizes_under)
        else:
            over, under = self.factors(r.over, [], r.sizes_over), self.factors(r.under, [], r.sizes_under)
        if under != ["1"]:
            return rf"\frac{{{self.chain(over)}}}{{{self.chain(under)}}}", Binding.POSTFIX
        return self.chain(over), Binding.ATOM if len(over) == 1 else Binding.PRODUCT

    def factors(self, value: Number, names: Sequence[str], sizes: Monomial) -> list[str]:
        """A number, named numbers and sizes, as they stand side by side."""
        written = re.sub(r"e\+?(-?)0*(\d+)$", r" \\cdot 10^{\1\2}", plain_number(value))
        found = [*names, *(latex_name(d.name) + (f"^{{{e}}}" if e != 1 else "") for d, e in sizes)]
        return [written, *found] if value != 1 or not found else found

    def chain(self, factors: Sequence[str], apart: Collection[int] = ()) -> str:
        """Letters need no space between them, words do, and so does what follows a product that stands apart."""
        text = factors[0]
        for k, (left, right) in enumerate(pairwise(factors), 1):
            both_numbers = left[-1].isdigit() and right[0].isdigit()
            words = left.startswith(r"\mathrm") or right.startswith((r"\mathrm", r"\operatorname"))
            after_product = k in apart and k > 1 and not factors[k - 2].isdigit()
            text += (r" \cdot " if both_numbers else r" \, " if words or after_product else " ") + right
        return text

    def quotient(self, n: nt.Quotient) -> Printed:
        number, rest = split_number(n.over)
        found = self.named_form(number)
        over, under = self.inside(n.over), self.inside(n.under)
        if found is not None and found.is_below and rank(n.under) < 2:  # one fraction line is enough
            over = self.inside(with_number(constant(found.over, number.sizes), rest))
            below = [self.at_least(n.under, Binding.PRODUCT), found.name.latex]
            under = self.chain(self.factors(found.under, below, ()))
        if rank(n.under) >= 2:
            sides = (self.at_least(n.over, Binding.PRODUCT), self.at_least(n.under, Binding.POSTFIX))
            return r" \oslash ".join(sides), Binding.QUOTIENT
        return rf"\frac{{{over}}}{{{under}}}", Binding.POSTFIX

    def difference_quotient(self, n: nt.DifferenceQuotient) -> Printed:
        apart, text = self.changed(n.of)
        change = f"{self.glyphs.difference}{' ' if apart else ''}{text}"
        return rf"\frac{{{change}}}{{{self.inside(n.step)}}}", Binding.ATOM

    def power(self, n: nt.Power) -> Printed:
        base, exponent = self.at_least(n.base, Binding.ATOM), self.inside(n.exponent)
        named = _NAMED_CALL.match(base) if isinstance(n.base, nt.Function) else None
        if named and re.fullmatch(r"[1-9]\d*", exponent):
            return f"{named[0]}^{{{exponent}}}{base[named.end() :]}", Binding.ATOM
        if isinstance(n.base, nt.Entry):
            base = f"{{{base}}}"
        mark = r"\circ " if rank(n) >= 2 else ""
        return f"{base}^{{{mark}{exponent}}}", Binding.POSTFIX

    def matrix_power(self, base: Notation, exponent: int) -> str:
        return f"{self.at_least(base, Binding.ATOM)}^{{{exponent}}}"

    def kronecker(self, n: nt.Kronecker) -> Printed:
        writer, *sides = self.sides(n)
        return self.glyphs.kronecker.format(*(writer.at_least(s, Binding.PRODUCT) for s in sides)), Binding.ENTRYWISE

    def subscripted(self, base: str, letters: nt.Letters) -> str:
        return f"{{{base}}}_{{{' '.join(letters)}}}" if "_" in base else f"{base}_{{{' '.join(letters)}}}"

    def sum_sign(self, letters: nt.Letters) -> str:
        return rf"\sum_{{{', '.join(letters)}}}"

    def cases(self, n: nt.Cases) -> Printed:
        chosen, otherwise, condition = (self.inside(p) for p in (n.chosen, n.otherwise, n.condition))
        rows = rf"{chosen} & \text{{if }} {condition} \\ {otherwise} & \text{{otherwise}}"
        return rf"\begin{{cases}} {rows} \end{{cases}}", Binding.RELATION

    def pattern_of(self, op: Operation) -> str:
        if op.text in self.taken:
            return rf"\operatorname{{{IN_WORDS[op.text]}}}"
        return op.text if op.text == "{0}" else op.latex

    def applied(self, name: str, args: Sequence[str]) -> str:
        return rf"{name}\left({', '.join(args)}\right)"

    def lines(self, lines: Sequence[str]) -> str:
        if len(lines) == 1:
            return lines[0]
        main, *rest = lines
        first, *others = (line.removeprefix("where ").strip() for line in rest)
        rows = r" \\ & ".join([main, rf"\text{{where }} {first}", *others])
        return rf"\begin{{aligned}} & {rows} \end{{aligned}}"


LATEX = LatexWriter()
