"""More of scipy.linalg, and the linear filters of scipy.signal and scipy.ndimage, inside functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.linalg as la
import scipy.ndimage as ndimage
import scipy.signal as signal

import steepest as st
from steepest.errors import CaptureError

RNG = np.random.default_rng(20_260_312)
X = np.array([0.7, 1.2, 0.4])
M = RNG.uniform(-1, 1, (3, 3)) + np.diag([2.0, 3.0, 4.0])
N = RNG.uniform(-0.5, 0.5, (3, 3))
W = RNG.uniform(0.5, 1.5, (3, 3))
B = RNG.uniform(-1, 1, (3, 2))
LONG = RNG.uniform(-1, 1, 24)
SECTIONS = signal.butter(3, 0.4, output="sos")
NUMERATOR, DENOMINATOR = signal.butter(2, 0.3)


def matrix(x: Any) -> Any:
    return M + np.diag(x) + x[0] * N


def spread(x: Any) -> Any:
    return np.outer(x, LONG) + LONG**2


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "solve_banded": lambda x: np.sum(la.solve_banded((1, 1), np.stack([x, x + 4, 2 * x]), X) ** 2),
    "solve_banded of three": lambda x: np.sum(la.solve_banded((1, 0), np.stack([x + 4, 2 * x]), X * x) ** 2),
    "solveh_banded": lambda x: np.sum(la.solveh_banded(np.stack([x, x + 4]), X) ** 2),
    "solveh_banded, lower": lambda x: np.sum(la.solveh_banded(np.stack([x + 4, x]), X, lower=True) ** 2),
    "solve_toeplitz": lambda x: np.sum(la.solve_toeplitz(x + np.array([5.0, 0, 0]), X) ** 2),
    "solve_toeplitz of a pair": lambda x: np.sum(la.solve_toeplitz((x + 4, 0.5 * x), X) ** 2),
    "matmul_toeplitz": lambda x: np.sum(la.matmul_toeplitz((x, 2 * x), X * x) ** 2),
    "khatri_rao": lambda x: np.sum(la.khatri_rao(np.outer(x, x), M) ** 2),
    "companion": lambda x: np.sum(la.companion(np.array([x[0], x[1], x[2], 1.0])) ** 3),
    "solve_sylvester": lambda x: np.sum(W * la.solve_sylvester(matrix(x), N * x, W * x)),
    "solve_continuous_lyapunov": lambda x: np.sum(W * la.solve_continuous_lyapunov(matrix(x), W * x)),
    "solve_discrete_lyapunov": lambda x: np.sum(W * la.solve_discrete_lyapunov(N * x, W * x)),
    "solve_continuous_are": lambda x: np.sum(W * la.solve_continuous_are(matrix(x), B * x[0], np.diag(x), np.eye(2))),
    "solve_discrete_are": lambda x: np.sum(W * la.solve_discrete_are(matrix(x), B, np.diag(x), np.diag(x[:2]))),
    "logm": lambda x: np.sum(W * la.logm(matrix(x))),
    "coshm": lambda x: np.sum(W * la.coshm(N * x)),
    "tanhm": lambda x: np.sum(W * la.tanhm(N * x)) + np.sum(la.sinhm(N * x) ** 2),
    "tanm": lambda x: np.sum(W * la.tanm(N * x)) + np.sum(la.sinm(N * x) * la.cosm(N * x)),
    "expm_frechet": lambda x: np.sum(W * la.expm_frechet(N * x, W * x[0], compute_expm=False)),
    "expm_frechet with both": lambda x: sum(np.sum(W * m**2) for m in la.expm_frechet(N * x, W * x[0])),
    "polar": lambda x: sum(np.sum(W * m) for m in la.polar(matrix(x))),
    "polar, left": lambda x: np.sum(W * la.polar(matrix(x), "left")[1]),
    "pinvh": lambda x: np.sum(W * la.pinvh(matrix(x) + matrix(x).T)),
    "eigvalsh_tridiagonal": lambda x: np.sum(la.eigvalsh_tridiagonal(x, x[:2]) ** 3),
    "lfilter": lambda x: np.sum(signal.lfilter(NUMERATOR, DENOMINATOR, spread(x)) ** 2),
    "filtfilt": lambda x: np.sum(signal.filtfilt(NUMERATOR, DENOMINATOR, spread(x), axis=-1) ** 2),
    "sosfilt": lambda x: np.sum(signal.sosfilt(SECTIONS, spread(x)) ** 2),
    "savgol_filter": lambda x: np.sum(signal.savgol_filter(spread(x), 7, 2, deriv=1) ** 2),
    "detrend": lambda x: np.sum(signal.detrend(spread(x).T, axis=0) ** 2),
    "resample": lambda x: np.sum(signal.resample(spread(x), 10, axis=1) ** 2),
    "resample_poly": lambda x: np.sum(signal.resample_poly(spread(x), 2, 3, axis=1) ** 2),
    "gaussian_filter1d": lambda x: np.sum(ndimage.gaussian_filter1d(spread(x), 1.5) ** 2),
    "correlate1d": lambda x: np.sum(ndimage.correlate1d(spread(x), [1.0, 2, -1], axis=1, mode="wrap") ** 2),
    "lu_factor": lambda x: np.sum(W * la.lu_factor(M[::-1] + np.diag(x))[0]),
    "lu_solve": lambda x: np.sum(la.lu_solve(la.lu_factor(M[::-1] + np.diag(x)), np.stack([x, X]).T) ** 2),
    "lu_solve, turned": lambda x: np.sum(la.lu_solve(la.lu_factor(matrix(x)), X * x, trans=1) ** 2),
    "lu_solve of what was factored before": lambda x: np.sum(la.lu_solve(la.lu_factor(M[[1, 2, 0]]), x) ** 2),
    "cho_solve": lambda x: np.sum(la.cho_solve(la.cho_factor(M @ M.T + np.diag(x)), x) ** 2),
    "zoom": lambda x: np.sum(ndimage.zoom(spread(x), (1.7, 0.5)) ** 2),
    "zoom, linear": lambda x: np.sum(ndimage.zoom(spread(x), 1.4, order=1, mode="nearest", grid_mode=True) ** 2),
    "shift": lambda x: np.sum(ndimage.shift(spread(x), [0.3, -2.4], mode="wrap") ** 2),
    "rotate": lambda x: np.sum(ndimage.rotate(spread(x)[:, :7], 20.0, reshape=False, cval=0.2) ** 2),
    "affine_transform": lambda x: np.sum(ndimage.affine_transform(spread(x)[:, :5], [[1, 0.1], [0.2, 0.9]], 0.3) ** 2),
    "spline_filter": lambda x: np.sum(ndimage.spline_filter(spread(x)[:, :7]) ** 2),
    "welch": lambda x: np.sum(signal.welch(spread(x), nperseg=8)[1] ** 2),
    "periodogram": lambda x: np.sum(signal.periodogram(spread(x), window="hann")[1] ** 2),
    "csd": lambda x: np.sum(np.abs(signal.csd(spread(x), LONG, nperseg=8)[1])),
    "coherence": lambda x: np.sum(signal.coherence(x[0] * LONG + x[1] * LONG**2, LONG[::-1] ** 2, nperseg=8)[1]),
    "dst": lambda x: np.sum(scipy.fft.dst(spread(x), 2) * scipy.fft.idst(spread(x))),
}  # fmt: skip


# Those that stand for many products of matrices.
LONG_FIRST = {"logm", "tanhm", "tanm"}
LONG_PROGRAMS = LONG_FIRST | {
    "coshm", "expm_frechet", "expm_frechet with both", "solve_continuous_are", "solve_discrete_are", "solve_sylvester",
}  # fmt: skip


def but_heavy(names: set[str]) -> list[Any]:
    return [pytest.param(n, marks=pytest.mark.heavy) if n in names else n for n in PROGRAMS]


@pytest.mark.parametrize("name", but_heavy(LONG_FIRST))
def test_value_and_derivatives(name: str) -> None:
    f = PROGRAMS[name]
    np.testing.assert_allclose(st.jit(f)(X), f(X), rtol=1e-11)
    np.testing.assert_allclose(st.grad(f)(X), st.numeric.gradient(f, X).value, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", but_heavy(LONG_PROGRAMS))
def test_second_derivatives(name: str) -> None:
    f = PROGRAMS[name]
    hessian = st.hessian(f)(X)
    np.testing.assert_allclose(hessian, st.numeric.jacobian(st.grad(f), X).value, rtol=1e-6, atol=1e-7)


def test_refusals() -> None:
    for f, match in (
        (lambda x: np.sum(signal.lfilter(x, [1.0], LONG)), "traced settings"),
        (lambda x: np.sum(ndimage.correlate1d(spread(x), [1.0, 2, 1], mode="constant", cval=1.0)), "not linear"),
        (lambda x: np.sum(ndimage.zoom(spread(x), 2, cval=1.0)), "cval="),
        (lambda x: np.sum(ndimage.shift(spread(x), x[0])), "traced settings"),
        (lambda x: np.sum(ndimage.rotate(np.tile(spread(x), (20, 5)), 20.0)), "so large an image"),
        (lambda x: np.sum(la.lu_factor(spread(x))[0]), "shape"),
        (lambda x: np.sum(la.logm(-matrix(x)).real), "complex"),
        (lambda x: np.sum(la.solve_continuous_are(M, B, np.diag(x), np.eye(2), e=1.1 * np.eye(3))), "with"),
    ):
        with pytest.raises(CaptureError, match=match):
            st.grad(f)(X)
