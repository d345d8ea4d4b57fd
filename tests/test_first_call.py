"""Checks at the first call of a capture: a right one passes, a wrong one does not, nothing is called right unseen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from steepest.errors import CaptureError, MismatchError, NotDeterministicError
from steepest.verify.direction import Outcome
from steepest.verify.first_call import CaptureCheck, ValueCheck, check_capture, check_values
from steepest.verify.leaves import MOST_CALLS

A = np.random.default_rng(0).normal(size=(4, 4))
X = np.random.default_rng(1).normal(size=4)


def f(x: np.ndarray) -> np.floating:
    return np.sum(np.tanh(A.astype(x.dtype) @ x)) + x @ A.astype(x.dtype) @ x


# --- check_capture ------------------------------------------------------------------------------------

Function = Callable[..., Any]
WHERE = "model.py:3: y = f(x)"


class Counted:
    def __init__(self, function: Function) -> None:
        self.function = function
        self.calls = 0

    def __call__(self, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        self.calls += 1
        return [np.asarray(self.function(*values))]


def checked(
    function: Function,
    jvp: Function,
    *values: object,
    replay: Function | None = None,
    lost: Sequence[bool] | None = None,
    traced: Sequence[np.ndarray] | None = None,
) -> CaptureCheck:
    """`jvp(values, tangents)` is the derivative of `function`; the capture replays as the function does."""
    call = Counted(function)
    arrays = [np.asarray(v) for v in values]
    try:
        result = check_capture(
            call, lambda v, t: ([np.asarray((replay or function)(*map(np.copy, v)))], [np.asarray(jvp(v, t))]), arrays,
            [True] * len(arrays), WHERE, traced=traced, independent=lost, names=["x", "y"][: len(arrays)],
        )  # fmt: skip
    finally:
        assert call.calls <= MOST_CALLS
    assert result.evaluations == call.calls
    return result


def sines(x: np.ndarray) -> np.floating:
    return np.sum(np.sin(x))


def sines_jvp(v: list[np.ndarray], t: list[np.ndarray]) -> np.floating:
    return np.cos(v[0]) @ t[0]


@pytest.mark.parametrize("s", [1e-8, 1.0, 1e8])
def test_a_right_derivative(s: float) -> None:
    result = checked(lambda x: s * sines(x / s), lambda v, t: np.cos(v[0] / s) @ t[0], s * X)
    assert result.outcome is Outcome.AGREES
    assert result.evaluations == 4
    assert result.error <= result.bound
    assert "agrees" in str(result)


@pytest.mark.parametrize("s", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("factor", [1 + 1e-4, 1.001, 2.0, -1.0, 0.0])
def test_a_wrong_derivative(s: float, factor: float) -> None:
    with pytest.raises(MismatchError, match=r"(?s)disagree.*at model\.py:3"):
        checked(lambda x: s * sines(x / s), lambda v, t: factor * (np.cos(v[0] / s) @ t[0]), s * X)


def test_one_wrong_entry_of_many_outputs(rng: np.random.Generator) -> None:
    b, x = rng.normal(size=(500, 300)), rng.normal(size=300)
    bias = np.where(np.arange(500) == 77, 1.001, 1.0)
    assert checked(lambda x: np.sin(b @ x), lambda v, t: np.cos(b @ v[0]) * (b @ t[0]), x).outcome is Outcome.AGREES
    with pytest.raises(MismatchError, match=r"entry \(77,\)"):
        checked(lambda x: np.sin(b @ x), lambda v, t: bias * np.cos(b @ v[0]) * (b @ t[0]), x)


def test_rectifiers_make_no_false_alarm(rng: np.random.Generator) -> None:
    b, x = rng.normal(size=(2000, 300)), rng.normal(size=300)
    layer = checked(lambda x: np.maximum(b @ x, 0), lambda v, t: (b @ v[0] > 0) * (b @ t[0]), x)
    assert layer.outcome is Outcome.AGREES


def test_single_precision_capture() -> None:
    x = X.astype(np.float32)
    assert checked(sines, sines_jvp, x).outcome is Outcome.AGREES
    with pytest.raises(MismatchError):
        checked(sines, lambda v, t: 1.1 * sines_jvp(v, t), x)


def test_complex_values() -> None:
    z = X + 1j * X[::-1]
    right = checked(
        lambda z: z * z * np.conj(z), lambda v, t: 2 * v[0] * np.conj(v[0]) * t[0] + v[0] ** 2 * np.conj(t[0]), z
    )
    assert right.outcome is Outcome.AGREES
    with pytest.raises(MismatchError):
        checked(lambda z: z * np.conj(z), lambda v, t: 2 * v[0] * t[0], z)


def test_whole_numbers_have_no_derivative() -> None:
    assert checked(lambda x: np.argmax(x), lambda v, t: np.zeros(()), X).outcome is Outcome.AGREES


def _first_largest(v: list[np.ndarray], t: list[np.ndarray]) -> np.floating:
    return t[0][np.argmax(v[0])]


@pytest.mark.parametrize(
    ("function", "jvp", "x"),
    [
        (lambda x: np.sum(np.abs(x)), lambda v, t: np.sign(v[0]) @ t[0], np.zeros(5)),
        (lambda x: np.sum(np.abs(x)), lambda v, t: np.sum(t[0]), np.zeros(5)),
        (
            lambda x: np.sum(np.maximum(x, 0)) + np.sum(x**2),
            lambda v, t: (v[0] > 0) @ t[0] + 2 * v[0] @ t[0],
            np.arange(3.0),
        ),
        (np.max, _first_largest, np.ones(4)),
        (np.linalg.norm, lambda v, t: 0.0, np.zeros(3)),
        (  # where two kinks meet, the derivative may lie outside of both sides
            lambda x: np.max(x[:2]) - np.max(x[2:]),
            lambda v, t: t[0][np.argmax(v[0][:2])] - t[0][2 + np.argmax(v[0][2:])],
            np.ones(4),
        ),
    ],
)
def test_kinks_are_accepted(function: Function, jvp: Function, x: np.ndarray) -> None:
    assert checked(function, jvp, x).outcome in (Outcome.AGREES, Outcome.KINK)


def test_a_wrong_derivative_at_a_kink() -> None:
    with pytest.raises(MismatchError):
        checked(lambda x: np.sum(np.maximum(x, 0)), lambda v, t: 3 * np.sum(np.abs(t[0])), np.zeros(3))


@pytest.mark.parametrize(
    ("function", "jvp", "x"),
    [
        (lambda x: np.sum(np.log(x)), lambda v, t: np.inf, np.array([0.0, 1.0])),
        (np.cbrt, lambda v, t: np.inf * t[0], 0.0),
        (np.sqrt, lambda v, t: np.inf * t[0], 0.0),
        (lambda x: np.sin(1e12 * x), lambda v, t: 1e12 * np.cos(1e12 * v[0]) * t[0], 1.3),
        (np.floor, lambda v, t: 0 * t[0], 2.0),
    ],
)
def test_what_differences_cannot_tell(function: Function, jvp: Function, x: object) -> None:
    assert checked(function, jvp, x).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("function", "jvp", "x"),
    [
        (lambda x: np.sum(np.log(x)), lambda v, t: np.sum(t[0] / v[0]), np.array([1e-300, 1.0])),
        (lambda x: np.sum(x**2) + 1e12, lambda v, t: 2 * v[0] @ t[0], X),
        (lambda x: np.sum((x - 1) ** 2), lambda v, t: 2 * (v[0] - 1) @ t[0], np.ones(4)),
        (lambda x: x**2 + 1e-9 * np.sin(1e13 * x), lambda v, t: 2 * v[0] * t[0], 1.3),
        (lambda x: np.linalg.inv(x).sum(), lambda v, t: -(np.linalg.inv(v[0]) @ t[0] @ np.linalg.inv(v[0])).sum(),
         1 / (np.arange(12)[:, None] + np.arange(12) + 1.0)),
    ],
)  # fmt: skip
def test_ill_conditioned_functions_make_no_false_alarm(function: Function, jvp: Function, x: object) -> None:
    checked(function, jvp, x)


def test_a_function_that_is_not_deterministic() -> None:
    generator = np.random.default_rng(0)
    with pytest.raises(NotDeterministicError, match="two calls"):
        checked(lambda x: sines(x) + generator.normal(), sines_jvp, X)
    lengths = iter(range(1, 9))
    with pytest.raises(NotDeterministicError, match="shapes"):
        checked(lambda x: np.ones(next(lengths)), sines_jvp, X)
    checked(lambda x: x * np.nan, lambda v, t: t[0] * np.nan, X)  # NaN is the same as NaN


@pytest.mark.parametrize(
    "replay",
    [
        lambda x: np.sin(x) + 1e-6,
        lambda x: np.sin(x)[:3],
        lambda x: np.where(x > 0, np.nan, np.sin(x)),
        lambda x: np.sin(x) * [1, 1, 0, 1],
    ],
)
def test_a_replay_that_differs(replay: Function) -> None:
    with pytest.raises(CaptureError, match="the recorded computation gives"):
        checked(np.sin, lambda v, t: np.cos(v[0]) * t[0], X, replay=replay)


def test_a_replay_that_differs_by_rounding() -> None:
    v = np.vander(X)
    y = v @ X
    result = checked(
        lambda x: np.sum((v @ x - y) ** 2), lambda p, t: 2 * (v @ p[0] - y) @ v @ t[0], X,
        replay=lambda x: np.sum(np.square(np.einsum("ij,j->i", v, x) - y)) + 1e-30,
    )  # fmt: skip
    assert result.outcome is Outcome.AGREES
    cancelling = checked(lambda x: np.sum((x + 1e8) - 1e8), lambda p, t: np.sum(t[0]), X, replay=lambda x: np.sum(x))
    assert cancelling.evaluations <= 12


def test_a_lost_dependence() -> None:
    with pytest.raises(MismatchError, match="depends on y, but the dependence was lost"):
        checked(
            lambda x, y: sines(x) + 1e-3 * np.sum(x * y), lambda v, t: sines_jvp(v, t) + 1e-3 * np.sum(v[1] * t[0]),
            X, X + 1, lost=[False, True],
        )  # fmt: skip


def test_a_dependence_that_is_none() -> None:
    for function in (
        lambda x, y: sines(x) + 0 * np.sum(y),
        lambda x, y: sines(x) + np.sum(np.floor(y)),
        lambda x, y: sines(x) + np.argmax(y),
    ):
        result = checked(function, sines_jvp, X, X + 1, lost=[False, True])
        assert result.outcome is Outcome.AGREES
    at_steps = checked(lambda x, y: sines(x) + np.sum(np.floor(y)), sines_jvp, X, np.arange(1.0, 5), lost=[False, True])
    assert at_steps.outcome is Outcome.INCONCLUSIVE


def test_a_function_that_changes_its_argument() -> None:
    def doubled(x: np.ndarray) -> np.floating:
        x *= 2
        return np.sum(x)

    assert checked(doubled, lambda v, t: 2 * np.sum(t[0]), X).outcome is Outcome.AGREES


def test_the_call_while_tracing_counts() -> None:
    assert checked(sines, sines_jvp, X, traced=[np.asarray(sines(X))]).evaluations == 3
    assert checked(sines, sines_jvp, X, traced=[np.asarray(sines(X) + 1e-9)]).evaluations == 4  # asked once more
    generator = np.random.default_rng(0)
    with pytest.raises(NotDeterministicError, match="two calls"):
        checked(lambda x: sines(x) + generator.normal(), sines_jvp, X, traced=[np.asarray(sines(X))])


def _in_place(x: np.ndarray) -> np.floating:
    x *= 2
    return np.sum(x)


def _in_place_if_it_may(x: np.ndarray) -> np.floating:
    try:
        x *= 2
    except ValueError:
        return np.sum(x)  # something else
    return np.sum(x)


@pytest.mark.parametrize("function", [_in_place, _in_place_if_it_may])
@pytest.mark.parametrize("layout", ["C", "F"])
def test_large_arguments_stay_as_they_are(function: Function, layout: str, rng: np.random.Generator) -> None:
    x = np.asarray(rng.normal(size=(300, 300)), order=layout)  # type: ignore[call-overload]
    before = x.copy()
    assert checked(function, lambda v, t: 2 * np.sum(t[0]), x).outcome is Outcome.AGREES
    with pytest.raises(MismatchError):
        checked(function, lambda v, t: 2.001 * np.sum(t[0]), x)
    assert np.array_equal(x, before)


def test_large_arguments_are_moved_and_put_back(rng: np.random.Generator) -> None:
    x, seen = rng.normal(size=100_000), []

    def function(x: np.ndarray) -> np.floating:
        seen.append(x.copy())
        return np.sum(x**3)

    assert checked(function, lambda v, t: 3 * v[0] ** 2 @ t[0], x).evaluations == 4
    assert np.array_equal(seen[0], x)
    changed = [np.flatnonzero(y != x) for y in seen[-2:]]
    assert all(65_000 < len(c) <= 1 << 16 for c in changed)  # a move may be lost in rounding
    assert np.array_equal(changed[0], changed[1])
    np.testing.assert_allclose(seen[-2] + seen[-1], 2 * x, atol=1e-12)


def test_inactive_values_stay_where_they_are() -> None:
    seen = []

    def power(values: list[np.ndarray]) -> list[np.ndarray]:
        seen.append(values[1].tolist())
        return [values[0] ** values[1]]

    check_capture(
        power,
        lambda v, t: (power(v), [v[1] * v[0] ** (v[1] - 1) * t[0]]),
        [np.ones(3) * 2, np.arange(3)],
        [True, False],
        WHERE,
    )
    assert all(s == [0, 1, 2] for s in seen)


# --- check_values -------------------------------------------------------------------------------------


def same_values(function: Function, replay: Function, *values: np.ndarray, traced: Any = None) -> ValueCheck | None:
    call = Counted(function)
    found = check_values(call, lambda v: [np.asarray(replay(*v))], values, WHERE, traced=traced)
    assert found is None or found.evaluations == call.calls
    return found


def test_the_same_values() -> None:
    found = same_values(sines, sines, X, traced=[np.asarray(sines(X))])
    assert found is not None
    assert found.evaluations == 2
    assert "2 calls" in str(found)
    assert same_values(lambda x: np.argmax(x), lambda x: np.argmax(x), X) is not None
    assert same_values(lambda x: x * np.nan, lambda x: x * np.nan, X) is not None


def _raising(x: np.ndarray) -> np.ndarray:
    if not np.array_equal(x, X):
        raise ValueError("another path")
    return np.sin(x)


@pytest.mark.parametrize(
    "replay",
    [
        lambda x: np.sin(x) + 1e-6,
        lambda x: np.sin(x)[:3],
        lambda x: np.sin(X),  # right here, but nowhere else
        lambda x: np.sin(x) + 1e-3 * (x - X),
        _raising,
    ],
)
def test_values_that_do_not_decide(replay: Function) -> None:
    assert same_values(np.sin, replay, X) is None


def test_a_lost_dependence_shows_in_the_values() -> None:
    def f(x: np.ndarray, y: np.ndarray) -> np.floating:
        return sines(x) + 1e-3 * np.sum(x * y)

    lost = X + 1
    assert same_values(f, lambda x, y: f(x, lost), X, X + 1) is None
    assert same_values(f, f, X, X + 1) is not None
