"""np.fft and scipy.fft: values, types and derivatives to order 2 against NumPy, SciPy and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft
from differentiation import check_function

from steepest.errors import CaptureError

RNG = np.random.default_rng(20_260_103)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def turned(*shape: int) -> np.ndarray:
    """Complex normal numbers."""
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


Case = tuple[str, Callable[..., Any], tuple[Any, ...]]
X, Z = normal(2, 5), turned(2, 5)
NORMS = (None, "backward", "ortho", "forward")


def with_settings(f: Callable[..., Any], *args: Any, **settings: Any) -> Callable[..., Any]:
    """A function of x that calls `f` as a user would."""
    return lambda x: f(x, *args, **settings)


ONE_AXIS: list[Case] = [
    (f"{library.__name__}.{name}, {kind}{settings}", with_settings(getattr(library, name), **settings), (x,))
    for library in (np.fft, scipy.fft)
    for name, kind, x in (
        ("fft", "real", X), ("fft", "complex", Z), ("ifft", "real", X), ("ifft", "complex", Z), ("rfft", "real", X),
        ("irfft", "complex", Z), ("irfft", "real", X), ("hfft", "complex", Z), ("ihfft", "real", X),
    )
    for settings in (
        {}, {"n": 4}, {"n": 7, "axis": -1}, {"axis": 0}, {"norm": "ortho"}, {"norm": "forward"}, {"norm": "backward"},
    )
    if library is np.fft or settings in ({}, {"n": 7, "axis": -1}, {"norm": "ortho"})
]  # fmt: skip
CUBE, COMPLEX_CUBE = normal(2, 3, 2), turned(2, 3, 2)
SEVERAL: list[Case] = [
    ("fft2", lambda x: np.fft.fft2(x), (COMPLEX_CUBE,)),
    ("ifft2", lambda x: np.fft.ifft2(x, norm="ortho"), (CUBE,)),
    ("rfft2", lambda x: np.fft.rfft2(x), (CUBE,)),
    ("irfft2", lambda x: np.fft.irfft2(x), (turned(3, 3),)),
    ("fftn", lambda x: np.fft.fftn(x), (CUBE,)),
    ("fftn, sizes", lambda x: np.fft.fftn(x, s=(3, -1), axes=(0, 1)), (CUBE,)),
    ("fftn, one axis twice", lambda x: np.fft.fftn(x, axes=(1, 1)), (COMPLEX_CUBE,)),
    ("ifftn", lambda x: np.fft.ifftn(x, axes=(2, 0), norm="forward"), (COMPLEX_CUBE,)),
    ("rfftn", lambda x: np.fft.rfftn(x, axes=(2, 0)), (CUBE,)),
    ("rfftn, sizes", lambda x: np.fft.rfftn(x, s=(2, 5), axes=(0, 1)), (CUBE,)),
    ("irfftn", lambda x: np.fft.irfftn(x), (turned(2, 3, 3),)),
    ("irfftn, odd", lambda x: np.fft.irfftn(x, s=(2, 5), axes=(0, 1)), (COMPLEX_CUBE,)),
    ("irfftn, axes", lambda x: np.fft.irfftn(x, axes=(2, 1), norm="ortho"), (turned(2, 3, 3),)),
    ("sp fftn", lambda x: scipy.fft.fftn(x, s=(3, 2), workers=1), (COMPLEX_CUBE,)),
    ("sp fft2", lambda x: scipy.fft.fft2(x, overwrite_x=False), (CUBE,)),
    ("sp irfft2", lambda x: scipy.fft.irfft2(x, s=(3, 3)), (turned(3, 2),)),
    ("sp rfftn", lambda x: scipy.fft.rfftn(x=x), (CUBE,)),
    ("fftshift", lambda x: np.fft.fftshift(x), (normal(3, 4),)),
    ("fftshift, axis", lambda x: np.fft.fftshift(x, axes=1), (normal(3, 5),)),
    ("ifftshift", lambda x: np.fft.ifftshift(x, axes=(0, -1)), (normal(3, 4),)),
    ("sp fftshift", lambda x: scipy.fft.ifftshift(scipy.fft.fftshift(x)) * x, (normal(3, 5),)),
    ("fftfreq", lambda d: np.fft.fftfreq(5, d) + np.fft.fftfreq(5), (0.7,)),
    ("rfftfreq", lambda d: np.fft.rfftfreq(6, d=d), (0.7,)),
]
COSINE: list[Case] = [
    (f"{name}, type {kind}, {norm}", with_settings(getattr(scipy.fft, name), kind, norm=norm), (X,))
    for name in ("dct", "idct")
    for kind in (1, 2, 3, 4)
    for norm in NORMS
    if not (kind == 1 and norm == "ortho")
] + [
    ("dct, shorter", lambda x: scipy.fft.dct(x, n=3, axis=-1), (X,)),
    ("dct, longer, first axis", lambda x: scipy.fft.dct(x, n=3, axis=0), (X,)),
    ("dct, complex", lambda x: scipy.fft.dct(x, norm="ortho"), (Z,)),
    ("dct, orthogonalize", lambda x: scipy.fft.dct(x, orthogonalize=True), (X,)),
    ("dctn", lambda x: scipy.fft.dctn(x, norm="ortho"), (normal(2, 3),)),
    ("idctn", lambda x: scipy.fft.idctn(x, s=(3, 4), axes=(0, 1)), (normal(2, 3),)),
]
USES: list[Case] = [
    ("power spectrum", lambda x: np.abs(np.fft.rfft(x)) ** 2, (normal(6),)),
    ("convolution", lambda x, y: np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(y), 5), (normal(5), normal(5))),
    ("spectral loss", lambda x: np.sum(np.abs(np.fft.fft2(x) - 0.3) ** 2), (normal(3, 4),)),
    ("round trip", lambda x: np.fft.ifft(np.fft.fft(x)).real * x, (normal(4),)),
    ("derivative by FFT", lambda x: np.fft.ifft(2j * np.pi * np.fft.fftfreq(5) * np.fft.fft(x)).real, (normal(5),)),
]
CASES = ONE_AXIS + SEVERAL + COSINE + USES


@pytest.mark.parametrize(("f", "args"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_derivatives(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    check_function(f, *args)


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_short_and_odd_lengths(n: int) -> None:
    for f in (np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.ihfft):
        check_function(with_settings(f), normal(n), order=1)
    for f in (np.fft.irfft, np.fft.hfft):
        check_function(with_settings(f, n), turned(n // 2 + 1), order=1)
        check_function(with_settings(f, n), turned(n + 2), order=1)


@pytest.mark.parametrize("f", [np.fft.fft, np.fft.rfft, np.fft.irfft, scipy.fft.dct, scipy.fft.idct, np.fft.fftn])
def test_single_precision_stays(f: Callable[..., Any]) -> None:
    check_function(with_settings(f), X.astype(np.float32))


def test_integers_become_floats() -> None:
    check_function(lambda x: np.fft.fft(np.floor(x)) * x, X)


def test_what_is_not_recorded_is_refused() -> None:
    with pytest.raises(CaptureError, match="type 1"):
        check_function(lambda x: scipy.fft.dct(x, 1, norm="ortho"), X)
