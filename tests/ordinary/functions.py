"""Functions of all kinds, and how they reach each other."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.linalg as la
from numpy import array as make_array

from . import another_module, everything_imported
from .another_module import filled
from .suite import Family

FAMILY = Family("Functions")
SCALE = 1.7
SETTINGS = {"scale": 2.0, "powers": [1, 2, 3]}
WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0])
BY_NAME: dict[str, Callable[[Any], Any]] = {"square": lambda v: v**2, "pair": lambda v: make_array([v, 1.0]).sum()}


def power_of(a: Any, b: int = 2) -> Any:
    return SCALE * a**b


cubed = functools.partial(power_of, b=3)


@FAMILY
def helpers(x: Any) -> Any:
    """Functions that call functions: power_of(v, 3)"""
    return sum(power_of(v, 3) for v in x) + power_of(x[0])


@FAMILY
def global_values(x: Any) -> Any:
    """Globals: WEIGHTS @ x * SETTINGS["scale"]"""
    return WEIGHTS @ x * SETTINGS["scale"] + sum(x[0] ** k for k in SETTINGS["powers"]) * SCALE


@FAMILY
def other_modules(x: Any) -> Any:
    """Functions of other modules: another_module.energy(x)"""
    return another_module.energy(x) + filled(x[0], 3).sum() + another_module.CONSTANT * x[1] ** 2


@FAMILY
def local_imports(x: Any) -> Any:
    """Imports inside: import math as m"""
    import math as m  # noqa: PLC0415

    from numpy import stack  # noqa: PLC0415

    return m.exp(x[0]) + stack([x, x**2]).prod()


@FAMILY
def star_import(x: Any) -> Any:
    """Modules that import everything: everything_imported.norm(x)"""
    return everything_imported.norm(x) + everything_imported.pair(x[1], x[2])


@FAMILY
def aliases(x: Any) -> Any:
    """Other names for libraries and functions: la.norm(x) * make_array([x[0], 1.0]).sum()"""
    add = np.add
    return la.norm(x) * make_array([x[0], 1.0]).sum() + add(x, x).prod()


def doubled(g: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(g)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return 2 * g(*args, **kwargs)

    return wrapper


def times(factor: Any) -> Callable[..., Any]:
    def decorator(g: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: factor * g(*args)

    return decorator


@doubled
@times(1.5)
def decorated_helper(a: Any) -> Any:
    return np.array([a, a**2]).sum()


@FAMILY
@doubled
def decorated(x: Any) -> Any:
    """Decorators, with and without arguments: @times(1.5)"""
    return decorated_helper(x[0]) * x[1]


@FAMILY
def partials(x: Any) -> Any:
    """Partial functions: functools.partial(power_of, b=3)"""
    return cubed(x).sum() + functools.partial(power_of, x[0])(b=2) + functools.partial(np.power, x[2])(3.0)


@functools.lru_cache
def factorial(n: int) -> float:
    return 1.0 if n == 0 else n * factorial(n - 1)


@functools.cache
def table(n: int) -> Any:
    return np.full(n, 0.5)


@FAMILY
def cached(x: Any) -> Any:
    """Functions with a cache: @functools.lru_cache"""
    return sum(x[0] ** k / factorial(k) for k in range(6)) + table(4) @ x


@FAMILY
def recursion(x: Any) -> Any:
    """Recursion: horner(c[1:], t)"""

    def horner(c: Any, t: Any) -> Any:
        return c[0] if len(c) == 1 else c[0] + t * horner(c[1:], t)

    return horner(x, 0.7) + horner([1.0, 2.0, 3.0], x[0])


def even(n: int, x: Any) -> Any:
    return x if n == 0 else np.sin(odd(n - 1, x))


def odd(n: int, x: Any) -> Any:
    return np.cos(even(n - 1, x)) * x


@FAMILY
def mutual_recursion(x: Any) -> Any:
    """Functions that call each other: odd(n - 1, x)"""
    return even(4, x).sum()


@FAMILY
def closures(x: Any) -> Any:
    """Closures over traced values: add = lambda v: c * v"""
    c = x[0]
    add = lambda v: c * v  # noqa: E731
    powers = [lambda v, k=k: v**k for k in range(1, 4)]
    return add(x[1]) + sum(f(x[2]) for f in powers) + (lambda a: (lambda b: a * b)(x[1]))(x[3])


@FAMILY
def nonlocal_state(x: Any) -> Any:
    """A closure that counts: nonlocal total"""
    total = 0.0

    def add(v: Any) -> None:
        nonlocal total
        total = total + x[0] * v * v

    for v in x:
        add(v)
    return total


@FAMILY
def default_arguments(x: Any, weights: Any = np.array([1.0, 2.0, 3.0, 4.0]), power: int = 3) -> Any:  # noqa: B008
    """Defaults: weights=np.array([1.0, 2.0, 3.0, 4.0])"""
    return weights @ x**power


default_arguments.__doc__ = "Defaults: power: int = 3"


def with_keywords(a: Any, b: Any, /, *more: Any, c: Any, d: Any = 1.0, **others: Any) -> Any:
    return a * b + c * d + sum(more) + sum(others.values())


@FAMILY
def arguments_of_all_kinds(x: Any) -> Any:
    """Arguments of all kinds: with_keywords(*x[:2], x[0], c=x[2], **named)"""
    named = {"d": x[3], "e": x[0] ** 2}
    return with_keywords(*x[:2], x[0], c=x[2], **named)


@FAMILY
def functions_in_containers(x: Any) -> Any:
    """Functions in dicts and lists: BY_NAME["square"](x[0])"""
    return BY_NAME["square"](x[0]) * BY_NAME["pair"](x[1]) + sum(f(x[2]) for f in (np.sin, np.exp, lambda t: t**2))


@FAMILY
def functions_as_arguments(x: Any) -> Any:
    """Functions as arguments: integrate(np.exp, 0.0, x[0])"""

    def integrate(f: Callable[[Any], Any], a: Any, b: Any, n: int = 8) -> Any:
        grid = np.linspace(a, b, n + 1)
        return np.sum((f(grid[1:]) + f(grid[:-1])) / 2) * (b - a) / n

    return integrate(np.exp, 0.0, x[0]) + integrate(lambda t: t**2 * x[1], x[1], x[2])


def compose(*functions: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return functools.reduce(lambda f, g: lambda x: g(f(x)), functions)


composed = compose(np.sin, lambda v: v**2, np.sum)


@FAMILY
def composed_functions(x: Any) -> Any:
    """Functions that make functions: compose(np.sin, lambda v: v**2, np.sum)"""
    return composed(x) * x[0]


composed_functions.__doc__ = "Functions that make functions: composed(x) * x[0]"


@functools.singledispatch
def size_of(x: Any) -> Any:
    return (x**2).sum()


@size_of.register
def _(x: list) -> Any:
    return sum(size_of(v) for v in x)


@FAMILY
def dispatch_by_type(x: Any) -> Any:
    """Dispatch by type: size_of([x[:2], x[2:]])"""
    return size_of([x[:2], x[2:]])


@np.vectorize
def clipped_sine(t: Any) -> Any:
    return np.sin(t) if t > 0 else 0.0


@FAMILY
def vectorize(x: Any) -> Any:
    """A function of numbers made one of arrays: np.vectorize(lambda a, b: a * b if a > b else a)"""
    return (
        np.sum(np.vectorize(lambda a, b: a * b if a > b else a)(x, 0.5))
        + clipped_sine(x).prod()
        + clipped_sine(x[:1])[0]
    )


@FAMILY
def vectorize_with_signature(x: Any) -> Any:
    """Vectorised over rows: np.vectorize(lambda r, s: r @ r * s, signature="(n),()->()")"""
    row = np.vectorize(lambda r, s: r @ r * s, signature="(n),()->()")
    return np.sum(row(x.reshape(2, 2), x[:2]))


@FAMILY
def vectorize_with_settings(x: Any) -> Any:
    """Vectorised, with an argument left out: np.vectorize(power, excluded=["p"])"""

    def power(t: Any, p: int) -> Any:
        return t**p if t > 0 else -t

    return np.sum(np.vectorize(power, excluded=["p"])(x, p=3))


@FAMILY
def code_in_a_string(x: Any) -> Any:
    """Code in text: eval("x[0] ** 2 + np.array([x[1], 1.0]).sum()")"""
    space = {"x": x, "np": np}
    exec("y = np.zeros(2)\ny[0] = x[2] * 3", space)
    return eval("x[0] ** 2 + np.array([x[1], 1.0]).sum()") + space["y"].sum()  # type: ignore[index]


made: dict[str, Any] = {}
exec("import math\ndef of_text(t):\n    return math.sin(t) * math.pi", made)


@FAMILY
def functions_made_of_text(x: Any) -> Any:
    """Functions made of text: made["of_text"](x[0])"""
    f = types.FunctionType((lambda t: t**2).__code__, globals())
    return made["of_text"](x[0]) + f(x[1])


total_of_calls = 0.0


@FAMILY
def global_statement(x: Any) -> Any:
    """A global assigned: global total_of_calls"""
    global total_of_calls
    total_of_calls = x[0] * 2
    return total_of_calls * x[1]


@FAMILY
def function_attributes(x: Any) -> Any:
    """Attributes of functions: helpers.factor = 2.0"""

    def g(v: Any) -> Any:
        return g.factor * v**2  # type: ignore[attr-defined]

    g.factor = x[0]  # type: ignore[attr-defined]
    return g(x[1])


function_attributes.__doc__ = "Attributes of functions: g.factor = x[0]"
