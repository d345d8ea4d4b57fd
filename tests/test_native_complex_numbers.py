"""Complex numbers in native code: the same results as array operations, by real and imaginary parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from native_engine import WIDTHS, check_expressions, check_program

import steepest as st
from steepest.calculus.reverse import vjp
from steepest.engines.native.compile import emit
from steepest.engines.native.complex_numbers.functions import COMPLEX_VALUED, REAL_VALUED
from steepest.engines.native.complex_numbers.parts import in_real_numbers
from steepest.engines.native.coverage import left_to_array_operations
from steepest.engines.native.machine.loading import load
from steepest.engines.native.unsupported import Unsupported
from steepest.expr.build import add, contract, multiply, transpose_axes, variable
from steepest.lower.emitter import Emitter
from steepest.lower.program import Piece, Program, Register, Window
from steepest.ops.elementary import exp
from steepest.ops.operation import Operation
from steepest.ops.power import divide, log, sqrt

COMPLEX = [np.dtype(np.complex128), np.dtype(np.complex64)]
SIZES = [1, 2, 7, 8, 9, 63, 65, 257]
every_type = pytest.mark.parametrize("dtype", COMPLEX, ids=str)
every_operation = pytest.mark.parametrize("op", [*COMPLEX_VALUED, *REAL_VALUED], ids=repr)


def anything(rng: np.random.Generator, shape: Any, dtype: np.dtype = COMPLEX[0]) -> np.ndarray:
    return np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape), dtype)


def program(build: Callable[..., Register], *inputs: np.ndarray) -> Program:
    """The program of what `build` makes of an emitter and registers for the inputs."""
    e = Emitter()
    given = tuple(e.new(x.shape, x.dtype) for x in inputs)
    result = build(e, *given)
    names = tuple(f"x{k}" for k in given)
    return Program(names, given, (result,), e.constants, tuple(e.instructions), tuple(e.registers))


def check(build: Callable[..., Register], *inputs: np.ndarray, bits: int = WIDTHS[0]) -> None:
    made = program(build, *inputs)
    assert not left_to_array_operations(in_real_numbers(made))
    check_program(made, inputs, bits)


# --- entry by entry ---------------------------------------------------------------------------------------


def called(op: Operation, *xs: np.ndarray) -> np.ndarray:
    """The values of an operation by machine code."""
    with np.errstate(all="ignore"):
        dtype = np.asarray(op.numpy(*xs)).dtype
    made = program(lambda e, *r: e.call(op, r, (), xs[0].shape, dtype), *xs)
    with np.errstate(all="ignore"):
        (found,), _ = load(emit(made)).run(xs)
    assert found.dtype == dtype
    return found


@every_type
@every_operation
def test_functions_of_all_sizes_and_angles(op: Operation, dtype: np.dtype, rng: np.random.Generator) -> None:
    """To a few roundings of the whole number: near 0, near 1, large, on both sides of every cut."""
    size = np.concatenate([np.geomspace(1e-12, 30, 200), 1 + np.linspace(-0.9, 1, 60), 1 + rng.normal(size=60) * 1e-7])
    angle = rng.uniform(-np.pi, np.pi, size.shape)
    z = np.concatenate([size * np.exp(1j * angle), size * np.exp(0.25j * np.pi * rng.integers(0, 8, size.shape))])
    z = z.astype(dtype)
    xs = [z, rng.permutation(z)][: len(op.differentials)]
    with np.errstate(all="ignore"):
        expected = np.asarray(op.numpy(*xs))
        wide = np.asarray(op.numpy(*(x.astype(np.clongdouble) for x in xs)))
    found = called(op, *xs)
    if expected.dtype == bool:
        np.testing.assert_array_equal(found, expected)
        return
    ulp = np.finfo(dtype).eps * np.maximum(np.abs(wide), np.finfo(dtype).tiny)
    own, numpys = np.abs(found - wide) / ulp, np.abs(expected - wide) / ulp
    regular = numpys < 64  # beside a pole or a zero of the tangent NumPy's own is lost too
    assert np.all(own[regular] < 16), (z[regular][np.argmax(own[regular])], np.max(own[regular]))


@every_type
@pytest.mark.parametrize("op", [log, sqrt], ids=repr)
def test_the_least_and_the_largest_numbers(op: Operation, dtype: np.dtype) -> None:
    limits = np.finfo(dtype)
    part = np.array([limits.smallest_subnormal, limits.tiny / 3, limits.tiny, limits.max / 4], limits.dtype)
    z = np.concatenate([part, -part, 1j * part, (1 + 1j) * part, (-3 + 0.25j) * part[:3]]).astype(dtype)
    np.testing.assert_allclose(called(op, z), op.numpy(z), rtol=8 * limits.eps)


@every_operation
def test_functions_where_they_are_special(op: Operation) -> None:
    """Zeros of all signs, cuts approached from both sides; what is not finite is left to array operations."""
    parts = np.array([0.0, -0.0, 1.0, -1.0, 1e-310, 700.0, -745.5, 1e200])
    z = (parts[:, None] + np.zeros(8)).astype(complex)
    z.imag = parts
    xs = [z, z.T.copy()][: len(op.differentials)]
    with np.errstate(all="ignore"):
        expected = np.asarray(op.numpy(*xs))
    found = called(op, *xs)
    settled = np.isfinite(expected) & np.isfinite(found)
    np.testing.assert_allclose(found[settled], expected[settled], rtol=1e-13, atol=5e-324)
    if expected.dtype != bool:
        assert not np.any(np.isfinite(found) & ~np.isfinite(expected))


FORMS = [(COMPLEX[0], bits) for bits in WIDTHS] + [(COMPLEX[1], WIDTHS[0])]


@pytest.mark.parametrize(("dtype", "bits"), FORMS)
@pytest.mark.parametrize("sign", "+-*/")
def test_arithmetic(sign: Any, dtype: np.dtype, bits: int, rng: np.random.Generator) -> None:
    n = SIZES[int(rng.integers(len(SIZES)))]
    z, row, x = (
        anything(rng, (3, n), dtype),
        anything(rng, n, dtype),
        rng.normal(size=(3, n)).astype(dtype.char.lower()),
    )

    def every_pair(e: Emitter, *xs: Register) -> Register:
        number, fixed = e.literal(2 - 1j), e.array(row)
        pairs = [(a, b) for a in (*xs, number, fixed) for b in (*xs, number, fixed) if a != b and {a, b} & set(xs[:2])]
        first, *others = (e.arithmetic(sign, a, b) for a, b in pairs)
        for other in others:
            first = e.arithmetic("+", first, other)
        return first

    check(every_pair, z, x, row, bits=bits)
    check(lambda e, a: e.arithmetic(sign, e.literal(1j), a), x, bits=bits)


def test_quotients_that_nearly_overflow(rng: np.random.Generator) -> None:
    a, b = (anything(rng, 64) * s for s in (1e300, 1e305))
    check(lambda e, a, b: e.arithmetic("/", a, b), a, b)
    check(lambda e, a, b: e.arithmetic("/", a, b), a * 1e-310, b * 1e-310)


# --- the same entries in another place --------------------------------------------------------------------

PLACES: dict[str, Callable[..., Register]] = {
    "turned": lambda e, z: e.rearrange(z, (1, None, 0)),
    "part": lambda e, z: e.slice(z, [Window(4, -2, 3), 2]),
    "diagonal": lambda e, z: e.diagonal(e.slice(z, [Window(0, 1, 5), Window(0, 1, 5)]), (0, 0), (0,)),
    "other shape": lambda e, z: e.reshape(z, (9, 5)),
    "windows": lambda e, z: e.windows(z, -1, (1, 2), (4, 3)),
    "filled": lambda e, z: e.fill(z, (3, 5, 9), COMPLEX[0]),
    "repeated number": lambda e, z: e.arithmetic("*", z, e.fill(e.literal(2 + 1j), (5, 9), COMPLEX[0])),
    "negative": lambda e, z: e.negative(z),
    "sum": lambda e, z: e.sum(z, (0,)),
    "sum of all": lambda e, z: e.sum(z, (0, 1)),
    "running sum": lambda e, z: e.running_sum(z, 0, "forward", 9),
    "narrower": lambda e, z: e.convert(z, COMPLEX[1]),
    "copy": lambda e, z: e.copy(z),
    "number": lambda e, z: e.slice(z, [2, 3]),
}


@pytest.mark.parametrize("name", PLACES)
def test_entries_in_other_places(name: str, rng: np.random.Generator) -> None:
    check(lambda e, z: e.copy(PLACES[name](e, e.arithmetic("*", z, z))), anything(rng, (5, 9)))


def test_pieces_of_both_kinds(rng: np.random.Generator) -> None:
    z, x = anything(rng, 3), rng.normal(size=4)
    first, second = (Window(0, 1, 3),), (Window(2, 1, 4),)
    check(
        lambda e, z, x: e.embed([Piece(z, first, (0,), (0,)), Piece(x, second, (0,), (0,))], (7,)),
        z, x,
    )  # fmt: skip


@pytest.mark.parametrize("outside", [0, -1])
def test_places_picked(outside: Any, rng: np.random.Generator) -> None:
    z, index = anything(rng, (6, 3)), np.array([0, 5, 2, -3, 9])
    check(lambda e, z, i: e.gather(z, i, (), outside), z, index)
    check(lambda e, z, i: e.scatter(z, i, (), 5), anything(rng, (5, 3)), index)


def test_chosen_entries(rng: np.random.Generator) -> None:
    check(lambda e, m, z: e.select(m, z), rng.random((4, 5)) < 0.5, anything(rng, (4, 5)))


# --- products ---------------------------------------------------------------------------------------------


@every_type
@pytest.mark.parametrize("n", [1, 3, 8, 40, 130])
def test_products(n: int, dtype: np.dtype, rng: np.random.Generator) -> None:
    a, b, v = anything(rng, (n, 7), dtype), anything(rng, (7, n), dtype), anything(rng, 7, dtype)
    x = rng.normal(size=(n, 7)).astype(dtype.char.lower())
    for left, right in ((a, b), (a, v), (v, b), (x, b), (x, v), (b, x), (v, b)):
        check(lambda e, p, q: e.matmul(p, q), left, right)
    check(lambda e, p, q: e.tensordot(p, q, (1,), (0,)), a, b)
    check(lambda e, p, q: e.tensordot(p, q, (), ()), v, b)


def test_gradients_of_contractions(rng: np.random.Generator) -> None:
    a, b, v = (variable(n, s, COMPLEX[0]) for n, s in (("a", (4, 6)), ("b", (6, 4)), ("v", (6,))))
    y = contract([((0, 1), multiply(exp(a), transpose_axes(b, (1, 0)))), ((1,), divide(v, add(v, v)))], (0,))
    g = variable("g", (4,), COMPLEX[0])
    env = {x: anything(rng, x.shape) for x in (a, b, v, g)}
    check_expressions([y, *vjp(y, [a, b, v], g)], env)


# --- functions of the user ----------------------------------------------------------------------------------

X, W = np.random.default_rng(5).normal(size=64), np.random.default_rng(6).normal(size=(8, 8))


def recurrence(x: np.ndarray) -> Any:
    def step(z: Any, a: Any) -> Any:
        z = z * z * 0.3 + 1j * a
        return z, np.abs(z)

    last, sizes = st.scan(step, x[:4] * (1 + 0.5j), x)
    return np.sum(last.imag) + np.sum(sizes**2)


def phase(x: np.ndarray) -> Any:
    z = np.exp(1j * x) @ np.exp(2j * np.outer(X, X))
    return np.sum(np.abs(z) ** 2) + np.sum(np.angle(z))


FUNCTIONS: dict[str, tuple[Callable[..., Any], np.ndarray]] = {
    "power spectrum": (lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2 * np.arange(64)), X),
    "filter": (lambda x: np.sum(np.tanh(np.fft.irfft(np.fft.rfft(x) * np.exp(-np.arange(33) / 9)))), X),
    "spectrum in two dimensions": (lambda w: np.sum(np.abs(np.fft.fft2(w)) ** 2 * np.arange(8)), W),
    "phases": (phase, X),
    "rational": (lambda x: np.abs(np.sum((x * (1 + 2j)) ** 3 / (x + 1j))), X),
    "roots and logarithms": (lambda x: np.sum(np.sqrt(x + 1j).real * np.log(x + 2j).imag), X),
    "hyperbolic": (lambda x: np.sum((np.tanh(x + 1j * x**2) * np.cosh(1j * x)).real), X),
    "eigenvalues": (lambda w: np.sum(np.abs(np.linalg.eigvals(w)) ** 2), W),
    "linear equations": (lambda w: np.sum(np.abs(np.linalg.solve(w + 1j * np.eye(8), w[0])) ** 2), W),
    "recurrence": (recurrence, X),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_of_real_functions(name: str) -> None:
    f, x = FUNCTIONS[name]
    g = st.grad(f, compile="eager")
    expected = st.grad(f, compile="off")(x)
    for _ in range(3):
        np.testing.assert_allclose(g(x), expected, rtol=1e-11, atol=1e-11 * np.max(np.abs(expected)))
    assert "engine: machine code" in str(g.explain())


@every_type
def test_complex_arguments_and_results(dtype: np.dtype, rng: np.random.Generator) -> None:
    """In any layout."""
    f = st.jit(lambda z, w: (np.exp(z) / w, np.sum(z * w), z.imag, (z @ w.T) * 2), compile="eager")
    z, w = anything(rng, (6, 5), dtype), anything(rng, (6, 5), dtype)
    for a, b in ((z, w), (np.asfortranarray(z), w[::-1]), (z.astype(dtype.newbyteorder()), w), (z, w)):
        expected = np.exp(a) / b, np.sum(a * b), np.imag(a), (a @ b.T) * 2
        for given, right in zip(f(a, b), expected, strict=True):
            assert given.dtype == right.dtype.newbyteorder("=")
            np.testing.assert_allclose(given, right, rtol=20 * np.finfo(dtype).eps, atol=20 * np.finfo(dtype).eps)
    assert "engine: machine code" in str(f.explain())


def test_an_operation_without_formula_is_called() -> None:
    f = st.jit(lambda z: np.sum(np.arctan(z) * np.arcsinh(z)), compile="eager")
    z = anything(np.random.default_rng(0), 20)
    for _ in range(2):
        np.testing.assert_allclose(f(z), np.sum(np.arctan(z) * np.arcsinh(z)), rtol=1e-13)
    assert "array operations, called from the machine code" in str(f.explain())


def test_longer_numbers_stay_with_array_operations() -> None:
    z = np.arange(3.0) + np.clongdouble(1j)
    with pytest.raises(Unsupported, match="type"):
        emit(program(lambda e, z: e.arithmetic("*", z, z), z))
