"""Log-densities by their shape parameters, from small ones to where the law is all but its limit.

The references are the definitions, differentiated by mpmath with many digits.
"""

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.special as sp
from scipy import stats

import steepest as st

DIGITS = 120
STEP = mp.mpf(10) ** -30
SIZES = [0.3, 1.7, 14.5, 60.0, 1e3, 1e6, 1e8, 1e10]


def log_beta(a: Any, b: Any) -> Any:
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def student(t: Any, v: Any) -> Any:
    return -log_beta(mp.mpf(1) / 2, v / 2) - mp.log(v) / 2 - (v + 1) / 2 * mp.log1p(t * t / v)


def fisher(x: Any, n: Any, m: Any) -> Any:
    powers = n / 2 * mp.log(n) + m / 2 * mp.log(m) + (n / 2 - 1) * mp.log(x)
    return powers - (n + m) / 2 * mp.log(m + n * x) - log_beta(n / 2, m / 2)


def beta(x: Any, a: Any, b: Any) -> Any:
    return (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - log_beta(a, b)


def beta_prime(x: Any, a: Any, b: Any) -> Any:
    return (a - 1) * mp.log(x) - (a + b) * mp.log1p(x) - log_beta(a, b)


def negative_binomial(k: Any, n: Any, p: Any) -> Any:
    return mp.loggamma(n + k) - mp.loggamma(n) - mp.loggamma(k + 1) + n * mp.log(p) + k * mp.log1p(-p)


def nakagami(x: Any, v: Any) -> Any:
    return mp.log(2) + v * mp.log(v) - mp.loggamma(v) + (2 * v - 1) * mp.log(x) - v * x * x


def slope(f: Callable[..., Any], at: tuple[float, ...], which: int, again: int | None = None) -> Any:
    """A first or second partial derivative, by differences."""

    def moved(at: tuple[Any, ...], k: int, by: Any) -> tuple[Any, ...]:
        return tuple(x * (1 + by) if j == k else x for j, x in enumerate(at))

    if again is None:
        up, down = f(*moved(at, which, STEP)), f(*moved(at, which, -STEP))
    else:
        up, down = (slope(f, moved(at, again, by), which) for by in (STEP, -STEP))
    return (up - down) / (2 * STEP * at[which if again is None else again])


def exactly(at: tuple[float, ...]) -> tuple[Any, ...]:
    return tuple(mp.mpf(x) for x in at)


# Law, definition, points of x (as numbers or by the shapes), shapes.
LAWS: dict[str, tuple[Any, Callable[..., Any], list[tuple[float, ...]]]] = {
    "t": (stats.t.logpdf, student, [(t, v) for v in SIZES for t in (-7.0, 1e-3, 0.3, 1.5, 30.0)]),
    "f": (stats.f.logpdf, fisher, [(x, n, m) for n in SIZES for m in (0.7, 5.0, 1e4, 1e9) for x in (0.01, 1.25, 40.0)]),
    "beta": (stats.beta.logpdf, beta, [(x, a, b) for a in SIZES for b in (0.7, 5.0, 1e5) for x in (0.01, 0.4, 0.999)]),
    "betaprime": (
        stats.betaprime.logpdf, beta_prime, [(x, a, b) for a in SIZES for b in (0.7, 40.0) for x in (0.1, 40.0, 1e9)],
    ),
    "nbinom": (
        stats.nbinom.logpmf, negative_binomial, [(k, n, p) for n in SIZES for k in (1, 20) for p in (0.3, 0.999)],
    ),
    "nakagami": (stats.nakagami.logpdf, nakagami, [(x, v) for v in SIZES for x in (0.5, 1.0, 1.001, 3.0)]),
}  # fmt: skip


@pytest.mark.parametrize("name", LAWS)
def test_slopes_by_shapes(name: str) -> None:
    law, exact, points = LAWS[name]
    shapes = range(1, len(points[0]))
    gradients = [st.grad(law, argnums=k) for k in shapes]
    with mp.workdps(DIGITS):
        for at in points:
            for k, gradient in zip(shapes, gradients, strict=True):
                known = slope(exact, exactly(at), k)
                assert abs(gradient(*at) - known) <= tolerance(exact, at, k) + 1e-12 * abs(known), (at, k)


# Far out in the tails, where log(1 + u) of a rounded u = -1 + ε would keep no digit.
TAILS: list[tuple[str, tuple[float, ...]]] = [
    *(("t", (t, v)) for t in (1e5, -1e9, 1e14) for v in (1e-3, 1.0, 30.0, 1e4)),
    *(("f", (x, n, m)) for x in (1e-14, 1e-8, 1e14) for n in (0.3, 17.0) for m in (0.3, 5.0, 1e5)),
    *(("nakagami", (x, v)) for x in (1e-14, 1e-6, 0.02, 1e3) for v in (0.3, 2.0, 1e4)),
]


@pytest.mark.parametrize("name", ["t", "f", "nakagami"])
def test_slopes_in_the_tails(name: str) -> None:
    law, exact, _ = LAWS[name]
    with mp.workdps(DIGITS):
        for at in (at for of, at in TAILS if of == name):
            for k in range(len(at)):
                known = float(slope(exact, exactly(at), k))
                assert st.grad(law, argnums=k)(*at) == pytest.approx(known, rel=1e-10, abs=1e-18), (at, k)
        if name == "t":
            known = float(slope(exact, exactly((1e8, 3.0)), 1, 1))
            assert st.grad(st.grad(law, argnums=1), argnums=1)(1e8, 3.0) == pytest.approx(known, rel=1e-10)


def tolerance(exact: Callable[..., Any], at: tuple[float, ...], k: int) -> Any:
    """What rounding the point itself changes, a few times over."""
    return sum(abs(slope(exact, exactly(at), k, j) * at[j]) for j in range(len(at))) * 2e-14


@pytest.mark.parametrize("name", ["t", "f", "nakagami"])
def test_second_slopes(name: str) -> None:
    law, exact, points = LAWS[name]
    bend = st.hessian(lambda z: law(*z))
    with mp.workdps(DIGITS):
        for at in points[:: 3 if name == "f" else 1]:
            found = bend(np.array(at))
            for j in range(len(at)):
                for k in range(1, len(at)):
                    known = slope(exact, exactly(at), k, j)
                    assert found[j, k] == pytest.approx(float(known), rel=1e-9, abs=1e-50), (at, j, k)


def test_many_degrees_of_freedom_of_random_vectors() -> None:
    """By the definition: (ν + 2)/2 log(1 + u/ν), as the gamma functions of two entries leave a power of ν."""
    with mp.workdps(DIGITS):
        for v in (3.0, 1e4, 1e6):
            known = slope(lambda v: -(v + 2) / 2 * mp.log1p(mp.mpf(5) / v), exactly((v,)), 0)
            found = st.grad(lambda v: stats.multivariate_t.logpdf(np.array([1.0, 2.0]), df=v, shape=np.eye(2)))(v)
            assert found == pytest.approx(float(known), rel=1e-12)


def test_a_law_of_counts_near_its_limit() -> None:
    """The slope is SciPy's formula differentiated in full; its value has lost digits itself."""
    by_size = st.grad(lambda n: stats.nbinom.logpmf(3, n, n / (n + 2)))
    with mp.workdps(DIGITS):
        for n in (5.0, 1e4, 1e7):
            known = slope(lambda n: negative_binomial(3, n, n / (n + 2)), exactly((n,)), 0)
            assert abs(by_size(n) - known) < 1e-16


def test_a_beta_function_of_sizes_far_apart() -> None:
    slopes = st.grad(lambda a, b: sp.betaln(a, b) + np.log(sp.beta(a, b)) - np.log(sp.poch(a, b)))
    assert slopes(1e9, 0.5) == pytest.approx(-1.5 / 1e9 * (1 + 0.25e-9), rel=1e-13)
    source = st.formula(lambda a, b: sp.betaln(a, b), a="", b="").gradient("a").python(name="slope")
    scope: dict[str, Any] = {}
    exec(compile(source, "<exported>", "exec"), scope)
    assert scope["slope"](1e9, 0.5) == pytest.approx(-0.5 / 1e9 * (1 + 0.25e-9), rel=1e-13)
