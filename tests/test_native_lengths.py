"""One piece of code for all numbers of rows: what depends on the number is read from a table."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import value, value_and_gradient
from kernel_texts import run_python
from native_engine import WIDTHS, check_program, run_native

import steepest as st
from steepest.engines.native.compile import emit
from steepest.engines.native.emit import nest
from steepest.engines.native.machine.building import Origin
from steepest.engines.native.machine.loading import load
from steepest.schedule import cost, plan
from steepest.schedule.named import Constant, Extent, Names


def least_squares(w, X, y):
    return np.mean((X @ w - y) ** 2)


def ridge(w, X, y):
    return np.mean((X @ w - y) ** 2) + 0.37 * np.sum(w**2)


def normal(w, X, y):
    """Numbers made from the number of rows in several ways."""
    m, spread = len(y), np.std(y, ddof=1)
    return 0.5 * m * np.log(2 * np.pi * spread**2) + np.sum((X @ w - y) ** 2) / (2 * (m - 1) * spread**2)


def logistic(w, X, y):
    z = X @ w
    return np.mean(np.logaddexp(0, z) - z * (y > 0))


def softmax_regression(w, X, y):
    Z = X[:, :, None] * w[:, None] * np.arange(1.0, 4.0)
    return np.mean(np.log(np.sum(np.exp(Z), axis=(1, 2))))


def mixture(w, X, y):
    t = X[:, None, :] - np.stack([w, 2 * w, -w])
    return -np.sum(np.logaddexp.reduce(-0.5 * np.sum(t**2, axis=2), axis=1)) / X.shape[0]


def network(w, X, y):
    h = np.tanh(X @ np.outer(w, w) + w)
    return np.mean((h @ w - y) ** 2)


def covariance(w, X, y):
    return np.sum(np.cov((X * w).T) ** 2)


LOSSES = [covariance, least_squares, ridge, normal, logistic, softmax_regression, mixture, network]


def data(m: int, n: int = 5, dtype: Any = np.float64) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(m)
    return tuple(rng.normal(size=shape).astype(dtype) for shape in ((n,), (m, n), (m,)))


@pytest.mark.parametrize("lengths", [(300, 317, 450), (1103, 1204, 1450)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss is not normal])  # whose terms change their order
def test_other_lengths_have_the_same_code(loss: Callable[..., Any], dtype: type, lengths: tuple[int, ...]) -> None:
    """Unless there are so many more that sums have a second level, or threads their share."""
    kernels = [emit(value_and_gradient(loss, *data(m, dtype=dtype))) for m in lengths]
    assert len({k.text for k in kernels}) == 1
    assert len({k.constants[-1].tobytes() for k in kernels}) == len(lengths)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("m", [65, 1031])
@pytest.mark.parametrize("loss", LOSSES)
def test_values_at_many_lengths(loss: Callable[..., Any], m: int, bits: int) -> None:
    check_program(value_and_gradient(loss, *data(m)), data(m), bits)


@pytest.mark.parametrize("m", [2, 3, 9, 16, 23])
@pytest.mark.parametrize("loss", LOSSES)
def test_short_ones_too_if_they_were_named(loss: Callable[..., Any], m: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MAX_UNROLLED", 1)
    check_program(value_and_gradient(loss, *data(m)), data(m))


def test_results_with_a_row_each() -> None:
    kernels = []
    for m in (300, 421):
        w, X, _ = data(m)
        program = value(lambda w, X: np.sin(X @ w) / X.shape[0], w, X)
        check_program(program, (w, X))
        kernels.append(emit(program))
    assert kernels[0].text == kernels[1].text


def test_products_by_blas_over_the_rows() -> None:
    """Their sizes are numbers of the table as well, and so are the places of what lies between them."""
    kernels = []
    for m in (600, 701):  # as many parts for both
        rng = np.random.default_rng(m)
        args = rng.normal(size=(80, 70)), rng.normal(size=(70, 60)), rng.normal(size=(m, 80))
        program = value_and_gradient(lambda V, W, X: np.mean(np.tanh(X @ V) @ W), *args)
        check_program(program, args)
        kernels.append(emit(program))
    assert kernels[0].text == kernels[1].text
    assert kernels[0].workspace != kernels[1].workspace


def classifier(W, V, X, Y):
    """A net with its softmax written out; beside the products over X, vectors go along its rows."""
    Z = np.tanh(X @ W) @ V
    Z = Z - Z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(Z), axis=1)) - np.sum(Y * Z, axis=1))


def images(m: int, dtype: Any = np.float64, n: int = 300) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(m)
    arrays = rng.normal(size=(n, 128)) / 8, rng.normal(size=(128, 10)), rng.normal(size=(m, n))
    return tuple(a.astype(dtype) for a in (*arrays, np.eye(10)[rng.integers(0, 10, m)]))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_classifier_has_one_code_for_batches_of_any_remainder(dtype: Any) -> None:
    """Of numbers that are no powers of two: by their reciprocals, which are exact, is multiplied."""
    programs = {m: value_and_gradient(classifier, *images(m, dtype), wrt=(0, 1)) for m in (203, 215, 216, 248)}
    assert len({emit(program).text for program in programs.values()}) == 1


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("m", [65, 97, 128, 131, 203, 415])
def test_a_classifier_at_many_lengths(m: int, bits: int) -> None:
    check_program(value_and_gradient(classifier, *images(m), wrt=(0, 1)), images(m), bits)


@pytest.mark.parametrize("m", [2, 9, 16, 23])
def test_a_classifier_of_short_batches_if_they_were_named(m: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (plan, nest):
        monkeypatch.setattr(module, "MAX_UNROLLED", 1)
    check_program(value_and_gradient(classifier, *images(m), wrt=(0, 1)), images(m))


def test_places_that_exist_are_looked_for_among_all_rows() -> None:
    w, X, _ = data(300)
    index = np.random.default_rng(0).integers(0, 5, 300)

    def picked(w, X, index):
        return np.sum(w[index] * X[:, 0]) / len(index)

    texts = {emit(value_and_gradient(picked, *args)).text for args in ((w, X, index), (w, X[:277], index[:277]))}
    assert len(texts) == 1
    g = st.grad(picked, compile="eager")
    index[-1] = 5
    with pytest.raises(IndexError):
        g(w, X, index)


def test_threads_share_code_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "PART", 1)
    monkeypatch.setattr(cost, "OWN_SUM", 0)
    for m in (517, 803):
        check_program(value_and_gradient(logistic, *data(m)), data(m))


def test_any_number_of_parts_has_the_same_code() -> None:
    """Two, four, … sixteen: how many there are is read from the table."""
    lengths = (20_000, 40_000, 80_000, 160_000)
    kernels = [emit(value_and_gradient(least_squares, *data(m, 20))) for m in lengths]
    assert len({k.account[-1] for k in kernels}) > 2
    assert len({k.text for k in kernels}) == 1
    for m, kernel in zip(lengths[:2], kernels, strict=False):
        assert "threads:run" in kernel.externals
        check_program(value_and_gradient(least_squares, *data(m, 20)), data(m, 20))


def test_numbers_are_not_mixed_up_between_lengths() -> None:
    """The same code in memory, called for several lengths in turns, and from several threads at once."""

    def loss(w, X, y):
        return ridge(w, X, y)

    g, plain = st.value_and_grad(loss, compile="eager"), st.value_and_grad(loss, compile="off")
    lengths = (300, 303, 350, 433)
    expected = {m: plain(*data(m)) for m in lengths}
    wrong: list[int] = []

    def call() -> None:
        for _ in range(50):
            for m in lengths:
                v, d = g(*data(m))
                if not (np.isclose(v, expected[m][0], 1e-13) and np.allclose(d, expected[m][1], 1e-12)):
                    wrong.append(m)

    call()
    users = [threading.Thread(target=call) for _ in range(3)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert wrong == []
    assert str(g.explain()).count("in use already") >= len(lengths) - 1


def test_several_processes_share_what_is_kept_for_other_lengths(tmp_path: Any) -> None:
    code = """
    import sys
    import numpy as np
    import steepest as st
    def loss(w, X, y):
        return np.mean((X @ w - y) ** 2)
    m = int(sys.stdin.readline() or 0) or {m}
    rng = np.random.default_rng(0)
    w, X, y = rng.normal(size=4), rng.normal(size=(m, 4)), rng.normal(size=m)
    g = st.grad(loss, compile="eager")
    g(w, X, y)
    assert np.allclose(g(w, X, y), 2 / m * X.T @ (X @ w - y), 1e-12)
    print("read from disk in" in str(g.explain()))
    """
    settings = {"STEEPEST_CACHE_DIR": str(tmp_path), "STEEPEST_CACHE": "on"}
    printed = [run_python(code.replace("{m}", str(m)), **settings).strip() for m in (310, 333)]
    assert printed == ["False", "True"]


def test_code_is_loaded_once() -> None:
    first, second = (load(emit(value_and_gradient(least_squares, *data(m, 7)))) for m in (411, 430))
    assert second.built.origin is Origin.PROCESS
    assert second.address == first.address
    assert run_native(value_and_gradient(least_squares, *data(430, 7)), data(430, 7))


# --- numbers with names ---------------------------------------------------------------------------------


def test_names_stand_in_text_alone() -> None:
    names = Names()
    n = Extent(100, "n", names)
    assert f"{n} {n + 1}" == "100 101"
    with names.in_text():
        assert f"{n} {n * 8} {n} {n - 1} {8 * n // 3}" == "%n0 %n1 %n0 %n2 %n3"
    assert (n, n + 1, -n, n % 7, 3 - n) == (100, 101, -100, 2, -97)
    assert names.table().tolist() == [100, 800, 99, 266]


def test_idle_arithmetic_makes_no_new_number() -> None:
    names = Names()
    n = Extent(100, "n", names)
    assert all(x is n for x in (n + 0, 0 + n, n - 0, n * 1, 1 * n, n // 1))


def test_small_constants_are_part_of_the_formula() -> None:
    names = Names()
    kept = [0, 1, -2, 0.5, 0.25, -1.75, True, np.inf]
    assert [names.constant(x, "c") for x in kept] == kept
    assert not any(isinstance(names.constant(x, "c"), (Extent, Constant)) for x in kept)
    assert isinstance(names.constant(1000, "c"), Extent)
    third = names.constant(1 / 3, "c3")
    assert isinstance(third, Constant)
    assert (third.named("double"), third.named("float"), (-third).named("double")) == ("%n0", "%n1", "%n2")
    assert third * 1 is third
    assert (2 * third, (2.0 * third).named("double")) == (2 / 3, "%n3")
    assert names.table()[:1].view(float)[0] == 1 / 3
    assert names.table()[1:2].view(np.float32)[0] == np.float32(1 / 3)
