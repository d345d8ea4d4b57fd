"""What is said when a call cannot be recorded: what, on which line of the user's, why, and a way on."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.errors import ShapeError, located, user_line


def name_of(function: Any) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", repr(function))
    prefix = "np" if module.startswith("numpy") else module
    return f"{prefix}.{name}"


def unknown_function(function: Any) -> str:
    return (
        located(f"no derivative is known for {name_of(function)}", user_line())
        + "\n    Write the step with functions that have one (README, “What it knows”),"
        + "\n    or compute it outside the function and pass the result as an argument."
    )


def with_place(error: Exception, function: Any, values: tuple[Any, ...]) -> Exception:
    """NumPy's own complaint, with the shapes and the user's line."""
    shapes = [str(v.shape) for v in values if isinstance(v, (np.ndarray, np.generic))]
    where = user_line()
    if isinstance(error, ValueError) and len(shapes) > 1:
        return ShapeError(located(f"{name_of(function)}: shapes {' and '.join(shapes)} do not fit: {error}", where))
    kind = IndexError if isinstance(error, IndexError) else type(error)
    return kind(located(f"{name_of(function)}: {error}", where))
