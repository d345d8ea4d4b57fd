"""A function, a variable, and the derivative asked for, with what it is called."""

from __future__ import annotations

from collections.abc import Sequence

from steepest.api.declaration import Declaration
from steepest.api.formula import Formula
from steepest.api.steps import Steps
from steepest.errors import ArgumentError
from steepest.formula.names import display_name
from steepest.frontends.text.spelling import canonical_name

from .subject import Subject

LETTERS = "ijklpqrstuvwabcdefgh"  # of entries, as far as no variable or size has them


class Derivative:
    """A function, the variable, and the derivative asked for."""

    def __init__(self, subject: Subject, wrt: str | None, order: int):
        self.function, self.declared, self.order = subject.function, subject.declared, order
        self.variables = self.function.source.declarations
        self.wrt = self._variable(wrt)
        self.of_number = self.function.expr.shape == ()
        self.by_number = not self.wrt.sizes
        self.derived = self._derived()

    def _variable(self, wrt: str | None) -> Declaration:
        names = ", ".join(v.name for v in self.variables)
        if wrt is None:
            if len(self.variables) > 1:
                raise ArgumentError(f"say by which variable: --wrt with one of {names}")
            return self.variables[0]
        for v in self.variables:
            if v.name in (wrt, canonical_name(wrt)):
                return v
        raise ArgumentError(f"there is no variable {wrt!r}; there {_is_or_are(self.variables)} {names}")

    def _derived(self) -> Formula:
        f, name = self.function, self.wrt.name
        if self.of_number and self.by_number:
            for _ in range(self.order):
                f = f.gradient(name)
            return f
        if self.order == 1:
            return f.gradient(name) if self.of_number else f.jacobian(name)
        if self.order == 2 and self.of_number:
            return f.hessian(name)
        what = "a number by an array has orders 1 and 2" if self.of_number else "an array has order 1"
        raise ArgumentError(f"--order {self.order}: the derivative of {what}")

    def steps(self, detail: str) -> Steps:
        origin = self.derived.origin
        assert origin is not None
        return origin.formula.steps(origin.variable, detail)

    # --- how it is called -----------------------------------------------------------------------------

    @property
    def symbol(self) -> str:
        """Such as ``∇_θ f``, ``df/dx``, ``∂²f/∂x²``."""
        f, x = self.function.title, display_name(self.wrt.name)
        times = "" if self.order == 1 else str(self.order).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        if self.of_number and not self.by_number:
            return f"∇{times}_{x} {f}"
        d = "d" if len(self.variables) == 1 and self.by_number and self.of_number else "∂"
        return f"{d}{times}{f}/{d}{x}{times}"

    def letters(self) -> list[str]:
        """A letter for each axis of the derivative."""
        taken = {*(v.name for v in self.variables), *(str(s) for v in self.variables for s in v.sizes)}
        rank = len(self.derived.expr.shape)
        free = [c for c in LETTERS if c not in taken]
        return free[1:2] if rank == 1 else free[:rank]

    def entry(self) -> tuple[str, str] | None:
        """One entry: what it is the derivative of, and its formula; None for a number."""
        letters = self.letters()
        if not letters:
            return None
        f, x = self.function.title, display_name(self.wrt.name)
        outer = len(self.function.expr.shape)
        inner = [letters[k : k + len(self.wrt.sizes)] for k in range(outer, len(letters), len(self.wrt.sizes) or 1)]
        over = _indexed(f"∂{'²' if self.order == 2 else ''}{f}", letters[:outer])
        under = "".join(f"∂{_indexed(x, i)}" for i in inner or [[]])
        return f"{over}/{under}", self.derived.entry(*letters)


def _indexed(name: str, letters: Sequence[str]) -> str:
    return f"{name}_{''.join(letters)}" if letters else name


def _is_or_are(items: Sequence[object]) -> str:
    return "is only" if len(items) == 1 else "are"
