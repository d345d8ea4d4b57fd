"""What a method can be told, checked before it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from steepest.errors import ArgumentError

from .state import DescentState

SEARCHES = ("armijo", "exact", "wolfe", "fixed")


@dataclass(frozen=True)
class Options:
    """All options there are; a method takes some of them. None: the method's own choice."""

    maxiter: int | None = None  # steps; with mini-batches, times through the data
    state: DescentState | None = None  # of an earlier run, to go on with
    step: float | None = None  # length of the steps: with no search fixed, else of the first
    search: str | None = None
    batch_size: int | None = None
    seed: int = 0  # of the order of the data in mini-batches
    momentum: float | None = None
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    metric: Callable[..., Any] | None = None  # of the parameters: the matrix of the natural gradient
    log_density: Callable[..., Any] | None = (
        None  # of the parameters and a sample; its Fisher information is the metric
    )
    samples: Any = None

    def kept(self) -> dict[str, Any]:
        """What is kept with a state: the numbers and words, but for how long to go on."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("maxiter", "state")}
        return {name: v for name, v in found.items() if isinstance(v, (int, float, str))}


def options_of(given: Mapping[str, Any] | None, method: str, allowed: frozenset[str]) -> Options:
    """Raises ArgumentError for an option the method does not have, and for values that make no sense."""
    if given is not None and not isinstance(given, Mapping):
        raise ArgumentError(f"options is a dict of names and values, got {given!r}")
    named = dict(given or {})
    unknown = [name for name in named if name not in allowed]
    if unknown:
        raise ArgumentError(
            f"the method {method!r} has no option {unknown[0]!r}; it has {', '.join(sorted(allowed))}"
        )  # fmt: skip
    for name, value in named.items():
        if value is not None and name in CHECKS:
            right, said = CHECKS[name]
            if not right(value):
                raise ArgumentError(f"the option {name} must be {said}, got {value!r}")
    return Options(**named)


def is_whole(value: Any, least: int) -> bool:
    """Whether it is a whole number, not less."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= least)


def is_number(value: Any) -> bool:
    """Whether it is a finite real number."""
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return real and bool(np.isfinite(value))


CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "maxiter": (lambda v: is_whole(v, 0), "a whole number from 0 on"),
    "state": (lambda v: isinstance(v, DescentState), "the state of an earlier result, or DescentState.load(path)"),
    "step": (lambda v: is_number(v) and v > 0, "a positive number"),
    "search": (lambda v: v in SEARCHES, f"one of {', '.join(SEARCHES)}"),
    "batch_size": (lambda v: is_whole(v, 1), "a whole number from 1 on"),
    "seed": (lambda v: is_whole(v, 0), "a whole number from 0 on"),
    "momentum": (lambda v: is_number(v) and 0 <= v < 1, "a number from 0 on, below 1"),
    "beta1": (lambda v: is_number(v) and 0 <= v < 1, "a number from 0 on, below 1"),
    "beta2": (lambda v: is_number(v) and 0 <= v < 1, "a number from 0 on, below 1"),
    "epsilon": (lambda v: is_number(v) and v > 0, "a positive number"),
    "metric": (callable, "a function of the parameters that gives a matrix"),
    "log_density": (callable, "a function of the parameters and one sample"),
}
