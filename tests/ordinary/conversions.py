"""Conversions between arrays, numbers, lists and text, and questions about types."""

from __future__ import annotations

import copy
import decimal
import fractions
import numbers
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np

from steepest.errors import CaptureError

from .suite import Family

FAMILY = Family("Conversions and types")


@FAMILY
def to_float(x: Any) -> Any:
    """The builtin float: float(x[0])"""
    return float(x[0]) ** 2 + float(np.sum(x**2))


@FAMILY
def to_int(x: Any) -> Any:
    """The builtin int, guarded: int(x[2])"""
    return int(x[2]) * x[0] + sum(x[1] for _ in range(int(x[2] * 2)))


@FAMILY
def to_complex(x: Any) -> Any:
    """The builtin complex: complex(x[0], x[1])"""
    z = complex(x[0], x[1])
    return (z**2 + 1).real + abs(z) + (z * z.conjugate()).real + complex(x[2]).real


@FAMILY
def to_bool(x: Any) -> Any:
    """The truth of a number: bool(x[0] > 0.5)"""
    return x[0] ** 2 if bool(x[0] > 0.5) and x[1] else x[2]


@FAMILY
def item(x: Any) -> Any:
    """Single entries: x.item(2) * x[:1].item()"""
    return x.item(2) * x[:1].item() + x.sum().item() ** 2


@FAMILY
def tolist(x: Any) -> Any:
    """To lists: x.tolist()"""
    a, b, *rest = x.tolist()
    return a * b + sum(v**2 for v in rest) + x.reshape(2, 2).tolist()[1][0] ** 2


@FAMILY
def astype(x: Any) -> Any:
    """Types of arrays: x.astype(np.float64)"""
    return np.sum(x.astype(np.float64) ** 2) + np.sum(x.astype(complex).real * 2) + np.sum(x.astype(int) * x)


@FAMILY
def single_precision(x: Any) -> Any:
    """Through single precision: x.astype(np.float32)"""
    return np.sum(x.astype(np.float32).astype(float) * 0.0 + x**2)


@FAMILY
def asarray(x: Any) -> Any:
    """The argument made an array: np.asarray(x, dtype=float)"""
    x = np.asarray(x, dtype=float)
    y = np.atleast_2d(np.array(x, copy=True))
    return np.sum(y @ np.atleast_1d(x))


@FAMILY
def scalar_types(x: Any) -> Any:
    """NumPy's types as functions: np.float64(x[0])"""
    return np.float64(x[0]) ** 2 + np.sum(np.float64(x)) + np.asarray(np.double(x[2])) ** 3


@FAMILY
def rounded(x: Any) -> Any:
    """The builtin round: round(x[0])"""
    return round(x[0]) * x[1] + round(x[2], 0) * x[3]


@FAMILY
def isinstance_tests(x: Any) -> Any:
    """Types asked for: isinstance(x, np.ndarray)"""
    if not isinstance(x, np.ndarray) or isinstance(x, (list, tuple)) or not isinstance(x[0], (float, np.floating)):
        return x[0]
    if isinstance(x[0], int) or isinstance(x, str) or not isinstance(x[0], np.generic):
        return x[1]
    return np.sum(x**2)


@FAMILY
def abstract_types(x: Any) -> Any:
    """Abstract types asked for: isinstance(x[0], numbers.Real)"""
    if not isinstance(x[0], numbers.Real) or not isinstance(x[0], numbers.Number) or isinstance(x, Sequence):
        return x[0]
    return x[1] ** 2 if isinstance(x[0], numbers.Integral) else x[2] ** 2


@FAMILY
def types_compared(x: Any) -> Any:
    """Types compared: type(x) is np.ndarray"""
    if type(x) is np.ndarray and type(x[0]) in (float, np.float64) and issubclass(type(x[0]), float):
        return x[0] ** 2
    return x[1]


@FAMILY
def dtypes_compared(x: Any) -> Any:
    """Types of entries: x.dtype == float"""
    if x.dtype == float and x.dtype.kind == "f" and np.issubdtype(x.dtype, np.floating):
        return x[0] ** 2 * np.finfo(x.dtype).max ** 0
    return x[1]


@FAMILY
def questions(x: Any) -> Any:
    """Questions: np.isscalar(x[0]) … np.ndim(x) … callable(x)"""
    if np.isscalar(x[0]) and not np.isscalar(x) and np.ndim(x) == 1 and not callable(x) and np.isrealobj(x):
        return np.size(x) * x[0] ** 2 + np.shape(x)[0] * x[1] + x.nbytes * x[2] + x.strides[0] * x[3]
    return x[0]


@FAMILY
def attributes_asked(x: Any) -> Any:
    """Attributes asked for: hasattr(x, "shape") … getattr(x, "size", 1)"""
    if hasattr(x, "shape") and not hasattr(x, "nonsense") and hasattr(x, "__len__"):
        return getattr(x, "size", 1) * x[0] ** 2 + x.sum() + getattr(x, "nonsense", x[1])
    return x[1]


@FAMILY
def is_a_number(x: Any) -> Any:
    """Numbers told from arrays by trying: len(x[0])"""
    try:
        len(x[0])
    except TypeError:
        return x[0] ** 3
    return x[1]


@FAMILY
def formatted(x: Any) -> Any:
    """Text of values, which keeps nothing of them: f"{x[0]:.3f} {x}" """
    text = f"{x[0]:.3f} {x}" + str(x[1]) + repr(x) + f"{x[2]:8.2e}" + np.array2string(x)
    return x.sum() ** 2 if text else 0.0


@FAMILY
def copied(x: Any) -> Any:
    """Copies: copy.deepcopy(x) * copy.copy(x)"""
    nested = copy.deepcopy({"a": [x, x[0]]})
    nested["a"][0][1] = 0.0
    return (copy.deepcopy(x) * copy.copy(x)).sum() + nested["a"][0] @ x * nested["a"][1]


@FAMILY
def real_parts(x: Any) -> Any:
    """Parts of numbers: x[0].real + x.imag.sum() + x[1].conjugate()"""
    return (x[0].real + x.imag.sum() + x[1].conjugate()) ** 2 + np.real(x).sum() + np.real_if_close(x).prod()


@FAMILY
def plain_numbers_as_keys(x: Any) -> Any:
    """Numbers of plain arrays as keys, limits and settings: {1.0: x[0], 2.0: x[1]}[grid[1]]"""
    grid = np.sqrt([1.0, 4.0])
    return {1.0: x[0], 2.0: x[1]}[grid[1]] ** 2 * (grid[0] in {1.0, 3.0}) + sum(x[k] for k in range(int(grid[1])))


@FAMILY
def unpacked(x: Any) -> Any:
    """Unpacked: a, *rest, d = x"""
    a, *rest, d = x
    p, q = zip(*[(v, v * v) for v in rest], strict=True)
    return a * sum(p) * np.sum(q) * d


@FAMILY
def units_of_time(x: Any) -> Any:
    """Whole numbers asked of floats: x[0].is_integer()"""
    return x[0] ** 2 if not x[0].is_integer() else x[1]


@FAMILY.refused(CaptureError, "Python makes a plain number of it first, which could go anywhere from there")
def formatted_by_percent(x: Any) -> Any:
    """Text made with %: "%.3f" % x[0]"""
    return x[1] ** 2 if "%.3f" % x[0] else x[0]  # noqa: UP031


@FAMILY.refused(CaptureError, "text holds digits, and not where they come from")
def through_text(x: Any) -> Any:
    """A number read back from text: float(str(x[1]))"""
    return x[0] * float(str(x[1]))


@FAMILY.refused(CaptureError, "bytes hold digits, and not where they come from")
def through_bytes(x: Any) -> Any:
    """Numbers read back from memory: np.frombuffer(x.tobytes())"""
    return np.frombuffer(x.tobytes()).sum()


@FAMILY.refused(CaptureError, "a fraction is exact: it has no slope")
def exact_fractions(x: Any) -> Any:
    """Exact fractions: fractions.Fraction(x[0])"""
    return float(fractions.Fraction(x[0]) ** 2)


@FAMILY.refused(CaptureError, "decimal digits hold no derivative")
def decimal_numbers(x: Any) -> Any:
    """Decimal numbers: decimal.Decimal(x[0])"""
    return float(decimal.Decimal(x[0]) ** 2)


@FAMILY.refused(CaptureError, "the numbers' own bits are looked at")
def bits(x: Any) -> Any:
    """The bits of numbers: x.view(np.int64)"""
    return np.sum(x.view(np.int64) & 1) * x[0]


@FAMILY.refused(CaptureError, "what is written to disk or sent elsewhere is digits")
def pickled(x: Any) -> Any:
    """Written and read back: pickle.loads(pickle.dumps(x))"""
    return np.sum(pickle.loads(pickle.dumps(x)) ** 2)
