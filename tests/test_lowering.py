"""Lowered programs compute what the expression means, on random contractions and each case the planner knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import evaluate as evaluate_slowly

from steepest.engines.python.compile import evaluate
from steepest.expr.build import (
    add,
    array,
    contract,
    delta,
    einsum,
    fill,
    multiply,
    negate,
    scale,
    structured,
    subtract,
    transpose_axes,
    variable,
)
from steepest.expr.dimension import Dim
from steepest.expr.dtype import BOOL
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.expr.pattern import Affine, Fourier
from steepest.expr.traversal import toposort
from steepest.lower.lowering import lower
from steepest.lower.program import Call, Contraction, Embed, Gather, Instruction, LinearSolution, Matmul, Sum
from steepest.ops.complex_parts import cast
from steepest.ops.elementary import exp, sin
from steepest.ops.linalg_inverse import inverse
from steepest.ops.logic import less, where
from steepest.ops.power import divide, power, reciprocal
from steepest.ops.rearrange import embed, join, part, reshape, strided
from steepest.ops.reduction import softmax
from steepest.ops.selection import argmax, largest, one_hot, sort

RELATIVE = {np.dtype(np.float32): 1e-4, np.dtype(np.complex64): 1e-4}
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
        tolerance = RELATIVE.get(e.dtype, 1e-11)
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


# --- each case the planner knows ---------------------------------------------------------------------


def matrix(name: str, *shape: int, dtype: str = "float64") -> Variable:
    return variable(name, shape, np.dtype(dtype))


def kinds(*outputs: Expr) -> list[type[Instruction]]:
    """The kinds of instruction in the program of some expressions."""
    inputs = _variables(outputs)
    return [type(i) for i in lower(outputs, inputs).instructions]


def _variables(outputs: tuple[Expr, ...]) -> list[Variable]:
    return [n for n in toposort(outputs) if isinstance(n, Variable)]


X, Y, A = matrix("X", 5, 4), matrix("Y", 5, 4), matrix("A", 4, 4)
u, v, w = matrix("u", 5), matrix("v", 4), matrix("w", 4)
s, k = matrix("s"), matrix("k", 3)
m = matrix("m", 5, dtype="bool")
X4, w4 = matrix("X4", 3, 4, dtype="float32"), matrix("w4", 4, dtype="float32")
TRIANGLE = structured(Affine((1, -1), 0, ">="), (4, 4))

CASES: dict[str, Expr] = {
    "matrix-vector": einsum("ij,j->i", X, v),
    "vector-matrix": einsum("i,ij->j", u, X),
    "matrix-matrix, transposed result": einsum("ij,jk->ki", X, A),
    "Gram matrix": einsum("ij,ik->jk", X, X),
    "Gram matrix times vector": einsum("ij,ik,k->j", X, X, v),
    "outer product": einsum("i,j->ij", u, v),
    "outer product with a number": einsum(",i,j->ij", constant(3.0), u, v),
    "row products": einsum("ij,ij->i", X, Y),
    "all products": einsum("ij,ij->", X, Y),
    "diagonal": einsum("ii->i", A),
    "trace": einsum("ii->", A),
    "trace of a product": einsum("ij,ji->", A, A),
    "sum alone": einsum("ij,i->i", X, u),
    "sum of rows": einsum("ij->j", X),
    "repeated": contract([((0,), u)], (0, 1), {1: 3}),
    "repeated scalar": fill(s, (2, 3)),
    "diagonal matrix": contract([((0, 1), delta(4)), ((0,), v)], (0, 1)),
    "identity": contract([((0, 1), delta(4)), ((), constant(2))], (0, 1)),
    "two identities": contract([((0, 2), delta(4)), ((1, 3), delta(5)), ((0, 1), transpose_axes(X, (1, 0)))], range(4)),
    "slice": part(X, 1, 3),
    "slice backwards": strided(X, 3, -2, 2),
    "window beyond the end": contract([((0, 1), structured(Affine((1, -1), 2), (4, 4))), ((1,), v)], (0,)),
    "placement": embed(X, 2, 3, 14),
    "placement of a slice": embed(part(X, 1, 3), 0, 1, 4),
    "one place": contract([((0,), structured(Affine((1,), -2), (4,))), ((1, 0), X)], (1,)),
    "at one place": contract([((0,), structured(Affine((1,), -2), (4,))), ((1,), u)], (0, 1)),
    "joined": join([v, w, part(v, 0, 2)]),
    "flattened": reshape(X, (20,)),
    "unflattened": reshape(u, (5, 1)),
    "regrouped": reshape(matrix("R", 4, 6), (3, 8)),
    "flattened and contracted": einsum("i,i->", reshape(X, (20,)), reshape(Y, (20,))),
    "running sum": contract([((1, 0), TRIANGLE), ((0,), v)], (1,)),
    "running sum from the end": contract([((0, 1), TRIANGLE), ((0,), v)], (1,)),
    "triangle": contract([((1, 0), TRIANGLE), ((1, 0), A)], (1, 0)),
    "convolution": contract([((0, 1, 2), structured(Affine((1, -1, -1)), (7, 5, 3))), ((1,), u), ((2,), k)], (0,)),
    "correlation": contract([((0, 1, 2), structured(Affine((1, -1, -1)), (5, 3, 3))), ((0,), u), ((2,), k)], (1,)),
    "convolution of rows": contract(
        [((0, 1, 2), structured(Affine((1, -1, -1)), (6, 4, 3))), ((3, 1), X), ((2,), k)], (3, 0)
    ),
    "dilated windows": contract(
        [((0, 1, 2), structured(Affine((1, -1, -2), 1), (5, 4, 3))), ((0,), u), ((2,), k)], (1,)
    ),
    "Fourier": contract([((0, 1), structured(Fourier(), (4, 4))), ((2, 1), X)], (2, 0)),
    "Fourier of squares": contract([((0, 1), structured(Fourier(1), (5, 5))), ((1, 2), X), ((1, 2), X)], (2, 0)),
    "largest": largest(X),
    "sorted": sort(X),
    "rows taken": contract([((0, 1), one_hot(argmax(X), 4)), ((1, 2), A)], (0, 2)),
    "rows added up": contract([((0, 1), one_hot(argmax(X), 4)), ((0,), u)], (1,)),
    "entries added up in rows": contract(
        [((0, 1, 2), one_hot(argmax(reshape(X, (5, 2, 2))), 2)), ((0, 1), part(X, 0, 2))], (0, 2)
    ),
    "selection": contract([((0,), m), ((0, 1), X)], (0, 1)),
    "selected sum": contract([((0,), m), ((0, 1), X), ((1,), v)], (1,)),
    "selected product": contract([((0,), m), ((0,), u), ((0, 1), X)], (1,)),
    "selected rows, none fit": contract([((0,), m), ((1,), v)], (1,)),
    "count": contract([((0,), m)], ()),
    "both": multiply(less(X, Y), less(Y, fill(constant(1.5), (5, 4)))),
    "count of both": contract([((0,), m), ((0, 1), less(X, Y))], (1,)),
    "where": where(less(X, Y), X, exp(Y)),
    "sum of truths": add(cast(less(X, Y), np.dtype(np.int64)), scale(constant(-1), less(Y, X))),
    "truth beside numbers": subtract(less(X, Y), X),
    "quotient": divide(X, Y),
    "quotient by a scalar": einsum(",ij->ij", reciprocal(s), X),
    "reciprocal alone": scale(constant(2), reciprocal(u)),
    "quotient summed": einsum("ij,j->i", X, reciprocal(v)),
    "quotient of equals summed": einsum("i,i->", u, reciprocal(u)),
    "two divisors": einsum("i,j->ij", reciprocal(u), reciprocal(v)),
    "negative power": einsum("ij,j->ij", X, power(v, constant(-4))),
    "powers": add(power(u, constant(4)), power(u, constant(5)), power(u, constant(-6)), power(u, constant(2.5))),
    "scalars": einsum(",i,,j->ij", s, u, reciprocal(s), v),
    "only scalars": multiply(s, s, reciprocal(add(s, constant(1)))),
    "plain sum": subtract(subtract(constant(1), s), power(s, constant(7))),
    "all negative": negate(add(X, Y)),
    "spread terms": add(X, contract([((0,), u)], (0, 1), {1: 4}), contract([((1,), v)], (0, 1), {0: 5})),
    "transposed terms": add(A, transpose_axes(A, (1, 0)), contract([((0, 1), delta(4))], (0, 1))),
    "softmax of repeated rows": softmax(contract([((1,), v)], (0, 1), {0: 3})),
    "named size": scale(constant(2, ((Dim(5, "n"), -1),)), u),
    "system": einsum("ij,j->i", inverse(A), v),
    "system, transposed": einsum("ij,i->j", inverse(A), v),
    "systems": einsum("ij,kj->ki", inverse(A), X),
    "system after a product": einsum("ij,jk,k->i", inverse(A), A, v),
    "inverse": inverse(A),
    "trace of the inverse": einsum("ii->", inverse(A)),
    "batch of systems": einsum("bij,bj->bi", inverse(matrix("B", 2, 3, 3)), matrix("b", 2, 3)),
    "batch of systems with columns": einsum("bij,bkjl->blik", inverse(matrix("B", 2, 3, 3)), matrix("C", 2, 4, 3, 2)),
    "no axis to sum": einsum("ij->i", matrix("E", 3, 0)),
    "nothing": einsum("ij,jk->ik", matrix("E", 3, 0), matrix("F", 0, 2)),
    "one": einsum("ij,j->i", matrix("O", 3, 1), matrix("o", 1)),
    "single precision": exp(add(einsum("ij,j->i", X4, w4), fill(constant(1), (3,)))),
    "pattern beside single precision": add(X4, structured(Affine((1, -1)), (3, 4))),
    "running sum in single precision": contract([((1, 0), TRIANGLE), ((0,), w4)], (1,)),
    "Fourier in single precision": contract([((0, 1), structured(Fourier(), (4, 4))), ((1,), w4)], (0,)),
    "complex": einsum("ij,j->i", matrix("Z", 3, 4, dtype="complex128"), v),
    "complex factor": scale(constant(2j), X),
    "integers": einsum("ij,j->i", matrix("N", 3, 4, dtype="int64"), matrix("n", 4, dtype="int64")),
    "constant array": einsum("ij,j->i", X, array(np.arange(4.0))),
}  # fmt: skip


def values_for(outputs: list[Expr]) -> Env:
    draw = np.random.default_rng(3)
    env: Env = {}
    for x in _variables(tuple(outputs)):
        env[x] = draw.uniform(0.5, 2, x.shape)
        if x.ndim > 1 and x.shape[-1] == x.shape[-2]:
            env[x] = env[x] + 3 * np.eye(x.shape[-1])
        if x.dtype == BOOL:
            env[x] = env[x] > 1
        elif x.dtype is not None and x.dtype.kind == "c":
            env[x] = env[x] + 1j * draw.normal(size=x.shape)
        assert x.dtype is not None
        env[x] = np.asarray(env[x]).astype(x.dtype)
    return env


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    agree([CASES[name]], values_for([CASES[name]]))


def test_all_cases_at_once() -> None:
    """Sharing between programs changes nothing."""
    agree(list(CASES.values()), values_for(list(CASES.values())))


# --- what is written ---------------------------------------------------------------------------------


def test_matrices_are_not_multiplied_where_vectors_will_do() -> None:
    assert kinds(CASES["Gram matrix times vector"]).count(Matmul) == 2
    program = lower([CASES["Gram matrix times vector"]], [X, v])
    assert all(len(r.shape) < 2 or r.shape in ((5, 4), (4, 5)) for r in program.registers)


@pytest.mark.parametrize("name", ["slice", "flattened and contracted", "one place", "window beyond the end"])
def test_selections_are_not_multiplied(name: str) -> None:
    e = CASES[name]
    program = lower([e], _variables((e,)))
    assert not [c for c in program.constants.values() if isinstance(c, np.ndarray)]


def test_equal_parts_are_written_once() -> None:
    assert kinds(sin(einsum("ij,j->i", X, v)), exp(einsum("ij,j->i", X, v))).count(Matmul) == 1
    both = kinds(einsum("i,i->", einsum("ij,j->i", X, v), u), scale(constant(3), einsum("ij,j->i", X, v)))
    assert both.count(Matmul) == 2  # X @ v, and that times u


def test_unread_parts_are_not_written() -> None:
    assert Call not in kinds(divide(X, Y))
    assert kinds(largest(X)).count(Gather) == 1
    assert [k for k in kinds(largest(X)) if k is Call] == [Call]  # argmax, and no one-hot array


def test_joined_arrays_are_put_into_one() -> None:
    assert kinds(join([v, w, v, w, v])) == [Embed]


def test_systems_are_solved() -> None:
    for name in ("system", "system, transposed", "systems", "batch of systems"):
        assert kinds(CASES[name]).count(LinearSolution) == 1
        assert Call not in kinds(CASES[name])
    both = kinds(CASES["system after a product"])
    assert LinearSolution in both
    assert both.index(Matmul) < both.index(LinearSolution)


def test_repeated_values_are_computed_once() -> None:
    """exp of a row repeated 3 times needs the exp of one row."""
    program = lower([einsum("ij->", exp(contract([((1,), v)], (0, 1), {0: 3})))], [v])
    assert all(r.shape in ((4,), ()) for r in program.registers)
    assert [type(i) for i in program.instructions][:2] == [Call, Sum]


def test_products_in_step_use_no_temporary() -> None:
    assert kinds(CASES["row products"]) == [Contraction]


def test_a_missing_input_is_refused() -> None:
    with pytest.raises(ValueError, match="'v' is not among the inputs"):
        lower([einsum("ij,j->i", X, v)], [X])
