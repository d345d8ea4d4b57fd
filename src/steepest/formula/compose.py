"""Products of matrices and vectors, written the way they usually are.

Every rule here is an identity of dense arrays, checked against `evaluate` on random terms: scalars come to
the front, ``I`` disappears, ``diag(a) diag(b)`` is ``diag(a ⊙ b)``, ``xᵀx`` is ``‖x‖²``.
"""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.dimension import Dim
from steepest.expr.number import size_constant
from steepest.expr.pattern import Fourier
from steepest.ops.piecewise import absolute
from steepest.ops.selection import one_hot_op

from . import notation as nt
from .factors import multiplied, split_scalars
from .notation import Notation, parts
from .rank import rank
from .sign import whole
from .text import UNICODE
from .transposition import count_transposes, transpose

PAIR = 2  # whose second entry nobody counts from the end


def product(*factors: Notation) -> Notation:
    """The matrix product of a chain: matrices, then perhaps a vector."""
    scalars: list[Notation] = []
    chain: list[Notation] = []
    for factor in factors:
        front, body = split_scalars(factor)
        scalars += front
        for f in body.factors if isinstance(body, nt.Product) else (body,):
            scalars += _append(chain, f)
    if not chain:
        return multiplied(*scalars, factors[0])
    body = chain[0] if len(chain) == 1 else nt.Product(tuple(chain))
    return multiplied(*scalars, body) if scalars else body


def _append(chain: list[Notation], f: Notation) -> list[Notation]:
    """Extend the chain by one factor, read together with the one before it; the scalars that come of it."""
    before = chain[-1] if chain else None
    match before, f:
        case (nt.Identity(), _):
            chain[-1] = f
        case (None, _):
            chain.append(f)
        case (_, nt.Identity()):
            pass
        case (nt.Outer(left, right), _) if rank(f) == 1:
            chain[-1] = left
            return [inner(right, f)]
        case (nt.Outer(left, right), _):
            chain[-1] = nt.Outer(left, product(transpose(f), right))
        case (_, nt.Outer(left, right)):
            rest = product(*chain, left)
            front, body = split_scalars(rest)
            chain[:] = [nt.Outer(body, right)]
            return front
        case (nt.Diagonal(a), nt.Diagonal(b)):
            return _replace_last(chain, diagonal(multiplied(a, b)))
        case (nt.Kronecker(a, b), nt.Kronecker(c, d)) if {rank(a), rank(b), rank(c), rank(d)} == {2}:
            return _replace_last(chain, kronecker(product(a, c), product(b, d)))
        case (nt.Diagonal(a), _) if rank(f) == 1:
            return _replace_last(chain, multiplied(a, f))
        case (nt.Sliced(nt.Identity(), rows), _):
            chain[-1] = nt.Sliced(f, rows)
        case (_, nt.Transpose(nt.Sliced(nt.Identity(), rows))) if rank(before) == 2:
            chain[-1] = _with_columns(before, rows)
        case (nt.Function(op, (position,)), _) if op is one_hot_op:
            chain[-1] = nt.Chosen(f, position)
        case (_, nt.Basis(position, size)):
            return _replace_last(chain, nt.Sliced(transpose(before), from_the_end(position, size)))
        case _:
            chain.append(f)
    return []


def _with_columns(a: Notation, columns: nt.Range | int) -> Notation:
    """``A[:, 1:]``, and ``A[1:, :-1]`` of an array whose rows are chosen already."""
    match a:
        case nt.Sliced(of, nt.Range() as rows) if not isinstance(of, nt.Identity):
            return nt.Sliced(_with_columns(of, columns), rows)
    return transpose(nt.Sliced(transpose(a), columns))


def _replace_last(chain: list[Notation], n: Notation) -> list[Notation]:
    front, body = split_scalars(n)
    chain[-1] = body
    return front


def outer(left: Notation, right: Notation) -> Notation:
    front, left = split_scalars(left)
    more, right = split_scalars(right)
    return multiplied(*front, *more, nt.Outer(left, right))


def kronecker(left: Notation, right: Notation) -> Notation:
    """``left ⊗ right``; in a product, ``(A ⊗ B)(C ⊗ D)`` is ``AC ⊗ BD``."""
    front, left = split_scalars(left)
    more, right = split_scalars(right)
    both: Notation = nt.Kronecker(left, right)
    match left, right:
        case nt.Identity(m), nt.Identity(n):
            both = nt.Identity(entries(m, n))
        case nt.Outer(nt.Ones(m), nt.Ones(n)), nt.Outer(nt.Ones(p), nt.Ones(q)):
            both = nt.Outer(nt.Ones(entries(m, p)), nt.Ones(entries(n, q)))
    return multiplied(*front, *more, both)


def entries(rows: int, columns: int) -> int:
    """The number of entries of a matrix; of named sizes, the size "m n"."""
    names = [d.name if isinstance(d, Dim) else str(d) for d in (rows, columns)]
    product = int(rows) * int(columns)
    return Dim(product, " ".join(names)) if isinstance(rows, Dim) or isinstance(columns, Dim) else product


def diagonal(v: Notation) -> Notation:
    """The matrix with v on its diagonal."""
    if isinstance(v, nt.Fill):
        return multiplied(v.value, nt.Identity(v.shape[0]))
    front, body = split_scalars(v)
    matrix: Notation = nt.Identity(body.size) if isinstance(body, nt.Ones) else nt.Diagonal(body)
    return multiplied(*front, matrix)


def diagonal_of(a: Notation) -> Notation:
    match a:
        case nt.Identity(size):
            return nt.Ones(size)
        case nt.Diagonal(v):
            return v
        case nt.Transpose(of):
            return diagonal_of(of)
        case nt.Product() if count_transposes([turned := transpose(a)]) < count_transposes([a]):
            return nt.DiagonalOf(turned)
        case nt.Outer(left, right):
            return multiplied(left, right)
    front, body = split_scalars(a)
    return multiplied(*front, diagonal_of(body)) if front else nt.DiagonalOf(a)


# --- scalars from arrays -----------------------------------------------------------------------------


def inner(a: Notation, b: Notation) -> Notation:
    """``aᵀb`` of two vectors."""
    front, a = split_scalars(a)
    more, b = split_scalars(b)
    return multiplied(*front, *more, _inner(a, b))


def _inner(a: Notation, b: Notation) -> Notation:
    for one, other in ((a, b), (b, a)):
        match one:
            case nt.Ones(size) if isinstance(other, nt.Ones):
                return nt.Number(size_constant(size))
            case nt.Ones():
                return total(other)
            case nt.Basis(position, size):
                return nt.Sliced(other, from_the_end(position, size))
            case nt.Function(op, (chosen,)) if op is one_hot_op:
                return nt.Chosen(other, chosen)
            case nt.Product((*matrices, nt.Ones())):
                return total(product(transpose(_chain(matrices)), other))
    if a == b and is_real(a):
        return norm_squared(a)
    chain = min((_row_times(a, b), _row_times(b, a)), key=_plainness)
    return _squared_half(chain) or chain


def _squared_half(chain: nt.Product) -> Notation | None:
    """``xᵀAᵀAx`` as ``‖Ax‖²``."""
    half = len(chain.factors) // 2
    right = _chain(chain.factors[half:])
    if len(chain.factors) % 2 == 0 and transpose(right) == _chain(chain.factors[:half]) and is_real(right):
        return norm_squared(right)
    return None


def norm_squared(a: Notation) -> Notation:
    """``‖a‖²``; of a matrix, it or its transpose, whichever is plainer."""
    return nt.NormSquared(min(a, transpose(a), key=_plainness) if rank(a) == 2 else a)


def _chain(factors: Sequence[Notation]) -> Notation:
    return factors[0] if len(factors) == 1 else nt.Product(tuple(factors))


def _row_times(a: Notation, b: Notation) -> nt.Product:
    return nt.Product(tuple(f for n in (transpose(a), b) for f in (n.factors if isinstance(n, nt.Product) else (n,))))


def total(a: Notation) -> Notation:
    """The sum of the entries."""
    front, body = split_scalars(a)
    match body:
        case nt.Ones(size):
            return multiplied(*front, nt.Number(size_constant(size)))
        case nt.Outer(nt.Ones(), _) | nt.Outer(_, nt.Ones()):
            return multiplied(*front, total(body.left), total(body.right))
        case nt.Diagonal(v):
            return multiplied(*front, total(v))
        case nt.Product((*matrices, nt.Ones())):
            return multiplied(*front, total(_chain(matrices)))
        case nt.Transpose(of):
            return multiplied(*front, total(of))
        case nt.Function(op, (of,)) if op is absolute and rank(of) == 1:
            return multiplied(*front, nt.Norm1(of))
        case nt.Power(base, nt.Number(exponent)) if whole(exponent) == 2 and is_real(base):
            return multiplied(*front, norm_squared(base))
        case nt.Entrywise((one, other)) if rank(body) == 1:
            return multiplied(*front, inner(one, other))
        case nt.Entrywise((one, other)) if rank(body) == 2 and not isinstance(one, nt.Iverson):
            return multiplied(*front, trace(product(transpose(one), other)))
        case nt.Entrywise():
            body = min(body, transpose(body), key=_plainness)
    return multiplied(*front, nt.Total(body))


def trace(a: Notation) -> Notation:
    front, body = split_scalars(a)
    match body:
        case nt.Identity(size):
            return multiplied(*front, nt.Number(size_constant(size)))
        case nt.Diagonal(v):
            return multiplied(*front, total(v))
        case nt.Outer(left, right):
            return multiplied(*front, inner(left, right))
        case nt.Transpose(of):
            return multiplied(*front, trace(of))
        case nt.Product(factors):
            if len(factors) == 2 and factors[0] == transpose(factors[1]) and is_real(factors[0]):
                return multiplied(*front, norm_squared(factors[0]))
            turns = [nt.Product(factors[k:] + factors[:k]) for k in range(len(factors))]
            both = [*turns, *(transpose(t) for t in turns)]
            return multiplied(*front, nt.Trace(min(both, key=_plainness)))
    turned = transpose(body)
    return multiplied(*front, nt.Trace(turned if count_transposes([turned]) < count_transposes([body]) else body))


def from_the_end(position: int, size: int) -> int:
    """The last position is written −1, as in Python, but for the second of two."""
    return -1 if position == size - 1 >= PAIR else position


def is_real(n: Notation) -> bool:
    """Whether nothing complex occurs in it; only then is vᵀv a squared norm."""
    match n:
        case nt.Symbol():
            return n.of.dtype is None or n.of.dtype.kind != "c"
        case nt.Number():
            return not isinstance(n.of.value, complex)
        case nt.Patterned():
            return not isinstance(n.pattern, Fourier)
    return all(is_real(p) for p in parts(n))


def _plainness(n: Notation) -> tuple[bool, int, int, str]:
    """Of two ways to write the same product the smaller: changes at the end, few transposes, by the alphabet."""
    return has_turned_differential(n), count_transposes([n]), _turned_increments(n), UNICODE.write(n)


def _turned_increments(n: Notation) -> int:
    """How many changes are transposed for no reason: of vectors, and beside one other factor."""
    alone = isinstance(n, nt.Product) and len(n.factors) == 2
    turned = (p.of for p in parts(n) if isinstance(p, nt.Transpose) and isinstance(p.of, nt.Increment))
    return sum(alone or rank(change) == 1 for change in turned) + sum(map(_turned_increments, parts(n)))


def has_turned_differential(n: Notation) -> bool:
    """Whether a change is transposed, or does not stand at the end of its product."""
    last = n.factors[-1] if isinstance(n, nt.Product) else n
    turned = isinstance(n, nt.Transpose) or not _turns(last)
    return _turns(n) and (turned or any(has_turned_differential(p) for p in parts(n)))


def _turns(n: Notation) -> bool:
    """Whether there is a change in it that is brought to the end."""
    return (isinstance(n, nt.Differential) and not isinstance(n, nt.Increment)) or any(_turns(p) for p in parts(n))
