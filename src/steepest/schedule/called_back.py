"""Array operations that a kernel calls where it needs their results. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from steepest.lower.program import Program, Register


@dataclass(frozen=True, slots=True)
class CalledBack:
    """All results of one call of array operations; those after the first are a `ResultOf` each."""

    target: Register
    program: Program  # of these instructions alone; its registers are those of the whole

    @property
    def targets(self) -> tuple[Register, ...]:
        return self.program.outputs

    @property
    def reads(self) -> tuple[Register, ...]:
        return self.program.inputs
