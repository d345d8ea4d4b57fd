"""The library of vector mathematics against references of 40 digits, at points chosen to be difficult."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import llvmlite.binding as llvm
import mpmath
import numpy as np
import pytest
from vector_math import DTYPES, EXACT, IS_X86, Compiled, compiled, errors, exact

from steepest.engines.native.vector_math.library import FUNCTIONS, definitions, name

LIMITS = {"double": 4.0, "float": 2.0}  # in ulp
VARIANTS = [("double", 8), ("double", 4), ("double", 1), ("float", 16), ("float", 8), ("float", 1)]
PAGE = Path(__file__).resolve().parents[1] / "docs" / "vector-math.md"
SUMS = ("logaddexp", "logaddexp2")  # where the two terms cancel, as accurate as the larger

HAS_AVX2 = llvm.get_host_cpu_features().get("avx2", False)


def powers(dtype: type[np.floating], count: int, rng: np.random.Generator) -> np.ndarray:
    """Positive numbers of every size, subnormal ones too."""
    info = np.finfo(dtype)
    exponents = rng.uniform(info.minexp - info.nmant, info.maxexp - 1e-4, count)
    return np.exp2(exponents).astype(dtype)


def around(points: list[float], dtype: type[np.floating], steps: int = 3) -> np.ndarray:
    """Each point with its nearest neighbours."""
    found = []
    for p in points:
        up = down = dtype(p)
        found.append(up)
        for _ in range(steps):
            up, down = np.nextafter(up, dtype(np.inf)), np.nextafter(down, dtype(-np.inf))
            found += [up, down]
    return np.array(found, dtype)


def multiples_of_half_pi(dtype: type[np.floating], count: int, rng: np.random.Generator) -> np.ndarray:
    """The nearest numbers to k π/2 for k of every size."""
    info = np.finfo(dtype)
    with mpmath.workdps(400):
        k = [int(2.0**e) for e in rng.uniform(0, info.maxexp - 1, count)]
        return np.array([float(n * mpmath.pi / 2) for n in k]).astype(dtype)


# Of all binary64 numbers this one is nearest to a multiple of π/2 (Muller, Elementary Functions, 2006, section 11.3).
NEAREST = 6381956970095103.0 * 2.0**797


def nearest_to_half_pi(dtype: type[np.floating], exponents: range) -> np.ndarray:
    """m 2^e nearer to a multiple of π/2 than all with smaller m, for m of about the format's bits: m is the
    denominator of a convergent of the continued fraction of 2^(e + 1) / π (Muller, as above).
    """
    bits = np.finfo(dtype).nmant + 1
    found = []
    with mpmath.workprec(3000):
        for e in exponents:
            rest = mpmath.ldexp(2 / mpmath.pi, e)
            before, m = 0, 1
            while m < 2**bits:
                if m >= 2 ** (bits - 12):
                    found.append(float(mpmath.ldexp(m, e)))
                rest = 1 / (rest - mpmath.floor(rest))
                before, m = m, int(mpmath.floor(rest)) * m + before
    return np.array(found)


def real_line(dtype: type[np.floating], rng: np.random.Generator) -> np.ndarray:
    size = powers(dtype, 60, rng) * rng.choice([-1, 1], 60)
    return np.concatenate([size, rng.uniform(-1, 1, 40), rng.uniform(-10, 10, 60), rng.uniform(-100, 100, 30)])


def exponents(dtype: type[np.floating], rng: np.random.Generator, base: float) -> np.ndarray:
    """Where base^x is finite, with the thresholds of overflow, of subnormal numbers and of zero."""
    info = np.finfo(dtype)
    low, high = (info.minexp - info.nmant - 1) / np.log2(base), info.maxexp / np.log2(base)
    ends = around([low, high, info.minexp / np.log2(base), 0.5 / np.log2(base), -0.5 / np.log2(base)], dtype)
    return np.concatenate([rng.uniform(low, high, 100), rng.uniform(-1, 1, 60), powers(dtype, 30, rng) % 1, ends])


def positive(dtype: type[np.floating], rng: np.random.Generator) -> np.ndarray:
    near_one = 1 + rng.uniform(-1, 1, 40) * 2.0 ** rng.uniform(-np.finfo(dtype).nmant, -1, 40)
    edges = around([1, 2, 0.5, 10, np.sqrt(0.5), np.sqrt(2), float(np.finfo(dtype).tiny)], dtype)
    largest = [np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal]
    return np.concatenate([powers(dtype, 80, rng), near_one, rng.uniform(0.4, 3, 40), edges, largest])


def unit(dtype: type[np.floating], rng: np.random.Generator) -> np.ndarray:
    near_one = 1 - 2.0 ** rng.uniform(-np.finfo(dtype).nmant, -1, 40)
    inside = np.concatenate([rng.uniform(0, 1, 80), near_one, powers(dtype, 40, rng) % 1, around([0.5], dtype)])
    return np.concatenate([inside, -inside])


def points(function: str, dtype: type[np.floating]) -> tuple[np.ndarray, ...]:
    """Operands inside the domain, in the format, where the function is difficult or changes its way of computing."""
    rng = np.random.default_rng(list(function.encode()))
    x = _points(function, dtype, rng)
    return tuple(np.asarray(p, np.float64).astype(dtype) for p in x)


def _points(function: str, dtype: type[np.floating], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    line = real_line(dtype, rng)
    match function:
        case "exp" | "expm1" | "sinh" | "cosh" | "expit" | "softplus":
            x = np.concatenate([exponents(dtype, rng, np.e), rng.uniform(-3, 3, 80), line[np.abs(line) < 80]])
            return (x,)
        case "exp2":
            return (exponents(dtype, rng, 2.0),)
        case "log" | "log2" | "log10" | "cbrt":
            return (positive(dtype, rng),)
        case "log1p":
            x = positive(dtype, rng)
            return (np.concatenate([x - 1, x, -x[x < 1]]),)
        case "sin" | "cos" | "cosm1" | "tan":
            near = multiples_of_half_pi(dtype, 100, rng)
            limits = around([2.0**15, 2.0**30, np.pi / 4, 3 * np.pi / 4, 1e22], dtype)
            bits, largest = np.finfo(dtype).nmant + 1, np.finfo(dtype).maxexp
            worst = nearest_to_half_pi(dtype, range(-bits + 1, -bits + 32))
            far = nearest_to_half_pi(dtype, range(32 - bits, largest - bits, 24))
            named = [NEAREST, 1e300] if dtype == np.float64 else []
            return (np.concatenate([line, near, -near, limits, worst, far, named]),)
        case "arcsin" | "arccos" | "arctanh":
            x = unit(dtype, rng)
            return (x[np.abs(x.astype(dtype)) < 1],)
        case "arccosh":
            x = positive(dtype, rng)
            return (x[x.astype(dtype) >= 1],)
        case "arctan" | "arcsinh" | "tanh" | "erf":
            edges = around([1, 0.625, np.tan(np.pi / 8), 2.0**54, 2.0**26], dtype)
            return (np.concatenate([line, rng.uniform(-6, 6, 60), edges]),)
        case "erfc":
            edges = around([0.75, 27.2, 26.5, 10, 9.2], dtype)
            return (np.concatenate([rng.uniform(-6, 6, 60), rng.uniform(0, 27.3, 80), unit(dtype, rng), edges]),)
        case "power":
            x = np.concatenate([positive(dtype, rng), powers(dtype, 60, rng)])
            info = np.finfo(dtype)
            logs = np.log2(x.astype(dtype).astype(np.float64))
            y = rng.uniform(info.minexp - info.nmant - 1, info.maxexp, x.size) / np.where(logs == 0, 1, logs)
            return x, np.where(rng.uniform(size=x.size) < 0.3, np.round(np.clip(y, -20, 20)), y)
        case "hypot" | "arctan2":
            x = np.concatenate([line, line, positive(dtype, rng)])
            y = rng.permutation(x)
            near = x * np.clip(rng.uniform(0.2, 5, x.size), 0, 1 / np.maximum(1, np.abs(x) / 2.0**100))
            return np.concatenate([x, x, line]), np.concatenate([y, near, line])
        case "logaddexp" | "logaddexp2":
            x = rng.uniform(-50, 50, 150)
            return np.concatenate([x, line]), np.concatenate([x + rng.uniform(-40, 40, 150), rng.permutation(line)])
    raise KeyError(function)


@functools.cache
def table(function: str, element: str) -> tuple[tuple[np.ndarray, ...], list[mpmath.mpf]]:
    operands = points(function, DTYPES[element])
    return operands, exact(function, *operands)


def worst(library: Compiled, function: str) -> tuple[float, str]:
    """The largest error at the function's points, in ulp, and where it is."""
    operands, references = table(function, library.element)
    scales = np.maximum(*np.abs(operands)) if function in SUMS else None
    results = library(function, *operands)
    found = errors(results, references, scales)
    k = int(np.argmax(found))
    where = ", ".join(repr(x[k]) for x in operands)
    reference = mpmath.nstr(references[k], 20)
    return found[k], f"{function}({where}) = {results[k]!r}, {found[k]:.2f} ulp from {reference}"


def test_every_function_has_a_reference():
    assert FUNCTIONS.keys() == EXACT.keys()


@pytest.mark.parametrize(("element", "lanes"), VARIANTS)
def test_accuracy(element, lanes):
    library = compiled(element, lanes)
    too_far = [text for f in FUNCTIONS for error, text in [worst(library, f)] if error > LIMITS[element]]
    assert not too_far


@pytest.mark.skipif(not IS_X86, reason="names features of x86")
@pytest.mark.parametrize(
    ("element", "lanes", "features"),
    [
        ("double", 2, ""),
        ("float", 4, ""),
        pytest.param("double", 8, "", marks=pytest.mark.heavy),
        pytest.param("double", 4, "+avx2,+fma", marks=pytest.mark.skipif(not HAS_AVX2, reason="needs AVX2")),
        pytest.param(
            "double", 4, "+avx2,-fma", marks=[pytest.mark.heavy, pytest.mark.skipif(not HAS_AVX2, reason="needs AVX2")]
        ),
        pytest.param(
            "float", 8, "+avx2,+fma", marks=[pytest.mark.heavy, pytest.mark.skipif(not HAS_AVX2, reason="needs AVX2")]
        ),
    ],
)
def test_accuracy_with_fewer_features(element, lanes, features):
    library = compiled(element, lanes, features)
    too_far = [text for f in FUNCTIONS for error, text in [worst(library, f)] if error > LIMITS[element]]
    assert not too_far


def test_the_page_says_how_large_errors_are():
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {f for f, _, _ in rows} == FUNCTIONS.keys()
    for function, in_double, in_float in rows:
        for library, stated in ((compiled("double", 8), in_double), (compiled("float", 16), in_float)):
            error, text = worst(library, function)
            assert error <= float(stated) <= LIMITS[library.element], text


def test_each_definition_and_declaration_once():
    wanted = [(f, element, 8) for f in FUNCTIONS for element in ("double", "float")]
    declares, text = definitions(wanted * 2)
    heads = [line.split("(")[0] for line in text.splitlines() if line.startswith("define")]
    assert len(heads) == len(set(heads))
    assert all(line.startswith("declare ") and "@llvm." in line for line in declares)
    assert len({line.split("@")[1].split("(")[0] for line in declares}) == len(declares)
    for wanted_one in wanted:
        assert sum(f" {name(*wanted_one)}(" in line for line in text.splitlines() if line.startswith("define")) == 1


def test_a_part_is_defined_only_where_needed():
    _, text = definitions([("exp", "double", 8)])
    assert text.count("define") == 1
    _, text = definitions([("sin", "float", 8)])
    assert text.count("define") == 3  # with the rare case, for a vector and for one number


@pytest.mark.parametrize("function", FUNCTIONS)
def test_lanes_make_no_difference(function):
    """The last entries of an array, computed one by one, are as if they had been among the first."""
    for element, lanes in (("double", 8), ("float", 16)):
        operands = points(function, DTYPES[element])
        results = [compiled(element, k)(function, *operands) for k in (lanes, 1)]
        np.testing.assert_array_equal(*results)


@pytest.mark.parametrize(("element", "lanes"), [("double", 4), ("double", 16), ("float", 8), ("float", 32)])
def test_neither_does_the_size_of_registers(element, lanes):
    """Vectors shorter and longer than a register are as one register."""
    operands = points("exp", DTYPES[element])
    library = Compiled(("exp",), element, lanes)
    np.testing.assert_array_equal(library("exp", *operands), compiled(element, 1)("exp", *operands))


def test_on_neon_nothing_outside_is_called():
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple("aarch64-unknown-linux-gnu").create_target_machine(opt=1)
    declares, text = definitions([(f, "double", 2) for f in FUNCTIONS])
    external = text.replace("define internal <2", "define <2").replace(" alwaysinline", "")
    module = llvm.parse_assembly("\n".join([*sorted(declares), external]))
    called = set(re.findall(r"\bbl\s+(\w+)", machine.emit_assembly(module)))
    assert called == {"far_angle_double_2", "far_angle_of_one_double_1"}


def test_unknown_functions_are_refused():
    with pytest.raises(KeyError):
        name("gamma", "double", 8)
