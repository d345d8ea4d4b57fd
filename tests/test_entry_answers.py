"""Compiled and not: the same answers, whatever the arguments are, with the engine's own kernels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import steepest as st

rng = np.random.default_rng(5)
A, B = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
WIDE = rng.standard_normal((8, 6))
V = rng.standard_normal(3)


def mixed(a: Any, b: Any) -> Any:
    return np.sum(np.tanh(a) * b**2) + np.sum(a) * 0.5


def product(a: Any, b: Any) -> Any:
    return np.sum((np.atleast_2d(a) @ np.atleast_2d(b).T) ** 2)


def branching(a: Any, b: Any) -> Any:
    return np.sum(a * b) if np.sum(a) > 0 else np.sum(a - b) ** 2


PAIRS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "plain": lambda: (A, B),
    "one array twice": lambda: (A, A),
    "overlapping views": lambda: (WIDE[:4, :3], WIDE[1:5, 1:4]),
    "Fortran order": lambda: (np.asfortranarray(A), B),
    "both in Fortran order": lambda: (np.asfortranarray(A), np.asfortranarray(B)),
    "transposed": lambda: (np.ascontiguousarray(A.T).T, B),
    "reversed": lambda: (A[::-1], B[:, ::-1]),
    "steps": lambda: (WIDE[::2, ::2], WIDE[1::2, 1::2]),
    "broadcast": lambda: (np.broadcast_to(V, (4, 3)), B),
    "a row": lambda: (A, V),
    "a number": lambda: (A, 2.5),
    "an int": lambda: (A, 2),
    "negative": lambda: (-np.abs(A), B),
    "float32": lambda: (A.astype(np.float32), B.astype(np.float32)),
    "float32 and float64": lambda: (A.astype(np.float32), B),
    "float64 and float32": lambda: (A, B.astype(np.float32)),
    "byte-swapped": lambda: (A.astype(">f8"), B),
    "integers": lambda: (A, np.arange(12).reshape(4, 3)),
    "integers to differentiate by": lambda: (np.arange(12).reshape(4, 3), B),
    "booleans": lambda: (A, B > 0),
    "read only": lambda: (np.frombuffer(A.tobytes()).reshape(4, 3), B),
    "empty": lambda: (A[:0], B[:0]),
    "one entry": lambda: (A[:1, :1], B[:1, :1]),
    "0-d": lambda: (np.array(1.5), np.array(2.5)),
    "numbers": lambda: (1.5, 2.5),
    "scalars": lambda: (np.float64(1.5), np.float32(2.5)),
    "zeros of both signs": lambda: (np.array([0.0, -0.0, 1.0]), V),
    "tiny": lambda: (5e-324 * np.ones(3), V),
    "huge": lambda: (1e150 * np.ones(3), V),
    "unaligned": lambda: (np.frombuffer(b"\0" + V.tobytes(), np.uint8)[1:].view(np.float64), V),
    "inside a larger array": lambda: (np.arange(20.0)[3:6], V),
}  # fmt: skip
MAKERS = {
    "grad": st.grad, "value_and_grad": st.value_and_grad, "jit": st.jit,
    "by both": lambda f, **more: st.grad(f, (0, 1), **more), "jacobian": st.jacobian,
}  # fmt: skip
OF_EACH_KIND = ("plain", "one array twice", "a row", "numbers", "float32 and float64", "empty")


def leaves(x: Any) -> Iterator[Any]:
    if isinstance(x, tuple):
        for y in x:
            yield from leaves(y)
    else:
        yield x


def outcome(g: Any, args: tuple[Any, ...]) -> Any:
    try:
        return list(leaves(g(*args)))
    except (st.SteepestError, ValueError, TypeError) as error:
        return type(error)


@pytest.mark.parametrize("f", [mixed, product, branching], ids=lambda f: f.__name__)
@pytest.mark.parametrize("case", PAIRS)
def test_the_same_answers(f: Callable[..., Any], case: str) -> None:
    args = PAIRS[case]()
    kept = [np.array(x) for x in args]
    for make in MAKERS.values() if case in OF_EACH_KIND else (st.value_and_grad,):
        expected, g = outcome(make(f, compile="off"), args), make(f, compile="eager")
        for _ in range(4):
            found = outcome(g, args)
            if isinstance(expected, type):
                assert found is expected
                continue
            assert [(type(x), np.shape(x), np.asarray(x).dtype) for x in found] == [
                (type(x), np.shape(x), np.asarray(x).dtype) for x in expected
            ]
            single = any(np.asarray(x).dtype == np.float32 for x in (*found, *args))
            for x, y in zip(found, expected, strict=True):
                np.testing.assert_allclose(x, y, rtol=2e-5 if single else 1e-12, atol=1e-5 if single else 1e-13)
                assert not any(np.may_share_memory(x, a) for a in args)
    for x, before in zip(args, kept, strict=True):
        np.testing.assert_array_equal(x, before)


def test_several_functions_in_several_threads() -> None:
    functions = [st.value_and_grad(f, compile="eager") for f in (mixed, product, branching)]
    inputs = [rng.standard_normal((2, 4, 3)) for _ in range(20)]
    expected = [[list(leaves(st.value_and_grad(g.function, compile="off")(*x))) for x in inputs] for g in functions]
    wrong: list[Any] = []

    def work(seed: int) -> None:
        order = np.random.default_rng(seed)
        for _ in range(150):
            i, k = order.integers(3), order.integers(20)
            found = list(leaves(functions[i](*inputs[k])))
            if not all(np.allclose(x, y, rtol=1e-12) for x, y in zip(found, expected[i][k], strict=True)):
                wrong.append((i, k))

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert wrong == []
