"""When machine code is made, and when it is not used.

Kernels written by hand stand in for the compiler's, so that what is tested is what surrounds it.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from affine_kernel import affine
from tiered import X, answered, bowl, fresh, straight, tiers_of

import steepest as st
from steepest.api import compilation
from steepest.api.background import Work
from steepest.api.compilation import CompilationWarning, Stage
from steepest.engines.native.entry.entrance import Threads
from steepest.engines.native.kernel import Kernel
from steepest.engines.native.unsupported import Unsupported
from steepest.lower.program import Program
from steepest.verify.agreement import disagreement

pytestmark = pytest.mark.usefixtures("own_choice")


# --- when it is made ----------------------------------------------------------------------------------


def test_eager_compiles_before_the_first_result(kernel: Any) -> None:
    programs = kernel(affine([(2, 1)], (3,)))
    g = st.grad(fresh(), compile="eager")
    assert np.array_equal(g(X), [3, 5, 7])
    (tiers,) = tiers_of(g)
    assert tiers.stage is Stage.READY
    assert len(programs) == 1
    for k in range(10):
        assert np.array_equal(g(k * X), 2 * k * X + 1)
    assert tiers.interpreted_calls == 1
    assert tiers.native_calls + answered(g) == 10


@straight
@pytest.mark.parametrize("x", [1.5, np.linspace(0.0, 1.0, 5)])
def test_other_threads_do_not_wait_for_a_short_kernel(x: Any) -> None:
    """Letting them run takes longer than it does, whether it is called with an array or a number."""
    g = st.grad(lambda x: np.sum(3 * x**2 - 4 * x), compile="eager")
    g(x)
    (tiers,) = tiers_of(g)
    assert tiers.threads is Threads.WAIT


@straight
def test_from_the_second_compiled_call_on_there_is_no_python(kernel: Any) -> None:
    kernel(affine([(2, 1)], (3,)))
    g = st.grad(fresh(), compile="eager")
    g(X)
    g(X)
    seen: list[str] = []
    sys.setprofile(lambda frame, event, arg: seen.append(frame.f_code.co_name) if event == "call" else None)
    try:
        g(X)
    finally:
        sys.setprofile(None)
    assert seen == []
    assert answered(g) == 1


@straight
def test_a_number_in_a_number_out(kernel: Any) -> None:
    kernel(affine([(6, -4)]))
    g = st.grad(lambda x: 3 * x**2 - 4 * x, compile="eager")
    found = [g(2.5) for _ in range(5)]
    assert found == [11.0] * 5
    assert {type(x) for x in found} == {np.float64}
    assert answered(g) == 3
    assert g(3) == 14.0  # an int: by way of Python
    assert g(np.float64(2.5)) == 11.0
    assert answered(g) == 4


def test_off_never_compiles(kernel: Any) -> None:
    programs = kernel(affine([(2, 1)], (3,)))
    g = st.grad(fresh(), compile="off")
    for _ in range(20):
        g(X)
    assert programs == []
    assert tiers_of(g)[0].stage is Stage.NONE
    assert "compile='off'" in str(g.explain())


@pytest.mark.usefixtures("at_once")
def test_auto_compiles_in_the_background(kernel: Any) -> None:
    programs = kernel(affine([(2, 1)], (3,)))
    g = st.grad(fresh())
    first = g(X)
    compilation.background.wait()
    (tiers,) = tiers_of(g)
    assert tiers.stage is Stage.MADE
    assert len(programs) == 1
    results = [g(X) for _ in range(5)]
    assert tiers.stage is Stage.READY
    assert all(np.array_equal(first, r) for r in results)


def test_auto_waits_until_it_pays(kernel: Any) -> None:
    programs = kernel(affine([(2, 1)], (3,)))
    g = st.grad(fresh())
    for _ in range(10):
        g(X)
    assert programs == []
    tiers_of(g)[0].seconds = 1.0
    g(X)
    compilation.background.wait()
    assert len(programs) == 1


@pytest.mark.parametrize(("word", "stage"), [("off", Stage.NONE), ("eager", Stage.READY), ("auto", Stage.NONE)])
def test_the_environment_says_what_auto_means(
    kernel: Any, monkeypatch: pytest.MonkeyPatch, word: str, stage: Stage
) -> None:
    kernel(affine([(2, 1)], (3,)))
    monkeypatch.setenv(compilation.VARIABLE, word)
    g = st.grad(fresh())
    g(X)
    assert tiers_of(g)[0].stage is stage
    off = st.grad(fresh(), compile="off")
    off(X)
    assert tiers_of(off)[0].stage is Stage.NONE


def test_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(st.errors.ArgumentError, match="'eager', 'auto' or 'off', got 'now'"):
        st.jit(bowl, compile="now")
    monkeypatch.setenv(compilation.VARIABLE, "never")
    with pytest.raises(st.errors.ArgumentError, match=r"variable STEEPEST_COMPILE .* got 'never'"):
        st.grad(bowl)


@pytest.mark.parametrize(
    "make", [st.grad, st.value_and_grad, st.jacobian, st.jacfwd, st.jacrev, st.hessian, st.hvp, st.jit]
)
def test_every_transform_has_the_keyword(make: Any) -> None:
    x = np.array([1.0, 2.0, 3.0])
    arguments = (x, x) if make is st.hvp else (x,)
    a = make(bowl, compile="off")(*arguments)
    b = make(bowl, compile="eager")
    for _ in range(3):
        found = b(*arguments)
        for one, other in (
            zip(np.atleast_1d(a), np.atleast_1d(found), strict=True)
            if make is not (st.value_and_grad)
            else zip(a, found, strict=True)
        ):
            np.testing.assert_allclose(one, other, rtol=1e-12)


# --- when it is not used ------------------------------------------------------------------------------


def test_code_that_gives_something_else_is_never_used(kernel: Any) -> None:
    kernel(affine([(2, 1.001)], (3,)))
    g = st.grad(fresh(), compile="eager")
    with pytest.warns(CompilationWarning, match=r"output 0 differs by 0\.001") as said:
        assert np.array_equal(g(X), [3, 5, 7])
    assert said[0].filename == __file__
    for _ in range(3):
        assert np.array_equal(g(X), [3, 5, 7])
    assert answered(g) == 0
    assert "output 0 differs by 0.001" in str(g.explain())


def test_code_that_leaves_entries_out_is_never_used(kernel: Any) -> None:
    made = affine([(2, 1)], (3,))
    kernel(replace(made, text=made.text.replace("icmp slt i64 %i, 3", "icmp slt i64 %i, 2")))
    g = st.grad(fresh(), compile="eager")
    with pytest.warns(CompilationWarning, match="differs by inf"):
        assert np.array_equal(g(X), [3, 5, 7])
    assert np.array_equal(g(X), [3, 5, 7])


def test_code_for_another_shape_is_never_used(kernel: Any) -> None:
    kernel(replace(affine([(2, 1)], (3,)), outputs=affine([(2, 1)], (1, 3)).outputs))
    g = st.grad(fresh(), compile="eager")
    with pytest.warns(CompilationWarning, match="shape"):
        assert np.array_equal(g(X), [3, 5, 7])
    assert np.array_equal(g(X), [3, 5, 7])


def test_what_is_rounding_is_no_disagreement(kernel: Any) -> None:
    kernel(affine([(2, 1 + 1e-14)], (3,)))
    g = st.grad(fresh(), compile="eager")
    g(X)
    assert tiers_of(g)[0].stage is Stage.READY


def test_where_terms_cancel_rounding_is_large(kernel: Any) -> None:
    """(x + 1e8)² − x² − 2e8·x has derivative 0, in which rounding leaves 1e-8."""
    kernel(affine([(0, 3e-8)]))
    g = st.grad(lambda x: (x + 1e8) ** 2 * 1.0 - (x * x + 2e8 * x), compile="eager")
    g(0.3)
    assert tiers_of(g)[0].stage in (Stage.READY, Stage.REFUSED)


def test_two_numbers_that_cancel_are_nudged_apart() -> None:
    """x² − y² next to x = y: moved alike, both leave it as it was; its rounding is that of x²."""
    x = np.array(0.73), np.array(0.73 * (1 + 1e-12))

    def run(inputs: Any, seed: int) -> Any:
        return (np.asarray(inputs[0] ** 2 - inputs[1] ** 2),)

    (found,) = run(x, 0)
    assert disagreement(run, x, (found,), (found + 1.4e-16,)) is None
    assert disagreement(run, x, (found,), (found + 1e-10,)) is not None


def test_rounding_that_no_input_moves() -> None:
    """1 − tanh² where the hyperbolic tangent is nearly 1: what is left of it is rounding, of several units."""
    x, w = np.linspace(9.0, 9.9, 40), np.linspace(1.0, 1.1, 40)
    g = st.grad(lambda x: np.sum(np.tanh(x * w) * w), compile="eager")
    g(x)
    assert tiers_of(g)[0].stage is Stage.READY


@pytest.mark.parametrize(
    "error", [Unsupported("a sort"), ZeroDivisionError("a defect"), RecursionError(), MemoryError()]
)
def test_what_cannot_be_compiled_stays_on_array_operations(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def emit(program: Program, bits: int) -> Kernel:
        raise error

    monkeypatch.setattr(compilation, "emit", emit)
    g = st.grad(fresh(), compile="eager")
    for _ in range(3):
        assert np.array_equal(g(X), [3, 5, 7])
    assert tiers_of(g)[0].stage is Stage.REFUSED
    said = str(g.explain())
    assert "no machine code" in said
    assert str(error) in said


def test_text_that_is_not_llvm_stays_on_array_operations(kernel: Any) -> None:
    made = affine([(2, 1)], (3,))
    kernel(replace(made, text=made.text.replace("ret i32", "give back")))
    g = st.grad(fresh(), compile="eager")
    assert np.array_equal(g(X), [3, 5, 7])
    assert "no machine code" in str(g.explain())


def test_externals_that_are_not_there(kernel: Any) -> None:
    kernel(replace(affine([(2, 1)], (3,)), externals=("blas:no_such_routine",)))
    g = st.grad(fresh(), compile="eager")
    assert np.array_equal(g(X), [3, 5, 7])
    assert "no_such_routine" in str(g.explain())


def failing(made: Kernel) -> Kernel:
    """A kernel whose routine fails where the first entry is above 10."""
    text = made.text.replace(
        "  ret i32 %status",
        "  %first = load double, ptr %x\n  %large = fcmp ogt double %first, 10.0\n"
        "  %failed = select i1 %large, i32 2, i32 0\n  %both = or i32 %status, %failed\n  ret i32 %both",
    )
    return replace(made, text=text)


def test_where_a_routine_fails_array_operations_run(kernel: Any) -> None:
    kernel(failing(affine([(2, 2)], (3,))))  # and what it left would be wrong
    g = st.grad(lambda x: np.sum(x * x + 2 * x), compile="eager")
    for _ in range(3):
        assert np.array_equal(g(X), [4, 6, 8])
    count = tiers_of(g)[0].interpreted_calls
    assert np.array_equal(g(20 * X), 40 * X + 2)
    assert tiers_of(g)[0].interpreted_calls == count + 1


def test_a_routine_that_always_fails_is_given_up(kernel: Any) -> None:
    kernel(failing(affine([(2, 1)], (3,))))
    g = st.grad(fresh(), compile="eager")
    for _ in range(compilation.COMPARISONS):
        assert tiers_of(g) == [] or tiers_of(g)[0].stage is Stage.MADE
        g(20 * X)
    assert tiers_of(g)[0].stage is Stage.REFUSED
    assert "a routine failed" in str(g.explain())


# --- code that is made while the capture is checked ---------------------------------------------------


@pytest.mark.parametrize(("n", "where"), [(10, "MainThread"), (100_000, "steepest compiler")])
def test_large_data_is_checked_while_code_is_made(n: int, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, plain = [], compilation.emit
    begun, submit = threading.Event(), compilation.background.submit

    def emit(program: Program, bits: int) -> Any:
        seen.append(threading.current_thread().name)
        begun.set()
        return plain(program, bits)

    def submit_and_wait(work: Work) -> None:
        submit(work)
        begun.wait(10)  # on a busy machine the work would else be taken back by who wants it

    monkeypatch.setattr(compilation, "emit", emit)
    monkeypatch.setattr(compilation.background, "submit", submit_and_wait)
    x = np.linspace(0, 1, n)
    g = st.grad(fresh(), compile="eager")
    for _ in range(3):
        np.testing.assert_allclose(g(x), 2 * x + 1)
    assert seen == [where]
    assert tiers_of(g)[0].stage is Stage.READY
    assert tiers_of(g)[0].interpreted_calls == 1


def test_a_check_that_fails_while_code_is_made() -> None:
    x, generator = np.linspace(0, 1, 100_000), np.random.default_rng(0)
    g = st.grad(lambda x: np.sum(x * generator.normal()), compile="eager")
    with pytest.raises(st.SteepestError, match="two calls"):
        g(x)
    with pytest.raises(st.SteepestError, match="one real number"):
        st.grad(lambda x: x * 2, compile="eager")(x)
    compilation.background.wait()


def test_code_that_was_not_begun_is_made_by_who_wants_it() -> None:
    x, go_on = np.linspace(0, 1, 100_000), threading.Event()
    compilation.background.submit(Work(lambda: go_on.wait(10) and None, lambda: None))
    g = st.grad(fresh(), compile="eager")
    try:
        np.testing.assert_allclose(g(x), 2 * x + 1)
        assert tiers_of(g)[0].stage is Stage.READY
    finally:
        go_on.set()
        compilation.background.wait()
