"""What is called at every iteration: the user's function, and a bar that shows how far it is."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from scipy.optimize import OptimizeResult

from steepest.errors import ArgumentError

from .parameters import Parameters
from .path import Floats, Visit
from .reasons import Reason, Stopped

PATIENCE = 2.0  # seconds before a bar appears
BY_NAME = "intermediate_result"  # a parameter called so gets an OptimizeResult, as in SciPy


def caller(callback: Callable[..., Any] | None, parameters: Parameters) -> Callable[[Visit, Floats], None]:
    """`callback` as a function of a visit and the gradient there. StopIteration in it stops the descent."""
    if callback is None:
        return lambda visit, gradient: None
    if not callable(callback):
        raise ArgumentError(f"the callback must be a function, got {callback!r}")
    by_name = BY_NAME in _names(callback)

    def call(visit: Visit, gradient: Floats) -> None:
        x = parameters.unpack(visit.x.copy())
        try:
            if by_name:
                slope = parameters.unpack(gradient.copy())
                callback(intermediate_result=OptimizeResult(x=x, fun=visit.value, jac=slope, nit=visit.iteration))
            else:
                callback(x)
        except StopIteration:
            raise Stopped(Reason.CALLBACK) from None

    return call


def _names(callback: Callable[..., Any]) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(callback).parameters)
    except (TypeError, ValueError):  # a builtin
        return ()


class Silence:
    """No bar."""

    def show(self, visit: Visit) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Bar:
    """A line in the terminal with the iterations done, the value and the slope."""

    def __init__(self, bar: Any):
        self._bar = bar

    def show(self, visit: Visit) -> None:
        """One iteration more."""
        self._bar.update(visit.iteration - self._bar.n)  # the start is none, and a run may be taken up amid
        self._bar.set_postfix_str(f"f = {visit.value:.6g}, ‖∇f‖ = {visit.slope:.2e}", refresh=False)

    def close(self) -> None:
        """Leave the line as it is."""
        self._bar.close()


def progress_bar(progress: bool | None, iterations: int) -> Bar | Silence:
    """A bar where it is asked for; with None on long runs in a terminal, if tqdm is there.

    Raises ArgumentError where it is asked for and tqdm is not installed.
    """
    if progress is False or (progress is None and not sys.stderr.isatty()):
        return Silence()
    try:
        from tqdm import tqdm  # noqa: PLC0415  (optional)
    except ImportError:
        if progress is None:
            return Silence()
        raise ArgumentError("progress=True needs tqdm: pip install 'steepest[progress]'") from None
    return Bar(tqdm(total=iterations, desc="minimize", unit="it", delay=0.0 if progress else PATIENCE))
