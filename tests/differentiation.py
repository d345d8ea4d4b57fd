"""The check every derivative goes through: numeric = forward = reverse = Jacobian, to any order.

`check_expression` takes an expression, `check_function` a plain NumPy function. A failure says which
derivative of which is wrong: "reverse of forward of softmax by x: …".
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import optree
from reference import evaluate

from steepest.calculus.forward import jvp
from steepest.calculus.jacobian import jacobian_forward, jacobian_reverse
from steepest.calculus.reverse import vjp
from steepest.engines.python.compile import evaluate as compile_and_run
from steepest.errors import ArgumentError
from steepest.expr.build import is_zero, variable
from steepest.expr.dtype import is_complex
from steepest.expr.node import Expr, Variable
from steepest.frontends.tracing.capture import Capture, Input, capture

Evaluate = Callable[[Sequence[Expr], Mapping[Variable, Any]], list[np.ndarray]]
Env = Mapping[Variable, Any]


def python_engine(outputs: Sequence[Expr], env: Env) -> list[np.ndarray]:
    with np.errstate(all="ignore"):
        return [np.asarray(value) for value in compile_and_run(outputs, env)]


ENGINES: dict[str, Evaluate] = {"python": python_engine}

STEPS = 0.02 * 0.25 ** np.arange(6)
EXACT = 1e-10  # two symbolic answers differ by rounding alone


# --- numeric derivatives ----------------------------------------------------------------------------


@np.errstate(all="ignore")
def numeric_derivative(f: Callable[[float], np.ndarray]) -> np.ndarray:
    """f′(0) by central differences at falling steps, extrapolated to step 0 (Ridders 1982).

    Entry by entry the estimate is taken that agrees best with the one before it, so a pole or a kink nearby
    spoils the wide steps only.
    """
    best: np.ndarray = np.array(np.nan)
    least: np.ndarray = np.array(np.inf)
    previous: list[np.ndarray] = []
    for h in STEPS:
        row = [(1.0 * f(h) - 1.0 * f(-h)) / (2 * h)]
        for k, coarser in enumerate(previous):
            factor = 16.0 ** (k + 1)  # the error is a series in h², and h falls by 4
            row.append((factor * row[k] - coarser) / (factor - 1))
        for k, coarser in enumerate(previous):
            gap = np.abs(row[k + 1] - row[k]) + np.abs(row[k + 1] - coarser)
            best, least = np.where(gap < least, row[k + 1], best), np.fmin(least, gap)
        previous = row
    return best


def numeric_jvp(y: Expr, env: Env, x: Variable, dx: Any) -> np.ndarray:
    """The directional derivative of `y` at `env` along dx, from values that no engine had a hand in."""
    return numeric_derivative(lambda h: evaluate([y], {**env, x: env[x] + h * dx})[0])


# --- expressions ------------------------------------------------------------------------------------


def check_expression(
    y: Expr, env: Env, x: Variable, order: int = 2, rtol: float = 1e-7, atol: float = 1e-9,
    engine: Evaluate = evaluate, path: str = "y", rng: np.random.Generator | None = None,
) -> None:  # fmt: skip
    """Every way to differentiate `y` by `x` gives one answer; so does every way to differentiate that."""
    rng = np.random.default_rng(11) if rng is None else rng
    dx, g = _fresh("t", x.shape, x.dtype, order), _fresh("g", y.shape, y.dtype, order)
    env = {**env, dx: draw(rng, dx), g: draw(rng, g)}
    where = f"{path} by {x.name}"
    forward, (pulled,) = jvp(y, {x: dx}), vjp(y, [x], g)
    assert forward.shape == y.shape, f"forward of {where} has shape {forward.shape}, not {y.shape}"
    assert pulled.shape == x.shape, f"reverse of {where} has shape {pulled.shape}, not {x.shape}"
    pushed, back = engine([forward, pulled], env)
    numeric = numeric_jvp(y, env, x, env[dx])
    assert_close(pushed, numeric, rtol, atol, f"forward of {where} differs from numeric")
    check_pairing(env[g], pushed, back, env[dx], f"reverse of {where} differs from forward")
    check_jacobians(y, env, x, dx, pushed, engine, where)
    if order > 1:
        for mode, derivative in (("forward", forward), ("reverse", pulled)):
            if not is_zero(derivative):
                check_expression(derivative, env, x, order - 1, rtol, atol, engine, path=f"{mode} of {where}", rng=rng)


def check_pairing(g: Any, pushed: Any, pulled: Any, dx: Any, complaint: str) -> None:
    """⟨g, J dx⟩ = ⟨Jᵀ g, dx⟩, where complex numbers pair as Re(Σ g·t)."""
    left, right = np.sum(g * pushed).real, np.sum(pulled * dx).real
    assert_close(right, left, EXACT, EXACT * (1 + np.sum(np.abs(g * pushed)) + np.sum(np.abs(pulled * dx))), complaint)


def check_jacobians(y: Expr, env: Env, x: Variable, dx: Variable, pushed: Any, engine: Evaluate, where: str) -> None:
    """J · dx is the directional derivative; of a complex input where there is such a J, else it is refused."""
    for name, build in (("forward", jacobian_forward), ("reverse", jacobian_reverse)):
        try:
            jacobian = build(y, x)
        except ArgumentError:
            assert is_complex(x.dtype), f"{name} Jacobian of {where} is refused"
            continue
        assert jacobian.shape == y.shape + x.shape, f"{name} Jacobian of {where} has shape {jacobian.shape}"
        (value,) = engine([jacobian], env)
        size = EXACT * (1 + np.sum(np.abs(value)))
        along = np.tensordot(value, env[dx], len(x.shape))
        along = along if is_complex(y.dtype) else along.real
        assert_close(along, pushed, EXACT, size, f"{name} Jacobian of {where} differs from forward")


def assert_close(actual: Any, expected: Any, rtol: float, atol: float, complaint: str) -> None:
    """Equal up to `rtol` times the largest entry, plus `atol`."""
    scale = np.max(np.abs(expected), initial=0.0)
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol + rtol * scale, err_msg=complaint)


def draw(rng: np.random.Generator, like: Expr) -> np.ndarray:
    """Normal numbers of the shape and type of `like`."""
    value = rng.normal(size=like.shape)
    if is_complex(like.dtype):
        value = value + 1j * rng.normal(size=like.shape)
    return np.asarray(value, dtype=like.dtype)


def _fresh(name: str, shape: Sequence[int], dtype: Any, order: int) -> Variable:
    """A symbol that no other order of the check uses; plain numbers and counts vary as floats."""
    floating = dtype if dtype is not None and dtype.kind in "fc" else np.dtype(np.float64)
    return variable(f"{name}{order}", shape, floating)


# --- functions --------------------------------------------------------------------------------------


def check_function(
    f: Callable[..., Any], *args: Any, order: int = 2, rtol: float = 1e-7, atol: float = 1e-9,
    engine: Evaluate = python_engine,
) -> Capture:  # fmt: skip
    """Trace `f` at `args`; compare values, types and all derivatives. Choose a point away from kinks.

    Floating-point and complex arguments are traced, float64 and complex128 ones differentiated; all others
    are handed on as they are.
    """
    traced = [k for k, a in enumerate(args) if _is_inexact(a)]
    captured = trace(f, args, traced)
    env = dict(zip(captured.variables, (np.asarray(args[k]) for k in traced), strict=True))
    check_values(captured, f(*args), env, engine)
    if not captured.guards:
        nearby = moved(args, traced)
        with np.errstate(all="ignore"):
            check_values(captured, f(*nearby), dict(zip(env, (nearby[k] for k in traced), strict=True)), engine)
    for n, y in enumerate(captured.outputs):
        path = captured.name if len(captured.outputs) == 1 else f"{captured.name}[{n}]"
        for x in captured.variables:
            if x.dtype is not None and x.dtype.itemsize >= 8 * (2 if x.dtype.kind == "c" else 1):
                check_expression(y, env, x, order, rtol, atol, engine, path)
    return captured


def trace(f: Callable[..., Any], args: Sequence[Any], traced: Sequence[int]) -> Capture:
    """`f` recorded at `args`, of which those at the places `traced` vary."""
    names = _argument_names(f, len(args))
    inputs = [Input(names[k], args[k]) for k in traced]

    def call(function: Callable[..., Any], tracers: Sequence[Any]) -> Any:
        full = list(args)
        for k, t in zip(traced, tracers, strict=True):
            full[k] = t
        return function(*full)

    return capture(f, inputs, call)


def check_values(captured: Capture, result: Any, env: Env, engine: Evaluate) -> None:
    """The expressions have the shapes, types and values of what the plain function returns."""
    expected = optree.tree_leaves(result, none_is_leaf=True)
    assert len(expected) == len(captured.outputs), f"{captured.name}: {len(captured.outputs)} results"
    for n, (y, value, e) in enumerate(zip(captured.outputs, engine(captured.outputs, env), expected, strict=True)):
        what = f"value of {captured.name}[{n}]"
        assert y.shape == np.shape(e), f"{what} has shape {y.shape}, not {np.shape(e)}"
        assert np.shape(value) == np.shape(e), f"{what} is computed with shape {np.shape(value)}, not {np.shape(e)}"
        if y.dtype is not None:
            wanted = np.asarray(e).dtype
            assert y.dtype == wanted, f"{what} has type {y.dtype}, not {wanted}"
            assert np.asarray(value).dtype == wanted, f"{what} is computed as {np.asarray(value).dtype}, not {wanted}"
        rounding = 1e-5 if np.asarray(e).dtype in (np.float32, np.complex64) else 1e-12
        np.testing.assert_allclose(value, e, rtol=rounding, atol=rounding, err_msg=what)


def moved(args: Sequence[Any], traced: Sequence[int]) -> list[Any]:
    """`args` a little to the side, in every traced entry by a different amount."""
    rng = np.random.default_rng(12)
    result = list(args)
    for k in traced:
        a = np.asarray(args[k])
        step = np.asarray(1e-4 * rng.uniform(0.5, 1.0, a.shape), dtype=a.real.dtype)
        result[k] = (a + step) if a.ndim else (a + step)[()]
    return result


def _is_inexact(a: Any) -> bool:
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype.kind in "fc"
    return isinstance(a, (float, complex))


def _argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """The function's own names for its arguments, as far as it has them."""
    try:
        found = [p.name for p in inspect.signature(f).parameters.values() if p.kind <= p.POSITIONAL_OR_KEYWORD]
    except (TypeError, ValueError):
        found = []
    return [found[k] if k < len(found) else f"x{k}" for k in range(count)]
