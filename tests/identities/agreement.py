"""Whether a derived formula is the expected one: as an expression, as numbers, and against differences."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from differentiation import numeric_derivative

from identities.identity import Function, Identity
from steepest.api.declaration import declare, size_names
from steepest.api.examples import is_steady
from steepest.api.examples import points as example_points
from steepest.api.formula import Formula, formula
from steepest.api.text_formula import function_of_text
from steepest.expr.fact import words
from steepest.expr.node import Expr
from steepest.frontends.tracing.capture import Input, capture

NAMES = re.compile(r"[A-Za-z]+")
# distinct, so that a lost transpose does not fit; the matrix mentioned first is tall, or else wide
SIZES = ((4, 3, 5, 2, 6), (3, 4, 2, 5, 6))
Values = dict[str, np.ndarray]


def derived(identity: Identity) -> Formula:
    """The derivative as the library finds it."""
    f = formula(identity.function, **identity.declared)
    return getattr(f, identity.derivative)(identity.by, symmetric=identity.meaning)


def stated(identity: Identity, derivative: Formula) -> Expr:
    """The derivative as the book states it, an expression of the same variables at the same sizes."""
    variables = derivative.source.capture.variables
    shapes = {d.name: d.text for d in derivative.source.declarations}
    f = over(plain(identity.expected, shapes), list(shapes))
    failure: Exception | None = None
    for values in example_points([v.shape for v in variables], seed=0, facts=[v.facts for v in variables]):
        inputs = [
            Input(v.name, x if x.ndim else x[()], v.shape, v.facts) for v, x in zip(variables, values, strict=True)
        ]
        try:
            return capture(f, inputs, lambda g, tracers: g(*tracers)).outputs[0]
        except np.linalg.LinAlgError as error:
            failure = error
    raise AssertionError(f"{identity}: the book's formula is defined nowhere") from failure


def plain(function: Function, shapes: dict[str, str]) -> Callable[..., Any]:
    """A NumPy function; a line of mathematics is read into one, of the variables that occur in it."""
    if not isinstance(function, str):
        return function
    return function_of_text(function, {name: s for name, s in shapes.items() if name in NAMES.findall(function)})[0]


def over(function: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
    """`function` of all variables, of which it uses those it names."""
    used = [names.index(name) for name in inspect.signature(function).parameters]

    def of_all(*args: Any) -> Any:
        return function(*(args[k] for k in used))

    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    of_all.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return of_all


# --- points -------------------------------------------------------------------------------------------


def signed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(0.3, 1.3, shape) * rng.choice([-1.0, 1.0], shape)


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(0.2, 0.9, shape)


def dominant(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Positive; square matrices with a positive determinant, not symmetric."""
    square = len(shape) == 2 and shape[0] == shape[1]
    return rng.uniform(0.2, 0.9, shape) + (shape[0] * np.eye(shape[0]) if square else 0)


def large(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(1.2, 2.4, shape)


def small_then_large(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Matrices small, all else large: inside a polyhedron Ax < b."""
    return rng.uniform(0.02, 0.1, shape) if len(shape) == 2 else rng.uniform(0.5, 0.9, shape)


PLACES = (signed, positive, dominant, large, small_then_large)


def with_facts(a: np.ndarray, facts: Collection[str]) -> np.ndarray:
    """The array changed into one of the declared kind."""
    if "symmetric" in facts:
        a = a + a.T
    if "diagonal" in facts:
        a = np.diag(np.diag(a))
    elif "spd" in facts:
        a = a @ a.T + np.eye(len(a))
    if "positive" in facts or "probability" in facts:
        a = np.abs(a)
    return a / a.sum() if "probability" in facts else a


def points(identity: Identity, count: int) -> list[Values]:
    """Generic points at which the function and the expected derivative are finite."""
    f, names = plain(identity.function, identity.declared), list(identity.declared)
    wanted = over(plain(identity.expected, identity.declared), names)
    whole = f if callable(identity.function) else over(f, names)
    found: list[Values] = []
    for place, order in itertools.product(PLACES, SIZES):
        rng = np.random.default_rng(7)
        for _ in range(count):
            values = _drawn(identity, place, order, rng)
            if all(_is_defined(g, list(values.values())) for g in (whole, wanted)):
                found.append(values)
        if len(found) >= count:
            return found[:count]
    raise AssertionError(f"{identity}: no point was found where it is finite")


def _is_defined(f: Callable[..., Any], args: list[np.ndarray]) -> bool:
    """Whether the value is finite, and not rounding alone, as the determinant of XXᵀ is where X is tall."""
    with np.errstate(all="ignore"), contextlib.suppress(np.linalg.LinAlgError):
        value = f(*args)
        return bool(np.all(np.isfinite(value))) and is_steady(f, args, [value])
    return False


def _drawn(
    identity: Identity, place: Callable[..., np.ndarray], lengths: Sequence[int], rng: np.random.Generator
) -> Values:
    declarations = [declare(name, text) for name, text in identity.declared.items()]
    length = dict(zip(size_names(declarations), lengths, strict=False))
    return {d.name: with_facts(place(rng, tuple(length[s] for s in d.sizes)), words(d.facts)) for d in declarations}


# --- agreement ----------------------------------------------------------------------------------------


def require_stated_value(identity: Identity, derivative: Formula, values: Values) -> None:
    """The derived formula has the value of the book's, and so has the matrix of stacked columns."""
    names = list(identity.declared)
    value = np.asarray(derivative(**values))
    expected = np.asarray(over(plain(identity.expected, identity.declared), names)(*values.values()))
    assert value.shape == expected.shape, f"{identity} has shape {value.shape}, not {expected.shape}"
    _require_close(value, expected, 1e-9, f"{identity} differs from the book")


def require_stacked_value(identity: Identity, derivative: Formula, values: Values) -> None:
    """With columns stacked, the derived tensor is the matrix that Magnus & Neudecker state."""
    value = np.asarray(derivative(**values))
    assert identity.stacked is not None
    matrix = over(identity.stacked, list(identity.declared))(*values.values())
    _require_close(_stack(value, values[identity.by].ndim), matrix, 1e-9, f"{identity}, stacked, differs from the book")


def _stack(tensor: np.ndarray, behind: int) -> np.ndarray:
    rows, columns = tensor.shape[: tensor.ndim - behind], tensor.shape[tensor.ndim - behind :]
    return tensor.reshape(int(np.prod(rows)), int(np.prod(columns)), order="F")


def require_differences(identity: Identity, derivative: Formula, values: Values) -> None:
    """Along random directions the derivative is what differences of the plain function say."""
    f = plain(identity.function, identity.declared)
    names = list(inspect.signature(f).parameters) if isinstance(identity.function, str) else list(identity.declared)
    rng = np.random.default_rng(3)
    x = values[identity.by]
    directions = [rng.uniform(-1, 1, x.shape) for _ in range(2 if identity.derivative == "hessian" else 1)]
    if identity.meaning != "unconstrained":
        directions = [
            np.diag(np.diag(v)) if "diagonal" in identity.declared[identity.by] else v + v.T for v in directions
        ]

    def moved(steps: list[float]) -> np.ndarray:
        there = x + sum(h * v for h, v in zip(steps, directions, strict=True))
        with np.errstate(all="ignore"):
            return np.asarray(f(*({**values, identity.by: there}[name] for name in names)))

    if identity.derivative == "hessian":
        numeric = numeric_derivative(lambda s: numeric_derivative(lambda t: moved([s, t])))
    else:
        numeric = numeric_derivative(lambda t: moved([t]))
    value = np.asarray(derivative(**values))
    for v in directions:
        free = np.tril(v) if identity.meaning == "cookbook" else v  # by each entry that can be chosen, once
        value = np.tensordot(value, free, v.ndim)
    _require_close(value, numeric, 1e-5 if identity.derivative == "hessian" else 1e-7,
                   f"{identity} differs from differences of the function")  # fmt: skip


def _require_close(actual: Any, expected: Any, tolerance: float, complaint: str) -> None:
    size = np.max(np.abs(expected), initial=0.0)
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * (1 + size), err_msg=complaint)
