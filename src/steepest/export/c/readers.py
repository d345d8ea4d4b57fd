"""Who reads what: which registers a program must keep in memory, and which take time to compute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from steepest.lower.program import (
    VIEWS,
    Arithmetic,
    Call,
    Convolve,
    Embed,
    Instruction,
    LinearSolution,
    Loop,
    Program,
    Register,
    RunningSum,
    Scatter,
    operands,
)

from .functions import MATRIX_TO_MATRIX, MATRIX_TO_NUMBER, ROW_TO_ROW
from .placing import has_expression
from .sums import is_sum

DEEPEST = 40  # expressions inside one another


def uses_of(program: Program) -> Counter[Register]:
    """How often each register is read, also through views."""
    uses = Counter(program.outputs)
    for i in reversed(program.instructions):
        for r in operands(i):
            uses[r] += uses[i.target] if isinstance(i, VIEWS) else 1
    return uses


def shared_registers(program: Program) -> set[Register]:
    """What several statements read, and what has too many expressions inside it.

    A statement computes an output or another shared register. Results themselves are written by whoever asks.
    """
    outputs = set(program.outputs)
    statements: dict[Register, set[Register]] = {r: {r} for r in outputs}
    shared: set[Register] = set()
    for i in reversed(program.instructions):
        if isinstance(i, Loop):  # one statement for all that it gives
            shared.update(i.targets)
        mine = {i.target} if isinstance(i, Loop) else statements.get(i.target, set())
        if len(mine) > 1 and not isinstance(i, VIEWS):
            shared.add(i.target)
            mine = {i.target}
        for r in operands(i):
            statements.setdefault(r, set()).update(mine)
    depth: dict[Register, int] = {}
    for i in program.instructions:
        depth[i.target] = 1 + max((depth.get(r, 0) for r in operands(i)), default=0)
        if depth[i.target] > DEEPEST and i.target not in outputs:
            shared.add(i.target)
        if i.target in shared:
            depth[i.target] = 0
    return shared


def costly_registers(program: Program) -> set[Register]:
    """Where one entry takes more than a few additions and multiplications."""
    found: set[Register] = set()
    for i in program.instructions:
        costly = isinstance(i, Call) or is_sum(i) or (isinstance(i, Arithmetic) and i.sign == "/")
        if costly or any(r in found for r in operands(i)):
            found.add(i.target)
    return found


def is_statement(made: Instruction | None, shape: Sequence[int]) -> bool:
    """Whether an instruction has no expression for one entry."""
    if isinstance(made, Call):
        of_matrices = made.op.name in MATRIX_TO_NUMBER and len(shape) > 0
        return made.op.name in ROW_TO_ROW or made.op.name in MATRIX_TO_MATRIX or of_matrices
    if isinstance(made, Embed):
        return not has_expression(made, shape)
    return isinstance(made, LinearSolution | RunningSum | Scatter | Convolve | Loop)
