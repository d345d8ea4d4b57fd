"""Derivatives by matrices as matrices: ``∂vec(Y)/∂vec(X)ᵀ`` of Magnus & Neudecker, Matrix Differential Calculus, ch. 9.

A derivative is one array, first the axes of the function, then those of the variable. As a matrix, each group of
axes becomes one: a matrix is stacked column by column, as ``vec`` does.
"""

from __future__ import annotations

import numpy as np

from steepest.expr.node import Variable

from .names import display_name


def stacked(value: np.ndarray, rows: int) -> np.ndarray:
    """The matrix of an array whose first `rows` axes are those of the function.

    >>> A, X = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 3))
    >>> derivative = np.einsum("ik,jl->ijkl", A, np.eye(3))  # of AX
    >>> bool(np.all(stacked(derivative, 2) @ X.reshape(-1, order="F") == (A @ X).reshape(-1, order="F")))
    True
    """
    value = np.asarray(value)
    groups = value.shape[:rows], value.shape[rows:]
    reversed_groups = (*range(rows)[::-1], *range(rows, value.ndim)[::-1])
    return value.transpose(reversed_groups).reshape([int(np.prod(group)) for group in groups])


def stacking_note(function: str, rows: int, variable: Variable) -> str:
    """What the matrix is, for beside the formula; `rows` is the number of axes of the function.

    >>> from steepest.expr.build import variable
    >>> stacking_note("∇f", 2, variable("X", (3, 2))), stacking_note("y", 1, variable("W", (3, 2)))
    ('as ∂vec(∇f)/∂vec(X)ᵀ, vec stacking columns', 'as ∂y/∂vec(W)ᵀ, vec stacking columns')
    """
    x = display_name(variable.name)
    above = f"∂vec({function})" if rows > 1 else f"∂{function}"
    below = f"∂vec({x})ᵀ" if variable.ndim > 1 else f"∂{x}ᵀ"
    return f"as {above}/{below}, vec stacking columns"
