"""How operations are written that have a sign of their own: powers, relations, logic, element types."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from steepest.expr.dimension import Shape
from steepest.expr.node import Constant
from steepest.expr.number import MINUS_ONE, constant
from steepest.expr.pattern import Affine, Pattern
from steepest.ops.complex_parts import cast_op
from steepest.ops.elementary import exp2
from steepest.ops.logic import differs, equals, less, less_equal, logical_not
from steepest.ops.operation import Operation
from steepest.ops.power import length, power_op, sqrt
from steepest.ops.reduction import norm
from steepest.ops.selection import one_hot_op
from steepest.ops.special_logistic import log_expit

from . import notation as nt
from .collect import added
from .factors import multiplied, raised
from .notation import Notation
from .rank import rank
from .sign import NUMBER_ONE

RELATIONS: dict[Operation, str] = {less: "<", less_equal: "≤", equals: "=", differs: "≠"}
_MIRRORED = {"<": ">", "≤": "≥", "=": "=", "≠": "≠"}
_OPPOSITE = {"<": "≥", "≤": ">", ">": "≤", "≥": "<", "=": "≠", "≠": "="}


def applied(op: Operation, args: tuple[Notation, ...], params: tuple[tuple[str, object], ...] = ()) -> Notation:
    """The operation on its operands, as it is usually written."""
    if op.elementwise and (shape := _filled_shape(args)):
        return nt.Fill(applied(op, tuple(a.value if isinstance(a, nt.Fill) else a for a in args), params), shape)
    if op in RELATIONS:
        return _relation(RELATIONS[op], *args)
    write = _WRITTEN.get(op)
    return nt.Function(op, args, params) if write is None else write(*args)


def _filled_shape(args: tuple[Notation, ...]) -> Shape:
    """The common shape if every array among the operands is one scalar repeated."""
    fills = [a for a in args if isinstance(a, nt.Fill)]
    if not fills or any(rank(a) and not isinstance(a, nt.Fill) for a in args):
        return ()
    return fills[0].shape


def _power(base: Notation, exponent: Notation) -> Notation:
    p = exponent.value if isinstance(exponent, nt.Fill) else exponent
    if not isinstance(p, nt.Number) or p.of.sizes:
        return nt.Power(base, exponent)
    value = p.of.value
    if isinstance(value, (int, float)) and value < 0:
        return nt.Quotient(NUMBER_ONE, _power(base, nt.Number(constant(-value))))
    return multiplied(raised(base, value)) if isinstance(value, int) else nt.Power(base, p)


def _relation(sign: str, left: Notation, right: Notation) -> Notation:
    """The number stands on the right: ``x > 0`` rather than ``0 < x``."""
    if _is_number(left) and not _is_number(right):
        return nt.Relation(_MIRRORED[sign], right, left)
    return nt.Relation(sign, left, right)


def _is_number(n: Notation) -> bool:
    return isinstance(n, nt.Number) or (isinstance(n, nt.Fill) and isinstance(n.value, nt.Number))


def opposite(condition: Notation) -> Notation:
    """The condition that holds where this one does not (of ordered numbers: NaN is not thought of)."""
    match condition:
        case nt.Relation(sign, left, right):
            return nt.Relation(_OPPOSITE[sign], left, right)
        case nt.Function(op, (inner,)) if op is logical_not:
            return inner
    return nt.Function(logical_not, (condition,), ())


def _root(op: Operation) -> Callable[[Notation], Notation]:
    """The root of a sum of squares is a norm."""

    def written(x: Notation) -> Notation:
        return nt.Norm(x.of) if isinstance(x, nt.NormSquared) else nt.Function(op, (x,), ())

    return written


# a second name of log σ, and the one that is used: softplus(x) = log(1 + exp(x)) = −log σ(−x)
SOFTPLUS = Operation(
    name="softplus", numpy=lambda x: np.logaddexp(0, x), differentials=(None,), sample=log_expit.sample,
    shape=log_expit.shape, dtype=log_expit.dtype, text="softplus", latex=r"\operatorname{softplus}", elementwise=True,
)  # fmt: skip


def _log_expit(x: Notation) -> Notation:
    return _negative(nt.Function(SOFTPLUS, (_negative(x),), ()))


def _negative(n: Notation) -> Notation:
    terms = n.terms if isinstance(n, nt.Sum) else (n,)
    return added(*(multiplied(nt.Number(MINUS_ONE), t) for t in terms))


def _norm(x: Notation) -> Notation:
    return nt.Norm(x) if rank(x) == 1 else nt.Function(norm, (x,), ())


_WRITTEN: dict[Operation, Callable[..., Notation]] = {
    power_op: _power,
    logical_not: opposite,
    cast_op: lambda x: x,
    exp2: lambda x: nt.Power(nt.Number(constant(2)), x),
    sqrt: _root(sqrt),
    length: _root(length),
    norm: _norm,
    log_expit: _log_expit,
}


def selecting(n: Notation) -> Notation:
    """A condition as a factor: 1 where it holds."""
    match n:
        case nt.Function(op) if op is one_hot_op:
            return n
        case nt.Symbol(_, Constant()):  # a fixed array of zeros and ones
            return n
        case nt.Iverson() | nt.Number() | nt.Fill() | nt.Scaled() | nt.Entrywise():
            return n
    return nt.Iverson(n)


def pattern_notation(pattern: Pattern, shape: Shape) -> Notation:
    """A constant selection: a unit vector, rows of the identity, or its own rule."""
    match pattern:
        case Affine((c,), offset, "==") if offset % c == 0 and 0 <= -offset // c < shape[0]:
            return nt.Basis(-offset // c, shape[0])
        case Affine((a, b), offset, "=="):
            if (rows := _window(a, b, offset, *shape)) is not None:
                return rows
            if (columns := _window(b, a, offset, *shape[::-1])) is not None:
                return nt.Transpose(columns)
    return nt.Patterned(pattern, shape)


def _window(a: int, b: int, offset: int, rows: int, columns: int) -> Notation | None:
    """Rows of the identity, where ``a i + b j + offset = 0`` picks one j for every row i."""
    if abs(b) != 1 or a == 0:
        return None
    start, step = -offset * b, -a * b
    if not (0 <= start < columns and 0 <= start + step * (rows - 1) < columns):
        return None
    if (start, step, rows) == (0, 1, columns):
        return nt.Identity(columns)
    return nt.Sliced(nt.Identity(columns), nt.Range(start, step, rows, columns))
