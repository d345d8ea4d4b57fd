"""Lowered programs compute what the expression means, on random contractions and on each case the planner knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import evaluate as evaluate_slowly

from steepest.engines.python.compile import evaluate
from steepest.expr.build import add, contract, delta, fill, structured, transpose_axes, variable
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.expr.pattern import Affine, Fourier
from steepest.ops.elementary import exp
from steepest.ops.power import power
from steepest.ops.selection import one_hot

Env = dict[Variable, np.ndarray]


def agree(outputs: list[Expr], env: Env) -> None:
    before = {x: v.copy() for x, v in env.items()}
    found = evaluate(outputs, env)
    wanted = evaluate_slowly(outputs, env)
    for e, ours, reference in zip(outputs, found, wanted, strict=True):
        ours = np.asarray(ours)
        assert ours.shape == e.shape
        if e.dtype is not None:
            assert ours.dtype == e.dtype
        tolerance = 1e-4 if e.dtype in (np.float32, np.complex64) else 1e-11
        np.testing.assert_allclose(ours, reference, rtol=tolerance, atol=tolerance)
    for x, v in env.items():
        np.testing.assert_array_equal(v, before[x])


class Draw:
    """Random contractions."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.env: Env = {}

    def integer(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))

    def leaf(self, shape: tuple[int, ...], kind: str) -> Expr:
        x = variable(f"x{len(self.env)}", shape, np.dtype(kind))
        if kind == "bool":
            self.env[x] = self.rng.random(shape) < 0.6
        elif kind == "int64":
            self.env[x] = self.rng.integers(-3, 4, shape)
        elif kind.startswith("complex"):
            self.env[x] = (self.rng.normal(size=shape) + 1j * self.rng.normal(size=shape)).astype(kind)
        else:
            self.env[x] = self.rng.uniform(0.5, 2, shape).astype(kind)
        return x

    def operand(self, sizes: dict[int, int], kind: str) -> tuple[tuple[int, ...], Expr]:
        labels = tuple(self.integer(0, len(sizes)) for _ in range(self.integer(0, 4)))
        shape = tuple(sizes[i] for i in labels)
        draw = self.rng.random()
        if draw < 0.45 or not labels:
            return labels, self.leaf(shape, kind)
        if draw < 0.55:
            return labels, self.leaf(shape, "bool")
        if draw < 0.62:
            return labels, power(self.leaf(shape, kind), constant(-self.integer(1, 3)))
        if draw < 0.68:
            repeated = contract([((0,), self.leaf(shape[:1], kind))], range(len(labels)), dict(enumerate(shape)))
            return labels, exp(repeated)
        if draw < 0.74:
            i = self.integer(0, len(sizes))
            same = sizes[i] == shape[0] and draw < 0.72
            return (i, labels[0]), delta(sizes[i]) if same else self.cut(sizes[i], shape[0])
        if draw < 0.84 and len(labels) > 1:
            index = self.leaf(shape[:-1], "int64")
            self.env[index] = self.rng.integers(-1, shape[-1] + 1, shape[:-1])  # type: ignore[index]
            return labels, one_hot(index, shape[-1])
        return labels, self.pattern(shape)

    def cut(self, n: int, m: int) -> Expr:
        return structured(Affine((1, -1), self.integer(-2, 3)), (n, m))

    def pattern(self, shape: tuple[int, ...]) -> Expr:
        if len(shape) == 2 and shape[0] == shape[1] and self.rng.random() < 0.5:
            return structured(Fourier(-1 if self.rng.random() < 0.5 else 1), shape)
        coefficients = tuple(self.integer(-2, 3) for _ in shape)
        relation: Any = "==" if self.rng.random() < 0.7 else ">="
        return structured(Affine(coefficients, self.integer(-3, 4), relation), shape)

    def contraction(self) -> Expr:
        lengths = [1, 2, 3, 4, 5, 3] if self.rng.random() < 0.8 else [0, 1, 2, 3, 4, 2]
        labels = range(self.integer(1, 6))
        sizes = {i: lengths[i] for i in labels}
        if self.rng.random() < 0.3:
            sizes = dict.fromkeys(labels, 3)
        kind = str(self.rng.choice(["float64", "float64", "float32", "complex128", "int64"]))
        operands = [self.operand(sizes, kind if kind != "int64" else "float64") for _ in range(self.integer(1, 5))]
        if self.rng.random() < 0.4:
            operands.append(((), constant(float(self.integer(-3, 4)) / 2)))
        out = [i for i in labels if self.rng.random() < 0.45]
        self.rng.shuffle(out)
        return contract(operands, out, sizes)


@pytest.mark.parametrize("block", range(20))
def test_random_contractions(block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        draw = Draw(seed)
        e = draw.contraction()
        try:
            agree([e], draw.env)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error


@pytest.mark.parametrize("block", range(10))
def test_random_graphs(block: int) -> None:
    """Contractions of sums of contractions: values transposed, constant along axes, waiting for a factor."""
    for seed in range(block * 10, block * 10 + 10):
        draw = Draw(10_000 + seed)
        rng = draw.rng
        shape = (2, 3)
        pool: list[Expr] = [draw.leaf(shape, "float64") for _ in range(2)]
        pool.append(contract([((1,), draw.leaf((3,), "float64"))], (0, 1), {0: 2}))
        pool.append(contract([((0,), draw.leaf((2,), "float64"))], (0, 1), {1: 3}))
        pool.append(transpose_axes(draw.leaf((3, 2), "float64"), (1, 0)))
        pool.append(fill(constant(0.5), shape))
        for _ in range(8):
            a, b = (pool[int(k)] for k in rng.integers(0, len(pool), 2))
            made = rng.integers(0, 6)
            if made == 0:
                pool.append(add(a, contract([((), constant(-2)), ((0, 1), b)], (0, 1))))
            elif made == 1:
                pool.append(contract([((0, 1), a), ((0, 1), b), ((), constant(-1))], (0, 1)))
            elif made == 2:
                pool.append(contract([((0, 1), a), ((0, 2), b), ((2,), draw.leaf((3,), "float64"))], (0, 1)))
            elif made == 3:
                pool.append(contract([((0, 1), a), ((1,), draw.leaf((3,), "float64"))], (0, 1)))
            elif made == 4:
                pool.append(contract([((0, 1), a), ((2, 1), b), ((3, 2), draw.leaf((3, 2), "float64"))], (0, 3)))
            else:
                row_sums = contract([((0, 1), a)], (0,))
                pool.append(contract([((0,), row_sums), ((1,), draw.leaf((3,), "float64"))], (0, 1)))
        agree(pool[-4:], draw.env)
