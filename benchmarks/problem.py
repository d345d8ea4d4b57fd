"""What is measured: a NumPy function, inputs for it, and the derivative that is asked for."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .derivatives import Derivative, value_and_gradient

SEED = 20_261_121


@dataclass(frozen=True)
class Problem:
    """A function as its user wrote it, with the derivative that is wanted."""

    name: str
    function: Callable[..., Any]
    inputs: Callable[..., tuple[Any, ...]]  # from a generator and a size
    tiny: tuple[int, ...]  # a size at which differences are cheap
    wrt: int | tuple[int, ...] = 0
    derivative: Derivative = value_and_gradient
    c: str | None = None  # "file:function" of the version in C


@dataclass(frozen=True)
class Target:
    """The most that our time may be of another's; None where nothing is demanded."""

    jax: float | None = None
    c: float | None = None
    jax_two_threads: float | None = None  # where it differs

    def of_jax(self, threads: int) -> float | None:
        return self.jax_two_threads if threads > 1 and self.jax_two_threads is not None else self.jax


@dataclass(frozen=True)
class Row:
    """A problem at a size and a precision: one line of the table."""

    problem: Problem
    size: tuple[int, ...]
    target: Target = Target()
    dtype: str = "float64"

    @property
    def title(self) -> str:
        size = "×".join(map(_count, self.size))
        return " ".join(filter(None, [self.problem.name, size, self.dtype if self.dtype != "float64" else ""]))

    def inputs(self) -> tuple[Any, ...]:
        """The same in every process; Python floats stay what they are."""
        made = self.problem.inputs(np.random.default_rng(SEED), *self.size)
        return tuple(self._cast(x) for x in made)

    def _cast(self, x: Any) -> Any:
        return x.astype(self.dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x


def _count(n: int) -> str:
    """1000000 as 1e6, 1280000 as 1.28e6; small and uneven numbers as they are."""
    if n < 10_000 or n % 1000:
        return str(n)
    digits, _, power = f"{n:.2e}".partition("e+0")
    return f"{digits.rstrip('0').rstrip('.')}e{power}"


def at_sizes(problem: Problem, sizes: Mapping[Any, Target]) -> tuple[Row, ...]:
    return tuple(Row(problem, size, target) for size, target in sizes.items())


def in_float32(rows: tuple[Row, ...], target: Target) -> tuple[Row, ...]:
    return tuple(replace(row, dtype="float32", target=target) for row in rows)


def rebound(function: Callable[..., Any], names: Mapping[str, Any]) -> Callable[..., Any]:
    """The same source with other things behind its global names: ``np`` can be another library's.

    Functions of the same module that it calls follow.
    """
    scope = {**function.__globals__, **names}
    for name, value in function.__globals__.items():
        own = isinstance(value, types.FunctionType) and value.__module__ == function.__module__
        if own and value.__closure__ is None and name not in names:
            scope[name] = types.FunctionType(value.__code__, scope, name, value.__defaults__)
    return types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__)
