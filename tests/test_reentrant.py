"""Derivatives inside derivatives, generators, coroutines and threads: traces never see each other's values."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.api.function import FEW, record_of
from steepest.errors import CaptureError
from steepest.frontends.tracing.recording import nesting, under_way

X = np.array([0.7, -1.3, 2.1])


# --- perturbations --------------------------------------------------------------------------------------
# The examples of Siskind and Pearlmutter, "Perturbation Confusion and Referential Transparency" (2005), and of
# Manzyuk et al., "Perturbation confusion in forward automatic differentiation of higher-order functions" (2019).


def curried(x: Any) -> Callable[[Any], Any]:
    return lambda g: lambda y: g(x + y)


def shifted_twice(x: Any) -> Any:
    """s u f x = f (x + u), applied to itself through its derivative by the shift."""

    def by_shift(f: Any) -> Any:
        return lambda y: st.grad(lambda u: f(u + y))(x * 0.0)

    return by_shift(by_shift(np.sin))(x)


CONFUSED: dict[str, tuple[Callable[[], Any], Any]] = {
    "x d/dy (x + y)": (lambda: st.grad(lambda x: x * st.grad(lambda y: x + y)(1.0))(1.0), 1.0),
    "x d/dy (x y)": (lambda: st.grad(lambda x: x * st.grad(lambda y: x * y)(1.0))(2.0), 4.0),
    "by jvp inside": (
        lambda: st.grad(lambda x: x * st.jvp(lambda y: x + y, (1.0,), (1.0,))[1])(1.0),
        1.0,
    ),
    "by jvp outside": (
        lambda: st.jvp(lambda x: x * st.grad(lambda y: x + y)(1.0), (1.0,), (1.0,))[1],
        1.0,
    ),
    "by vjp inside": (lambda: st.grad(lambda x: x * st.vjp(lambda y: x * y, x)[1](1.0)[0])(3.0), 6.0),
    "three levels": (
        lambda: st.grad(lambda x: st.grad(lambda y: st.grad(lambda z: x * y**2 * z**3)(y))(x))(2.0),
        4 * 3 * 4 * 2**3,
    ),
    "the derivative of a shift": (lambda: st.grad(lambda x: curried(x)(np.sin)(2.0))(1.0), np.cos(3.0)),
    "a derivative through a closure that is returned": (
        lambda: st.grad(lambda x: (lambda g: g(x))(lambda y: st.grad(lambda z: z * y * x)(y)))(3.0),
        6.0,
    ),
    "a derivative of a derivative of a shift": (lambda: shifted_twice(1.2), -np.sin(1.2)),
    "hessian inside": (lambda: st.grad(lambda x: st.hessian(lambda y: x * np.sum(y**3))(X)[0, 0])(2.0), 6 * X[0]),
    "jacobian of a map of gradients": (
        lambda: np.diagonal(st.jacobian(lambda x: st.vmap(st.grad(lambda t: t**3 * x[0] / X[0]))(x))(X))[1:],
        6 * X[1:],
    ),
}


@pytest.mark.parametrize("name", CONFUSED)
def test_perturbations_are_not_confused(name: str) -> None:
    compute, expected = CONFUSED[name]
    for _ in range(2):
        np.testing.assert_allclose(compute(), expected, rtol=1e-10)


def test_on_a_tape_they_are_not_confused_either() -> None:
    def f(x: Any) -> Any:
        ranks = [k * v for k, v in enumerate(sorted(x))]
        return sum(ranks) * st.grad(lambda y: x[0] + y)(x[1]) + st.grad(lambda y: y * x[0] * ranks[-1])(x[1])

    g = st.grad(f)
    rng = np.random.default_rng(0)
    for _ in range(FEW + 3):
        x = rng.normal(size=6)
        ranks, top = np.argsort(np.argsort(x)), np.argmax(x)
        np.testing.assert_allclose(g(x), ranks + 5 * (x[0] * (np.arange(6) == top) + x[top] * (np.arange(6) == 0)))
    assert any(ways.taped for ways in record_of(f).ways.values())


def test_recursion_through_grad() -> None:
    def f(x: Any, n: int) -> Any:
        return x**5 if n == 0 else x * st.grad(lambda y: f(y, n - 1))(x)

    np.testing.assert_allclose(st.grad(f)(1.5, 3), 5 * 5 * 5 * 5 * 1.5**4)


def test_a_minimum_found_inside() -> None:
    def nearest(a: Any) -> Any:
        y = 1.0
        while abs(st.grad(lambda y: (y * y - a) ** 2)(y)) > 1e-9:
            y = y - 0.05 * st.grad(lambda y: (y * y - a) ** 2)(y)
        return y

    np.testing.assert_allclose(st.grad(nearest)(2.0), 0.5 / np.sqrt(2.0), rtol=1e-6)


# --- what stays behind ----------------------------------------------------------------------------------


def test_an_exception_in_the_middle_leaves_nothing() -> None:
    def f(x: Any, n: int) -> Any:
        y = st.grad(lambda t: f(t, n - 1) if n else 1 / {}["missing"])(x)
        return x * y

    for g in (st.grad(f), st.jacobian(f), st.hessian(f)):
        with pytest.raises(KeyError):
            g(1.0, 2)
    assert nesting() == 0
    assert under_way.value == 0
    np.testing.assert_array_equal(st.grad(lambda x: x @ x)(X), 2 * X)


def test_a_generator_that_is_not_finished() -> None:
    waiting: list[Iterator[Any]] = []

    def powers(x: Any) -> Iterator[Any]:
        k = 1
        while True:
            yield x**k
            k += 1

    def f(x: Any) -> Any:
        items = powers(x)
        total = next(items) + next(items)
        waiting.append(items)
        return total

    with pytest.warns(st.SideEffectWarning):
        assert st.grad(f)(2.0) == 5
    with pytest.raises(CaptureError, match="has ended"):
        next(waiting[0])
    assert nesting() == 0


def test_coroutines() -> None:
    async def part(x: Any) -> Any:
        await asyncio.sleep(0)
        return x**2

    def f(x: Any) -> Any:
        async def whole() -> Any:
            a, b = await asyncio.gather(part(x), part(2 * x))
            return a * b

        return asyncio.run(whole())

    assert st.grad(f)(1.0) == pytest.approx(16.0)

    async def outside(x: float) -> Any:
        await asyncio.sleep(0)
        return st.grad(lambda t: t**3 * x)(x)

    async def many() -> Any:
        return await asyncio.gather(*(outside(float(k)) for k in range(5)))

    np.testing.assert_allclose(asyncio.run(many()), [3.0 * k**3 for k in range(5)])


def test_threads_inside_a_function() -> None:
    def f(x: Any) -> Any:
        with ThreadPoolExecutor(3) as pool:
            return sum(pool.map(lambda k: x**k, range(5)))

    np.testing.assert_allclose(st.grad(f)(2.0), 1 + 4 + 12 + 32)


# --- threads --------------------------------------------------------------------------------------------


def branching(x: Any) -> Any:
    total = 0.0
    for v in x:
        total = total + (v**3 if v > 0.2 else np.sin(v) if v > -0.5 else v * x[0])
    return total


def truth(x: np.ndarray) -> np.ndarray:
    low = x <= -0.5
    slope = np.where(x > 0.2, 3 * x**2, np.where(low, x[0], np.cos(x)))
    slope[0] += x[low].sum()
    return slope


def ranked(x: Any) -> Any:
    return sum(k * v**2 for k, v in enumerate(sorted(x)))


def in_threads(count: int, work: Callable[[np.random.Generator], None]) -> None:
    """`work` in so many threads that begin at once; the first failure is told."""
    failures: list[str] = []
    gate = threading.Barrier(count)

    def run(seed: int) -> None:
        gate.wait()
        try:
            work(np.random.default_rng(seed))
        except BaseException:
            failures.append(traceback.format_exc())

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert not any(t.is_alive() for t in threads)
    assert not failures, failures[0]
    assert under_way.value == 0


def test_first_calls_at_once() -> None:
    for _ in range(3):

        def f(x: Any) -> Any:
            return branching(x)

        g = st.grad(f)
        x = np.array([0.5, 0.1, -0.7])
        in_threads(8, lambda rng, g=g, x=x: np.testing.assert_allclose(g(x), truth(x)))  # type: ignore[misc]
        assert len(next(iter(record_of(f).specialisations.values()))) == 1


def test_different_shapes_and_branches_at_once() -> None:
    g, h, rows = st.grad(branching), st.grad(ranked), st.vmap(lambda t: t**3 if t > 0 else np.sin(t))

    def work(rng: np.random.Generator) -> None:
        for _ in range(8):
            x = rng.normal(size=int(rng.integers(1, 4)))
            np.testing.assert_allclose(g(x), truth(x))
            y = rng.normal(size=6)
            np.testing.assert_allclose(h(y), 2 * y * np.argsort(np.argsort(y)))
            np.testing.assert_allclose(rows(y), np.where(y > 0, y**3, np.sin(y)))
            a = rng.normal()
            np.testing.assert_allclose(st.grad(lambda x, a=a: a * x * st.grad(lambda t: t * t * x)(a))(2.0), 8 * a * a)

    in_threads(8, work)


def test_failures_in_some_threads_do_not_disturb_others() -> None:
    g = st.grad(branching)

    def fail(x: Any) -> Any:
        raise ValueError("on purpose")

    def work(rng: np.random.Generator) -> None:
        for _ in range(5):
            x = rng.normal(size=2)
            np.testing.assert_allclose(g(x), truth(x))
            with pytest.raises(ValueError, match="on purpose"):
                st.grad(fail)(x)

    in_threads(8, work)
