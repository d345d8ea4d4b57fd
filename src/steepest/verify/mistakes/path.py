"""A chain of derivatives with a link missing: what the gradient is if a step on the way is taken for a constant.

Or if its derivative is taken for 1, or only for the diagonal of its Jacobian. Such a gradient need not differ from the
right formula in one place once that is multiplied out; so the step is cut in the function, and the rules do the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

import numpy as np

from steepest.calculus.jacobian import jacobian
from steepest.calculus.reverse import gradients
from steepest.engines.python.compile import compile_program
from steepest.errors import SteepestError
from steepest.expr.build import add, contract, multiply, subtract, variable
from steepest.expr.node import Add, Expr, Variable
from steepest.expr.traversal import depends_on, toposort
from steepest.formula.printing import formula_of
from steepest.formula.text import UNICODE
from steepest.lower.lowering import lower
from steepest.ops.substitution import substitute
from steepest.rewrite.readable.form import readable

from .constants import named, simple, told_sizes
from .effort import Effort
from .evidence import Evidence, Values
from .mistake import Finding, Mistake

MOST_STEPS = 30
MOST_ENTRIES = 48  # of a step whose Jacobian is looked at
LONGEST = 60  # characters of a step that is named


@dataclass(frozen=True)
class Traced:
    """A function at its sizes: its value, a number, and the variable the derivative is by."""

    value: Expr
    variable: Variable
    variables: tuple[Variable, ...]


@dataclass(frozen=True)
class Cut:
    """A gradient with a link cut. `held` gives the values of what is taken for constants, by the function's own."""

    mistake: Mistake
    words: str
    gradient: Expr
    held: Mapping[Variable, Expr]


def explain_cut(traced: Traced, e: Evidence, effort: Effort) -> Finding | None:
    """The link that is missing, if that accounts for every number."""
    for cuts in (_constants, _ones, _diagonals):
        for cut in cuts(traced):
            if effort.is_spent:
                return None
            values = _values(cut, traced, e)
            if e.explains(values):
                return Finding(cut.mistake, cut.words)
            c = e.factor(values)
            if c is not None and simple(c, e.sizes) is not None:
                text = named(c, e.sizes)
                also = f"; and it is {text}{told_sizes(text, e.sizes)} times what it would be with that alone"
                return Finding(cut.mistake, cut.words + also)
    return None


def _values(cut: Cut, traced: Traced, e: Evidence) -> list[Values]:
    """The gradient at every point; NaN where it has none."""
    try:
        whole = substitute([cut.gradient], cut.held)
        run = compile_program(lower(whole, list(traced.variables)))
        with np.errstate(all="ignore"):
            points = [[np.asarray(point[v.name], np.float64)[()] for v in traced.variables] for point in e.points]
            found = [np.asarray(run(*point)[0], np.float64) for point in points]
    except (SteepestError, ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError):
        found = []
    return found if found and found[0].shape == e.shape else [np.full(e.shape, np.nan) for _ in e.points]


def _steps(traced: Traced) -> list[Expr]:
    """What depends on the variable on the way to the value, the nearest to the value first."""
    moving = depends_on([traced.value], {traced.variable})
    found = [n for n in toposort([traced.value]) if n in moving and n not in (traced.variable, traced.value)]
    return found[::-1][:MOST_STEPS]


def _pairs(traced: Traced) -> Iterator[tuple[Expr, Expr, str]]:
    """Two steps of one shape, the second a function of the first and of the variable through it alone."""
    steps = _steps(traced)
    texts = {step: _text(step) for step in steps if not isinstance(step, Add)}
    for outer, text in sorted(texts.items(), key=lambda item: len(item[1])):
        inside = [n for n in toposort([outer])[:-1] if n is traced.variable or n in steps] if text else []
        for inner in inside[::-1]:
            cut = substitute([outer], {inner: _like(inner)})[0] if inner.shape == outer.shape else outer
            if traced.variable not in toposort([cut]):
                yield inner, outer, text


def _constants(traced: Traced) -> Iterator[Cut]:
    """A step is taken for a constant: what depends on the variable through it is left out."""
    texts = {step: _text(step) for step in _steps(traced)}
    for step, text in sorted(texts.items(), key=lambda item: len(item[1])):
        held = _like(step)
        rest = substitute([traced.value], {step: held})[0]
        if text and traced.variable in toposort([rest]):
            words = f"the dependence through {text} is left out: it is differentiated as if that were a constant"
            yield Cut(Mistake.MISSING_TERM, words, gradients(rest, [traced.variable])[0], {held: step})


def _ones(traced: Traced) -> Iterator[Cut]:
    """The derivative of a step by what goes into it is taken for 1."""
    for inner, outer, text in _pairs(traced):
        shift = _like(outer)
        rest = substitute([traced.value], {outer: add(inner, shift)})[0]
        words = f"the derivative of {text} is missing, a factor by the chain rule"
        gradient = gradients(rest, [traced.variable])[0]
        yield Cut(Mistake.MISSING_FACTOR, words, gradient, {shift: subtract(outer, inner)})


def _diagonals(traced: Traced) -> Iterator[Cut]:
    """Of the Jacobian of a step, the diagonal alone."""
    for inner, outer, text in _pairs(traced):
        entry, result, weight = _like(inner), _like(outer, "result"), _like(inner, "weight")
        rest = substitute([traced.value], {outer: result})[0]
        if not 1 < math.prod(map(int, outer.shape)) <= MOST_ENTRIES or traced.variable in toposort([rest]):
            continue
        axes = tuple(range(outer.ndim))
        sizes = dict(zip(axes, outer.shape, strict=True))
        slopes = contract([((*axes, *axes), jacobian(substitute([outer], {inner: entry})[0], entry))], axes, sizes)
        cotangent = multiply(gradients(rest, [result])[0], slopes)
        pulled = gradients(contract([(axes, inner), (axes, weight)], (), sizes), [traced.variable])[0]
        words = f"of the Jacobian of {text}, what is off the diagonal is left out"
        yield Cut(
            Mistake.MISSING_TERM, words, pulled, {weight: substitute([cotangent], {entry: inner, result: outer})[0]}
        )


def _like(e: Expr, name: str = "held") -> Variable:
    """A variable of the same shape."""
    return variable(f"{name} {next(_COUNTER)}", e.shape)


def _text(step: Expr) -> str:
    """How a step is written; empty where that is long."""
    try:
        text = min((formula_of(form).write(UNICODE) for form in (step, readable(step))), key=len)
    except (SteepestError, ValueError, TypeError):
        return ""
    return text if len(text) <= LONGEST and "\n" not in text else ""


_COUNTER = count()
