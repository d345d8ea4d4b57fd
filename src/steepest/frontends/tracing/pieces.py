"""One NumPy call as expressions of its operands: made once, and used for all calls of its kind.

A call is of the kind of another if it has the same function, and operands of the same shapes and types. Numbers in it
(an index, an axis, a factor) belong to the kind, until they have been seen to vary: then they become operands too,
where the translation can do without their values. Arrays are operands from the start, with the same exception.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest.errors import CaptureError, SteepestError
from steepest.expr.build import variable
from steepest.expr.node import Expr, Variable

from .recording import Recording, recording
from .tracer import Tracer, call, to_values

KINDS = 4096  # kept at a time
MEMBERS = 256  # of one kind, for different numbers
VARIANTS = 2  # of one kind that differ in numbers alone, before these become operands
DOUBLE = "dD"  # the types in which a Python number among the operands is of their own type


@dataclass(eq=False)
class Piece:
    """The results of a call, as expressions of symbols for its operands."""

    variables: tuple[Variable, ...]
    outputs: tuple[Expr, ...]
    programs: dict[Hashable, Any] = field(default_factory=dict)  # what has been made of them


@dataclass
class Site:
    """A call taken apart: what it works on, and what is left of it without that."""

    operands: list[Any] = field(default_factory=list)  # traced values, and arrays of floats
    arrays: list[np.ndarray] = field(default_factory=list)  # of integers and booleans
    numbers: list[Any] = field(default_factory=list)
    pattern: list[Any] = field(default_factory=list)

    def read(self, x: Any) -> None:
        """One argument, and what is nested in it."""
        kind = type(x)
        if isinstance(x, Tracer):
            self.operands.append(x)
            self.pattern += (np.shape(x.value), x.value.dtype.char)
        elif kind is int or kind is float:
            self.numbers.append(x)
            self.pattern.append(kind_of_number(x))
        elif isinstance(x, (np.ndarray, np.generic)):
            array = np.asarray(x)
            if array.dtype.kind in "fc":
                self.operands.append(x)
            else:
                self.arrays.append(array)
            self.pattern += (kind, array.shape, array.dtype.str)
        elif kind is tuple or kind is list:
            self.pattern += (kind, len(x))
            for item in x:
                self.read(item)
        elif kind is dict:
            self.pattern += (kind, *x)
            for item in x.values():
                self.read(item)
        elif kind is slice:
            self.pattern += (kind, x.start, x.stop, x.step)
        else:
            self.pattern += (kind, x)

    @property
    def kind(self) -> Hashable:
        return tuple(self.pattern)


def kind_of_number(x: Any) -> Any:
    """The type of a number; zeros are a kind each, for -0.0 equals 0.0 and may be something else to a function."""
    return type(x) if x else repr(x)


def site_of(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Site:
    site = Site()
    site.pattern.append(function)
    for x in args:
        site.read(x)
    if kwargs:
        site.read(kwargs)
    return site


@dataclass(frozen=True)
class Fixed:
    """Which of the parts of a site stay what they are in a piece."""

    arrays: bool
    numbers: bool


OPERANDS, BUT_NUMBERS, NOTHING = Fixed(False, False), Fixed(False, True), Fixed(True, True)


@dataclass
class Family:
    """The pieces for the calls of one kind, by the numbers in them, and by the arrays where these matter."""

    pieces: dict[Hashable, Piece] = field(default_factory=dict)
    general: Piece | None = None  # for any numbers
    is_plain: bool = False  # no result of theirs may carry a derivative
    numbers_matter: bool = False
    arrays_matter: bool = False

    def operands(self, piece: Piece, site: Site) -> list[Any]:
        """What the variables of a piece stand for at a site."""
        if piece is self.general:
            return [*site.operands, *site.arrays, *site.numbers]
        return site.operands if self.arrays_matter else [*site.operands, *site.arrays]


families: dict[Hashable, Family] = {}


def family_of(kind: Hashable) -> Family:
    found = families.get(kind)
    if found is None:
        if len(families) >= KINDS:
            families.clear()
        found = families.setdefault(kind, Family())
    return found


def piece_of(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], value: Any) -> tuple[Piece, list[Any]]:
    """The piece for a call that gives `value`, and the operands to put into it: tracers, arrays and numbers.

    Raises:
        CaptureError: if the call has no translation, or one that depends on values that vary.
    """
    site = site_of(function, args, kwargs)
    family = family_of(site.kind)
    if family.general is not None:
        return family.general, family.operands(family.general, site)
    given: Hashable = tuple(site.numbers)
    if family.arrays_matter:
        given = (given, *(a.tobytes() for a in site.arrays))
    found = family.pieces.get(given)
    if found is None:
        found = _made(family, given, site, function, args, kwargs, value)
    return found, family.operands(found, site)


def _made(
    family: Family, given: Hashable, site: Site, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any],
    value: Any,
) -> Piece:  # fmt: skip
    def attempt(fixed: Fixed) -> Piece | None:
        return _written_out(function, args, kwargs, value, fixed)

    if len(family.pieces) >= VARIANTS and site.numbers and not (family.numbers_matter or family.arrays_matter):
        family.general = attempt(OPERANDS) if _all_double(site) else None
        if family.general is not None:
            family.pieces.clear()
            return family.general
        family.numbers_matter = True
    if not family.arrays_matter:
        piece = attempt(BUT_NUMBERS)
        if piece is None and site.arrays:
            family.arrays_matter = True
            family.pieces.clear()
            given = (given, *(a.tobytes() for a in site.arrays))
            piece = attempt(NOTHING)
    else:
        piece = attempt(NOTHING)
    if piece is None:
        raise CaptureError("the translation depends on the values")
    if len(family.pieces) >= MEMBERS:
        family.pieces.clear()
    family.pieces[given] = piece
    return piece


def _all_double(site: Site) -> bool:
    return all(np.asarray(to_values(x)).dtype.char in DOUBLE for x in site.operands)


def _written_out(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], value: Any, fixed: Fixed
) -> Piece | None:
    """The call, made with symbols for its operands; None if its translation asks for their values."""
    with recording(Recording) as scratch, np.errstate(all="ignore"):
        made: dict[str, list[Tracer]] = {"operands": [], "arrays": [], "numbers": []}

        def symbol(part: str, x: Any) -> Tracer:
            array = np.asarray(to_values(x))
            v = variable(f"{part}{len(made[part])}", array.shape, array.dtype)
            made[part].append(Tracer(scratch, v, array[()] if array.ndim == 0 else array))
            return made[part][-1]

        try:
            result = call(function, _replaced(args, symbol, fixed), _replaced(kwargs, symbol, fixed))
            tracers = [t for t in (result if isinstance(result, (tuple, list)) else (result,)) if isinstance(t, Tracer)]
            outputs = [t for t in tracers if t.dtype.kind in "fc"]
        except (SteepestError, TypeError, ValueError, IndexError):
            if fixed is NOTHING or (fixed is BUT_NUMBERS and not made["arrays"]):
                raise
            return None
        expected = list(floating_parts(value))
        if scratch.guards or [(np.shape(t.value), t.dtype) for t in outputs] != [(y.shape, y.dtype) for y in expected]:
            return None
        symbols = [t.expr for part in made.values() for t in part]
        return Piece(tuple(v for v in symbols if isinstance(v, Variable)), tuple(t.expr for t in outputs))


def floating_parts(value: Any) -> Iterator[Any]:
    """The arrays and numbers among the results of a call that may carry a derivative."""
    for part in value if isinstance(value, (tuple, list)) else (value,):
        if isinstance(part, (np.ndarray, np.generic)) and part.dtype.kind in "fc":
            yield part


def _replaced(x: Any, symbol: Callable[[str, Any], Tracer], fixed: Fixed) -> Any:
    """The argument with symbols in it, in the order in which `Site.read` finds what they stand for."""
    kind = type(x)
    if kind is tuple or kind is list:
        return kind(_replaced(item, symbol, fixed) for item in x)
    if kind is dict:
        return {name: _replaced(item, symbol, fixed) for name, item in x.items()}
    if isinstance(x, Tracer):
        return symbol("operands", x)
    if isinstance(x, (np.ndarray, np.generic)):
        if x.dtype.kind in "fc":
            return symbol("operands", x)
        return x if fixed.arrays else symbol("arrays", x)
    if (kind is int or kind is float) and not fixed.numbers:
        return symbol("numbers", x)
    return x
