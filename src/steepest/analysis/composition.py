"""Convexity by composition: how each part bends as some variables move, from how its operands do.

The rules of disciplined convex programming (Grant, Boyd & Ye, Disciplined Convex Programming, 2006; Boyd &
Vandenberghe, Convex Optimization, sections 3.2 and 3.6), over the records of operations. Of an array the claim is
about every entry; a symmetric matrix may also bend one way in the Loewner order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Apply, Einsum, Expr, Variable
from steepest.expr.traversal import complex_valued, depends_on, toposort
from steepest.ops.elementary import exp, log1p
from steepest.ops.interval import EVERYTHING, Interval, exactly
from steepest.ops.operation import Curvature, Monotone, Operation
from steepest.ops.power import log, power_op

from . import law
from .bent import Bent, composed, summed, title, unknown
from .choice import Choices
from .flatten import terms_of
from .knowledge import Knowledge
from .quadratic import Quadratics
from .ranges import factors_range

LOGARITHMS = (log, log1p)  # of a sum of exponentials, with or without a 1 more


class Composition:
    """How the parts of `root` bend in the `variables`, all moving together."""

    def __init__(self, root: Expr, variables: Collection[Variable], known: Knowledge):
        self.known, self.varying = known, depends_on([root], variables)
        # What is assumed for being defined does not make a domain convex, but where the variables have no part in it.
        self.plain = Knowledge({e: i for e, i in known.assumed.items() if e not in self.varying})
        self.quadratics, self.choices = Quadratics(self.of, self.varying, known), Choices(self.of, known)
        self._bent: dict[Expr, Bent] = {}
        self._log_convex: set[Expr] = set()
        for n in toposort([root]):
            if n in self.varying:  # operands first, so that nothing goes deep
                self._bent[n] = self._of(n)
                self.quadratics.loewner(n)
                if self._is_log_convex(n):
                    self._log_convex.add(n)

    def of(self, e: Expr) -> Bent:
        """Every entry of `e`."""
        return self._bent.get(e) or Bent(Curvature.AFFINE, law.CONSTANT, e)

    def _of(self, n: Expr) -> Bent:
        if n.dtype == BOOL or complex_valued(n):
            return unknown(n)
        match n:
            case Variable():
                return Bent(Curvature.AFFINE, law.VARIABLE, n)
            case Add():
                return summed(n, [self.of(a) for a in n.args if a in self.varying])
            case Einsum():
                return self._product(n)
            case Apply():
                return self._applied(n)
        return unknown(n)

    # --- products -------------------------------------------------------------------------------------

    def _product(self, n: Einsum) -> Bent:
        operands = n.operands()
        moving = [o for o in operands if o[1] in self.varying]
        sign = factors_range([o for o in operands if o not in moving], self.known.range)
        chosen = self.choices.product(n, moving, sign)
        if chosen is not None:
            return chosen
        found = unknown(n)
        if all(m == moving[0] for m in moving):
            found = self._repeated(n, moving[0][1], len(moving), sign)
        return found if found.curvature else self.quadratics.product(n, (), (), n.out)

    def _repeated(self, n: Einsum, a: Expr, count: int, sign: Interval) -> Bent:
        """A multiple of a whole power, of one sign."""
        inner = self.of(a)
        bends = inner.curvature
        if count > 1:
            curvature, monotone = power_op.bend_on(self.known.range(a), exactly(count))  # type: ignore[misc]
            bends = composed(curvature, monotone, bends, EVERYTHING, inside=True)
        if bends == Curvature.AFFINE or sign.nonnegative:
            return Bent(bends, law.MULTIPLE if count == 1 else law.POWER, n, (inner,))
        return Bent(bends.opposite() if sign.nonpositive else Curvature.UNKNOWN, law.NEGATIVE_MULTIPLE, n, (inner,))

    # --- operations -----------------------------------------------------------------------------------

    def _applied(self, n: Apply) -> Bent:
        op: Operation = n.op
        if op.on_definite is not None and not n.ndim:
            return self.quadratics.on_definite(n)
        for rule in (self._length, self._log_of_exponentials):
            found = rule(n)
            if found is not None:
                return found
        return self._by_record(n)

    def _by_record(self, n: Apply) -> Bent:
        """By what the record says of the operation on the intervals of its operands."""
        op: Operation = n.op
        ranges = [self.known.range(a) for a in n.args]
        domains = domains_of(op, ranges)
        if domains is None or not (op.elementwise or op.core_rank == 1):
            return unknown(n)
        moving = [k for k, a in enumerate(n.args) if a in self.varying]
        curvature, monotone = self._record(op, moving, [r.meet(d) for r, d in zip(ranges, domains, strict=True)])
        found = curvature
        known_slope = monotone is not Monotone.UNKNOWN
        for k in moving:
            own = monotone if known_slope else self._monotone_about_least(op, ranges[k])
            inside = self.plain.range(n.args[k]).within(domains[k])
            found &= composed(curvature, own, self.of(n.args[k]).curvature, domains[k], inside)
        words = [f"{title(op)} is {curvature}", *([monotone.value] if known_slope else [])]
        rule = law.in_words(" and ".join(words))
        return Bent(found, rule, n, tuple(self.of(n.args[k]) for k in moving))

    def _record(self, op: Operation, moving: Sequence[int], ranges: Sequence[Interval]) -> tuple[Curvature, Monotone]:
        if op.bend_on is not None:
            return op.bend_on(*ranges)
        if op.curvature_by and len(moving) == 1:
            return op.curvature_by[moving[0]], op.monotone
        return op.curvature, op.monotone

    def _monotone_about_least(self, op: Operation, found: Interval) -> Monotone:
        """A convex function falls before its least value and rises after it."""
        if op.least_at is None:
            return Monotone.UNKNOWN
        rising, falling = found.low >= op.least_at, found.high <= op.least_at
        return Monotone.INCREASING if rising else Monotone.DECREASING if falling else Monotone.UNKNOWN

    def _length(self, n: Apply) -> Bent | None:
        """√(zᵀMz + c) with z affine, M ⪰ 0, c ≥ 0: the length of a vector."""
        if n.op.square is None or n.op.square(*n.args, **dict(n.params)) is not n.args[0]:
            return None
        (a,) = n.args
        inner = [self.quadratics.as_square(t) for t in terms_of(a)]
        if not all(inner):
            return None
        return Bent(Curvature.CONVEX, law.LENGTH, n, tuple(b for b in inner if b is not None))

    def _log_of_exponentials(self, n: Apply) -> Bent | None:
        """log Σ exp(z), with z convex: convex (Boyd & Vandenberghe, section 3.5.2)."""
        if n.op not in LOGARITHMS or n.args[0] not in self._log_convex:
            return None
        return Bent(Curvature.CONVEX, law.EXPONENTIALS, n, (self.of(n.args[0]),))

    def _is_log_convex(self, n: Expr) -> bool:
        """Sums, nonnegative multiples and products of exponentials of convex functions."""
        match n:
            case Add() | Einsum():
                return n.dtype != BOOL and all(
                    a in self._log_convex if a in self.varying else self.known.range(a).nonnegative for a in n.args
                )
            case Apply() if n.op is exp:
                return Curvature.CONVEX in self.of(n.args[0]).curvature
        return False


def domains_of(op: Operation, ranges: Sequence[Interval]) -> tuple[Interval, ...] | None:
    """Where each operand may lie, as intervals; None if that is not known, or is no interval that holds them."""
    if op.domain_on is not None:
        first = op.domain_on(*ranges[1:])
        if first is None:
            first = ranges[0] if ranges[0].positive or ranges[0].negative else None
        return None if first is None else (first, *ranges[1:])
    if op.arguments:
        return op.arguments
    if op.curved_on != EVERYTHING:  # elsewhere it is defined too, and bends otherwise
        return tuple(op.curved_on for _ in ranges) if all(r.within(op.curved_on) for r in ranges) else None
    return tuple(EVERYTHING for _ in ranges) if op.domain == Operation.domain else None
