"""The number of axes of what is written."""

from __future__ import annotations

from . import notation as nt
from .notation import Notation, parts

_SCALARS = (
    nt.Number, nt.ValueAt, nt.Limit, nt.Trace, nt.Total, nt.Norm, nt.Norm1, nt.NormSquared, nt.Entry, nt.SumOver,
)  # fmt: skip
_VECTORS = (nt.Ones, nt.DiagonalOf, nt.Basis, nt.Vec)
_MATRICES = (nt.Identity, nt.Outer, nt.Diagonal, nt.MatrixPower, nt.Kronecker, nt.Commutation)
_ALWAYS: dict[type, int] = {k: axes for axes, kinds in enumerate((_SCALARS, _VECTORS, _MATRICES)) for k in kinds}


def rank(n: Notation) -> int:
    """The number of axes."""
    if (always := _ALWAYS.get(type(n))) is not None:
        return always
    match n:
        case nt.Symbol():
            return n.of.ndim
        case nt.Differential() | nt.Rate() | nt.DifferenceQuotient():
            return n.variable.ndim
        case nt.Fill() | nt.Patterned() | nt.Unstacked():
            return len(n.shape)
        case nt.Transpose() | nt.Iverson():
            return rank(next(parts(n)))
        case nt.Product(factors):
            return sum(rank(f) for f in factors) - 2 * (len(factors) - 1)
        case nt.Scaled() | nt.Entrywise() | nt.Quotient() | nt.Power() | nt.Sum() | nt.Relation() | nt.Cases():
            return max(rank(p) for p in parts(n))
        case nt.Function(op, args, params):
            return len(op.shape(*((2,) * rank(a) for a in args), **dict(params)))
        case nt.Sliced(of, rows):
            return rank(of) - isinstance(rows, int)
        case nt.Chosen(of, position):
            return rank(of) - 1 + rank(position)
        case nt.Array(letters):
            return len(letters)
    raise TypeError(f"{type(n).__name__} is not a kind of notation")
