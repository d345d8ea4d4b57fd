"""The largest and the smallest: of entries that bend, of eigenvalues and singular values of an affine matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from steepest.expr.build import Operand
from steepest.expr.node import Apply, Einsum, Expr
from steepest.ops.interval import Interval
from steepest.ops.operation import Curvature
from steepest.ops.selection import argmax, argmin, one_hot_op

from . import law
from .bent import Bent
from .knowledge import Knowledge
from .spectra import Spectrum, of_values, spectrum_of

# The largest of convex numbers is convex, the smallest of concave ones concave.
CHOSEN = {argmax: Curvature.CONVEX, argmin: Curvature.CONCAVE}


class Choices:
    """Choices among parts that bend as `of` says."""

    def __init__(self, of: Callable[[Expr], Bent], known: Knowledge):
        self.of, self.known = of, known

    def product(self, n: Einsum, moving: Sequence[Operand], sign: Interval) -> Bent | None:
        """A product of these moving operands and fixed ones whose entries lie in `sign`, if it makes such a choice."""
        match moving:
            case [(_, values)]:
                return self.spectral(n, values, sign)
            case [_, _]:
                return self.chosen(n, moving, sign)
        return None

    def chosen(self, n: Einsum, moving: Sequence[Operand], sign: Interval) -> Bent | None:
        """The largest or smallest entry of a row: a row of zeros and a one, times the row, summed."""
        for (labels, mask), (others, a) in (moving, moving[::-1]):
            index = mask.args[0] if isinstance(mask, Apply) and mask.op is one_hot_op else None
            bends = CHOSEN.get(index.op) if isinstance(index, Apply) and index.args == (a,) else None
            if bends is not None and labels == others and _only_on(labels[-1], n):
                inner = self.of(a)
                spectrum = self._spectrum(a)
                if spectrum is not None:
                    kept = spectrum.largest if bends == Curvature.CONVEX else spectrum.smallest
                else:
                    kept = bends if bends in inner.curvature else Curvature.UNKNOWN
                turned = kept if sign.nonnegative else kept.opposite() if sign.nonpositive else Curvature.UNKNOWN
                return Bent(turned, law.CHOSEN, n, (inner,))
        return None

    def _spectrum(self, a: Expr) -> Spectrum | None:
        """What is known of eigenvalues or singular values of an affine matrix."""
        affine = isinstance(a, Apply) and self.of(a.args[0]).curvature == Curvature.AFFINE
        return spectrum_of(a, self.known.symmetric) if affine else None

    def spectral(self, n: Einsum, a: Expr, sign: Interval) -> Bent | None:
        """The largest or smallest eigenvalue, the largest singular value, the sum of all."""
        spectrum = self._spectrum(a)
        found = of_values(n, a, spectrum) if spectrum is not None else Curvature.UNKNOWN
        turned = found if sign.nonnegative else found.opposite() if sign.nonpositive else Curvature.UNKNOWN
        return Bent(turned, law.SPECTRUM, n, (self.of(a.args[0]),)) if turned else None


def _only_on(label: int, n: Einsum) -> bool:
    """Whether a label is summed, and on two operands alone."""
    return label not in n.out and sum(labels.count(label) for labels in n.indices) == 2
