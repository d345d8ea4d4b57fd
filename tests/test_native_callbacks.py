"""Array operations that machine code calls: the same results, in loops too, and what happens when they raise."""

from __future__ import annotations

import ctypes
import gc
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from native_engine import check_program, expanded

import steepest as st
from steepest.engines.native.callback import callback
from steepest.engines.native.compile import emit
from steepest.engines.native.kernel import FAILED
from steepest.engines.native.machine.loading import load
from steepest.errors import NonFiniteError
from steepest.expr.build import variable
from steepest.lower.program import Call, Program
from steepest.ops.linalg_factors import lu_lower, lu_upper
from steepest.ops.linalg_functions import sqrtm
from steepest.ops.linalg_inverse import pinv
from steepest.ops.linalg_spectra import matrix_rank

RNG = np.random.default_rng(4)
SMALL, TALL, ROW = RNG.normal(size=(3, 3)) + 3 * np.eye(3), RNG.normal(size=(20, 4)), RNG.uniform(0.5, 1.5, 64)


def recurrence(a: np.ndarray) -> Any:
    def step(c: Any, _: Any) -> Any:
        return np.tanh(scipy.linalg.expm(0.1 * c) @ a * 0.1 + np.sin(c)), None

    last, _ = st.scan(step, a, None, length=20)
    return np.sum(last)


FUNCTIONS: dict[str, tuple[Callable[..., Any], np.ndarray]] = {
    "least squares": (lambda x: np.sum(np.linalg.lstsq(x, np.arange(20.0), rcond=None)[0] ** 2), TALL),
    "pseudo-inverse": (lambda x: np.sum(np.tanh(np.linalg.pinv(np.sin(x)))), TALL),
    "exponential": (lambda a: np.sum(np.exp(-scipy.linalg.expm(np.sin(a)))), SMALL),
    "root": (lambda a: np.sum(scipy.linalg.sqrtm(a @ a.T + np.eye(3)) ** 2), SMALL),
    "triangles": (lambda a: np.sum(scipy.linalg.lu(a)[2] ** 2) + np.sum(scipy.linalg.lu(a)[1] ** 3), SMALL),
    "product of many": (lambda x: np.prod(np.sin(x)), ROW),
    "running product": (lambda x: np.sum(np.cumprod(x) ** 2), ROW),
    "convolution": (lambda x: np.sum(np.convolve(x, np.sin(x), "same") ** 2), ROW),
    "steps": (recurrence, SMALL),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients(name: str) -> None:
    f, x = FUNCTIONS[name]
    g = st.grad(f, compile="eager")
    expected = st.grad(f, compile="off")(x)
    for _ in range(3):
        np.testing.assert_allclose(g(x), expected, rtol=1e-10, atol=1e-12 * np.max(np.abs(expected)))
    text = str(g.explain())
    assert "engine: machine code" in text
    assert "segments" not in text


def of(*ops: Any, n: int = 4) -> Program:
    x = variable("x", (n, n))
    return expanded([op(x) for op in ops], [x])


def test_the_account_says_so() -> None:
    (head,) = (line for line in emit(of(sqrtm)).account if "array operations" in line)
    assert "called from the machine code" in head


def test_results_of_one_call_come_from_one(rng: np.random.Generator) -> None:
    program = of(lu_lower, lu_upper)
    assert len(emit(program).called_back) == 1
    check_program(program, [rng.normal(size=(4, 4))])
    check_program(of(lu_upper), [rng.normal(size=(4, 4))])


def test_a_stack_of_matrices(rng: np.random.Generator) -> None:
    x = variable("x", (5, 4, 3), np.dtype(np.float32))
    check_program(expanded([pinv(x, rtol=None)], [x]), [rng.normal(size=(5, 4, 3)).astype(np.float32)])


def test_what_raises_there_raises_here() -> None:
    g = st.grad(lambda x: np.sum(np.linalg.pinv(x)), compile="eager")
    for _ in range(2):
        g(TALL)
    with pytest.raises(NonFiniteError, match="full rank"):
        g(np.outer(TALL[:, 0], np.arange(4.0)))
    np.testing.assert_allclose(g(TALL), st.grad(lambda x: np.sum(np.linalg.pinv(x)), compile="off")(TALL))


def calling(function: Callable[[Any], Any]) -> Program:
    """A program of one matrix 2×2 and one array operation, which is this function."""
    program = of(sqrtm, n=2)
    (made,) = (i for i in program.instructions if isinstance(i, Call) and i.op is sqrtm)
    op = replace(made.op, numpy=function)
    return Program(
        program.names, program.inputs, (made.target,), {}, (Call(made.target, op, made.operands, ()),),
        program.registers,
    )  # fmt: skip


def failing(error: type[BaseException]) -> Program:
    def raising(_: Any) -> Any:
        raise error

    return calling(raising)


@pytest.mark.parametrize("error", [ValueError, np.linalg.LinAlgError])
def test_an_exception_is_a_status(error: type[BaseException]) -> None:
    _, status = load(emit(failing(error))).run([np.eye(2)])
    assert status & FAILED


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_comes_later(error: type[BaseException]) -> None:
    loaded = load(emit(failing(error)))

    def interrupted() -> None:
        loaded.run([np.eye(2)])
        time.sleep(1)

    with pytest.raises(error):
        interrupted()


class Handler:
    """A signal's handler that raises, as some write them."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def method(self, *_: Any) -> None:
        raise self.error("time is up")

    __call__ = method

    def before(self, _: Any, *__: Any) -> None:
        raise self.error("time is up")


HANDLERS: dict[str, Callable[[Handler], Any]] = {
    "a method": lambda h: h.method, "an object": lambda h: h, "a partial": lambda h: partial(h.before, None),
    "a function": lambda h: lambda *_: h.method(),
}  # fmt: skip


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the platform has no timer that sends a signal")
@pytest.mark.parametrize("kind", HANDLERS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, TimeoutError])
def test_a_signal_in_array_operations_is_not_lost(error: type[BaseException], kind: str) -> None:
    """It comes while a kernel waits for them; they are not done again."""
    begun: list[float] = []

    def slow(x: Any) -> Any:
        begun.append(time.monotonic())
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        while time.monotonic() < begun[-1] + 5:
            np.sin(x)
        return x

    def stopped() -> None:
        loaded.run([np.eye(2)])
        time.sleep(1)

    loaded = load(emit(calling(slow)))
    before = signal.signal(signal.SIGALRM, HANDLERS[kind](Handler(error)))
    try:
        with pytest.raises(error, match="time is up") as caught:
            stopped()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert len(begun) == 1
    assert time.monotonic() < begun[0] + 4
    held = [x for entry in caught.traceback for x in entry.frame.f_locals.values()]
    assert not any(isinstance(x, np.ndarray) and x.flags.owndata is False for x in held)  # in memory that is gone


def test_what_is_sent_to_a_thread_is_raised_there() -> None:
    begun, raised = threading.Event(), list[BaseException]()

    def slow(x: Any) -> Any:
        begun.set()
        end = time.monotonic() + 5
        while time.monotonic() < end:
            np.sin(x)
        return x

    def work() -> None:
        try:
            loaded.run([np.eye(2)])
            time.sleep(1)
        except SystemExit as error:
            raised.append(error)

    loaded = load(emit(calling(slow)))
    worker = threading.Thread(target=work)
    worker.start()
    assert begun.wait(5)
    assert worker.ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident), ctypes.py_object(SystemExit))
    worker.join(10)
    assert [type(e) for e in raised] == [SystemExit]


def test_calls_keep_nothing() -> None:
    loaded = load(emit(of(sqrtm)))
    (function,) = loaded.called_back
    before = sys.getrefcount(function)
    for _ in range(100):
        loaded.run([np.eye(4)])
    assert sys.getrefcount(function) == before


def test_a_raised_exception_is_freed() -> None:
    class Told(BaseException):
        pass

    seen: list[weakref.ref[Told]] = []

    def telling(_: Any) -> Any:
        error = Told()
        seen.append(weakref.ref(error))
        raise error

    def told() -> None:
        loaded.run([np.eye(2)])
        time.sleep(1)

    loaded = load(emit(calling(telling)))
    for _ in range(3):
        with pytest.raises(Told):
            told()
    gc.collect()
    assert [r() for r in seen] == [None] * 3


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the platform has no timer that sends a signal")
@pytest.mark.parametrize("error", [KeyboardInterrupt, TimeoutError])
def test_a_signal_in_machine_code_is_not_lost(error: type[BaseException], capfd: pytest.CaptureFixture[str]) -> None:
    """It comes while a long loop runs; the array operations after it are not called, and the caller is told."""

    def f(x: Any, a: Any) -> Any:
        for _ in range(8):
            x = np.sin(np.exp(np.cos(x)))
        return np.linalg.pinv(a * np.sum(x))

    def stop(*_: Any) -> None:
        raise error

    def stopped() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.002)
        g(x, TALL)
        time.sleep(1)

    g, x = st.jit(f, compile="eager"), RNG.normal(size=400_000)
    expected = g(x, TALL)
    before = signal.signal(signal.SIGALRM, stop)
    try:
        for _ in range(3):
            with pytest.raises(error):
                stopped()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert "ignored" not in "".join(capfd.readouterr())
    np.testing.assert_allclose(g(x, TALL), expected, rtol=1e-6)


def test_what_is_raised_before_the_first_line_is_not_lost() -> None:
    """A signal that comes in machine code is told there, where no ``try`` has begun."""
    loaded = load(emit(of(sqrtm)))

    def stop(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name == "call":
            sys.setprofile(None)
            raise ValueError("told at once")

    def stopped() -> None:
        sys.setprofile(stop)
        loaded.run([np.eye(4)])
        time.sleep(1)

    before = sys.getprofile()
    try:
        with pytest.raises(ValueError, match="told at once"):
            stopped()
    finally:
        sys.setprofile(before)


def test_several_threads_at_once() -> None:
    f, x = FUNCTIONS["exponential"]
    g = st.grad(f, compile="eager")
    points = [x + 0.1 * k for k in range(8)]
    g(x)  # by array operations, whose last digits are others
    expected = [g(p) for p in points]
    found: dict[int, list[np.ndarray]] = {}

    def work(k: int) -> None:
        found[k] = [g(points[k]) for _ in range(50)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(points))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k, results in found.items():
        for result in results:
            np.testing.assert_array_equal(result, expected[k])


def test_nothing_is_kept_alive() -> None:
    loaded = load(emit(of(sqrtm)))
    seen = weakref.ref(loaded)
    loaded.run([np.eye(4)])
    del loaded
    gc.collect()
    assert seen() is None


def test_numbers_and_arrays_without_axes(rng: np.random.Generator) -> None:
    program = of(partial(matrix_rank, tol=None, rtol=None, hermitian=False))
    function = callback(program)
    a, out = rng.normal(size=(4, 4)), np.zeros((), program.registers[program.outputs[0]].dtype)
    status = ctypes.c_int32(FAILED)
    arrays = (ctypes.c_void_p * 3)(a.ctypes.data, out.ctypes.data, ctypes.addressof(status))
    function(ctypes.addressof(arrays))
    assert status.value == 0
    assert out == 4
