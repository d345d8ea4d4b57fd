"""Mistakes as single changes of a formula: for each kind of notation, what people get wrong about it.

A term or factor left out, a sign turned, a transpose forgotten, a product taken entry by entry. Each change says which
mistake it is and what part of the formula it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from steepest.expr.number import number
from steepest.formula import notation as nt
from steepest.formula.compose import inner, outer
from steepest.formula.factors import multiplied
from steepest.formula.notation import Notation
from steepest.formula.rank import rank
from steepest.formula.transposition import transpose

from .mistake import Mistake

MOST_PLACES = 200


@dataclass(frozen=True)
class Change:
    """A formula with one mistake in it. `part` is what the words are about, `instead` what stands in its place."""

    mistake: Mistake
    words: str  # with {part}, {instead} and {within}
    result: Notation
    part: Notation
    instead: Notation | None = None
    within: Notation | None = None


Rebuild = Callable[[Notation], Notation]
