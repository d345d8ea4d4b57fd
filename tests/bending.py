"""Random functions of declared variables, made of parts that bend: for the tests of what is claimed of convexity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from steepest.expr.build import add, delta, einsum, fill, multiply, negate, ones, scale, variable
from steepest.expr.fact import Fact
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.ops.linalg_inverse import determinant, inverse, log_determinant
from steepest.ops.linalg_spectra import symmetric_values
from steepest.ops.operation import Curvature, Operation
from steepest.ops.power import log, power, sqrt
from steepest.ops.rearrange import entry
from steepest.ops.reduction import logsumexp, norm, softmax
from steepest.ops.selection import largest, smallest
from steepest.ops.table import OPERATIONS

N, M = 3, 4
X, P, Q = variable("x", (N,)), variable("p", (N,), facts=[Fact.POSITIVE]), variable("q", (N,), facts=[Fact.PROBABILITY])
S, T = variable("S", (N, N), facts=[Fact.SPD]), variable("T", (N, N), facts=[Fact.SYMMETRIC])
A, W = variable("A", (M, N)), variable("w", (M,), facts=[Fact.NONNEGATIVE])
K = variable("K", (N, N), facts=[Fact.PSD])
MOVING = (X, P, Q, S, T)
FIXED = (A, W, K)

UNDECIDED = ("tanh", "expit", "sin", "sinh", "huber")
CURVED = [
    op for op in OPERATIONS.values()
    if op.elementwise and (op.curvature is not Curvature.UNKNOWN or op.name in UNDECIDED)
]  # fmt: skip


class Maker:
    """Draws expressions; `depth` bounds how deep they are."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng((77, seed))

    def pick(self, options: list[Callable[[int], Expr]], depth: int) -> Expr:
        return options[self.rng.integers(len(options))](depth)

    def scalar(self, depth: int) -> Expr:
        if depth <= 0:
            return self.pick([self._linear, self._number, lambda d: einsum("ii->", S)], depth)
        return self.pick([
            lambda d: add(self.scalar(d - 1), self.scalar(d - 1)),
            lambda d: add(self.scalar(d - 1), negate(self.scalar(d - 1))),
            lambda d: scale(self._number(d), self.scalar(d - 1)),
            lambda d: einsum("i->", self.vector(d - 1)),
            lambda d: einsum("i,i->", self.vector(d - 1), self.vector(d - 1)),
            lambda d: multiply(self.scalar(d - 1), self.scalar(d - 1)),
            self._quadratic, self._quadratic, self._fraction, self._of_matrix, self._of_matrix,
            lambda d: self._applied(self.scalar(d - 1)),
            lambda d: norm(self.vector(d - 1)),
            lambda d: (largest, smallest)[self.rng.integers(2)](self.vector(d - 1)),
            lambda d: entry(symmetric_values(self.matrix(d - 1), uplo="L"), int(self.rng.integers(N))),
            lambda d: logsumexp(self.vector(d - 1)),
            lambda d: log(einsum("i->", OPERATIONS["exp"](self.vector(d - 1)))),
            lambda d: sqrt(add(ones(()), einsum("i,ij,j->", *self._around(self.vector(d - 1), K)))),
            lambda d: einsum("k,ki,i->", W, A, self.vector(d - 1)),
        ], depth)  # fmt: skip

    def vector(self, depth: int) -> Expr:
        if depth <= 0:
            return (X, P, Q)[self.rng.integers(3)]
        return self.pick([
            lambda d: add(self.vector(d - 1), self.vector(d - 1)),
            lambda d: add(self.vector(d - 1), negate(self.vector(d - 1))),
            lambda d: multiply(self.vector(d - 1), self.vector(d - 1)),
            lambda d: scale(self._number(d), self.vector(d - 1)),
            lambda d: self._applied(self.vector(d - 1)),
            lambda d: self._applied(self.vector(d - 1)),
            lambda d: einsum("ij,j->i", K, self.vector(d - 1)),
            lambda d: softmax(self.vector(d - 1)),
            lambda d: einsum("ii->i", self.matrix(d - 1)),
            lambda d: fill(self.scalar(d - 1), (N,)),
        ], depth)  # fmt: skip

    def matrix(self, depth: int) -> Expr:
        if depth <= 0:
            return (S, T, K)[self.rng.integers(3)]
        return self.pick([
            lambda d: add(self.matrix(d - 1), self.matrix(d - 1)),
            lambda d: scale(self._number(d), self.matrix(d - 1)),
            lambda d: inverse(self.matrix(d - 1)),
            lambda d: add(S, einsum("ki,kj->ij", A, A)),
            lambda d: einsum("ia,ab,bj->ij", K, self.matrix(d - 1), K),
            lambda d: einsum("ia,aj->ij", self.matrix(d - 1), self.matrix(d - 1)),
            lambda d: einsum("i,j->ij", *[self.vector(d - 1)] * 2),
            lambda d: add(S, einsum("i,ij->ij", self.vector(d - 1), delta(N))),
        ], depth)  # fmt: skip

    def _around(self, v: Expr, m: Expr) -> tuple[Expr, Expr, Expr]:
        return v, m, v

    def _quadratic(self, d: int) -> Expr:
        return einsum("i,ij,j->", *self._around(self.vector(d - 1), self.matrix(d - 1)))

    def _fraction(self, d: int) -> Expr:
        v = self.vector(d - 1)
        return multiply(einsum("i,i->", v, v), power(self.scalar(d - 1), constant(-1)))

    def _of_matrix(self, d: int) -> Expr:
        m = self.matrix(d - 1)
        return [lambda: einsum("ii->", m), lambda: log_determinant(m), lambda: determinant(m),
                lambda: einsum("ij,ji->", K, m)][self.rng.integers(4)]()  # fmt: skip

    def _linear(self, d: int) -> Expr:
        return einsum("i->", self.vector(0))

    def _number(self, d: int) -> Expr:
        return constant(float(self.rng.choice([-2, -0.5, 0.5, 1, 3])))

    def _applied(self, e: Expr) -> Expr:
        if self.rng.random() < 0.3:
            return power(e, constant(self.rng.choice([-2, -1, 2, 3, 4, 0.5, 1.5, -0.5]).item()))
        op: Operation = CURVED[self.rng.integers(len(CURVED))]
        others = [fill(constant(0.7), e.shape) for _ in op.differentials[1:]]
        operands = [e, *others] if self.rng.random() < 0.5 or not others else [*others, e]
        return op(*operands)
