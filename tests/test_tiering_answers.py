"""Machine code gives the same answers, whatever is passed and whatever has changed around the function.

Kernels written by hand stand in for the compiler's, so that what is tested is what surrounds it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from affine_kernel import affine
from tiered import X, answered, fresh, straight, tiers_of

import steepest as st
from steepest.api import compilation
from steepest.api.compilation import Stage
from steepest.engines.native.entry.callable import reason_against
from steepest.engines.native.kernel import Kernel
from steepest.engines.native.unsupported import Unsupported
from steepest.frontends.trees import flatten
from steepest.lower.program import Program

pytestmark = pytest.mark.usefixtures("own_choice")


# --- the same answers ---------------------------------------------------------------------------------


def test_nan_and_infinity_say_the_same(kernel: Any) -> None:
    kernel(affine([(2, 1)], (3,)))
    f = fresh()
    plain, g = st.grad(f, compile="off"), st.grad(f, compile="eager")
    for _ in range(3):
        g(X)
    bad = np.array([1.0, np.nan, 3.0])
    with pytest.raises(st.errors.NonFiniteError) as expected:
        plain(bad)
    with pytest.raises(st.errors.NonFiniteError) as found:
        g(bad)
    assert str(found.value) == str(expected.value)
    with pytest.warns(st.NonFiniteWarning, match="infinite") as said:
        assert np.array_equal(g(np.array([1.0, np.inf, 3.0])), [3, np.inf, 7])
    assert said[0].filename == __file__


def test_a_nan_of_the_function_itself_is_returned(kernel: Any) -> None:
    kernel(affine([(2, 1)], (3,)))
    g = st.jit(lambda x: 2 * x + 1, compile="eager")
    for _ in range(4):
        assert np.array_equal(g(np.array([1.0, np.nan, np.inf])), [3, np.nan, np.inf], equal_nan=True)
    assert tiers_of(g)[0].stage is Stage.READY
    if reason_against() is None:
        assert answered(g) == 2


ARGUMENTS: dict[str, Callable[[], Any]] = {
    "plain": lambda: X,
    "a step": lambda: np.arange(1.0, 7.0)[::2],
    "reversed": lambda: X[::-1],
    "broadcast": lambda: np.broadcast_to(2.0, (3,)),
    "read only": lambda: np.frombuffer(X.tobytes()),
    "byte-swapped": lambda: X.astype(">f8"),
    "float32": lambda: X.astype(np.float32),
    "float16": lambda: X.astype(np.float16),
    "long double": lambda: X.astype(np.longdouble),
    "integers": lambda: np.array([1, 2, 3]),
    "small integers": lambda: np.array([1, 2, 3], np.int8),
    "booleans": lambda: np.array([True, False, True]),
    "a list": lambda: [1.0, 2.0, 3.0],
    "a list of ints": lambda: [1, 2, 3],
    "a tuple of numbers": lambda: (np.float64(1.0), 2, np.float32(3)),
    "objects": lambda: np.array([1, 2.0, 3], object),
    "a dict": lambda: {"a": X, "b": 2.0},
    "empty": lambda: np.ones(0),
    "0-d": lambda: np.array(2.0),
    "a float": lambda: 2.5,
    "an int": lambda: 2,
    "a bool": lambda: True,
    "float64": lambda: np.float64(2.5),
    "a float32": lambda: np.float32(2.5),
    "an int64": lambda: np.int64(2),
    "complex": lambda: X + 1j,
    "two axes": lambda: np.arange(6.0).reshape(2, 3),
    "Fortran order": lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "transposed": lambda: np.arange(6.0).reshape(3, 2).T,
    "a matrix": lambda: X.view(np.matrix),
    "masked": lambda: np.ma.masked_array(X, [0, 1, 0]),
    "unaligned": lambda: np.frombuffer(b"\0" + X.tobytes(), np.uint8)[1:].view(np.float64),
    "text": lambda: "x",
    "None": lambda: None,
}


def total(x: Any) -> Any:
    leaves = list(x.values()) if isinstance(x, dict) else list(x) if isinstance(x, (list, tuple)) else [x]
    return sum(np.sum(leaf * leaf + leaf) for leaf in leaves)


def outcome(g: Any, x: Any) -> tuple[Any, ...]:
    """What a call gives, as something that can be compared: types included, errors too."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            leaves, tree = flatten(g(x))
        except Exception as error:
            return (type(error), str(error))
    described = [(type(v), np.asarray(v).dtype.str, np.shape(v), np.asarray(v).tobytes()) for v in leaves]
    return (str(tree), described, [str(w.message) for w in said])


def of_its_types(program: Program, bits: int) -> Kernel:
    """``2x + 1`` for whatever type the one input has."""
    (x, *more), outputs = program.inputs, program.outputs
    kind = program.registers[x]
    if more or [program.registers[y] for y in outputs] != [kind] or np.dtype(kind.dtype).str[1:] not in ("f8", "f4"):
        raise Unsupported("not of one type")
    return affine([(2, 1)], tuple(map(int, kind.shape)), np.dtype(kind.dtype).str[1:])


@pytest.mark.parametrize("case", ARGUMENTS)
def test_the_same_whatever_is_passed(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "emit", of_its_types)
    g = st.grad(total, compile="eager")
    expected = outcome(st.grad(total, compile="off"), ARGUMENTS[case]())
    for x in (X, 2.5, np.arange(6.0).reshape(2, 3), X.astype(np.float32), np.float32(2), np.ones(0)):
        g(x), g(x), g(x)  # ways in for all kinds of plain arguments
    for _ in range(4):
        assert outcome(g, ARGUMENTS[case]()) == expected


def test_results_are_not_shared(kernel: Any) -> None:
    kernel(affine([(2, 1)], (3,)))
    g = st.grad(fresh(), compile="eager")
    results = [g(X) for _ in range(5)]
    for k, r in enumerate(results):
        assert not any(np.shares_memory(r, other) for other in results[:k])
        r[:] = 0
    assert np.array_equal(g(X), [3, 5, 7])


# --- what a function depends on -----------------------------------------------------------------------

factor = 2.0
offset = np.array([1.0, 1.0, 1.0])


def scaled(x: Any) -> Any:
    return np.sum(factor * x * x / 2 + x)


def shifted(x: Any) -> Any:
    return np.sum(x * x + offset * x)


def test_a_global_number_may_change(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel(affine([(2, 1)], (3,)))
    g = st.grad(scaled, compile="eager")
    for _ in range(3):
        assert np.array_equal(g(X), [3, 5, 7])
    kernel(affine([(3, 1)], (3,)))
    monkeypatch.setitem(globals(), "factor", 3.0)
    for _ in range(3):
        assert np.array_equal(g(X), [4, 7, 10])
    monkeypatch.undo()
    kernel(affine([(2, 1)], (3,)))
    monkeypatch.setattr(compilation, "emit", of_its_types)
    for _ in range(3):
        assert np.array_equal(g(X), [3, 5, 7])


@straight
def test_a_global_number_may_be_exchanged_for_an_equal_one(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel(affine([(2, 1)], (3,)))
    g = st.grad(lambda x: np.sum(factor * x * x / 2 + x), compile="eager")
    for _ in range(3):
        g(X)
    monkeypatch.setitem(globals(), "factor", float("2.0"))
    for _ in range(8):
        assert np.array_equal(g(X), [3, 5, 7])
    count = answered(g)
    g(X)
    assert answered(g) == count + 1
    assert len(tiers_of(g)) == 1


def test_a_global_array_may_change_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "emit", of_its_types)
    g = st.grad(shifted, compile="eager")
    for _ in range(4):
        assert np.array_equal(g(X), [3, 5, 7])
    assert answered(g) == (2 if reason_against() is None else 0)
    kept = offset.copy()
    try:
        offset[:] = 2.0
        monkeypatch.setattr(compilation, "emit", lambda program, bits: affine([(2, 2)], (3,)))
        for _ in range(3):
            assert np.array_equal(g(X), [4, 6, 8])
    finally:
        offset[:] = kept


def test_a_closure_and_defaults_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    def emit(program: Program, bits: int) -> Kernel:
        return affine([(2, k)], (3,))

    monkeypatch.setattr(compilation, "emit", emit)
    k = 1.0

    def f(x: Any, slope: float = 0.0) -> Any:
        return np.sum(x * x + (k + slope) * x)

    g = st.grad(f, compile="eager")
    for _ in range(3):
        assert np.array_equal(g(X), [3, 5, 7])
    k = 5.0
    for _ in range(3):
        assert np.array_equal(g(X), [7, 9, 11])
    k = 1.0
    for _ in range(3):
        assert np.array_equal(g(X), [3, 5, 7])
    f.__defaults__ = (4.0,)
    k, old = 5.0, k  # what the kernel is made with
    k = old
    monkeypatch.setattr(compilation, "emit", lambda program, bits: affine([(2, 5)], (3,)))
    for _ in range(3):
        assert np.array_equal(g(X), [7, 9, 11])


def test_new_code_of_a_function(kernel: Any) -> None:
    def f(x: Any) -> Any:
        return np.sum(x * x + x)

    kernel(affine([(2, 1)], (3,)))
    g = st.grad(f, compile="eager")
    for _ in range(3):
        g(X)
    f.__code__ = (lambda x: np.sum(3 * x)).__code__
    kernel(affine([(0, 3)], (3,)))
    for _ in range(3):
        assert np.array_equal(g(X), [3, 3, 3])


def test_settings_are_part_of_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: Any, power: int, kind: str = "sum") -> Any:
        return getattr(np, kind)(x**power + x)

    made = {2: affine([(2, 1)], (3,)), 1: affine([(0, 2)], (3,))}
    power = 2
    monkeypatch.setattr(compilation, "emit", lambda program, bits: made[power])
    g = st.grad(f, compile="eager")
    for _ in range(3):
        assert np.array_equal(g(X, 2), [3, 5, 7])
        assert np.array_equal(g(X, power=2), [3, 5, 7])
        assert np.array_equal(g(X, 2, "sum"), [3, 5, 7])
    power = 1
    for _ in range(3):
        assert np.array_equal(g(X, 1), [2, 2, 2])
        assert np.array_equal(g(X, 2), [3, 5, 7])
        assert np.array_equal(g(x=X, power=1), [2, 2, 2])
    if reason_against() is None:
        assert answered(g) > 3
    for wrong in ((X, 2, 3), (X,), (X, 2, "sum", 1)):
        with pytest.raises((st.errors.ArgumentError, TypeError)):
            g(*wrong)


def guarded(program: Program, bits: int) -> Kernel:
    """The guard of `bent`, and its gradient on both sides: 2 where the number is positive, else −3."""
    text = """
define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) {
  %x = load ptr, ptr %buffers
  %value = load double, ptr %x
  %positive = fcmp ogt double %value, 0.0
  %byte = zext i1 %positive to i8
  %slope = select i1 %positive, double 2.0, double -3.0
  %a_at = getelementptr ptr, ptr %buffers, i64 1
  %a = load ptr, ptr %a_at
  store i8 %byte, ptr %a
  %b_at = getelementptr ptr, ptr %buffers, i64 2
  %b = load ptr, ptr %b_at
  store double %slope, ptr %b
  ret i32 0
}
"""
    types = [program.registers[r] for r in (*program.inputs, *program.outputs)]
    return Kernel(text, tuple(types[:1]), tuple(types[1:]))


def test_branches_are_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    def bent(x: Any) -> Any:
        return 2 * x if x > 0 else -3 * x

    monkeypatch.setattr(compilation, "emit", guarded)
    g = st.grad(bent, compile="eager")
    for _ in range(6):
        assert g(1.5) == 2.0
        assert g(-1.5) == -3.0
    assert {t.stage for t in tiers_of(g)} == {Stage.READY}
    if reason_against() is None:
        count = answered(g)
        assert (g(2.5), g(-2.5)) == (2.0, -3.0)
        assert answered(g) == count + 2
