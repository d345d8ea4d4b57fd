"""What each tool can do, found by running it: a probe asks one tool for one thing and answers with a cell of the table.

"no" is an answer too: where a tool has no word for a thing, its public functions and their parameters are searched for
one, and what is found makes the cell a question mark, which a test does not let pass.
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Probe = Callable[[], str]
UNCERTAIN = "?"


@dataclass(frozen=True)
class Feature:
    """A row: what a user may need, and a probe for each tool."""

    title: str
    probes: Mapping[str, Probe]


def cells(feature: Feature) -> dict[str, str]:
    """The answers, by tool; what a tool raises is its answer."""
    return {tool: answer(probe) for tool, probe in feature.probes.items()}


def answer(probe: Probe) -> str:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return probe()
        except Exception as error:
            return f"raises {type(error).__name__}"


def without(modules: Sequence[str], *words: str) -> str:
    """ "no", if none of the words is part of a public name or of a parameter in these modules; else a question mark."""
    there = {name.lower() for module in modules for name in _names(module)}
    return UNCERTAIN if any(word in name for word in words for name in there) else "no"


def _names(module: str) -> set[str]:
    there = vars(importlib.import_module(module))
    public = {n: v for n, v in there.items() if not n.startswith("_") and n != "test"}  # SciPy's tests of itself
    names = set(public)
    for value in public.values():
        if callable(value):
            try:
                names |= set(inspect.signature(value).parameters)
            except (TypeError, ValueError):  # of compiled functions
                continue
    return names


def record(features: Sequence[Feature]) -> list[dict[str, Any]]:
    """The table as data."""
    return [{"title": feature.title, "cells": cells(feature)} for feature in features]
