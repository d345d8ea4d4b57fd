"""Places, sorting, convolutions and batches of matrices in exported C."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special as sp
from compiled_c import COMPILER, Exported, call, compiled

import steepest as st

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler")
R = np.random.default_rng(6)
N = R.normal
LEVELS = np.round(3 * N(size=40)) / 3  # with ties
BATCH = N(size=(3, 2, 2))

CASES: dict[str, tuple[Any, dict[str, str], Sequence[tuple[Any, ...]]]] = {
    "ascending": (lambda x: np.sum(np.sort(x) * np.arange(40) ** 2), {"x": "40"}, [(LEVELS,)]),
    "ascending_rows": (
        lambda X: np.sum(np.take_along_axis(X, np.argsort(X, axis=1), axis=1) * np.arange(4)), {"X": "m 4"},
        [(np.round(N(size=(3, 4))),)],
    ),
    "middle": (lambda x: np.median(x), {"x": "5"}, [(N(size=5),)]),
    "highest_so_far": (lambda x: np.sum(np.maximum.accumulate(x) ** 2), {"x": "n"}, [(N(size=7),), (np.zeros(0),)]),
    "lowest_so_far": (lambda x: np.sum(np.minimum.accumulate(x) ** 2), {"x": "n"}, [(N(size=7),)]),
    "convolved": (lambda x, v: np.sum(np.convolve(x, v) ** 3), {"x": "6", "v": "3"}, [(N(size=6), N(size=3))]),
    "convolved_within": (
        lambda x, v: np.sum(np.convolve(x, v, "valid") ** 3), {"x": "6", "v": "3"}, [(N(size=6), N(size=3))],
    ),
    "convolved_same": (
        lambda x, v: np.sum(np.convolve(x, v, "same") ** 3), {"x": "3", "v": "6"}, [(N(size=3), N(size=6))],
    ),
    "turned": (
        lambda x, y: np.sum(x * np.exp(y[::-1])), {"x": "n", "y": "n"},
        [(N(size=n), N(size=n)) for n in (6, 1, 0)],
    ),
    "every_other": (lambda x: np.sum(np.exp(x[::-2]) * np.arange(5, 0, -1)), {"x": "9"}, [(N(size=9),)]),
    "inverses": (lambda X: np.sum(np.linalg.inv(X) ** 2), {"X": "k n n"}, [(BATCH,), (BATCH[:0],)]),
    "determinants": (lambda X: np.sum(np.linalg.det(X) ** 2), {"X": "k n n"}, [(BATCH,)]),
    "logarithms": (lambda X: np.sum(np.linalg.slogdet(X)[1] ** 2), {"X": "k n n"}, [(BATCH,)]),
    "solutions": (
        lambda X, b: np.sum(np.linalg.solve(X, b) ** 3), {"X": "k n n", "b": "k n m"}, [(BATCH, N(size=(3, 2, 4)))],
    ),
    "solutions_of_one": (
        lambda X, b: np.sum(np.linalg.solve(X, b) ** 3), {"X": "k n n", "b": "n m"}, [(BATCH, N(size=(2, 4)))],
    ),
    "on_the_diagonal": (
        lambda s, X: np.sum(np.log(np.diag(np.linalg.cholesky(X @ X.T + s * np.eye(len(X)))))), {"s": "", "X": "n n"},
        [(0.3, BATCH[0])],
    ),
    "between": (
        lambda x: np.sum(np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]) ** 2), {"x": "n"},
        [(2 * N(size=9) + 1,), (np.array([0.0, 1.0, 2.0, np.inf, -np.inf]),)],
    ),
    "whole_parts": (
        lambda x, y: np.sum(x // y * x), {"x": "n", "y": "n"},
        [(np.array([3.5, -3.5, 0.1, 1e3, 6.0, 7.0]), np.array([2.0, -2.0, 0.3, 0.11, -0.13, 3.1]))],
    ),
    "without_fractions": (lambda x: np.sum(x.astype(int) * x), {"x": "n"}, [(4 * N(size=9),)]),
    "powers": (lambda x, p: sp.boxcox(x, p), {"x": "", "p": ""}, [(2.0, 0.3), (2.0, 0.0), (0.3, 1e-9)]),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["value", "gradient"])
def test_they_give_the_numbers_of_the_formulas(kind: str, tmp_path: Path) -> None:
    exports = []
    for name, (function, shapes, _) in CASES.items():
        F = st.formula(function, **shapes)
        F = F if kind == "value" else F.gradient(next(iter(shapes)))
        exports.append(Exported(name, F, F.c(name)))
    library = compiled(exports, tmp_path)
    for e in exports:
        for args in CASES[e.name][2]:
            wanted = np.asarray(e.formula(*args))
            found = call(library, e, args, wanted.shape)
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13, err_msg=e.name)


@pytest.mark.parametrize("name", ["ascending", "highest_so_far", "lowest_so_far"])
def test_a_nan_stands_where_numpy_puts_it(name: str, tmp_path: Path) -> None:
    rows = {
        "ascending": lambda x: np.sort(x) * np.ones(5),
        "highest_so_far": lambda x: np.maximum.accumulate(x),
        "lowest_so_far": lambda x: np.minimum.accumulate(x),
    }
    F = st.formula(rows[name], x="5")
    e = Exported(name, F, F.c(name))
    library = compiled([e], tmp_path)
    for x in ([1.0, np.nan, 3.0, 1.0, np.inf], [np.nan, 2.0, np.nan, -np.inf, 0.0], [5.0, 4.0, 4.0, 5.0, np.inf]):
        np.testing.assert_array_equal(call(library, e, [np.array(x)], (5,)), rows[name](np.array(x)))


def test_one_singular_matrix_of_a_batch_is_told(tmp_path: Path) -> None:
    F = st.formula(lambda X: np.sum(np.linalg.inv(X)), X="k n n")
    e = Exported("inverses", F, F.c("inverses"))
    library = compiled([e], tmp_path)
    with pytest.raises(AssertionError):
        call(library, e, [np.stack([np.eye(2), np.ones((2, 2))])], ())


def test_positions_in_numpy_bring_their_functions_along() -> None:
    for function in (lambda x: np.sum(np.maximum.accumulate(x) ** 2), lambda x: np.sum(sp.erfcx(x))):
        G = st.formula(function, x="n").gradient("x")
        scope: dict[str, Any] = {}
        exec(G.python("g"), scope)
        x = N(size=6)
        np.testing.assert_allclose(scope["g"](x), G(x), rtol=1e-13)
