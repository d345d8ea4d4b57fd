"""Types of expressions, plain numbers, named sizes, constant patterns."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from steepest.expr.build import (
    add,
    delta,
    einsum,
    fill,
    multiply,
    ones,
    scale,
    structured,
    variable,
)
from steepest.expr.dimension import Dim, dim_names, prefer_named
from steepest.expr.dtype import BOOL, COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, INT, inexact, promote, real_of
from steepest.expr.number import MINUS_ONE, ONE, ZERO, constant, numeric_value, size_constant, times, to_power
from steepest.expr.pattern import Affine, Fourier, dense
from steepest.expr.traversal import complex_valued
from steepest.ops.elementary import exp
from steepest.ops.logic import less, where
from steepest.ops.piecewise import maximum
from steepest.ops.power import power

X, Y = variable("x", (3,)), variable("y", (3,))
M = Dim(6, "m")


# --- types ------------------------------------------------------------------------------------------


def test_types_of_products_and_sums() -> None:
    x32, n, mask = variable("x", (3,), FLOAT32), variable("n", (3,), INT), less(X, Y)
    z64 = variable("z", (3,), COMPLEX64)
    assert multiply(x32, X).dtype == FLOAT64
    assert scale(constant(0.5), x32).dtype == FLOAT32
    assert add(x32, ones((3,))).dtype == FLOAT32
    assert scale(constant(2), n).dtype == INT
    assert scale(constant(0.5), n).dtype == FLOAT64
    assert scale(constant(1j), x32).dtype == COMPLEX64
    assert scale(constant(1j), X).dtype == COMPLEX128
    assert multiply(z64, X).dtype == COMPLEX128
    assert multiply(mask, x32).dtype == FLOAT32
    assert multiply(mask, mask).dtype == BOOL
    assert einsum("i->", mask).dtype == INT
    assert scale(constant(2), mask).dtype == INT
    assert scale(constant(0.5), mask).dtype == FLOAT64
    assert where(mask, x32, ones((3,))).dtype == FLOAT32
    assert ones((3,)).dtype is None
    assert einsum("i,ij->j", x32, structured(Fourier(), (3, 3))).dtype == COMPLEX64
    assert einsum("i,ij->j", X, structured(Fourier(), (3, 3))).dtype == COMPLEX128
    assert exp(n).dtype == FLOAT64
    assert exp(x32).dtype == FLOAT32


def test_plain_numbers_widen_as_in_numpy() -> None:
    n, mask, x32 = variable("n", (3,), INT), less(X, Y), variable("x", (3,), FLOAT32)
    fraction = exp(fill(constant(0.3), (3,)))
    assert fraction.dtype is None
    assert add(n, fraction).dtype == multiply(n, fraction).dtype == FLOAT64
    assert add(n, ones((3,))).dtype == add(mask, ones((3,))).dtype == INT
    assert add(mask, fill(constant(0.5), (3,))).dtype == FLOAT64
    assert add(x32, fraction).dtype == maximum(x32, constant(0.5)).dtype == FLOAT32
    assert maximum(n, constant(0.5)).dtype == power(constant(2.5), n).dtype == FLOAT64
    assert maximum(n, constant(2)).dtype == power(constant(2), n).dtype == maximum(mask, constant(2)).dtype == INT
    assert power(n, constant(-1)).dtype == power(n, constant(0.5)).dtype == FLOAT64
    assert power(n, constant(4)).dtype == INT
    assert power(x32, constant(1j)).dtype == power(constant(1j), x32).dtype == COMPLEX64
    assert power(X, constant(1j)).dtype == power(constant(1j), X).dtype == COMPLEX128


def test_promotion_is_that_of_numpy() -> None:
    kinds = [BOOL, INT, FLOAT32, FLOAT64, COMPLEX64, COMPLEX128]
    for a in kinds:
        assert promote(a, None) == a
        assert inexact(a).kind in "fc"  # type: ignore[union-attr]
        assert real_of(a).kind != "c"  # type: ignore[union-attr]
        for b in kinds:
            assert promote(a, b) == np.result_type(a, b)
    assert promote() is promote(None, None) is inexact(None) is real_of(None) is None


def test_whether_a_value_is_complex_shows_without_a_type() -> None:
    assert not complex_valued(ones((3,)))
    assert complex_valued(fill(constant(1j), (3,)))
    assert complex_valued(einsum("i,ij->ij", fill(constant(2 + 1j), (3,)), delta(3)))
    assert complex_valued(variable("z", (), COMPLEX64))
    assert not complex_valued(X)


# --- numbers and sizes ------------------------------------------------------------------------------


def test_constants_are_plain_numbers() -> None:
    assert constant(2) is constant(2)
    assert constant(2) is not constant(2.0)
    assert constant(True) is not constant(1)
    assert constant(0.1 + 0.2) is not constant(0.3)
    assert constant(math.nan) is constant(math.nan)
    assert math.copysign(1, constant(-0.0).value) == -1  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="plain number"):
        constant(np.arange(2))  # type: ignore[arg-type]


def test_sizes_in_arithmetic() -> None:
    m, n = size_constant(M), size_constant(Dim(4, "n"))
    mean = to_power(m, -1)
    assert mean is not None
    assert times(m, mean) is constant(1.0)
    assert times(m, n) is times(n, m)
    assert numeric_value(times(times(constant(3), m), n)) == 72
    assert numeric_value(times(constant(3), mean)) == 0.5
    assert times(m, ZERO) is ZERO
    assert times(MINUS_ONE, MINUS_ONE) is ONE
    assert to_power(m, 0.5) is None
    assert to_power(constant(0), -1) is None
    assert to_power(constant(-8), 1 / 3) is None
    assert to_power(constant(10.0), 400) is None
    assert to_power(constant(2), 0.5) is constant(2**0.5)


def test_dimensions() -> None:
    assert M + 1 == 7
    assert repr(M) == "m=6"
    assert pickle.loads(pickle.dumps(M)).name == "m"
    assert dim_names((3, 4)) is None
    assert dim_names((3, M)) == (None, "m")
    assert prefer_named(6, M) is M
    assert prefer_named(M, 6) is M
    named, plain = variable("x", (M,)), variable("x", (6,))
    assert named is not plain
    assert dim_names(add(named, named).shape) == ("m",)
    assert dim_names(multiply(plain, named).shape) == ("m",)
    assert dim_names(einsum("i,j->ij", named, X).shape)[0] == "m"


def test_patterns_written_out() -> None:
    np.testing.assert_array_equal(dense(Affine((1, -1), relation=">="), (3, 3)), np.tri(3))
    np.testing.assert_array_equal(dense(Affine((1,), -1), (3,)), [0, 1, 0])
    np.testing.assert_array_equal(dense(Affine((2, 1, -1)), (2, 2, 4)).reshape(4, 4), np.eye(4))
    np.testing.assert_allclose(dense(Fourier(), (5, 5)), np.fft.fft(np.eye(5)), atol=1e-12)
    np.testing.assert_allclose(dense(Fourier(1), (4, 4)), 4 * np.fft.ifft(np.eye(4)), atol=1e-12)
