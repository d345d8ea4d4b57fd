"""Critical points as a table to read: the second-derivative test of each in a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .critical_point import CriticalPoint, CriticalPoints

DIGITS = 6
MOST_ROWS = 60
MANY = 6  # numbers of a vector that are shown


def table_of(points: CriticalPoints) -> str:
    """The points with the signs and sizes of their curvatures, then the certificate."""
    lines = [_title(points)]
    if points:
        header = ("kind", "x", "f(x)", "eigenvalues of ∇²f", "principal directions", "proved")
        rows = [header, *(_row(p) for p in points[:MOST_ROWS])]
        widths = [max(len(r[k]) for r in rows) for k in range(len(header))]
        lines += ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
        if len(points) > MOST_ROWS:
            lines.append(f"… and {len(points) - MOST_ROWS} more")
        lines += [f"{_vector(p.x)}: {p.note}" for p in points[:MOST_ROWS] if p.note]
    return "\n".join([*lines, str(points.certificate)])


def _title(points: CriticalPoints) -> str:
    counts = Counter(str(p.kind) for p in points)
    plural = {"minimum": "minima", "maximum": "maxima", "saddle": "saddles", "degenerate": "degenerate"}
    parts = [f"{n} {kind if n == 1 else plural[kind]}" for kind, n in sorted(counts.items())]
    return f"{len(points)} critical point{'s' * (len(points) != 1)}" + (f": {', '.join(parts)}" if parts else "")


def _row(p: CriticalPoint) -> tuple[str, ...]:
    kind = f"{p.kind}, index {p.index}" if p.kind == "saddle" and len(p.x) > 2 else str(p.kind)
    directions = " ".join(_vector(d, 3) for d in p.directions.T[:MANY])
    return kind, _vector(p.x), _number(p.value), _vector(p.eigenvalues), directions, "yes" if p.proved else "no"


def _number(v: float, digits: int = DIGITS) -> str:
    return f"{v + 0.0:.{digits}g}"


def _vector(x: Sequence[float] | np.ndarray, digits: int = DIGITS) -> str:
    size = float(np.max(np.abs(x), initial=0.0))
    shown = [_number(0.0 if abs(v) < 1e-12 * size else v, digits) for v in x[:MANY]]
    return "(" + ", ".join([*shown, *(["…"] if len(x) > MANY else [])]) + ")"
