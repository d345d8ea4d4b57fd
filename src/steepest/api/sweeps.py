"""Derivatives by sweeps over a tape: back with cotangents, forward with tangents.

Each piece on the tape is differentiated once, by the same rules as any expression, and becomes a function of its
operands and of what comes in; a sweep calls these one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from steepest.calculus.forward import push_forward, tangent_variable
from steepest.calculus.reverse import transpose
from steepest.engines.python.compile import compile_program
from steepest.expr.build import is_zero, variable
from steepest.expr.dtype import FLOAT64
from steepest.expr.node import Expr, Variable
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.pieces import Piece
from steepest.frontends.tracing.tape import FIXED, Tape
from steepest.lower.lowering import lower
from steepest.rewrite.simplify import simplify

Kernel = Callable[..., Sequence[Any]]


@dataclass(frozen=True)
class Linear:
    """A map between what changes in the operands of a piece and what changes in its results."""

    kernel: Kernel  # of the operands, and of what comes in
    results: tuple[int, ...]  # which of the results are not 0 whatever comes in


@dataclass(frozen=True)
class TapedRun:
    """One run of a function on a tape."""

    capture: Capture  # its outputs are symbols of places on the tape
    tape: Tape

    @property
    def way(self) -> int:
        """A number that is the same for runs that make the same calls of the same things."""
        return hash(
            tuple([(id(s.piece), *s.places, *[n for n in s.operands if type(n) is int]) for s in self.tape.steps])
        )

    @property
    def values(self) -> list[Any]:
        """The outputs; 0 for what is no number, which is returned as it was."""
        return [0.0 if k in self.capture.others else y for k, y in enumerate(self.capture.values)]

    def gradients(self, cotangents: Sequence[Any], variables: Sequence[Variable]) -> list[Any]:
        """``Σ_k J_kᵀ g_k`` by each variable, for a cotangent of each output; None for one that is 0."""
        given: dict[int, Any] = {}
        for y, g in zip(self.capture.outputs, cotangents, strict=False):
            place = FIXED if g is None else self.tape.place_of_expression(y)
            if place != FIXED:
                given[place] = given[place] + g if place in given else g
        found = _pulled_back(self.tape, given)
        return [_like(v, found.get(self.tape.symbols[v])) for v in variables]

    def tangents(self, directions: Mapping[Variable, Any]) -> list[Any]:
        """The derivative of each output along the directions."""
        found = _pushed_forward(self.tape, {self.tape.symbols[v]: d for v, d in directions.items()})
        return [_like(y, found.get(self.tape.place_of_expression(y))) for y in self.capture.outputs]

    def fewest(self, variables: Sequence[Variable]) -> list[Any]:
        """The Jacobian by whichever takes fewer sweeps."""
        entries, unknowns = (sum(prod(e.shape) for e in several) for several in (self.capture.outputs, variables))
        return self.rows(variables) if entries <= unknowns else self.columns(variables)

    def rows(self, variables: Sequence[Variable]) -> list[Any]:
        """The Jacobian of each output by each variable, a sweep back for each entry of the outputs."""
        found: list[Any] = []
        for k, y in enumerate(self.capture.outputs):
            rows = [self.gradients([*[None] * k, unit], variables) for unit in _units(y)]
            blocks = zip(*rows, strict=True) if rows else ([] for _ in variables)
            found += [_stacked(list(b), (*y.shape, *v.shape), v) for b, v in zip(blocks, variables, strict=True)]
        return found

    def columns(self, variables: Sequence[Variable]) -> list[Any]:
        """The same by a sweep forward for each entry of the variables."""
        by_variable = []
        for v in variables:
            columns = [self.tangents({v: unit}) for unit in _units(v)]
            by_variable.append([[c[k] for c in columns] for k in range(len(self.capture.outputs))])
        return [
            np.moveaxis(_stacked(by_variable[j][k], (*v.shape, *y.shape), v), range(v.ndim), range(-v.ndim, 0))
            for k, y in enumerate(self.capture.outputs)
            for j, v in enumerate(variables)
        ]


def _like(e: Expr, value: Any) -> Any:
    """A derivative in the type of what it is taken by or of; None stands for 0."""
    dtype = e.dtype or FLOAT64
    return np.zeros(e.shape, dtype)[()] if value is None else np.asarray(value, dtype)[()]


def _units(e: Expr) -> Iterator[Any]:
    for place in np.ndindex(*e.shape):
        unit = np.zeros(e.shape, e.dtype or FLOAT64)
        unit[place] = 1.0
        yield unit[()]


def _stacked(parts: Sequence[Any], shape: tuple[int, ...], like: Expr) -> Any:
    return np.reshape(np.stack(parts), shape)[()] if parts else np.zeros(shape, like.dtype)


def _pulled_back(tape: Tape, cotangents: Mapping[int, Any]) -> dict[int, Any]:
    """The cotangent of each place on the tape, for those of some of them."""
    found: dict[int, Any] = dict(cotangents)
    with np.errstate(all="ignore"):
        for step in reversed(tape.steps):
            outputs = step.piece.outputs
            incoming = [found.get(k) for k in range(step.first, step.first + len(outputs))]
            missing = sum([g is None for g in incoming])
            if missing == len(incoming):
                continue
            if missing:
                incoming = _filled(incoming, outputs)
            active = tuple([k for k, place in enumerate(step.places) if place != FIXED])
            back = step.piece.programs.get(("pull", active)) or _pullback(step.piece, active)
            results = back.kernel(*step.operands, *incoming)
            for k, g in zip(back.results, results, strict=True):
                place = step.places[active[k]]
                found[place] = found[place] + g if place in found else g
    return found


def _pushed_forward(tape: Tape, tangents: Mapping[int, Any]) -> dict[int, Any]:
    """The tangent of each place on the tape, for those of the inputs."""
    found: dict[int, Any] = dict(tangents)
    with np.errstate(all="ignore"):
        for step in tape.steps:
            active = tuple([k for k, place in enumerate(step.places) if place in found])
            if active:
                forth = _pushforward(step.piece, active)
                given = [found[step.places[k]] for k in active]
                for k, t in zip(forth.results, forth.kernel(*step.operands, *given), strict=True):
                    found[step.first + k] = t
    return found


def _filled(incoming: Sequence[Any], outputs: Sequence[Expr]) -> list[Any]:
    """Zeros where nothing came in."""
    return [np.zeros(y.shape, y.dtype)[()] if g is None else g for g, y in zip(incoming, outputs, strict=True)]


# --- the derivatives of a piece -----------------------------------------------------------------------


def _pullback(piece: Piece, active: tuple[int, ...]) -> Linear:
    return _made(piece, ("pull", active), lambda: _pulled(piece, [piece.variables[k] for k in active]))


def _pushforward(piece: Piece, active: tuple[int, ...]) -> Linear:
    return _made(piece, ("push", active), lambda: _pushed(piece, [piece.variables[k] for k in active]))


Maps = tuple[Sequence[Variable], Sequence[Expr]]  # what comes in, and what comes out


def _made(piece: Piece, key: Any, derive: Callable[[], Maps]) -> Linear:
    if key not in piece.programs:
        given, results = derive()
        kept = tuple(k for k, e in enumerate(results) if not is_zero(e))
        program = lower(simplify([results[k] for k in kept]), [*piece.variables, *given])
        piece.programs[key] = Linear(compile_program(program), kept)
    found: Linear = piece.programs[key]
    return found


def _pulled(piece: Piece, inputs: Sequence[Variable]) -> Maps:
    _, tangents = _pushed(piece, inputs)
    cotangents = [variable(f"cotangent{k}", y.shape, y.dtype or FLOAT64) for k, y in enumerate(piece.outputs)]
    return cotangents, transpose(tangents, [tangent_variable(v) for v in inputs], cotangents)


def _pushed(piece: Piece, inputs: Sequence[Variable]) -> Maps:
    directions = [tangent_variable(v) for v in inputs]
    return directions, push_forward(piece.outputs, dict(zip(inputs, directions, strict=True)))
