"""Translations of np.fft and scipy.fft: transforms along one axis or several, with all norms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.fft

from steepest.errors import CaptureError
from steepest.expr.build import add, scale
from steepest.expr.dtype import inexact, is_complex
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.frontends.tracing.lifting import axis_from_last, axis_to_last, lift, normalized_axes, normalized_axis
from steepest.frontends.tracing.translation import translates
from steepest.ops import fourier
from steepest.ops.complex_parts import cast, imag, real
from steepest.ops.rearrange import embed, part, rolled

OfLast = Callable[[Expr], Expr]
Transform = Callable[..., Expr]

# The power of n that a transform is divided by: forward and inverse, for each of NumPy's norms.
DIVISORS: dict[Any, tuple[float, float]] = {None: (0, 1), "backward": (0, 1), "ortho": (0.5, 0.5), "forward": (1, 0)}


def _along(a: Any, axis: int, transform: OfLast) -> Expr:
    e = lift(a)
    e = cast(e, inexact(e.dtype))
    k = normalized_axis(axis, e.ndim)
    return axis_from_last(transform(axis_to_last(e, k)), k)


def _divided(e: Expr, n: int, power: float) -> Expr:
    return scale(constant(1 / n**power), e) if power else e


def _length(rows: Expr, n: Any) -> int:
    return int(rows.shape[-1]) if n is None else int(n)


def fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Expr:
    def transform(rows: Expr) -> Expr:
        size = _length(rows, n)
        return _divided(fourier.fourier(fourier.resized(rows, size), -1), size, DIVISORS[norm][0])

    return _along(a, axis, transform)


def ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Expr:
    def transform(rows: Expr) -> Expr:
        size = _length(rows, n)
        return _divided(fourier.fourier(fourier.resized(rows, size), 1), size, DIVISORS[norm][1])

    return _along(a, axis, transform)


def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Expr:
    def transform(rows: Expr) -> Expr:
        size = _length(rows, n)
        return _divided(fourier.half_spectrum(fourier.resized(rows, size), -1), size, DIVISORS[norm][0])

    return _along(a, axis, transform)


def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Expr:
    def transform(rows: Expr) -> Expr:
        size = 2 * (int(rows.shape[-1]) - 1) if n is None else int(n)
        return _divided(fourier.from_half_spectrum(rows, size, 1), size, DIVISORS[norm][1])

    return _along(a, axis, transform)


def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Expr:
    """The real spectrum of a signal that is its own mirror image, conjugated."""

    def transform(rows: Expr) -> Expr:
        size = 2 * (int(rows.shape[-1]) - 1) if n is None else int(n)
        return _divided(fourier.from_half_spectrum(rows, size, -1), size, DIVISORS[norm][0])

    return _along(a, axis, transform)


def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Expr:
    def transform(rows: Expr) -> Expr:
        size = _length(rows, n)
        return _divided(fourier.half_spectrum(fourier.resized(rows, size), 1), size, DIVISORS[norm][1])

    return _along(a, axis, transform)


# --- several axes ---------------------------------------------------------------------------------------


def _sizes_and_axes(e: Expr, s: Any, axes: Any) -> tuple[list[Any], list[int]]:
    """The length along each axis; None and −1 stand for what it is."""
    if isinstance(s, (int, np.integer)):
        s = (s,)
    if isinstance(axes, (int, np.integer)):
        axes = (axes,)
    if axes is None:
        axes = range(e.ndim) if s is None else range(-len(s), 0)
    axes = [int(k) for k in axes]
    sizes = [None] * len(axes) if s is None else [None if n is None or n == -1 else int(n) for n in s]
    return sizes, axes


def several(last: Transform, others: Transform, real_last: bool) -> Transform:
    """A transform over several axes: `last` along the last of them, first if it reads real numbers."""

    def rule(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Expr:
        e = lift(a)
        sizes, places = _sizes_and_axes(e, s, axes)
        if not places:
            return e
        steps = [(others, n, k) for n, k in zip(sizes, places, strict=True)]
        steps[-1] = (last, sizes[-1], places[-1])
        for transform, n, k in reversed(steps) if real_last else steps:
            e = transform(e, n, k, norm)
        return e

    return rule


def on_two_axes(rule: Transform) -> Transform:
    def plane(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Expr:
        return rule(a, s, axes, norm)

    return plane


fftn, ifftn = several(fft, fft, real_last=True), several(ifft, ifft, real_last=True)
rfftn, irfftn = several(rfft, fft, real_last=True), several(irfft, ifft, real_last=False)


def shifted(direction: int) -> Transform:
    def rule(x: Any, axes: Any = None) -> Expr:
        e = lift(x)
        for k in normalized_axes(axes, e.ndim):
            e = rolled(e, k, direction * (int(e.shape[k]) // 2))
        return e

    return rule


# --- cosine transforms ------------------------------------------------------------------------------------

COSINE: dict[int, OfLast] = {
    1: fourier.cosine_one, 2: fourier.cosine_two, 3: fourier.cosine_three, 4: fourier.cosine_four
}  # fmt: skip
INVERSE_TYPE = {1: 1, 2: 3, 3: 2, 4: 4}
ROOT_HALF = 0.5**0.5


def _first_scaled(e: Expr, factor: float) -> Expr:
    first = embed(part(e, 0, 1), 0, 1, int(e.shape[-1]))
    return add(e, scale(constant(factor - 1), first))


def cosine(inverse: int) -> Transform:
    """scipy.fft.dct (0) and idct (1)."""

    def rule(
        x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: bool = False,  # noqa: A002
        workers: Any = None, orthogonalize: Any = None,
    ) -> Expr:  # fmt: skip
        kind = INVERSE_TYPE[type] if inverse else type
        orthogonal = norm == "ortho" if orthogonalize is None else bool(orthogonalize)
        if orthogonal and kind == 1:
            raise CaptureError("the orthogonal cosine transform of type 1 is not recorded; use type 2, 3 or 4")

        def transform(rows: Expr) -> Expr:
            if is_complex(rows.dtype):
                return add(transform(real(rows)), scale(constant(1j), transform(imag(rows))))
            rows = fourier.resized(rows, _length(rows, n))
            period = 2 * (int(rows.shape[-1]) - (kind == 1))
            if orthogonal and kind == 3:
                rows = _first_scaled(rows, 1 / ROOT_HALF)
            result = _divided(COSINE[kind](rows), period, DIVISORS[norm][inverse])
            return _first_scaled(result, ROOT_HALF) if orthogonal and kind == 2 else result

        return _along(x, axis, transform)

    return rule


def cosine_over_axes(one: Transform) -> Transform:
    def rule(
        x: Any, type: int = 2, s: Any = None, axes: Any = None, norm: Any = None, overwrite_x: bool = False,  # noqa: A002
        workers: Any = None, *, orthogonalize: Any = None,
    ) -> Expr:  # fmt: skip
        e = lift(x)
        for n, k in zip(*_sizes_and_axes(e, s, axes), strict=True):
            e = one(e, type, n, k, norm, orthogonalize=orthogonalize)
        return e

    return rule


def with_settings(rule: Transform) -> Transform:
    """scipy.fft's further settings say how to compute, not what."""

    def settled(*args: Any, overwrite_x: bool = False, workers: Any = None, plan: Any = None, **named: Any) -> Expr:
        if "x" in named:
            args = (named.pop("x"), *args)
        return rule(*args[:4], **named)

    return settled


TRANSFORMS: dict[str, Transform] = {
    "fft": fft, "ifft": ifft, "rfft": rfft, "irfft": irfft, "hfft": hfft, "ihfft": ihfft,
    "fftn": fftn, "ifftn": ifftn, "rfftn": rfftn, "irfftn": irfftn,
    "fft2": on_two_axes(fftn), "ifft2": on_two_axes(ifftn), "rfft2": on_two_axes(rfftn), "irfft2": on_two_axes(irfftn),
    "fftshift": shifted(1), "ifftshift": shifted(-1),
}  # fmt: skip

for _name, _rule in TRANSFORMS.items():
    translates(getattr(np.fft, _name))(_rule)
    translates(getattr(scipy.fft, _name))(with_settings(_rule))
translates(scipy.fft.dct)(cosine(0))
translates(scipy.fft.idct)(cosine(1))
translates(scipy.fft.dctn)(cosine_over_axes(cosine(0)))
translates(scipy.fft.idctn)(cosine_over_axes(cosine(1)))
