"""From a notation tree to characters: brackets by precedence, signs, chains. What differs between text and
LaTeX is a table of glyphs and a handful of methods that subclasses give.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from steepest.expr.node import Constant
from steepest.expr.number import ONE, is_number
from steepest.expr.pattern import Affine, Fourier
from steepest.ops.operation import Operation
from steepest.ops.power import length, sqrt

from . import notation as nt
from .notation import Notation, rank
from .sign import split_sign

LETTERS = "ijklpqrstuvwabcdefgh"  # of indices, in the order they are used


class Binding(enum.IntEnum):
    """How tightly a printed form holds together; a form is bracketed where its place asks for more."""

    RELATION = 0
    SUM = 1
    ENTRYWISE = 2
    QUOTIENT = 3
    PRODUCT = 4
    PREFIX = 5  # Σ x, √x: open to the right
    POSTFIX = 6
    ATOM = 7


Printed = tuple[str, Binding]


@dataclass(frozen=True)
class Glyphs:
    """Signs, and patterns with {0} for what they are applied to."""

    minus: str
    differential: str
    entrywise: str
    ones: str
    identity: str
    delta: str
    transpose: str
    diagonal: str
    diagonal_of: str
    trace: str
    total: str
    norm: str
    frobenius: str
    squared: str
    row: str
    iverson: str
    bracket: str
    basis: str
    fourier: str
    fourier_conjugate: str
    relations: dict[str, str]


class Writer(ABC):
    glyphs: Glyphs

    # --- what a subclass gives --------------------------------------------------------------------

    @abstractmethod
    def name(self, name: str) -> str: ...

    @abstractmethod
    def number(self, c: Constant) -> Printed: ...

    @abstractmethod
    def chain(self, factors: Sequence[str]) -> str:
        """Factors side by side."""

    @abstractmethod
    def quotient(self, n: nt.Quotient) -> Printed: ...

    @abstractmethod
    def power(self, n: nt.Power) -> Printed: ...

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
                if isinstance(of, (nt.Function, nt.NormSquared)) and self.printed(of)[1] >= Binding.POSTFIX:
                    return f"{g.differential} {self.printed(of)[0]}", Binding.POSTFIX
                return g.differential + self.at_least(of, Binding.ATOM), Binding.ATOM
            case nt.ValueAt(function, at):
                return self.applied(self.printed(function)[0], [self.inside(at)]), Binding.ATOM
            case nt.Number(of):
                return self.number(of)
            case nt.Ones():
                return g.ones, Binding.ATOM
            case nt.Identity():
                return g.identity, Binding.ATOM
            case nt.Fill(value):
                return self.printed(value)
            case nt.Transpose(of):
                return self.transposed(of), Binding.POSTFIX
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
            case nt.NormSquared(of):
                return self.norm(of) + g.squared, Binding.POSTFIX
            case nt.Function(op, (nt.NormSquared(of),)) if op in (sqrt, length):
                return self.norm(of), Binding.ATOM
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
                return f"{self.at_least(of, Binding.POSTFIX)}[{_range_text(rows)}]", Binding.ATOM
            case nt.Chosen(of, position):
                return f"{self.at_least(of, Binding.POSTFIX)}[{self.inside(position)}]", Binding.ATOM
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

    def inside(self, n: Notation) -> str:
        """Between brackets of its own."""
        return self.printed(n)[0]

    def transposed(self, of: Notation) -> str:
        return self.glyphs.transpose.format(self.at_least(of, Binding.ATOM))

    def denominator(self, n: Notation) -> str:
        return self.at_least(n, Binding.POSTFIX if _is_open(n) else Binding.PREFIX)

    def sum(self, terms: Sequence[Notation]) -> Printed:
        pieces: list[str] = []
        for term in terms:
            negative, rest = split_sign(term)
            sign = self.glyphs.minus if negative else "+"
            lead = "" if not pieces and not negative else sign if not pieces else f" {sign} "
            pieces.append(lead + self.at_least(rest, Binding.ENTRYWISE))
        return "".join(pieces), Binding.SUM

    def product(self, n: Notation) -> Printed:
        factors = chain_factors(n)
        *front, last = factors
        if isinstance(last, nt.Entrywise) and all(rank(f) == 0 for f in front):
            return self.chain([*self.bracketed(front), self.at_least(last, Binding.ENTRYWISE)]), Binding.ENTRYWISE
        return self.chain([*self.bracketed(front), self.at_least(last, Binding.PREFIX)]), Binding.PRODUCT

    def bracketed(self, factors: Sequence[Notation]) -> list[str]:
        """Factors with something to their right; a number may stand first as a fraction."""
        return [
            self.printed(f)[0] if k == 0 and isinstance(f, nt.Number) else self.at_least(f, Binding.POSTFIX)
            for k, f in enumerate(factors)
        ]

    def entrywise(self, factors: Sequence[Notation]) -> Printed:
        sign = f" {self.glyphs.entrywise} "
        last = len(factors) - 1
        texts = [
            self.at_least(f, Binding.PRODUCT if k == last else Binding.POSTFIX if _is_open(f) else Binding.PRODUCT)
            for k, f in enumerate(factors)
        ]
        return sign.join(texts), Binding.ENTRYWISE

    def total_body(self, of: Notation) -> str:
        text, binding = self.printed(of)
        return f" {text}" if binding >= Binding.POSTFIX else self.glyphs.bracket.format(text)

    def function(self, n: nt.Function) -> Printed:
        pattern = self.pattern_of(n.op)
        if "{0}" not in pattern:
            return self.applied(pattern, [self.argument(n, a) for a in n.args]), Binding.ATOM
        needed, own = _bindings(pattern)
        if pattern == "{0}":
            return self.printed(n.args[0])
        texts = [self.at_least(a, needed) if needed else self.argument(n, a) for a in n.args]
        return pattern.format(*texts), own

    def argument(self, n: nt.Function, a: Notation) -> str:
        written = expand_fill(a) if isinstance(a, nt.Fill) and not n.op.elementwise else a
        return self.inside(written) + (self.glyphs.row if by_rows(n.op, a) else "")

    def norm(self, of: Notation) -> str:
        pattern = self.glyphs.frobenius if rank(of) == 2 else self.glyphs.norm
        return pattern.format(self.inside(of))

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


def chain_factors(n: Notation) -> list[Notation]:
    """The factors of a product as they stand side by side."""
    match n:
        case nt.Product(factors) | nt.Scaled(factors):
            return [f for factor in factors for f in chain_factors(factor)]
        case nt.Outer(left, right):
            return [*chain_factors(left), *chain_factors(written_transpose(right))]
    return [n]


def written_transpose(n: Notation) -> Notation:
    """A column as a row, for print: the transposes of a chain's factors in reverse."""
    match n:
        case nt.Product(factors):
            return nt.Product(tuple(written_transpose(f) for f in reversed(factors)))
        case nt.Transpose(of):
            return of
        case nt.Diagonal() | nt.Identity():
            return n
    return nt.Transpose(n) if rank(n) else n


def expand_fill(n: nt.Fill) -> Notation:
    """A filled array as a product with vectors of ones, where that can be said; else as it is."""
    match n.shape:
        case (size,):
            ones: Notation = nt.Ones(size)
        case (rows, columns):
            ones = nt.Outer(nt.Ones(rows), nt.Ones(columns))
        case _:
            return n.value
    if n.value == nt.Number(ONE):
        return ones
    factors = n.value.factors if isinstance(n.value, nt.Scaled) else (n.value,)
    return nt.Scaled((*factors, ones))


def affine_condition(coefficients: Sequence[int], offset: int, sign: str, letters: Sequence[str]) -> str:
    """``i ≥ 2j + 1``: terms with a minus moved to the right."""
    left: list[str] = []
    right: list[str] = []
    for c, letter in zip(coefficients, letters, strict=False):
        if c:
            (left if c > 0 else right).append(letter if abs(c) == 1 else f"{abs(c)}{letter}")
    if offset:
        (left if offset > 0 else right).append(str(abs(offset)))
    return f"{' + '.join(left) or '0'} {sign} {' + '.join(right) or '0'}"


def by_rows(op: Operation, a: Notation) -> bool:
    """Whether the operation is one of vectors, applied here to each row."""
    return not op.elementwise and rank(a) >= 2 and op.core_rank == 1


def _bindings(pattern: str) -> tuple[Binding, Binding]:
    """What a pattern asks of its operands, and how tightly it binds itself: seen from where it is open."""
    opens, closes = pattern.startswith("{0}"), pattern.endswith(("{0}", "{1}"))
    if opens and closes:
        return (Binding.SUM, Binding.RELATION) if "{1}" in pattern else (Binding.RELATION, Binding.ATOM)
    if opens:
        return Binding.ATOM, Binding.POSTFIX
    if closes:
        return Binding.ATOM, Binding.PREFIX
    return Binding.RELATION, Binding.ATOM


def _is_open(n: Notation) -> bool:
    return isinstance(n, (nt.Total, nt.SumOver))


def _is_zero(n: Notation) -> bool:
    return isinstance(n, nt.Number) and is_number(n.of) and n.of.value == 0


def _range_text(rows: nt.Range | int) -> str:
    """As in Python; an end nearer to the end of the axis than to its start is counted from there."""
    if isinstance(rows, int):
        return str(rows)
    start, step, length = rows.start, rows.step, rows.length
    last = start + step * (rows.count - 1)
    first = "" if start == (0 if step > 0 else length - 1) else str(start)
    step_text = f":{step}" if step != 1 else ""
    if step < 0:
        return f"{first}:{last - 1 if last > 0 else ''}{step_text}"
    if last + step >= length:
        return f"{first}:{step_text}"
    stop = last + 1
    return f"{first}:{stop if stop <= length // 2 else stop - length}{step_text}"
