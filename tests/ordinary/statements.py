"""Statements: branches, matches, exceptions, contexts, assignments."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from .suite import Family

FAMILY = Family("Statements")


@FAMILY
def branches(x: Any) -> Any:
    """Branches on values: if x[0] > 0.5 and x[1] < 0"""
    if x[0] > 0.5 and x[1] < 0:
        y = x[0] ** 2
    elif x[2] > 1:
        y = x[1]
    else:
        y = 0.0
    return y * x[2]


@FAMILY
def chained_comparisons(x: Any) -> Any:
    """Comparisons in a chain: 0 < x[0] < x[2] <= 3"""
    return x[0] ** 2 if 0 < x[0] < x[2] <= 3 else x[1]


@FAMILY
def conditional_expressions(x: Any) -> Any:
    """Conditional expressions: x[0] if x[1] > 0 else x[2] ** 2"""
    y = x[0] if x[1] > 0 else x[2] ** 2
    return y * (x[3] or 1.0) * (x[0] and x[1])


@FAMILY
def early_return(x: Any) -> Any:
    """Early returns: if v < 0: return v**2"""
    for v in x:
        if v < 0:
            return v**2 * x[0]
    return x.sum()


@FAMILY
def match_values(x: Any) -> Any:
    """Matching values: match int(np.sign(x[0])): case 1:"""
    match int(np.sign(x[0])):
        case 1:
            return x[0] ** 3
        case -1:
            return x[1]
        case _:
            return x[2]


match_values.__doc__ = "Matching values: match int(np.sign(x[0]))"


@FAMILY
def match_shapes(x: Any) -> Any:
    """Matching structure: case {"kind": "pair", "items": [a, b]}"""
    match {"kind": "pair", "items": [x[0], x[1]]}:
        case {"kind": "pair", "items": [a, b]} if a > b:
            return a * b**2
        case {"kind": str()}:
            return x[0]
    return x[1]


@FAMILY
def match_types(x: Any) -> Any:
    """Matching types: case float()"""
    match x[0]:
        case int():
            return x[1]
        case float():
            return x[0] ** 2
    return x[2]


@FAMILY
def match_arrays(x: Any) -> Any:
    """Matching classes: case np.ndarray(ndim=1)"""
    match x:
        case np.ndarray(ndim=2):
            return x[0, 0]
        case np.ndarray(ndim=1):
            return x[0] * x[1]
    return x[2]


@FAMILY
def walrus(x: Any) -> Any:
    """Assignments in expressions: (s := np.sum(x**2)) > 1"""
    if (s := np.sum(x**2)) > 1:
        return s * x[0]
    return x[1]


@FAMILY
def exceptions(x: Any) -> Any:
    """Exceptions: except IndexError"""
    try:
        y = x[10]
    except IndexError:
        y = x[0] ** 3
    else:
        y = x[1]
    finally:
        z = x[1]
    return y * z


@FAMILY
def exceptions_of_values(x: Any) -> Any:
    """Exceptions raised on values: except ZeroDivisionError"""

    def divided(a: Any, b: Any) -> Any:
        if b < 0:
            raise ZeroDivisionError("negative")
        return a / b

    try:
        return divided(x[0], x[1])
    except ZeroDivisionError:
        return divided(x[0], x[2]) ** 2


@FAMILY
def finally_after_return(x: Any) -> Any:
    """Cleaning up: finally: seen.append(1)"""
    seen: list[int] = []
    try:
        return x[0] ** 2 * x[1]
    finally:
        seen.append(1)


@FAMILY
def assertions(x: Any) -> Any:
    """Assertions: assert np.all(np.isfinite(x))"""
    assert x.ndim == 1
    assert np.all(np.isfinite(x)), f"{x} is not finite"
    return x[0] * x[1]


@FAMILY
def error_states(x: Any) -> Any:
    """Contexts of NumPy: with np.errstate(divide="ignore", invalid="ignore")"""
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(x > 0, np.log(x), 0.0)
    with np.printoptions(precision=3), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return y @ x


@contextlib.contextmanager
def doubled(v: Any) -> Iterator[Any]:
    yield v * 2


@FAMILY
def context_managers(x: Any) -> Any:
    """Contexts made of generators: with doubled(x) as z"""
    with doubled(x) as z, contextlib.suppress(KeyError):
        y = np.sum(z**2)
        {}["missing"]
    return y * x[0]


@FAMILY
def printing(x: Any) -> Any:
    """Printing and logging: logging.getLogger("ordinary").debug("x = %s", x)"""
    print(x, x[0], file=io.StringIO())
    logging.getLogger("ordinary").debug("x = %s", x)
    return x.prod()


@FAMILY
def deleted(x: Any) -> Any:
    """Deletions: del items[1]"""
    items = list(x)
    del items[1]
    y = x.sum()
    del x
    return y * items[1]


@FAMILY
def swapped(x: Any) -> Any:
    """Several assignments at once: a, b = b, a + b"""
    a, b = x[0], x[1]
    for _ in range(4):
        a, b = b, a + b * x[2]
    c = d = a
    return c * d + b


@FAMILY
def comparisons_of_arrays(x: Any) -> Any:
    """Arrays compared as a whole: if (x > -2).all() and not np.array_equal(x, x[::-1])"""
    if (x > -2).all() and not np.array_equal(x, x[::-1]):
        return x @ x
    return x[0]


@FAMILY
def identity_and_membership(x: Any) -> Any:
    """Identity and membership: if y is None"""
    y = None
    if y is None and "a" in {"a": x[0]} and x is not None:
        y = x[0] ** 2
    return y if y not in (None, 3.0) else x[1]


@FAMILY
def recursion_with_memory(x: Any) -> Any:
    """Results remembered in a dict: memory[n] = fib(n - 1) + fib(n - 2)"""
    memory = {0: x[0], 1: x[1]}

    def fib(n: int) -> Any:
        if n not in memory:
            memory[n] = fib(n - 1) + fib(n - 2)
        return memory[n] * 0.9

    return fib(8) * x[2]
