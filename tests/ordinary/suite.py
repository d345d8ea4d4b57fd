"""Families of small programs: what each shows, where it is evaluated, and whether it is recorded or refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest.errors import SteepestError

Function = Callable[[Any], Any]
X = np.array([0.7, -1.3, 2.1, 0.4])


@dataclass(frozen=True)
class Refusal:
    """That a program cannot be recorded: what is raised, and why."""

    error: type[SteepestError]
    why: str


@dataclass(frozen=True)
class Program:
    """A function of one array that returns one number.

    Its docstring is ``what it shows: the code that matters``, where … stands for what is left out.
    """

    function: Function
    point: np.ndarray
    refusal: Refusal | None = None

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", "")

    @property
    def construct(self) -> str:
        return self._said[0]

    @property
    def example(self) -> str:
        return self._said[1]

    @property
    def _said(self) -> tuple[str, str]:
        construct, _, example = (inspect.getdoc(self.function) or "").partition(": ")
        return construct, " ".join(example.split())

    @property
    def source(self) -> str:
        return inspect.getsource(inspect.unwrap(self.function))

    @property
    def shown_in(self) -> str:
        """The source of its whole file, but for docstrings."""
        module = inspect.getmodule(inspect.unwrap(self.function))
        assert module is not None
        return "".join(inspect.getsource(module).split('"""')[::2])


@dataclass
class Family:
    """Programs about one subject; used as a decorator, it enters one."""

    title: str
    programs: dict[str, Program] = field(default_factory=dict)

    def __call__(self, f: Function) -> Function:
        return self.at(X)(f)

    def at(self, *point: Any) -> Callable[[Function], Function]:
        """Enter a program that is evaluated at another point: its numbers, or an array."""
        return self._entering(np.array(point[0] if len(point) == 1 else point), None)

    def refused(self, error: type[SteepestError], why: str) -> Callable[[Function], Function]:
        """Enter a program that is refused."""
        return self._entering(X, Refusal(error, why))

    def _entering(self, point: np.ndarray, refusal: Refusal | None) -> Callable[[Function], Function]:
        def enter(f: Function) -> Function:
            program = Program(f, point, refusal)
            if program.name in self.programs:
                raise ValueError(f"two programs of {self.title} are called {program.name}")
            self.programs[program.name] = program
            return f

        return enter

    def __iter__(self) -> Iterator[Program]:
        return iter(self.programs.values())
