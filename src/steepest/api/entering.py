"""A plan as a way for machine code into its kernel, where what it depends on can be told by identity."""

from __future__ import annotations

import gc
import types
from typing import Any

import numpy as np

from steepest.engines.native.entry.entrance import (
    Argument,
    ArrayArgument,
    Condition,
    Container,
    Entrance,
    Fixed,
    FixedArgument,
    InCell,
    InDict,
    NumberArgument,
    Output,
    Result,
    Unchanged,
)
from steepest.engines.native.entry.entry import Entry, Unfit
from steepest.frontends.numpy.dependency import Dependencies, immutable

from .plan import SETTINGS, Given, Plan


def entry_of(plan: Plan, given: Given) -> Entry:
    """The way in for calls like this one.

    Raises:
        Unfit: if there is none.
    """
    tiers, s = plan.program.tiers, plan.specialisation
    if tiers.loaded is None:
        raise Unfit("there is no machine code")
    if not given.flat:
        raise Unfit("its arguments are in containers")
    entrance = Entrance(
        tuple(map(_argument, given.leaves)),
        _conditions(s.capture.dependencies),
        tuple(np.asarray(g.seen) for g in s.capture.guards),
        _result(plan),
        tiers.nonfinite.value,
        tiers.threads,
    )
    return Entry(entrance, tiers.loaded)


def _argument(a: Any) -> Argument:
    if type(a) in SETTINGS:
        return FixedArgument(a)
    if type(a) is np.ndarray:
        return ArrayArgument(a.shape, a.dtype)
    return NumberArgument(np.asarray(a).dtype)


def _conditions(dependencies: Dependencies) -> list[Condition]:
    found = dependencies.identities()
    if found is None:
        raise Unfit("it reads what may change inside: an array, a list, an object")
    return [
        *(Unchanged(f, code, f.__defaults__, f.__kwdefaults__) for f, code in found.functions),
        *(InCell(cell, value) for cell, value in found.cells),
        *(InDict(_own_dict(namespace), name, value) for namespace, name, value in found.names),
    ]


def _own_dict(namespace: Any) -> dict[str, Any]:
    """The dict itself, where a class shows it through a proxy."""
    if type(namespace) is types.MappingProxyType:
        (namespace,) = gc.get_referents(namespace)
    if type(namespace) is not dict:
        raise Unfit("it reads names that are in no dict")
    return namespace


class _Placeholder:
    """Stands for an output of the program while a result is put together."""

    def __init__(self, k: int):
        self.k = k


def _result(plan: Plan) -> Result:
    """How outputs become the result, found out by putting placeholders together in their stead."""
    capture = plan.specialisation.capture
    outputs = [_Placeholder(k) for k in range(len(plan.program.exprs))]
    try:
        return _described(plan.wanted.assemble(plan.call, capture, list(outputs)))
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise Unfit(f"its result is put together from values ({error})") from None


def _described(item: Any) -> Result:
    if type(item) is _Placeholder:
        return Output(item.k)
    if type(item) in (tuple, list):
        return Container(type(item), tuple(map(_described, item)))
    if immutable(item):
        return Fixed(item)
    raise Unfit(f"its result is a {type(item).__name__}")
