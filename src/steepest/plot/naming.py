"""What a function is called in a picture: its formula where that is short, else its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from steepest.api.formula import Formula, formula
from steepest.errors import SteepestError

BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
LONGEST = 36  # characters that fit a title


def names_of(f: Callable[..., Any]) -> tuple[str, ...]:
    """The arguments that must be given; none where they cannot be known."""
    if isinstance(f, Formula):
        return tuple(d.name for d in f.source.declarations)
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(p.name for p in parameters if p.kind in BY_POSITION and p.default is inspect.Parameter.empty)


def title_of(f: Callable[..., Any], shapes: tuple[str, ...]) -> str:
    """``x² − y²``; `shapes` are those of the arguments, as in a declaration."""
    text = _formula_text(f, shapes)
    if text and len(text) <= LONGEST and "[" not in text:  # places of an array do not read well
        return text
    name = getattr(f, "__name__", type(f).__name__)
    return "f" if name == "<lambda>" else str(name)


def formula_of(f: Callable[..., Any], shapes: tuple[str, ...]) -> Formula | None:
    """The formula with arguments of these shapes, where there is one."""
    if isinstance(f, Formula):
        return f
    try:
        return formula(f, **dict(zip(names_of(f), shapes, strict=True)))
    except (SteepestError, TypeError, ValueError, ArithmeticError):
        return None


def _formula_text(f: Callable[..., Any], shapes: tuple[str, ...]) -> str:
    """Empty where there is no formula: a picture does without."""
    found = formula_of(f, shapes)
    return str(found) if found is not None else ""
