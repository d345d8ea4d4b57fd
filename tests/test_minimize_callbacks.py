"""What happens while minimize runs: callbacks, bars, interruptions, and a state to go on from."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from descent_problems import METHODS, START, mean_square, quadratic, regression, rosenbrock, two_valleys

import steepest as st
from steepest.descent.reasons import Reason

# --- callbacks, bars, interruption ----------------------------------------------------------------------


def test_callbacks_by_position_and_by_name():
    points, results = [], []
    found = st.minimize(rosenbrock, START, callback=points.append)
    st.minimize(rosenbrock, START, callback=lambda intermediate_result: results.append(intermediate_result))
    np.testing.assert_array_equal(points, found.path.x)
    np.testing.assert_array_equal([r.x for r in results], found.path.x)
    np.testing.assert_array_equal([r.fun for r in results], found.path.value)


@pytest.mark.parametrize("method", ["adam", "bfgs", "l-bfgs", "newton", None])
@pytest.mark.parametrize("stop", [StopIteration, KeyboardInterrupt])
def test_a_callback_can_stop_and_the_best_is_returned(method, stop):
    def until(intermediate_result):
        if intermediate_result.nit == 5:
            raise stop

    found = st.minimize(rosenbrock, START, method=method, callback=until)
    assert found.reason is {StopIteration: Reason.CALLBACK, KeyboardInterrupt: Reason.INTERRUPTED}[stop]
    assert not found.success
    assert found.nit == 5
    assert found.fun == found.path.value.min()


@pytest.mark.parametrize("method", ["nesterov", "bfgs", None])
def test_ctrl_c_is_obeyed_at_the_next_point(method):
    def press(intermediate_result):
        if intermediate_result.nit == 5:
            signal.raise_signal(signal.SIGINT)

    found = st.minimize(rosenbrock, START, method=method, callback=press)
    assert found.reason is Reason.INTERRUPTED
    assert found.nit == 5
    rest = st.minimize(rosenbrock, START, method=method, options={"state": found.state})
    np.testing.assert_array_equal(rest.path.x, st.minimize(rosenbrock, START, method=method).path.x)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_in_a_callback_is_the_users():
    def broken(x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        st.minimize(rosenbrock, START, callback=broken)


def test_the_bar(capsys, monkeypatch):
    st.minimize(quadratic, np.ones(2))
    assert capsys.readouterr().err == ""  # no terminal
    pytest.importorskip("tqdm")
    st.minimize(quadratic, np.ones(2), method="adam", progress=True, options={"maxiter": 3})
    shown = capsys.readouterr().err
    assert "minimize: 100%" in shown
    assert "3/3" in shown
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(st.errors.ArgumentError, match="tqdm"):
        st.minimize(quadratic, np.ones(2), progress=True)


# --- state ----------------------------------------------------------------------------------------------

RUNS = [
    *((rosenbrock, START, (), method, {}) for method in METHODS),
    (two_valleys, np.array([1.0, 0.0]), (), "gradient-descent", {}),
    (mean_square, np.zeros(3), regression(), "sgd", {"batch_size": 10, "seed": 5}),
    (mean_square, np.zeros(3), regression(), "adam", {"batch_size": 10}),
    (lambda p, X, y: X @ p - y * p[0] ** 2, np.ones(3), regression(), "gauss-newton", {}),
]


@pytest.mark.parametrize(("f", "x0", "args", "method", "options"), RUNS)
@pytest.mark.parametrize("first", [0, 1, 7])
def test_a_run_that_is_taken_up_goes_as_one_that_was_not_stopped(
    f, x0, args, method, options, first, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STEEPEST_COMPILE", "off")  # machine code rounds otherwise, and comes when it is ready
    whole = st.minimize(f, x0, args, method=method, options={**options, "maxiter": 60})
    part = st.minimize(f, x0, args, method=method, options={**options, "maxiter": first})
    part.state.save(tmp_path / "run.state")
    state = st.DescentState.load(tmp_path / "run.state")
    told = []
    rest = st.minimize(
        f, x0, args, method=method, options={**options, "maxiter": 60, "state": state}, callback=told.append
    )
    for name in ("iteration", "x", "value", "slope", "step"):
        np.testing.assert_array_equal(getattr(rest.path, name), getattr(whole.path, name))
    np.testing.assert_array_equal(rest.x, whole.x)
    assert (rest.reason, rest.nit, rest.fun) == (whole.reason, whole.nit, whole.fun)
    assert len(told) == rest.nit - part.nit


def test_a_run_of_many_parameters_off_a_saddle_is_taken_up_the_same():
    weights = np.arange(1.0, 260)

    def f(x):
        return np.sum(weights * x[1:] ** 2) - x[0] ** 2 + x[0] ** 4 / 4

    start = np.linspace(0, 1, 260)
    whole = st.minimize(f, start, method="nesterov")
    assert whole.fun == pytest.approx(-1)
    for first in (120, 160):  # on the way to the saddle, and after it
        part = st.minimize(f, start, method="nesterov", options={"maxiter": first})
        rest = st.minimize(f, start, method="nesterov", options={"state": part.state})
        np.testing.assert_array_equal(rest.path.x, whole.path.x)


def test_a_state_is_kept_to_the_last_bit(tmp_path: Path):
    state = st.minimize(rosenbrock, START, method="momentum", options={"maxiter": 9}).state
    state.save(tmp_path / "a")
    loaded = st.DescentState.load(tmp_path / "a")
    assert loaded.settings == state.settings
    assert loaded.numbers == state.numbers
    assert set(loaded.arrays) == set(state.arrays)
    for name, value in state.arrays.items():
        np.testing.assert_array_equal(loaded.arrays[name], value)


def test_a_state_of_another_run_is_refused(tmp_path: Path):
    state = st.minimize(rosenbrock, START, method="momentum", options={"maxiter": 9}).state
    with pytest.raises(st.errors.ArgumentError, match="method = 'momentum'"):
        st.minimize(rosenbrock, START, method="adam", options={"state": state})
    with pytest.raises(st.errors.ArgumentError, match="another start"):
        st.minimize(rosenbrock, np.ones(2), method="momentum", options={"state": state})
    (tmp_path / "b").write_bytes(b"something else")
    with pytest.raises(st.errors.ArgumentError, match="not a saved state"):
        st.DescentState.load(tmp_path / "b")
