"""All solvers. Importing this module has them stand in for SciPy's once its subpackages are imported."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from steepest.errors import CaptureError, UnknownFunctionError, located, user_line
from steepest.frontends.tracing.complaints import cause_of
from steepest.frontends.tracing.fixed import any_varies
from steepest.frontends.tracing.recording import current
from steepest.frontends.tracing.translation import OBJECTS, once_imported

from . import integrals, minima, roots, trajectories
from .calling import name_of

# What is found by search, or at corners, and what no rule is written for yet.
WITHOUT_RULE: dict[str, tuple[str, ...]] = {
    "scipy.optimize": (
        "linprog", "milp", "differential_evolution", "dual_annealing", "basinhopping", "shgo", "direct", "brute",
        "nnls", "lsq_linear", "isotonic_regression", "linear_sum_assignment", "fmin", "fmin_bfgs", "fmin_cg",
        "fmin_powell", "fmin_l_bfgs_b", "fmin_slsqp", "fmin_tnc", "fmin_ncg", "leastsq", "broyden1", "broyden2",
        "anderson", "newton_krylov", "fminbound", "brent", "golden",
    ),
    "scipy.integrate": ("nquad", "tplquad", "solve_bvp", "ode", "qmc_quad", "cubature", "tanhsinh", "nsum"),
}  # fmt: skip

Calls = Mapping[str, Callable[[Any], Callable[..., Any]]]
FAMILIES: dict[str, tuple[Calls, ...]] = {
    "scipy.optimize": (roots.CALLS, minima.CALLS), "scipy.integrate": (integrals.CALLS, trajectories.CALLS),
}  # fmt: skip


def _enter(families: tuple[Calls, ...], refused: tuple[str, ...], module: Any) -> None:
    for name in refused:
        function = getattr(module, name, None)
        if inspect.isfunction(function):
            OBJECTS[id(function)] = _refusing(function)
    for calls in families:
        for name, make in calls.items():
            if hasattr(module, name):  # releases differ
                function = getattr(module, name)
                OBJECTS[id(function)] = _in_trace(function, make(function))


def _refusing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on plain values; what it finds of traced ones has no rule."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            found = function(*args, **kwargs)
        except Exception as error:
            if isinstance(error, CaptureError) or isinstance(cause_of(error), CaptureError):
                raise _without_rule(function) from error
            raise
        if any_varies(found):  # its steps were recorded, which need not move as what they lead to
            raise _without_rule(function)
        return found

    return called


def _without_rule(function: Callable[..., Any]) -> UnknownFunctionError:
    return UnknownFunctionError(
        located(f"no derivative of what {name_of(function)} finds is known", user_line())
        + "\n    Find it outside the function and pass it as an argument,"
        "\n    or start scipy.optimize.minimize or root from it, whose solutions have derivatives."
    )


def _in_trace(function: Callable[..., Any], stand_in: Callable[..., Any]) -> Callable[..., Any]:
    """The stand-in while a function is traced; a copy of it may be called when that is over."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs) if current() is None else stand_in(*args, **kwargs)

    return called


for _module, _families in FAMILIES.items():
    once_imported(_module)(functools.partial(_enter, _families, WITHOUT_RULE[_module]))
