"""What Python has to build programs from: functions of all kinds, classes, builtins; and the rest of NumPy."""

from __future__ import annotations

import copy
import functools
import logging
import math
import math as m
from collections.abc import Callable
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
