"""The function whose derivative was worked out, with its arguments by name, one of which varies."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from steepest.api.arguments import parameter_names
from steepest.api.formula import Formula, formula
from steepest.api.source import variable_of
from steepest.api.transforms import grad, jacobian
from steepest.errors import SteepestError
from steepest.expr.dimension import Shape
from steepest.verify.mistakes.explain import Known
from steepest.verify.mistakes.path import Traced

from .lengths import declared, named_lengths

Function = Callable[..., Any]


class Wanted(enum.Enum):
    """Which derivative was worked out."""

    GRADIENT = "of a function that is one number"
    JACOBIAN = "of one that is an array: axes of the value first, then those of the argument"
    HESSIAN = "the Jacobian of the gradient"


DERIVED: Mapping[Wanted, Callable[[Function, int], Function]] = {
    Wanted.GRADIENT: grad,
    Wanted.JACOBIAN: jacobian,
    Wanted.HESSIAN: lambda f, by: jacobian(grad(f, by), by),
}
AS_FORMULA: Mapping[Wanted, Callable[[Formula, str], Formula]] = {
    Wanted.GRADIENT: lambda f, name: f.gradient(name),
    Wanted.JACOBIAN: lambda f, name: f.jacobian(name),
    Wanted.HESSIAN: lambda f, name: f.hessian(name),
}


@dataclass(frozen=True)
class Subject:
    """What is `wanted` is a derivative of `function` by argument `by`."""

    function: Function
    args: tuple[Any, ...]
    by: int
    wanted: Wanted
    whole: Callable[[Sequence[Any]], tuple[Any, ...]] = tuple  # the arguments of whom the user wrote the function for
    own_names: tuple[str, ...] = ()
    own_lengths: Mapping[int, str] | None = None  # where somebody has named the lengths of axes

    @cached_property
    def names(self) -> tuple[str, ...]:
        return self.own_names or tuple(parameter_names(self.function, len(self.args)))

    @property
    def name(self) -> str:
        """Of what varies."""
        return self.names[self.by]

    @property
    def x(self) -> np.ndarray:
        a = np.asarray(self.args[self.by])
        return a if a.dtype.kind in "fc" else a.astype(np.float64)

    @cached_property
    def _derivative(self) -> Function:
        return DERIVED[self.wanted](self.function, self.by)

    @cached_property
    def differentiated(self) -> Function:
        """What the differences are taken of: the function, or its gradient."""
        return grad(self.function, self.by) if self.wanted is Wanted.HESSIAN else self.function

    @cached_property
    def outputs(self) -> Shape:
        """The axes of a derivative that come before those of what varies."""
        if self.wanted is Wanted.JACOBIAN:
            with np.errstate(all="ignore"):
                return np.shape(self.function(*self.args))
        return self.x.shape if self.wanted is Wanted.HESSIAN else ()

    @property
    def shape(self) -> Shape:
        """Of the derivative."""
        return (*self.outputs, *self.x.shape)

    def derivative(self, args: Sequence[Any]) -> np.ndarray:
        """The derivative by the rules."""
        with np.errstate(all="ignore"):
            return np.asarray(self._derivative(*args))

    def at(self, x: Any) -> tuple[Any, ...]:
        """The arguments with another value of what varies."""
        return (*self.args[: self.by], x, *self.args[self.by + 1 :])

    def with_args(self, args: Sequence[Any]) -> Subject:
        return replace(self, args=tuple(args))

    def in_double(self) -> Subject:
        """The same in double precision."""
        coarse = (np.float16, np.float32)
        return self.with_args([np.float64(a) if getattr(a, "dtype", None) in coarse else a for a in self.args])

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arguments that are numbers or arrays of numbers; what is a setting is not among them."""
        named = zip(self.names, self.args, strict=True)
        return {name: np.asarray(a) for name, a in named if name == self.name or _varies(a)}

    @cached_property
    def lengths(self) -> dict[int, str]:
        """The names of the lengths of axes."""
        return named_lengths(self.arrays, self.own_lengths or {})

    @property
    def sizes(self) -> dict[str, int]:
        return {name: length for length, name in self.lengths.items()}

    @cached_property
    def formula(self) -> Formula | None:
        """The derivative as a formula, if the function has one: for all sizes, or else for these."""
        floats = {n for n, a in self.arrays.items() if a.dtype.kind == "f" or n == self.name}
        for lengths, names in ((self.lengths, set(self.arrays)), (self.lengths, floats), ({}, floats)):
            found = self._formula(lengths, [n for n in self.names if n in names])
            if found is not None:
                return found
        return None

    @cached_property
    def known(self) -> Known:
        """What a mistake may be looked for in."""
        return Known(None if self.formula is None else self.formula.printed, self._traced)

    def _traced(self) -> Traced | None:
        """The function at these sizes, of which the derivative is the gradient."""
        names = [n for n in self.names if n in self.arrays and (self.arrays[n].dtype.kind == "f" or n == self.name)]
        if self.wanted is not Wanted.GRADIENT:
            return None
        try:
            found = formula(self._of(names), **{n: declared(self.arrays[n], {}) for n in names}).source.capture
            return Traced(found.outputs[0], variable_of(found, self.name), found.variables)
        except SteepestError:
            return None
        except Exception:  # whatever the user's function says of arrays without values
            return None

    def _formula(self, lengths: Mapping[int, str], names: Sequence[str]) -> Formula | None:
        shapes = {n: declared(self.arrays[n], lengths) for n in names}
        try:
            f = formula(self._of(names), **shapes)
            found = AS_FORMULA[self.wanted](f, self.name)
            _ = found.printed
        except SteepestError:
            return None
        except Exception:  # whatever the user's function says of arrays of other sizes
            return None
        return found

    def _of(self, names: Sequence[str]) -> Function:
        """The function of these arguments alone, the others as they are; itself if there are no others."""
        if list(names) == list(self.names) and not self.own_names:
            return self.function
        places = [self.names.index(n) for n in names]

        def only(*values: Any) -> Any:
            args = list(self.args)
            for place, value in zip(places, values, strict=True):
                args[place] = value
            return self.function(*args)

        parameters = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names]
        only.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        only.__name__ = getattr(self.function, "__name__", "f")
        return only


def _varies(a: Any) -> bool:
    """Numbers and arrays of them; Python's whole numbers and truths are settings."""
    if isinstance(a, (bool, int, str, bytes)) or a is None:
        return False
    return isinstance(a, (float, np.ndarray, np.generic)) and np.asarray(a).dtype.kind in "fiu"
