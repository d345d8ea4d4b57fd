"""Every operation of the table through every check. A new operation needs no new test.

The checks take a record, so that `test_mutations` can hand them broken ones.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import pytest
from differentiation import ENGINES, EXACT, Env, Evaluate, assert_close, check_expression, draw
from reference import evaluate

from steepest.calculus.forward import jvp, tangent_variable
from steepest.calculus.reverse import vjp
from steepest.expr.build import add, scale, transpose_axes, variable
from steepest.expr.dtype import carries_derivative, promote, real_of
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.ops.operation import Curvature, Monotone, Operation, Smoothness
from steepest.ops.rearrange import entry
from steepest.ops.table import OPERATIONS

CASES = [(op, params) for op in OPERATIONS.values() for params in op.sample_params]
NAMES = [op.name + "".join(f"-{k}={v}" for k, v in params.items()) for op, params in CASES]
NARROW = {"f": np.float32, "c": np.complex64}

every_case = pytest.mark.parametrize(("op", "params"), CASES, ids=NAMES)
every_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def sampled(op: Operation, seed: int = 0) -> list[np.ndarray]:
    return [np.asarray(p) for p in op.sample(np.random.default_rng(seed))]


def applied(op: Operation, points: list[np.ndarray], params: dict[str, Any]) -> tuple[Expr, dict[Variable, np.ndarray]]:
    """The operation on variables of these shapes and types, and the variables' values."""
    xs = [variable(f"x{k}", p.shape, p.dtype) for k, p in enumerate(points)]
    return op(*xs, **params), dict(zip(xs, points, strict=True))


def reference(op: Operation, points: list[np.ndarray], params: dict[str, Any]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(op.numpy(*points, **params))


def narrowed(points: list[np.ndarray]) -> list[np.ndarray]:
    """float64 as float32, complex128 as complex64."""
    return [p.astype(NARROW.get(p.dtype.kind, p.dtype)) for p in points]


# --- values, shapes, types --------------------------------------------------------------------------


@every_engine
@every_case
def test_value_shape_and_type_are_those_of_numpy(op: Operation, params: dict[str, Any], engine: Evaluate) -> None:
    y, env = applied(op, sampled(op), params)
    expected = reference(op, list(env.values()), params)
    (value,) = engine([y], env)
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-14)
    assert y.shape == expected.shape
    assert y.dtype == np.asarray(value).dtype == expected.dtype


@every_engine
@every_case
def test_single_precision_stays(op: Operation, params: dict[str, Any], engine: Evaluate) -> None:
    """float32 in, float32 out: of the value, of every tangent and cotangent."""
    y, env = applied(op, narrowed(sampled(op)), params)
    expected = reference(op, list(env.values()), params)
    (value,) = engine([y], env)
    assert y.dtype == np.asarray(value).dtype == expected.dtype
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)
    if not carries_derivative(y.dtype):
        return
    for x in filter(lambda v: carries_derivative(v.dtype), env):
        dx, g = tangent_variable(x), variable("g", y.shape, y.dtype)
        full = {**env, dx: draw(np.random.default_rng(3), dx), g: draw(np.random.default_rng(4), g)}
        for derivative, wanted in ((jvp(y, {x: dx}), y.dtype), (vjp(y, [x], g)[0], x.dtype)):
            if derivative.dtype is not None:  # of a complex operand the cotangent may happen to be real
                assert real_of(derivative.dtype) == real_of(wanted)
                assert promote(derivative.dtype, wanted) == wanted
                assert np.asarray(engine([derivative], full)[0]).dtype == derivative.dtype


@pytest.mark.parametrize("op", [op for op in OPERATIONS.values() if op.elementwise], ids=lambda op: op.name)
def test_entrywise_operations_take_scalars_and_empty_arrays(op: Operation) -> None:
    for params in op.sample_params:
        points = sampled(op)
        for k in range(len(points)):  # one operand spread over the others
            mixed = [p.ravel()[0].reshape(()) if j == k else p for j, p in enumerate(points)]
            y, env = applied(op, mixed, params)
            np.testing.assert_allclose(evaluate([y], env)[0], reference(op, mixed, params))
            check_derivatives_at(y, env, order=1)
        for shape in ((), (0,), (1,)):
            same = [np.resize(p, shape) for p in points]
            y, env = applied(op, same, params)
            assert y.shape == shape
            check_derivatives_at(y, env, order=1)


@every_case
def test_leading_axes_are_a_batch(op: Operation, params: dict[str, Any]) -> None:
    """Where the shape rule takes another axis in front, the operation acts on each slice alone."""
    slices = [sampled(op, seed) for seed in (0, 1)]
    stacked = [np.stack(pair) for pair in zip(*slices, strict=True)]
    try:
        y, env = applied(op, stacked, params)
    except ValueError:
        return  # the operation has no batches, and says so
    expected = np.stack([reference(op, s, params) for s in slices])
    (value,) = evaluate([y], env)
    np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-12)
    check_derivatives_at(y, env, order=1)


# --- derivatives ------------------------------------------------------------------------------------


def check_derivatives(op: Operation, params: dict[str, Any], engine: Evaluate = evaluate, order: int = 2) -> None:
    """The test every operation goes through; a claim to be piecewise constant is checked like any rule."""
    y, env = applied(op, sampled(op), params)
    check_derivatives_at(y, env, engine, order)


def check_derivatives_at(y: Expr, env: Env, engine: Evaluate = evaluate, order: int = 2) -> None:
    name = y.op.name  # type: ignore[attr-defined]
    for x in env:
        if carries_derivative(x.dtype):
            check_expression(y, env, x, order, engine=engine, path=name)


@every_engine
@every_case
def test_derivatives_agree(op: Operation, params: dict[str, Any], engine: Evaluate) -> None:
    check_derivatives(op, params, engine)


def complex_sample(op: Operation) -> list[np.ndarray]:
    """The sample with an imaginary part in every floating-point operand."""
    rng = np.random.default_rng(10)
    return [p + 0.3j * rng.uniform(-1, 1, p.shape) if p.dtype.kind == "f" else p for p in sampled(op)]


@every_case
def test_complex_operands_are_right_or_refused(op: Operation, params: dict[str, Any]) -> None:
    """What NumPy computes of complex numbers is differentiated, unless the record says that it cannot be."""
    check_complex(op, params)


def check_complex(op: Operation, params: dict[str, Any]) -> None:
    points = complex_sample(op)
    try:
        expected = reference(op, points, params)
        y, env = applied(op, points, params)
        [jvp(y, {x: tangent_variable(x)}) for x in env if carries_derivative(x.dtype)]
    except (TypeError, ValueError, np.exceptions.ComplexWarning):
        return  # refused, by NumPy or by the record
    assert y.dtype == expected.dtype
    (value,) = evaluate([y], env)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    if not jumps(op, points, params):
        check_derivatives_at(y, env, order=1)


def jumps(op: Operation, points: list[np.ndarray], params: dict[str, Any]) -> bool:
    """Whether there is no telling which of several values comes out (LAPACK's choice of a sign or phase)."""
    rng = np.random.default_rng(13)
    here = reference(op, points, params)
    nearby = [[p + 1e-9 * rng.normal(size=p.shape).astype(p.dtype) for p in points] for _ in range(8)]
    return not all(np.allclose(reference(op, near, params), here, atol=1e-3) for near in nearby)


@every_case
def test_operands_may_be_views(op: Operation, params: dict[str, Any]) -> None:
    """Products read through scaled and transposed operands, so that these vanish; their derivatives must not."""
    points = sampled(op)
    for k, x in enumerate(points):
        if x.dtype.kind not in "fc":
            continue
        for view, source in (
            (lambda e: scale(constant(-2), e), -0.5 * x),
            (lambda e: transpose_axes(e, range(e.ndim)[::-1]), x.T),
            (lambda e: entry(e, 1), np.stack([2 * x, x], -1)),
        ):
            z = variable("z", source.shape, x.dtype)
            others = [variable(f"x{j}", p.shape, p.dtype) for j, p in enumerate(points)]
            y = op(*(view(z) if j == k else v for j, v in enumerate(others)), **params)
            env = {**dict(zip(others, points, strict=True)), z: source}
            check_expression(y, env, z, order=1, path=f"{op.name} of a view")


@every_case
def test_all_operands_together(op: Operation, params: dict[str, Any]) -> None:
    """The differential along all operands at once is the sum of those along each."""
    y, env = applied(op, sampled(op), params)
    varying = [x for x in env if carries_derivative(x.dtype)]
    seeds: dict[Expr, Expr] = {x: tangent_variable(x) for x in varying}
    full = {**env, **{t: draw(np.random.default_rng(5), t) for t in seeds.values()}}
    alone = [jvp(y, {x: seeds[x]}) for x in varying]
    together, *parts = evaluate([jvp(y, seeds), *alone], full)
    assert_close(together, np.asarray(sum(parts)) + np.zeros(y.shape), EXACT, EXACT, f"differential of {op.name}")


def test_derivatives_at_kinks_are_finite() -> None:
    """What `kink` says about the origin holds: no NaN, and 0 where it says 0."""
    for op in OPERATIONS.values():
        points = [np.zeros_like(p) for p in sampled(op)]
        if op.smoothness is Smoothness.KINKS and np.all(np.isfinite(reference(op, points, op.sample_params[0]))):
            y, env = applied(op, points, op.sample_params[0])
            for x in filter(lambda v: carries_derivative(v.dtype), env):
                dx = tangent_variable(x)
                (value,) = evaluate([jvp(y, {x: dx})], {**env, dx: draw(np.random.default_rng(6), dx)})
                assert np.all(np.isfinite(value)), op.name
                if op.kink.startswith(("0 at x = 0", "0 at the origin")):
                    np.testing.assert_array_equal(value, 0, err_msg=op.name)


LINEAR = [(op, params) for op, params in CASES if op.transpose is not None]


@pytest.mark.parametrize(("op", "params"), LINEAR, ids=[op.name for op, _ in LINEAR])
def test_transposes_of_linear_operations(op: Operation, params: dict[str, Any]) -> None:
    check_transpose(op, params)


def check_transpose(op: Operation, params: dict[str, Any]) -> None:
    """⟨g, L t⟩ = ⟨Lᵀ g, t⟩, and L is linear, for real and complex operands and either precision."""
    rng = np.random.default_rng(7)
    (sample,) = sampled(op)
    for dtype in map(np.dtype, ("float64", "complex128", "float32", "complex64")):
        if not accepts(op, sample.real.astype(dtype), params):
            continue
        t, other = variable("t", sample.shape, dtype), variable("u", sample.shape, dtype)
        y = op(t, **params)
        g = variable("g", y.shape, y.dtype)
        pulled = op.transpose(g, t, **params)  # type: ignore[misc]
        assert pulled.shape == t.shape
        env = {v: draw(rng, v) for v in (t, other, g)}
        pushed, back, second, both = evaluate([y, pulled, op(other, **params), op(add(t, other), **params)], env)
        exact = 1e-4 if real_of(dtype) == np.float32 else EXACT
        np.testing.assert_allclose(np.sum(back * env[t]).real, np.sum(env[g] * pushed).real, rtol=exact, atol=exact)
        np.testing.assert_allclose(both, pushed + second, rtol=exact, atol=exact)


def accepts(op: Operation, point: np.ndarray, params: dict[str, Any]) -> bool:
    """Whether NumPy applies the operation to such a type without a complaint."""
    try:
        op.numpy(point, **params)
    except (TypeError, np.exceptions.ComplexWarning):
        return False
    return True


# --- what else a record claims ----------------------------------------------------------------------


@every_case
def test_expansions_and_squares_have_the_value(op: Operation, params: dict[str, Any]) -> None:
    check_expansion(op, params)


def check_expansion(op: Operation, params: dict[str, Any]) -> None:
    y, env = applied(op, sampled(op), params)
    expected = reference(op, list(env.values()), params)
    if op.expansion is not None:
        expanded = op.expansion(*env, **params)
        assert (expanded.shape, expanded.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(evaluate([expanded], env)[0], expected, rtol=1e-12)
    if op.square is not None:
        np.testing.assert_allclose(evaluate([op.square(*env, **params)], env)[0], expected**2, rtol=1e-12)


@every_case
def test_declared_curvature_holds(op: Operation, params: dict[str, Any]) -> None:
    """f(s·a + (1−s)·b) lies on the claimed side of s·f(a) + (1−s)·f(b)."""
    if op.curvature is Curvature.UNKNOWN:
        return
    rng = np.random.default_rng(8)
    draw_points = op.curvature_sample or op.sample
    for _ in range(100):
        a, b, s = draw_points(rng), draw_points(rng), rng.uniform()
        between = [s * p + (1 - s) * q for p, q in zip(a, b, strict=True)]
        fa, fb, fm = (reference(op, list(p), params) for p in (a, b, between))
        chord = s * fa + (1 - s) * fb
        slack = 1e-12 * (1 + np.abs(chord))
        if op.curvature in (Curvature.CONVEX, Curvature.AFFINE):
            assert np.all(fm <= chord + slack)
        if op.curvature in (Curvature.CONCAVE, Curvature.AFFINE):
            assert np.all(fm >= chord - slack)


@every_case
def test_declared_monotonicity_holds(op: Operation, params: dict[str, Any]) -> None:
    """Raising every entry of every operand moves every entry of the result the claimed way."""
    if op.monotone is Monotone.UNKNOWN:
        return
    rng = np.random.default_rng(9)
    for _ in range(100):
        pairs = list(zip(op.sample(rng), op.sample(rng), strict=True))
        low = reference(op, [np.minimum(p, q) for p, q in pairs], params)
        high = reference(op, [np.maximum(p, q) for p, q in pairs], params)
        slack = 1e-12 * (1 + np.abs(low))
        if op.monotone in (Monotone.INCREASING, Monotone.CONSTANT):
            assert np.all(low <= high + slack)
        if op.monotone in (Monotone.DECREASING, Monotone.CONSTANT):
            assert np.all(low >= high - slack)


@pytest.mark.parametrize("op", OPERATIONS.values(), ids=OPERATIONS)
def test_record_is_complete(op: Operation) -> None:
    """Names, printed forms and rules fit each other."""
    assert OPERATIONS[op.name] is op
    operands = [f"<{k}>" for k in range(len(op.differentials))]
    for pattern in (op.text, op.latex):
        if "{0}" in pattern:
            used = {int(field) for _, field, _, _ in string.Formatter().parse(pattern) if field}
            assert used <= set(range(len(operands)))
            pattern = pattern.format(*operands)
        assert pattern.count("{") == pattern.count("}")
    assert len(sampled(op)) == len(op.differentials)
    assert len(op.rule_text) in (0, len(op.differentials))
    assert op.cost >= 0
    assert op.smoothness is not Smoothness.STEPS or op.curvature is Curvature.UNKNOWN
    if op.transpose is not None:
        assert len(op.differentials) == 1, "a linear operation has one operand"


@pytest.mark.parametrize("op", OPERATIONS.values(), ids=OPERATIONS)
def test_samples_are_generic(op: Operation) -> None:
    """No two floating-point entries of a sample are equal, but for zeros that a structure needs."""
    entries = [p[p != 0].ravel() for p in sampled(op) if p.dtype.kind in "fc"]
    if entries:
        together = np.concatenate(entries)
        assert len(np.unique(together)) == len(together)
