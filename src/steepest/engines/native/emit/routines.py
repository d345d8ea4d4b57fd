"""What is left to BLAS and LAPACK, in calls of theirs."""

from __future__ import annotations

from collections.abc import Mapping

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.lower.program import Register
from steepest.schedule.decompositions import Decomposed, Gaps
from steepest.schedule.factors import (
    CholeskyFactor,
    Factored,
    Inverted,
    InvertedTriangle,
    Routine,
    Solved,
    SolvedByTriangle,
)
from steepest.schedule.positions import Positions
from steepest.schedule.products import Product
from steepest.schedule.transforms import Transformed

from .decompositions import write_decomposed, write_gaps
from .factors import write_factored, write_inverted, write_solved
from .positions import write_positions
from .products import write_product
from .transforms import write_transformed
from .triangles import write_cholesky, write_inverted_triangle, write_solved_by_triangle


def write_routine(
    b: Builder,
    made: Product | Routine,
    target: Register,
    buffers: Mapping[Register, Buffer],
    scratch: dict[str, int],
) -> None:
    """One call, or a few; `scratch` gets the names and bytes of what they need besides."""
    match made:
        case Product():
            write_product(b, made, target, buffers)
        case Factored():
            write_factored(b, made, buffers)
        case Solved():
            write_solved(b, made, buffers)
        case Inverted():
            write_inverted(b, made, buffers, scratch)
        case SolvedByTriangle():
            write_solved_by_triangle(b, made, buffers)
        case InvertedTriangle():
            write_inverted_triangle(b, made, buffers)
        case CholeskyFactor():
            write_cholesky(b, made, buffers)
        case Decomposed():
            write_decomposed(b, made, buffers)
        case Positions():
            write_positions(b, made, buffers, scratch)
        case Transformed():
            write_transformed(b, made, buffers)
        case Gaps():
            write_gaps(b, made, buffers)
