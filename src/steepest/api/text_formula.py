"""A formula given as text: read into a plain function and its declared shapes, from where it is like any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from steepest.errors import FormulaError
from steepest.expr.fact import NO_FACTS
from steepest.frontends.text.meaning import read
from steepest.frontends.text.spelling import canonical_name

from .declaration import Declaration, declare


def function_of_text(text: str, shapes: Mapping[str, str]) -> tuple[Callable[..., Any], dict[str, str]]:
    """The function a line of mathematics stands for, and the shapes of all its variables.

    >>> f, shapes = function_of_text("norm2(X*θ - y)^2 / m", {"X": "m n"})
    >>> shapes
    {'X': 'm n', 'theta': 'n', 'y': 'm'}
    """
    declared = {canonical_name(name): declare(name, shape) for name, shape in shapes.items()}
    if len(declared) < len(shapes):
        raise FormulaError(f"a name is declared twice: {', '.join(shapes)}")
    reading = read(text, {name: d.sizes for name, d in declared.items()})
    if not reading.sizes:
        raise FormulaError(f"there is no variable in {text!r}")
    found = {
        n: Declaration(n, sizes, declared[n].facts if n in declared else NO_FACTS) for n, sizes in reading.sizes.items()
    }
    return reading.function, {name: d.text for name, d in found.items()}
