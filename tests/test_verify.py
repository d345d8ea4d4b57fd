"""Comparisons with differences: right derivatives pass, wrong ones do not, at any scale."""

from __future__ import annotations

import numpy as np
import pytest

from steepest.errors import NotScalarError, ShapeError
from steepest.verify.compare import compare_gradient, compare_jacobian

A = np.random.default_rng(0).normal(size=(4, 4))
X = np.random.default_rng(1).normal(size=4)


def f(x: np.ndarray) -> np.floating:
    return np.sum(np.tanh(A.astype(x.dtype) @ x)) + x @ A.astype(x.dtype) @ x


def gradient(x: np.ndarray) -> np.ndarray:
    return A.T @ (1 - np.tanh(A @ x) ** 2) + (A + A.T) @ x


# --- compare_gradient, compare_jacobian ---------------------------------------------------------------

SCALES = [1e-8, 1e-4, 1.0, 1e4, 1e8]


@pytest.mark.parametrize("s", SCALES)
@pytest.mark.parametrize("t", SCALES)
@pytest.mark.parametrize("at", [X, np.zeros(4)], ids=["generic", "zero"])
def test_the_verdict_is_free_of_scale(s: float, t: float, at: np.ndarray) -> None:
    right = s / t * gradient(at)
    wrong = right * np.array([1, 1, 1.001, 1])
    assert compare_gradient(lambda x: s * f(x / t), t * at, right)
    report = compare_gradient(lambda x: s * f(x / t), t * at, wrong)
    assert not report
    assert report.worst == (2,)
    assert report.error > report.bound


@pytest.mark.parametrize("t", [1e-8, 1.0, 1e8])
def test_single_precision(t: float) -> None:
    x = (t * X).astype(np.float32)
    right = gradient(X) / t
    assert compare_gradient(lambda x: f(x / np.float32(t)), x, right)
    assert not compare_gradient(lambda x: f(x / np.float32(t)), x, right * np.array([1, 1.03, 1, 1]))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (-gradient(X), "the sign is wrong"),
        (gradient(X) / 2, "the factor 2 is missing: 2 times it is right"),
        (3 * gradient(X), "the factor 3 is too much"),
        (gradient(X) / 4, "the factor 4 is missing: 4 times it is right (it has 4 entries)"),
        (gradient(X) + 0.25, "every entry is 0.25 too large"),
        (gradient(X) * [1, 0, 1, 1], "entry (1,) is zero, but the function does change with it"),
        (gradient(X) * 0, "the dependence is missing"),
        (gradient(X) * [1, 1, 1, np.nan], "not finite at entry (3,)"),
        (gradient(X) * [1.1, 1, 1.2, 1], "entry (0,) is"),
    ],
)
def test_the_diagnosis(given: np.ndarray, words: str) -> None:
    report = compare_gradient(f, X, given)
    assert not report
    assert words in report.diagnosis
    assert str(report).startswith("wrong: ")


def test_a_transposed_gradient() -> None:
    report = compare_gradient(lambda m: np.trace(m @ A), np.ones((4, 4)), A)
    assert not report
    assert "transposed" in report.diagnosis
    assert compare_gradient(lambda m: np.trace(m @ A), np.ones((4, 4)), A.T)


def test_jacobians() -> None:
    outer = np.einsum("ik,j->ijk", np.eye(4), X) + np.einsum("jk,i->ijk", np.eye(4), X)
    assert compare_jacobian(lambda x: np.outer(x, x), X, outer)
    assert "transposed" in compare_jacobian(lambda x: A @ x, X, A.T).diagnosis
    outer[1, 2, 2] *= 1.001
    report = compare_jacobian(lambda x: np.outer(x, x), X, outer)
    assert not report
    assert report.worst == (1, 2, 2)


def test_many_inputs_go_by_directions(rng: np.random.Generator) -> None:
    x = rng.normal(size=1000)
    right = np.cos(x) + np.sum(x)

    def g(x: np.ndarray) -> np.floating:
        return np.sum(np.sin(x)) + 0.5 * np.sum(x) ** 2

    report = compare_gradient(g, x, right)
    assert report
    assert report.evaluations < 200
    assert "random directions" in report.paths[0]
    wrong = right.copy()
    wrong[617] *= 1.001
    found = compare_gradient(g, x, wrong)
    assert not found
    assert found.worst == (617,)
    assert "the sign is wrong" in compare_gradient(g, x, -right).diagnosis


def test_kinks() -> None:
    def total(x: np.ndarray) -> np.floating:
        return np.sum(np.abs(x))

    x = np.array([0.0, 1.0, 2.0])
    assert compare_gradient(total, x, [0.0, 1.0, 1.0])
    assert compare_gradient(total, x, [1.0, 1.0, 1.0])
    assert not compare_gradient(total, x, [1.1, 1.0, 1.0])
    assert not compare_gradient(total, x, [0.0, 1.001, 1.0])
    assert compare_gradient(np.max, np.array([1.0, 1.0, 0.0]), [0.5, 0.5, 0.0])
    many = np.random.default_rng(2).normal(size=300)
    many[7] = 0
    assert compare_gradient(total, many, np.sign(many))


def test_what_cannot_be_told_is_not_right() -> None:
    edge = compare_gradient(lambda x: np.log(x[0]) + x[1], np.array([0.0, 1.0]), [3.0, 1.0])
    assert not edge
    assert "could not be checked: the function is not finite around it" in edge.diagnosis
    generator = np.random.default_rng(0)
    noisy = compare_gradient(
        lambda x: np.sum(np.cos(9 * x)) + 0.1 * generator.normal(), np.array([0.5, 1.0]), [9.0, -4.0]
    )
    assert not noisy
    assert "too noisy" in noisy.diagnosis
    assert str(noisy).startswith("undecided: ")


def test_stationary_points() -> None:
    x = np.array([1.0, 2.0])
    assert compare_gradient(lambda v: np.sum((v - x) ** 2) + 1, x, np.zeros(2))
    assert not compare_gradient(lambda v: np.sum((v - x) ** 2) + 1, x, [0.0, 1e-3])
    assert compare_gradient(lambda v: np.sum(v**2), np.zeros(2), np.zeros(2))


def test_shapes_are_asked_for() -> None:
    with pytest.raises(ShapeError, match="transpose would fit"):
        compare_gradient(lambda m: np.sum(m**2), np.ones((2, 3)), np.ones((3, 2)))
    with pytest.raises(NotScalarError):
        compare_gradient(lambda x: x, X, np.eye(4))
    assert compare_gradient(lambda x: np.float64(1), np.zeros(0), np.zeros(0))
