"""The library of vector mathematics compiled and applied to arrays, exact references, and errors in units of ulp."""

from __future__ import annotations

import ctypes
import functools
import math
from collections.abc import Callable, Sequence

import llvmlite.binding as llvm
import mpmath
import numpy as np

from steepest.engines.native.machine.target import host
from steepest.engines.native.vector_math.body import vector
from steepest.engines.native.vector_math.library import FUNCTIONS, definitions, name

HOST = None  # the features of this machine, all of them

DTYPES = {"double": np.float64, "float": np.float32}
SIZES = {"double": 8, "float": 4}
POISON = -77.7

IS_X86 = llvm.get_default_triple().startswith("x86_64")  # where features can be taken away by these names

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()


def target_machine(features: str | None) -> llvm.TargetMachine:
    """The host, or a plain processor of its family with these features alone."""
    target = llvm.Target.from_default_triple()
    if features is None:
        own = llvm.get_host_cpu_features().flatten()
        return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=own, opt=2)
    return target.create_target_machine(features=features, opt=2)


def loop(function: str, element: str, lanes: int) -> str:
    """The text of ``over_function(operands..., result, n)``; n is a multiple of the lanes."""
    real, size = vector(element, lanes), SIZES[element]
    operands = range(FUNCTIONS[function].arity)
    pointers = ", ".join(f"ptr %p{k}" for k in operands)
    loads = [
        f"  %a{k} = getelementptr {element}, ptr %p{k}, i64 %i\n  %v{k} = load {real}, ptr %a{k}, align {size}"
        for k in operands
    ]
    values = ", ".join(f"{real} %v{k}" for k in operands)
    return "\n".join(
        [
            f"define void @over_{function}({pointers}, ptr %result, i64 %n) {{",
            "entry:",
            "  br label %next",
            "next:",
            "  %i = phi i64 [ 0, %entry ], [ %after, %next ]",
            *loads,
            f"  %y = call {real} {name(function, element, lanes)}({values})",
            f"  %to = getelementptr {element}, ptr %result, i64 %i",
            f"  store {real} %y, ptr %to, align {size}",
            f"  %after = add i64 %i, {lanes}",
            "  %more = icmp slt i64 %after, %n",
            "  br i1 %more, label %next, label %done",
            "done:",
            "  ret void",
            "}",
        ]
    )


class Compiled:
    """Functions of the library in one format, at so many lanes, for the host or for a target with fewer features."""

    def __init__(self, functions: Sequence[str], element: str, lanes: int, features: str | None = HOST) -> None:
        self.element, self.lanes = element, lanes
        declares, text = definitions(
            [(f, element, lanes) for f in functions], host().vector_bits if features is None else 0
        )
        loops = [loop(f, element, lanes) for f in functions]
        module = llvm.parse_assembly("\n".join([*sorted(declares), text, *loops]))
        module.verify()
        machine = target_machine(features)
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = False
        passes = llvm.create_pass_builder(machine, options)
        passes.getModulePassManager().run(module, passes)
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()

    def __call__(self, function: str, *operands: np.ndarray) -> np.ndarray:
        dtype = DTYPES[self.element]
        size = operands[0].size
        padding = -size % self.lanes
        padded = [np.concatenate([x, np.full(padding, x[0])]).astype(dtype) for x in operands]
        result = np.full(size + padding, POISON, dtype)
        prototype = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (len(operands) + 1), ctypes.c_int64)
        call = prototype(self._engine.get_function_address(f"over_{function}"))
        call(*(x.ctypes.data for x in padded), result.ctypes.data, result.size)
        return result[:size]


@functools.cache
def compiled(element: str, lanes: int, features: str | None = HOST) -> Compiled:
    """The whole library."""
    return Compiled(tuple(FUNCTIONS), element, lanes, features)


# --- references ------------------------------------------------------------------------------------

EXACT: dict[str, Callable[..., mpmath.mpf]] = {
    "exp": mpmath.exp,
    "exp2": lambda x: mpmath.power(2, x),
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "log1p": mpmath.log1p,
    "power": mpmath.power,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "hypot": mpmath.hypot,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "cosm1": lambda x: -2 * mpmath.sin(x / 2) ** 2,
    "tan": mpmath.tan,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "arctan2": mpmath.atan2,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
    "expit": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)) if x < 100 else x + mpmath.exp(-x),
    "logaddexp": lambda x, y: max(x, y) + mpmath.log1p(mpmath.exp(-abs(x - y))),
    "logaddexp2": lambda x, y: max(x, y) + mpmath.log1p(mpmath.power(2, -abs(x - y))) / mpmath.log(2),
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
}


def exact(function: str, *operands: np.ndarray) -> list[mpmath.mpf]:
    """The function at each point, to 40 digits."""
    with mpmath.workdps(40):
        return [EXACT[function](*map(mpmath.mpf, map(float, point))) for point in zip(*operands, strict=True)]


def ulp(value: mpmath.mpf, dtype: type[np.floating]) -> float:
    """The spacing of a format's numbers at a value."""
    info = np.finfo(dtype)
    exponent = mpmath.frexp(value)[1] - 1 if value else info.minexp
    return math.ldexp(1.0, max(exponent, info.minexp) - info.nmant)


def errors(results: np.ndarray, references: Sequence[mpmath.mpf], scales: Sequence[float] | None = None) -> np.ndarray:
    """The distance of each result from its reference in ulp: of the reference, or of a larger scale.

    A number that is too large for the format is as good as the infinity it rounds to.
    """
    dtype = results.dtype.type
    largest = mpmath.mpf(float(np.finfo(dtype).max))
    found = []
    for k, (y, reference) in enumerate(zip(results, references, strict=True)):
        if np.isnan(y):
            found.append(math.inf)
            continue
        if np.isinf(y):
            beyond = abs(reference) > largest and (reference > 0) == (y > 0)
            found.append(0.0 if beyond else math.inf)
            continue
        scale = reference if scales is None else max(abs(reference), mpmath.mpf(float(scales[k])))
        reference = max(-largest, min(largest, reference))
        found.append(float(abs(mpmath.mpf(float(y)) - reference) / ulp(scale, dtype)))
    return np.array(found)
