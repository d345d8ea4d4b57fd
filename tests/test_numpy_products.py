"""Products of vectors, matrices and tensors in every form NumPy has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differentiation import check_function, trace

from steepest.errors import CaptureError, ShapeError

RNG = np.random.default_rng(20_261_123)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


Case = tuple[str, Callable[..., Any], tuple[tuple[int, ...], ...]]
CASES: list[Case] = [
    ("matrix @ vector", lambda a, b: a @ b, ((2, 3), (3,))), ("vector @ matrix", lambda a, b: a @ b, ((2,), (2, 3))),
    ("vector @ vector", lambda a, b: a @ b, ((3,), (3,))), ("matrix @ matrix", lambda a, b: a @ b, ((2, 3), (3, 4))),
    ("batch @ batch", np.matmul, ((5, 2, 3), (5, 3, 4))), ("batch @ matrix", np.matmul, ((5, 2, 3), (3, 4))),
    ("matrix @ batch", np.matmul, ((2, 3), (5, 3, 4))), ("stretched batch", np.matmul, ((1, 2, 3), (5, 3, 4))),
    ("both stretched", np.matmul, ((1, 5, 2, 3), (4, 1, 3, 2))), ("batch @ vector", np.matmul, ((5, 2, 3), (3,))),
    ("vector @ batch", np.matmul, ((2,), (5, 2, 3))), ("length 1 inside", np.matmul, ((2, 1), (1, 3))),
    ("dot 1 1", np.dot, ((3,), (3,))), ("dot 2 2", np.dot, ((2, 3), (3, 4))), ("dot 2 1", np.dot, ((2, 3), (3,))),
    ("dot 1 2", np.dot, ((2,), (2, 3))), ("dot 3 2", np.dot, ((2, 3, 4), (4, 5))),
    ("dot 2 3", np.dot, ((2, 3), (4, 3, 2))),
    ("dot scalar", np.dot, ((), (2, 3))), ("a.dot(b)", lambda a, b: a.dot(b), ((2, 3), (3,))),
    ("inner 1", np.inner, ((3,), (3,))), ("inner 2", np.inner, ((2, 3), (4, 3))),
    ("inner scalar", np.inner, ((2, 3), ())),
    ("outer", np.outer, ((2,), (3,))), ("outer of matrices", np.outer, ((2, 2), (3,))),
    ("vdot", np.vdot, ((2, 3), (2, 3))),
    ("tensordot 2", np.tensordot, ((2, 3, 4), (3, 4, 5))),
    ("tensordot 0", lambda a, b: np.tensordot(a, b, 0), ((2,), (3,))),
    ("tensordot axes", lambda a, b: np.tensordot(a, b, axes=([0, 2], [1, 0])), ((2, 3, 4), (4, 2))),
    ("tensordot one axis", lambda a, b: np.tensordot(a, b, axes=(1, -1)), ((2, 3), (4, 3))),
    ("kron", np.kron, ((2, 3), (3, 2))), ("multi_dot", lambda a, b: np.linalg.multi_dot([a, b, b.T]), ((2, 3), (3, 4))),
    ("einsum product", lambda a, b: np.einsum("ij,jk->ik", a, b), ((2, 3), (3, 4))),
    ("einsum implicit", lambda a, b: np.einsum("ij,jk", a, b), ((2, 3), (3, 4))),
    ("einsum implicit order", lambda a, b: np.einsum("ba,c", a, b), ((2, 3), (4,))),
    ("einsum spaces", lambda a, b: np.einsum(" i j , j -> i ", a, b), ((2, 3), (3,))),
    ("einsum trace", lambda a, b: np.einsum("ii", a) * b, ((3, 3), ())),
    ("einsum diagonal", lambda a, b: np.einsum("ii->i", a) * b, ((3, 3), (3,))),
    ("einsum two diagonals", lambda a, b: np.einsum("iij,jj->i", a, b), ((2, 2, 3), (3, 3))),
    ("einsum dots", lambda a, b: np.einsum("...ij,...jk->...ik", a, b), ((5, 2, 3), (3, 4))),
    ("einsum dots implicit", lambda a, b: np.einsum("...i,i", a, b), ((2, 4, 3), (3,))),
    ("einsum dots in front", lambda a, b: np.einsum("i...,i...->...", a, b), ((2, 4, 3), (2, 3))),
    ("einsum dots of unequal rank", lambda a, b: np.einsum("...,...->...", a, b), ((2, 3), (4, 2, 3))),
    ("einsum lists", lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [0, 2]), ((2, 3), (3, 4))),
    ("einsum lists implicit", lambda a, b: np.einsum(a, [0, 1], b, [1]), ((2, 3), (3,))),
    ("einsum lists with dots", lambda a, b: np.einsum(a, [..., 0], b, [0, 1], [..., 1]), ((5, 2, 3), (3, 4))),
    ("einsum three", lambda a, b: np.einsum("i,ij,j->", b[:2], a, b), ((2, 3), (3,))),
    ("einsum same twice", lambda a, b: np.einsum("ij,ik->jk", a, a) @ b, ((4, 3), (3,))),
    ("einsum length 1 stretches", lambda a, b: np.einsum("ij,ij->i", a, b), ((2, 3), (2, 1))),
    ("einsum optimize", lambda a, b: np.einsum("ij,jk,k->i", a, b, b[0], optimize=True), ((2, 3), (3, 4))),
    ("quadratic", lambda a, b: b @ a @ b, ((3, 3), (3,))), ("gram", lambda a, b: a.T @ a @ b, ((4, 3), (3,))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "shapes"), CASES, ids=[case[0] for case in CASES])
def test_products(name: str, f: Callable[..., Any], shapes: tuple[tuple[int, ...], ...]) -> None:
    check_function(f, *(normal(*shape) if shape else float(normal()) for shape in shapes))


def test_complex_products() -> None:
    a, b = normal(2, 3) + 1j * normal(2, 3), normal(3) + 1j * normal(3)
    check_function(np.matmul, a, b, order=1)
    check_function(np.vdot, a, a * (1 - 2j), order=1)


def test_float32_stays() -> None:
    a, b = normal(2, 3).astype(np.float32), normal(3).astype(np.float32)
    assert trace(np.matmul, [a, b], [0, 1]).outputs[0].dtype == np.float32


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(2,\)"):
        trace(lambda a, b: a @ b, [normal(2, 3), normal(2)], [0, 1])


def test_settings_of_einsum_are_not_ignored() -> None:
    with pytest.raises(CaptureError, match="casting"):
        trace(lambda a: np.einsum("ij->i", a, casting="no"), [normal(2, 3)], [0])
