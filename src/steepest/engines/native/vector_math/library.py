"""The functions there are, by NumPy's names, and the text that defines those a module needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from . import (
    error_function,
    exponential,
    hyperbolic,
    inverse_hyperbolic,
    inverse_trigonometric,
    logarithm,
    logistic,
    power,
    root,
    trigonometric,
)
from .angle import far_angle, far_angle_of_one
from .body import Body, Symbol, symbol
from .function import MathFunction, operands

FAMILIES = (
    exponential,
    logarithm,
    power,
    root,
    trigonometric,
    inverse_trigonometric,
    hyperbolic,
    inverse_hyperbolic,
    logistic,
    error_function,
)
FUNCTIONS: Mapping[str, MathFunction] = {f.name: f for family in FAMILIES for f in family.FUNCTIONS}
INNER: Mapping[str, MathFunction] = {f.name: f for f in power.INNER}  # that others are made of


# Out of line, and not for others to call: each gives its own definition.
RARE: Mapping[str, Callable[[Body], str]] = {"far_angle": far_angle, "far_angle_of_one": far_angle_of_one}


def name(function: str, element: str, lanes: int) -> str:
    """The symbol of a function: ``@exp_double_8`` takes and gives <8 x double>; with one lane, plain numbers.

    >>> name("exp", "double", 8)
    '@exp_double_8'
    """
    return symbol(FUNCTIONS[function].name, element, lanes)


def definitions(needed: Iterable[Symbol]) -> tuple[set[str], str]:
    """The declarations of LLVM's intrinsics, and the text that defines each needed function and what it calls, once.

    `needed` names functions as (name, element, lanes), with element "double" or "float". The declarations are whole
    lines, spelled as LLVM prints them (``declare <8 x double> @llvm.fma.v8f64(<8 x double>, ...)``), so that those of
    other parts of a module unite with them in a set. Nothing else is declared, and nothing outside is called, except
    that a target without fused multiply-add calls the C library's ``fma``.
    """
    declares: set[str] = set()
    texts: dict[Symbol, str] = {}
    waiting = sorted(set(needed), reverse=True)
    while waiting:
        wanted = waiting.pop()
        if wanted in texts:
            continue
        body = Body(*wanted[1:])
        texts[wanted] = _definition(wanted[0], body)
        declares |= body.declares
        waiting.extend(sorted(body.needs - texts.keys(), reverse=True))
    return declares, "\n".join(texts.values())


def _definition(function: str, body: Body) -> str:
    if function in RARE:
        return RARE[function](body)
    wanted = INNER[function] if function in INNER else FUNCTIONS[function]
    return body.inlined(function, operands(wanted.arity), wanted.write(body))
