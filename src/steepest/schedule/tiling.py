"""How a matrix product is cut: into panels of columns and blocks of rows, and these into tiles whose sums stay in
registers.

A panel, two vectors wide, is copied so that its rows lie one behind the other. For each of them a tile reads two
vectors, and one number for each of its own rows (Goto, van de Geijn: Anatomy of High-Performance Matrix Multiplication,
2008). Panels and blocks are the parts that threads share; an entry is computed alike in whatever part it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from .cost import (
    ADDITION,
    MOST_TILED_PARTS,
    TILED_BYTES,
    TILED_TURNED,
    TILED_WORK,
    TILES_OF_BLOCK,
    Parts,
    parts_of_tiled,
)
from .named import Extent

VECTORS = 2  # of a panel, side by side
DEPTH = 512  # rows of a panel that are copied at a time: they stay near, and no sum in a register is longer
REGISTER = 64  # bytes of the widest


@dataclass(frozen=True, slots=True)
class Tiling:
    """Panels of two vectors of `width` numbers, the last one of what is left; `blocks` of so many rows."""

    heights: tuple[int, ...]  # rows of the tiles
    width: int
    depth: int  # of the inner sum, how much a panel has at a time
    pairs: int  # of a panel and a block, the blocks of one panel behind one another
    blocks: int
    block: int  # rows of a block
    parts: Parts  # for threads,
    share: int  # of so many pairs


def heights(width: int, size: int) -> tuple[int, ...]:
    """Rows of the tiles for vectors of `width` numbers of `size` bytes, and of those for what is left below.

    The sums of the highest, and what they are made of, fill the registers: 32 of the widest, or 16.
    """
    return (12, 4, 1) if width * size == REGISTER else (6, 2, 1)


def tiling(rows: int, columns: int, inner: int, width: int, size: int, left_turned: bool = False) -> Tiling | None:
    """For vectors of `width` numbers of `size` bytes; None where BLAS is faster.

    >>> found = tiling(784, 256, 256, 8, 8)
    >>> found.heights, found.depth, found.pairs, found.block, found.parts.count
    ((12, 4, 1), 256, 16, 792, 16)
    """
    if rows * columns * inner < TILED_WORK or size * max(rows * inner, inner * columns, rows * columns) > TILED_BYTES:
        return None
    height = heights(width, size)[0]
    if width * size > REGISTER or rows < height or 2 * columns < width or inner < height // 2:
        return None  # most of a tile would be empty
    depth = DEPTH if isinstance(inner, Extent) else min(inner, DEPTH)
    if left_turned and size * rows * min(int(inner), depth) > TILED_TURNED:
        return None
    panels = -(-columns // (VECTORS * width))
    blocks = max(1, min(rows // (TILES_OF_BLOCK * height), -(-MOST_TILED_PARTS // panels)))
    block = -(-rows // (blocks * height)) * height
    blocks = -(-rows // block)
    pairs = panels * blocks
    parts = parts_of_tiled(rows * columns * inner / width * ADDITION, int(pairs))
    return Tiling(heights(width, size), width, depth, pairs, blocks, block, parts, -(-pairs // parts.count))
