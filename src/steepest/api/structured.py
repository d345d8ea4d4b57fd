"""Jacobians and Hessians that keep their structure: only the small arrays they are made of are computed."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from steepest.calculus.accumulation import Accumulation
from steepest.errors import ArgumentError
from steepest.expr.dtype import is_complex
from steepest.expr.node import Expr, Variable
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.recording import nesting
from steepest.frontends.trees import flatten, unflatten
from steepest.structure.blocks import Blocks, Container
from steepest.structure.linear_map import LinearMap
from steepest.structure.reading import Reading, reading

from .by_identity import ByIdentity
from .call import Call
from .function import result_type
from .orders import block, upper_triangle
from .plan import Wanted

Derive = Callable[[Capture, list[Variable]], "_Grid"]


class Structure(enum.Enum):
    """What becomes of the structure that a derivative has."""

    DENSE = "dense"
    KEEP = "keep"


def structure_choice(word: str) -> Structure:
    """What the word says.

    Raises:
        ArgumentError: if it is neither.
    """
    try:
        return Structure(word)
    except ValueError:
        raise ArgumentError(f"structure must be 'dense' or 'keep', got {word!r}") from None


@dataclass(frozen=True)
class _Grid:
    """What the blocks of one derivative are made of; where there is none, it is the transpose of that across."""

    readings: tuple[tuple[Reading | None, ...], ...]

    @cached_property
    def arrays(self) -> tuple[Expr, ...]:
        """What has to be computed, each once."""
        return tuple(dict.fromkeys(e for row in self.readings for r in row if r is not None for e in r.arrays))

    def built(self, values: Sequence[Any]) -> tuple[tuple[LinearMap, ...], ...]:
        known = dict(zip(self.arrays, map(np.asarray, values), strict=True))
        made = [[None if r is None else r.built(known) for r in row] for row in self.readings]

        def at(i: int, j: int) -> LinearMap:
            across = made[i][j]
            return at(j, i).T if across is None else across

        return tuple(tuple(at(i, j) for j in range(len(row))) for i, row in enumerate(made))


@dataclass(frozen=True)
class _Form:
    """How the result of calls like one is put together."""

    grid: _Grid
    sides: tuple[Any, Any] | None  # the trees of rows and columns; None where both are plain arrays

    def of(self, values: Sequence[Any]) -> LinearMap | Blocks:
        maps = self.grid.built(values)
        return maps[0][0] if self.sides is None else Blocks(maps, *map(_container, self.sides))


@dataclass(frozen=True)
class _Kept:
    """The derivatives of one capture, by the variables they are taken by, and the forms of the calls seen."""

    grids: dict[tuple[Variable, ...], _Grid] = field(default_factory=dict)
    forms: ByIdentity[_Form] = field(default_factory=ByIdentity)


def keeping(name: str, grid_of: Derive, nested: Callable[[Call, Capture], tuple[Any, Any]]) -> Wanted:
    """A derivative in parts; `nested` gives the structure of its rows and columns, as trees of leaves."""
    kept: ByIdentity[_Kept] = ByIdentity()

    def derive(capture: Capture, variables: list[Variable]) -> list[Expr]:
        if nesting():
            raise ArgumentError(
                f'{name} with structure="keep" is an object that nothing can be differentiated through'
                "\n    Inside a function that is differentiated or compiled, take the dense one."
            )
        grid = grid_of(capture, variables)
        kept.setdefault(capture, _Kept).grids[tuple(variables)] = grid
        return list(grid.arrays)

    def assemble(call: Call, capture: Capture, results: list[Any]) -> Any:
        known = kept.setdefault(capture, _Kept)

        def form() -> _Form:
            places = [k for own in call.active_places() for k in own]
            variables = tuple(capture.variables[call.varying.index(k)] for k in places)
            rows, columns = nested(call, capture)
            plain = rows.is_leaf() and columns.is_leaf()
            return _Form(known.grids[variables], None if plain else (rows, columns))

        return known.forms.setdefault(call, form).of(results)

    return Wanted(name, derive, assemble)


def jacobian_maps(capture: Capture, outputs: Sequence[Expr], variables: Sequence[Variable]) -> _Grid:
    """The derivative of each output by each variable."""
    _require_real([*outputs, *variables])
    return _Grid(tuple(tuple(_read(capture, block("jacobian", capture, y, x)) for x in variables) for y in outputs))


def hessian_maps(capture: Capture, gradients: Sequence[Expr], variables: Sequence[Variable]) -> _Grid:
    """The derivative of each gradient by each variable, from the diagonal on."""
    _require_real(variables)
    above = upper_triangle("hessian", capture, gradients, variables)
    return _Grid(tuple((*[None] * i, *(_read(capture, a) for a in row)) for i, row in enumerate(above)))


def _require_real(exprs: Sequence[Expr]) -> None:
    if any(is_complex(e.dtype) for e in exprs):
        raise ArgumentError(
            'structure="keep" is for real arguments and results'
            "\n    Differentiate by the real and imaginary parts, or take the dense derivative."
        )


def _read(capture: Capture, found: Accumulation) -> Reading:
    dtype = found.whole().dtype
    return reading(found.terms, found.y.shape, found.x.shape, result_type(capture) if dtype is None else dtype)


def _container(tree: Any) -> Container:
    return Container(lambda item: flatten(item)[0], lambda leaves: unflatten(tree, list(leaves)))


def argument_tree(call: Call) -> Any:
    """How the arrays that a derivative is taken by are nested."""
    trees = [call.argument_trees[a] for a in call.active]
    shells = [unflatten(tree, [0] * tree.num_leaves) for tree in trees]
    return flatten(tuple(shells) if call.many else shells[0])[1]
