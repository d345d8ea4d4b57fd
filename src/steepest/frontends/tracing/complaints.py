"""What is said when a call cannot be recorded: what, on which line of the user's, why, and a way on."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from steepest.errors import CaptureError, ShapeError, SteepestError, located, user_line, user_line_of

WRITES = {"written": "writing an entry", "written_at": "writing with ufunc.at"}  # our own names for them


def name_of(function: Any) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    name = str(getattr(function, "__qualname__", None) or getattr(function, "__name__", repr(function)))
    if function is operator.getitem:
        return "indexing"
    if module.startswith("steepest"):
        return WRITES.get(name, name)
    if isinstance(owner := getattr(function, "__self__", None), np.ufunc):
        name = f"{owner.__name__}.{function.__name__}"
    return f"{_spelled(module)}.{name}"


def _spelled(module: str) -> str:
    """A module as people write it: np.linalg, and np for what NumPy keeps in modules of its own."""
    first, *inner = module.split(".")
    if first == "scipy":
        return ".".join([first, *(part for part in inner if not part.startswith("_"))])
    if first != "numpy":
        return module
    return "np" if any(part.startswith("_") for part in inner) else ".".join(["np", *inner])


def unknown_function(function: Any) -> str:
    return (
        located(f"no derivative is known for {name_of(function)}", user_line())
        + "\n    Write the step with functions that have one (docs/what-works.md),"
        + "\n    or compute it outside the function and pass the result as an argument."
    )


PLACE = "\n    at "


def placed(error: CaptureError) -> CaptureError:
    """A refusal of a translation, with the user's line, and ways on where it names none."""
    said, *ways = str(error).split("\n")
    if PLACE in str(error):
        return error
    ways = ways or [
        "    Write the step with other functions that have a derivative (docs/what-works.md),",
        "    or compute it outside the function and pass the result as an argument.",
    ]
    return type(error)("\n".join([located(said, user_line()), *ways]))


def with_place(error: Exception, function: Any, values: tuple[Any, ...]) -> Exception:
    """NumPy's own complaint, with the shapes and the user's line."""
    shapes = [str(v.shape) for v in _arrays(values)]
    where = user_line()
    if isinstance(error, ValueError) and len(shapes) > 1 and not isinstance(error, np.linalg.LinAlgError):
        return ShapeError(located(f"{name_of(function)}: shapes {' and '.join(shapes)} do not fit: {error}", where))
    kind = type(error) if type(error) in (IndexError, TypeError, ValueError, np.linalg.LinAlgError) else ValueError
    return kind(located(f"{name_of(function)}: {error}", where))


def wrong_translation(function: Any, shape: Any, expected: Any) -> CaptureError:
    return CaptureError(
        located(
            f"{name_of(function)} was translated to shape {shape}, NumPy gives {expected};"
            " this is a defect of steepest, please report it",
            user_line(),
        )
    )


def _arrays(values: Any) -> list[Any]:
    if isinstance(values, (list, tuple)):
        return [a for v in values for a in _arrays(v)]
    return [values] if isinstance(values, (np.ndarray, np.generic)) else []


def in_trace_only(error: Exception, name: str) -> CaptureError:
    """An exception that the plain function does not raise."""
    said = str(error) or type(error).__name__
    return CaptureError(
        located(f"{name} runs on plain arrays, but cannot be recorded: {said}", user_line_of(error))
        + "\n    Write that line with operators, NumPy, math or scipy.special on the traced values,"
        "\n    or compute it outside the function and pass the result as an argument."
    )


def cause_of(error: BaseException) -> SteepestError | None:
    """Our own error behind one that NumPy raised in its place."""
    behind = error.__cause__ or error.__context__
    while behind is not None and not isinstance(behind, SteepestError):
        behind = behind.__cause__ or behind.__context__
    return behind


# --- values that would leave the trace ----------------------------------------------------------------


def lost_array() -> CaptureError:
    return CaptureError(
        located("a traced value would become a plain array here, and its derivative would be lost", user_line())
        + "\n    Write the step with NumPy functions (np.stack, np.where, …) on arrays made inside the function,"
        "\n    or compute it outside the function and pass the result as an argument."
    )


def lost_number() -> CaptureError:
    return CaptureError(
        located("a traced value would become a plain number here, and its derivative would be lost", user_line())
        + "\n    Leave the value as it is, and compute with operators, NumPy, math or scipy.special;"
        "\n    to print it, use an f-string. An array it is written to must be made inside the function: by np.zeros(n)"
        "\n    or the like, by np.array(a) if it starts from one that was made outside."
    )


def not_an_index(dtype: np.dtype) -> CaptureError:
    return CaptureError(
        located(f"a traced {dtype} cannot be an index or a count", user_line())
        + "\n    Round it with int(x): the trace then holds for that integer."
    )


def escaped() -> CaptureError:
    return CaptureError(
        located("a traced value is used after the function it belongs to has ended", user_line())
        + "\n    It was kept in a global, an attribute or a list. Return it from the function instead."
    )


# --- writing ------------------------------------------------------------------------------------------


def written_view() -> CaptureError:
    return CaptureError(
        located("a part of complex numbers is written, and with it the array it belongs to", user_line())
        + "\n    Write to the array itself (`z.real = v` is `z[...] = v + 1j * z.imag`), or take a copy first."
    )


def into_plain_array(how: str) -> CaptureError:
    return CaptureError(
        located(f"a traced value is written into a plain array {how}", user_line())
        + "\n    Make the array inside the function (np.empty, np.zeros)."
    )
