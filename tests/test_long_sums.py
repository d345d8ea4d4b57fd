"""Long sums in single precision: NumPy's own are off by more than ours, which must not be taken for a mistake."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import value

import steepest as st
from steepest.engines.python.compile import compile_program
from steepest.errors import CaptureError, MismatchError
from steepest.expr.build import array, einsum, variable
from steepest.expr.node import Expr
from steepest.expr.traversal import toposort
from steepest.lower.lowering import lower
from steepest.lower.program import Loop, Scatter
from steepest.ops.gather import scattered
from steepest.ops.selection import one_hot
from steepest.verify.leaves import Leaves
from steepest.verify.long_sums import roundings, with_sums_in_double
from steepest.verify.replay import require_same

EPS = float(np.finfo(np.float32).eps)
STEEP = np.float32(0.6732655)  # a constant whose sums round mostly one way
ROWS = 1_000_000

x, X = np.full(3 * ROWS, STEEP), np.full((ROWS, 3), STEEP)
z = np.full(ROWS, STEEP * np.complex64(1 + 1j))
places = np.random.default_rng(0).integers(0, 3, ROWS)
mostly_one = np.where(np.arange(ROWS) % 10, 7, np.arange(ROWS) // 10)


def by_index(source: np.ndarray, index: np.ndarray, size: int) -> Any:
    """Rows added where the index says, one after the other."""
    sums = np.zeros((size, *source.shape[1:]), source.dtype)
    np.add.at(sums, index, source)
    return sums


def added(source: np.ndarray) -> Any:
    return by_index(source, places[: len(source)], 3)


FUNCTIONS: dict[str, tuple[Callable[..., Any], np.ndarray]] = {
    "dot product": (lambda x: x @ x, x),
    "over the first axis": (lambda X: np.sum(np.sum(X**2, axis=0)), X),
    "mean over the first axis": (lambda X: np.sum(np.tanh(X.mean(axis=0))), X),
    "product by rows": (lambda X: np.sum((X.T @ X[:, 0]) ** 2), X),
    "running sum": (lambda x: np.cumsum(x)[-1], x),
    "norm": (lambda x: np.linalg.norm(x), x),
    "norms of columns": (lambda X: np.sum(np.linalg.norm(X, axis=0)), X),
    "log-sum-exp over the first axis": (lambda X: np.sum(np.logaddexp.reduce(X, axis=0)), X[: ROWS // 4]),
    "variance over the first axis": (lambda X: np.sum(X.var(axis=0)), X),
    "in the order of Fortran": (lambda X: np.sum(X.sum(axis=0) ** 2), np.asfortranarray(X)),
    "numbers by index": (lambda x: np.sum(added(x) ** 2), x[:ROWS]),
    "rows by index": (lambda X: np.sum(added(X) ** 2), X[: ROWS // 4]),
    "mostly to one place": (lambda x: np.sum(by_index(x, mostly_one[: len(x)], ROWS // 10)), x[:ROWS]),
}
AS_NUMPY = ("running sum", "variance over the first axis")  # nothing of which is left but rounding
COMPLEX: dict[str, Callable[..., Any]] = {
    "product": lambda z: z @ z,
    "product with the conjugate": lambda z: np.vdot(z, z),
    "by index": lambda z: np.sum(np.abs(added(z)) ** 2),
}


@pytest.mark.parametrize("transform", [st.jit, st.grad])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_numpy_rounds_is_no_mistake(name: str, transform: Callable[..., Any]) -> None:
    """Neither of the capture, nor of machine code: that is used, without a warning."""
    f, a = FUNCTIONS[name]
    compiled = transform(f, compile="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled(a)
    if name not in AS_NUMPY:
        exact = np.asarray(transform(f)(a.astype(np.float64)))
        np.testing.assert_allclose(compiled(a), exact, rtol=1e-5, atol=1e-5 * np.max(np.abs(exact)))


@pytest.mark.parametrize("name", COMPLEX)
def test_what_numpy_rounds_in_complex_numbers(name: str) -> None:
    compiled = st.jit(COMPLEX[name], compile="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled(z)


LOST: dict[str, Callable[..., Any]] = {
    "slope of the other sign": lambda x: np.sum(x) * float(f"{1 / np.sum(x) ** 2}"),
    "mean": lambda x: np.sum(np.sin(x)) * float(f"{np.sum(x) / len(x)}"),
    "dot product": lambda x: (x @ x) * float(f"{np.sum(x) / len(x)}"),
}


@pytest.mark.parametrize("name", LOST)
def test_a_derivative_that_lost_something_is_still_seen(name: str) -> None:
    """What long sums round excuses values alone: a slope from differences on both sides has their errors in common."""
    x = np.random.default_rng(0).uniform(0.5, 1.5, 5000).astype(np.float32)
    with pytest.raises(MismatchError):
        st.grad(LOST[name])(x)


@pytest.mark.parametrize(("gap", "noise"), [(1e-3, 1e-4), (0.2, 1.0), (0.2, np.inf), (1e-3, np.nan)])
def test_what_rounding_does_not_explain(gap: float, noise: float) -> None:
    """More than twice what roundings come to, or a tenth of the result, whatever they are said to come to."""
    leaves = Leaves(lambda values: [np.sum(values[0])], [np.ones(50, np.float32)])
    base = leaves.outputs()
    recorded = [base[0] * np.float32(1 + gap)]
    with pytest.raises(CaptureError, match="was not recorded"):
        require_same(leaves, recorded, base, "", noise=lambda _: [base[0] * noise])
    require_same(leaves, [base[0] * np.float32(1 + 1e-3)], base, "", noise=lambda _: [base[0] * 1e-2])


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if "variance" not in n])  # where all cancels
def test_sums_in_double(name: str) -> None:
    """A program whose sums are computed in double precision is off by few roundings, however long they are."""
    f, a = FUNCTIONS[name]
    a = a[:30_000]
    program = value(f, a)
    (found,) = compile_program(with_sums_in_double(program))(a)
    exact = f(a.astype(np.float64))
    assert found.dtype == a.dtype
    assert abs(found - exact) <= 8 * EPS * abs(exact)


def test_programs_without_single_precision_stay_as_they_are() -> None:
    program = value(lambda x: np.sum(x @ x) + np.cumsum(x)[-1], np.ones(5))
    assert with_sums_in_double(program) is program


def test_loops_sum_in_double_too() -> None:
    def f(A: np.ndarray, steps: np.ndarray) -> Any:
        return st.scan(lambda s, t: (s + t * np.sum(A.T @ A[:, 0]), None), steps[0], steps)[0]

    args = X[:30_000], np.ones(70, np.float32)
    program = value(f, *args)
    assert any(isinstance(i, Loop) for i in program.instructions)
    (found,) = compile_program(with_sums_in_double(program))(*args)
    exact = 1 + 70 * np.sum(args[0].astype(np.float64).T @ args[0][:, 0])
    assert abs(found - exact) <= 40 * EPS * exact


@pytest.mark.parametrize(
    ("index", "size", "wide"),
    [
        (np.arange(96) % 3, 3, True),
        (np.arange(96) % 4, 4, False),
        (np.arange(96) // 32 * 10, 90, True),  # long ones beside empty ones
        (np.arange(96) // 32 * 10, 97, False),  # an array of twice the size would be for little
        (np.full(96, -1), 3, True),
        (np.full(96, 5), 3, False),  # to no place at all
    ],
)
def test_sums_by_index_are_in_double_where_they_are_long(index: np.ndarray, size: int, wide: bool) -> None:
    s = variable("s", (96,), np.dtype(np.float32))
    program = lower([scattered(s, index, 0, size)], [s])
    types = {program.registers[i.target].dtype for i in program.instructions if isinstance(i, Scatter)}
    assert types == {np.dtype(np.float64 if wide else np.float32)}


SUMS: dict[str, tuple[Expr, Callable[..., Any]]] = {
    "rows": (einsum("ij->j", variable("A", (30_000, 3))), lambda A: A.sum(axis=0)),
    "all": (einsum("ij->", variable("A", (30_000, 3))), lambda A: np.einsum("ij->", A)),
    "product": (einsum("ij,ik->jk", *[variable("A", (30_000, 3))] * 2), lambda A: A.T @ A),
    "dot": (einsum("ij,ij->", *[variable("A", (30_000, 3))] * 2), lambda A: A.ravel() @ A.ravel()),
    "by index": (einsum("ik,ij->kj", one_hot(array(places[:30_000]), 3), variable("A", (30_000, 3))), added),
}


@pytest.mark.parametrize("name", SUMS)
def test_no_more_than_is_said(name: str) -> None:
    e, f = SUMS[name]
    for c in np.random.default_rng(0).uniform(0.1, 1, 20):
        A = np.full((30_000, 3), c, np.float32)
        exact = f(A.astype(np.float64))
        assert np.all(np.abs(f(A) - exact) <= (1 + roundings(e)) * EPS * np.abs(exact))


PICKED: dict[str, Callable[..., Any]] = {
    "slice": lambda x: np.sum(x[3:5] ** 2),
    "places": lambda x: np.sum(x[np.array([3, 5])] ** 2),
    "maximum": lambda x: np.max(x),
}


@pytest.mark.parametrize("name", PICKED)
def test_what_is_picked_is_no_sum(name: str) -> None:
    transformed = st.grad(PICKED[name])
    transformed(np.linspace(0.5, 1.5, 100_000, dtype=np.float32))
    ((plan, *_),) = transformed._plans.values()
    nodes = toposort(plan.specialisation.capture.outputs)
    assert max(map(roundings, nodes)) < 1


def test_sums_by_index_are_as_long_as_the_longest() -> None:
    """Of a fixed index; of another they may have all terms."""
    x, rng = variable("x", (3000,)), np.random.default_rng(0)
    shuffled, many = (rng.permutation(3000) // k for k in (1, 30))
    chosen = one_hot(array(shuffled), 3000), one_hot(array(many), 100), one_hot(variable("k", (3000,)), 30)
    assert [roundings(einsum("ik,i->k", c, x)) for c in chosen] == [0.0, 30 / 8, 3000 / 8]
    assert roundings(einsum("ik,il,i->kl", chosen[1], one_hot(array(np.arange(3000) % 2), 2), x)) == 30 / 8
    rows = one_hot(array(np.tile(np.arange(5), (600, 1))), 5)  # in each row another sum
    assert roundings(einsum("bik,bi->bk", rows, variable("v", (600, 5)))) <= 5 / 8


@pytest.mark.parametrize("size", [10, 1000])
def test_most_to_one_place_of_an_index_that_is_not_fixed(size: int) -> None:
    x, index = np.full(20_000, STEEP), np.zeros(20_000, int)
    recorded = st.jit(lambda x, index: np.sum(by_index(x, index, size)), compile="off")
    assert np.isclose(recorded(x, index), 20_000 * STEEP, rtol=1e-3)


def test_sums_of_an_expression() -> None:
    """Rows added one after the other are further off than what comes to one number; without a sum there is nothing."""
    A, b = variable("A", (800, 3)), variable("b", (800,))
    expressions = einsum("ij->j", A), einsum("i,i->", b, b), einsum("ij->", A), einsum("ij,i->ij", A, b)
    assert [roundings(e) for e in expressions] == [100.0, 12.5, 37.5, 0.0]
