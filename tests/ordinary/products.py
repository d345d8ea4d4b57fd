"""Products of arrays, linear algebra, Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from steepest.errors import CaptureError

from .suite import Family

FAMILY = Family("Products and linear algebra")


@FAMILY
def dot_products(x: Any) -> Any:
    """Dot products: np.dot(x, x) + np.vdot(x, x[::-1])"""
    return np.dot(x, x) + np.vdot(x, x[::-1]) + np.inner(x, x**2) + x.dot(x) + np.vecdot(x, x)


@FAMILY
def matrix_products(x: Any) -> Any:
    """Matrix products: np.linalg.multi_dot([a, a.T, a])"""
    a = x.reshape(2, 2)
    return np.trace(np.linalg.multi_dot([a, a.T, a])) + np.linalg.matrix_power(a, 3)[0, 1] + np.matmul(a, a).sum()


@FAMILY
def einsum(x: Any) -> Any:
    """Contractions by name: np.einsum("ij,jk,k->i", a, a, x[:2])"""
    a = x.reshape(2, 2)
    return np.einsum("ij,jk,k->i", a, a, x[:2]).sum() + np.einsum("ii", a) ** 2 + np.einsum("i,j->ij", x, x)[0, 1]


@FAMILY
def einsum_other_form(x: Any) -> Any:
    """Contractions by lists of axes: np.einsum(a, [0, 1], a, [1, 2], [0, 2])"""
    a = x.reshape(2, 2)
    return np.sum(np.einsum(a, [0, 1], a, [1, 2], [0, 2]) ** 2) + np.einsum("...i,...i", a, a, optimize=True).prod()


@FAMILY
def tensor_products(x: Any) -> Any:
    """Other products: np.tensordot(a, a, axes=1) … np.kron(a, a)"""
    a = x.reshape(2, 2)
    return np.tensordot(a, a, axes=1).sum() + np.kron(a, a)[0, 3] + np.outer(x, x)[1, 2] + np.cross(x[:3], x[1:]).sum()


@FAMILY
def solved(x: Any) -> Any:
    """Linear equations: np.linalg.solve(a, x)"""
    a = np.outer(x, x) + 4 * np.eye(4)
    return np.linalg.solve(a, x) @ x + scipy.linalg.solve(a, x).sum()


@FAMILY
def inverses(x: Any) -> Any:
    """Inverses and determinants: np.linalg.inv(a)"""
    a = x.reshape(2, 2) + 3 * np.eye(2)
    return np.linalg.inv(a).sum() + np.linalg.det(a) + np.linalg.slogdet(a)[1] + np.linalg.pinv(np.c_[x, x**2]).sum()


@FAMILY
def least_squares(x: Any) -> Any:
    """Least squares: np.linalg.lstsq(a, x, rcond=None)[0]"""
    a = np.vander([0.0, 1.0, 2.0, 3.0], 2)
    return np.prod(np.linalg.lstsq(a, x, rcond=None)[0])


@FAMILY
def factorisations(x: Any) -> Any:
    """Factorisations: np.linalg.qr(a) … np.linalg.cholesky(a)"""
    a = np.outer(x, x) + np.diag([4.0, 3.0, 2.0, 1.0])
    q, r = np.linalg.qr(a)
    return np.log(np.diag(np.linalg.cholesky(a))).sum() + r[0, 1] * q[1, 0]


@FAMILY
def spectra(x: Any) -> Any:
    """Eigenvalues and singular values: np.linalg.eigh(a)"""
    a = np.outer(x, x) + np.diag([4.0, 3.0, 2.0, 1.0])
    values, vectors = np.linalg.eigh(a)
    return values[0] * values[2] + vectors[0, 0] ** 2 + np.linalg.svd(a[:2], compute_uv=False).prod()


@FAMILY
def matrix_functions(x: Any) -> Any:
    """Functions of matrices: scipy.linalg.expm(x.reshape(2, 2))"""
    return scipy.linalg.expm(x.reshape(2, 2)).sum()


@FAMILY
def stacks_of_matrices(x: Any) -> Any:
    """Stacks of matrices: np.linalg.det(stack)"""
    stack = np.stack([x.reshape(2, 2), np.eye(2) + x.reshape(2, 2)])
    return np.linalg.det(stack).prod() + np.matmul(stack, stack[::-1]).sum() + np.linalg.inv(stack)[1, 0, 0]


@FAMILY
def fourier(x: Any) -> Any:
    """Fourier transforms: np.abs(np.fft.rfft(x)) ** 2"""
    return np.sum(np.abs(np.fft.rfft(x)) ** 2 * [1, 2, 3]) + np.fft.ifft(np.fft.fft(x) ** 2).real @ x


@FAMILY
def convolutions(x: Any) -> Any:
    """Convolutions: np.convolve(x, x, mode="same")"""
    return np.convolve(x, x, mode="same") @ x + np.correlate(x, [1.0, 2.0], "valid").prod()


@FAMILY
def matrix_class(x: Any) -> Any:
    """Quadratic forms: x @ a @ x / (x @ x)"""
    a = np.diag([1.0, 2.0, 3.0, 4.0])
    return x @ a @ x / (x @ x)


@FAMILY.refused(CaptureError, "compiled code sees the memory of an array only, and not where its numbers come from")
def compiled_code(x: Any) -> Any:
    """Compiled routines called by hand: scipy.linalg.blas.ddot(x, x)"""
    return scipy.linalg.blas.ddot(x, x)
