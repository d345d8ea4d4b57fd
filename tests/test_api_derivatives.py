"""Each public derivative, against closed forms and numeric differences: values, shapes, nested arguments."""

from __future__ import annotations

import collections
import dataclasses
import typing
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st

A = np.random.default_rng(4).normal(size=(3, 3))
X = np.array([0.7, -1.3, 2.1])
V = np.array([0.2, 1.0, -0.5])


def f(x: Any) -> Any:
    return np.sum(np.sin(A @ x)) + x @ A @ x


def gradient(x: np.ndarray) -> np.ndarray:
    return A.T @ np.cos(A @ x) + (A + A.T) @ x


def hessian(x: np.ndarray) -> np.ndarray:
    return -A.T @ np.diag(np.sin(A @ x)) @ A + A + A.T


def vector(x: Any) -> Any:
    return np.stack([x[0] * x[1], np.exp(x[2]), x @ x, x[0] / x[2]])


def jacobian(x: np.ndarray) -> np.ndarray:
    return np.array([[x[1], x[0], 0], [0, 0, np.exp(x[2])], 2 * x, [1 / x[2], 0, -x[0] / x[2] ** 2]])


# --- one argument -------------------------------------------------------------------------------------


def test_grad() -> None:
    np.testing.assert_allclose(st.grad(f)(X), gradient(X))


def test_value_and_grad() -> None:
    value, slope = st.value_and_grad(f)(X)
    assert value == pytest.approx(f(X))
    np.testing.assert_allclose(slope, gradient(X))


@pytest.mark.parametrize("make", [st.jacobian, st.jacfwd, st.jacrev])
def test_jacobian(make: Callable[..., Any]) -> None:
    np.testing.assert_allclose(make(vector)(X), jacobian(X))
    np.testing.assert_allclose(make(f)(X), gradient(X))
    wide = make(lambda m: np.sin(m[:, None, :] * m[0]))(np.arange(6.0).reshape(2, 3))
    assert wide.shape == (2, 1, 3, 2, 3)


def test_hessian() -> None:
    np.testing.assert_allclose(st.hessian(f)(X), hessian(X))
    assert st.hessian(lambda m: np.sum(m**3))(np.ones((2, 3))).shape == (2, 3, 2, 3)


def test_hvp() -> None:
    np.testing.assert_allclose(st.hvp(f)(X, V), hessian(X) @ V)


def test_jvp() -> None:
    value, tangent = st.jvp(vector, (X,), (V,))
    np.testing.assert_allclose(value, vector(X))
    np.testing.assert_allclose(tangent, jacobian(X) @ V)


def test_vjp() -> None:
    g = np.array([1.0, -2.0, 0.5, 3.0])
    value, pull = st.vjp(vector, X)
    np.testing.assert_allclose(value, vector(X))
    (cotangent,) = pull(g)
    np.testing.assert_allclose(cotangent, g @ jacobian(X))


def test_linearize() -> None:
    value, push = st.linearize(vector, X)
    np.testing.assert_allclose(value, vector(X))
    for v in (V, -V, np.zeros(3)):
        np.testing.assert_allclose(push(v), jacobian(X) @ v)


DERIVATIVES: dict[str, tuple[Callable[..., Any], Callable[[Any, int], Any]]] = {
    "exp": (np.exp, lambda x, n: np.exp(x)),
    "sin": (np.sin, lambda x, n: np.sin(x + n * np.pi / 2)),
    "reciprocal": (lambda x: 1 / x, lambda x, n: (-1) ** n * float(np.prod(range(1, n + 1))) * x ** -(n + 1)),
    "polynomial": (lambda x: x**7, lambda x, n: float(np.prod(range(8 - n, 8))) * x ** (7 - n)),
}


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize("n", range(1, 7))
def test_derivative_of_order(name: str, n: int) -> None:
    function, expected = DERIVATIVES[name]
    assert st.derivative(function, n)(0.7) == pytest.approx(expected(0.7, n))
    x = np.array([[0.7, -1.3], [2.1, 0.4]])
    np.testing.assert_allclose(st.derivative(function, n)(x), expected(x, n))


def test_partial_derivative() -> None:
    def g(x: Any, y: Any) -> Any:
        return x**2 * np.sin(y)

    assert st.partial_derivative(g, "x")(3.0, 0.5) == pytest.approx(6 * np.sin(0.5))
    assert st.partial_derivative(g, 1)(3.0, 0.5) == pytest.approx(9 * np.cos(0.5))
    assert st.partial_derivative(g, "y", 2)(3.0, 0.5) == pytest.approx(-9 * np.sin(0.5))
    assert type(st.partial_derivative(g, -1)(3, 1)) is float


def test_directional_derivative() -> None:
    assert st.directional_derivative(f, X, V) == pytest.approx(gradient(X) @ V)
    unit = st.directional_derivative(f, X, V, normalize=True)
    assert unit == pytest.approx(gradient(X) @ V / np.linalg.norm(V))


def test_fisher_information() -> None:
    samples = np.random.default_rng(5).normal(size=(20, 2))
    found = st.fisher_information(lambda theta, s: -0.5 * np.sum((s - theta) ** 2), np.zeros(2), samples)
    np.testing.assert_allclose(found, samples.T @ samples / 20)


def test_jit_is_the_function_itself() -> None:
    def g(x: Any, n: int, kind: str = "sum") -> Any:
        return {"y": x**n, "n": n, "kind": kind, "none": None, "size": x.shape[0], "at": np.argmax(x)}

    got, expected = st.jit(g)(X, 3), g(X, 3)
    np.testing.assert_allclose(got.pop("y"), expected.pop("y"))
    assert got == expected
    assert [type(v) for v in got.values()] == [type(v) for v in expected.values()]


# --- several arguments --------------------------------------------------------------------------------


def three(x: Any, y: Any, z: Any = 2.0) -> Any:
    return np.sum(x**2) * y * z


ARGNUMS: list[tuple[Any, Any]] = [
    (0, 24 * X),
    ("x", 24 * X),
    (1, 4 * (X @ X)),
    (-1, 3 * (X @ X)),
    ("z", 3 * (X @ X)),
    (np.int64(1), 4 * (X @ X)),
]


@pytest.mark.parametrize(("argnums", "expected"), ARGNUMS)
def test_argnums(argnums: Any, expected: Any) -> None:
    for call in (lambda g: g(X, 3.0, 4.0), lambda g: g(X, 3.0, z=4.0), lambda g: g(x=X, y=3.0, z=4.0)):
        np.testing.assert_allclose(call(st.grad(three, argnums)), expected)
        value, slope = call(st.value_and_grad(three, argnums))
        assert value == pytest.approx(three(X, 3.0, 4.0))
        np.testing.assert_allclose(slope, expected)


@pytest.mark.parametrize("argnums", [(0, 2), ["x", "z"], (-3, "z")])
def test_several_argnums_give_a_tuple(argnums: Any) -> None:
    by_x, by_z = st.grad(three, argnums)(X, 3.0, 4.0)
    np.testing.assert_allclose(by_x, 24 * X)
    np.testing.assert_allclose(by_z, 3 * (X @ X))
    (alone,) = st.grad(three, (1,))(X, 3.0, 4.0)
    np.testing.assert_allclose(alone, 4 * (X @ X))


def test_hessian_by_several_arguments() -> None:
    def g(a: Any, b: Any) -> Any:
        return np.sum(a) ** 2 * np.sum(b**2)

    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0])
    (aa, ab), (ba, bb) = st.hessian(g, (0, 1))(a, b)
    np.testing.assert_allclose(aa, np.full((2, 2), 2 * (b @ b)))
    np.testing.assert_allclose(ab, np.tile(4 * a.sum() * b, (2, 1)))
    np.testing.assert_allclose(ba, ab.T)
    np.testing.assert_allclose(bb, 2 * a.sum() ** 2 * np.eye(3))


def test_products_by_several_arguments() -> None:
    def g(a: Any, b: Any) -> Any:
        return a * np.sum(b**2)

    b, w = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    value, tangent = st.jvp(g, (2.0, b), (5.0, w))
    assert (value, tangent) == (10.0, 5.0 * 5.0 + 2 * 2.0 * (b @ w))
    by_a, by_b = st.vjp(g, 2.0, b)[1](3.0)
    assert by_a == 15.0
    np.testing.assert_allclose(by_b, 12.0 * b)
    h_a, h_b = st.hvp(g, (0, 1))(2.0, b, (5.0, w))
    assert h_a == pytest.approx(2 * (b @ w))
    np.testing.assert_allclose(h_b, 5.0 * 2 * b + 4.0 * w)


def test_aux() -> None:
    def g(x: Any) -> Any:
        return np.sum(x**2), {"half": x / 2, "name": "square", "nothing": None, "count": 3}

    slope, aux = st.grad(g, has_aux=True)(X)
    np.testing.assert_allclose(slope, 2 * X)
    np.testing.assert_allclose(aux["half"], X / 2)
    assert (aux["name"], aux["nothing"], aux["count"]) == ("square", None, 3)
    (value, aux), slope = st.value_and_grad(g, has_aux=True)(X)
    assert value == pytest.approx(X @ X)
    assert aux["name"] == "square"


def test_names_that_look_like_ours() -> None:
    """dx, g0 and x_rows are the names of symbols inside; here they are the user's."""
    assert st.grad(lambda x, dx: x**2 * dx)(2.0, 3.0) == 12.0
    np.testing.assert_allclose(st.hessian(lambda x, dx: x**2 * dx, (0, 1))(2.0, 3.0), [[6, 4], [4, 0]])
    assert st.jvp(lambda x, dx: x**2 * dx, (2.0, 3.0), (1.0, 0.0)) == (12.0, 12.0)
    assert st.vjp(lambda x, g0: x**2 * g0, 2.0, 3.0)[1](1.0) == (12.0, 4.0)
    np.testing.assert_array_equal(st.vmap(lambda x, x_rows: x * x_rows)(X, X), X * X)
    assert st.derivative(lambda dx: dx**3, 2)(2.0) == 12.0
    assert st.grad(lambda ddx, dx, x: ddx * dx**2 * x**3, (0, 1, 2))(2.0, 3.0, 5.0) == (1125.0, 1500.0, 1350.0)


# --- nested arguments and results ---------------------------------------------------------------------

Named = collections.namedtuple("Named", "a b")


class Typed(typing.NamedTuple):
    a: Any
    b: Any


@dataclasses.dataclass
class Record:
    a: Any
    b: Any


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: Any
    b: Any


BUILDERS: dict[str, Callable[[Any, Any], Any]] = {
    "list": lambda a, b: [a, b],
    "tuple": lambda a, b: (a, b),
    "dict": lambda a, b: {"a": a, "b": b},
    "ordered dict": lambda a, b: collections.OrderedDict(b=b, a=a),
    "namedtuple": Named,
    "typed namedtuple": Typed,
    "dataclass": Record,
    "frozen dataclass": Frozen,
    "nested": lambda a, b: {"p": [a, {"q": (b,)}]},
}
READERS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "dict": lambda p: (p["a"], p["b"]),
    "ordered dict": lambda p: (p["a"], p["b"]),
    "list": tuple,
    "tuple": tuple,
    "nested": lambda p: (p["p"][0], p["p"][1]["q"][0]),
}


@pytest.mark.parametrize("kind", BUILDERS)
def test_nested_argument(kind: str) -> None:
    build, read = BUILDERS[kind], READERS.get(kind, lambda p: (p.a, p.b))

    def g(p: Any) -> Any:
        a, b = read(p)
        return np.sum(a**2) * b

    p = build(X, 3.0)
    slope = st.grad(g)(p)
    assert type(slope) is type(p)
    by_a, by_b = read(slope)
    np.testing.assert_allclose(by_a, 6 * X)
    assert by_b == pytest.approx(X @ X)
    rows = st.hessian(g)(p)
    np.testing.assert_allclose(read(read(rows)[0])[0], 6 * np.eye(3))
    np.testing.assert_allclose(read(read(rows)[0])[1], 2 * X)
    np.testing.assert_allclose(read(read(rows)[1])[0], 2 * X)
    tangent = st.jvp(g, (p,), (build(V, 0.5),))[1]
    assert tangent == pytest.approx(6 * X @ V + 0.5 * X @ X)


@pytest.mark.parametrize("kind", BUILDERS)
def test_nested_result(kind: str) -> None:
    build, read = BUILDERS[kind], READERS.get(kind, lambda p: (p.a, p.b))
    result = st.jacobian(lambda x: build(x**2, x[0] * x[1]))(X)
    assert type(result) is type(build(0, 0))
    squares, product = read(result)
    np.testing.assert_allclose(squares, np.diag(2 * X))
    np.testing.assert_allclose(product, [X[1], X[0], 0])
    value, pull = st.vjp(lambda x: build(x**2, x[0] * x[1]), X)
    assert type(value) is type(result)
    np.testing.assert_allclose(pull(build(V, 0.5))[0], 2 * X * V + 0.5 * np.array([X[1], X[0], 0]))


def test_lists_of_numbers() -> None:
    assert st.grad(lambda p: p[0] ** 2 * p[1])([3.0, 2]) == [12.0, 9.0]
    assert st.grad(lambda p: np.sum(np.array(p) ** 2))([1.0, 2.0]) == [2.0, 4.0]


def test_keyword_arguments_may_be_nested_too() -> None:
    assert st.grad(lambda x, **more: x * more["p"]["q"])(2.0, p={"q": 5.0}) == 5.0
