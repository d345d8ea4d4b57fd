"""Everything that can be raised on purpose, as one hierarchy.

    SteepestError
    ├── CaptureError          TypeError        f does something that cannot be recorded
    │   └── UnknownFunctionError               … it calls a function with no known derivative
    ├── NotScalarError        TypeError        a gradient was asked of a function that returns an array
    ├── ArgumentError         TypeError        a wrong, missing or non-numeric argument
    ├── ShapeError            ValueError       shapes that do not fit
    ├── DataError             ValueError       a table that is empty, not numeric, not finite, or of the wrong shape
    ├── NotFittedError        ValueError       an estimator that was asked before it was fitted; also AttributeError
    ├── NotDeterministicError ValueError       f gives different values on the same input
    ├── NotConvergedError     ArithmeticError  a solver inside f did not find what it looked for
    ├── NonFiniteError        ArithmeticError  a NaN or infinity in a derivative, with the operation that made it
    │   └── SingularMatrixError                … it needs the inverse of a singular matrix; also np.linalg.LinAlgError
    ├── MismatchError         ArithmeticError  the derivative and a numeric difference disagree
    └── FormulaError          ValueError       a formula that cannot be written, derived or read

A message says what happened, on which line of the user's file, why, and one or two ways on.
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from types import FrameType
from typing import Any

from numpy.linalg import LinAlgError

_PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")
_API = os.path.join(_PACKAGE, "api", "")
_STANDARD_LIBRARY = os.path.join(os.path.dirname(os.path.abspath(os.__file__)), "")
_INSTALLED = tuple(f"{os.sep}{folder}{os.sep}" for folder in ("site-packages", "dist-packages"))
_ARRAYS = tuple(f"{folder}{package}{os.sep}" for folder in _INSTALLED for package in ("numpy", "scipy", "optree"))


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


class DataError(SteepestError, ValueError):
    """Data that cannot be fitted: empty, not numeric, not finite, or of the wrong shape."""


class NotFittedError(SteepestError, ValueError, AttributeError):
    """An estimator is asked for something that only a fit can tell."""


class NotDeterministicError(SteepestError, ValueError):
    """The function gives different values on the same input."""


class NotConvergedError(SteepestError, ArithmeticError):
    """A solver inside the function did not find what it looked for."""


class NonFiniteError(SteepestError, ArithmeticError):
    """A derivative is NaN or infinite."""


class SingularMatrixError(NonFiniteError, LinAlgError):
    """A derivative needs the inverse of a matrix that has none."""


class MismatchError(SteepestError, ArithmeticError):
    """The derivative and a numeric difference of the function disagree."""


class FormulaError(SteepestError, ValueError):
    """A formula that cannot be written, derived or read."""


def user_line() -> str:
    """Where the user's own code is right now, as ``file.py:12: y = np.sort(x)``; empty if there is none."""
    return _innermost(_frames(sys._getframe(1)))


def user_place() -> tuple[str, int] | None:
    """The file and line of the user's own code right now, for `described`; None if there is none. Cheap."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _is_users_file(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


def described(place: tuple[str, int]) -> str:
    """A place as messages show it, with the text of the line."""
    return _describe(*place)


@lru_cache(maxsize=1024)
def _is_users_file(filename: str) -> bool:
    return is_users(filename) and not is_installed(filename) and filename != "<string>"


def user_line_of(error: BaseException) -> str:
    """The innermost line of the user's own code in the traceback of `error`."""
    entries = traceback.extract_tb(error.__traceback__)
    return _innermost((entry.filename, entry.lineno or 0) for entry in reversed(entries))


def place_of(function: Callable[..., Any]) -> str:
    """Where a function is written, as ``file.py:12: def f(x):``; empty if it is not written in Python."""
    while (inner := getattr(function, "func", None) or getattr(function, "__wrapped__", None)) is not None:
        function = inner
    if not hasattr(function, "__code__") and "__call__" in dir(type(function)):
        function = type(function).__call__
    code = getattr(function, "__code__", None)
    return _describe(code.co_filename, code.co_firstlineno) if code is not None else ""


def place_in(filename: str, line: int) -> str:
    """A line as messages show it, without its text: ``file.py:12``."""
    return f"{os.path.basename(filename)}:{line}"


def is_installed(filename: str) -> bool:
    """Whether a file belongs to an installed package, not to the user."""
    return _has(filename, _INSTALLED)


def is_users(filename: str) -> bool:
    """Whether a file is neither ours, nor NumPy's, nor Python's own."""
    return not is_machinery(filename) and not filename.startswith(_STANDARD_LIBRARY)


def is_machinery(filename: str) -> bool:
    """Whether a file is part of the machinery: this package, what it generates, the array packages."""
    return filename.startswith((_PACKAGE, "<steepest", "<frozen", "<__array_function__")) or _has(filename, _ARRAYS)


def is_of_this_package(filename: str) -> bool:
    """Whether a file is ours."""
    return filename.startswith(_PACKAGE)


def located(message: str, where: str) -> str:
    """`message` with the user's line under it."""
    return f"{message}\n    at {where}" if where else message


def _frames(frame: FrameType | None) -> Iterator[tuple[str, int]]:
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back


def _innermost(places: Iterable[tuple[str, int]]) -> str:
    """The first place, from within, in the user's own files; else in a package that the traced function is from.

    Beyond our own interface lies whoever called it: that is told only if the function has no line of its own.
    """
    installed = ""
    for filename, line in places:
        if installed and filename.startswith(_API):
            break
        if is_machinery(filename):
            continue
        if is_installed(filename) or filename == "<string>":
            installed = installed or _describe(filename, line)
        elif not filename.startswith(_STANDARD_LIBRARY):
            return _describe(filename, line)
    return installed


def _has(filename: str, parts: Iterable[str]) -> bool:
    return any(part in filename for part in parts)


def _describe(filename: str, line: int) -> str:
    source = linecache.getline(filename, line).strip()
    name = os.path.basename(filename)
    return f"{name}:{line}: {source}" if source else f"{name}:{line}"
