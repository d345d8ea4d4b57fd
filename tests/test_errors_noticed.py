"""What is noticed after a call, and what is left alone: the user's errors, the arguments; and the tree of errors."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest import errors
from steepest.errors import (
    ArgumentError,
    CaptureError,
    MismatchError,
    NonFiniteError,
    NotDeterministicError,
    NotScalarError,
    ShapeError,
    SteepestError,
    UnknownFunctionError,
)

X = np.array([0.7, -1.3, 2.1, 0.4])
HERE = r"\n    at test_errors_noticed\.py:\d+: "


def square(x: Any) -> Any:
    return np.sum(x**2)


def vector(x: Any) -> Any:
    return x**2


def passed_on(f: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(f)
    def wrapper(*args: Any) -> Any:
        return f(*args)

    return wrapper


decorated_vector = passed_on(vector)


LOST: dict[str, Callable[[Any], Any]] = {
    "all": lambda x: float(f"{x[0]}") ** 2,
    "one of two": lambda x: x[0] ** 2 + float(f"{x[1]}") ** 2,
    "a factor": lambda x: x[0] * float(f"{x[0]}"),
    "through a list of texts": lambda x: np.sum(np.array([float(f"{v}") for v in x]) ** 2),
    "in a branch": lambda x: x[0] ** 2 if x[1] > 0 else x[0] * float(f"{x[2]}"),
    "as a text of numbers": lambda x: np.fromstring(" ".join(f"{v}" for v in x), sep=" ") @ x,
}


@pytest.mark.parametrize("name", LOST)
def test_a_dependence_that_was_lost_is_noticed(name: str) -> None:
    f = LOST[name]
    for make in (st.grad, st.jacobian, st.hessian):
        with pytest.raises(MismatchError, match=r"at <lambda> \(test_errors_noticed\.py:\d+\)"):
            make(f)(X)


INDEPENDENT: dict[str, Callable[[Any, Any], Any]] = {
    "not used": lambda x, y: y**2,
    "multiplied by zero": lambda x, y: 0 * x + y,
    "whole part": lambda x, y: int(x) + y,
    "compared": lambda x, y: y if x > 0 else -y,
    "sign": lambda x, y: np.sign(x) * y,
}


@pytest.mark.parametrize("name", INDEPENDENT)
def test_zero_where_there_is_no_influence(name: str) -> None:
    assert st.grad(INDEPENDENT[name])(1.5, 2.0) == 0.0


@pytest.mark.parametrize(
    ("f", "x", "words"),
    [
        (np.sqrt, 0.0, r"sqrt: the result is infinite. The derivative of the operation 'sqrt' of 0 is not finite"),
        (
            lambda x: np.sum(np.log(x)),
            np.zeros(2),
            r"The function itself is not finite there: the operation 'log' of 0",
        ),
        (square, np.array([1.0, np.inf]), r"The input 'x' itself has a NaN or infinity, at index \(1,\)"),
    ],
)
def test_infinity_is_a_warning_at_the_users_line(f: Any, x: Any, words: str) -> None:
    for _ in range(2):
        with pytest.warns(st.NonFiniteWarning, match=words) as caught:
            slope = st.grad(f)(x)
        assert np.isinf(slope).any()
        assert [w.filename for w in caught] == [__file__]


def test_nothing_else_warns() -> None:
    """Even where NumPy would, on the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        slope = st.grad(lambda x: np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), x**2)))(X)
        np.testing.assert_allclose(slope, np.where(X > 0, 1 / X, 2 * X))


# --- the user's own errors stay what they are ---------------------------------------------------------


class OwnError(Exception):
    pass


def raises_own(x: Any) -> Any:
    raise OwnError("mine")


def divides(x: Any) -> Any:
    return x / [0.0][1]


def misspelt(x: Any) -> Any:
    return x.summ()


@pytest.mark.parametrize(
    ("f", "kind", "words"),
    [
        (raises_own, OwnError, "^mine$"),
        (divides, IndexError, "list index"),
        (misspelt, AttributeError, "'numpy.ndarray' object has no attribute 'summ'"),
        (lambda x: undefined + x, NameError, "undefined"),  # type: ignore[name-defined]  # noqa: F821
        (lambda x: 1 / 0, ZeroDivisionError, "division by zero"),
        (lambda x: np.linalg.inv(np.zeros((2, 2)) * x[0]), np.linalg.LinAlgError, "Singular"),
        (lambda x: x.reshape(3, 3), ValueError, "cannot reshape array of size 4"),
    ],
)
def test_an_error_of_the_function_itself(f: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        st.grad(f)(X)
    assert not isinstance(caught.value, SteepestError)


def test_what_runs_plainly_but_not_in_a_trace() -> None:
    def f(x: Any) -> Any:
        return np.sum(x) * len(x.tobytes())

    with pytest.raises(CaptureError, match="f runs on plain arrays, but cannot be recorded: .*tobytes.*" + HERE):
        st.grad(f)(X)


# --- arguments are not changed ------------------------------------------------------------------------


def test_writing_to_the_argument() -> None:
    def f(x: Any) -> Any:
        x[0] = 3.0
        x += 1
        return np.sum(x**2)

    x = X.copy()
    np.testing.assert_allclose(st.grad(f)(x), [0.0, *2 * (X[1:] + 1)])
    np.testing.assert_array_equal(x, X)


def test_appending_to_the_argument() -> None:
    def f(p: Any) -> Any:
        p.append(p[0] * 2)
        return p[0] * p[-1]

    p = [1.0, 2.0]
    assert st.grad(f)(p) == [4.0, 0.0]
    assert p == [1.0, 2.0]


# --- the hierarchy ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        (CaptureError, TypeError), (UnknownFunctionError, CaptureError), (NotScalarError, TypeError),
        (ArgumentError, TypeError), (ShapeError, ValueError), (NotDeterministicError, ValueError),
        (NonFiniteError, ArithmeticError), (MismatchError, ArithmeticError), (errors.FormulaError, ValueError),
        (st.NonFiniteWarning, RuntimeWarning),
    ],
)  # fmt: skip
def test_errors_are_what_numpy_users_expect(kind: type, base: type) -> None:
    assert issubclass(kind, base)
    assert issubclass(kind, Warning) or issubclass(kind, SteepestError)


def test_every_error_is_in_the_picture() -> None:
    kinds = [x for x in vars(errors).values() if isinstance(x, type) and issubclass(x, SteepestError)]
    assert [k.__name__ for k in kinds if k.__name__ not in (errors.__doc__ or "")] == []


def test_the_place_of_a_function() -> None:
    assert errors.place_of(vector).endswith("def vector(x: Any) -> Any:")
    assert errors.place_of(decorated_vector) == errors.place_of(vector)
    assert errors.place_of(functools.partial(vector)) == errors.place_of(vector)
    assert errors.place_of(np.sin) == ""
    assert errors.user_line().startswith("test_errors_noticed.py:")
