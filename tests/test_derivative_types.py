"""Types and layouts of public derivatives; derivatives in loops and maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st

X = np.array([0.7, -1.3, 2.1])


# --- types and layouts --------------------------------------------------------------------------------

SINGLE: dict[str, Callable[[np.ndarray], Any]] = {
    "grad": lambda x: st.grad(lambda x: np.sum(np.sin(x) * 2))(x),
    "grad of a sum": lambda x: st.grad(lambda x: x.sum())(x),
    "grad of nothing": lambda x: st.grad(lambda x: 0.0 * x.sum())(x),
    "grad of where": lambda x: st.grad(lambda x: np.where(x > 0, x, 0).sum())(x),
    "grad of a loop": lambda x: st.grad(lambda x: sum(v * v for v in x))(x),
    "value": lambda x: st.value_and_grad(lambda x: np.mean(x / 3))(x)[0],
    "jacobian": lambda x: st.jacobian(lambda x: np.exp(x) / 3)(x),
    "constant jacobian": lambda x: st.jacfwd(lambda x: 2 * x)(x),
    "hessian": lambda x: st.hessian(lambda x: np.sum(x**3) / 7)(x),
    "hvp": lambda x: st.hvp(lambda x: np.sum(x**3))(x, x),
    "jvp": lambda x: st.jvp(lambda x: x**2, (x,), (x,))[1],
    "vjp": lambda x: st.vjp(lambda x: x**2, x)[1](x)[0],
    "derivative": lambda x: st.derivative(np.tanh, 2)(x),
    "vmap": lambda x: st.vmap(lambda v: v * 2)(x),
    "scalar": lambda x: st.grad(lambda v: v * v)(x[0]),
}


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_of_the_input_is_kept(name: str, dtype: type) -> None:
    assert SINGLE[name](X.astype(dtype)).dtype == dtype


@pytest.mark.parametrize(
    "x",
    [3, True, np.int64(3), np.bool_(True), np.uint8(3), np.array(3), np.array(3.0), 3.0, np.float64(3.0)],
    ids=lambda x: type(x).__name__,
)
def test_one_number_of_any_kind(x: Any) -> None:
    for _ in range(2):
        slope = st.grad(lambda x: x * x)(x)
        assert slope == 2 * float(x)
        assert isinstance(slope, np.float64)
    assert isinstance(st.grad(lambda x: 4 * x)(x), np.float64)
    assert isinstance(st.grad(lambda x: 3.0)(x), np.float64)


Y = np.arange(1.0, 13).reshape(3, 4)


def read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


LAYOUTS: dict[str, np.ndarray] = {
    "strided": np.arange(24.0).reshape(3, 8)[:, ::2],
    "fortran": np.asfortranarray(Y),
    "transposed": Y.T,
    "reversed": Y[::-1, ::-1],
    "read-only": read_only(Y),
    "byte-swapped": Y.astype(">f8"),
    "integers": Y.astype(int),
    "small integers": Y.astype(np.uint8),
    "booleans": Y > 3,
    "half": Y.astype(np.float16),
    "extended": Y.astype(np.longdouble),
    "objects": Y.astype(object),
    "repeated rows": np.lib.stride_tricks.as_strided(Y, (3, 4), (0, 8)),
    "no rows": np.zeros((0, 4)),
    "no columns": np.zeros((3, 0)),
    "one": np.ones((1, 1)),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_arrays_of_any_kind(name: str) -> None:
    x = LAYOUTS[name]
    plain = np.array(x, dtype=np.float64)
    cubes = st.grad(lambda x: np.sum(x**3))
    for _ in range(2):
        got = cubes(x)
        np.testing.assert_allclose(got, 3 * plain**2)
        assert got.dtype == np.float64
    assert st.jacobian(lambda x: x.T @ x)(x).shape == (x.shape[1], x.shape[1], *x.shape)
    second = st.hessian(lambda x: np.sum(x**3))(x)
    np.testing.assert_allclose(np.einsum("ijij->ij", second), 6 * plain)


def test_a_plain_array_is_taken_from_what_offers_one() -> None:
    class Column:
        def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
            return np.array([1.0, 2.0], dtype=dtype)

    np.testing.assert_array_equal(st.grad(lambda x: x @ x)(Column()), [2.0, 4.0])


def test_complex_arguments() -> None:
    """The cotangent pairs with dz as Re(Σ g dz): for a real f, the conjugate of the direction of steepest ascent."""
    z = np.array([1 + 2j, 3 - 1j])
    np.testing.assert_allclose(st.grad(lambda z: np.sum(np.abs(z) ** 2))(z), 2 * z.conj())
    assert st.jvp(lambda z: z**2, (1 + 2j,), (1j,))[1] == pytest.approx(2j * (1 + 2j))


# --- loops and maps -----------------------------------------------------------------------------------


def test_scan() -> None:
    def last(a: Any) -> Any:
        return st.scan(lambda s, x: (s * a + x, s), 0.0, X)[0]

    def all_of_them(a: Any) -> Any:
        return np.sum(st.scan(lambda s, x: (s * a + x, s), 0.0, X)[1] ** 2)

    for g in (last, all_of_them):
        assert st.grad(g)(0.5) == pytest.approx(st.numeric.derivative(g, 0.5).value)
    state, nothing = st.scan(lambda s, _: (2 * s, None), 1.0, length=5)
    assert (state, nothing) == (32.0, None)


def test_cond_and_while_loop() -> None:
    g = st.grad(lambda x: st.cond(x > 0, lambda v: v**2, lambda v: -v, x))
    assert [g(2.0), g(-1.0), g(3.0)] == [4.0, -1.0, 6.0]
    h = st.grad(lambda x: st.while_loop(lambda s: s < 10, lambda s: s * 2, x))
    assert [h(1.5), h(3.0), h(1.5)] == [8.0, 4.0, 8.0]


def test_vmap() -> None:
    rows = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(st.vmap(lambda x: x @ x)(rows), np.sum(rows**2, axis=1))
    np.testing.assert_allclose(st.vmap(lambda x, y: x * y, in_axes=(0, None))(rows, 2.0), 2 * rows)
    np.testing.assert_allclose(st.vmap(lambda x: x[0], in_axes=1)(rows), rows[0])
    np.testing.assert_allclose(st.vmap(lambda p: p["a"] * p["b"])({"a": X, "b": X}), X * X)
    first, second = st.vmap(lambda x: (x.sum(), {"y": 2 * x}))(rows)
    np.testing.assert_allclose(first, rows.sum(1))
    np.testing.assert_allclose(second["y"], 2 * rows)
    np.testing.assert_allclose(st.vmap(lambda x: x**2 if x > 0 else -x)(X), np.where(X > 0, X**2, -X))


def test_a_constant_derivative_has_the_type_of_its_argument() -> None:
    single, double = np.ones(2, np.float32), np.ones(2)
    assert [g.dtype for g in st.grad(lambda x, y: np.sum(x), (0, 1))(single, double)] == [np.float32, np.float64]
    (g,) = st.grad(lambda z, x: 3.0, (1,))(np.array(1j), double)
    assert g.dtype == np.float64
