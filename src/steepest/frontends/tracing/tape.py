"""One run of a function on values, where what each call did is noted, for sweeps over it: a tape.

Used where a function takes another way at every call, so that expressions of its own would be used once. What is
noted of a call is its piece (`pieces.py`), the values it was given, and where these came from. Integers and booleans
are plain: a branch is just taken.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest.expr.build import variable
from steepest.expr.node import Expr
from steepest.expr.traversal import toposort
from steepest.ops.substitution import substitute

from .complaints import with_place
from .lifting import lift
from .pieces import KINDS, Piece, families, family_of, floating_parts, kind_of_number, piece_of, site_of
from .python_numbers import is_pythons, require_quotient
from .recording import Recording
from .tracer import Tracer, as_views, to_values
from .translation import without_overwriting
from .views import Making

DIVISIONS = {np.true_divide: operator.truediv, np.power: operator.pow}
FIXED = -1  # the place of what does not vary
DECLINED = object()


@dataclass(slots=True)
class Step:
    """One call: its piece, the operands, their places on the tape, and the place of its first result."""

    piece: Piece
    operands: Sequence[Any]
    places: Sequence[int]
    first: int


@dataclass
class Tape(Recording):
    """The calls of one run, in order."""

    steps: list[Step] = field(default_factory=list)
    count: int = 0  # places given to inputs and results
    symbols: dict[Expr, int] = field(default_factory=dict)  # for a derivative inside: variables, and their places

    @property
    def noting(self) -> Tape:
        return self

    def guard(self, expr: Expr, value: Any) -> Any:
        return value

    def stay_finite(self, expr: Expr) -> None:
        pass

    def new(self, value: Any) -> OnTape:
        """A value that varies, at a place of its own."""
        self.count += 1
        return OnTape(self, value, self.count - 1)

    def constant(self, value: Any) -> Any:
        """Arrays of floats as a traced value that does not vary: it may be written to. Anything else as it is."""
        if isinstance(value, (tuple, list)):
            parts = [self.constant(v) for v in value]
            return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
        if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
            return OnTape(self, value, FIXED)
        return value

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], tracers: Sequence[Tracer]) -> Any:
        """Make a NumPy call, and note it if its results vary."""
        try:
            value = function(*to_values(args), **to_values(without_overwriting(kwargs)))
        except (ValueError, TypeError, IndexError, np.linalg.LinAlgError) as error:
            raise with_place(error, function, to_values(args)) from error
        if next(floating_parts(value), None) is None:
            family_of(site_of(function, args, kwargs).kind).is_plain = True
            return value
        if all(self.place_of(t) == FIXED for t in tracers):
            result = self.constant(value)
        else:
            result = self._noted(*piece_of(function, args, kwargs, value), value)
        return as_views(result, tracers, Making(function, args, kwargs))

    def quick(self, function: Any, args: tuple[Any, ...]) -> Any:
        """As `call`, if such a call has been made before, of arguments that are not nested; else `DECLINED`."""
        pattern, values, operands, places, numbers = [function], [], [], [], []
        for x in args:
            kind = type(x)
            if kind is OnTape:
                if x.place is None or x.recording is not self:
                    return DECLINED
                if x.base is not None:
                    x.check_current()
                v = x.held
                pattern += (v.shape, v.dtype.char)
                operands.append(v)
                places.append(x.place)
            elif kind is int or kind is float:
                v = x
                pattern.append(kind if x else kind_of_number(x))
                numbers.append(x)
            elif kind is slice:
                v = x
                pattern += (kind, x.start, x.stop, x.step)
            else:
                return DECLINED
            values.append(v)
        family = families.get(tuple(pattern))
        if family is None or self.finished:
            return DECLINED
        piece = family.general
        if piece is not None:
            operands += numbers
            places += [FIXED] * len(numbers)
        elif not family.is_plain:
            piece = family.pieces.get(tuple(numbers))
            if piece is None or max(places) == FIXED:
                return DECLINED
        try:
            value = function(*values)
        except Exception:  # what there is to say of it is said by `call`
            return DECLINED
        if piece is None:
            return value
        self.steps.append(Step(piece, operands, places, self.count))
        return self.new(value)

    def _noted(self, piece: Piece, operands: Sequence[Any], value: Any) -> Any:
        values = [x.value if isinstance(x, Tracer) else x for x in operands]
        places = [self.place_of(x) if isinstance(x, Tracer) else FIXED for x in operands]
        self.steps.append(Step(piece, values, places, self.count))
        if isinstance(value, (tuple, list)):
            parts = [self.new(v) if next(floating_parts(v), None) is not None else v for v in value]
            return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
        return self.new(value)

    def place_of(self, t: Tracer) -> int:
        """Where a traced value is."""
        return t.place if isinstance(t, OnTape) and t.place is not None else self.place_of_expression(t.expr)

    def place_of_expression(self, expr: Expr) -> int:
        """The same for an expression of values on the tape, as a derivative inside the function gives them."""
        if expr not in self.symbols:
            found = [v for v in toposort([expr]) if v in self.symbols]
            if not found:
                return FIXED
            values = [self.inputs[v] for v in found]
            self.steps.append(Step(_piece_for(expr, found), values, [self.symbols[v] for v in found], self.count))
            self.symbols[expr] = self.count
            self.count += 1
        return self.symbols[expr]

    def input(self, symbol: Expr, value: Any) -> OnTape:
        found = self.new(value)
        found._expr = symbol
        self.symbols[symbol] = self.count - 1
        return found

    def symbol(self, value: Any, place: int) -> Expr:
        """A variable for the value at a place, for expressions made of it."""
        v = variable(f"value{place}", np.shape(value), value.dtype)
        self.inputs[v] = value
        self.symbols[v] = place
        return v


Operator = Callable[[Any, Any], Any]


def _operator(ufunc: np.ufunc, general: Operator) -> Operator:
    """An operator of a traced value, without the way through NumPy's dispatch where that is known."""

    def method(self: OnTape, other: Any) -> Any:
        return _applied(ufunc, general, self, other, (self, other))

    return method


def _turned(ufunc: np.ufunc, general: Operator) -> Operator:
    """The same where the traced value is the second operand."""

    def method(self: OnTape, other: Any) -> Any:
        return _applied(ufunc, general, self, other, (other, self))

    return method


def _applied(ufunc: np.ufunc, general: Operator, own: OnTape, other: Any, operands: tuple[Any, Any]) -> Any:
    """The operator of `own` and `other`, in the order of `operands`."""
    if ufunc in DIVISIONS:
        require_quotient(DIVISIONS[ufunc], *operands)
    found = own._direct(ufunc, operands)
    if found is DECLINED:
        return general(own, other)
    if own.of_python and type(found) is OnTape:
        found.of_python = is_pythons(other)
    return found


class OnTape(Tracer):
    """A value with its place on the tape."""

    __slots__ = ("_expr", "place")

    def __init__(self, tape: Tape, value: Any, place: int | None):
        self.recording, self.held = tape, value
        self.place = place  # None: it stands for an expression, which has not been noted yet
        self._expr: Expr | None = None
        self.version, self.base, self.base_version, self.key, self.made = 0, None, 0, None, None
        self.of_python = False

    def is_fixed(self) -> bool:
        return self.place == FIXED if self.place is not None else super().is_fixed()

    @property
    def expr(self) -> Expr:
        if self._expr is None:
            tape: Any = self.recording
            self._expr = lift(self.value) if self.place == FIXED else tape.symbol(self.value, self.place)
        return self._expr

    @expr.setter
    def expr(self, new: Expr) -> None:
        self._expr, self.place = new, None

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.held)

    def become(self, new: Tracer) -> None:
        if isinstance(new, OnTape):
            self.recording, self.held, self.place, self._expr = new.recording, new.held, new.place, new._expr
        else:
            super().become(new)
        self.of_python = new.of_python

    # --- calls --------------------------------------------------------------------------------------

    def _direct(self, function: Any, args: tuple[Any, ...]) -> Any:
        """As NumPy's dispatch would come to it in the end; `DECLINED` where it must."""
        tape = self.recording.noting
        return tape.quick(function, args) if type(tape) is Tape else DECLINED

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            found = self._direct(ufunc, args)
            if found is not DECLINED:
                return found
        return super().__array_ufunc__(ufunc, method, *args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        if type(self.held) is np.ndarray:
            found = self._direct(operator.getitem, (self, key))
            if found is not DECLINED:
                if type(found.held) is np.ndarray:  # a view
                    found.base, found.base_version, found.key = self, self.version, (key,)
                return found
        return super().__getitem__(key)

    __add__, __radd__ = _operator(np.add, Tracer.__add__), _turned(np.add, Tracer.__radd__)
    __sub__, __rsub__ = _operator(np.subtract, Tracer.__sub__), _turned(np.subtract, Tracer.__rsub__)
    __mul__, __rmul__ = _operator(np.multiply, Tracer.__mul__), _turned(np.multiply, Tracer.__rmul__)
    __truediv__ = _operator(np.true_divide, Tracer.__truediv__)
    __rtruediv__ = _turned(np.true_divide, Tracer.__rtruediv__)
    __pow__ = _operator(np.power, Tracer.__pow__)
    __lt__, __le__ = _operator(np.less, Tracer.__lt__), _operator(np.less_equal, Tracer.__le__)
    __gt__, __ge__ = _operator(np.greater, Tracer.__gt__), _operator(np.greater_equal, Tracer.__ge__)

    # --- leaving the trace --------------------------------------------------------------------------

    def concrete(self) -> Any:
        self.check_current()
        return self.value

    def __bool__(self) -> bool:
        return bool(self.concrete())

    def __int__(self) -> int:
        return int(self.concrete())


def _piece_for(expr: Expr, symbols: Sequence[Expr]) -> Piece:
    """The piece for an expression of values on the tape; the same one for the same expression of others."""
    operands = [variable(f"operands{k}", v.shape, v.dtype) for k, v in enumerate(symbols)]
    (general,) = substitute([expr], dict(zip(symbols, operands, strict=True)))
    if general not in _pieces:
        if len(_pieces) >= KINDS:
            _pieces.clear()
        _pieces[general] = Piece(tuple(operands), (general,))
    return _pieces[general]


_pieces: dict[Expr, Piece] = {}
