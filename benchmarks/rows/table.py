"""All rows, in the order of the table."""

from __future__ import annotations

from benchmarks.problem import Row

from . import (
    chains,
    classification,
    clusters,
    curvature,
    dynamics,
    gaussian,
    mixtures,
    networks,
    recurrences,
    regression,
    reprojection,
)

FAMILIES = (
    chains,
    dynamics,
    regression,
    classification,
    mixtures,
    clusters,
    reprojection,
    networks,
    gaussian,
    recurrences,
    curvature,
)

ROWS: tuple[Row, ...] = tuple(row for family in FAMILIES for row in family.ROWS)
FLOAT32: tuple[Row, ...] = tuple(row for family in FAMILIES for row in family.ROWS_FLOAT32)
VARIANTS: tuple[Row, ...] = tuple(row for family in FAMILIES for row in family.VARIANTS)
BY_TITLE: dict[str, Row] = {row.title: row for row in (*ROWS, *FLOAT32, *VARIANTS)}
