"""Expressions multiplied out into flat terms, but for what is to stay as it stands."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

from steepest.expr.build import add, is_zero
from steepest.expr.dimension import Shape
from steepest.expr.node import Add, Apply, Delta, Einsum, Expr, Structured
from steepest.expr.number import ONE, is_number, size_constant, times
from steepest.ops.linalg_inverse import adjugate_op, determinant, inverse, regular_inverse
from steepest.ops.operation import rebuilt, settled
from steepest.ops.power import power_op
from steepest.ops.reduction import logsumexp, softmax

from .collecting import collected
from .product import Products, raised
from .term import Factor, Term, atom, is_op, is_summed, relabelled

MOST_TERMS = 64  # of one sum
MOST_WORK = 1000  # terms made in all


class TooLong(Exception):
    """The expression is not one that people read."""


class Opening:
    """Multiplies out.

    `kept` gives of an expression the one that stands for it and is not opened, or None; `inside` what an operand of
    an operation becomes. A sum that has to become one factor is made so by `condense`.
    """

    def __init__(
        self, products: Products, kept: Callable[[Expr], Expr | None], inside: Callable[[Expr], Expr],
        condense: Callable[[list[Term], Shape], Term],
    ):  # fmt: skip
        self.products, self.kept, self.inside, self.condense = products, kept, inside, condense
        self.inverted: Callable[[Expr], bool] = lambda a: False  # whether the inverse of a matrix is there anyway
        self.opened: dict[Expr, list[Term]] = {}
        self.work, self.most_work = 0, MOST_WORK

    def terms(self, e: Expr) -> list[Term]:
        """The terms of `e`, whose axes are the labels 0, 1, …"""
        if e not in self.opened:
            self.opened[e] = collected(self._terms(e))
        return self.opened[e]

    def _terms(self, e: Expr) -> list[Term]:
        if is_zero(e):
            return []
        if is_number(e):
            return [Term(e, ())]
        if (standing := self.kept(e)) is not None:
            return [atom(standing)]
        match e:
            case Add():
                found = collected([t for a in e.args for t in self.terms(a)])
                return found if len(found) <= MOST_TERMS else [self.condense(found, e.shape)]
            case Einsum() if not any(isinstance(a, Structured) for a in e.args):
                return self._product(e)
            case Apply():
                rule = RULES.get(e.op)
                opened = None if rule is None else rule(self, e)
                if opened is not None:
                    return opened
        return [atom(rebuilt(e, tuple(map(self.inside, e.args))))]

    def one_term(self, e: Expr) -> Term:
        """The expression as a single product."""
        terms = self.terms(e)
        return terms[0] if len(terms) == 1 else self.condense(terms, e.shape)

    def as_one(self, e: Expr) -> Expr:
        """The single product as an expression."""
        return self.products.built(self.one_term(e), e.shape)

    # --- products ---------------------------------------------------------------------------------

    def _product(self, e: Einsum) -> list[Term]:
        sums = [self.terms(a) for a in e.args]
        if math.prod(map(len, sums)) > MOST_TERMS:
            sums = [s if len(s) < 2 else [self.one_term(a)] for s, a in zip(sums, e.args, strict=True)]
        names: dict[int, int] = {i: k for k, i in enumerate(e.out)}
        for label in itertools.chain.from_iterable(e.indices):
            names.setdefault(label, len(names))
        sizes = {names[i]: n for ix, a in e.operands() for i, n in zip(ix, a.shape, strict=True)}
        summed = {i: n for i, n in sizes.items() if i >= e.ndim}
        return collected([self._chosen(choice, e, names, summed) for choice in itertools.product(*sums)])

    def _chosen(self, choice: Sequence[Term], e: Einsum, names: dict[int, int], summed: dict[int, int]) -> Term:
        """The product of one term of each operand."""
        self.work += 1
        if self.work > self.most_work:
            raise TooLong
        coefficient, factors, free = ONE, list[Factor](), len(names)
        for term, labels in zip(choice, e.indices, strict=True):
            own = {axis: names[label] for axis, label in enumerate(labels)}
            for label in dict.fromkeys(i for f in term.factors for i in f.labels):
                if label not in own:
                    own[label], free = free, free + 1
            coefficient = times(coefficient, term.coefficient)
            factors += relabelled(term.factors, own)
        carried = {i for f in factors for i in f.labels}
        for label, n in summed.items():
            if label not in carried:  # what it runs over has become constant
                coefficient = times(coefficient, size_constant(n))
        return self.products.term(coefficient, factors, e.ndim)

    # --- operations -------------------------------------------------------------------------------

    def powers(self, e: Apply) -> list[Term] | None:
        """A power with a number as exponent: of each factor, or of the whole."""
        exponent = settled(e.args[1])
        if exponent is None or isinstance(exponent, complex):
            return None
        if isinstance(exponent, float) and exponent.is_integer():
            exponent = int(exponent)
        one = self.one_term(e.args[0])
        if isinstance(exponent, int) and not is_summed(one, e.ndim):
            found = raised(one, exponent)
            return None if found is None else [self.products.term(*found, e.ndim)]
        base = self.products.built(one, e.shape)
        if settled(base) is not None:
            return None
        return [self.products.term(ONE, [Factor(base, tuple(range(e.ndim)), exponent)], e.ndim)]

    def inverses(self, e: Apply) -> list[Term] | None:
        """(cA)⁻¹ = A⁻¹/c, (Aᵀ)⁻¹ = (A⁻¹)ᵀ."""
        one = self.one_term(e.args[0])
        over = raised(Term(one.coefficient, ()), -1)
        if e.ndim == 2 and over is not None and len(one.factors) == 1 and not is_summed(one, 2):
            (only,) = one.factors
            if len(only.labels) == 2 and only.exponent == 1:
                return [Term(over.coefficient, (only._replace(base=inverse(only.base)),))]
        if e.ndim == 2 and over is not None and (d := _on_diagonal(one)) is not None:
            inverted = raised(Term(ONE, d), -1)
            if inverted is not None:
                return [Term(over.coefficient, (*inverted.factors, *(f for f in one.factors if f not in d)))]
        return [atom(inverse(self.inside(e.args[0])))]

    def shares(self, e: Apply) -> list[Term] | None:
        """softmax(u + c𝟏) = softmax(u), row by row."""
        moving, constant = self._along_last(e.args[0])
        return [atom(softmax(self.inside(add(*moving))))] if moving and constant else None

    def log_sums(self, e: Apply) -> list[Term] | None:
        """log Σ exp(u + c) = log Σ exp(u) + c."""
        moving, constant = self._along_last(e.args[0])
        if not (moving and constant):
            return None
        shift = [self.products.term(*t, e.ndim) for a in constant for t in self.terms(a)]
        return [atom(logsumexp(self.inside(add(*moving)))), *shift]

    def _along_last(self, x: Expr) -> tuple[list[Expr], list[Expr]]:
        """The terms of x that vary along its last axis, and those that do not."""
        groups: tuple[list[Expr], list[Expr]] = ([], [])
        for a in x.args if isinstance(x, Add) else (x,):
            groups[not any(x.ndim - 1 in f.labels for t in self.terms(a) for f in t.factors)].append(a)
        return groups

    def adjugates(self, e: Apply) -> list[Term] | None:
        """adj(Aᵀ) = adj(A)ᵀ; adj(A⁻¹) = det(A⁻¹) A; det(A) A⁻¹ where A⁻¹ is there anyway."""
        if e.ndim != 2:
            return None
        one = self.one_term(e.args[0])
        if len(one.factors) == 1 and one.coefficient is ONE and one.factors[0].exponent == 1:
            (only,) = one.factors
            if len(only.labels) == 2 and not is_summed(one, 2):
                if is_op(only.base, inverse):
                    det = Factor(determinant(e.args[0]), (), 1)
                    return [Term(ONE, (det, only._replace(base=only.base.args[0])))]
                if self.inverted(only.base):
                    det = Factor(determinant(only.base), (), 1)
                    return [Term(ONE, (det, only._replace(base=inverse(only.base))))]
                return [Term(ONE, (only._replace(base=adjugate_op(only.base)),))]
        inner = self.inside(e.args[0])
        if self.inverted(inner):
            return [Term(ONE, (Factor(determinant(inner), (), 1), Factor(inverse(inner), (0, 1), 1)))]
        return [atom(adjugate_op(inner))]


RULES: dict[object, Callable[[Opening, Apply], list[Term] | None]] = {
    power_op: Opening.powers,
    inverse: Opening.inverses,
    regular_inverse: Opening.inverses,
    adjugate_op: Opening.adjugates,
    softmax: Opening.shares,
    logsumexp: Opening.log_sums,
}


def _on_diagonal(t: Term) -> tuple[Factor, ...] | None:
    """The factors of v in diag(v)."""
    rest = tuple(f for f in t.factors if not isinstance(f.base, Delta))
    has_delta = len(rest) == len(t.factors) - 1
    return rest if has_delta and rest and all(f.labels == (0,) for f in rest) else None
