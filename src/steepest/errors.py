"""Everything that can be raised on purpose, as one hierarchy.

    SteepestError
    ├── CaptureError          TypeError        f does something that cannot be recorded
    │   └── UnknownFunctionError               … it calls a function with no known derivative
    ├── NotScalarError        TypeError        a gradient was asked of a function that returns an array
    ├── ArgumentError         TypeError        a wrong, missing or non-numeric argument
    ├── ShapeError            ValueError       shapes that do not fit
    ├── NotDeterministicError ValueError       f gives different values on the same input
    ├── NonFiniteError        ArithmeticError  a NaN or infinity in a derivative, with the operation that made it
    ├── MismatchError         ArithmeticError  the derivative and a numeric difference disagree
    └── FormulaError          ValueError       a formula that cannot be written, derived or read

A message says what happened, on which line of the user's file, why, and one or two ways on.
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from types import FrameType

_PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")


class SteepestError(Exception):
    """Base of all errors raised on purpose."""


class CaptureError(SteepestError, TypeError):
    """The function does something that cannot be recorded."""


class UnknownFunctionError(CaptureError):
    """The function calls something whose derivative is not known."""


class NotScalarError(SteepestError, TypeError):
    """A gradient was asked of a function that does not return one number."""


class ArgumentError(SteepestError, TypeError):
    """A wrong, missing or non-numeric argument."""


class ShapeError(SteepestError, ValueError):
    """Shapes that do not fit."""


class NotDeterministicError(SteepestError, ValueError):
    """The function gives different values on the same input."""


class NonFiniteError(SteepestError, ArithmeticError):
    """A derivative is NaN or infinite."""


class MismatchError(SteepestError, ArithmeticError):
    """The derivative and a numeric difference of the function disagree."""


class FormulaError(SteepestError, ValueError):
    """A formula that cannot be written, derived or read."""


def user_line() -> str:
    """Where the user's own code is right now, as ``file.py:12: y = np.sort(x)``; empty if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not _is_library(frame.f_code.co_filename):
            return _describe(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return ""


def user_line_of(error: BaseException) -> str:
    """The innermost line of the user's own code in the traceback of `error`."""
    for entry in reversed(traceback.extract_tb(error.__traceback__)):
        if not _is_library(entry.filename):
            return _describe(entry.filename, entry.lineno or 0)
    return ""


def located(message: str, where: str) -> str:
    """`message` with the user's line under it."""
    return f"{message}\n    at {where}" if where else message


def _describe(filename: str, lineno: int) -> str:
    source = linecache.getline(filename, lineno).strip()
    name = os.path.basename(filename)
    return f"{name}:{lineno}: {source}" if source else f"{name}:{lineno}"


def _is_library(filename: str) -> bool:
    if filename.startswith((_PACKAGE, "<steepest")):
        return True
    return any(
        f"{os.sep}{part}{os.sep}" in filename for part in ("site-packages/numpy", "site-packages/scipy", "numpy/_core")
    )
