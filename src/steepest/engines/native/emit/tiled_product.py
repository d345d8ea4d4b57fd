"""A matrix product in tiles: one call, or one for each part that a thread takes."""

from __future__ import annotations

from collections.abc import Mapping

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.lower.program import Register
from steepest.schedule.products import Product
from steepest.schedule.tiling import VECTORS, Tiling

from .fortran import routine


def write_tiled(
    b: Builder,
    p: Product,
    cut: Tiling,
    target: Register,
    buffers: Mapping[Register, Buffer],
    scratch: dict[str, int],
    status: str,
) -> None:
    """All pairs of a panel and a block, or those of the part that the builder writes; `status` is where it lies, or
    ``null`` if nobody asks whether the product is finite."""
    left, right, out = (buffers[r] for r in (p.left, p.right, target))
    panel = b.fresh("panel")
    scratch[panel] = VECTORS * cut.width * cut.depth * out.bytes
    begin, end = b.part or (0, cut.pairs)
    row, column = (1, p.rows) if p.left_turned else (p.inner, 1)
    down, across = (1, p.inner) if p.right_turned else (p.columns, 1)
    numbers = (p.rows, p.columns, p.inner, cut.depth, cut.blocks, cut.block, begin, end)
    b.do(
        f"call void {routine(b, f'product:{out.kind.value}:{cut.width}')}("
        f"ptr {left.pointer}, i64 {row}, i64 {column}, ptr {right.pointer}, i64 {down}, i64 {across}, "
        f"ptr {out.pointer}, {', '.join(f'i64 {n}' for n in numbers)}, ptr {panel}, ptr {status})"
    )
