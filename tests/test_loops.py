"""Loops as one node: values, derivatives of every order and mode, and what a loop is traced to."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differentiation import check_function, trace
from looped_programs import PROGRAMS

import steepest as st
from steepest.api.compilation import background
from steepest.calculus.loops import keeping
from steepest.calculus.reverse import gradients
from steepest.engines.python.compile import compile_program
from steepest.expr.body import all_nodes
from steepest.expr.build import einsum
from steepest.expr.node import Scan
from steepest.lower.lowering import lower
from steepest.lower.program import Loop as LoopInstruction
from steepest.ops import checkpoints
from steepest.rewrite.simplify import simplify


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_way_to_differentiate_agrees(name: str) -> None:
    f, args = PROGRAMS[name]
    check_function(f, *args)


@pytest.mark.heavy
@pytest.mark.parametrize("name", PROGRAMS)
def test_third_order(name: str) -> None:
    f, args = PROGRAMS[name]
    check_function(f, *args, order=3)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_loop_is_one_node(name: str) -> None:
    f, args = PROGRAMS[name]
    captured = trace(f, args, [k for k, a in enumerate(args) if np.asarray(a).dtype.kind == "f"])
    assert any(isinstance(n, Scan) for n in all_nodes(captured.outputs)), "the loop was unrolled"


# --- against the same function unrolled -----------------------------------------------------------------


def rolled(n: int, **settings: Any) -> Any:
    return lambda step, s: st.scan(step, s, np.linspace(0.0, 0.1, n), **settings)


def unrolled(n: int) -> Any:
    def steps(step: Any, s: Any) -> Any:
        ys = []
        for k in np.linspace(0.0, 0.1, n):
            s, y = step(s, k)
            ys.append(y)
        return s, np.array(ys)

    return steps


def growth(steps: Any) -> Any:
    """A number, of a vector and a number."""

    def f(x: Any, r: Any) -> Any:
        s, ys = steps(lambda s, k: (s * np.exp(r * (1 - s @ s) / 50) + k * x, s[0]), x)
        return np.sum(np.sin(s)) + ys @ ys

    return f


POINT = (np.array([0.3, -0.2, 0.5]), 0.7)
DERIVATIVES: dict[str, Callable[[Any], Any]] = {
    "value and gradient": lambda f: st.value_and_grad(f, argnums=(0, 1)),
    "Hessian": lambda f: st.hessian(f, argnums=0),
    "forward over forward": lambda f: st.jacfwd(st.jacfwd(f)),
    "forward over reverse": lambda f: st.jacfwd(st.grad(f), argnums=1),
    "reverse over forward": lambda f: st.jacrev(st.jacfwd(f)),
    "reverse over reverse": lambda f: st.jacrev(st.grad(f)),
    "hessian-vector product": lambda f: lambda x, r: st.hvp(f)(x, r, np.array([1.0, -2.0, 0.5])),
    "three times": lambda f: st.jacfwd(st.hessian(f), argnums=1),
}


@pytest.mark.parametrize("n", [1, 2, 6])
@pytest.mark.parametrize("name", DERIVATIVES)
def test_a_loop_is_its_steps_one_by_one(name: str, n: int) -> None:
    derivative = DERIVATIVES[name]
    mine, others = derivative(growth(rolled(n)))(*POINT), derivative(growth(unrolled(n)))(*POINT)
    for a, b in zip(leaves(mine), leaves(others), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def leaves(x: Any) -> list[Any]:
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, (tuple, list)) else [x]


@pytest.mark.parametrize("every", [2, 3, 5, 16, 17, 100])
def test_a_loop_in_pieces_is_the_same(every: int) -> None:
    for name in ("value and gradient", "Hessian"):
        derivative = DERIVATIVES[name]
        mine, others = (derivative(growth(rolled(17, **settings)))(*POINT) for settings in ({"checkpoint": every}, {}))
        for a, b in zip(leaves(mine), leaves(others), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_a_loop_without_steps() -> None:
    def f(x):
        last, ys = st.scan(lambda s, u: (s * u @ u, s), x, np.zeros((0, 3)))
        assert ys.shape == (0,)
        return last**2

    assert st.value_and_grad(f)(3.0) == (9.0, 6.0)


def test_complex_states() -> None:
    """Real inputs, a complex state: |z|² of a quadratic iteration, by complex steps of its real and imaginary parts."""

    def f(c):
        z = st.scan(lambda z, _: (z * z + (c[0] + 1j * c[1]), None), 0.1j, length=5)[0]
        return np.abs(z) ** 2

    def parts(a, b):
        x, y = 0.0, 0.1
        for _ in range(5):
            x, y = x * x - y * y + a, 2 * x * y + b
        return x * x + y * y

    c, h = np.array([-0.3, 0.4]), 1e-30
    want = [parts(c[0] + 1j * h, c[1]).imag / h, parts(c[0], c[1] + 1j * h).imag / h]
    np.testing.assert_allclose(st.grad(f)(c), want, rtol=1e-13)


def test_single_precision_stays() -> None:
    def f(x):
        return st.scan(lambda s, _: (0.5 * s + x * x, None), 0.0, length=4)[0]

    x = np.float32(0.3)
    value, slope = st.value_and_grad(f)(x)
    assert value.dtype == slope.dtype == np.float32
    np.testing.assert_allclose(slope, st.grad(f)(0.3), rtol=1e-6)


# --- what it takes --------------------------------------------------------------------------------------


def test_many_steps_are_few_nodes() -> None:
    def f(x, n):
        return np.sum(st.scan(lambda s, _: (s + 0.001 * np.sin(s), s[0]), x, length=n)[1])

    sizes = []
    for n in (10, 10_000):
        captured = trace(f, (POINT[0], n), [0])
        derived = simplify(gradients(captured.outputs[0], captured.variables))
        sizes.append((len(list(all_nodes(derived))), len(lower(derived, captured.variables).instructions)))
    assert sizes[0] == sizes[1]


def recurrent(W: Any, x: Any) -> Any:
    """A network with a gate, whose derivative reads an exponential and a hyperbolic tangent of each step."""

    def step(h, u):
        z = W @ h + u
        return h + (np.tanh(z) - h) / (1.0 + np.exp(-z)), h[0]

    last, ys = st.scan(step, 0.0 * x[0], x)
    return np.sum(last**2) + ys @ ys


NETWORK = (np.array([[0.4, -0.3], [0.2, 0.5]]), np.linspace(-1.0, 1.0, 14).reshape(7, 2))


def loops_of_derivatives(order: int) -> list[list[LoopInstruction]]:
    """The loops of a number made of the gradient, and of one made of its gradient, and so on."""
    captured = trace(recurrent, NETWORK, [0, 1])
    exprs, found = captured.outputs, []
    for _ in range(order):
        exprs = simplify(gradients(exprs[0], captured.variables))
        instructions = lower(exprs, captured.variables).instructions
        found.append([i for i in instructions if isinstance(i, LoopInstruction)])
        exprs = [einsum("ij,ij->", exprs[0], exprs[0])]
    return found


def test_what_is_dear_is_kept_for_the_derivative(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exponential and the tangent are stacked beside the states; no order needs a loop for each of them."""
    monkeypatch.setattr(keeping, "FEW", 0)
    first, second = loops_of_derivatives(2)
    assert [len(i.targets) - len(i.starts) for i in first] == [4, 1]  # with the results and the states
    assert len(second) == 4


def test_of_few_numbers_all_is_kept() -> None:
    """The product with a matrix of two rows too; where the state is longer, it is computed for all steps at once."""
    assert [len(i.targets) - len(i.starts) for i in loops_of_derivatives(1)[0]] == [5, 1]


def test_kept_parts_take_no_more_memory_than_states_may(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = st.grad(recurrent, argnums=(0, 1))(*NETWORK)
    monkeypatch.setattr(keeping, "MOST_BYTES", 7 * 2 * 2 * 8 - 1)
    assert [len(i.targets) - len(i.starts) for i in loops_of_derivatives(1)[0]] == [2, 1]
    for a, b in zip(st.grad(recurrent, argnums=(0, 1))(*NETWORK), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_derivatives_that_read_kept_parts() -> None:
    check_function(recurrent, *NETWORK)


def test_ten_thousand_steps() -> None:
    """s ← s + h s has a derivative that is known."""
    h, n = 1e-4, 10_000
    slope = st.grad(lambda x: st.scan(lambda s, _: (s + h * s, None), x, length=n)[0])(2.0)
    np.testing.assert_allclose(slope, (1 + h) ** n, rtol=1e-11)


def test_checkpoints_bound_the_memory() -> None:
    def peak(checkpoint: int | None) -> float:
        def f(x):
            return np.sum(st.scan(lambda s, _: (np.cos(s) * x, None), x, length=900, checkpoint=checkpoint)[0])

        x = np.linspace(0.1, 0.9, 2000)
        captured = trace(f, (x,), [0])
        run = compile_program(lower(simplify(gradients(captured.outputs[0], captured.variables)), captured.variables))
        background.wait()  # else what other tests have it compile is counted
        tracemalloc.start()
        run(x)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most / x.nbytes

    assert peak(None) > 900
    assert peak(30) < 200


def test_long_loops_are_cut_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "MOST_BYTES", 1000)

    def f(x):
        return np.sum(st.scan(lambda s, _: (np.cos(s) * x, None), x, length=50)[0])

    captured = trace(f, (POINT[0],), [0])
    lengths = sorted(n.length for n in all_nodes(captured.outputs) if isinstance(n, Scan))
    assert lengths == [1, 7, 7]


# --- branches, and what changes from step to step ---------------------------------------------------------


def test_a_branch_that_changes_is_taken_step_by_step() -> None:
    def f(x):
        def step(s, u):
            return (s * u if u * x > 0 else s + u * x), None

        return st.scan(step, x, np.array([1.0, -2.0, 3.0, 0.5]))[0]

    np.testing.assert_allclose(st.grad(f)(0.7), _slope_by_steps(f, 0.7), rtol=1e-6)
    np.testing.assert_allclose(st.grad(f)(-0.7), _slope_by_steps(f, -0.7), rtol=1e-6)


def _slope_by_steps(f: Any, x: float) -> float:
    h = 1e-5
    return float((f(x + h) - f(x - h)) / (2 * h))


def test_a_branch_that_is_the_same_is_guarded() -> None:
    def f(x):
        return st.scan(lambda s, u: ((s * x if x > 1 else s + x) * u, None), 1.0, np.array([1.0, 2.0, 0.5]))[0]

    slope = st.grad(f)
    for x in (2.0, 0.5, 3.0, -1.0):
        np.testing.assert_allclose(slope(x), _slope_by_steps(f, x), rtol=1e-6)


def test_while_loops_are_guarded_by_their_length() -> None:
    def f(x):
        return st.while_loop(lambda s: s[0] < 10.0, lambda s: (s[0] * x, s[1] + s[0]), (x, 0.0))[1]

    slope = st.grad(f)
    for x in (2.0, 2.5, 1.3, 11.0):
        np.testing.assert_allclose(slope(x), _slope_by_steps(f, x), rtol=1e-6)


@pytest.mark.parametrize("outer", [st.jacfwd, st.jacrev])
@pytest.mark.parametrize("inner", [st.jacfwd, st.jacrev])
def test_convergence_twice(outer: Any, inner: Any) -> None:
    """Newton's method for s³ = x, differentiated twice in every order of modes."""

    def root(x):
        return st.while_loop(lambda s: abs(s**3 - x) > 1e-14 * x, lambda s: s - (s**3 - x) / (3 * s * s), 1.0 + 0 * x)

    np.testing.assert_allclose(outer(inner(root))(5.0), -2 / 9 * 5.0 ** (-5 / 3), rtol=1e-9)


def test_a_state_that_goes_on_changing_is_refused() -> None:
    def f(x):
        return np.sum(st.scan(lambda s, _: (np.concatenate([s, s]), None), x, length=4)[0])

    with pytest.raises(st.SteepestError, match=r"changes the kind of the state: state, from float64 of shape \(4,\)"):
        st.grad(f)(np.ones(1))


def test_what_the_body_must_return() -> None:
    with pytest.raises(st.SteepestError, match="must return a pair"):
        st.grad(lambda x: st.scan(lambda s, _: s, x, length=4))(1.0)


@pytest.mark.parametrize("checkpoint", [0, -1, 1.5])
def test_checkpoints_are_counted(checkpoint: Any) -> None:
    with pytest.raises(st.SteepestError, match="checkpoint is a number of steps"):
        st.grad(lambda x: st.scan(lambda s, _: (s, s), x, length=4, checkpoint=checkpoint)[0])(1.0)


def test_what_is_made_inside_does_not_leave() -> None:
    """An append in the body leaves symbols of one step."""
    seen: list[Any] = []

    def f(x):
        def step(s, _):
            seen.append(s)
            return s * x, None

        last = st.scan(step, x, length=3)[0]
        return last + seen[-1]

    with pytest.raises(st.SteepestError):
        st.grad(f)(2.0)


def test_no_formula_is_made_up() -> None:
    F = st.formula(lambda x: st.scan(lambda s, _: (np.sin(s) + x, None), x, length=5)[0], x="scalar")
    assert abs(F.gradient("x")(0.3) - _slope_by_steps(lambda x: F(x), 0.3)) < 1e-8
    with pytest.raises(st.errors.FormulaError, match="a loop of 5 steps has no closed formula"):
        str(F)
    assert "for (size_t i = 0; i < 5; i++)" in F.c()


def test_what_is_not_finite_is_named_with_its_step() -> None:
    def logarithms(x):
        return st.scan(lambda s, r: (np.log(s - r), None), x, np.arange(4.0))[0]

    with pytest.raises(st.errors.NonFiniteError, match=r"'log' of -4.31656 gives NaN, in step 2 of a loop of 4"):
        st.grad(logarithms)(3.0)

    def roots(x):
        return st.scan(lambda s, r: (np.sqrt(s - r), None), x, np.array([1.0, 1.0]))[0]

    with pytest.warns(st.NonFiniteWarning, match=r"derivative of the operation '\w+'.* is not finite, in step 1"):
        st.grad(roots)(2.0)


def test_guards_and_results_share_their_loop() -> None:
    """What a guard looks at is not simplified; it is the loop of the results for all that."""

    def f(x):
        def step(s, u):
            return (s * x + u + x * 2 + x if s > -100 else s * 0.5), s

        last, ys = st.scan(step, x, np.linspace(0, 1, 50))
        return last + np.sum(ys)

    for transform, count in ((st.jit, 1), (st.grad, 2)):
        compiled = transform(f)
        compiled(0.4)
        (captures,) = compiled.record.specialisations.values()
        program = list(captures[0].programs.values())[-1]
        outputs = [*(g.expr for g in captures[0].capture.guards), *program.exprs]
        instructions = lower(outputs, captures[0].capture.variables).instructions
        assert sum(isinstance(i, LoopInstruction) for i in instructions) == count
    np.testing.assert_allclose(st.grad(f)(0.4), _slope_by_steps(f, 0.4), rtol=1e-7)
