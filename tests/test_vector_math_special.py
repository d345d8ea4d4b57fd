"""The library of vector mathematics at zeros, infinities, NaN and poles: C99, Annex F.9, or NumPy where C has none."""

from __future__ import annotations

import numpy as np
import pytest
from vector_math import DTYPES, IS_X86, Compiled, compiled

from steepest.engines.native.vector_math.library import FUNCTIONS

VARIANTS = [("double", 8), ("double", 4), ("double", 1), ("float", 16), ("float", 1)]

SUMS = ("logaddexp", "logaddexp2")  # where the two terms cancel, as accurate as the larger

inf, nan = float("inf"), float("nan")
pi = np.pi

# Operand and value; signs of zeros count.
ONE_OPERAND: dict[str, list[tuple[float, float]]] = {
    "exp": [(0.0, 1.0), (-0.0, 1.0), (-inf, 0.0), (inf, inf), (1e4, inf), (-1e4, 0.0)],
    "exp2": [(0.0, 1.0), (-0.0, 1.0), (-inf, 0.0), (inf, inf), (1e5, inf), (-1e5, 0.0), (10.0, 1024.0), (-3.0, 0.125)],
    "expm1": [(0.0, 0.0), (-0.0, -0.0), (-inf, -1.0), (inf, inf), (-1e4, -1.0), (1e4, inf)],
    "log": [(0.0, -inf), (-0.0, -inf), (1.0, 0.0), (-1.0, nan), (-inf, nan), (inf, inf)],
    "log2": [
        (0.0, -inf),
        (-0.0, -inf),
        (1.0, 0.0),
        (-1.0, nan),
        (-inf, nan),
        (inf, inf),
        (1024.0, 10.0),
        (0.125, -3.0),
    ],
    "log10": [(0.0, -inf), (-0.0, -inf), (1.0, 0.0), (-1.0, nan), (-inf, nan), (inf, inf), (1000.0, 3.0)],
    "log1p": [(0.0, 0.0), (-0.0, -0.0), (-1.0, -inf), (-1.5, nan), (-inf, nan), (inf, inf)],
    "cbrt": [(0.0, 0.0), (-0.0, -0.0), (inf, inf), (-inf, -inf), (27.0, 3.0), (-8.0, -2.0)],
    "sin": [(0.0, 0.0), (-0.0, -0.0), (inf, nan), (-inf, nan)],
    "cos": [(0.0, 1.0), (-0.0, 1.0), (inf, nan), (-inf, nan)],
    "cosm1": [(0.0, 0.0), (-0.0, 0.0), (inf, nan), (-inf, nan)],
    "tan": [(0.0, 0.0), (-0.0, -0.0), (inf, nan), (-inf, nan)],
    "arcsin": [
        (0.0, 0.0),
        (-0.0, -0.0),
        (1.0, pi / 2),
        (-1.0, -pi / 2),
        (1.5, nan),
        (-1.5, nan),
        (inf, nan),
        (-inf, nan),
    ],
    "arccos": [(1.0, 0.0), (-1.0, pi), (0.0, pi / 2), (-0.0, pi / 2), (1.5, nan), (-1.5, nan), (inf, nan), (-inf, nan)],
    "arctan": [(0.0, 0.0), (-0.0, -0.0), (inf, pi / 2), (-inf, -pi / 2), (1.0, pi / 4), (-1.0, -pi / 4)],
    "sinh": [(0.0, 0.0), (-0.0, -0.0), (inf, inf), (-inf, -inf), (1e4, inf), (-1e4, -inf)],
    "cosh": [(0.0, 1.0), (-0.0, 1.0), (inf, inf), (-inf, inf), (1e4, inf), (-1e4, inf)],
    "tanh": [(0.0, 0.0), (-0.0, -0.0), (inf, 1.0), (-inf, -1.0), (1e4, 1.0), (-1e4, -1.0)],
    "arcsinh": [(0.0, 0.0), (-0.0, -0.0), (inf, inf), (-inf, -inf)],
    "arccosh": [(1.0, 0.0), (0.5, nan), (-2.0, nan), (-inf, nan), (inf, inf)],
    "arctanh": [(0.0, 0.0), (-0.0, -0.0), (1.0, inf), (-1.0, -inf), (1.5, nan), (-1.5, nan), (inf, nan), (-inf, nan)],
    "expit": [(0.0, 0.5), (-0.0, 0.5), (inf, 1.0), (-inf, 0.0), (1e4, 1.0), (-1e4, 0.0)],
    "softplus": [(0.0, np.log(2)), (-0.0, np.log(2)), (inf, inf), (-inf, 0.0), (1e4, 1e4), (-1e4, 0.0)],
    "erf": [(0.0, 0.0), (-0.0, -0.0), (inf, 1.0), (-inf, -1.0), (1e4, 1.0), (-1e4, -1.0)],
    "erfc": [(0.0, 1.0), (-0.0, 1.0), (inf, 0.0), (-inf, 2.0), (1e4, 0.0), (-1e4, 2.0)],
}
SPECIAL = [0.0, 1.0, 2.0, 3.0, 0.5, 2.5, 1e-3, 1e30, inf]
GRID = [sign * x for x in SPECIAL for sign in (1.0, -1.0)] + [nan]
OF_NUMPY = {
    "power": np.power,
    "arctan2": np.arctan2,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "logaddexp2": np.logaddexp2,
}


def assert_same(results: np.ndarray, expected: np.ndarray, names: list[str], scale: float | np.ndarray = 0.0) -> None:
    """Equal to 4 ulp, or to 4 ulp of a scale; NaN, infinities and zeros alike, with their signs."""
    expected = expected.astype(results.dtype)
    with np.errstate(all="ignore"):
        near = (np.abs(results - expected) <= 8 * np.spacing(np.maximum(np.abs(expected), scale) / 2)) | (
            results == expected
        )
    special = ~np.isfinite(expected) | (expected == 0)
    alike = (results == expected) & (np.signbit(results) == np.signbit(expected)) | (
        np.isnan(results) & np.isnan(expected)
    )
    wrong = ~np.where(special, alike, near)
    assert not [
        f"{n} = {y}, not {e}" for n, y, e in zip(np.array(names)[wrong], results[wrong], expected[wrong], strict=True)
    ]


@pytest.mark.parametrize(("element", "lanes"), VARIANTS)
@pytest.mark.parametrize("function", ONE_OPERAND)
def test_special_values(function, element, lanes):
    x = np.array([a for a, _ in ONE_OPERAND[function]])
    y = np.array([b for _, b in ONE_OPERAND[function]])
    assert_same(compiled(element, lanes)(function, x), y, [f"{function}({a})" for a in x])


@pytest.mark.skipif(not IS_X86, reason="names features of x86")
@pytest.mark.parametrize(("element", "lanes"), [("double", 2), ("float", 4)])
def test_special_values_with_fewest_features(element, lanes):
    library = compiled(element, lanes, "")
    for function, table in ONE_OPERAND.items():
        x, y = (np.array(column) for column in zip(*table, strict=True))
        assert_same(library(function, x), y, [f"{function}({a})" for a in x])
    for function in OF_NUMPY:
        assert_same_as_numpy(library, function)


def test_every_function_is_tested():
    assert FUNCTIONS.keys() == ONE_OPERAND.keys() | OF_NUMPY.keys()


@pytest.mark.parametrize(("element", "lanes"), VARIANTS)
@pytest.mark.parametrize("function", OF_NUMPY)
def test_tables_of_two_operands(function, element, lanes):
    """C99's whole tables of pow, atan2 and hypot."""
    assert_same_as_numpy(compiled(element, lanes), function)


def assert_same_as_numpy(library: Compiled, function: str) -> None:
    """At all pairs of special values."""
    dtype = DTYPES[library.element]
    info = np.finfo(dtype)
    whole = [float(2 ** (info.nmant + k) + j) for k in (0, 1) for j in (-1, 0, 1)]
    values = [
        *GRID,
        *whole,
        *(-w for w in whole),
        info.max,
        -info.max,
        info.smallest_subnormal,
        -info.smallest_subnormal,
    ]
    x, y = (a.ravel().astype(dtype) for a in np.meshgrid(values, values))
    with np.errstate(all="ignore"):
        expected = OF_NUMPY[function](x, y)
    names = [f"{function}({a}, {b})" for a, b in zip(x, y, strict=True)]
    scale = np.maximum(np.abs(x), np.abs(y)) if function in SUMS else 0.0
    assert_same(library(function, x, y), expected, names, scale)


@pytest.mark.parametrize(("element", "lanes"), VARIANTS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_nan_stays_whatever_its_bits(function, element, lanes):
    """Quiet NaNs of either sign and any payload give a NaN, in each operand."""
    quiet, mask = (0x7FF8 << 48, (1 << 51) - 1) if element == "double" else (0x7FC0 << 16, (1 << 22) - 1)
    word = np.uint64 if element == "double" else np.uint32
    rng = np.random.default_rng(7)
    payloads = rng.integers(0, mask, 64).astype(word) | word(quiet)
    payloads[::2] |= word(1 << (63 if element == "double" else 31))
    nans = payloads.view(DTYPES[element])
    other = rng.uniform(1.5, 3, 64).astype(DTYPES[element])
    library = compiled(element, lanes)
    if FUNCTIONS[function].arity == 1:
        assert np.isnan(library(function, nans)).all()
    else:
        assert np.isnan(library(function, nans, other)).all()
        assert np.isnan(library(function, other, nans)).all()


ODD = [inf, -inf, nan, 0.0, -0.0, 1e30, -1e30, 1e-40, -3.0, 1.0]


@pytest.mark.parametrize("element", ["double", "float"])
def test_lanes_do_not_touch(element):
    """A special value in one lane leaves the others as they are, also where a rare case is computed apart."""
    lanes = 8 if element == "double" else 16
    library = compiled(element, lanes)
    rng = np.random.default_rng(3)
    usual = rng.uniform(0.1, 0.9, (len(ODD), lanes))
    for function, spec in FUNCTIONS.items():
        shift = 1.0 if function == "arccosh" else 0.0
        plain = usual + shift
        mixed = plain.copy()
        mixed[np.arange(len(ODD)), np.arange(len(ODD)) % lanes] = ODD
        second = [rng.uniform(0.1, 0.9, plain.size)] * (spec.arity - 1)
        alone = library(function, plain.ravel(), *second).reshape(plain.shape)
        together = library(function, mixed.ravel(), *second).reshape(plain.shape)
        same = mixed == plain
        np.testing.assert_array_equal(together[same], alone[same], err_msg=function)
