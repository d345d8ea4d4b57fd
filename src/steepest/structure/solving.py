"""Linear systems with a structured matrix: by division, by blocks, factor by factor, by Woodbury's identity, sparse.

Each way looks at the terms and returns None where it does not apply; they are tried in the order of `WAYS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import linalg, sparse
from scipy.sparse import linalg as sparse_linalg

from .parts import Part, covers, parts_of
from .place import Labels, labels_of, window
from .term import Term, contracted

Shape = tuple[int, ...]
Way = Callable[[Sequence[Term], Shape, Shape, np.ndarray], "np.ndarray | None"]

FEW = 64  # unknowns up to which a sparse solver does not pay
THIN = 8  # a matrix is sparse if at most one entry in so many is not zero
ACCURATE = 1e-10  # of the right side: the largest residual that Woodbury's identity may leave


def solve(terms: Sequence[Term], rows: Shape, columns: Shape, b: np.ndarray) -> np.ndarray:
    """The x of shape ``columns + extra`` for a right side of shape ``rows + extra``."""
    for way in WAYS:
        x = way(terms, rows, columns, b)
        if x is not None:
            return x
    return densely(terms, rows, columns, b)


def densely(terms: Sequence[Term], rows: Shape, columns: Shape, b: np.ndarray) -> np.ndarray:
    n = math.prod(rows)
    matrix = np.zeros((*rows, *columns), np.result_type(b.dtype, *(t.dtype for t in terms)))
    for t in terms:
        t.add_to(matrix)
    extra = b.shape[len(rows) :]
    return np.linalg.solve(matrix.reshape(n, n), b.reshape(n, math.prod(extra))).reshape((*columns, *extra))


# --- blocks ---------------------------------------------------------------------------------------------


def by_blocks(terms: Sequence[Term], rows: Shape, columns: Shape, b: np.ndarray) -> np.ndarray | None:
    """Axes on which every term is diagonal count blocks; a diagonal has blocks of one number."""
    if rows != columns or not terms:
        return None
    paired = [k for k in range(len(rows)) if all(_is_paired(t, k) for t in terms)]
    if not paired:
        return None
    rest = [k for k in range(len(rows)) if k not in paired]
    blocks = np.zeros([*(rows[k] for k in (*paired, *rest)), *(rows[k] for k in rest)], b.dtype)
    for t in terms:
        places = (*(t.rows[k] for k in (*paired, *rest)), *(t.columns[k] for k in rest))
        labels = labels_of(places)
        view = window(blocks, places, labels, t.sizes)
        view += t.core(labels)
    size = math.prod(rows[k] for k in rest)
    extra = b.shape[len(rows) :]
    order = (*paired, *rest, *range(len(rows), b.ndim))
    right = b.transpose(order).reshape(*(rows[k] for k in paired), size, math.prod(extra))
    matrices = blocks.reshape(*(rows[k] for k in paired), size, size)
    if size == 1:
        if not matrices.all():
            raise np.linalg.LinAlgError("Singular matrix")
        solved = right / matrices
    else:
        solved = np.linalg.solve(matrices, right)
    solved = solved.reshape([*(rows[k] for k in (*paired, *rest)), *extra])
    return solved.transpose(np.argsort(order))


def _is_paired(t: Term, k: int) -> bool:
    """Whether row and column agree along axis k, which no other axis has to do with."""
    if not t.rows[k].follows(t.columns[k]) or not t.is_affine():
        return False
    others = [p for j in range(len(t.rows)) if j != k for p in (t.rows[j], t.columns[j])]
    return not set(t.rows[k].labels) & set(labels_of(others))


# --- Kronecker products ---------------------------------------------------------------------------------


def by_factors(terms: Sequence[Term], rows: Shape, columns: Shape, b: np.ndarray) -> np.ndarray | None:
    """A product of independent square parts: one after the other."""
    if len(terms) != 1 or not covers(terms[0]):
        return None
    (t,) = terms
    parts = parts_of(t)
    if any(p.count(p.row_labels) != p.count(p.column_labels) for p in parts) or any(p.rank < _height(p) for p in parts):
        return None
    loose = [a for own, a in t.factors if not own]
    number = math.prod(a[()] for a in loose) if loose else 1
    if number == 0:
        raise np.linalg.LinAlgError("Singular matrix")
    further = tuple(range(-1, len(rows) - b.ndim - 1, -1))
    labels: Labels = (*labels_of(t.rows), *further)
    if len(labels) != b.ndim:  # an axis of length 1 without a label
        return None
    x = b / number
    for p in parts:
        x, labels = _part_solved(p, x, labels)
    return x.transpose([labels.index(i) for i in (*labels_of(t.columns), *further)])


def _height(p: Part) -> int:
    return min(p.count(p.row_labels), p.count(p.column_labels))


def _part_solved(p: Part, x: np.ndarray, labels: Labels) -> tuple[np.ndarray, Labels]:
    """`x`, with the given labels on its axes, solved for the part: its row labels give way to its column labels."""
    if not p.factors:
        return x, labels
    carried = {i for own, _ in p.factors for i in own}
    batch = tuple(i for i in p.shared if i in carried)
    others = tuple(i for i in labels if i not in batch and i not in p.row_labels)
    lengths = dict(zip(labels, x.shape, strict=True))
    blocks = tuple(lengths[i] for i in batch)
    size = _height(p)
    matrices = contracted(p.factors, (*batch, *p.row_labels, *p.column_labels)).reshape(*blocks, size, size)
    right = x.transpose([labels.index(i) for i in (*batch, *p.row_labels, *others)])
    right = right.reshape(*blocks, size, math.prod(lengths[i] for i in others))
    if size == 1 and not matrices.all():
        raise np.linalg.LinAlgError("Singular matrix")
    solved = right / matrices if size == 1 else np.linalg.solve(matrices, right)
    shape = (*blocks, *(p.term.sizes[i] for i in p.column_labels), *(lengths[i] for i in others))
    return solved.reshape(shape), (*batch, *p.column_labels, *others)


# --- low rank -------------------------------------------------------------------------------------------


def by_woodbury(terms: Sequence[Term], rows: Shape, columns: Shape, b: np.ndarray) -> np.ndarray | None:
    """``(A + LR)⁻¹ = A⁻¹ − A⁻¹L (I + RA⁻¹L)⁻¹ RA⁻¹`` for blocks A and few columns L; refused where it is inaccurate."""
    n = math.prod(rows)
    sides = [two_sides(t) for t in terms]
    thin = [s for s in sides if s is not None]
    rest = [t for t, s in zip(terms, sides, strict=True) if s is None]
    rank = sum(left.shape[1] for left, _ in thin)
    if not thin or not rest or 2 * rank >= n or rows != columns:
        return None
    left = np.concatenate([s[0] for s in thin], axis=1)
    right = np.concatenate([s[1] for s in thin], axis=0)
    extra = b.shape[len(rows) :]
    try:
        together = np.concatenate([b.reshape(n, -1), left], axis=1).reshape((*rows, -1))
        solved = next((x for way in DIRECT if (x := way(rest, rows, columns, together)) is not None), None)
        if solved is None:
            return None
        solved = solved.reshape(n, -1)
        base, through = solved[:, :-rank], solved[:, -rank:]
        small = np.eye(rank) + right @ through
        x = base - through @ np.linalg.solve(small, right @ base)
    except np.linalg.LinAlgError:
        return None
    shaped = x.reshape((*columns, *extra))
    gap = sum(t.apply(shaped) for t in terms) - b
    scale = np.abs(b).max(initial=0.0)
    return shaped if np.abs(gap).max(initial=0.0) <= ACCURATE * scale else None


def two_sides(t: Term) -> tuple[np.ndarray, np.ndarray] | None:
    """A term of low rank as a thin matrix times a wide one."""
    if set(labels_of(t.rows)) & set(labels_of(t.columns)):
        return None
    inner, outer = set(labels_of(t.columns)), set(labels_of(t.rows))
    if any(inner & set(own) and outer & set(own) for own, _ in t.factors):
        return None
    right = [f for f in t.factors if inner & set(f[0])]
    left = [f for f in t.factors if not inner & set(f[0])]
    between = tuple({i for own, _ in left for i in own} & {i for own, _ in right for i in own})
    rank = math.prod(t.sizes[i] for i in between)
    height, width = math.prod(p.size for p in t.rows), math.prod(p.size for p in t.columns)
    if 2 * rank >= min(height, width):
        return None
    from_left, from_right = Term(t.rows, (), t.sizes, tuple(left)), Term(t.columns, (), t.sizes, tuple(right))
    return _matrix(from_left, between, height), _matrix(from_right, between, width).T


def _matrix(t: Term, between: Labels, height: int) -> np.ndarray:
    """A matrix with the rows of a term, and a column for each value of the labels between."""
    labels = labels_of(t.rows)
    carried = tuple(i for i in (*labels, *between) if any(i in own for own, _ in t.factors))
    core = contracted(t.factors, carried)
    result = np.zeros((*(p.size for p in t.rows), *(t.sizes[i] for i in between)), core.dtype)
    shape = [t.sizes[i] if i in carried else 1 for i in (*labels, *between)]
    t.add_side(result, core.reshape(shape))
    return result.reshape(height, -1)


# --- sparse ---------------------------------------------------------------------------------------------


def by_bands(terms: Sequence[Term], rows: Shape, columns: Shape, b: np.ndarray) -> np.ndarray | None:
    """A narrow band along the diagonal of one axis: LAPACK's solver for bands."""
    if rows != columns or len(rows) != 1 or rows[0] <= FEW or not terms:
        return None
    (n,) = rows
    offsets = [k for t in terms for k in t.offsets()]
    below, above = max(0, *offsets), -min(0, *offsets)
    if THIN * (below + above + 1) > n:
        return None
    bands = np.zeros((below + above + 1, n), b.dtype)
    for t in terms:
        row, column, value = t.coordinates()
        np.add.at(bands, (above + row - column, column), value)
    right = b.reshape(n, math.prod(b.shape[1:]))
    return linalg.solve_banded((below, above), bands, right, check_finite=False).reshape(b.shape)


def sparsely(terms: Sequence[Term], rows: Shape, columns: Shape, b: np.ndarray) -> np.ndarray | None:
    """By a sparse LU decomposition."""
    n = math.prod(rows)
    if n <= FEW or THIN * sum(t.entries for t in terms) > n * n or b.dtype.kind not in "fc" or not terms:
        return None
    places = [t.coordinates() for t in terms]
    row, column, value = (np.concatenate([p[k] for p in places]) for k in range(3))
    matrix = sparse.csc_array(sparse.coo_array((value.astype(b.dtype), (row, column)), shape=(n, n)))
    extra = b.shape[len(rows) :]
    try:
        factors = sparse_linalg.splu(matrix)
    except RuntimeError as error:  # so SuperLU says that a pivot is exactly 0
        raise np.linalg.LinAlgError("Singular matrix") from error
    return factors.solve(np.ascontiguousarray(b.reshape(n, math.prod(extra)))).reshape((*columns, *extra))


DIRECT: tuple[Way, ...] = (by_blocks, by_factors)
WAYS: tuple[Way, ...] = (*DIRECT, by_bands, by_woodbury, sparsely)
