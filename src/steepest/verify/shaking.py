"""A program of which every result on the way is off by some roundings: what it gives shows how much these do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from steepest.lower.program import VIEWS, Arithmetic, Instruction, Loop, Program

SHAKE = 2  # roundings, up or down at random


def shaken(program: Program, seed: int) -> Program:
    """The program with its floating-point results moved, in the bodies of loops too."""
    rng = np.random.default_rng(seed)
    registers, constants = list(program.registers), dict(program.constants)
    instructions: list[Instruction] = []
    for i in program.instructions:
        if isinstance(i, Loop):
            instructions.append(replace(i, body=shaken(i.body, seed)))
            continue
        held = registers[i.target]
        if held.dtype is None or held.dtype.kind not in "fc" or isinstance(i, VIEWS):
            instructions.append(i)
            continue
        exact, factor = len(registers), len(registers) + 1
        registers += [held, held]
        steps = SHAKE * np.finfo(held.dtype).eps * rng.choice([-1, 1], held.shape)
        constants[factor] = np.asarray(1 + steps, held.dtype)
        instructions += [replace(i, target=exact), Arithmetic(i.target, "*", exact, factor)]
    return replace(program, constants=constants, instructions=tuple(instructions), registers=tuple(registers))
