"""Which arrays of a program certainly stay the same when two of their axes are exchanged, up to rounding and a sign.

So do kernel matrices of differences ``x_i − x_j``, sums such as ``A + Aᵀ``, products such as ``XᵀDX``, diagonals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import prod
from typing import TypeAlias

import numpy as np

from .program import (
    Arithmetic,
    Call,
    Contraction,
    Convert,
    Embed,
    Instruction,
    Matmul,
    Negative,
    Program,
    Rearrange,
    Register,
    Select,
    Sum,
)
from .symmetry import is_symmetric
from .triangles import is_diagonal

Pair: TypeAlias = tuple[int, int]  # of axes, the smaller first
Signs: TypeAlias = dict[Pair, int]  # 1 where exchanging the axes changes nothing, -1 where it changes the sign

LOOKED_AT = 2**20  # entries of a constant array that is compared with its transpose


class Mirror:
    """What is known of each register of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.made: dict[Register, Instruction] = {}
        self.signs: dict[Register, Signs] = {r: found for r in program.constants if (found := self._constant(r))}
        for i in program.instructions:
            if isinstance(i, READ):
                self.made[i.target] = i
                if found := self._of(i):
                    self.signs[i.target] = found

    def symmetric(self, r: Register) -> bool:
        """Whether the last two axes can be exchanged."""
        known = self.signs.get(r, {})
        return bool(known) and known.get((len(self._shape(r)) - 2, len(self._shape(r)) - 1)) == 1

    def _shape(self, r: Register) -> tuple[int, ...]:
        return tuple(self.program.registers[r].shape)

    def _constant(self, r: Register) -> Signs:
        value = self.program.constants[r]
        if not isinstance(value, np.ndarray) or value.ndim != 2 or value.size > LOOKED_AT:
            return {}
        return {(0, 1): 1} if np.array_equal(value, value.T) else {}

    def _of(self, i: Instruction) -> Signs:
        match i:
            case Negative(source=source) | Convert(source=source):
                return self.signs.get(source, {})
            case Arithmetic(target=target, sign=sign, left=left, right=right):
                return self._arithmetic(self._shape(target), sign, left, right)
            case Select(target=target, mask=mask, source=source):
                return self._arithmetic(self._shape(target), "*", mask, source)
            case Call(target=target, op=op, operands=operands) if op.elementwise:
                shape = self._shape(target)
                return {p: 1 for p in _pairs(shape) if all(self._sign(r, p, shape) == 1 for r in operands)}
            case Rearrange(source=source, axes=axes):
                places = {k: axes.index(k) for k in axes if k is not None}
                known = self.signs.get(source, {}).items()
                return {_pair(places[p], places[q]): s for (p, q), s in known if p in places and q in places}
            case Sum(source=source, axes=axes):
                kept = [k for k in range(len(self._shape(source))) if k not in axes]
                known = self.signs.get(source, {}).items()
                return {(kept.index(p), kept.index(q)): s for (p, q), s in known if p in kept and q in kept}
            case Contraction(operands=operands, labels=labels, out=out):
                return self._contraction(operands, labels, out)
            case Matmul():
                return {(0, 1): 1} if is_symmetric(i, self.made, self.program.registers) else {}
            case Embed(target=target) if is_diagonal(i, self._shape(target)):
                n = len(self._shape(target))
                return {(n - 2, n - 1): 1}
        return {}

    def _sign(self, r: Register, pair: Pair, shape: Sequence[int]) -> int | None:
        """What exchanging two axes of the result does to an operand that is stretched to its shape."""
        own = self._shape(r)
        skipped = len(shape) - len(own)
        p, q = (k - skipped for k in pair)
        lengths = [own[k] if k >= 0 else 1 for k in (p, q)]
        if lengths == [1, 1]:
            return 1
        return self.signs.get(r, {}).get((p, q)) if p >= 0 else None

    def _arithmetic(self, shape: Sequence[int], sign: str, left: Register, right: Register) -> Signs:
        found: Signs = {}
        views = self._seen(left, len(shape)), self._seen(right, len(shape))
        for pair in _pairs(shape):
            s, t = self._sign(left, pair, shape), self._sign(right, pair, shape)
            if s is not None and t is not None and (s == t or sign in "*/"):
                found[pair] = s * t if sign in "*/" else s
            elif sign in "+-*" and views[0] == _exchanged(views[1], pair):
                found[pair] = -1 if sign == "-" else 1
        return found

    def _seen(self, r: Register, rank: int) -> tuple[Register, tuple[int | None, ...]]:
        """The array behind an operand, and which axis of it each axis of the result is."""
        shape = self._shape(r)
        axes = (*[None] * (rank - len(shape)), *(k if n != 1 else None for k, n in enumerate(shape)))
        while isinstance(made := self.made.get(r), Rearrange):
            r, axes = made.source, tuple(made.axes[k] if k is not None else None for k in axes)
        return r, axes

    def _contraction(self, operands: Sequence[Register], labels: Sequence[Sequence[int]], out: Sequence[int]) -> Signs:
        found: Signs = {}
        for p, q in combinations(range(len(out)), 2):
            swap = {out[p]: out[q], out[q]: out[p]}
            turned = [(r, tuple(swap.get(i, i) for i in own)) for r, own in zip(operands, labels, strict=True)]
            if sorted(turned) == sorted((r, tuple(own)) for r, own in zip(operands, labels, strict=True)):
                found[p, q] = 1
                continue
            signs = [self._inside(r, own, swap) for r, own in zip(operands, labels, strict=True)]
            if all(s is not None for s in signs):
                found[p, q] = prod(s for s in signs if s is not None)
        return found

    def _inside(self, r: Register, own: Sequence[int], swap: Mapping[int, int]) -> int | None:
        """What exchanging two labels does to one operand."""
        places = [k for k, i in enumerate(own) if i in swap]
        if not places:
            return 1
        return self.signs.get(r, {}).get((places[0], places[1])) if len(places) == 2 else None


READ = (Negative, Convert, Arithmetic, Select, Call, Rearrange, Sum, Contraction, Matmul, Embed)


def _pairs(shape: Sequence[int]) -> list[Pair]:
    return [(p, q) for p, q in combinations(range(len(shape)), 2) if shape[p] == shape[q]]


def _pair(p: int, q: int) -> Pair:
    return (p, q) if p < q else (q, p)


def _exchanged(view: tuple[Register, tuple[int | None, ...]], pair: Pair) -> tuple[Register, tuple[int | None, ...]]:
    r, axes = view
    turned = list(axes)
    p, q = pair
    turned[p], turned[q] = turned[q], turned[p]
    return r, tuple(turned)
