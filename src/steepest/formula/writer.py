"""From a notation tree to characters: brackets by precedence, signs, chains. What differs between text and
LaTeX is a table of glyphs and a handful of methods that subclasses give.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Self

from steepest.expr.dimension import Dim
from steepest.expr.node import Constant
from steepest.expr.number import ONE, is_number
from steepest.expr.pattern import Affine, Fourier
from steepest.ops.linalg_inverse import inverse
from steepest.ops.operation import Operation

from . import notation as nt
from .chain import chain_factors, expand_fill, has_outer, places_apart, scalars_and_chain
from .glyphs import LETTERS, Binding, Glyphs, Printed
from .named_numbers import Named
from .notation import Notation
from .patterns import OPEN_HEAD, bindings, by_rows, close_to_bracket, is_one_group
from .positions import affine_condition, range_text
from .rank import rank
from .ratio import named_form
from .scope import names_in
from .sign import split_sign


class Writer(ABC):
    glyphs: Glyphs

    # --- what a subclass gives --------------------------------------------------------------------

    @abstractmethod
    def name(self, name: str) -> str: ...

    @abstractmethod
    def number(self, c: Constant) -> Printed: ...

    @abstractmethod
    def chain(self, factors: Sequence[str], apart: Collection[int] = ()) -> str:
        """Factors side by side; `apart` are those with space before them in any case."""

    @abstractmethod
    def quotient(self, n: nt.Quotient) -> Printed: ...

    @abstractmethod
    def power(self, n: nt.Power) -> Printed: ...

    @abstractmethod
    def matrix_power(self, base: Notation, exponent: int) -> str: ...

    @abstractmethod
    def kronecker(self, n: nt.Kronecker) -> Printed: ...

    @abstractmethod
    def difference_quotient(self, n: nt.DifferenceQuotient) -> Printed: ...

    @abstractmethod
    def subscripted(self, base: str, letters: nt.Letters) -> str: ...

    @abstractmethod
    def sum_sign(self, letters: nt.Letters) -> str: ...

    @abstractmethod
    def cases(self, n: nt.Cases) -> Printed: ...

    @abstractmethod
    def pattern_of(self, op: Operation) -> str:
        """How the operation prints: a name, or a pattern with {0}, {1}."""

    @abstractmethod
    def applied(self, name: str, args: Sequence[str]) -> str:
        """A function's name with its arguments."""

    def lines(self, lines: Sequence[str]) -> str:
        """A formula and the definitions below it."""
        return "\n".join(lines)

    taken: frozenset[str] = frozenset()  # names in use that would read like a sign

    def avoiding(self, names: Collection[str]) -> Self:
        """The writer of formulas in which these names are variables: no sign is written like one of them."""
        clashes = self.signs & set(names)
        if not clashes:
            return self
        other = copy.copy(self)
        other.taken = frozenset(clashes)
        other.glyphs = replace(self.glyphs, identity=self.other_identity) if "I" in clashes else self.glyphs
        return other

    states_sizes = False

    def stating_sizes(self) -> Self:
        """The writer of ``I_m`` rather than I, for where nothing else tells the size."""
        other = copy.copy(self)
        other.states_sizes = True
        return other

    def sized(self, sign: str, size: int) -> str:
        """The sign with its size, if that is one name or number."""
        written = size.name if isinstance(size, Dim) else str(int(size))
        return self.subscripted(sign, (written,)) if self.states_sizes and " " not in written else sign

    def sides(self, n: nt.Kronecker) -> tuple[Self, Notation, Notation]:
        """The sides of a Kronecker product, and who writes them: if neither has a size, it is stated."""
        writer = self if names_in(n.left) or names_in(n.right) else self.stating_sizes()
        return writer, n.left, n.right

    signs = frozenset({"π", "σ", "I"})  # Greek and capital letters that have a meaning of their own
    other_identity = "Id"

    def named_form(self, c: Constant) -> Named | None:
        """The name of a number, unless a variable has it."""
        found = named_form(c)
        return None if found is not None and not self.taken.isdisjoint(found.name.text) else found

    # --- what is common ---------------------------------------------------------------------------

    def write(self, n: Notation) -> str:
        """The whole formula."""
        if isinstance(n, nt.Fill) and n.value != nt.Number(ONE) and not _is_zero(n.value):
            return self.write(expand_fill(n))
        return self.printed(expand_fill(n) if isinstance(n, nt.Fill) and not _is_zero(n.value) else n)[0]

    def at_least(self, n: Notation, binding: Binding) -> str:
        """The form of `n`, bracketed if it binds less tightly than its place asks."""
        text, own = self.printed(n)
        return text if own >= binding else self.glyphs.bracket.format(text)

    def printed(self, n: Notation) -> Printed:
        negative, rest = split_sign(n)
        if negative:
            return self.glyphs.minus + self.at_least(rest, Binding.ENTRYWISE), Binding.SUM
        g = self.glyphs
        match n:
            case nt.Symbol(name):
                return self.name(name), Binding.ATOM
            case nt.Differential(of):
                apart, text = self.changed(of)
                return (f"{g.differential} {text}", Binding.POSTFIX) if apart else (g.differential + text, Binding.ATOM)
            case nt.Rate(of, by):
                return g.rate.format(self.inside(by), self.at_least(of, Binding.PREFIX)), Binding.ENTRYWISE
            case nt.DifferenceQuotient():
                return self.difference_quotient(n)
            case nt.Limit(step, of):
                return g.limit.format(self.inside(step), self.at_least(of, Binding.QUOTIENT)), Binding.SUM
            case nt.ValueAt(function, at):
                return self.applied(self.printed(function)[0], [self.inside(at)]), Binding.ATOM
            case nt.Number(of):
                return self.number(of)
            case nt.Ones(size):
                return self.sized(g.ones, size), Binding.ATOM
            case nt.Identity(size):
                return self.sized(g.identity, size), Binding.ATOM
            case nt.Fill(value):
                return self.printed(value)
            case nt.Transpose(nt.Sliced(nt.Transpose(of), nt.Range() as columns)):
                return f"{self.choosable(of)}[:, {range_text(columns)}]", Binding.ATOM
            case nt.Sliced(nt.Transpose(nt.Sliced(nt.Transpose(of), nt.Range() as columns)), rows):
                places = f"{range_text(rows)}, {range_text(columns)}"
                return f"{self.choosable(of)}[{places}]", Binding.ATOM
            case nt.Sliced(nt.Transpose(of), int(column)):
                return f"{self.at_least(of, Binding.POSTFIX)}[:, {column}]", Binding.ATOM
            case nt.Transpose(of):
                return self.transposed(of), Binding.POSTFIX
            case nt.Scaled((*front, nt.Rate() as last)):
                return self.multiple_of_rate(front, last), Binding.ENTRYWISE
            case nt.Product() | nt.Outer() | nt.Scaled():
                return self.product(n)
            case nt.Entrywise(factors):
                return self.entrywise(factors)
            case nt.Quotient():
                return self.quotient(n)
            case nt.Power():
                return self.power(n)
            case nt.Sum(terms):
                return self.sum(terms)
            case nt.Diagonal(of):
                return g.diagonal.format(self.inside(of)), Binding.ATOM
            case nt.DiagonalOf(of):
                return g.diagonal_of.format(self.inside(of)), Binding.ATOM
            case nt.Trace(of):
                return g.trace.format(self.inside(of)), Binding.ATOM
            case nt.Total(of):
                return g.total + self.total_body(of), Binding.PREFIX
            case nt.Norm(of):
                return self.norm(of), Binding.ATOM
            case nt.Norm1(of):
                return g.norm1.format(self.within(g.norm1, self.inside(of))), Binding.ATOM
            case nt.NormSquared(of):
                return self.norm(of) + g.squared, Binding.POSTFIX
            case nt.MatrixPower(base, exponent):
                return self.matrix_power(base, exponent), Binding.POSTFIX
            case nt.Kronecker():
                return self.kronecker(n)
            case nt.Vec(of):
                return g.vec.format(self.inside(of)), Binding.ATOM
            case nt.Unstacked(of):
                return self.printed(of)
            case nt.Function():
                return self.function(n)
            case nt.Relation(sign, left, right):
                sides = [self.at_least(s, Binding.SUM) for s in (left, right)]
                return f"{sides[0]} {g.relations[sign]} {sides[1]}", Binding.RELATION
            case nt.Iverson(condition):
                return g.iverson.format(self.inside(condition)), Binding.ATOM
            case nt.Cases():
                return self.cases(n)
            case nt.Sliced(of, rows):
                return f"{self.choosable(of)}[{range_text(rows)}]", Binding.ATOM
            case nt.Chosen(of, position):
                return f"{self.choosable(of)}[{self.inside(position)}]", Binding.ATOM
            case nt.Basis(position, Dim() as size) if position == size - 1:
                return self.printed(nt.Sliced(nt.Identity(size), -1))  # at all sizes
            case nt.Basis(position):
                return g.basis.format(position), Binding.ATOM
            case nt.Patterned():
                return self.patterned(n), Binding.ATOM
            case nt.Entry(nt.Patterned(pattern), letters) if isinstance(pattern, Affine):
                return self.condition(pattern, letters), Binding.ATOM
            case nt.Entry(nt.Identity(), letters):
                return self.subscripted(g.delta, letters), Binding.ATOM
            case nt.Entry(of, letters):
                return self.subscripted(self.at_least(of, Binding.ATOM), letters), Binding.ATOM
            case nt.SumOver(letters, _, body):
                return f"{self.sum_sign(letters)} {self.at_least(body, Binding.QUOTIENT)}", Binding.PREFIX
            case nt.Array(letters, _, body):
                return self.subscripted(g.iverson.format(self.inside(body)), letters), Binding.ATOM
        raise TypeError(f"{type(n).__name__} is not a kind of notation")

    def choosable(self, n: Notation) -> str:
        """What entries are chosen from; those of ``(x^y)[0]`` are none of the exponent."""
        return self.at_least(n, Binding.ATOM if isinstance(n, nt.Power) else Binding.POSTFIX)

    def inside(self, n: Notation) -> str:
        """Between brackets of its own."""
        return self.printed(n)[0]

    def transposed(self, of: Notation) -> str:
        if isinstance(of, nt.Function) and of.op is inverse:
            return self.glyphs.inverse_transpose.format(self.at_least(of.args[0], Binding.ATOM))
        return self.glyphs.transpose.format(self.at_least(of, Binding.ATOM))

    def denominator(self, n: Notation) -> str:
        return self.at_least(n, Binding.ROOT if _is_open(n) else Binding.PREFIX)

    def sum(self, terms: Sequence[Notation]) -> Printed:
        pieces: list[str] = []
        among_matrices = any(_is_matrix(t) for t in terms)
        for term in terms:
            negative, rest = split_sign(term)
            sign = self.glyphs.minus if negative else "+"
            lead = "" if not pieces and not negative else sign if not pieces else f" {sign} "
            if isinstance(rest, nt.Fill) and among_matrices:  # beside I a number would be read as a multiple of it
                rest = expand_fill(rest)
            pieces.append(lead + self.at_least(rest, Binding.ENTRYWISE))
        return "".join(pieces), Binding.SUM

    def product(self, n: Notation) -> Printed:
        """Scalars, then the matrices; spaced where a column meets a row: ``X a bᵀ Y``."""
        scalars, chain = scalars_and_chain(n)
        texts: list[str] = []
        apart: set[int] = set()
        last = None if chain else scalars.pop()
        for f in scalars:
            self.append_scalar(texts, apart, f, Binding.ROOT)
        if last is not None:
            self.append_scalar(texts, apart, last, Binding.ROOT if any(map(_is_open, scalars)) else Binding.PREFIX)
        elif len(chain) == 1 and isinstance(chain[0], (nt.Entrywise, nt.Kronecker)):
            return self.chain([*texts, self.at_least(chain[0], Binding.ENTRYWISE)], apart), Binding.ENTRYWISE
        else:
            if scalars and not isinstance(scalars[-1], nt.Number):
                apart.add(len(texts))
            matrices = self.matrices(chain)
            apart |= {
                len(texts) + k
                for k in places_apart(chain, has_outer(n))
                if k and self.needs_space(matrices[k - 1], matrices[k])
            }
            texts += matrices
        return self.chain(texts, apart), Binding.PRODUCT

    def needs_space(self, left: str, right: str) -> bool:
        """Whether factors that stand apart are not kept so by a bracket."""
        return True

    def append_scalar(self, texts: list[str], apart: set[int], f: Notation, binding: Binding) -> None:
        """A scalar among others; a number may stand first as a fraction, a product of matrices stands apart."""
        if isinstance(f, nt.Product):
            apart.update({len(texts)} if texts and not texts[-1].isdecimal() else ())
            texts += self.matrices(chain_factors(f))
        else:
            texts.append(self.printed(f)[0] if isinstance(f, nt.Number) and not texts else self.at_least(f, binding))

    def matrices(self, chain: Sequence[Notation]) -> list[str]:
        """The factors of a matrix product."""
        *front, last = chain
        return [*(self.at_least(f, Binding.ROOT) for f in front), self.at_least(last, Binding.PREFIX)]

    def changed(self, of: Notation) -> tuple[bool, str]:
        """What changes, as it stands behind the sign of its change: ``d exp(u)`` apart, ``dx`` and ``d(Ax)`` close."""
        text, own = self.printed(of)
        apart = isinstance(of, nt.NormSquared) or (isinstance(of, (nt.Function, nt.Trace)) and own >= Binding.ATOM)
        return apart, text if apart else self.at_least(of, Binding.ATOM)

    def multiple_of_rate(self, front: Sequence[Notation], last: nt.Rate) -> str:
        """A rate is open to the right, so it stands last, and apart: ``cos(x²) · d/dx x²``."""
        coefficient = front[0] if len(front) == 1 else nt.Scaled(tuple(front))
        return f"{self.at_least(coefficient, Binding.QUOTIENT)} {self.glyphs.dot} {self.inside(last)}"

    def entrywise(self, factors: Sequence[Notation]) -> Printed:
        sign = f" {self.glyphs.entrywise} "
        last = len(factors) - 1
        texts = [
            self.at_least(f, Binding.ENTRYWISE)  # A ⊙ A needs no brackets here
            if isinstance(f, nt.Power)
            else self.at_least(f, Binding.ROOT if _is_open(f) and k < last else Binding.PRODUCT)
            for k, f in enumerate(factors)
        ]
        return sign.join(map(self.beside_sign, texts)), Binding.ENTRYWISE

    def beside_sign(self, text: str) -> str:
        """A product beside the sign of the product entry by entry."""
        return text

    def total_body(self, of: Notation) -> str:
        text, binding = self.printed(of)
        return f" {text}" if binding >= Binding.POSTFIX else self.glyphs.bracket.format(text)

    def function(self, n: nt.Function) -> Printed:
        pattern = self.pattern_of(n.op)
        if "{0}" not in pattern:
            binding = Binding.PREFIX if OPEN_HEAD.match(pattern) else Binding.ATOM
            return self.applied(pattern, [self.argument(n, a) for a in n.args]), binding
        needed, own = bindings(pattern)
        if pattern == "{0}":
            return self.printed(n.args[0])
        texts = [self.at_least(a, needed) if needed else self.argument(n, a) for a in n.args]
        if texts[0].startswith("(") and (close := close_to_bracket(pattern)) != pattern:
            pattern = close
            texts[0] = texts[0] if is_one_group(texts[0]) else self.glyphs.bracket.format(texts[0])
        return pattern.format(*(self.within(pattern, t) for t in texts)), own

    def within(self, pattern: str, text: str) -> str:
        """What stands in the place of a pattern: bars within bars are told apart."""
        return text

    def argument(self, n: nt.Function, a: Notation) -> str:
        written = expand_fill(a) if isinstance(a, nt.Fill) and not n.op.elementwise else a
        return self.inside(written) + (self.glyphs.row if by_rows(n.op, a) else "")

    def norm(self, of: Notation) -> str:
        pattern = self.glyphs.frobenius if rank(of) == 2 else self.glyphs.norm
        return pattern.format(self.within(pattern, self.inside(expand_fill(of) if isinstance(of, nt.Fill) else of)))

    def patterned(self, n: nt.Patterned) -> str:
        match n.pattern:
            case Affine():
                return self.condition(n.pattern, LETTERS)
            case Fourier(sign):
                return self.glyphs.fourier if sign < 0 else self.glyphs.fourier_conjugate

    def condition(self, pattern: Affine, letters: Sequence[str]) -> str:
        """The rule of a constant array itself: ``[i ≥ j]``."""
        sign = self.glyphs.relations["=" if pattern.relation == "==" else "≥"]
        return self.glyphs.iverson.format(affine_condition(pattern.coefficients, pattern.offset, sign, letters))


_MATRICES = (nt.Identity, nt.Outer, nt.Diagonal, nt.Product)


def _is_matrix(n: Notation) -> bool:
    """Whether the term is one of matrix algebra, not an array whose entries happen to be in a table."""
    match n:
        case nt.Quotient(over, _):
            return _is_matrix(over)
        case nt.Scaled((*_, last)):
            return _is_matrix(last)
    return isinstance(n, _MATRICES)


def _is_open(n: Notation) -> bool:
    return isinstance(n, (nt.Total, nt.SumOver))


def _is_zero(n: Notation) -> bool:
    return isinstance(n, nt.Number) and is_number(n.of) and n.of.value == 0
