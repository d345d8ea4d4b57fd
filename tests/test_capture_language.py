"""What Python has to build programs from: functions of all kinds, classes, builtins; and the rest of NumPy."""

from __future__ import annotations

import abc
import contextlib
import copy
import dataclasses
import enum
import functools
import logging
import math
import math as m
import typing
from collections.abc import Callable, Iterator
from math import sqrt
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special as sp
from numpy import array as make_array
from programs import Program, Programs, check_gradient

program = Programs()


SCALE = 1.7


# --- functions of all kinds ---------------------------------------------------------------------------


def power_of(a: Any, b: int = 2) -> Any:
    return SCALE * a**b


cubed = functools.partial(power_of, b=3)


@program
def helper_functions(x: Any) -> Any:
    return sum(power_of(v, 3) for v in x) + cubed(x).sum() + power_of(x[0])


def doubled(g: Program) -> Program:
    @functools.wraps(g)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return 2 * g(*args, **kwargs)

    return wrapper


@program
@doubled
def decorated(x: Any) -> Any:
    y = np.zeros(2)
    y[0] = x[0] ** 2
    return y.sum()


@functools.lru_cache(None)
def factorial(n: int) -> float:
    return 1.0 if n == 0 else n * factorial(n - 1)


@functools.cache
def filled(n: int) -> Any:
    return np.full(n, 0.5)


@program
def cached_helpers(x: Any) -> Any:
    return sum(x[0] ** k / factorial(k) for k in range(8)) + filled(4) @ x


def nested_sine(x: Any, n: int) -> Any:
    return x if n == 0 else np.sin(nested_sine(x, n - 1))


@program
def recursion(x: Any) -> Any:
    def evaluate(node: Any) -> Any:
        return evaluate(node[0]) * evaluate(node[1]) if isinstance(node, tuple) else np.sin(node)

    return nested_sine(x, 3).sum() + evaluate((x[0], ((x[1], x[2]), x[3])))


@program
def closures(x: Any) -> Any:
    c, total = x[0], 0.0

    def add(v: Any) -> None:
        nonlocal total
        total = total + c * v * v

    for v in x:
        add(v)
    powers = [lambda v, k=k: v**k for k in range(1, 4)]
    return total + sum(f(x[0]) for f in powers) + (lambda a: (lambda b: a * b)(x[1]))(x[0])


def with_keywords(a: Any, b: Any, *more: Any, c: Any, d: Any = 1.0) -> Any:
    return a * b + c * d + sum(more)


@program
def arguments_of_all_kinds(x: Any, weights: Any = None, matrix: Any = np.diag([1.0, 2.0, 3.0, 4.0])) -> Any:  # noqa: B008
    if weights is None:
        weights = np.ones(len(x))
    return with_keywords(*x[:2], x[0], c=x[2], d=x[3]) + weights @ x**2 + x @ matrix @ x


def apply(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return f(*args, **kwargs)


def filled_and_squared(x: Any, n: int) -> Any:
    y = np.zeros(n)
    y[:] = x[:n]
    return y @ y


BY_NAME = {"square": lambda v: np.array([v, 1.0]) @ np.array([v, 2.0]), "same": lambda v: v}


@program
def functions_as_values(x: Any, f: Callable[..., Any] = filled_and_squared) -> Any:
    by_name = sum(g(v) for g, v in zip(BY_NAME.values(), x, strict=False))
    return apply(filled_and_squared, x, n=2) + apply(lambda v: np.array([v[0], 2.0]).sum(), x) + f(x, 3) + by_name


@functools.singledispatch
def dispatched(x: Any) -> Any:
    return (x**2).sum()


@np.vectorize
def clipped_sine(t: Any) -> Any:
    return math.sin(t) if t > 0 else 0.0


@program
def entry_by_entry(x: Any) -> Any:
    local = np.vectorize(lambda a, b: a * b if a > b else 0.0, otypes=[float])
    collected = np.fromiter((v**2 for v in x), float)
    along = np.apply_along_axis(lambda r: r[0] * r[1], 1, x.reshape(2, 2))
    return clipped_sine(x).sum() + local(x, 0.5).sum() + dispatched(x) + collected.sum() + along.sum()


total_of_calls = 0.0


def read_total() -> Any:
    return total_of_calls


@program
def global_statement(x: Any) -> Any:
    global total_of_calls
    total_of_calls = x[0] * 2
    return read_total() * x[1]


@program
def imports_inside(x: Any) -> Any:
    from math import exp  # noqa: PLC0415

    import numpy as other  # noqa: PLC0415

    return other.array([x[0], x[1]]).sum() * exp(x[2])


@program
def evaluated_text(x: Any) -> Any:
    return eval("x[0]**2 + np.array([x[1], 1.0]).sum()")


# --- classes ------------------------------------------------------------------------------------------


class Layer:
    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, x: Any) -> Any:
        y = np.zeros(2)
        for i in range(2):
            y[i] = math.tanh(x[i] * self.weight)
        return y


class Network:
    def __init__(self) -> None:
        self.layers = [Layer(1.0), Layer(0.5)]
        self.by_name = {"last": Layer(2.0)}
        self.activation = lambda v: np.array([v[0], v[1] ** 2])

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return self.activation(self.by_name["last"](x))


network = Network()


@program
def callable_objects(x: Any) -> Any:
    return network(x[:2]).sum()


class Shape(abc.ABC):
    factor = 2.0

    def __init__(self, size: Any) -> None:
        self.size = size

    @abc.abstractmethod
    def area(self, x: Any) -> Any: ...

    def scaled(self, x: Any) -> Any:
        parts = np.empty(2)
        parts[0] = self.area(x)
        parts[1] = self.size
        return parts.sum() * self.factor


class Square(Shape):
    def __init__(self, size: Any) -> None:
        super().__init__(size * 2)

    def area(self, x: Any) -> Any:
        return np.array([x[0], self.size]).prod()

    def scaled(self, x: Any) -> Any:
        self.last = x
        return super().scaled(x) + self.doubled

    @property
    def doubled(self) -> Any:
        return np.array([self.size, 1.0]).sum()

    @functools.cached_property
    def once(self) -> Any:
        return np.array([self.size, 2.0]).prod()

    @staticmethod
    def twice(x: Any) -> Any:
        return np.array([x, x]).sum()

    @classmethod
    def of(cls, x: Any) -> Any:
        return cls(x).scaled(np.ones(2))

    def __add__(self, other: Square) -> Square:
        return Square(self.size + other.size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Square) and bool(self.size == other.size)

    __hash__ = None  # type: ignore[assignment]


square = Square(1.5)


@program
def inheritance(x: Any) -> Any:
    return square.scaled(x) + square.once


@program
def objects_made_inside(x: Any) -> Any:
    made = Square(x[0]).scaled(x) + Square.twice(x[1]) + Square.of(x[2]) + Square(x[3]).once
    return made + (Square(x[0]) + Square(x[1])).scaled(x)


class Dual:
    __slots__ = ("im", "re")

    def __init__(self, re: Any, im: Any) -> None:
        self.re, self.im = re, im

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.re * other.re, self.re * other.im + self.im * other.re)


TWO_THREE = Dual(2.0, 3.0)
OUT_OF_REACH = {Dual(5.0, 7.0)}


@program
def slotted_objects(x: Any) -> Any:
    product = TWO_THREE * Dual(x[0], 1.0) * Dual(x[1], x[2])
    (from_a_set,) = OUT_OF_REACH  # which is the original, of the original class
    return product.re + product.im + (from_a_set.re * x[3] if isinstance(from_a_set, Dual) else x[2])


@dataclasses.dataclass
class Point:
    a: Any
    b: Any

    def norm(self) -> Any:
        return sqrt(self.a**2 + self.b**2)


class Pair(typing.NamedTuple):
    a: Any
    b: Any

    def total(self) -> Any:
        return np.array([self.a, self.b]).sum()


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@program
def records(x: Any) -> Any:
    p = Pair(x[0], x[1])
    a, b = p
    colour = Colour.RED if x[0] > 0 else Colour.BLUE
    return Point(x[0], x[1]).norm() + a * b + p.total() + p._replace(a=x[2]).a + {Colour.RED: x[0] ** 2}[colour]


class Manager:
    def __enter__(self) -> Manager:
        return self

    def __exit__(self, *_: object) -> None: ...

    def value(self, x: Any) -> Any:
        return np.array([x, 1.0]).prod()


@contextlib.contextmanager
def twice(v: Any) -> Iterator[Any]:
    yield v * 2


@program
def context_managers(x: Any) -> Any:
    with np.errstate(all="ignore"), twice(x) as z, Manager() as manager:
        return (z**2).sum() + manager.value(x[0])


# --- builtins, math, text -----------------------------------------------------------------------------


@program
def builtins_on_numbers(x: Any) -> Any:
    return abs(x[1]) * 3 + pow(x[0], 3) + divmod(x[0], 0.3)[1] + float(x[0]) * 2 + float(np.sum(x**2)) + sum(x, 1.0)


@program
def complex_numbers(x: Any) -> Any:
    z = complex(x[0], x[1])
    return (z**2 + 1).real + abs(z) + abs(x[0] + 1j * x[2]) ** 2


@program
def math_functions(x: Any) -> Any:
    angles = math.atan2(x[0], x[1]) + m.sin(x[0]) + math.acos(x[3]) + math.degrees(x[0])
    sizes = math.hypot(*x) + math.dist(x[:2], x[2:]) + math.fsum(x) + math.prod(x)
    powers = math.pow(x[2], 1.5) + math.log(x[2], 2) + math.log(x[2]) + math.expm1(x[0]) + math.cbrt(x[2])
    rests = math.fmod(x[2], 0.8) + math.remainder(x[2], 0.8) + math.copysign(1, x[1]) * x[0] + math.modf(x[2])[0]
    return angles + sizes + powers + rests + math.erf(x[0]) + math.gamma(x[2]) + math.lgamma(x[2])


@program
def math_questions(x: Any) -> Any:
    if math.isnan(x[1]) or math.isinf(x[1]) or math.isclose(x[0], x[0] + 1e-7):
        return x[0]
    return x[1] ** 2 if math.isclose(x[0], x[0] * (1 + 1e-12)) else x[0]


@program
def types_asked(x: Any) -> Any:
    if not (isinstance(x, np.ndarray) and isinstance(x[0], float) and type(x) is np.ndarray):
        return x[1]
    if not (type(x[0]) is np.float64 and float is float and isinstance(1, int) and int is int):
        return x[1] ** 2
    if x.dtype != float or x.dtype != np.float64 or not np.issubdtype(x.dtype, np.floating):
        return x[1] ** 3
    if not np.isscalar(x[0]) or np.isscalar(x) or hasattr(x[0], "__len__") or not hasattr(x, "mean"):
        return x[1] ** 4
    return x[0] * 2


@program
def text_made(x: Any) -> Any:
    text = f"{x[0]:.3f} {x} {x.sum()!r}" + str(x) + ", ".join(f"{v:.2f}" for v in x)
    logging.getLogger("programs").debug("x = %s", x)
    return x.sum() ** 2 if text else 0.0


@program
def copies(x: Any) -> Any:
    return (copy.deepcopy(x) * copy.copy(x)).sum() + copy.deepcopy([x[0], {"a": x[1]}])[1]["a"]


# --- NumPy and SciPy ----------------------------------------------------------------------------------


@program
def arrays_of_traced_numbers(x: Any) -> Any:
    a = np.array([[x[0], x[1]], [x[2], 1.0]])
    b = make_array((x[1], 2), dtype=float)
    stacked = np.stack([x[:2], np.ones(2), [x[0], 3.0]]).sum(0)
    return np.linalg.det(a) + b @ stacked + np.array(list(x)) @ np.asarray(tuple(x)) + np.float64(x[0])


@program
def row_and_column_stackers(x: Any) -> Any:
    return np.sum(np.r_[x[0], x[1:], 1.0] ** 2) + np.sum(np.c_[x, x**2] ** 2)


@program
def linear_algebra(x: Any) -> Any:
    a = np.outer(x, x) + 4 * np.eye(4)
    return np.linalg.solve(a, x) @ x + np.linalg.norm(x) + np.linalg.slogdet(a)[1] + scipy.linalg.solve(a, x).sum()


@program
def reductions(x: Any) -> Any:
    by_ufunc = np.add.reduce(x**2) + np.maximum.reduce(x) + np.add.accumulate(x)[2] + np.multiply.outer(x, x).sum()
    return x.mean() + x.std() + np.var(x) + np.median(x) + np.cumsum(x) @ np.cumprod(x) + np.diff(x) @ x[1:] + by_ufunc


@program
def branches_not_taken(x: Any) -> Any:
    return np.where(x > 0, np.sqrt(np.abs(x)), x**2).sum() + np.sum([sqrt(v) if v > 0 else 0.0 for v in x])


@program
def grids(x: Any) -> Any:
    a, b = np.meshgrid(x[:2], x[2:])
    return (a * b).sum() + np.outer(x, x)[np.ix_([0, 2], [1, 3])].sum() + np.linspace(x[0], x[2], 5) @ np.arange(5.0)


@program
def special_functions(x: Any) -> Any:
    return sp.expit(x).sum() + sp.logsumexp(x) + sp.gammaln(x[2]) + sp.erf(x[0])


@program
def methods(x: Any) -> Any:
    chained = x.reshape(2, 2).T.ravel().cumsum().mean() * x.astype(float).max()
    return chained + x.dot(x) + x.clip(0, 1).sum() + x.prod() + x.std()


@pytest.mark.filterwarnings("ignore::steepest.SideEffectWarning")
@pytest.mark.parametrize("name", program)
def test_gradient(name: str) -> None:
    check_gradient(program[name])
