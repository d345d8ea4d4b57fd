"""The readable form of an expression: equal, and written the way a textbook writes it.

What people wrote stays as they wrote it: sums of the original function (a residual Xθ − y, 1 + exp(u)) are taken as
they are. What differentiation made is multiplied out into a flat sum of products (`opening`), where identity matrices
vanish, powers cancel and like terms meet; products with a name get it (`recognition`, `complement`); then common
factors are taken out by habit (`grouping`). Of the forms that come of it the shortest is taken.

Facts enter at three places. `with_facts` comes first: a single operation that a fact makes simpler (|x| = x, Q⁻¹ = Qᵀ).
`Products.symmetric` says of which matrices the labels may change places. `Products.rules` are laws about one term,
``Rule = (Term, rank) → Term | None``: whatever is declared of a variable (QᵀQ = I, Σp = 1) is one more of them. Rules
see every product, those inside of scalars too, before its summed labels are closed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from steepest.analysis.knowledge import Knowledge
from steepest.errors import UnknownFunctionError
from steepest.expr.build import add, is_zero, variable
from steepest.expr.dimension import Shape
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Add, Apply, Einsum, Expr
from steepest.expr.traversal import toposort
from steepest.ops.linalg_inverse import inverse, regular_inverse
from steepest.ops.power import power_op
from steepest.rewrite.declared.products import declared_rules
from steepest.rewrite.declared.values import with_facts

from .collecting import collected, with_branches, with_circles
from .complement import preferred
from .conditions import NO_CONDITIONS, Conditions, may_be_zero, poles, with_conditions, without_masks
from .entrywise import is_complement, share_or_complement
from .grouping import Groups
from .length import Reader
from .opening import Opening, TooLong
from .product import Products, is_root
from .recognition import RULES
from .term import Term, is_summed

MOST_NODES = 250  # of an expression that people read
SLACK, SLACK_OF_TENSORS, SLACK_IN_ALL = 2.0, 4.0, 8  # how much longer than what was given the form may be
OPENED, OPENED_IN_ALL = 0.7, 6  # how much shorter it must be for what people wrote to be multiplied out
MATRIX = 2  # axes
MOST_WORK_TO_COMPARE = 400  # terms made to see whether two sums are the same
PASSES = 4  # a bound only: what has become shorter inside may show more outside
MOST_TERMS_OF_TENSOR = 16  # that are shown without looking how long it gets


Contents = tuple[frozenset[Term], Shape]


@dataclass(frozen=True)
class Reading:
    """An expression as it is read, and what is to be said beside it."""

    expr: Expr
    conditions: Conditions = NO_CONDITIONS


def readable(e: Expr, written: Sequence[Expr] = ()) -> Expr:
    """An equal expression as a textbook prints it. `written` is the function that `e` was derived from.

    >>> from steepest.expr.build import add, einsum, multiply
    >>> from steepest.ops.power import reciprocal
    >>> A, x = variable("A", (3, 3)), variable("x", (3,))
    >>> e = add(einsum("ij,j->i", A, x), einsum("ji,j->i", A, multiply(x, x, reciprocal(x))))
    >>> readable(e) is einsum("ij,j->i", add(A, einsum("ij->ji", A)), x)
    True
    """
    return reading(e, written).expr


def reading(e: Expr, written: Sequence[Expr] = ()) -> Reading:
    """The readable form, and the conditions that stand beside it: together they are equal to `e` everywhere."""
    return _reading(e, tuple(written))


@lru_cache(maxsize=64)
def _reading(e: Expr, written: Sequence[Expr]) -> Reading:
    e, *written = with_conditions([e, *written])
    nodes = toposort([e, *written])
    if len(nodes) > MOST_NODES or any(n.dtype is not None and n.dtype.kind == "c" for n in nodes):
        return Reading(e)
    known = Knowledge()
    e, *written = with_facts([e, *written], known, written=set(toposort(written)))
    found = Reading(e)
    for _ in range(PASSES):
        try:
            new = _Form(toposort([found.expr, *written]), written, known).of(found.expr)
        except TooLong:
            return found
        if new.expr is found.expr:
            return found
        found = Reading(new.expr, found.conditions | new.conditions)
    return found


class _Form:
    """What is known while one expression is read."""

    def __init__(self, nodes: Sequence[Expr], written: Sequence[Expr], known: Knowledge):
        self.reader, self.known = Reader(), known
        self.written = set(toposort(written))
        self.products = Products(self.reader, known.symmetric, (*RULES, *declared_rules(nodes)))
        self.groups = Groups(self.products, self._opened_once)
        self.as_written: dict[Contents, Expr] | None = None
        self.inverted = {n.args[0] for n in nodes if isinstance(n, Apply) and n.op in (inverse, regular_inverse)}
        self.all_open = self.kept = self._opening({})  # until it is known what is kept
        self.all_open.most_work = MOST_WORK_TO_COMPARE
        fixed = dict.fromkeys(_fixed(nodes))
        sums = {n: None for n in toposort(written) if isinstance(n, Add)} | fixed
        self.kept, self.half_open = self._opening(sums), self._opening(fixed)
        self.as_written = {self._key(a): a for n in self.written if isinstance(n, Apply) for a in n.args}
        self.squares: dict[Expr, Term | None] = {}
        self.products.square = self._square
        self.products.vanishing = self._vanishes
        self.poles = poles(toposort(written), self.kept)

    def _opening(self, kept: Iterable[Expr]) -> Opening:
        opening = Opening(self.products, self._standing(kept), self._inside, self.groups.as_term)
        opening.inverted = self.inverted.__contains__
        return opening

    def _inside(self, e: Expr) -> Expr:
        """An expression as it is to stand inside of an operation: as it was written, if it was."""
        if self.as_written is None or e in self.written or not e.args:
            return e
        found = self.as_written.get(self._key(e))
        return self.kept.as_one(e) if found is None else found

    def _key(self, e: Expr) -> Contents:
        return frozenset(self.kept.terms(e)), e.shape

    def _standing(self, kept: Iterable[Expr]) -> Callable[[Expr], Expr | None]:
        """Of an expression that is kept, or multiplied out is the same, the one to be shown."""
        same: dict[Expr, Expr] = {}
        by_terms: dict[Contents, Expr] = {}
        in_names = Opening(self.products, same.get, self._inside, self.groups.as_term)
        for n in kept:
            same[n] = self._in_names(n, in_names) if isinstance(n, Add) else n
            if isinstance(n, Add) and (contents := self._contents(n)) is not None:
                by_terms[contents] = same[n]

        def standing(e: Expr) -> Expr | None:
            if e not in same and isinstance(e, Add) and by_terms:
                contents = self._contents(e)
                if contents in by_terms:
                    same[e] = by_terms[contents]
            return same.get(e)

        return standing

    def _opened_once(self, u: Expr) -> list[Term]:
        """The terms of a sum, the sums in them left alone."""
        parts = u.args if isinstance(u, Add) else (u,)
        return collected(t for a in parts for t in self.kept.terms(a))

    def _in_names(self, n: Add, opening: Opening) -> Expr:
        """The sum itself, or, where it contains 1/(1 + exp(u)) and the like, the same terms by their names."""
        terms = [t for a in n.args for t in opening.terms(a)]
        if len(terms) != len(n.args):
            return n
        new = share_or_complement(terms, n.ndim) or add(*(self.products.built(t, n.shape) for t in terms))
        return new if self.reader.length(new) <= self.reader.length(n) else n

    def of(self, e: Expr) -> Reading:
        best = self._formed(self.kept, e)
        count = len(self.kept.terms(e))
        opened_count = len(self.half_open.terms(e))
        if opened_count <= 2 * count and self.half_open.terms(e) != self.kept.terms(e):
            opened = self._formed(self.half_open, e)
            new, old = self.reader.length(opened.expr), self.reader.length(best.expr)
            if new < OPENED * old or (new <= old - OPENED_IN_ALL and opened_count <= count):
                best = opened
        tensor = e.ndim > MATRIX and count <= MOST_TERMS_OF_TENSOR
        slack = SLACK_OF_TENSORS if tensor else SLACK
        short = self.reader.length(best.expr) <= slack * self.reader.length(e) + SLACK_IN_ALL
        return best if short else Reading(e)

    def _formed(self, opening: Opening, e: Expr) -> Reading:
        self.products.cancelled.clear()
        terms, conditions = without_masks(opening.terms(e), e.ndim, self.products.under, self.poles, self.known)
        assumed = {*self.poles, *conditions.zero, *conditions.zero_terms, *conditions.needless}
        assumed |= {u for y in assumed if (u := self.products.under(y)) is not None}
        met = [u for u in self.products.cancelled if u not in assumed and may_be_zero(self.known.range(u))]
        squares = {self.products.under(u) for u in met}
        better = preferred(terms, self.reader)
        if better != self.products.preferred:
            self.products.preferred = better
            self.groups.condensed.clear()
        return Reading(
            self.groups.as_sum(with_circles(with_branches(collected(terms))), e.shape),
            replace(conditions, nonzero=tuple(u for u in met if u not in squares)),
        )

    def _square(self, root: Expr) -> Term | None:
        """What is under a root, as one product, if it needs no sum."""
        if root not in self.squares and is_root(root):
            self.squares[root] = None  # what is inside of it is not asked about it
            one = self.kept.one_term(root.op.square(*root.args, **dict(root.params)))
            self.squares[root] = None if is_summed(one, root.ndim) else one
        return self.squares.get(root)

    def _contents(self, e: Expr) -> Contents | None:
        """The shape and all terms, nothing kept; None if they are too many to be worth a comparison."""
        try:
            return frozenset(self.all_open.terms(e)), e.shape
        except TooLong:
            return None

    def _vanishes(self, e: Expr) -> bool:
        """Whether a scalar is 0 once the sums in it are multiplied out, like Σ (x − 1/n Σ x)."""
        if is_zero(e) or not any(isinstance(a, Add) for a in e.args):
            return is_zero(e)
        contents = self._contents(e)
        return contents is not None and not contents[0]


def _fixed(nodes: Iterable[Expr]) -> Iterable[Expr]:
    """What is never multiplied out: 1 − σ, sums in the derivatives of single operations, like the 1 − tanh² of tanh,
    and products of matrices that are inverted, or stand under a power, as a whole."""
    for n in nodes:
        if isinstance(n, Add) and is_complement(n):
            yield n
        if not isinstance(n, Apply):
            continue
        if n.op in (inverse, regular_inverse, power_op) and isinstance(n.args[0], Einsum) and n.args[0].sums and n.ndim:
            yield n.args[0]
        if n.op.elementwise and n.op.transpose is None:
            yield from _local_sums(n)


def _local_sums(n: Apply) -> Iterable[Expr]:
    """The sums in the partial derivatives of one entrywise operation."""
    for a, rule in zip(n.args, n.op.differentials, strict=True):
        if rule is None or not carries_derivative(a.dtype):
            continue
        change = variable("change", a.shape, a.dtype, tag=-1)
        with contextlib.suppress(UnknownFunctionError):  # no derivative by this operand: then none of it is here
            made = toposort([rule(n, change, *n.args, **dict(n.params))], stop={n, *n.args, change})
            yield from (s for s in made if isinstance(s, Add) and s not in n.args)
