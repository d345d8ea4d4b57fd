"""Convexity by composition: how each part bends as some variables move, from how its operands do.

The rules of disciplined convex programming (Grant, Boyd & Ye, Disciplined Convex Programming, 2006; Boyd &
Vandenberghe, Convex Optimization, sections 3.2 and 3.6), over the records of operations. Of an array the claim is
about every entry; a symmetric matrix may also bend one way in the Loewner order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from steepest.expr.build import Operand
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Apply, Einsum, Expr, Variable
from steepest.expr.number import is_number
from steepest.expr.traversal import complex_valued, depends_on, toposort
from steepest.ops.definite import Definite
from steepest.ops.elementary import exp, log1p
from steepest.ops.interval import EVERYTHING, Interval, exactly
from steepest.ops.linalg_inverse import inverse, regular_inverse
from steepest.ops.operation import Curvature, Monotone, Operation
from steepest.ops.power import log, power_op

from . import law
from .flatten import flattened
from .knowledge import Knowledge
from .law import Law
from .mirror import Accept, mirrored
from .ranges import factors_range
from .shape import SHAPES, Bent, Shape, composed

FRACTIONS = (inverse, regular_inverse)  # (x, S) ↦ xᵀS⁻¹x is convex in both together
LOGARITHMS = (log, log1p)  # of a sum of exponentials, with or without a 1 more


class Composition:
    """How the parts of `root` bend in the `variables`, all moving together."""

    def __init__(self, root: Expr, variables: Collection[Variable], known: Knowledge):
        self.known, self.varying = known, depends_on([root], variables)
        # What is assumed for being defined does not make a domain convex, but where the variables have no part in it.
        self.plain = Knowledge({e: i for e, i in known.assumed.items() if e not in self.varying})
        self._bent: dict[Expr, Bent] = {}
        for n in toposort([root]):
            if n in self.varying:
                self._bent[n] = self._of(n)

    def of(self, e: Expr) -> Bent:
        """Every entry of `e`."""
        return self._bent.get(e) or Bent(Shape.AFFINE, law.CONSTANT, e)

    def _of(self, n: Expr) -> Bent:
        if n.dtype == BOOL or complex_valued(n):
            return _unknown(n)
        match n:
            case Variable():
                return Bent(Shape.AFFINE, law.VARIABLE, n)
            case Add():
                return self._sum(n, [self.of(a) for a in n.args if a in self.varying])
            case Einsum():
                return self._product(n)
            case Apply():
                return self._applied(n)
        return _unknown(n)

    def _sum(self, n: Expr, parts: Sequence[Bent]) -> Bent:
        shape = Shape.AFFINE
        for p in parts:
            shape &= p.shape
        return Bent(shape, law.SUM, n, tuple(parts))

    # --- products -------------------------------------------------------------------------------------

    def _product(self, n: Einsum) -> Bent:
        operands = list(zip(n.indices, n.args, strict=True))
        moving = [o for o in operands if o[1] in self.varying]
        sign = factors_range([o for o in operands if o not in moving], self.known.range)
        found = _unknown(n)
        if all(m == moving[0] for m in moving):
            found = self._repeated(n, moving[0][1], len(moving), sign)
        return found if found.shape else self._opened(n, (), (), n.out)

    def _opened(self, n: Einsum, rows: Sequence[int], columns: Sequence[int], batch: Sequence[int]) -> Bent:
        """As a quadratic form, as it stands or with the products in it opened."""
        found = self._quadratic(n, rows, columns, batch)
        flat = n if found.shape else flattened(n)
        if flat is n or not isinstance(flat, Einsum):
            return found
        place = dict(zip(n.out, flat.out, strict=True))
        turned = ([place[i] for i in labels] for labels in (rows, columns, batch))
        found = self._quadratic(flat, *turned)
        return Bent(found.shape, found.rule, n, found.because)

    def _repeated(self, n: Einsum, a: Expr, count: int, sign: Interval) -> Bent:
        """A multiple of a whole power, of one sign."""
        inner = self.of(a)
        shape = inner.shape
        if count > 1:
            curvature, monotone = power_op.shape_on(self.known.range(a), exactly(count))  # type: ignore[misc]
            shape = composed(SHAPES[curvature], monotone, shape, EVERYTHING, inside=True)
        if shape == Shape.AFFINE or sign.nonnegative:
            return Bent(shape, law.MULTIPLE if count == 1 else law.POWER, n, (inner,))
        return Bent(shape.opposite() if sign.nonpositive else Shape.UNKNOWN, law.NEGATIVE_MULTIPLE, n, (inner,))

    def _quadratic(self, n: Einsum, rows: Sequence[int], columns: Sequence[int], batch: Sequence[int]) -> Bent:
        """zᵀMz with z affine and M ⪰ 0, also over a positive concave number; xᵀS⁻¹x; tr(C K(S)) with C ⪰ 0."""
        operands = list(zip(n.indices, n.args, strict=True))
        negative = is_number(n.args[0]) and self.known.range(n.args[0]).negative
        m = mirrored(operands[1:] if negative else operands, rows, columns, self._accept(), batch)
        if m is None:
            return _unknown(n)
        pairs = [p for p, _ in m.pairs if p[1] in self.varying]
        kernels = [a for _, a in m.kernels if a in self.varying]
        weights = [a for _, a in m.weights if a in self.varying]
        shape, rule = self._form(pairs, kernels, weights)
        parts = tuple(self.of(a) for a in (*(a for _, a in pairs), *kernels, *weights))
        return Bent(shape.opposite() if negative else shape, rule, n, parts)

    def _form(self, pairs: Sequence[Operand], kernels: Sequence[Expr], weights: Sequence[Expr]) -> tuple[Shape, Law]:
        match len(pairs), len(kernels), len(weights):
            case 0, 1, 0:
                return self.loewner(kernels[0]).shape, law.TRACE
            case 1, 0, 0 if self.of(pairs[0][1]).shape == Shape.AFFINE:
                return Shape.CONVEX, law.QUADRATIC
            case 1, 0, 1 if self.of(pairs[0][1]).shape == Shape.AFFINE:
                return Shape.CONVEX, law.OVER_LINEAR
            case 1, 1, 0 if self.of(pairs[0][1]).shape == Shape.AFFINE and self._is_fraction(kernels[0]):
                return Shape.CONVEX, law.FRACTIONAL
        return Shape.UNKNOWN, law.NONE

    def _accept(self) -> Accept:
        return Accept(
            kernel=lambda a: bool(self.loewner(a).shape) and (a in self.varying or self._semidefinite(a)),
            weight=lambda a: self._is_reciprocal(a) if a in self.varying else self.known.range(a).nonnegative,
            symmetric=self.known.symmetric,
        )

    def _semidefinite(self, a: Expr) -> bool:
        return self.known.definite(a) >= Definite.PSD

    def _is_reciprocal(self, a: Expr) -> bool:
        """1/t of a positive concave t."""
        if not (isinstance(a, Apply) and a.op is power_op and is_number(a.args[1]) and a.args[1].value == -1):
            return False
        t = a.args[0]
        return Shape.CONCAVE in self.of(t).shape and self.known.sign(t).positive

    def _is_fraction(self, a: Expr) -> bool:
        """S⁻¹ of an affine S."""
        return isinstance(a, Apply) and a.op in FRACTIONS and self.of(a.args[0]).shape == Shape.AFFINE

    def loewner(self, a: Expr) -> Bent:
        """How a symmetric matrix bends in the Loewner order."""
        if a.ndim != 2 or not self.known.symmetric(a):
            return _unknown(a)
        if self.of(a).shape == Shape.AFFINE:
            return self.of(a)
        match a:
            case Add():
                return self._sum(a, [self.loewner(t) for t in a.args if t in self.varying])
            case Einsum():
                return self._opened(a, a.out[:1], a.out[1:], ())
            case Apply() if a.op.on_definite is not None:
                return self._on_definite(a)
        return _unknown(a)

    # --- operations -----------------------------------------------------------------------------------

    def _applied(self, n: Apply) -> Bent:
        op: Operation = n.op
        if op.on_definite is not None and not n.ndim:
            return self._on_definite(n)
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
            return _unknown(n)
        moving = [k for k, a in enumerate(n.args) if a in self.varying]
        curvature, monotone = self._record(op, moving, [r.meet(d) for r, d in zip(ranges, domains, strict=True)])
        shape = SHAPES[curvature]
        known_slope = monotone is not Monotone.UNKNOWN
        for k in moving:
            own = monotone if known_slope else self._monotone_about_least(op, ranges[k])
            inside = self.plain.range(n.args[k]).within(domains[k])
            shape &= composed(SHAPES[curvature], own, self.of(n.args[k]).shape, domains[k], inside)
        words = [f"{_title(op)} is {curvature.value}", *([monotone.value] if known_slope else [])]
        rule = law.in_words(" and ".join(words))
        return Bent(shape, rule, n, tuple(self.of(n.args[k]) for k in moving))

    def _record(self, op: Operation, moving: Sequence[int], ranges: Sequence[Interval]) -> tuple[Curvature, Monotone]:
        if op.shape_on is not None:
            return op.shape_on(*ranges)
        if op.curvature_by and len(moving) == 1:
            return op.curvature_by[moving[0]], op.monotone
        return op.curvature, op.monotone

    def _monotone_about_least(self, op: Operation, found: Interval) -> Monotone:
        """A convex function falls before its least value and rises after it."""
        if op.least_at is None:
            return Monotone.UNKNOWN
        rising, falling = found.low >= op.least_at, found.high <= op.least_at
        return Monotone.INCREASING if rising else Monotone.DECREASING if falling else Monotone.UNKNOWN

    def _on_definite(self, n: Apply) -> Bent:
        """A function of a positive definite matrix that bends one way in the Loewner order."""
        (a,) = n.args
        if self.known.definite(a) is not Definite.PD or n.op.on_definite is None:
            return _unknown(n)
        inner = self.loewner(a)
        if not inner.shape:
            return _unknown(n)
        curvature, monotone = n.op.on_definite
        shape = composed(SHAPES[curvature], monotone, inner.shape, EVERYTHING, inside=True)
        rule = law.in_words(f"{_title(n.op)} is {curvature.value} on positive definite matrices")
        return Bent(shape, rule, n, (inner,))

    def _length(self, n: Apply) -> Bent | None:
        """√(zᵀMz + c) with z affine, M ⪰ 0, c ≥ 0: the length of a vector."""
        if n.op.square is None or n.op.square(*n.args, **dict(n.params)) is not n.args[0]:
            return None
        (a,) = n.args
        terms = a.args if isinstance(a, Add) else (a,)
        inner = [self._as_square(t) for t in terms]
        if not all(inner):
            return None
        return Bent(Shape.CONVEX, law.LENGTH, n, tuple(b for b in inner if b is not None))

    def _as_square(self, t: Expr) -> Bent | None:
        """A number ≥ 0, or a quadratic form of an affine vector."""
        if t not in self.varying:
            return Bent(Shape.AFFINE, law.NONNEGATIVE, t) if self.known.sign(t).nonnegative else None
        if not isinstance(t, Einsum):
            return None
        m = mirrored(list(zip(t.indices, t.args, strict=True)), (), (), self._accept(), t.out)
        if m is None or any(a in self.varying for _, a in (*m.kernels, *m.weights)):
            return None
        moving = [p[0][1] for p in m.pairs if p[0][1] in self.varying]
        affine = len(moving) == 1 and self.of(moving[0]).shape == Shape.AFFINE
        return Bent(Shape.CONVEX, law.QUADRATIC, t, (self.of(moving[0]),)) if affine else None

    def _log_of_exponentials(self, n: Apply) -> Bent | None:
        """log Σ exp(z), with z convex: convex (Boyd & Vandenberghe, section 3.5.2)."""
        if n.op not in LOGARITHMS or not self._log_convex(n.args[0]):
            return None
        return Bent(Shape.CONVEX, law.EXPONENTIALS, n, (self.of(n.args[0]),))

    def _log_convex(self, e: Expr) -> bool:
        """Sums, nonnegative multiples and products of exponentials of convex functions."""
        if e not in self.varying:
            return self.known.range(e).nonnegative
        match e:
            case Add() | Einsum():
                return e.dtype != BOOL and all(map(self._log_convex, e.args))
            case Apply() if e.op is exp:
                return Shape.CONVEX in self.of(e.args[0]).shape
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


def _title(op: Operation) -> str:
    return op.rule_name or op.name.replace("_", " ")


def _unknown(n: Expr) -> Bent:
    return Bent(Shape.UNKNOWN, law.NONE, n)
