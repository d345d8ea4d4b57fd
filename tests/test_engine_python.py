"""The Python engine: readable text, outputs of their own, temporaries dropped, names that cannot clash."""

from __future__ import annotations

import cProfile
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from steepest.calculus.reverse import gradients
from steepest.engines.python.compile import compile_program, evaluate
from steepest.errors import ArgumentError, ShapeError
from steepest.expr.build import add, array, contract, einsum, fill, multiply, scale, subtract, transpose_axes, variable
from steepest.expr.dimension import Dim
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.lower.lowering import lower
from steepest.ops.elementary import exp, sin, tanh
from steepest.ops.power import divide
from steepest.ops.rearrange import part, reshape
from steepest.ops.reduction import logsumexp
from steepest.ops.selection import largest
from steepest.ops.table import OPERATIONS

M, N = Dim(200, "m"), Dim(30, "n")
X, y, theta = variable("X", (M, N)), variable("y", (M,)), variable("theta", (N,))
RESIDUAL = subtract(einsum("ij,j->i", X, theta), y)
LOSS = scale(constant(1, ((M, -1),)), einsum("i,i->", RESIDUAL, RESIDUAL))


def lines(outputs: list[Expr], inputs: list[Variable]) -> list[str]:
    return [line.strip() for line in compile_program(lower(outputs, inputs)).source.splitlines()]  # type: ignore[attr-defined]


def test_least_squares_reads_like_numpy() -> None:
    (gradient,) = gradients(LOSS, [theta])
    assert lines([gradient], [X, y, theta]) == [
        "def program(X, y, theta):",
        "t0 = 0.01 * (X.T @ (X @ theta - y))",
        "return (t0,)",
    ]


def test_value_and_gradient_share_the_residual() -> None:
    text = "\n".join(lines([LOSS, *gradients(LOSS, [theta])], [X, y, theta]))
    assert text.count("X @ theta") == 1


def test_least_squares_has_the_value_by_hand(rng: np.random.Generator) -> None:
    run = compile_program(lower(gradients(LOSS, [theta]), [X, y, theta]))
    Xv, yv, tv = rng.normal(size=(200, 30)), rng.normal(size=200), rng.normal(size=30)
    np.testing.assert_allclose(run(Xv, yv, tv)[0], 2 / 200 * (Xv.T @ (Xv @ tv - yv)), rtol=1e-12)


def test_results_of_one_function_share_its_call() -> None:
    A = variable("A", (3, 3))
    outputs = [OPERATIONS["determinant_sign"](A), OPERATIONS["log_determinant"](A)]
    text = "\n".join(lines(outputs, [A]))
    assert text.count("np.linalg.slogdet(A)") == 1
    value = np.diag([1.0, -2.0, 3.0])
    np.testing.assert_allclose(evaluate(outputs, {A: value}), np.linalg.slogdet(value))


def test_outputs_are_their_own() -> None:
    """No output shares memory with an input, a constant or another output; all can be written to."""
    table = array(np.arange(100.0).reshape(10, 10))
    A = variable("A", (10, 10))
    total = add(A, table)
    outputs = [
        A,
        table,
        transpose_axes(A, (1, 0)),
        part(A, 1, 4),
        einsum("ii->i", A),
        reshape(A, (100,)),
        contract([((0, 1), A)], (0, 2, 1), {2: 3}),
        total,
        transpose_axes(total, (1, 0)),
        total,
        largest(A),
        fill(constant(2.0), (3,)),
        fill(constant(2.0), (3,)),
    ]
    value = np.linspace(0, 1, 100).reshape(10, 10)
    results = evaluate(outputs, {A: value})
    run = compile_program(lower(outputs, [A]))
    results = list(run(value))
    held = [value, table.value, *results]  # type: ignore[attr-defined]
    for k, one in enumerate(held):
        for other in held[k + 1 :]:
            assert not np.shares_memory(one, other)
    for e, r in zip(outputs, results, strict=True):
        assert r.shape == e.shape
        r[...] = 7
    assert not np.any(value == 7)


def test_the_same_result_again() -> None:
    """Writing into an output does not change the next call."""
    A = variable("A", (3,))
    run = compile_program(lower([fill(constant(1.0), (3,)), exp(A)], [A]))
    first = run(np.zeros(3))
    first[0][...] = 5
    np.testing.assert_array_equal(run(np.zeros(3))[0], np.ones(3))


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_element_types_are_kept(dtype: str) -> None:
    A, b = variable("A", (3, 3), np.dtype(dtype)), variable("b", (3,), np.dtype(dtype))
    e = tanh(add(einsum("ij,j->i", A, b), scale(constant(0.5), b), fill(constant(1), (3,))))
    (r,) = evaluate([e], {A: np.eye(3), b: np.ones(3)})
    assert r.dtype == e.dtype == np.dtype(dtype)


def test_plain_numbers() -> None:
    half, two, matrix_ = evaluate([constant(0.5), constant(2), fill(constant(2), (2, 2))], {})
    assert (half, two) == (0.5, 2)
    assert isinstance(half, np.float64)
    assert matrix_.shape == (2, 2)


def test_scalars_divide_as_numpy_does() -> None:
    """A Python 0.0 as input gives infinity, not ZeroDivisionError."""
    a, b = variable("a"), variable("b")
    run = compile_program(lower([divide(a, b)], [a, b]))
    with np.errstate(all="ignore"):
        assert run(1.0, 0.0)[0] == np.inf
        assert np.isnan(run(0, np.array(0.0))[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_many_products_are_added_as_accurately_as_by_a_sum(dtype: type) -> None:
    """BLAS alone adds a million equal ones to three digits less."""
    m, n = 1001, 1003
    A, B, v = variable("A", (m, n), dtype), variable("B", (n, m), dtype), variable("v", (m * n,), dtype)
    shared, turned = contract([((0, 1), A), ((0, 1), A)], ()), contract([((0, 1), A), ((1, 0), B)], ())
    rng = np.random.default_rng(3)
    env = {A: np.full((m, n), 0.7, dtype), B: (0.1 + rng.random((n, m))).astype(dtype), v: np.full(m * n, 0.7, dtype)}
    if dtype is np.complex128:
        env = {x: a * (1 + 0.5j) for x, a in env.items()}
    wide = np.result_type(dtype, np.float64)
    for expr, terms in (
        (shared, env[A].astype(wide) ** 2),
        (turned, env[A].astype(wide) * env[B].T.astype(wide)),
        (contract([((0,), v), ((0,), v)], ()), env[v].astype(wide) ** 2),
    ):
        (found,) = evaluate([expr], env)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, np.sum(terms), rtol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", [*"np t0 c1 r0 lambda θ′ logsumexp gathered embedded _x0".split(), "x y", ""])
def test_names_of_inputs_do_no_harm(name: str) -> None:
    a, b = variable(name, (3,)), variable(name, (3,), tag=1)
    e = add(logsumexp(multiply(a, b)), largest(sin(b)), einsum("i->", part(a, 1, 3)))
    one, two = np.array([0.1, 0.2, 0.4]), np.array([0.5, 0.3, 0.9])
    (r,) = evaluate([e], {a: one, b: two})
    np.testing.assert_allclose(r, np.log(np.sum(np.exp(one * two))) + np.sin(0.9) + 0.6)


def test_large_temporaries_are_dropped() -> None:
    """A chain on long vectors needs a few of them at a time, however long it is."""
    n = 2**14
    a = variable("a", (n,))
    e: Expr = a
    for _ in range(40):
        e = add(sin(e), multiply(e, e), exp(e))
    text = "\n".join(lines([e], [a]))
    alive = peak = 0
    for line in text.splitlines():
        alive += line.startswith("t") - (line.count(",") + 1 if line.startswith("del ") else 0)
        peak = max(peak, alive)
    assert peak <= 4


def test_deep_programs_run() -> None:
    a = variable("a")
    e: Expr = a
    for _ in range(20_000):  # 20 times as deep as Python recurses
        e = sin(e)
    (r,) = evaluate([e], {a: 0.5})
    assert 0 < r < 0.02


def chain(length: int) -> tuple[Expr, Variable]:
    """A long expression, each step of which uses the one before twice, and its variable."""
    a = variable("a", (4,))
    e: Expr = a
    for j in range(length):
        e = add(tanh(e), scale(constant(0.1 + j), multiply(e, a)))
    return e, a


def compiled(e: Expr, a: Variable) -> object:
    return compile_program(lower([e], [a]))


def calls(work: Callable[[], object]) -> int:
    """How many Python functions ``work`` enters: its effort, whatever else the machine does."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


def test_the_effort_of_compiling_grows_with_the_program() -> None:
    """Ten times the nodes, about ten times the calls: nothing looks at the whole again for each node."""
    effort = []
    for length in (200, 2000):
        e, a = chain(length)
        effort.append(calls(partial(compiled, e, a)))
    assert effort[1] < 13 * effort[0]


def test_values_must_fit() -> None:
    with pytest.raises(ShapeError, match=r"y is declared with shape"):
        evaluate([y], {y: np.zeros(3)})
    with pytest.raises(ArgumentError, match="complex128"):
        evaluate([y], {y: np.zeros(200) * 1j})
