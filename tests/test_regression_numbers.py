"""What the solvers stand on: pairs of doubles, triangles of blocks, orthogonal polynomials."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from steepest.regression.double_double import Pair, exact, minus, plus, times, total, two_product, two_sum
from steepest.regression.orthogonal import basis_on
from steepest.regression.refinement import gradient
from steepest.regression.rows import power_of_two, rounding
from steepest.regression.sources import Layout, rows_of_arrays
from steepest.regression.triangle import triangle_of

RNG = np.random.default_rng(30)


def fractions(pair: Pair) -> list[Fraction]:
    return [pair[k].fraction() for k in range(len(pair.high))]


def random_pair(n: int) -> Pair:
    high = RNG.normal(size=n) * 10.0 ** RNG.integers(-8, 8, size=n)
    return two_sum(high, high * 2.0**-54 * RNG.uniform(-1, 1, size=n))


def test_sums_and_products_of_doubles_are_exact() -> None:
    a, b = random_pair(200).high, random_pair(200).high
    for pair, operation in ((two_sum(a, b), Fraction.__add__), (two_product(a, b), Fraction.__mul__)):
        assert fractions(pair) == [
            operation(Fraction(x), Fraction(y)) for x, y in zip(a.tolist(), b.tolist(), strict=True)
        ]


def test_arithmetic_of_pairs_has_thirty_digits() -> None:
    a, b = random_pair(200), random_pair(200)
    A, B = fractions(a), fractions(b)
    for found, right, size in (
        (plus(a, b), [x + y for x, y in zip(A, B, strict=True)], [abs(x) + abs(y) for x, y in zip(A, B, strict=True)]),
        (minus(a, b), [x - y for x, y in zip(A, B, strict=True)], [abs(x) + abs(y) for x, y in zip(A, B, strict=True)]),
        (times(a, b), [x * y for x, y in zip(A, B, strict=True)], [abs(x * y) for x, y in zip(A, B, strict=True)]),
    ):
        assert all(abs(f - r) <= Fraction(2) ** -100 * s for f, r, s in zip(fractions(found), right, size, strict=True))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 64, 1001])
def test_totals(n: int) -> None:
    a = random_pair(n)
    right = sum(fractions(a), start=Fraction(0))
    size = sum(map(abs, fractions(a)), start=Fraction(0))
    assert abs(total(a).fraction() - right) <= Fraction(2) ** -98 * size


def test_powers_of_two_and_what_is_rounded() -> None:
    sizes = np.array([0.0, 1.0, 3.0, 1e300, 5e-324])
    scale = power_of_two(sizes)
    assert np.all(np.frexp(scale)[0] == 0.5)
    assert np.all(sizes / scale <= 1)
    assert rounding(np.array([0.0, 3.0, -1e15])).tolist() == [0, 0, 0]
    assert rounding(np.array([0.1, 1e17, -2.5])) == pytest.approx(np.array([0.1, 1e17, 2.5]) * 2.0**-53 / np.sqrt(3))


def test_a_triangle_of_blocks_is_that_of_the_whole() -> None:
    X, y, w = RNG.normal(size=(40_000, 3)), RNG.normal(size=(40_000, 2)), RNG.uniform(0, 1, size=40_000)
    w[::3] = 0.0
    rows = rows_of_arrays(X, y, w, Layout(True, 0.5))
    triangle = triangle_of(rows)
    D = np.hstack([np.ones((40_000, 1)), X]) / rows.scale
    gram = D.T @ (w[:, None] * D) + np.diag([0.0, *(0.5 / rows.scale[1:] ** 2)])
    np.testing.assert_allclose(triangle.matrix.T @ triangle.matrix, gram, rtol=1e-11, atol=1e-8)
    assert triangle.count == np.sum(w > 0)
    centred = y / rows.y_scale - np.average(y / rows.y_scale, axis=0, weights=w)
    np.testing.assert_allclose(triangle.total, np.sum(w[:, None] * centred**2, axis=0), rtol=1e-11)


def test_the_gradient_is_right_where_all_digits_cancel() -> None:
    X = RNG.integers(-99, 99, size=(50, 2)).astype(float)
    y = (X @ [3.0, -7.0])[:, None]
    rows = rows_of_arrays(X, y, None, Layout(False, 0.0))
    nearly = exact(np.array([[3.0], [-7.0]]) * rows.scale[:, None] / rows.y_scale * (1 + 2.0**-50))
    right = -(X / rows.scale).T @ (y / rows.y_scale) * 2.0**-50
    np.testing.assert_allclose(gradient(rows, nearly).high, right, rtol=1e-14)


@pytest.mark.parametrize("weighted", [False, True])
def test_orthogonal_polynomials(weighted: bool) -> None:
    x = np.sort(RNG.uniform(-8.8, -3.1, size=50))
    w = RNG.uniform(0.1, 2, size=50) if weighted else None
    basis = basis_on(x, w, 8)
    P = basis.values(x)
    gram = P.high.T @ ((np.ones(50) if w is None else w)[:, None] * P.high)
    lengths = np.sqrt(np.diag(gram))
    np.testing.assert_allclose(gram / np.outer(lengths, lengths), np.eye(9), atol=1e-10)
    powers = basis.powers()
    for i in (0, 17, 49):
        point = Fraction(x[i])
        for k, row in enumerate(powers):
            right = sum((c * point**j for j, c in enumerate(row)), start=Fraction(0))
            assert abs(P[i, k].fraction() - right) <= Fraction(2) ** -90
    h = 1e-6
    slope = (basis.values(x + h).high - basis.values(x - h).high) / (2 * h)
    np.testing.assert_allclose(basis.slopes(x), slope, atol=1e-7 * np.max(np.abs(slope)))
