"""Each function of the Python array API standard (2024.12), called as the standard has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

RNG = np.random.default_rng(5)
V, W = RNG.uniform(0.2, 0.9, 4), RNG.uniform(0.2, 0.9, 4)
M, N = RNG.uniform(0.2, 0.9, (3, 4)), RNG.uniform(0.2, 0.9, (3, 4))
S = M[:, :3] @ M[:, :3].T + 3 * np.eye(3)  # symmetric, positive definite
Q = RNG.uniform(-1, 1, (3, 3)) + 2 * np.eye(3)
I8 = np.arange(1, 5)


@dataclass(frozen=True)
class Case:
    """One function on arrays that vary; `call` is given the namespace and them."""

    section: str
    name: str
    call: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]


def _cases(section: str, arrays: tuple[np.ndarray, ...], **calls: Callable[..., Any]) -> list[Case]:
    return [Case(section, name, call, arrays) for name, call in calls.items()]


def _named(section: str, arrays: tuple[np.ndarray, ...], names: str) -> list[Case]:
    """Functions called with the arrays alone."""
    return [
        Case(section, name, lambda xp, *a, name=name: getattr(xp, name)(*a), arrays)  # type: ignore[misc]
        for name in names.split()
    ]


def _decomposed(parts: Any) -> Any:
    """What of a decomposition does not depend on a sign."""
    return [p**2 for p in parts]


CASES: list[Case] = [
    *_named(
        "elementwise",
        (V,),
        "abs acos asin asinh atan atanh ceil conj cos cosh exp expm1 floor imag isfinite isinf"
        " isnan log log10 log1p log2 negative positive real reciprocal round sign signbit sin sinh sqrt square tan"
        " tanh trunc",
    ),
    *_named(
        "elementwise",
        (V, W),
        "add atan2 copysign divide equal floor_divide greater greater_equal hypot less"
        " less_equal logaddexp maximum minimum multiply nextafter not_equal pow remainder subtract",
    ),
    *_cases(
        "elementwise",
        (V, W),
        acosh=lambda xp, x, y: xp.acosh(1 + x + y),
        clip=lambda xp, x, y: xp.clip(x, 0.4, y),
        logical_and=lambda xp, x, y: xp.logical_and(x > 0.5, y > 0.5),
        logical_or=lambda xp, x, y: xp.logical_or(x > 0.5, y > 0.5),
        logical_xor=lambda xp, x, y: xp.logical_xor(x > 0.5, y > 0.5),
        logical_not=lambda xp, x, y: xp.logical_not(x > y),
        bitwise_and=lambda xp, x, y: xp.bitwise_and(x > 0.5, y > 0.5),
        bitwise_or=lambda xp, x, y: xp.bitwise_or(x > 0.5, y > 0.5),
        bitwise_xor=lambda xp, x, y: xp.bitwise_xor(x > 0.5, y > 0.5),
        bitwise_invert=lambda xp, x, y: xp.bitwise_invert(x > y),
        bitwise_left_shift=lambda xp, x, y: x * xp.astype(xp.bitwise_left_shift(xp.asarray(I8), 1), x.dtype),
        bitwise_right_shift=lambda xp, x, y: x * xp.astype(xp.bitwise_right_shift(xp.asarray(I8), 1), x.dtype),
    ),
    *_cases(
        "creation",
        (V,),
        arange=lambda xp, x: xp.arange(0.0, 4.0, dtype=x.dtype) * x,
        asarray=lambda xp, x: xp.asarray([x[1], x[0] * 2, 3.0]),
        empty=lambda xp, x: xp.multiply(xp.empty((4,), dtype=x.dtype), 0) + x,
        empty_like=lambda xp, x: xp.multiply(xp.empty_like(x), 0) + x,
        eye=lambda xp, x: xp.eye(4, k=1) @ x,
        from_dlpack=lambda xp, x: xp.from_dlpack(x),
        full=lambda xp, x: xp.full((2, 3), x[0]),
        full_like=lambda xp, x: xp.full_like(x, x[1]),
        linspace=lambda xp, x: xp.linspace(x[0], x[1], 5),
        meshgrid=lambda xp, x: xp.meshgrid(x, 2 * x, indexing="ij"),
        ones=lambda xp, x: xp.ones((4,), dtype=x.dtype) * x,
        ones_like=lambda xp, x: xp.ones_like(x) + x,
        tril=lambda xp, x: xp.tril(x[:, None] * x),
        triu=lambda xp, x: xp.triu(x[:, None] * x, k=1),
        zeros=lambda xp, x: xp.zeros((4,)) + x,
        zeros_like=lambda xp, x: xp.zeros_like(x) - x,
    ),
    *_cases(
        "data types",
        (V,),
        astype=lambda xp, x: xp.astype(x, xp.float64),
        can_cast=lambda xp, x: x * xp.can_cast(x.dtype, xp.float64),
        finfo=lambda xp, x: x * xp.finfo(x.dtype).max ** 0.001,
        iinfo=lambda xp, x: x * xp.iinfo(xp.int16).bits,
        isdtype=lambda xp, x: x * xp.isdtype(x.dtype, "real floating"),
        result_type=lambda xp, x: xp.astype(x, xp.result_type(x, xp.float32)),
        __array_namespace_info__=lambda xp, x: x * (xp.__array_namespace_info__().default_device() == "cpu"),
    ),
    *_cases(
        "indexing and searching",
        (M,),
        take=lambda xp, x: xp.take(x, xp.asarray([2, 0]), axis=1),
        take_along_axis=lambda xp, x: xp.take_along_axis(x, xp.argsort(x, axis=1), axis=1),
        argmax=lambda xp, x: xp.argmax(x, axis=1),
        argmin=lambda xp, x: xp.argmin(x, axis=1, keepdims=True),
        count_nonzero=lambda xp, x: xp.count_nonzero(x > 0.5, axis=0),
        nonzero=lambda xp, x: xp.nonzero(x > 0.5),
        searchsorted=lambda xp, x: xp.searchsorted(xp.sort(x[0, :]), x[1, :]),
        where=lambda xp, x: xp.where(x > 0.5, x, x**2),
    ),
    *_cases(
        "manipulation",
        (M, N),
        broadcast_arrays=lambda xp, x, y: xp.broadcast_arrays(x, y[:1, :]),
        broadcast_to=lambda xp, x, y: xp.broadcast_to(x[0, :], (2, 4)),
        concat=lambda xp, x, y: xp.concat([x, y], axis=1),
        expand_dims=lambda xp, x, y: xp.expand_dims(x, axis=1) * y,
        flip=lambda xp, x, y: xp.flip(x, axis=0),
        moveaxis=lambda xp, x, y: xp.moveaxis(x, 0, 1),
        permute_dims=lambda xp, x, y: xp.permute_dims(x, (1, 0)),
        repeat=lambda xp, x, y: xp.repeat(x, 2, axis=0),
        reshape=lambda xp, x, y: xp.reshape(x, (4, 3)),
        roll=lambda xp, x, y: xp.roll(x, 1, axis=1),
        squeeze=lambda xp, x, y: xp.squeeze(x[:1, :], axis=0),
        stack=lambda xp, x, y: xp.stack([x, y], axis=-1),
        tile=lambda xp, x, y: xp.tile(x, (2, 1)),
        unstack=lambda xp, x, y: xp.unstack(x, axis=0),
    ),
    *_cases(
        "sets",
        (V,),
        unique_all=lambda xp, x: tuple(xp.unique_all(x)),
        unique_counts=lambda xp, x: tuple(xp.unique_counts(x)),
        unique_inverse=lambda xp, x: tuple(xp.unique_inverse(x)),
        unique_values=lambda xp, x: xp.unique_values(x),
    ),
    *_cases(
        "sorting",
        (M,),
        argsort=lambda xp, x: xp.argsort(x, axis=1),
        sort=lambda xp, x: xp.sort(x, axis=0),
    ),
    *_cases(
        "statistics",
        (M,),
        cumulative_sum=lambda xp, x: xp.cumulative_sum(x, axis=1, include_initial=True),
        cumulative_prod=lambda xp, x: xp.cumulative_prod(x, axis=0),
        max=lambda xp, x: xp.max(x, axis=1),
        mean=lambda xp, x: xp.mean(x, axis=0, keepdims=True),
        min=lambda xp, x: xp.min(x),
        prod=lambda xp, x: xp.prod(x, axis=1),
        std=lambda xp, x: xp.std(x, axis=1, correction=1),
        sum=lambda xp, x: xp.sum(x, axis=(0, 1)),
        var=lambda xp, x: xp.var(x, correction=1.0),
    ),
    *_cases(
        "utilities",
        (M,),
        all=lambda xp, x: xp.all(x > 0.1, axis=0),
        any=lambda xp, x: xp.any(x > 0.8),
        diff=lambda xp, x: xp.diff(x, axis=1, n=2),
    ),
    *_cases(
        "linear algebra",
        (M, N),
        matmul=lambda xp, x, y: xp.matmul(x, y.mT),
        matrix_transpose=lambda xp, x, y: xp.matrix_transpose(x) @ y,
        tensordot=lambda xp, x, y: xp.tensordot(x, y, axes=((0,), (0,))),
        vecdot=lambda xp, x, y: xp.vecdot(x, y, axis=-1),
    ),
    *_cases(
        "linear algebra extension",
        (S, Q),
        cholesky=lambda xp, s, q: xp.linalg.cholesky(s + s.mT, upper=True),
        cross=lambda xp, s, q: xp.linalg.cross(s, q),
        det=lambda xp, s, q: xp.linalg.det(q),
        diagonal=lambda xp, s, q: xp.linalg.diagonal(q, offset=1),
        eigh=lambda xp, s, q: _decomposed(xp.linalg.eigh(s + s.mT)),
        eigvalsh=lambda xp, s, q: xp.linalg.eigvalsh(s + s.mT),
        inv=lambda xp, s, q: xp.linalg.inv(q),
        matrix_norm=lambda xp, s, q: xp.linalg.matrix_norm(q, ord="fro"),
        matrix_power=lambda xp, s, q: xp.linalg.matrix_power(q, 3),
        matrix_rank=lambda xp, s, q: xp.linalg.matrix_rank(q),
        outer=lambda xp, s, q: xp.linalg.outer(s[0, :], q[1, :]),
        pinv=lambda xp, s, q: xp.linalg.pinv(q),
        qr=lambda xp, s, q: _decomposed(xp.linalg.qr(q)),
        slogdet=lambda xp, s, q: xp.linalg.slogdet(s)[1],
        solve=lambda xp, s, q: xp.linalg.solve(q, s),
        svd=lambda xp, s, q: _decomposed(xp.linalg.svd(q)),
        svdvals=lambda xp, s, q: xp.linalg.svdvals(q),
        trace=lambda xp, s, q: xp.linalg.trace(s @ q),
        vector_norm=lambda xp, s, q: xp.linalg.vector_norm(q, axis=1, ord=3),
    ),
    *_cases(
        "Fourier extension",
        (M,),
        fft=lambda xp, x: xp.abs(xp.fft.fft(x)) ** 2,
        ifft=lambda xp, x: xp.real(xp.fft.ifft(x)),
        fftn=lambda xp, x: xp.real(xp.fft.fftn(x)),
        ifftn=lambda xp, x: xp.real(xp.fft.ifftn(x)),
        rfft=lambda xp, x: xp.imag(xp.fft.rfft(x, axis=0)),
        irfft=lambda xp, x: xp.fft.irfft(xp.fft.rfft(x), n=4),
        rfftn=lambda xp, x: xp.real(xp.fft.rfftn(x)),
        irfftn=lambda xp, x: xp.fft.irfftn(xp.fft.rfftn(x), s=(3, 4), axes=(0, 1)),
        hfft=lambda xp, x: xp.fft.hfft(x + 0j, n=5),
        ihfft=lambda xp, x: xp.real(xp.fft.ihfft(x)),
        fftfreq=lambda xp, x: x * xp.fft.fftfreq(4),
        rfftfreq=lambda xp, x: x[:, :3] * xp.fft.rfftfreq(4),
        fftshift=lambda xp, x: xp.fft.fftshift(x),
        ifftshift=lambda xp, x: xp.fft.ifftshift(x, axes=1),
    ),
]
OPERATORS: list[Case] = [
    *_cases(
        "operators",
        (V, W),
        __add__=lambda xp, x, y: x + y + 1,
        __sub__=lambda xp, x, y: 1 - x - y,
        __mul__=lambda xp, x, y: 2 * x * y,
        __truediv__=lambda xp, x, y: 1 / x / y,
        __floordiv__=lambda xp, x, y: x // y,
        __mod__=lambda xp, x, y: x % y,
        __pow__=lambda xp, x, y: x**y,
        __matmul__=lambda xp, x, y: x @ y,
        __neg__=lambda xp, x, y: -x,
        __pos__=lambda xp, x, y: +x,
        __abs__=lambda xp, x, y: abs(x - 0.5),
        __lt__=lambda xp, x, y: x < y,
        __le__=lambda xp, x, y: x <= y,
        __gt__=lambda xp, x, y: x > y,
        __ge__=lambda xp, x, y: x >= y,
        __eq__=lambda xp, x, y: x == y,
        __ne__=lambda xp, x, y: x != y,
        __and__=lambda xp, x, y: (x > 0.5) & (y > 0.5),
        __or__=lambda xp, x, y: (x > 0.5) | (y > 0.5),
        __xor__=lambda xp, x, y: (x > 0.5) ^ (y > 0.5),
        __invert__=lambda xp, x, y: ~(x > y),
        __bool__=lambda xp, x, y: x if x[0] > 0.0 else y,
        __float__=lambda xp, x, y: float(x[0]) * y,
        __int__=lambda xp, x, y: int(x[0] * 100) * y,
        __complex__=lambda xp, x, y: xp.real(complex(x[0]) * y),
        __index__=lambda xp, x, y: y[xp.argmax(x)],
        __getitem__=lambda xp, x, y: x[1:] * y[..., :3],
        __setitem__=lambda xp, x, y: _written(xp, x, y),
        __dlpack__=lambda xp, x, y: x.__dlpack__(),
        __dlpack_device__=lambda xp, x, y: x * (x.__dlpack_device__()[0] == 1),
        device=lambda xp, x, y: x * (x.device == y.device),
        to_device=lambda xp, x, y: x.to_device("cpu") * y,
        dtype=lambda xp, x, y: xp.astype(x, y.dtype),
        ndim=lambda xp, x, y: x * y.ndim,
        shape=lambda xp, x, y: x * y.shape[0],
        size=lambda xp, x, y: x * y.size,
        T=lambda xp, x, y: (x[:, None] * y).T,
        mT=lambda xp, x, y: (x[:, None] * y).mT,
    ),
]


def _written(xp: Any, x: Any, y: Any) -> Any:
    z = xp.zeros_like(x)
    z[1:] = x[:-1]
    z[0] = y[0]
    return z


STANDARD = """
    elementwise: abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_invert bitwise_left_shift bitwise_or
        bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp expm1 floor floor_divide
        greater greater_equal hypot imag isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and
        logical_not logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive pow real
        reciprocal remainder round sign signbit sin sinh sqrt square subtract tan tanh trunc
    creation: arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like tril triu
        zeros zeros_like
    data types: __array_namespace_info__ astype can_cast finfo iinfo isdtype result_type
    indexing and searching: argmax argmin count_nonzero nonzero searchsorted take take_along_axis where
    manipulation: broadcast_arrays broadcast_to concat expand_dims flip moveaxis permute_dims repeat reshape roll
        squeeze stack tile unstack
    sets: unique_all unique_counts unique_inverse unique_values
    sorting: argsort sort
    statistics: cumulative_prod cumulative_sum max mean min prod std sum var
    utilities: all any diff
    linear algebra: matmul matrix_transpose tensordot vecdot
    linear algebra extension: cholesky cross det diagonal eigh eigvalsh inv matrix_norm matrix_power matrix_rank outer
        pinv qr slogdet solve svd svdvals trace vector_norm
    Fourier extension: fft fftfreq fftn fftshift hfft ifft ifftn ifftshift ihfft irfft irfftn rfft rfftfreq rfftn
"""
