"""Whether the lines of a derivation are true: both sides of every equation, as printed, have one value.

The change of a thing is found from what is printed: its value a little further along a direction, and a little before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from steepest.engines.python.compile import evaluate
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import toposort
from steepest.formula import notation as nt
from steepest.formula.derivation.generic import FIXED, TAG
from steepest.formula.derivation.step import Equation, Step
from steepest.formula.evaluate import value_of
from steepest.formula.notation import Notation, parts, with_parts
from steepest.formula.printing import Formula

STEP = 1e-5
TOLERANCE = 1e-6


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
    length: float = 0.37  # of the step h in difference quotients
    seed: int = 0

    def value(self, v: Expr, place: float) -> np.ndarray:
        rng = np.random.default_rng((self.seed, *map(ord, getattr(v, "name", "?"))))
        base, along = rng.uniform(0.4, 0.9, v.shape), rng.uniform(-1, 1, v.shape)
        if v in self.point:
            base = self.point[v]
        elif v.ndim == 2 and v.shape[0] == v.shape[1]:
            base = base + 2 * np.eye(v.shape[0])  # far from singular
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


def value(n: Notation, line: Line, h: Expr | None, place: float = 0.0) -> np.ndarray:
    """The value of a notation at a place on the line."""
    extra: dict[Expr, np.ndarray] = {}

    def opened(m: Notation) -> Notation:
        match m:
            case nt.Differential() | nt.Rate():
                beyond, before = (value(m.of, line, h, place + s) for s in (STEP, -STEP))
                extra[m.variable] = (beyond - before) / (2 * STEP)
                return m
            case nt.ValueAt(function, at):
                stand_in = nt.Symbol("value", m)  # type: ignore[arg-type]
                moved = value(at, line, h, place)
                there = Line({**line.point, line.x: moved}, line.x, line.direction, line.length, line.seed)
                primes = function.name.count("′")
                extra[m] = _derivative(function.of, there, primes - line_order(function, line))  # type: ignore[index]
                return stand_in
        return with_parts(m, opened)

    n = opened(n)
    wanted = [e for e in symbols_in(n) if e not in extra]
    known = line.values(wanted, place)
    return np.asarray(value_of(n, {**known, **extra}))


def line_order(function: nt.Symbol, line: Line) -> int:
    return getattr(line, "order", 0)


def _derivative(e: Expr, line: Line, order: int) -> np.ndarray:
    if order == 0:
        return line.values([e], 0.0)[e]
    beyond, before = (line.values([e], s)[e] for s in (STEP, -STEP))
    return (beyond - before) / (2 * STEP)


def sides(equation: Equation) -> list[Notation | Formula]:
    return [equation.left, *equation.rights]


def formula_value(side: Notation | Formula, line: Line) -> np.ndarray:
    if isinstance(side, Formula):
        return value(_with_definitions(side), line, None)
    return value(side, line, None)


def _with_definitions(formula: Formula) -> Notation:
    """The formula without names of its own: a symbol stands for the expression it names anyway."""
    return formula.main


def has_limit(n: Notation) -> bool:
    return isinstance(n, nt.Limit) or any(map(has_limit, parts(n)))


def assert_true(steps: Iterable[Step], line: Line) -> int:
    """Every equation of every step holds; how many there were."""
    count = 0
    for step in all_steps(steps):
        for equation in step.equations:
            if any(has_limit(s.main if isinstance(s, Formula) else s) for s in sides(equation)):
                continue
            left, *rights = (formula_value(s, line) for s in sides(equation))
            for right in rights:
                scale = max(1.0, np.max(np.abs(left), initial=0.0))
                shape = np.shape(left)
                right = np.broadcast_to(right, shape) if np.ndim(right) < len(shape) else right
                np.testing.assert_allclose(right, left, rtol=TOLERANCE, atol=TOLERANCE * scale, err_msg=str(step))
            count += 1
    return count
