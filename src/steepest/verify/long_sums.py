"""How far NumPy's own sums are off in single precision, and what they would be in double.

Along the last axis NumPy adds in pairs; elsewhere, and in BLAS, one after another. Then each addition rounds a sum that
has grown, mostly the same way where terms are alike: of 10⁶ equal float32 numbers a sum over the first axis is 1.4 %
off, and a dot product 2·10⁻⁴. Machine code, or the computation as it was recorded, may do better, which is no mistake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from steepest.expr.dtype import WIDER
from steepest.expr.node import Apply, Constant, Delta, Einsum, Expr, Labels, Structured
from steepest.lower.program import (
    ArrayType,
    Call,
    Contraction,
    Convert,
    Convolve,
    Instruction,
    Loop,
    Matmul,
    Program,
    Register,
    RunningSum,
    Scatter,
    Sum,
    Tensordot,
)
from steepest.ops.reduction import logsumexp, norm
from steepest.ops.selection import most_at_one_place, one_hot_op

# Terms for one rounding of the result, at most: with NumPy 2.4 and its OpenBLAS, 10⁴ to 10⁷ constants from 0.1 to 1.
ONE_BY_ONE = 8  # as over the first axis
INTO_ONE = 64  # where all terms come to one number: dot products go by vectors


def roundings(n: Expr) -> float:
    """How many roundings of its size a sum may be off, whichever of NumPy's the function wrote for it.

    What a condition, a selection or an identity matrix picks is no sum.
    """
    match n:
        case Einsum(sums=True):
            picked = {q for labels, a in n.operands() for q in _picked(a, labels)}
            summed = {q: int(size) for q, size in n.label_sizes().items() if q not in n.out and q not in picked}
            terms = min([prod(summed.values()), *_terms_by_index(n, summed)])
        case Apply(op=op) if op in (norm, logsumexp):
            terms = int(n.args[0].shape[-1])
        case _:
            return 0.0
    return terms / (ONE_BY_ONE if n.shape else INTO_ONE) if terms > 1 else 0.0


def _picked(e: Expr, labels: Labels) -> Labels:
    """Those along which it picks one entry. Triangles count as well: NumPy's running sums are recorded as they are."""
    match e:
        case Apply(op=op) if op is one_hot_op:
            return labels[-1:]
        case Delta() | Structured():
            return labels
        case _:
            return labels if e.dtype is not None and e.dtype.kind == "b" else ()


def _terms_by_index(product: Einsum, summed: Mapping[int, int]) -> Iterator[int]:
    """How many each fixed index array lets come to one place of the result; any other may let all."""
    terms = prod(summed.values())
    for labels, chosen in product.operands():
        if isinstance(chosen, Apply) and chosen.op is one_hot_op and labels[-1] in product.out and terms:
            along, index = prod(summed.get(q, 1) for q in labels), chosen.args[0]
            if isinstance(index, Constant) and isinstance(index.value, np.ndarray):
                yield terms // along * min(along, most_at_one_place(index.value, int(chosen.shape[-1])))


def with_sums_in_double(program: Program) -> Program:
    """The program, its sums of single precision computed in double and rounded once; itself if it has none."""
    registers, instructions = list(program.registers), list[Instruction]()
    for i in program.instructions:
        if isinstance(i, Loop):
            instructions.append(replace(i, body=with_sums_in_double(i.body)))
        elif _sums(i, program) and (wide := WIDER.get(registers[i.target].dtype)):
            instructions += _in_double(i, wide, registers)
        else:
            instructions.append(i)
    if instructions == list(program.instructions):
        return program
    return replace(program, registers=tuple(registers), instructions=tuple(instructions))


def _sums(i: Instruction, program: Program) -> bool:
    """Operations of the table may do so if they give fewer entries than they take: norms, determinants."""
    match i:
        case Sum() | RunningSum() | Scatter() | Matmul() | Tensordot() | Contraction() | Convolve():
            return True
        case Call():
            size = prod(program.registers[i.target].shape)
            return any(prod(program.registers[r].shape) > size for r in i.operands)
        case _:
            return False


def _in_double(i: Instruction, wide: np.dtype, registers: list[ArrayType]) -> list[Instruction]:
    """The instruction on operands of the wider type, and what converts these and its result."""

    def converted(r: Register) -> Register:
        if registers[r].dtype not in WIDER:
            return r
        registers.append(ArrayType(registers[r].shape, WIDER[registers[r].dtype]))
        steps.append(Convert(len(registers) - 1, r))
        return len(registers) - 1

    steps: list[Instruction] = []
    changed: dict[str, Any] = {
        name: tuple(map(converted, held)) if isinstance(held, tuple) else converted(held)
        for name in ("source", "left", "right", "operands")
        if (held := getattr(i, name, None)) is not None
    }
    registers.append(replace(registers[i.target], dtype=wide))
    exact = len(registers) - 1
    changed["target"] = exact
    return [*steps, replace(i, **changed), Convert(i.target, exact)]
