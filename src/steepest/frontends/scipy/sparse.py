"""scipy.sparse in a trace: fixed sparse matrices times traced arrays, and the solution of equations with them.

A product reads the entries where the matrix has some, and adds them up by rows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse

from steepest.errors import UnknownFunctionError, located, user_line
from steepest.expr.build import array, contract, transpose_axes
from steepest.expr.node import Expr
from steepest.frontends.tracing.fixed import settled
from steepest.frontends.tracing.lifting import lift
from steepest.frontends.tracing.stand_ins import MakingType
from steepest.frontends.tracing.tracer import Tracer, call, find_tracers
from steepest.frontends.tracing.translation import KINDS, OBJECTS, once_imported, translates
from steepest.ops.gather import scattered, take
from steepest.ops.sparse import SparseMatrix, solved, sparse_matrix


def product(matrix: Any, x: Any) -> Any:
    """A sparse matrix times vectors or columns."""
    return matrix @ x


def solution(matrix: SparseMatrix, b: Any) -> Any:
    """What a sparse matrix takes to a vector or to columns."""
    return matrix.solve(np.asarray(b, dtype=np.float64))


@translates(product)
def _product(matrix: Any, x: Any) -> Expr:
    entries, e = matrix.tocoo(), lift(x)
    labels = tuple(range(e.ndim))
    read = take(e, np.asarray(entries.col, dtype=np.int64), 0)
    weighted = contract([((0,), array(entries.data)), (labels, read)], labels)
    return scattered(weighted, np.asarray(entries.row, dtype=np.int64), 0, matrix.shape[0])


@translates(solution)
def _solution(matrix: SparseMatrix, b: Any) -> Expr:
    e = lift(b)
    return solved(matrix, e) if e.ndim == 1 else transpose_axes(solved(matrix, transpose_axes(e, (1, 0))), (1, 0))


class Sparse:
    """A fixed sparse matrix times a number, which may be traced."""

    __array_ufunc__ = None  # NumPy leaves `x @ A` to us
    __array_priority__ = 2e6

    def __init__(self, matrix: Any, factor: Any = 1.0):
        self.matrix, self.factor = matrix, factor

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        kind: type = type(self.matrix)
        return kind

    def __matmul__(self, x: Any) -> Any:
        if isinstance(x, Sparse):
            return Sparse(self.matrix @ x.matrix, self.factor * x.factor)
        if next(find_tracers((x, self.factor)), None) is None:
            return self.matrix @ x
        found = call(product, (self.matrix, x if isinstance(x, Tracer) else np.asarray(x)), {})
        return found if self._is_plain() else self.factor * found

    dot = __matmul__

    def __rmatmul__(self, x: Any) -> Any:
        return np.transpose(self.T @ np.transpose(x))

    def __mul__(self, x: Any) -> Any:
        """Of matrices a product of matrices, of sparse arrays that of entries; here only numbers stretch an array."""
        if np.ndim(x) == 0:
            return Sparse(self.matrix, self.factor * x)
        if isinstance(self.matrix, scipy.sparse.spmatrix):
            return self @ x
        raise _refused("an entrywise product of a sparse and a traced array")

    def __rmul__(self, x: Any) -> Any:
        return self * x if np.ndim(x) == 0 else x @ self

    def __truediv__(self, x: Any) -> Any:
        return self * (1.0 / x)

    def __neg__(self) -> Sparse:
        return Sparse(self.matrix, -self.factor)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Sparse) and self._is_plain() and other._is_plain():
            return Sparse(self.matrix + other.matrix)
        return self.toarray() + (other.toarray() if isinstance(other, Sparse) else other)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def _is_plain(self) -> bool:
        return not isinstance(self.factor, Tracer) and self.factor == 1

    @property
    def T(self) -> Sparse:
        return self.transpose()

    def transpose(self) -> Sparse:
        return Sparse(self.matrix.T, self.factor)

    def toarray(self) -> Any:
        return self.matrix.toarray() if self._is_plain() else self.factor * self.matrix.toarray()

    todense = toarray

    def __getitem__(self, key: Any) -> Any:
        found = self.matrix[key]
        return Sparse(found, self.factor) if scipy.sparse.issparse(found) else found * self.factor

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.matrix, name)
        if not self._is_plain():
            raise _refused(f"{name} of a sparse matrix times a traced number")
        return functools.partial(_plainly, member) if callable(member) else member


def _plainly(member: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A method on plain arguments; sparse results stand in again."""
    found = member(*_plain(args), **_plain(kwargs))
    return Sparse(found) if scipy.sparse.issparse(found) else found


def _plain(x: Any) -> Any:
    x = settled(x)
    if isinstance(x, (list, tuple)):
        return type(x)(map(_plain, x))
    if isinstance(x, dict):
        return {name: _plain(value) for name, value in x.items()}
    return x.matrix if type(x) is Sparse else x


def _making(function: Callable[..., Any]) -> Callable[..., Any]:
    """A constructor of sparse matrices, of fixed entries."""

    def make(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = _plain(args), _plain(kwargs)
        if next(find_tracers((args, kwargs)), None) is not None:
            raise _refused(f"{function.__name__} of traced entries")
        return Sparse(function(*args, **kwargs))

    return make


def _spsolve(A: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
    function = scipy.sparse.linalg.spsolve
    A, b = A if type(A) is Sparse else Sparse(A), settled(b)
    if next(find_tracers((A.factor, b)), None) is None:
        return function(_plain(A), _plain(b), *args, **kwargs)
    if type(b) is Sparse:
        raise _refused("spsolve with a traced matrix and a sparse right side")
    if not isinstance(b, Tracer):
        b = np.asarray(b, dtype=np.float64)
    if np.ndim(b) == 2 and np.shape(b)[1] == 1:
        b = np.reshape(b, (-1,))
    found = call(solution, (sparse_matrix(A.matrix), b), {}) if isinstance(b, Tracer) else function(A.matrix, b)
    return found if A._is_plain() else found / A.factor


def _factorized(A: Any) -> Callable[[Any], Any]:
    return functools.partial(_spsolve, A)


FORMS = ("csr", "csc", "coo", "dia", "bsr", "lil", "dok")
CLASSES = tuple(f"{form}_{kind}" for form in FORMS for kind in ("matrix", "array"))
FUNCTIONS = (
    "diags", "diags_array", "eye", "eye_array", "identity", "kron", "kronsum", "hstack", "vstack", "block_array",
    "bmat", "block_diag", "tril", "triu", "random", "random_array",
)  # fmt: skip


def _of_copy(matrix: Any) -> Sparse:
    """SciPy notes in a matrix what it finds out about it: what the function refers to stays as it is."""
    return Sparse(matrix.copy())


@once_imported("scipy.sparse")
def enter(module: Any) -> None:
    (base,) = (kind for kind in module.csr_array.__mro__ if kind.__name__ == "_spbase")
    KINDS[base] = _of_copy
    for name in CLASSES:
        kind = getattr(module, name)
        OBJECTS[id(kind)] = MakingType(name, (), {"original": kind, "of_tracer": staticmethod(_making(kind))})
    for name in FUNCTIONS:
        if hasattr(module, name):  # releases differ
            OBJECTS[id(getattr(module, name))] = _making(getattr(module, name))


@once_imported("scipy.sparse.linalg")
def enter_solvers(module: Any) -> None:
    OBJECTS[id(module.spsolve)] = _spsolve
    OBJECTS[id(module.factorized)] = _factorized


def _refused(what: str) -> UnknownFunctionError:
    return UnknownFunctionError(
        located(f"{what} cannot be recorded", user_line())
        + "\n    Use a dense array (A.toarray()),\n    or compute it outside the function and pass it as an argument."
    )
