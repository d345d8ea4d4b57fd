"""Fourier transforms of arrays of complex numbers as they lie in memory: with an axis of two behind their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from steepest.lower.program import Call, Instruction, Program, Register
from steepest.ops.operation import Operation, same_shape, same_type


@dataclass(frozen=True, slots=True)
class Transformed:
    """The transforms of all rows, without a factor; `sign` is that of the exponent."""

    target: Register
    source: Register
    sign: Literal[-1, 1]

    @property
    def reads(self) -> tuple[Register, ...]:
        return (self.source,)


def _sample(rng: np.random.Generator) -> tuple[np.ndarray]:
    return (rng.normal(size=(3, 5, 2)),)


def _transformed(z: Any, sign: int) -> np.ndarray:
    numbers = np.ascontiguousarray(z[..., 0] + 1j * z[..., 1])
    found = np.fft.fft(numbers) if sign < 0 else np.fft.ifft(numbers, norm="forward")
    return np.stack([found.real, found.imag], -1)


# For the steps of one kernel: nobody differentiates it.
transform_in_memory = Operation(
    name="fourier_transform", numpy=_transformed, differentials=(), sample=_sample, shape=same_shape, dtype=same_type,
    text="fourier_transform", latex=r"\operatorname{fourier\_transform}",
)  # fmt: skip


def is_transformed(i: Instruction, program: Program) -> bool:
    """Whether an instruction is such a transform."""
    return isinstance(i, Call) and i.op is transform_in_memory


def transformed(i: Call) -> Transformed:
    """The step of such an instruction."""
    return Transformed(i.target, i.operands[0], dict(i.params)["sign"])
