"""The forms that derivatives are taken of are the functions they stand for; masks select of every factor."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special as special

import steepest as st
from steepest.engines.python.compile import compile_program
from steepest.expr.build import Operand, contract, structured, variable
from steepest.expr.node import Expr
from steepest.expr.pattern import Affine
from steepest.frontends.tracing.capture import Input, capture
from steepest.lower.lowering import lower
from steepest.ops.selection import one_hot
from steepest.rewrite.selecting import selected_everywhere
from steepest.rewrite.stable.form import stable


def evaluate(exprs: list[Expr], env: dict[Any, Any]) -> Any:
    return compile_program(lower(exprs, list(env)))(*env.values())


Vector = Any
Builder = Callable[[np.random.Generator, Vector, int], Vector]


def positive(rng: np.random.Generator, x: Vector, deep: int) -> Vector:
    """A random positive vector in x, made of what the rules look for."""
    if deep == 0:
        return np.exp(x)
    a = real(rng, x, deep - 1)
    p, q = positive(rng, x, deep - 1), positive(rng, x, deep - 1)
    return [
        lambda: np.exp(a), lambda: 1 + np.exp(a), lambda: np.exp(a) + np.exp(-a), lambda: p + q, lambda: p * q,
        lambda: p / (p + 1), lambda: np.exp(a) / np.sum(np.exp(a)), lambda: p / np.sum(p), lambda: np.cosh(a),
        lambda: special.expit(a), lambda: 1 / (1 + np.exp(-a)), lambda: special.softmax(a), lambda: p**2,
        lambda: np.sqrt(1 + a**2), lambda: 1 - np.tanh(a) ** 2, lambda: p * np.sqrt(p), lambda: 0.5 * p,
        lambda: np.broadcast_to(np.sum(p), np.shape(p)), lambda: 1 - special.expit(a),
    ][rng.integers(19)]()  # fmt: skip


def real(rng: np.random.Generator, x: Vector, deep: int) -> Vector:
    """A random vector in x."""
    if deep == 0:
        return x
    a, b = real(rng, x, deep - 1), real(rng, x, deep - 1)
    p = positive(rng, x, deep - 1)
    return [
        lambda: a + b, lambda: a * b, lambda: np.log(p), lambda: np.log1p(np.exp(a)), lambda: np.log(p / np.sum(p)),
        lambda: a - np.log(np.sum(np.exp(a))), lambda: np.exp(0.1 * a) - 1, lambda: 1 - np.cos(a),
        lambda: np.sin(a) / a, lambda: (np.exp(0.1 * a) - 1) / (0.1 * a), lambda: np.log1p(p) / p, lambda: a / p,
        lambda: np.where(a == 0, 1, np.sin(a) / np.where(a == 0, 1, a)), lambda: np.sqrt(a**2), lambda: a[::-1],
        lambda: np.where(a > 0, a, p), lambda: np.log(p)[np.array([1, 0, 2])], lambda: np.tanh(a),
        lambda: (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a)), lambda: (1 - np.exp(a)) / (1 + np.exp(a)),
    ][rng.integers(20)]()  # fmt: skip


def compare(seed: int) -> int:
    """One random function: its stable form has its value, its gradient that of differences. 1 if the form is new."""

    def f(x: Vector) -> Any:
        return np.sum(real(np.random.default_rng(seed), x, 3) * np.array([0.7, -1.1, 0.4]))

    x = np.random.default_rng(seed + 1).uniform(0.2, 1.2, 3)
    with np.errstate(all="ignore"):
        if not np.isfinite(f(x)) or abs(f(x)) > 1e6:
            return 0
        c = capture(f, [Input("x", x)], lambda g, tracers: g(*tracers))
        (form,) = stable(c.outputs)
        found, expected = evaluate([form, c.outputs[0]], {c.variables[0]: x})
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
        v = np.random.default_rng(seed + 2).normal(size=3)
        ahead, behind = f(x + 1e-6 * v), f(x - 1e-6 * v)
        slope = (ahead - behind) / 2e-6
        gradient = st.grad(f, compile="off")(x)
        size = max(1.0, abs(expected), float(np.max(np.abs(gradient))))
        np.testing.assert_allclose(gradient @ v, slope, rtol=1e-5, atol=1e-7 * size)
    return int(form is not c.outputs[0])


@pytest.mark.parametrize("block", range(4))
def test_random_functions(block: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert sum(compare(30 * block + k) for k in range(30)) > 10


@pytest.mark.heavy
def test_many_random_functions() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for seed in range(1000, 3000):
            compare(seed)


# --- one point left out -------------------------------------------------------------------------------

AT_A_POINT: list[tuple[Callable[[Any], Any], float, float, float]] = [  # function, point, first and second derivative
    (lambda x: np.where(x == 0, 1, np.sin(x) / x), 0.0, 0.0, -1 / 3),
    (lambda x: np.where(x != 0, np.sin(x) / np.where(x != 0, x, 1.0), 1.0), 0.0, 0.0, -1 / 3),
    (lambda x: np.where(x == 0, 0.0, x), 0.0, 1.0, 0.0),
    (lambda x: np.where(x == 2, 4.0, x**2), 2.0, 4.0, 2.0),
    # the branch for the point stays where the other has another value there, none, or jumps
    (lambda x: np.where(x == 2, 4.5, x**2), 2.0, 0.0, 0.0),
    (lambda x: np.where(x == 0, 5.0, x), 0.0, 0.0, 0.0),
    (lambda x: 1 / np.where(x == 0, 1, x), 0.0, 0.0, 0.0),
    (lambda x: np.sum(np.heaviside(x * np.ones(2), 0.5) * x**2), 0.0, 0.0, 2.0),
    (lambda x: np.where(x == 0, 0, 1 / np.where(x == 0, 1, x)), 0.0, 0.0, 0.0),
    (lambda x: np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, x))), 0.0, 0.0, 0.0),
]


@pytest.mark.parametrize("case", range(len(AT_A_POINT)))
def test_a_branch_for_one_point(case: int) -> None:
    f, x, first, second = AT_A_POINT[case]
    with np.errstate(all="ignore"):
        assert st.grad(f)(x) == first
        np.testing.assert_allclose(st.hessian(f)(x), second, rtol=1e-12)


def test_values_stay_as_numpy_computes_them() -> None:
    f = lambda x: np.log(1 + np.exp(x))  # noqa: E731
    with np.errstate(over="ignore"), pytest.warns(st.NonFiniteWarning, match="the operation 'exp' of 800"):
        assert st.value_and_grad(f)(800.0) == (np.inf, 1.0)
    with np.errstate(over="ignore"):
        assert st.jit(f)(800.0) == np.inf


def test_a_derivative_that_is_right_where_the_function_cancels_is_no_mismatch() -> None:
    np.testing.assert_allclose(st.grad(lambda x: np.sqrt(x**2 + 1) - 1)(1e-9), 1e-9, rtol=1e-12)
    np.testing.assert_allclose(st.grad(lambda x: (1 - np.cos(x)) / x**2)(1e-9), -1e-9 / 12, rtol=1e-12)


# --- masks --------------------------------------------------------------------------------------------

SIZES = {0: 2, 1: 3, 2: 4}


def masked_product(rng: np.random.Generator) -> tuple[Expr, dict[Any, Any], np.ndarray]:
    """A random contraction with masks, and its value where NaN and infinity stand at entries that never count."""

    def labels(count: int) -> tuple[int, ...]:
        return tuple(map(int, rng.permutation(3)[:count]))

    operands: list[Operand] = []
    env: dict[Any, Any] = {}
    arrays: list[tuple[tuple[int, ...], np.ndarray]] = []

    def enter(name: str, ix: tuple[int, ...], value: np.ndarray) -> None:
        v = variable(name, value.shape, value.dtype)
        operands.append((ix, v))
        env[v] = value
        arrays.append((ix, value))

    for k in range(rng.integers(1, 3)):
        ix = labels(rng.integers(1, 4))
        enter(f"m{k}", ix, rng.random([SIZES[i] for i in ix]) < 0.5)
    for k in range(rng.integers(1, 4)):
        ix = labels(rng.integers(0, 4))
        enter(f"f{k}", ix, rng.normal(size=[SIZES[i] for i in ix]))
    i, j = labels(2)
    match rng.integers(3):
        case 0:
            operands.append(((i,), structured(Affine((1,), -1), (SIZES[i],))))
            arrays.append(((i,), np.arange(SIZES[i]) == 1))
        case 1:
            index = rng.integers(0, SIZES[i], SIZES[j])
            v = variable("index", index.shape, index.dtype)
            env[v] = index
            operands.append(((j, i), one_hot(v, SIZES[i])))
            arrays.append(((j, i), index[:, None] == np.arange(SIZES[i])))
    used = sorted({i for ix, _ in arrays for i in ix})
    full = [SIZES[i] for i in used]

    def spread(ix: tuple[int, ...], value: np.ndarray) -> np.ndarray:
        order = np.transpose(value, [ix.index(i) for i in used if i in ix])
        return np.broadcast_to(order.reshape([SIZES[i] if i in ix else 1 for i in used]), full)

    mask = np.logical_and.reduce([spread(ix, a) for ix, a in arrays if a.dtype == bool])
    product = np.ones(full)
    for (ix, v), (_, a) in zip(operands, arrays, strict=False):
        if a.dtype == float:
            counts = mask.any(axis=tuple(k for k, i in enumerate(used) if i not in ix))
            own = [i for i in used if i in ix]
            a = np.where(np.transpose(counts, [own.index(i) for i in ix]), a, rng.choice([np.nan, np.inf]))
            env[v] = a if a.ndim else np.float64(a)
            product = product * spread(ix, a)
    out = tuple(int(i) for i in rng.permutation(used)[: rng.integers(0, len(used))])
    total = np.where(mask, product, 0).sum(axis=tuple(k for k, i in enumerate(used) if i not in out))
    own = [i for i in used if i in out]
    return contract(operands, out, SIZES), env, np.transpose(total, [own.index(i) for i in out])


@pytest.mark.parametrize("seed", range(4))
def test_masks_select_of_every_factor(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(60):
        e, env, expected = masked_product(rng)
        with np.errstate(all="ignore"):
            (found,) = evaluate(selected_everywhere([e]), env)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_row_of_data_that_is_missing_and_masked_does_not_count() -> None:
    X, y = np.array([[1.0, 2.0], [np.nan, 3.0], [4.0, 1.0]]), np.array([1.0, np.nan, 2.0])
    known = np.array([True, False, True])

    def loss(t: Any, X: Any, y: Any) -> Any:
        return np.sum(np.where(known, X @ t - y, 0.0) ** 2)

    t = np.array([0.5, -0.3])
    kept = X[known]
    np.testing.assert_allclose(st.grad(loss)(t, X, y), 2 * kept.T @ (kept @ t - y[known]), rtol=1e-12)
    np.testing.assert_allclose(st.hessian(loss)(t, X, y), 2 * kept.T @ kept, rtol=1e-12)


def test_masks_of_terms_that_share_a_factor() -> None:
    """The chain rule adds the masks before it multiplies with the slope that they share."""

    def f(x: Any) -> Any:
        e = np.exp(1.5 * np.log(x))
        return np.sum(np.where(x > 0, e, 0) + np.where((x <= 0) & (x >= 0), e, 0))

    x = np.array([0.5, 0.6, -0.5])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(st.grad(f)(x), [1.5 * np.sqrt(0.5), 1.5 * np.sqrt(0.6), 0], rtol=1e-12)


def test_orders_that_differ_and_roots_of_sums() -> None:
    with np.errstate(all="ignore"):
        for f, x, first, second in (
            (lambda x: (1 - np.cos(x)) / x, 1e-9, 0.5, -2.5e-10),
            (lambda x: (1 - np.cos(x)) ** 2 / x**3, -1e-3, 0.25, 2.5e-4),
            (lambda x: (2 + 3 * np.exp(x)) ** -0.5, 700.0, -0.5 * np.exp(-350) / 3**0.5, 0.25 * np.exp(-350) / 3**0.5),
        ):
            np.testing.assert_allclose([st.grad(f)(x), st.hessian(f)(x)], [first, second], rtol=1e-6)


# --- in the steps of loops ------------------------------------------------------------------------------


def softplus_in_a_scan(x: Any) -> Any:
    return st.scan(lambda s, w: (np.log(1 + np.exp(x * (w + s / x))), s), x, np.array([1.0, 2.0, 3.0]))[0]


def sigmoid_in_a_while_loop(x: Any) -> Any:
    return st.while_loop(lambda s: s[0] < 5, lambda s: (s[0] + 1, s[1] / 2 + x / (1 + np.exp(-x - s[1]))), (1.0, x))[1]


def cancelling_in_a_python_loop(x: Any) -> Any:
    s = x
    for _ in range(80):
        s = 0.5 * s + (1 - np.cos(s)) / s
    return s


def one_in_another(x: Any) -> Any:
    def outer(s: Any, w: Any) -> Any:
        inner = st.scan(lambda q, v: (np.log(1 + np.exp(v * x + q)), None), s, np.array([1.0, 2.0]))[0]
        return w * inner, None

    return st.scan(outer, x, np.array([1.0, 2.0]))[0]


def softplus_given_out(x: Any) -> Any:
    ys = st.scan(lambda s, w: (s / (1 + np.exp(-s)), np.log(1 + np.exp(x * w))), x, np.array([1.0, 2.0, 3.0]))[1]
    return np.sum(ys**2) / x


IN_LOOPS = {
    "softplus": (softplus_in_a_scan, 800.0, 7.0, 0.0),
    "sigmoid": (sigmoid_in_a_while_loop, -800.0, 0.0625, 0.0),
    "cancellation": (cancelling_in_a_python_loop, 1e-9, 1.0, 0.0),
    "stacked": (softplus_given_out, 800.0, 14.0, 0.0),
    "nested": (one_in_another, 800.0, 14.0, 0.0),
}


@pytest.mark.parametrize("name", IN_LOOPS)
@pytest.mark.filterwarnings("ignore::steepest.NonFiniteWarning")
def test_in_the_steps_of_loops(name: str) -> None:
    f, x, slope, bend = IN_LOOPS[name]
    assert st.grad(f)(x) == pytest.approx(slope, rel=1e-6)
    assert st.jacobian(f)(x) == pytest.approx(slope, rel=1e-6)
    assert st.grad(st.grad(f))(x) == pytest.approx(bend, abs=1e-6) or name == "cancellation"
