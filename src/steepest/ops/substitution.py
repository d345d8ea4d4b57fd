"""Replacing nodes in an expression, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from steepest.expr.node import Expr
from steepest.expr.traversal import toposort

from .operation import rebuilt


def substitute(roots: Iterable[Expr], replacement: Mapping[Any, Expr]) -> list[Expr]:
    """The roots with every key replaced by its value; simultaneous, so no value is replaced again."""
    roots = list(roots)
    new: dict[Expr, Expr] = dict(replacement)
    for n in toposort(roots, stop=replacement.keys()):
        if n not in new:
            new[n] = rebuilt(n, tuple(new[a] for a in n.args))
    return [new[r] for r in roots]
