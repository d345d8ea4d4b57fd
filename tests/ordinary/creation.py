"""Making arrays: of sizes, of ranges, of traced numbers in lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from .suite import Family

FAMILY = Family("Making arrays")


@FAMILY
def nested_lists(x: Any) -> Any:
    """Traced numbers in nested lists: np.array([[x[0], 1.0], [x[1], x[2]]])"""
    a = np.array([[x[0], 1.0], [x[1], x[2]]])
    return np.linalg.det(a) * x[3]


@FAMILY
def lists_of_rows(x: Any) -> Any:
    """Traced rows beside plain ones: np.array([x, np.ones(4), [x[0], 0, 0, 1]])"""
    return np.sum(np.array([x, np.ones(4), [x[0], 0, 0, 1]]) ** 2 @ x)


@FAMILY
def appended(x: Any) -> Any:
    """A list appended to, then an array: np.array(items)"""
    items = []
    for k in range(4):
        items.append(x[k] ** k)
    return np.array(items) @ x


@FAMILY
def comprehension(x: Any) -> Any:
    """An array of a comprehension: np.array([[a * b for a in x] for b in x])"""
    return np.sum(np.array([[a * b for a in x] for b in x]) ** 2)


@FAMILY
def array_of_tuple(x: Any) -> Any:
    """Other containers: np.asarray(tuple(x))"""
    return np.asarray(tuple(x)) @ np.asanyarray([*x]) + np.ascontiguousarray(x[::-1]) @ x


@FAMILY
def with_dtype(x: Any) -> Any:
    """The type given: np.asarray([x[0], 2], dtype=float)"""
    return np.asarray([x[0], 2], dtype=float) @ np.array((x[1], x[2]), dtype=np.float64, ndmin=1)


@FAMILY
def fromiter(x: Any) -> Any:
    """An array of a generator: np.fromiter((v**2 for v in x), dtype=float)"""
    return np.fromiter((v**2 for v in x), dtype=float) @ x + np.fromiter((v for v in x), float, count=2).prod()


@FAMILY
def zeros_ones_full(x: Any) -> Any:
    """Arrays of one value: np.full(3, x[0])"""
    return (
        np.sum(np.full(3, x[0]) ** 2) + np.sum((np.ones((2, 2)) + x.reshape(2, 2)) ** 2) + np.full((2, 2), x[1]).sum()
    )


@FAMILY
def like_another(x: Any) -> Any:
    """Arrays like another: np.full_like(x, x[0]) * np.ones_like(x)"""
    y = np.full_like(x, x[0]) * np.ones_like(x) + np.zeros_like(x)
    return y @ x


@FAMILY
def identity_and_diagonals(x: Any) -> Any:
    """Identities, diagonals, triangles: np.diag(x) + np.eye(4, k=1)"""
    a = np.diag(x) + np.eye(4, k=1) + np.identity(4) + np.tri(4)
    return (
        np.linalg.slogdet(a)[1] + np.tril(a).sum() + np.triu(a, 1) @ x @ x + np.diagflat(x[:2])[0, 0] + np.trace(a**2)
    )


@FAMILY
def linspace_ends(x: Any) -> Any:
    """Ranges with traced ends: np.linspace(x[1], x[2], 5)"""
    grid, step = np.linspace(x[0], x[3], 4, endpoint=False, retstep=True)
    return np.sum(np.linspace(x[1], x[2], 5) ** 3) + grid @ x * step


@FAMILY
def arange_ends(x: Any) -> Any:
    """Ranges with traced ends, whose length is guarded: np.arange(x[1], x[2], 0.5)"""
    return np.sum(np.arange(x[1], x[2], 0.5) ** 2) + np.sum(np.arange(x[2]) * x[0])


@FAMILY
def log_ranges(x: Any) -> Any:
    """Ranges of powers: np.geomspace(x[0], x[2], 4)"""
    return np.sum(np.geomspace(x[0], x[2], 4) ** 2) + np.logspace(x[1], x[3], 3).sum()


@FAMILY
def meshgrid(x: Any) -> Any:
    """Grids: np.meshgrid(x[:2], x[2:], indexing="ij")"""
    a, b = np.meshgrid(x[:2], x[2:], indexing="ij")
    return np.sum(np.sin(a) * b**2)


@FAMILY
def mgrid(x: Any) -> Any:
    """Grids of plain numbers: np.mgrid[0:2, 0:2]"""
    i, j = np.mgrid[0:2, 0:2]
    return np.sum(x[i] * x[j + 2] ** 2) + np.sum(np.ogrid[0:1:4j] * x)


@FAMILY
def mgrid_traced(x: Any) -> Any:
    """Grids with traced ends: np.mgrid[0 : x[2] : 3j]"""
    return np.sum(np.mgrid[0 : x[2] : 3j] ** 2) + np.sum(np.mgrid[x[0] : x[2] : 3j, 0:2] ** 2)


@FAMILY
def rows(x: Any) -> Any:
    """Joined between brackets: np.r_[x[0], 1.0, x[1:]]"""
    return np.sum(np.r_[x[0], 1.0, x[1:]] ** 2) + np.sum(np.r_[0 : x[2] : 3j]) + np.r_["0,2", x, x].prod()


@FAMILY
def columns(x: Any) -> Any:
    """Columns joined between brackets: np.c_[x, x**2]"""
    return np.linalg.det(np.c_[x, x**2].T @ np.c_[x, x**2])


@FAMILY
def fromfunction(x: Any) -> Any:
    """An array of a function of its places: np.fromfunction(lambda i, j: x[0] * i + x[1] * j**2, (2, 3))"""
    a = np.fromfunction(lambda i, j: x[0] * i + x[1] * j**2, (2, 3))
    return np.sum(a**2)


@FAMILY
def vander(x: Any) -> Any:
    """Powers as columns: np.vander(x, 3)"""
    return np.sum(np.vander(x, 3) @ [1.0, 2.0, 3.0]) ** 2


@FAMILY
def joined(x: Any) -> Any:
    """Arrays joined: np.concatenate([x, x[:1]])"""
    parts = np.concatenate([x, x[:1]]).prod() + np.stack([x, x**2]).sum(0) @ x + np.hstack((x, 1.0)) @ np.arange(5.0)
    return parts + np.vstack([x, x**2])[1] @ x + np.column_stack([x, x])[:, 1] @ x + np.dstack((x, x**3)).sum()


@FAMILY
def block_matrices(x: Any) -> Any:
    """Matrices of blocks: np.block([[a, np.eye(2)], [np.zeros((2, 2)), a.T]])"""
    a = x.reshape(2, 2) + np.eye(2)
    return np.linalg.det(np.block([[a, np.eye(2)], [np.zeros((2, 2)), a.T]]))


@FAMILY
def copies(x: Any) -> Any:
    """Copies: np.copy(x), x.copy()"""
    y, z = np.copy(x), x.copy()
    y[0] = 1.0
    return y @ z


@FAMILY
def structured_matrices(x: Any) -> Any:
    """Matrices by index arithmetic: x[np.abs(i[:, None] - i)]"""
    i = np.arange(4)
    return np.sum(np.linalg.solve(x[np.abs(i[:, None] - i)] + 5 * np.eye(4), x))


@FAMILY
def broadcast_to(x: Any) -> Any:
    """Broadcasting said outright: np.broadcast_to(x, (3, 4))"""
    a, b = np.broadcast_arrays(x[:, None], x[:2])
    return np.sum(np.broadcast_to(x, (3, 4)) ** 2) + np.sum(a * b**2)


@FAMILY
def array_of_objects(x: Any) -> Any:
    """Array of traced numbers without a type given: np.array((x[0], np.float64(2.0), 3, x.sum()))"""
    return np.prod(np.array((x[0], np.float64(2.0), 3, x.sum())))


@FAMILY
def matrix_type(x: Any) -> Any:
    """Nested arrays of arrays: np.array([np.array([x[0], x[1]]), x[2:]])"""
    return np.linalg.norm(np.array([np.array([x[0], x[1]]), x[2:]])) ** 3
