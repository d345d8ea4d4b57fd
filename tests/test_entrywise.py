"""Every entrywise operation as machine code, against what NumPy or SciPy gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from entrywise_kernels import Form, Write, compiled

from steepest.engines.native.entrywise.casts import cast
from steepest.engines.native.entrywise.special import SPECIAL
from steepest.engines.native.entrywise.spherical import SPHERICAL
from steepest.engines.native.entrywise.table import CODE, COMPILED, emit, supported
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import KINDS, NARROW, Kind, Val, Value
from steepest.ops.operation import Operation
from steepest.ops.table import OPERATIONS

FLOAT64, FLOAT32, INT, BOOL = (np.dtype(code) for code in ("f8", "f4", "i8", "?"))
ENTRYWISE = [op for op in OPERATIONS.values() if op.elementwise]
OF_COMPLEX_NUMBERS = {"wofz", "hankel1", "hankel2", "lambertw", "lambertw_branch"}
BY_KNOWN_ORDER = {"ierfcx"}
BY_COMPLEX_NUMBERS = {"spherical_kn"}  # what SciPy makes of negative arguments
IN_PYTHON = {
    "beta_density_by_orders", "betainc_by_orders", "complete_elliptic_moment", "dawsn_by_order", "elliptic_moment",
    "gamma_density_by_order", "gammainc_by_order", "log1p_beyond_share", "log1p_times", "log_beta_excess",
    "log_gamma_excess", "log_over_psi", "log_poch", "log_poch_excess", "log_square_excess", "psi_rise",
    "psi_rise_beyond_log", "psi_rise_beyond_share", "ratio_deviance", "ratio_excess", "ratio_log_excess",
    "round_decimal", "stdtr_by_df", "student_density_by_both",
}  # fmt: skip
WIDTHS = ((1, 1), (4, 2), (8, 1))  # lanes of a register, registers of a vector; other types at the last alone

FLOATS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 10.0, 100.3, 1e5, 1e30, np.inf)
WHOLE = (0, 1, -1, 2, 3, -3, 7, 10, -10, 2**62, -(2**63), 2**63 - 1)
EASY_FLOATS, EASY_WHOLE = (0.0, 0.5, 1.0, -0.5, 2.5, -1.0, np.nan, np.inf, -np.inf), (0, 1, 2, 3)
SIZE = 8  # all lanes divide it

# Where a difference of near numbers is the value, an error is small beside what is subtracted.
SCALE: dict[str, Callable[..., np.ndarray]] = {
    "cosm1": np.ones_like,  # SciPy takes 1 from the cosine, but near 0
    "kl_div": lambda x, y: np.abs(x) + np.abs(y),
    "logaddexp": lambda x, y: np.maximum(1, np.minimum(np.abs(x), np.abs(y))),
}
ULPS = {
    "pseudo_huber": 128.0,  # SciPy's own error, of a logarithm that an exponential undoes
    "log_power": 256.0,  # a high power of a logarithm has its error as often
}
USUAL = 8.0  # NumPy and the vector mathematics are within 4 each

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def combinations(op: Operation) -> list[tuple[np.dtype, ...]]:
    """Types of operands: all alike, and such that differ."""
    arity = len(op.differentials)
    alike = [(t,) * arity for t in (FLOAT64, FLOAT32, INT, BOOL, *NARROW)]
    mixed = [(FLOAT64, *(FLOAT32,) * (arity - 1)), (INT, *(FLOAT64,) * (arity - 1))] if arity > 1 else []
    return [types for types in (*alike, *mixed) if supported(op, types)]


def special_values(dtype: np.dtype, *, easy: bool) -> np.ndarray:
    if dtype == BOOL:
        return np.array([True, False])
    if dtype == INT:
        return np.array(EASY_WHOLE if easy else WHOLE)
    if dtype in NARROW:
        limits = np.iinfo(dtype)
        few = EASY_WHOLE if easy else (limits.min, limits.min + 1, 0, 1, 2, 3, 7, limits.max // 2, limits.max)
        return np.array([*few, *(() if easy or limits.min == 0 else (-1, -3, -10))], dtype)
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
    assert not bad.any(), (
        f"{bad.sum()} of {bad.size}: {found[bad][:4]} for {expected[bad][:4]} at {np.flatnonzero(bad)[:4]}"
    )


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
    runs = [(case, form) for case in cases for form in (WIDTHS if set(case[0]) == {FLOAT64} else WIDTHS[-1:])]
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
    assert left_out == OF_COMPLEX_NUMBERS | BY_KNOWN_ORDER | BY_COMPLEX_NUMBERS | IN_PYTHON


# --- operands that are known, single, or many --------------------------------------------------------

X = np.array([0.3, -0.7, 2.5, 0.0, -0.0, np.inf, -np.inf, np.nan, 1e-310, 1e300, 4.0, -9.0, 1e-200, 7.0, 0.5, 1.0])
POSITIVE = np.linspace(0.2, 9, 16)


def named(name: str) -> Operation:
    return OPERATIONS[name]


@pytest.mark.parametrize("dtype", [FLOAT64, FLOAT32], ids=str)
@pytest.mark.parametrize("p", [-2.5, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 0.3, 7, -2, 100])
def test_powers_known_now(p: float, dtype: np.dtype) -> None:
    op, x = named("power"), X.astype(dtype)
    (kernel,) = compiled([(Form((dtype,), dtype), written(op, (dtype, type(p)), dtype, p))])
    assert_close(kernel(x), reference(op, [x, dtype.type(p)]).astype(dtype), USUAL)


@pytest.mark.parametrize("p", [0, 1, 2, 5, 13, 63, 64])
def test_powers_of_whole_numbers(p: int) -> None:
    x = np.array([0, 1, -1, 2, 3, -7, 10, 2**40])
    (kernel,) = compiled([(Form((INT,), INT), written(named("power"), (INT, int), INT, p))])
    np.testing.assert_array_equal(kernel(x), x**p)


def test_powers_that_numpy_refuses() -> None:
    assert not supported(named("power"), [INT, INT])
    with pytest.raises(ValueError, match="negative"):
        compiled([(Form((INT,), INT), written(named("power"), (INT, int), INT, -2))])


def test_powers_of_a_known_base() -> None:
    def write(base: float) -> Write:
        return lambda b, p: emit(b, named("power"), [base, p], (float, FLOAT64), FLOAT64)

    bases = (2.0, 3.5, -2.0, 0.0, 1.0)
    for base, kernel in zip(bases, compiled([(Form((FLOAT64,), FLOAT64), write(base)) for base in bases]), strict=True):
        assert_close(kernel(X), reference(named("power"), [np.float64(base), X]), USUAL)


BESIDE_A_NUMBER = [
    ("maximum", 0.0), ("minimum", 0.5), ("fmax", math.nan), ("less", 0.5), ("mod", 0.7), ("mod", -math.inf),
    ("fmod", 0.0), ("floor_divide", -0.3), ("copysign", -1.0), ("arctan2", 1.0), ("hypot", 3.0), ("xlogy", 2.0),
    ("logaddexp", 0.0), ("huber", 1.0), ("kl_div", 2.0), ("rel_entr", 0.5), ("beta", 1.5), ("jv", 0.5), ("power", 0.7),
]  # fmt: skip


@pytest.mark.parametrize(("name", "number"), BESIDE_A_NUMBER)
@pytest.mark.parametrize("width", [1, 4, 8])
def test_a_plain_number_beside_an_array(name: str, number: float, width: int) -> None:
    """On either side, at any width; it adapts to the array's type."""
    op, x, same = named(name), X.astype(np.float32), np.float32(number)
    after, before = reference(op, [x, same]), reference(op, [same, x])  # type: ignore[list-item]
    kernels = compiled(
        [
            (Form((FLOAT32,), after.dtype, width), written(op, (FLOAT32, float), after.dtype, number)),
            (
                Form((FLOAT32,), before.dtype, width),
                lambda b, v: emit(b, op, [number, v], (float, FLOAT32), before.dtype),
            ),
        ]
    )
    assert_close(kernels[0](x), after, USUAL)
    assert_close(kernels[1](x), before, USUAL)


@pytest.mark.parametrize("name", ["maximum", "mod", "arctan2", "power", "xlogy", "less", "jv", "gammainc", "huber"])
@pytest.mark.parametrize("single", [0, 1])
def test_one_entry_beside_vectors(name: str, single: int) -> None:
    op = named(name)
    form = Form((FLOAT64, FLOAT64), reference(op, [X, X]).dtype, 4, 2, frozenset({single}))
    operands = [POSITIVE[:1] if k == single else X for k in range(2)]
    (kernel,) = compiled([(form, written(op, form.types, form.result))])
    assert_close(kernel(*operands), reference(op, operands), USUAL)


def test_single_entries_alone() -> None:
    """Without a vector among the operands nothing is computed in lanes."""
    op = named("jv")
    (kernel,) = compiled(
        [(Form((FLOAT64, FLOAT64), FLOAT64, 8, 2, frozenset({0, 1})), written(op, (FLOAT64, FLOAT64), FLOAT64))]
    )
    np.testing.assert_array_equal(kernel(np.full(16, 2.0), np.full(16, 3.0)), np.full(16, op.numpy(2.0, 3.0)))


@pytest.mark.parametrize("name", ["sin", "gamma", "maximum", "isnan", "floor", "polygamma", "mod", "less"])
def test_known_operands_give_a_known_result(name: str) -> None:
    op = named(name)
    known = [2.0, 0.75][: len(op.differentials)]
    types = [float] * len(known)
    result = reference(op, [np.float64(k) for k in known])
    b = Builder(8)
    found = emit(b, op, known, types, result.dtype)
    assert found == result
    assert type(found) is type(result.item())
    assert b.lines == []


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_scaled_integrals_of_known_order(order: int) -> None:
    x = np.concatenate([np.linspace(-3, 30, 27), [0.0, 1.0, 1e5, np.nan, np.inf]])
    op = named("ierfcx")
    kernels = compiled(
        [(Form((FLOAT64,), FLOAT64, *w), lambda b, v: emit(b, op, [order, v], (int, FLOAT64), FLOAT64)) for w in WIDTHS]
    )
    for kernel in kernels:
        assert_close(kernel(x), reference(op, [order, x]), 64.0)  # type: ignore[list-item]


@pytest.mark.parametrize("name", ["polygamma", "spherical_jn", "spherical_yn", "eval_legendre", "jv", "expn"])
@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("dtype", [FLOAT64, FLOAT32], ids=str)
def test_orders_known_now(name: str, order: int, dtype: np.dtype) -> None:
    op, x = named(name), POSITIVE.astype(dtype)
    (kernel,) = compiled([(Form((dtype,), dtype), lambda b, v: emit(b, op, [order, v], (int, dtype), dtype))])
    assert_close(kernel(x), np.asarray(op.numpy(order, x)), USUAL)


# --- remainders, far from easy -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [FLOAT64, FLOAT32], ids=str)
@pytest.mark.parametrize("name", ["fmod", "mod", "floor_divide"])
def test_remainders_are_exact(name: str, dtype: np.dtype) -> None:
    """Near multiples of the divisor, and with quotients of any length."""
    rng = np.random.default_rng(3)
    reach = 200 if dtype == FLOAT64 else 30
    y = np.ldexp(rng.uniform(-1, 1, 4000), rng.integers(-reach, reach, 4000)).astype(dtype)
    whole = rng.integers(-1000, 1000, 4000)
    near = np.nextafter((y * whole).astype(dtype), dtype.type(np.inf) * rng.choice([-1, 1], 4000).astype(dtype))
    far = np.ldexp(rng.uniform(-1, 1, 4000), rng.integers(-reach, reach, 4000)).astype(dtype)
    x = np.concatenate([near, far, (y * whole).astype(dtype)])
    y = np.concatenate([y, y, y])
    (kernel,) = compiled([(Form((dtype, dtype), dtype), written(named(name), (dtype, dtype), dtype))])
    assert_close(kernel(x, y), reference(named(name), [x, y]), 0.0)


# --- casts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [FLOAT64, FLOAT32, INT, BOOL], ids=str)
@pytest.mark.parametrize("target", [FLOAT64, FLOAT32, INT, BOOL], ids=str)
def test_casts(source: np.dtype, target: np.dtype) -> None:
    values = special_values(source, easy=False)
    if source.kind == "f":
        edges = np.array([2.0**63, -(2.0**63), 2.0**62, 1e19, -1e19, 2.9, -2.9], source)
        values = np.concatenate([values, edges, np.nextafter(edges, source.type(0))])
    x = np.resize(values, -(-len(values) // SIZE) * SIZE)
    kernels = compiled([(Form((source,), target, *w), partial(_cast, kind=KINDS[target])) for w in WIDTHS])
    with np.errstate(all="ignore"):
        expected = x.astype(target)
    for kernel in kernels:
        assert_close(kernel(x), expected, 0.0)


def _cast(b: Builder, x: Value, kind: Kind) -> Value:
    return cast(b, x, kind)


@pytest.mark.parametrize("number", [0, -3, True, False, 2.75, -2.75, math.inf, math.nan, 1e300, 2.0**63])
def test_casts_of_known_numbers(number: float) -> None:
    with np.errstate(all="ignore"):
        for target in (FLOAT64, FLOAT32, INT, BOOL):
            found, expected = cast(Builder(1), number, KINDS[target]), np.asarray(number).astype(target).item()
            np.testing.assert_array_equal(np.asarray(found, target), np.asarray(expected, target))


# --- calls of loops ----------------------------------------------------------------------------------


def test_parts_of_one_function_share_a_call() -> None:
    b = Builder(8)
    x = Val(Kind.DOUBLE, ("%x",), True)
    for name in ("airy_Ai", "airy_Bip", "airy_Ai"):
        emit(b, named(name), [x], [FLOAT64], FLOAT64)
    assert sum("call void" in line for line in b.lines) == 1
    emit(b, named("airy_Ai"), [Val(Kind.DOUBLE, ("%y",), True)], [FLOAT64], FLOAT64)
    assert sum("call void" in line for line in b.lines) == 2
    assert len(b.externals) == 2


def test_zeros_of_either_sign_are_not_shared() -> None:
    """+0 and -0 are equal numbers, and different operands."""
    b = Builder(8)
    x = Val(Kind.DOUBLE, ("%x",), True)
    for zero in (0.0, -0.0):
        emit(b, named("beta"), [x, zero], [FLOAT64, float], FLOAT64)
    assert sum("call void" in line for line in b.lines) == 2


def test_loops_in_a_row() -> None:
    """One after the other, in each other's operands, beside vector mathematics."""

    def write(b: Builder, x: Value) -> Value:
        y = emit(b, named("gamma"), [x], [FLOAT64], FLOAT64)
        z = emit(b, named("gamma"), [y], [FLOAT64], FLOAT64)
        return b.add(emit(b, named("exp"), [z], [FLOAT64], FLOAT64), emit(b, named("digamma"), [y], [FLOAT64], FLOAT64))

    gamma, psi = named("gamma").numpy, named("digamma").numpy
    (kernel,) = compiled([(Form((FLOAT64,), FLOAT64, 4, 2), write)])
    assert_close(kernel(POSITIVE / 3), np.exp(gamma(gamma(POSITIVE / 3))) + psi(gamma(POSITIVE / 3)), USUAL)


def test_types_that_are_refused() -> None:
    complex128, int8 = np.dtype(np.complex128), np.dtype(np.int8)
    assert not supported(named("exp"), [complex128])
    assert not supported(named("exp"), [int8])  # of half precision in NumPy
    assert not supported(named("sign"), [BOOL])
    with pytest.raises(ValueError, match="complex128"):
        emit(Builder(8), named("exp"), [1.0], [complex128], complex128)
