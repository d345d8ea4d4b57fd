"""Linear algebra in steps that share factors: one factorisation of a matrix for all that is asked of it."""

from __future__ import annotations

from steepest.lower.mirror import Mirror
from steepest.lower.program import (
    Arithmetic,
    Call,
    Diagonal,
    Instruction,
    LinearSolution,
    Program,
    Rearrange,
    Register,
    Sum,
    Window,
)
from steepest.lower.triangles import Side, Triangles
from steepest.ops.elementary import exp
from steepest.ops.linalg_factors import cholesky
from steepest.ops.linalg_inverse import adjugate_op, determinant, determinant_sign, inverse, log_determinant
from steepest.ops.operation import Operation
from steepest.ops.piecewise import absolute
from steepest.ops.power import log

from .deposits import Step
from .factors import (
    HEADS,
    SIGN,
    TIMES,
    CholeskyFactor,
    Columns,
    Factored,
    Form,
    Inverted,
    InvertedTriangle,
    Solved,
    SolvedByTriangle,
)
from .step_writer import StepWriter, real
from .strip import Strip
from .strips import solved_strips

OF_ONE_MATRIX = (adjugate_op, cholesky, inverse, determinant, determinant_sign, log_determinant)


def is_factored(i: Instruction, program: Program) -> bool:
    """Whether an instruction is made of such steps."""
    match i:
        case LinearSolution(target=target, matrix=matrix, right=right):
            lead = program.registers[matrix].shape[:-2]
            side = program.registers[right].shape
            fitting = len(side) in (1, 2) if not lead else len(side) == len(lead) + 2 and side[:-2] == lead
            return fitting and real(program, target, matrix, right)
        case Call(target=target, op=op, operands=(matrix,)) if op in OF_ONE_MATRIX:
            return real(program, target, matrix)
    return False


class Factoring:
    """Writes what is asked of factors in a program."""

    def __init__(self, program: Program, writer: StepWriter) -> None:
        self.writer = writer
        self.triangles, self.mirror = Triangles(program), Mirror(program)

    def write(self, i: Step) -> None:
        w = self.writer
        match i:
            case LinearSolution(target=target, matrix=matrix, right=right):
                self._solution(target, matrix, right)
            case Call(target=target, op=op, operands=(matrix,)) if op is inverse:
                self._inverse(target, *w.unturned(matrix))
            case Call(target=target, op=op, operands=(matrix,)) if op is adjugate_op:
                self._adjugate(target, *w.unturned(matrix))
            case Call(target=target, op=op, operands=(matrix,)) if op is cholesky:
                if (own := w.own(("cholesky", matrix), target)) is not None:
                    w.steps.append(CholeskyFactor(own, w.computed(matrix)))
                w.seen_as(target, w.found["cholesky", matrix])
            case Call(target=target, op=op, operands=(matrix,)):
                self._of_determinant(target, w.unturned(matrix)[0], op)

    # --- factors -------------------------------------------------------------------------------------

    def _factors(self, matrix: Register) -> Register:
        w = self.writer
        key = ("factors", matrix)
        if key not in w.found:
            *lead, n, _ = w.shape(matrix)
            form = Form.SYMMETRIC if self.mirror.symmetric(matrix) else Form.LU
            computed = w.computed(matrix)
            w.found[key] = r = w.new((*lead, n + HEADS, n))
            w.steps.append(Factored(r, computed, form))
        return w.found[key]

    def _solution(self, target: Register, matrix: Register, right: Register) -> None:
        w = self.writer
        source, turned = w.unturned(matrix)
        turned = turned and not self.mirror.symmetric(source)
        triangle = self.triangles.triangle(source)
        columns, along = Columns.ONE, False
        if len(w.shape(right)) > 1:
            right, along = w.unturned(right)
            columns = Columns.ALONG if along else Columns.ACROSS
        key = (triangle or source, turned, right, columns)
        if key not in w.found:
            known = w.computed(right)
            how = w.computed(triangle.matrix) if triangle is not None else self._factors(source)
            own = w.own(key, target, along)
            assert own is not None
            if triangle is not None:
                parts = self._strips(triangle.side.other if turned else triangle.side, right, along)
                w.steps.append(SolvedByTriangle(own, how, triangle.side, turned, known, columns, parts))
            else:
                w.steps.append(Solved(own, how, turned, known, columns))
        w.seen_as(target, w.found[key], along)

    def _strips(self, side: Side, right: Register, along: bool) -> tuple[Strip, ...]:
        """What is to be solved for, where the right side may be a triangle; along its rows it is the transpose."""
        shape = self.writer.shape(right)
        rows, columns = shape[-2:] if len(shape) > 1 else (*shape, 1)
        filled = self.triangles.triangle(right)
        known = None if filled is None else filled.side
        if along:
            rows, columns, known = columns, rows, None if known is None else known.other
        return solved_strips(rows, columns, side, known)

    def _inverse(self, target: Register, matrix: Register, turned: bool) -> Register:
        """The inverse, seen through the target as it is or turned."""
        w = self.writer
        triangle = self.triangles.triangle(matrix)
        key = ("inverse", triangle or matrix)
        if key not in w.found:
            how = w.computed(triangle.matrix) if triangle is not None else self._factors(matrix)
            own = w.own(key, target, turned)
            assert own is not None
            w.steps.append(InvertedTriangle(own, how, triangle.side) if triangle is not None else Inverted(own, how))
        w.seen_as(target, w.found[key], turned)
        return w.found[key]

    def _adjugate(self, target: Register, matrix: Register, turned: bool) -> None:
        """|A| A⁻¹: what is singular, where it is no such product, is left to array operations like all that is."""
        w, key = self.writer, ("adjugate", matrix)
        if (own := w.own(key, target, turned)) is not None:
            inverted = self._inverse(w.new(w.shape(matrix)), matrix, False)
            lead = w.shape(matrix)[:-2]
            size = w.new((*lead, 1, 1))
            w.steps.append(Rearrange(size, self._determinant(w.new(lead), matrix), (*range(len(lead)), None, None)))
            w.steps.append(Arithmetic(own, "*", size, inverted))
        w.seen_as(target, w.found[key], turned)

    # --- determinants: by the diagonal of the factors -----------------------------------------------------

    def _of_determinant(self, target: Register, matrix: Register, op: Operation) -> None:
        w = self.writer
        if op is determinant_sign:
            w.seen_as(target, self._head(matrix, SIGN))
        elif op is log_determinant:
            w.seen_as(target, self._logarithm(matrix))
        else:
            self._determinant(target, matrix)

    def _determinant(self, target: Register, matrix: Register) -> Register:
        w, key = self.writer, ("determinant", matrix)
        if (own := w.own(key, target)) is not None:
            size = w.entrywise(exp, self._logarithm(matrix))
            w.steps.append(Arithmetic(own, "*", self._head(matrix, SIGN), size))
        w.seen_as(target, w.found[key])
        return w.found[key]

    def _head(self, matrix: Register, row: int) -> Register:
        """The number in a row behind the factors."""
        w = self.writer
        key = ("head", matrix, row)
        if key not in w.found:
            factors = self._factors(matrix)
            w.found[key] = w.part(factors, w.shape(matrix)[-1] + row, 0)
        return w.found[key]

    def _logarithm(self, matrix: Register) -> Register:
        w = self.writer
        key = ("logarithm", matrix)
        if key not in w.found:
            times, factors = self._head(matrix, TIMES), self._factors(matrix)
            *lead, n, _ = w.shape(matrix)
            square = w.part(factors, Window(0, 1, n), Window(0, 1, n))
            diagonal, k = w.new((*lead, n)), len(lead)
            w.steps.append(Diagonal(diagonal, square, (*range(k), k, k), tuple(range(k + 1))))
            logs = w.entrywise(log, w.entrywise(absolute, diagonal))
            total = w.new(lead)
            w.steps.append(Sum(total, logs, (k,)))
            w.found[key] = r = w.new(lead)
            w.steps.append(Arithmetic(r, "*", times, total))
        return w.found[key]
