"""Which numbers made of eigenvalues or singular values of an affine matrix bend one way.

Boyd & Vandenberghe, Convex Optimization, 3.1.5 and example 3.10: the largest eigenvalue of a symmetric matrix is
convex, the smallest concave, their sum is the trace; the largest singular value and the sum of all are norms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from steepest.expr.node import Apply, Einsum, Expr, Structured
from steepest.expr.pattern import Affine
from steepest.ops.linalg_spectra import singular_values, symmetric_values
from steepest.ops.operation import Curvature, Monotone, Operation


class Spectrum(NamedTuple):
    """How the largest value, the smallest and their sum bend; and the order in which the values stand."""

    largest: Curvature
    smallest: Curvature
    total: Curvature
    order: Monotone


SPECTRA: dict[Operation, Spectrum] = {
    symmetric_values: Spectrum(Curvature.CONVEX, Curvature.CONCAVE, Curvature.AFFINE, Monotone.INCREASING),
    singular_values: Spectrum(Curvature.CONVEX, Curvature.UNKNOWN, Curvature.CONVEX, Monotone.DECREASING),
}
OF_SYMMETRIC = frozenset({symmetric_values})  # they read one triangle: of another matrix they say nothing


def spectrum_of(e: Expr, symmetric: Callable[[Expr], bool]) -> Spectrum | None:
    """What is known of the values `e` if it is the spectrum of one matrix, affine in the variables."""
    if not isinstance(e, Apply) or e.ndim != 1 or (e.op in OF_SYMMETRIC and not symmetric(e.args[0])):
        return None
    return SPECTRA.get(e.op)


def of_values(n: Einsum, values: Expr, spectrum: Spectrum) -> Curvature:
    """How a product bends that reads the values once, and sums over them."""
    place = n.args.index(values)
    (label,) = n.indices[place]
    beside = [a for k, (labels, a) in enumerate(n.operands()) if k != place and label in labels]
    if label in n.out:
        return Curvature.UNKNOWN
    if not beside:
        return spectrum.total
    (only, *more) = beside
    if more or not (isinstance(only, Structured) and isinstance(only.pattern, Affine) and only.ndim == 1):
        return Curvature.UNKNOWN
    last = int(values.shape[0]) - 1
    ends = (spectrum.smallest, spectrum.largest)
    first_and_last = ends if spectrum.order is Monotone.INCREASING else ends[::-1]
    chosen = dict(zip((0, last), first_and_last, strict=True))
    pattern = only.pattern
    single = pattern.coefficients == (1,) and pattern.relation == "==" and last > 0
    return chosen.get(-pattern.offset, Curvature.UNKNOWN) if single else Curvature.UNKNOWN
