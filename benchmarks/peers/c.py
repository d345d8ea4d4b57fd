"""Plain C, written by hand for each problem and compiled here by gcc, called from Python like any extension."""

from __future__ import annotations

from typing import Any

from benchmarks.compile_c import extension
from benchmarks.problem import Row

from .prepared import CannotDo, Prepared


def prepare(row: Row, inputs: tuple[Any, ...]) -> Prepared:
    if row.problem.c is None:
        raise CannotDo("not written in C")
    file, function = row.problem.c.split(":")
    return Prepared(getattr(extension(file, row.dtype), function), inputs)
