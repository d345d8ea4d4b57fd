"""A plan as a way for machine code into its kernel, where what it depends on can be told by identity."""

from __future__ import annotations

import gc
import types
from typing import Any

import numpy as np

from steepest.engines.native.entry.entrance import (
    Condition,
    Content,
    Entrance,
    InCell,
    InDict,
    Unchanged,
)
from steepest.engines.native.entry.entry import Entry, Unfit
from steepest.frontends.tracing.dependency import Dependencies

from .arguments import Positional
from .entry_layout import arguments_of, result_of
from .plan import Given, Plan


def entry_of(plan: Plan, given: Given, parameters: Positional) -> Entry:
    """The way in for calls like this one, of a function with these parameters.

    Raises:
        Unfit: if there is none.
    """
    tiers, s = plan.program.tiers, plan.specialisation
    if tiers.loaded is None:
        raise Unfit("a part of it has no machine code")

    def assemble(outputs: list[Any]) -> Any:
        return plan.wanted.assemble(plan.call, s.capture, outputs)

    entrance = Entrance(
        arguments_of(given.leaves, given.tree),
        _conditions(s.capture.dependencies),
        tuple(np.asarray(g.seen) for g in s.capture.checks),
        result_of(plan.program.exprs, assemble),
        tiers.nonfinite.value,
        tiers.threads,
        parameters.names,
        parameters.nameless,
    )
    return Entry(entrance, tiers.loaded)


def _conditions(dependencies: Dependencies) -> list[Condition]:
    found = dependencies.identities()
    if found is None:
        raise Unfit(
            "the function reads what may change inside (a large array, a list, an object): pass it as an argument"
        )
    return [
        *(Unchanged(f, code, f.__defaults__, f.__kwdefaults__) for f, code in found.functions),
        *(InCell(cell, value) for cell, value in found.cells),
        *(InDict(_own_dict(namespace), name, value) for namespace, name, value in found.names),
        *(Content(array, copy) for array, copy in found.arrays),
    ]


def _own_dict(namespace: Any) -> dict[str, Any]:
    """The dict itself, where a class shows it through a proxy."""
    if type(namespace) is types.MappingProxyType:
        (namespace,) = gc.get_referents(namespace)
    if type(namespace) is not dict:
        raise Unfit("it reads names that are in no dict")
    return namespace
