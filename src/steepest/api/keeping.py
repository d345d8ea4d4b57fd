"""A formula as source text that one can keep: exported, run, and compared with the formula before it is handed over."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.engines.python.compile import compile_program
from steepest.errors import ArgumentError, FormulaError, MismatchError
from steepest.export.c.naming import RESERVED as C_RESERVED
from steepest.export.c.source import CSource
from steepest.export.exported import Condition, Exported
from steepest.export.python.spelling import RESERVED as MODULES
from steepest.export.python.writing import PythonSource
from steepest.expr.body import all_nodes
from steepest.expr.build import array, contract
from steepest.expr.dimension import Dim
from steepest.expr.dtype import BOOL, COMPLEX64, FLOAT32, FLOAT64
from steepest.expr.fact import words
from steepest.expr.node import Expr
from steepest.expr.number import ZERO
from steepest.formula.printing import condition_text
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.recording import Guard
from steepest.lower.lowering import lower
from steepest.ops.complex_parts import cast
from steepest.ops.logic import differs, equals, logical_not
from steepest.version import VERSION

from .examples import is_steady, points
from .thresholds import out_of_reach

if TYPE_CHECKING:
    from .formula import Formula

PYTHON_RESERVED = MODULES | frozenset(keyword.kwlist)
TOLERANCE = 1e-9  # relative to the largest entry
NEGLIGIBLE = 1e-12
POINTS = 2  # compared at each choice of the sizes


def python_text(formula: Formula, name: str) -> str:
    """The formula as a NumPy function, checked where it is written."""
    here, elsewhere = exported(formula, function_name(formula, name, PYTHON_RESERVED))
    source = PythonSource(here)
    measured = agreement(source.text(), here, *elsewhere)
    said = f"This code and the formula, at {measured.sizes}: largest difference {measured.difference:.1g}."
    return source.text((*checked(formula), said))


def c_text(formula: Formula, name: str) -> str:
    """The formula as a C99 function."""
    here, elsewhere = exported(formula, function_name(formula, name, C_RESERVED | PYTHON_RESERVED))
    source = CSource(here, *elsewhere)
    measured = agreement(PythonSource(here).text(), here, *elsewhere)
    said = (
        f"The program that this text spells out, run in NumPy, and the formula, at {measured.sizes}:"
        f" largest difference {measured.difference:.1g}. The text itself was not compiled here."
    )
    return source.text((*checked(formula), said))


def function_name(formula: Formula, name: str, reserved: Collection[str]) -> str:
    """The name asked for, or what the formula is (``gradient``, ``hessian``); clear of the language's own words."""
    if name and not (name.isidentifier() and name.isascii()):
        raise ArgumentError(f"a function's name is letters, digits and underscores, got {name!r}")
    found = name or _kind(formula)
    while found in reserved:
        found += "_"
    return found


def _kind(formula: Formula) -> str:
    if formula.origin is None:
        return formula.title if formula.title.isidentifier() and formula.title.isascii() else "value"
    parent = formula.origin.formula
    if parent.expr.shape == ():
        return "gradient" if formula.expr.shape else "derivative"
    grandparent = parent.origin.formula if parent.origin is not None else parent
    return "hessian" if grandparent.expr.shape == () else "jacobian"


# --- what is exported -----------------------------------------------------------------------------------


def exported(formula: Formula, name: str) -> tuple[Exported, list[Exported]]:
    """The formula at the sizes it was traced at, and at all others it was traced at."""
    declared = tuple(
        f"Taken for granted: {d.name} is {', '.join(words(d.facts))}." for d in formula.source.declarations if d.facts
    )
    here, *elsewhere = (
        Exported(name, formula._expr_of(c), tuple(c.variables), written(formula), declared, conditions=conditions(c))
        for c in (formula.source.capture, *formula.source.others)
    )
    return here, elsewhere


def written(formula: Formula) -> tuple[str, ...]:
    """The formula and its notes; what has no written form is still computed, and compared by its values."""
    try:
        first, *notes = str(formula).splitlines()
    except FormulaError:
        return (f"{formula.title}, which has no short written form",)
    return (f"{formula.title} = {first}", *notes)


def conditions(c: Capture) -> tuple[Condition, ...]:
    """The branches that were taken, on values and on sizes, as conditions on the arguments."""
    sizes = (Condition(e, condition_text(e)) for e in out_of_reach(c.comparisons))
    return (*(_condition(g) for g in c.guards), *sizes)


def _condition(guard: Guard) -> Condition:
    e = guard.expr
    if e.dtype is None or e.dtype != BOOL:
        raise FormulaError(
            f"the function looked at a value ({_written(e)}) and acted on it; the source code would hold for that value"
            " only" + (f"\n    at {guard.where}" if guard.where else "")
        )
    if e.shape:  # the branches that all steps of a loop took
        other = contract([(tuple(range(e.ndim)), cast(differs(e, array(guard.seen)), FLOAT64))], ())
        return Condition(equals(other, ZERO), "the branches that its loop took when this was written")
    text = _written(e)
    return Condition(e, text) if guard.seen else Condition(logical_not(e), f"not ({text})")


def _written(e: Expr) -> str:
    """A condition as text; of a loop, what it is."""
    try:
        return condition_text(e)
    except FormulaError:
        return "the branch that was taken when this was written"


def checked(formula: Formula) -> tuple[str, ...]:
    """What the check of the formula found; a wrong formula is not exported."""
    report = formula.check()
    if not report and report.error > report.bound:
        raise MismatchError(f"{formula.title} failed its check, so it is not written out as source code\n{report}")
    verdict = "Checked" if report else f"Not decided ({report.diagnosis})"
    compared = f"{verdict} by steepest {VERSION}: {' = '.join(report.paths)}, at a random point:"
    return (f"{compared} largest gap {report.error:.1g} (allowed {report.bound:.1g}).",)


# --- the text against the formula ------------------------------------------------------------------------


@dataclass(frozen=True)
class Agreement:
    """At which sizes a text was run, and the largest difference to the formula, relative to the largest entry."""

    sizes: str
    difference: float


def agreement(text: str, *places: Exported) -> Agreement:
    """Run the text, with nothing but what it imports, where the formula can be evaluated.

    Raises:
        FormulaError: if it gives other numbers than the formula, or there is no point to try it at.
    """
    scope: dict[str, Any] = {}
    exec(compile(text, "<steepest export>", "exec"), scope)
    found = [_difference(scope[e.name], e) for e in places]
    tried = [d for d in found if d is not None]
    if not tried:
        raise FormulaError(
            f"{places[0].name}: no point was found where the formula is defined, so its source cannot be checked"
        )
    if max(tried) > max(map(_tolerance, places)):
        raise FormulaError(
            f"the source code of {places[0].name} does not give the numbers of the formula at all sizes."
            "\n    Give the sizes as numbers, or call the formula itself."
        )
    sizes = [_sizes(e) for e, d in zip(places, found, strict=True) if d is not None]
    return Agreement(" and ".join(dict.fromkeys(sizes)), max(tried))


def _tolerance(e: Exported) -> float:
    """The difference allowed: rounding, in the coarsest precision that the formula computes in."""
    single = any(n.dtype in (FLOAT32, COMPLEX64) for n in all_nodes([e.expr]))
    return 64 * float(np.finfo(np.float32).eps) if single else TOLERANCE


def _difference(function: Callable[..., Any], e: Exported) -> float | None:
    """The largest difference at a few points; None if there is none where the formula is finite."""
    worst: float | None = None
    tried = 0
    value_of = compile_program(lower([e.expr], e.variables))
    holds = compile_program(lower([c.expr for c in e.conditions], e.variables))
    for point in points([v.shape for v in e.variables], 0, [v.facts for v in e.variables]):
        args = [float(a) if a.ndim == 0 else a for a in point]
        with np.errstate(all="ignore"):
            try:
                (value,) = value_of(*args)
                if not all(holds(*args)) or not np.isfinite(value).all():
                    continue
                if not is_zero(value) and not is_steady(value_of, args, [value]):
                    continue  # its digits mean nothing
            except (np.linalg.LinAlgError, ArithmeticError):
                continue  # not in the domain
            try:
                ours = function(*args)
            except (ValueError, IndexError, ZeroDivisionError):  # arrays of other sizes, say
                return np.inf
        worst = max(worst or 0.0, _relative(ours, value))
        tried += 1
        if tried == POINTS:
            break
    return worst


def _relative(ours: Any, value: Any) -> float:
    if np.shape(ours) != np.shape(value):
        return np.inf
    gap = np.max(np.abs(np.asarray(ours) - value), initial=0.0)
    if np.isnan(gap):
        return np.inf
    return float(gap) if is_zero(value) else float(gap / np.max(np.abs(value)))


def is_zero(value: Any) -> bool:
    """Whether a value is 0 but for rounding, at arguments of about 1."""
    return bool(np.max(np.abs(value), initial=0.0) < NEGLIGIBLE)


def _sizes(e: Exported) -> str:
    named: dict[str, int] = {n.name: int(n) for v in e.variables for n in v.shape if isinstance(n, Dim)}
    return ", ".join(f"{name} = {n}" for name, n in named.items()) or "its sizes"
