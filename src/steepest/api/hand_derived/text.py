"""A gradient given as text, in the grammar of formulas, as a function of the arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import FormulaError
from steepest.formula.names import display_name
from steepest.frontends.text.meaning import read_declared
from steepest.frontends.text.spelling import canonical_name

from .subject import Subject


def function_of(text: str, subject: Subject) -> Callable[..., np.ndarray]:
    """The text as a function of all arguments; its names are those of the arguments and of the lengths of axes.

    An argument may also be called what it is printed as: λ or \\lambda for lam.
    Raises FormulaError, which says the names of the lengths, where it cannot be read.
    """
    try:
        _value(text, subject, subject.args, canonical_name)  # what is wrong with it is said now
    except FormulaError:
        try:
            _value(text, subject, subject.args, _as_printed)
        except FormulaError:
            pass
        else:
            return lambda *args: _value(text, subject.with_args(args), args, _as_printed)
        raise
    return lambda *args: _value(text, subject.with_args(args), args, canonical_name)


def _as_printed(name: str) -> str:
    return canonical_name(display_name(name))


def _value(text: str, subject: Subject, args: tuple[Any, ...], spelt: Callable[[str], str]) -> np.ndarray:
    arrays = {spelt(n): np.asarray(a) for n, a in zip(subject.names, args, strict=True) if n in subject.arrays}
    shape = subject.shape
    try:
        reading = read_declared(text, {n: a.shape for n, a in arrays.items()}, subject.sizes)
    except FormulaError as error:
        sizes = ", ".join(f"{name} = {length}" for name, length in subject.sizes.items())
        known = f"\n    The names are those of the arguments, {', '.join(arrays)}"
        raise FormulaError(f"gradient: {error}{known}{'; sizes: ' + sizes if sizes else ''}.") from error
    value = np.asarray(reading.function(*[a[()] for a in arrays.values()]), np.float64)
    return np.broadcast_to(value, shape) if value.ndim == 0 else value
