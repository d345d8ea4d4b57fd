"""Differential quadrature: the derivative at every node of a polynomial through all of them, as a dense matrix.

On Chebyshev or Legendre nodes the error falls faster than any power of the number of nodes for a smooth function; on
equally spaced ones it grows (Runge). The matrices are made from barycentric weights (Berrut & Trefethen, Barycentric
Lagrange interpolation, SIAM Review 46 (2004), section 9; Welfert, Generation of pseudospectral differentiation
matrices I, SIAM J. Numer. Anal. 34 (1997), for orders above 1).
"""

from __future__ import annotations

import numpy as np

from .stencil import ORDER
from .whole import whole

COUNT = "the count of nodes"


def chebyshev_nodes(count: int, low: float = -1.0, high: float = 1.0) -> np.ndarray:
    """The Chebyshev points of the second kind, ends included, in rising order.

    >>> chebyshev_nodes(3)
    array([-1.,  0.,  1.])
    """
    count = whole(count, COUNT, 2)
    k = np.arange(count)
    return _mapped(np.sin(np.pi * (2 * k - (count - 1)) / (2 * (count - 1))), low, high)


def legendre_nodes(count: int, low: float = -1.0, high: float = 1.0) -> np.ndarray:
    """The Gauss–Legendre–Lobatto points: the ends, and where the derivative of the Legendre polynomial vanishes."""
    count = whole(count, COUNT, 2)
    inner = np.empty(0)
    if count > 2:
        roots = np.polynomial.legendre.Legendre.basis(count - 1).deriv().roots()
        inner = np.sort(np.asarray(roots, dtype=float))
    return _mapped(np.concatenate([[-1.0], (inner - inner[::-1]) / 2, [1.0]]), low, high)


def barycentric_weights(nodes: np.ndarray) -> np.ndarray:
    """``wᵢ = 1 / Π (xᵢ − xⱼ)``, scaled so that the largest is 1.

    Raises ValueError for repeated or infinite nodes.
    """
    x = _checked(nodes)
    differences = x[:, None] - x
    np.fill_diagonal(differences, 1)
    logs = -np.sum(np.log(np.abs(differences)), axis=1)  # the product itself over- or underflows for some hundred nodes
    signs = np.prod(np.sign(differences), axis=1)
    return np.asarray(signs * np.exp(logs - logs.max()))


def interpolate(nodes: np.ndarray, values: np.ndarray, x: np.ndarray | float) -> np.ndarray:
    """The polynomial through the values at `x`, by the second barycentric formula."""
    nodes, weights = _checked(nodes), barycentric_weights(nodes)
    values, x = np.asarray(values, dtype=float), np.asarray(x, dtype=float)
    if values.shape != nodes.shape:
        raise ValueError(f"{len(nodes)} values are needed, one a node, got shape {values.shape}")
    difference = x[..., None] - nodes
    at_node = difference == 0
    terms = weights / np.where(at_node, 1, difference)
    result = terms @ values / np.sum(terms, axis=-1)
    return np.where(np.any(at_node, axis=-1), np.sum(np.where(at_node, values, 0), axis=-1), result)


def differential_quadrature(nodes: np.ndarray, order: int = 1) -> np.ndarray:
    """The matrix D of shape (n, n) with ``(D f)ᵢ = f⁽ᵏ⁾(xᵢ)`` for polynomials of degree below n.

    Rows sum to zero exactly (the derivative of a constant), which the diagonal is set by.

    Raises ValueError for repeated or infinite nodes, or an order not from 1 to n − 1.
    """
    x = _checked(nodes)
    n, order = len(x), whole(order, ORDER)
    if order >= n:
        raise ValueError(f"{n} nodes give derivatives of order 1 to {n - 1}, got {order}")
    weights = barycentric_weights(x)
    differences = x[:, None] - x
    np.fill_diagonal(differences, 1)
    ratio = weights / weights[:, None]
    matrix = np.eye(n)
    for k in range(1, order + 1):
        matrix = k / differences * (ratio * np.diag(matrix)[:, None] - matrix)
        np.fill_diagonal(matrix, 0)
        np.fill_diagonal(matrix, -np.sum(matrix, axis=1))
    return matrix


def _mapped(x: np.ndarray, low: float, high: float) -> np.ndarray:
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"an interval is needed, got {low} to {high}")
    return np.asarray((low + high) / 2 + (high - low) / 2 * x)


def _checked(nodes: np.ndarray) -> np.ndarray:
    try:
        x = np.asarray(nodes, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"nodes are real numbers, got {nodes!r}") from None
    if x.ndim != 1 or len(x) < 2 or not np.isfinite(x).all():
        raise ValueError("nodes are two finite numbers or more, in one dimension")
    rising = np.sort(x)
    repeated = rising[1:][np.diff(rising) == 0]
    if len(repeated):
        raise ValueError(f"the node {repeated[0]:g} is given twice")
    return x
