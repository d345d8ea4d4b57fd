"""Every entrywise NumPy function in the calling forms users write: values, element types, derivatives to order 2."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differentiation import check_function, trace

from steepest.errors import CaptureError
from steepest.frontends.numpy.arithmetic import ENTRYWISE

RNG = np.random.default_rng(20_261_121)

# Where a function is defined and smooth, if not between -2 and 2: one interval for each operand.
DOMAINS: dict[np.ufunc, tuple[tuple[float, float], ...]] = {
    np.sqrt: ((0.2, 2),), np.cbrt: ((0.2, 2),), np.log: ((0.2, 2),), np.log2: ((0.2, 2),), np.log10: ((0.2, 2),),
    np.log1p: ((-0.7, 2),), np.arcsin: ((-0.8, 0.8),), np.arccos: ((-0.8, 0.8),), np.arctanh: ((-0.8, 0.8),),
    np.arccosh: ((1.2, 3),), np.tan: ((-1.2, 1.2),), np.power: ((0.5, 2), (-2, 3)), np.float_power: ((0.5, 2), (-2, 3)),
    np.remainder: ((-5, 5), (0.7, 2)), np.fmod: ((-5, 5), (0.7, 2)), np.floor_divide: ((-5, 5), (0.7, 2)),
    np.true_divide: ((-2, 2), (0.5, 2)), np.reciprocal: ((0.5, 2),),
}  # fmt: skip
NOT_ON_FLOATS = {np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.ldexp}
UFUNCS = [f for f in ENTRYWISE if f not in NOT_ON_FLOATS]


def operands(f: np.ufunc, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    domain = DOMAINS.get(f, ((-2.0, 2.0),) * f.nin)
    return [RNG.uniform(*interval, shape) for interval, shape in zip(domain, shapes, strict=True)]


@pytest.mark.parametrize("f", UFUNCS, ids=lambda f: f.__name__)
def test_arrays_of_one_shape(f: np.ufunc) -> None:
    check_function(f, *operands(f, *[(2, 3)] * f.nin))


@pytest.mark.parametrize("f", [f for f in UFUNCS if f.nin == 2], ids=lambda f: f.__name__)
@pytest.mark.parametrize("shapes", [((2, 1), (3,)), ((), (3,)), ((3,), ()), ((1,), (2, 3)), ((), ())], ids=str)
def test_operands_broadcast(f: np.ufunc, shapes: tuple[tuple[int, ...], ...]) -> None:
    check_function(f, *operands(f, *shapes), order=1)


@pytest.mark.parametrize("f", [f for f in UFUNCS if f.nin == 2], ids=lambda f: f.__name__)
def test_beside_plain_numbers_and_lists(f: np.ufunc) -> None:
    x, y = operands(f, (3,), (3,))
    check_function(lambda a: f(a, float(y[0])), x, order=1)
    check_function(lambda b: f(float(x[0]), b), y, order=1)
    check_function(lambda a: f(a, list(y)), x, order=1)


@pytest.mark.parametrize("f", UFUNCS, ids=lambda f: f.__name__)
def test_element_types_follow_numpy(f: np.ufunc) -> None:
    for dtype in (np.float32, np.float64, np.int64):
        args = [np.ceil(np.abs(x)).astype(dtype) for x in operands(f, *[(3,)] * f.nin)]
        with np.errstate(all="ignore"):
            captured = trace(f, args, range(f.nin))
            assert captured.outputs[0].dtype in (None, f(*args).dtype)


OPERATORS: list[tuple[str, Callable[..., Any]]] = [
    ("a + b", lambda a, b: a + b), ("a - b", lambda a, b: a - b), ("a * b", lambda a, b: a * b),
    ("a / b", lambda a, b: a / b), ("a ** b", lambda a, b: a**b), ("a % b", lambda a, b: a % b),
    ("a // b", lambda a, b: a // b), ("divmod", lambda a, b: divmod(a, b)[1]), ("-a", lambda a, b: -a + b),
    ("+a", lambda a, b: +a + b), ("abs(a)", lambda a, b: abs(a) * b), ("2 ** a", lambda a, b: 2**a + b),
    ("2 / a", lambda a, b: 2 / a + b), ("2 - a", lambda a, b: 2 - a * b), ("a**3", lambda a, b: a**3 + b),
    ("a**4", lambda a, b: a**4 + b), ("a**-2", lambda a, b: a**-2 + b), ("a**0.5", lambda a, b: a**0.5 + b),
    ("a**1", lambda a, b: a**1 + b), ("a**0", lambda a, b: a**0 + b), ("(a**2)**3", lambda a, b: (a**2) ** 3 + b),
    ("sqrt(a)**2", lambda a, b: np.sqrt(a) ** 2 + b), ("abs(a)**2", lambda a, b: abs(a) ** 2 + b),
    ("in place", lambda a, b: _in_place(a, b)), ("comparisons", lambda a, b: (a > b) * a + (a <= b) * b),
    ("masks add", lambda a, b: ((a > b) + (a > 0) * 1.0) * b), ("masks and", lambda a, b: ((a > b) & (b > 0)) * a),
    ("mask or", lambda a, b: ((a > b) | (b > 0)) * a), ("mask not", lambda a, b: ~(a > b) * a),
    ("mask xor", lambda a, b: ((a > b) ^ (b > 1)) * a), ("minus a mask", lambda a, b: a - (a > b)),
    ("ldexp", lambda a, b: np.ldexp(a, np.array([1, -2, 3])) * b), ("modf", lambda a, b: np.modf(a)[0] * b),
]  # fmt: skip


def _in_place(a: Any, b: Any) -> Any:
    total = a * 1.0
    total += b
    total *= a
    total -= 1
    total /= b
    return total


@pytest.mark.parametrize(("name", "f"), OPERATORS, ids=[name for name, _ in OPERATORS])
def test_operators(name: str, f: Callable[..., Any]) -> None:
    check_function(f, RNG.uniform(0.4, 2.2, 3), RNG.uniform(0.6, 1.9, 3))


FUNCTIONS: list[tuple[str, Callable[..., Any]]] = [
    ("where", lambda x: np.where(x > 0, np.exp(x), x**2)), ("where scalar", lambda x: np.where(x > 0, x, 0.0)),
    ("where of a number", lambda x: np.where(x, x**2, 1.0)), ("clip", lambda x: np.clip(x, -0.5, 0.7)),
    ("clip one side", lambda x: np.clip(x, None, 0.7)), ("clip min=", lambda x: np.clip(x, min=-0.1)),
    ("clip by arrays", lambda x: np.clip(x, x**2 - 1, x + 1)), ("x.clip", lambda x: x.clip(-0.5, 0.5)),
    ("nan_to_num", lambda x: np.nan_to_num(x * np.array([1, np.nan, 1, 1]), nan=3.0)),
    ("round", lambda x: np.round(x * 10, 1) + x), ("fix", lambda x: np.fix(3 * x) + x),
    ("real", lambda x: np.real(x) * x),
    ("angle", lambda x: np.angle(x + 1j * x**2)), ("conj", lambda x: np.real(np.conj(x + 1j) * (x - 2j))),
    ("abs of complex", lambda x: np.abs(x + 2j * x**2)), ("imag", lambda x: np.imag(np.exp(1j * x))),
    ("degrees", lambda x: np.degrees(x) + np.deg2rad(x)), ("isclose", lambda x: np.isclose(x, 0.0) + x),
    ("dtype=", lambda x: np.add(x, 1, dtype=np.float64)), ("logaddexp", lambda x: np.logaddexp(x, 2 * x)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f"), FUNCTIONS, ids=[name for name, _ in FUNCTIONS])
def test_relatives(name: str, f: Callable[..., Any]) -> None:
    check_function(f, np.array([0.31, -0.83, 1.27, -1.9]))


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: np.exp(x, where=x > 0), "np.where"),
    ],
)
def test_what_cannot_be_recorded_is_refused(f: Callable[..., Any], message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # NumPy too says that where= needs out=
        with pytest.raises(CaptureError, match=message):
            trace(f, [np.array([0.3, -0.8])], [0])
