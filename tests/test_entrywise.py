"""Every entrywise operation as machine code, against what NumPy or SciPy gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from entrywise_kernels import Form, Write, compiled
from steepest.engines.native.entrywise.special import SPECIAL
from steepest.engines.native.entrywise.spherical import SPHERICAL
from steepest.engines.native.entrywise.table import CODE, COMPILED, emit, supported
from steepest.ops.operation import Operation
from steepest.ops.table import OPERATIONS

FLOAT64, FLOAT32, INT, BOOL = (np.dtype(code) for code in ("f8", "f4", "i8", "?"))
ENTRYWISE = [op for op in OPERATIONS.values() if op.elementwise]
OF_COMPLEX_NUMBERS = {"wofz", "hankel1", "hankel2", "lambertw", "lambertw_branch"}
BY_KNOWN_ORDER = {"ierfcx"}
BY_COMPLEX_NUMBERS = {"spherical_kn"}  # what SciPy makes of negative arguments
WIDTHS = ((1, 1), (4, 2), (8, 1))  # lanes of a register, registers of a vector

FLOATS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 10.0, 100.3, 1e5, 1e30, np.inf)
WHOLE = (0, 1, -1, 2, 3, -3, 7, 10, -10, 2**62, -(2**63), 2**63 - 1)
EASY_FLOATS, EASY_WHOLE = (0.0, 0.5, 1.0, -0.5, 2.5, -1.0, np.nan, np.inf, -np.inf), (0, 1, 2, 3)
SIZE = 8  # all lanes divide it

# Where a difference of near numbers is the value, an error is small beside what is subtracted.
SCALE: dict[str, Callable[..., np.ndarray]] = {
    "kl_div": lambda x, y: np.abs(x) + np.abs(y),
    "logaddexp": lambda x, y: np.maximum(1, np.minimum(np.abs(x), np.abs(y))),
}
ULPS = {"pseudo_huber": 128.0}  # SciPy's own error, of a logarithm that an exponential undoes
USUAL = 8.0  # NumPy and the vector mathematics are within 4 each

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def combinations(op: Operation) -> list[tuple[np.dtype, ...]]:
    """Types of operands: all alike, and such that differ."""
    arity = len(op.differentials)
    alike = [(t,) * arity for t in (FLOAT64, FLOAT32, INT, BOOL)]
    mixed = [(FLOAT64, *(FLOAT32,) * (arity - 1)), (INT, *(FLOAT64,) * (arity - 1))] if arity > 1 else []
    return [types for types in (*alike, *mixed) if supported(op, types)]


def special_values(dtype: np.dtype, *, easy: bool) -> np.ndarray:
    if dtype == BOOL:
        return np.array([True, False])
    if dtype == INT:
        return np.array(EASY_WHOLE if easy else WHOLE)
    if easy:
        return np.array(EASY_FLOATS, dtype)
    limits = np.finfo(dtype)
    positive = np.array([*FLOATS, limits.tiny, limits.smallest_subnormal, limits.max], dtype)
    return np.concatenate([positive, -positive, np.array([np.nan], dtype)])


def points(op: Operation, types: tuple[np.dtype, ...]) -> list[np.ndarray]:
    """A sample of the domain, and special values in all combinations of one or two, else some of them."""
    rng = np.random.default_rng(0)
    values = [special_values(t, easy=CODE[op] in CALLED) for t in types]
    if len(types) <= 2:
        grid = [g.ravel() for g in np.meshgrid(*values, indexing="ij")]
    else:
        grid = [rng.choice(v[~np.isinf(v)], 40) for v in values]  # SciPy's hyp1f1 never comes back from some others
    joined = [
        np.concatenate([np.real(s).ravel().astype(t), g]) for s, g, t in zip(op.sample(rng), grid, types, strict=True)
    ]
    return [np.resize(a, -(-len(a) // SIZE) * SIZE) for a in joined]


CALLED = [*COMPILED.values(), *SPECIAL.values(), *SPHERICAL.values()]  # loops of SciPy: slow at some huge operands


def reference(op: Operation, operands: list[np.ndarray]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(op.numpy(*operands))


def assert_close(found: np.ndarray, expected: np.ndarray, ulps: float, scale: np.ndarray | float = 0.0) -> None:
    """Equal where exact; the same NaN, infinities and signs of 0; else so many units in the last place apart."""
    assert found.dtype == expected.dtype
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected)
        return
    limits = np.finfo(expected.dtype)
    with np.errstate(all="ignore"):
        one = limits.eps * np.maximum(np.abs(expected, dtype=np.float64), scale) + limits.smallest_subnormal
        apart = np.abs(np.subtract(found, expected, dtype=np.float64))
    lost = (np.abs(expected) < limits.tiny) & (np.abs(found) < limits.tiny)  # SciPy's float32 loses these
    alike = (found == expected) | (np.isnan(found) & np.isnan(expected))
    bad = ~(alike | (np.isfinite(found) & np.isfinite(expected) & ((apart <= ulps * one) | lost)))
    bad |= (found == 0) & (expected == 0) & (np.signbit(found) != np.signbit(expected))
    assert not bad.any(), f"{bad.sum()} of {bad.size}: {found[bad][:4]} for {expected[bad][:4]} at {np.flatnonzero(bad)[:4]}"


def written(op: Operation, types: tuple[np.dtype | type, ...], result: np.dtype, *known: float) -> Write:
    """`op`, its last operands known."""
    return lambda b, *xs: emit(b, op, [*xs, *known], types, result)


@pytest.mark.parametrize("op", [op for op in ENTRYWISE if op in CODE and combinations(op)], ids=repr)
def test_an_operation_is_what_numpy_says(op: Operation) -> None:
    cases = []
    for types in combinations(op):
        operands = points(op, types)
        cases.append((types, operands, reference(op, operands)))
    assert cases
    runs = [(case, form) for case in cases for form in WIDTHS]
    kernels = compiled(
        [(Form(types, y.dtype, *form), written(op, types, y.dtype)) for (types, _, y), form in runs]
    )  # fmt: skip
    for ((types, operands, expected), form), kernel in zip(runs, kernels, strict=True):
        scale = SCALE[op.name](*operands) if op.name in SCALE else 0.0
        try:
            assert_close(kernel(*operands), expected, ULPS.get(op.name, USUAL), scale)
        except AssertionError as error:
            raise AssertionError(f"{op.name} of {types} in {form}: {error}") from None


def test_what_is_left_out() -> None:
    left_out = {op.name for op in ENTRYWISE if op not in CODE or not combinations(op)}
    assert left_out == OF_COMPLEX_NUMBERS | BY_KNOWN_ORDER | BY_COMPLEX_NUMBERS
