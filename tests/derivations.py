"""Whether the lines of a derivation are true: both sides of every equation, as printed, have one value.

The change of a thing is found from what is printed: its value a little further along a direction, and a little before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from notation_values import value_of

from steepest.api.formula import Formula
from steepest.engines.python.compile import evaluate
from steepest.expr.build import variable
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import toposort
from steepest.formula import notation as nt
from steepest.formula.derivation.generic import FIXED, TAG
from steepest.formula.derivation.step import Equation, Step
from steepest.formula.notation import Notation, parts, with_parts
from steepest.formula.printing import Formula as Printed

STEP = 1e-5
TOLERANCE = 1e-6
NOTHING: Mapping[Expr, np.ndarray] = {}


def all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from all_steps(step.steps)


@dataclass
class Line:
    """A straight line through a point: the variables' values at each of its places; `x` moves, and general parts."""

    point: dict[Variable, np.ndarray]
    x: Variable
    direction: np.ndarray
    order: int = 0  # of the derivative that the function is itself
    seed: int = 0

    def value(self, v: Expr, place: float) -> np.ndarray:
        rng = np.random.default_rng((self.seed, *map(ord, getattr(v, "name", "?"))))
        base, along = rng.uniform(0.4, 0.9, v.shape), rng.uniform(-1, 1, v.shape)
        if v in self.point:
            base = self.point[v]
        elif v.ndim == 2 and v.shape[0] == v.shape[1]:
            base = base + 2 * np.eye(v.shape[0])  # far from singular
        if v.shape and v.shape == self.x.shape and getattr(v, "tag", 0) == -1:  # the direction of a secant
            return self.direction
        if v is self.x:
            return base + place * self.direction
        moves = isinstance(v, Variable) and v.tag == TAG and v not in FIXED
        return base + place * along if moves else base

    def values(self, exprs: Iterable[Expr], place: float) -> dict[Expr, np.ndarray]:
        exprs = list(exprs)
        env = {v: self.value(v, place) for v in toposort(exprs) if isinstance(v, Variable)}
        return dict(zip(exprs, evaluate(exprs, env), strict=True)) | env


def symbols_in(n: Notation) -> Iterator[Expr]:
    if isinstance(n, nt.Symbol):
        yield n.of
    for p in parts(n):
        yield from symbols_in(p)


def value(n: Notation, line: Line, place: float = 0.0, known: Mapping[Expr, np.ndarray] = NOTHING) -> np.ndarray:
    """The value of a notation at a place on the line; `known` are values of names."""
    extra: dict[Expr, np.ndarray] = dict(known)

    def opened(m: Notation) -> Notation:
        match m:
            case nt.Differential() | nt.Rate():
                beyond, before = (np.asarray(value(m.of, line, place + s), dtype=float) for s in (STEP, -STEP))
                extra[m.variable] = (beyond - before) / (2 * STEP)
                return m
            case nt.DifferenceQuotient(of, step, symbol):
                h = value(step, line)
                central = isinstance(step, nt.Scaled)
                far = value(of, line, place + (h / 2 if central else h))
                extra[symbol] = (far - value(of, line, place - (h / 2 if central else 0))) / h
                return m
            case nt.ValueAt(function, at):
                stand_in = variable(f"value {len(extra)}", tag=-9)
                there = replace(line, point={**line.point, line.x: value(at, line, place)})
                order = function.name.count("′") + 4 * ("⁽⁴⁾" in function.name) + 5 * ("⁽⁵⁾" in function.name)
                extra[stand_in] = _derivative(function.of, there, order - line.order)
                return nt.Symbol("value", stand_in)
        return with_parts(m, opened)

    n = opened(n)
    values = line.values([e for e in symbols_in(n) if e not in extra], place)
    return np.asarray(value_of(n, {**values, **extra}))


def _derivative(e: Expr, line: Line, order: int) -> np.ndarray:
    if order == 0:
        return line.values([e], 0.0)[e]
    beyond, before = (line.values([e], s)[e] for s in (STEP, -STEP))
    return (beyond - before) / (2 * STEP)


def sides(equation: Equation) -> list[Printed]:
    return [Printed(equation.left), *equation.rights]


def printed_value(side: Printed, line: Line) -> np.ndarray:
    """The value of a side, with that of the names it defines."""
    known: dict[Expr, np.ndarray] = {}
    for symbol, definition in side.definitions:
        known[symbol.of] = value(definition, line, known=known)
    return value(side.main, line, known=known)


def has_limit(n: Notation) -> bool:
    return isinstance(n, nt.Limit) or any(map(has_limit, parts(n)))


def line_at(f: Formula, name: str, order: int = 0) -> Line:
    """A line through a generic point of a formula, along a variable."""
    rng = np.random.default_rng(5)
    x = f.source.variable(name)
    point = {
        v: rng.uniform(0.3, 0.9, v.shape) + (2 * np.eye(*v.shape) if len(set(v.shape)) == 1 and v.ndim == 2 else 0)
        for v in f.source.capture.variables
    }
    direction = rng.normal(size=x.shape) if x.shape else np.float64(1)
    return Line(point, x, direction, order)


def assert_true(steps: Iterable[Step], line: Line) -> int:
    """Every equation of every step holds; how many there were."""
    count = 0
    for step in all_steps(steps):
        for equation in step.equations:
            if any(has_limit(side.main) for side in sides(equation)):
                continue
            left, *rights = (printed_value(side, line) for side in sides(equation))
            for right in rights:
                scale = max(1.0, float(np.max(np.abs(left), initial=0.0)))
                message = f"{step}\n{equation}"
                np.testing.assert_allclose(right, left, rtol=TOLERANCE, atol=TOLERANCE * scale, err_msg=message)
            count += 1
    return count
