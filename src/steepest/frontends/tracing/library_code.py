"""NumPy's and SciPy's own Python: where no translation is known, it is run on traced arrays as the user's code is.

Much of both is written in terms of functions that do have translations: ``np.roots``, ``scipy.signal.freqz``. What ends
in compiled code is refused there.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import numpy.polynomial._polybase

from steepest.errors import UnknownFunctionError, located, user_line

from .complaints import PLACE, name_of
from .tracer import find_tracers, to_values
from .translation import once_imported

# Where a function is followed into. Solvers are not: what they do step by step is not what has the derivative.
_FOLLOWED = (
    "numpy._core", "numpy.lib", "numpy.linalg", "numpy.fft", "numpy.polynomial", "scipy._lib", "scipy.fft",
    "scipy.integrate", "scipy.interpolate", "scipy.linalg", "scipy.signal", "scipy.special", "scipy.stats",
)  # fmt: skip
# Classes whose objects hold arrays in plain attributes, and compute in Python.
CLASSES: set[type] = {
    np.poly1d, np.polynomial._polybase.ABCPolyBase, np.polynomial.Polynomial, np.polynomial.Chebyshev,
    np.polynomial.Legendre, np.polynomial.Hermite, np.polynomial.HermiteE, np.polynomial.Laguerre,
}  # fmt: skip


def python_of(item: Any) -> types.FunctionType | None:
    """The Python function behind a library's, if it is one that can be followed."""
    function = item if isinstance(item, types.FunctionType) else getattr(item, "__wrapped__", None)
    if not isinstance(function, types.FunctionType):
        return None
    module = str(function.__globals__.get("__name__", ""))
    return function if any(module == name or module.startswith(name + ".") for name in _FOLLOWED) else None


def raise_own(item: Any, args: Any, kwargs: Any) -> None:
    """What the function raises of plain values too; the recording then holds for these values alone."""
    tracers = list(find_tracers((args, kwargs)))
    try:
        item(*to_values(args), **to_values(kwargs))
    except Exception:
        for t in tracers:
            t.concrete()
        raise


def refused_inside(item: Any, error: Exception) -> UnknownFunctionError:
    """What is said of a library's function whose code cannot be recorded."""
    reason = str(error).partition(PLACE)[0].partition("\n")[0]
    return UnknownFunctionError(
        located(f"{name_of(item)} cannot be recorded: inside it, {reason}", user_line())
        + "\n    Write the step with functions that have a derivative (docs/what-works.md, docs/scipy.md),"
        "\n    or compute it outside the function and pass the result as an argument."
    )


@once_imported("scipy.interpolate")
def _of_interpolate(interpolate: Any) -> None:
    CLASSES.update({interpolate.BarycentricInterpolator, interpolate.KroghInterpolator})


@once_imported("scipy.signal")
def _of_signal(signal: Any) -> None:
    CLASSES.add(signal.ShortTimeFFT)
