"""One derivative as a book states it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

Function = str | Callable[..., Any]


@dataclass(frozen=True)
class Identity:
    """`derivative` (a method of Formula) of `function` by the variable `by` is `expected`.

    `function` and `expected` are lines of mathematics or NumPy functions; an expected NumPy function takes those
    of the variables that it names. `text` is how the book prints it, where there is one way. `stacked`, for
    derivatives of matrices by matrices, is ∂vec(F)/∂(vec X)ᵀ as Magnus & Neudecker state it, vec stacking columns.
    `meaning` is that of the derivative in a variable whose entries are tied, a symmetric matrix say.
    """

    derivative: str
    name: str
    source: str
    function: Function
    shapes: str  # "X: m n; a: m", as in a declaration
    by: str
    expected: Function
    text: str | None = None
    stacked: Callable[..., Any] | None = None
    meaning: str = "unconstrained"

    @property
    def declared(self) -> dict[str, str]:
        return dict(part.strip().split(":", 1) for part in self.shapes.split(";"))

    def __str__(self) -> str:
        by = f" by {self.by}"
        return f"{self.derivative} of {self.name.removesuffix(by)}{by}"


gradient = partial(Identity, "gradient")
jacobian = partial(Identity, "jacobian")
hessian = partial(Identity, "hessian")
