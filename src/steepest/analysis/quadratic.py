"""Quadratic forms of affine vectors, and functions of definite matrices: convex by their structure.

``zᵀMz`` with M ⪰ 0, over a positive concave number (Boyd & Vandenberghe, Convex Optimization, 3.1.5), ``zᵀS⁻¹z`` in
both together (3.4), ``tr(C K)`` with C ⪰ 0 and K a matrix that bends one way in the Loewner order (3.6).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from steepest.expr.build import Operand
from steepest.expr.node import Add, Apply, Einsum, Expr
from steepest.expr.number import MINUS_ONE, is_number
from steepest.ops.definite import Definite
from steepest.ops.interval import EVERYTHING
from steepest.ops.linalg_inverse import inverse, regular_inverse
from steepest.ops.operation import Curvature
from steepest.ops.power import power_op

from . import law
from .bent import Bent, composed, summed, title, unknown
from .flatten import flattened
from .knowledge import Knowledge
from .law import Law
from .mirror import Accept, mirrored

FRACTIONS = (inverse, regular_inverse)  # (x, S) ↦ xᵀS⁻¹x is convex in both together


class Quadratics:
    """Forms made of parts that bend as `of` says, as those in `varying` move."""

    def __init__(self, of: Callable[[Expr], Bent], varying: Collection[Expr], known: Knowledge):
        self.of, self.varying, self.known = of, varying, known
        self._loewner: dict[Expr, Bent] = {}

    def product(self, n: Einsum, rows: Sequence[int], columns: Sequence[int], batch: Sequence[int]) -> Bent:
        """As a quadratic form, as it stands or with the products in it opened."""
        found = self._quadratic(n, rows, columns, batch)
        flat = n if found.curvature else flattened(n)
        if flat is n or not isinstance(flat, Einsum):
            return found
        place = dict(zip(n.out, flat.out, strict=True))
        turned = ([place[i] for i in labels] for labels in (rows, columns, batch))
        found = self._quadratic(flat, *turned)
        return Bent(found.curvature, found.rule, n, found.because)

    def _quadratic(self, n: Einsum, rows: Sequence[int], columns: Sequence[int], batch: Sequence[int]) -> Bent:
        """zᵀMz with z affine and M ⪰ 0, also over a positive concave number; xᵀS⁻¹x; tr(C K(S)) with C ⪰ 0."""
        operands = n.operands()
        negative = is_number(n.args[0]) and self.known.range(n.args[0]).negative
        m = mirrored(operands[1:] if negative else operands, rows, columns, self._accept(), batch)
        if m is None:
            return unknown(n)
        pairs = [p for p, _ in m.pairs if p[1] in self.varying]
        kernels = [a for _, a in m.kernels if a in self.varying]
        weights = [a for _, a in m.weights if a in self.varying]
        bends, rule = self._form(pairs, kernels, weights)
        parts = tuple(self.of(a) for a in (*(a for _, a in pairs), *kernels, *weights))
        return Bent(bends.opposite() if negative else bends, rule, n, parts)

    def _form(
        self, pairs: Sequence[Operand], kernels: Sequence[Expr], weights: Sequence[Expr]
    ) -> tuple[Curvature, Law]:
        match len(pairs), len(kernels), len(weights):
            case 0, 1, 0:
                return self.loewner(kernels[0]).curvature, law.TRACE
            case 1, 0, 0 if self.of(pairs[0][1]).curvature == Curvature.AFFINE:
                return Curvature.CONVEX, law.QUADRATIC
            case 1, 0, 1 if self.of(pairs[0][1]).curvature == Curvature.AFFINE:
                return Curvature.CONVEX, law.OVER_LINEAR
            case 1, 1, 0 if self.of(pairs[0][1]).curvature == Curvature.AFFINE and self._is_fraction(kernels[0]):
                return Curvature.CONVEX, law.FRACTIONAL
        return Curvature.UNKNOWN, law.NONE

    def _accept(self) -> Accept:
        return Accept(
            kernel=lambda a: bool(self.loewner(a).curvature) and (a in self.varying or self._semidefinite(a)),
            weight=lambda a: self._is_reciprocal(a) if a in self.varying else self.known.range(a).nonnegative,
            symmetric=self.known.symmetric,
        )

    def _semidefinite(self, a: Expr) -> bool:
        return self.known.definite(a) >= Definite.PSD

    def _is_reciprocal(self, a: Expr) -> bool:
        """1/t of a positive concave t."""
        if not (isinstance(a, Apply) and a.op is power_op and a.args[1] is MINUS_ONE):
            return False
        t = a.args[0]
        return Curvature.CONCAVE in self.of(t).curvature and self.known.range(t).positive

    def _is_fraction(self, a: Expr) -> bool:
        """S⁻¹ of an affine S."""
        return isinstance(a, Apply) and a.op in FRACTIONS and self.of(a.args[0]).curvature == Curvature.AFFINE

    def loewner(self, a: Expr) -> Bent:
        """How a symmetric matrix bends in the Loewner order."""
        if a not in self._loewner:
            self._loewner[a] = self._in_loewner_order(a)
        return self._loewner[a]

    def _in_loewner_order(self, a: Expr) -> Bent:
        if a.ndim != 2 or not self.known.symmetric(a):
            return unknown(a)
        if self.of(a).curvature == Curvature.AFFINE:
            return self.of(a)
        match a:
            case Add():
                return summed(a, [self.loewner(t) for t in a.args if t in self.varying])
            case Einsum():
                return self.product(a, a.out[:1], a.out[1:], ())
            case Apply() if a.op.on_definite is not None:
                return self.on_definite(a)
        return unknown(a)

    def on_definite(self, n: Apply) -> Bent:
        """A function of a positive definite matrix that bends one way in the Loewner order."""
        (a,) = n.args
        if self.known.definite(a) is not Definite.PD or n.op.on_definite is None:
            return unknown(n)
        inner = self.loewner(a)
        if not inner.curvature:
            return unknown(n)
        curvature, monotone = n.op.on_definite
        found = composed(curvature, monotone, inner.curvature, EVERYTHING, inside=True)
        rule = law.in_words(f"{title(n.op)} is {curvature} on positive definite matrices")
        return Bent(found, rule, n, (inner,))

    def as_square(self, t: Expr) -> Bent | None:
        """A number ≥ 0, or a quadratic form of an affine vector."""
        if t not in self.varying:
            return Bent(Curvature.AFFINE, law.NONNEGATIVE, t) if self.known.range(t).nonnegative else None
        for form in dict.fromkeys((t, flattened(t))):
            if not isinstance(form, Einsum):
                continue
            m = mirrored(form.operands(), (), (), self._accept(), form.out)
            if m is None or any(a in self.varying for _, a in (*m.kernels, *m.weights)):
                continue
            moving = [p[0][1] for p in m.pairs if p[0][1] in self.varying]
            if len(moving) == 1 and self.of(moving[0]).curvature == Curvature.AFFINE:
                return Bent(Curvature.CONVEX, law.QUADRATIC, t, (self.of(moving[0]),))
        return None
