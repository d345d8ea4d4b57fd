"""In which types an entrywise operation computes: those that NumPy or SciPy would choose for the same operands.

An operand's type is a dtype, or a Python class for a plain number, which adapts to the others (NEP 50). The types
of a loop are found by the function's own rules, so that the engines cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from steepest.engines.native.ir.value import KINDS, NARROW, Kind
from steepest.expr.node import Number

Type: TypeAlias = np.dtype | type  # of an operand; a class is that of a plain number
DTYPES: Mapping[Kind, np.dtype[Any]] = {kind: dtype for dtype, kind in KINDS.items() if dtype not in NARROW}


class Signature(NamedTuple):
    """The kinds of a loop's operands and of its result."""

    operands: tuple[Kind, ...]
    result: Kind


Resolution: TypeAlias = Callable[..., Signature | None]


def number_type(value: Number) -> Type:
    """The type of a plain number: its class, but a truth value counts as an array's entry."""
    return np.dtype(np.bool_) if isinstance(value, bool) else type(value)


def loop_of(function: Callable[..., Any]) -> Resolution:
    """The types in which a ufunc computes."""
    if not isinstance(function, np.ufunc):
        raise TypeError(f"{function!r} is not a ufunc, and has no loops")
    return lambda *types: _resolved(function, types)


@lru_cache(maxsize=4096)
def _resolved(function: np.ufunc, types: tuple[Type, ...]) -> Signature | None:
    try:
        found = function.resolve_dtypes((*types, *[None] * function.nout))
    except TypeError:  # it has no loop for these types
        return None
    kinds = [KINDS[d] for d in found if d in KINDS]
    if len(kinds) < len(found):
        return None
    return Signature(tuple(kinds[: function.nin]), kinds[function.nin])


def beside(function: np.ufunc, number: type) -> Resolution:
    """The type that an operand gets where a ufunc takes a plain number and it."""

    def resolved(x: Type) -> Signature | None:
        found = _resolved(function, (number, x))
        return None if found is None else Signature((found.result,), found.result)

    return resolved


def has_loop(function: np.ufunc) -> Resolution:
    """The same, where there is a loop of just the types that the kinds stand for."""

    def resolved(*types: Type) -> Signature | None:
        found = _resolved(function, types)
        return found if found is None or loop_types(found, function) in function.types else None

    return resolved


def loop_types(signature: Signature, function: np.ufunc) -> str:
    """How a ufunc lists the loop of these types: ``dd->d``."""
    letters = [DTYPES[k].char for k in (*signature.operands, *[signature.result] * function.nout)]
    return f"{''.join(letters[: function.nin])}->{''.join(letters[function.nin :])}"
