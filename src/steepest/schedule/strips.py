"""Matrix products and solutions in strips that leave out what is zero, or is not asked for."""

from __future__ import annotations

from collections.abc import Iterator

from steepest.lower.triangles import Side

from .strip import Span, Strip

# A triangle is made in at most so many strips, each up to the diagonal, with at least so many rows: BLAS is slow for
# fewer. `python -m benchmarks "Gaussian process" --quick`, with strips to without: 0.83 at 200 rows, 0.53 at 1000.
SHARE = 8
NARROW = 32


def strips(
    rows: int, columns: int, inner: int, left: Side | None, right: Side | None, wanted: Side | None
) -> tuple[Strip, ...]:
    """Of triangular operands the zeros are left out, but for a strip's width; of the result, what is not wanted."""
    if (left is not None or wanted is not None) and rows >= 2 * NARROW:
        return tuple(Strip(span, _near(wanted, span, columns), _near(left, span, inner)) for span in _spans(rows))
    if right is not None and columns >= 2 * NARROW:
        return tuple(Strip((0, rows), span, _near(right.other, span, inner)) for span in _spans(columns))
    return (Strip((0, rows), (0, columns), (0, inner)),)


def solved_strips(n: int, columns: int, matrix: Side, right: Side | None) -> tuple[Strip, ...]:
    """Of ``T X = B`` with a triangle T of n rows: where X is not zero because B is a triangle of the same side.

    Only so many rows and columns of T count there: those of `inner`, which are the rows too.
    """
    if right is not matrix or columns != n or n < 2 * NARROW:
        return (Strip((0, n), (0, columns), (0, n)),)
    rows = [_near(matrix.other, span, n) for span in _spans(n)]
    return tuple(Strip(inner, span, inner) for inner, span in zip(rows, _spans(n), strict=True))


def _spans(size: int) -> Iterator[Span]:
    height = max(NARROW, -(-size // SHARE))
    for first in range(0, size, height):
        yield first, min(first + height, size)


def _near(side: Side | None, span: Span, size: int) -> Span:
    """Where these rows of a triangle have entries."""
    if side is None:
        return 0, size
    return (0, min(span[1], size)) if side is Side.LOWER else (span[0], size)
