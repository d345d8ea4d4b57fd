"""The functions there are, by NumPy's names, and the text that defines those a module needs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

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
from .angle_function import REMAINDER, AngleFunction, define_remainder
from .body import Body, Symbol, symbol
from .function import MathFunction

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
OF_ANGLE: Mapping[tuple[str, str], AngleFunction] = {  # by name and element
    (f.name, element): f for f in FUNCTIONS.values() if isinstance(f, AngleFunction) for element in f.formats
}

# Each gives its own definition: the functions, those that others are made of, and the rare cases out of line.
DEFINERS: Mapping[str, Callable[[Body], str]] = {
    **{f.name: f.define for f in (*FUNCTIONS.values(), *power.INNER)},
    **{f.rest: f.define_rest for f in OF_ANGLE.values()},
    REMAINDER: define_remainder,
    "far_angle": far_angle,
    "far_angle_of_one": far_angle_of_one,
}


@dataclass(frozen=True)
class Definition:
    """The text of one function, and what it needs besides."""

    text: str
    declares: frozenset[str]  # of LLVM's intrinsics
    needs: frozenset[Symbol]  # of the library


def name(function: str, element: str, lanes: int) -> str:
    """The symbol of a function: ``@exp_double_8`` takes and gives <8 x double>; with one lane, plain numbers.

    >>> name("exp", "double", 8)
    '@exp_double_8'
    """
    return symbol(FUNCTIONS[function].name, element, lanes)


def definitions(needed: Iterable[Symbol], bits: int = 0) -> tuple[set[str], str]:
    """The declarations of LLVM's intrinsics, and the text that defines each needed function and what it calls, once.

    `needed` names functions as (name, element, lanes), with element "double" or "float"; `bits` are those of the
    target's vector registers, 0 for code that any target has: 512 stand for x86's AVX-512. The declarations are whole
    lines, spelled as LLVM prints them (``declare <8 x double> @llvm.fma.v8f64(<8 x double>, ...)``), so that those of
    other parts of a module unite with them in a set. Nothing else is declared. Nothing outside is called where the
    target has fused multiply-add; elsewhere LLVM makes ``llvm.fma`` a call of the C library's ``fma`` or ``fmaf``, and
    without SSE4.1 ``llvm.floor`` one of ``floor``.
    """
    declares: set[str] = set()
    texts: dict[Symbol, str] = {}
    waiting = sorted(set(needed), reverse=True)
    while waiting:
        wanted = waiting.pop()
        if wanted in texts:
            continue
        found = _definition(wanted, bits)
        texts[wanted] = found.text
        declares |= found.declares
        waiting.extend(sorted(found.needs - texts.keys(), reverse=True))
    return declares, "\n".join(texts.values())


@functools.cache
def _definition(wanted: Symbol, bits: int) -> Definition:
    function, element, lanes = wanted
    body = Body(element, lanes, bits)
    text = DEFINERS[function](body)
    return Definition(text, frozenset(body.declares), frozenset(body.needs))
