"""How a solver of SciPy was called, and is called again with the body of the user's function."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest.errors import CaptureError, NotConvergedError, located, user_line
from steepest.frontends.tracing.fixed import settled
from steepest.frontends.tracing.tracer import find_tracers

Function = Callable[..., Any]


@dataclass(frozen=True)
class Settings:
    """The settings of a solver: what it is called with besides functions and traced values. Compared by content."""

    items: tuple[tuple[str, Any], ...]

    @property
    def keywords(self) -> dict[str, Any]:
        return {name: thawed(value) for name, value in self.items}


@dataclass(frozen=True)
class Kept:
    """An array by its content, so that it can be compared and takes part in a digest."""

    shape: tuple[int, ...]
    dtype: str
    content: bytes


def frozen(solver: str, name: str, value: Any) -> Any:
    """A setting in a form that can be compared, or CaptureError."""
    match value:
        case None | bool() | int() | float() | complex() | str() | np.generic():
            return value.item() if isinstance(value, np.generic) else value
        case np.ndarray():
            return Kept(value.shape, value.dtype.str, value.tobytes())
        case list() | tuple():
            return tuple(frozen(solver, name, v) for v in value)
        case dict():
            return Items(tuple(sorted((k, frozen(solver, f"{name}[{k!r}]", v)) for k, v in value.items())))
        case _ if type(value).__name__ == "Bounds":
            ends = (value.lb, value.ub, value.keep_feasible)
            return Limits(type(value), tuple(frozen(solver, name, v) for v in ends))
    raise refusal(solver, name, "it is neither a number, a text, an array nor a container of these")


@dataclass(frozen=True)
class Items:
    """A dict by its items."""

    items: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Limits:
    """scipy.optimize.Bounds by what it was made of; a pair of its ends is read as two bounds by some solvers."""

    kind: Function = field(repr=False)  # its address differs from run to run
    ends: tuple[Any, ...]


def thawed(value: Any) -> Any:
    if isinstance(value, Kept):
        return np.frombuffer(value.content, value.dtype).reshape(value.shape).copy()
    if isinstance(value, Items):
        return {k: thawed(v) for k, v in value.items}
    if isinstance(value, Limits):
        return value.kind(*thawed(value.ends))
    return tuple(map(thawed, value)) if isinstance(value, tuple) else value


def refusal(solver: str, name: str, why: str) -> CaptureError:
    return CaptureError(
        located(f"{solver} with {name}= cannot be recorded: {why}", user_line())
        + f"\n    Leave {name} away, or solve outside the function and pass what it finds as an argument."
    )


class Called:
    """One call of a solver: its arguments by name, defaults filled in."""

    def __init__(self, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]):
        self.function, self.name = function, name_of(function)
        bound = inspect.signature(function).bind(*args, **kwargs)
        given = settled(dict(bound.arguments))
        bound.apply_defaults()
        self.arguments: dict[str, Any] = {**bound.arguments, **given}

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    def like(self, **changed: Any) -> Called:
        """The same call with other arguments."""
        other = copy.copy(self)
        other.arguments = self.arguments | changed
        return other

    def refuse(self, *names: str, why: str = "there is no rule for it") -> None:
        """These must be as they are if nobody gives them."""
        parameters = inspect.signature(self.function).parameters
        for name in names:
            if name in self.arguments and self.arguments[name] is not parameters[name].default:
                raise refusal(self.name, name, why)

    def settings(self, names: Collection[str]) -> Settings:
        """The arguments of these names, which must not be traced."""
        chosen = {name: self.arguments[name] for name in names if name in self.arguments}
        for name, value in chosen.items():
            if next(find_tracers(value), None) is not None:
                raise refusal(self.name, name, "it depends on what is differentiated")
        return Settings(tuple((name, frozen(self.name, name, value)) for name, value in chosen.items()))

    def further(self) -> tuple[Any, ...]:
        """What the user's function is given after the unknown."""
        args = self.arguments.get("args", ())
        return args if isinstance(args, tuple) else (args,)


def name_of(function: Function) -> str:
    parts = (function.__module__ or "scipy").split(".")
    return ".".join([*(p for p in parts[:2]), function.__name__])


def require_success(name: str, found: Any) -> None:
    if not found.success:
        raise NotConvergedError(
            f"{name} inside the function did not succeed: {found.message}"
            "\n    Start it nearer to the solution, or allow it more steps."
        )
