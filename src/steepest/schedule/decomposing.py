"""Decompositions as steps: one for the values and the vectors of a matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from steepest.lower.program import Call, Instruction, Program, Register, Window
from steepest.ops.linalg_factors import orthogonal, triangular
from steepest.ops.linalg_spectra import (
    left_vectors,
    reciprocal_gaps,
    right_vectors,
    singular_values,
    symmetric_values,
    symmetric_vectors,
)
from steepest.ops.operation import Operation

from .decompositions import Decomposed, Gaps, Layout, eigh, eigvalsh, qr, svd, svdvals
from .step_writer import StepWriter, real


@dataclass(frozen=True, slots=True)
class _Family:
    """A decomposition: of the values alone, if nothing else is asked for, and of everything."""

    name: str
    alone: Callable[..., Layout]
    whole: Callable[..., Layout]


SYMMETRIC = _Family("eigh", lambda m, n, uplo: eigvalsh(uplo, n), lambda m, n, uplo: eigh(uplo, n))
SINGULAR = _Family("svd", lambda m, n, uplo: svdvals(m, n), lambda m, n, uplo: svd(m, n))
ORTHOGONAL = _Family("qr", lambda m, n, uplo: qr(m, n), lambda m, n, uplo: qr(m, n))

PIECES: Mapping[Operation, tuple[_Family, str]] = {
    symmetric_values: (SYMMETRIC, "values"),
    symmetric_vectors: (SYMMETRIC, "vectors"),
    singular_values: (SINGULAR, "values"),
    left_vectors: (SINGULAR, "left"),
    right_vectors: (SINGULAR, "right"),
    orthogonal: (ORTHOGONAL, "q"),
    triangular: (ORTHOGONAL, "r"),
}


def is_decomposed(i: Instruction, program: Program) -> bool:
    """Whether an instruction is a piece of such a decomposition, or what is made of equal values in its derivative."""
    if not isinstance(i, Call) or not (i.op in PIECES or i.op is reciprocal_gaps):
        return False
    return dict(i.params).get("driver", "numpy") == "numpy" and real(program, i.target, *i.operands)


class Decomposing:
    """Writes pieces of the decompositions of a program."""

    def __init__(self, program: Program, writer: StepWriter) -> None:
        self.writer = writer
        asked = [i for i in program.instructions if isinstance(i, Call) and i.op in PIECES]
        self.whole = {_subject(i) for i in asked if PIECES[i.op][1] != "values"}

    def write(self, i: Call) -> None:
        w = self.writer
        if i.op is reciprocal_gaps:
            key = ("gaps", i.operands)
            if (own := w.own(key, i.target)) is not None:
                w.steps.append(Gaps(own, w.computed(i.operands[0])))
            w.seen_as(i.target, w.found[key])
            return
        rows, layout = self._decomposed(i)
        w.seen_as(i.target, self._piece(rows, layout, PIECES[i.op][1]))

    def _decomposed(self, i: Call) -> tuple[Register, Layout]:
        w, key = self.writer, _subject(i)
        (matrix,) = i.operands
        *lead, m, n = w.shape(matrix)
        family = PIECES[i.op][0]
        layout = (family.whole if key in self.whole else family.alone)(m, n, dict(i.params).get("uplo", "L"))
        if key not in w.found:
            computed = w.computed(matrix)
            w.found[key] = r = w.new((*lead, layout.rows, layout.columns))
            w.steps.append(Decomposed(r, computed, layout))
        return w.found[key], layout

    def _piece(self, rows: Register, layout: Layout, name: str) -> Register:
        w, key = self.writer, ("piece", rows, name)
        if key not in w.found:
            row, column, height, width = layout.pieces[name]
            across = Window(column, 1, width)
            w.found[key] = w.part(rows, row if name == "values" else Window(row, 1, height), across)
        return w.found[key]


def _subject(i: Call) -> object:
    """What is decomposed, and how."""
    return PIECES[i.op][0].name, i.operands, dict(i.params).get("uplo", "L")
