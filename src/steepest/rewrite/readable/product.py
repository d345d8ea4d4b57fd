"""Products of powers in one canonical form: identities used up, equal factors merged, closed parts made scalars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeGuard

from steepest.expr.build import is_zero
from steepest.expr.dimension import Shape
from steepest.expr.node import Apply, Constant, Delta, Expr, Labels, Number
from steepest.expr.number import ONE, ZERO, is_number, size_constant, times, to_power, whole

from .length import Reader, is_mask
from .pairs import paired
from .term import Factor, Term, built, connected, labels_of, relabelled

ROUNDS = 6  # of telling summed labels apart by their neighbours

# A law about one product of so many axes: what it makes of a term, or None. It must not apply to what it has made.
Rule = Callable[[Term, int], Term | None]
Merged = dict[tuple[Expr, Labels], Number]


class Products:
    """Makes terms. `cancelled` is told of every base whose powers of two signs have met."""

    def __init__(self, reader: Reader, symmetric: Callable[[Expr], bool], rules: Sequence[Rule]):
        self.reader, self.symmetric, self.rules = reader, symmetric, rules
        self.square: Callable[[Expr], Term | None] = lambda root: None  # of a root: what is under it, if one product
        self.vanishing: Callable[[Expr], bool] = is_zero
        self.cancelled: dict[Expr, None] = {}  # what was found above and below the line
        self.preferred: dict[Expr, Expr] = {}  # of σ(−u) where σ(u) is there too: σ(u)

    def term(self, coefficient: Constant, factors: Iterable[Factor], rank: int) -> Term:
        """The product summed over every label not below `rank`, with every rule applied."""
        found = Term(coefficient, tuple(factors))
        while True:
            found = self._by_rules(found, rank)
            found = self._closed_up(found, rank)
            new = self._by_rule(found, rank)
            if new is None:
                return Term(whole(found.coefficient), self.canonical(found.factors, rank))
            found = new

    def _by_rules(self, t: Term, rank: int) -> Term:
        """Identities used up, powers merged, and every rule applied until none does."""
        while True:
            t = self._merged_term(t, rank)
            new = self._by_rule(t, rank)
            if new is None:
                return t
            t = new

    def _by_rule(self, t: Term, rank: int) -> Term | None:
        if t.coefficient is ZERO:
            return None
        return next((new for rule in self.rules if (new := rule(t, rank)) is not None), None)

    def _merged_term(self, t: Term, rank: int) -> Term:
        sizes = labels_of(t.factors)
        factors, lost = self._without_identities(list(t.factors), rank)
        number, merged = self._merged(factors)
        carried = {i for f in merged for i in f.labels}
        coefficient = times(t.coefficient, number)
        for label, size in sizes.items():
            if label >= rank and label not in carried and label not in lost:
                coefficient = times(coefficient, size_constant(size))
        return Term(coefficient, tuple(merged))

    def _closed_up(self, t: Term, rank: int) -> Term:
        """Every part without an axis of the result as a scalar."""
        outer, closed = connected(t.factors, rank)
        if not closed:
            return t
        coefficient = t.coefficient
        for group in closed:
            scalar = self.closed(group)
            coefficient = times(coefficient, scalar.coefficient)
            outer += scalar.factors
        return self._merged_term(Term(coefficient, tuple(outer)), rank)

    def closed(self, group: list[Factor]) -> Term:
        """A product without an axis of the result, as a scalar factor."""
        e = self.built(Term(ONE, self.canonical(group, 0)), ())
        if is_number(e):
            return Term(e, ())
        if self.vanishing(e):
            return Term(ZERO, ())
        return Term(ONE, (Factor(e, (), 1),))

    def built(self, term: Term, shape: Shape) -> Expr:
        """The term as an expression."""
        return built(paired(term, self.reader), shape)

    # --- identities -------------------------------------------------------------------------------

    def _without_identities(self, factors: list[Factor], rank: int) -> tuple[list[Factor], set[int]]:
        """δ_ij renames one of its labels; between two axes of the result it stays, and all is read at the first."""
        rename: dict[int, int] = {}

        def find(label: int) -> int:
            while label in rename:
                label = rename[label]
            return label

        kept: list[tuple[Expr, int, int]] = []
        for base, labels, _ in factors:
            if isinstance(base, Delta):
                i, j = sorted(map(find, labels))
                if i != j:
                    rename[j] = i
                    if j < rank:
                        kept.append((base, i, j))
        if not rename and not any(isinstance(f.base, Delta) for f in factors):
            return factors, set()
        rest = [Factor(b, tuple(map(find, ls)), e) for b, ls, e in factors if not isinstance(b, Delta)]
        return rest + [Factor(b, (find(i), j), 1) for b, i, j in kept], set(rename)

    # --- powers -----------------------------------------------------------------------------------

    def _merged(self, factors: Iterable[Factor]) -> Term:
        """Equal bases at equal labels, their exponents added; a root counts half."""
        merged: Merged = {}
        for f in factors:
            self._multiply(merged, f)
        coefficient = ONE
        for base, labels in list(merged):
            if (base, labels) in merged and is_root(base) and (u := self.square(base)) is not None:
                coefficient = times(coefficient, self._join_root(merged, base, labels, u))
        return Term(coefficient, tuple(Factor(base, labels, e) for (base, labels), e in merged.items() if e != 0))

    def _multiply(self, merged: Merged, f: Factor) -> None:
        key = (f.base, f.labels)
        if is_mask(f.base):
            merged[key] = 1
            return
        before = merged.get(key, 0)
        if _signs_differ(before, f.exponent):
            self.cancelled.setdefault(f.base)
        merged[key] = _tidy(before + f.exponent)

    def _join_root(self, merged: Merged, root: Expr, labels: Labels, u: Term) -> Constant:
        """√u · u = √u³; an even power of √u is a power of u, and of a product under the root √u is taken once.

        The number that comes of it.
        """
        half = merged.pop((root, labels))
        if not isinstance(half, int):
            merged[root, labels] = half
            return ONE
        if self.under(root) is not None:
            return self._count_half(merged, root, labels, half)
        once = (half > 0) - (half < 0) if half % 2 else 0
        squared = raised(u, (half - once) // 2)
        if squared is None:
            merged[root, labels] = half
            return ONE
        if once:
            merged[root, labels] = once
        for f in relabelled(squared.factors, dict(enumerate(labels))):
            self._multiply(merged, f)
        return squared.coefficient

    def _count_half(self, merged: Merged, root: Expr, labels: Labels, half: int) -> Constant:
        u = self.under(root)
        assert u is not None
        plain = merged.get((u, labels), 0)
        if not isinstance(plain, int):
            merged[root, labels] = half
            return ONE
        if _signs_differ(plain, half):
            self.cancelled.setdefault(u)
        both = half + 2 * plain
        merged.pop((u, labels), None)
        merged[(root, labels) if both % 2 else (u, labels)] = both if both % 2 else both // 2
        return ONE

    def under(self, root: Expr) -> Expr | None:
        """What is under a root, if it is one thing."""
        u = self.square(root) if is_root(root) else None
        if u is None or u.coefficient is not ONE or len(u.factors) != 1:
            return None
        (only,) = u.factors
        return only.base if only.exponent == 1 and only.labels == tuple(range(root.ndim)) else None

    # --- one order, one set of labels -------------------------------------------------------------

    def canonical(self, factors: Iterable[Factor], rank: int) -> tuple[Factor, ...]:
        """The factors in a fixed order, their summed labels numbered on from `rank` by what they connect."""
        factors = [self._turned(f) for f in factors]
        summed = [i for i in labels_of(factors) if i >= rank]
        if summed:
            colours = self._colours(factors, rank, summed)
            order = sorted(summed, key=colours.__getitem__)
            names = {i: i for i in range(rank)} | {label: rank + k for k, label in enumerate(order)}
            factors = [self._turned(f) for f in relabelled(factors, names)]
        mark = self.reader.mark
        factors.sort(key=lambda f: (mark(f.base), f.labels, str(f.exponent)))
        return tuple(factors)

    def _turned(self, f: Factor) -> Factor:
        """Of a symmetric matrix the smaller label first."""
        if len(f.labels) == 2 and f.labels[0] > f.labels[1] and self.symmetric(f.base):
            return f._replace(labels=f.labels[::-1])
        return f

    def _colours(self, factors: list[Factor], rank: int, summed: list[int]) -> dict[int, int]:
        """Numbers that tell labels apart by the factors they are on; where none does, the first goes first."""
        colours = {i: i for i in range(rank)} | dict.fromkeys(summed, rank)
        owns = [(self.reader.mark(f.base), str(f.exponent), self.symmetric(f.base)) for f in factors]
        for _ in range(len(summed) + ROUNDS):
            seen: dict[int, list[tuple[object, ...]]] = {i: [] for i in summed}
            for (mark, exponent, symmetric), f in zip(owns, factors, strict=True):
                around = tuple(colours[i] for i in f.labels)
                for axis, label in enumerate(f.labels):
                    if label >= rank:
                        others = tuple(sorted(around)) if symmetric else (axis, around)
                        seen[label].append((mark, exponent, others))
            keys = {i: (colours[i], sorted(map(repr, seen[i]))) for i in summed}
            ranks = {key: rank + k for k, key in enumerate(sorted({(c, tuple(s)) for c, s in keys.values()}))}
            new = {i: ranks[c, tuple(s)] for i, (c, s) in keys.items()}
            if len(ranks) == len({colours[i] for i in summed}):
                tied = [i for i in summed if sum(new[j] == new[i] for j in summed) > 1]
                if not tied:
                    return new
                first = min(tied, key=lambda i: new[i])  # all of its colour look alike: any one may be the first
                new = {i: 2 * c + (c == new[first] and i != first) for i, c in new.items()}
            colours = {i: i for i in range(rank)} | new
        return {i: colours[i] for i in summed}


def raised(term: Term, exponent: int) -> Term | None:
    """The whole power of a product without sums, entry by entry."""
    coefficient = to_power(term.coefficient, exponent) if term.coefficient is not ONE else ONE
    if coefficient is None:
        return None
    factors = tuple(f if is_mask(f.base) else f._replace(exponent=_tidy(f.exponent * exponent)) for f in term.factors)
    return Term(coefficient, factors)


def is_root(e: Expr) -> TypeGuard[Apply]:
    """Whether the square of the expression is known to be simpler."""
    return isinstance(e, Apply) and e.op.square is not None


def _signs_differ(a: Number, b: Number) -> bool:
    return _sign(a) * _sign(b) < 0


def _sign(a: Number) -> int:
    return 0 if isinstance(a, complex) or a == 0 else 1 if a > 0 else -1


def _tidy(exponent: Number) -> Number:
    """2.0 as 2."""
    return int(exponent) if isinstance(exponent, float) and exponent.is_integer() else exponent
