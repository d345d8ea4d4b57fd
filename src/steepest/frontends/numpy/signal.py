"""Translations of convolutions, correlations and interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.build import Operand, add, contract, multiply, negate, structured
from steepest.expr.dtype import FLOAT64, is_complex
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.expr.pattern import Affine
from steepest.frontends.tracing.lifting import any_expr, broadcast, lift
from steepest.frontends.tracing.translation import translates, translates_once_imported
from steepest.ops import logic
from steepest.ops.complex_parts import cast, conj
from steepest.ops.gather import insertion
from steepest.ops.piecewise import mod
from steepest.ops.power import reciprocal
from steepest.ops.rearrange import entry, part
from steepest.ops.selection import one_hot

from .arithmetic import common
from .shaping import at_least_1d

Window = tuple[int, int]  # of the full convolution: the first entry that is kept, and how many


def convolved(a: Expr, v: Expr, windows: Sequence[Window], reverse: bool = False) -> Expr:
    """``y[k] = Σ a[i] v[j]`` over all i + j = k, axis by axis; of `v` read backwards with `reverse`.

    a: (n, …), v: (m, …) → of the n + m - 1 entries of each axis those in its window.
    """
    rank = a.ndim
    first, second, out = range(rank), range(rank, 2 * rank), range(2 * rank, 3 * rank)
    patterns: list[Operand] = []
    for i, j, k, (start, count) in zip(first, second, out, windows, strict=True):
        n, m = a.shape[i], v.shape[i]
        rule = Affine((1, -1, 1), start - int(m) + 1) if reverse else Affine((1, -1, -1), start)
        patterns.append(((k, i, j), structured(rule, (count, n, m))))
    return contract([*patterns, (tuple(first), a), (tuple(second), v)], out)


# --- NumPy's: vectors, centred on the longer one --------------------------------------------------------

MODES = {0: "valid", 1: "same", 2: "full", "v": "valid", "s": "same", "f": "full"}


def _mode(mode: Any) -> str:
    name = MODES.get(mode, mode)
    if name not in MODES.values():
        raise CaptureError(f"mode={mode!r} is none of 'full', 'same' and 'valid'")
    return str(name)


def _window(n: int, m: int, mode: str, middle: int) -> Window:
    short, long = min(n, m), max(n, m)
    return {"full": (0, n + m - 1), "same": (middle, long), "valid": (short - 1, long - short + 1)}[mode]


def convolve(a: Any, v: Any, mode: Any = "full") -> Expr:
    x, y = at_least_1d(lift(a)), at_least_1d(lift(v))
    n, m = int(x.shape[0]), int(y.shape[0])
    return convolved(x, y, [_window(n, m, _mode(mode), (min(n, m) - 1) // 2)])


def correlate(a: Any, v: Any, mode: Any = "valid") -> Expr:
    """``c[k] = Σ a[n + k] v̄[n]``; where `v` is the longer one NumPy exchanges them and reverses the result."""
    x, y = at_least_1d(lift(a)), at_least_1d(lift(v))
    n, m = int(x.shape[0]), int(y.shape[0])
    middle = (m - 1) // 2 if n >= m else n // 2
    return convolved(x, conj(y), [_window(n, m, _mode(mode), middle)], reverse=True)


# --- SciPy's: any rank, centred on the first one --------------------------------------------------------


def _scipy_windows(a: Expr, v: Expr, mode: str) -> list[Window]:
    return [
        {"full": (0, n + m - 1), "same": ((m - 1) // 2, n), "valid": (min(n, m) - 1, abs(n - m) + 1)}[_mode(mode)]
        for n, m in zip(map(int, a.shape), map(int, v.shape), strict=True)
    ]


def scipy_convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Expr:
    a, v = lift(in1), lift(in2)
    return convolved(a, v, _scipy_windows(a, v, mode))


def scipy_correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Expr:
    a, v = lift(in1), conj(lift(in2))
    return convolved(a, v, _scipy_windows(a, v, mode), reverse=True)


def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Expr:
    if axes is not None:
        raise CaptureError("a convolution over some axes only cannot be recorded; use scipy.signal.convolve on slices")
    return scipy_convolve(in1, in2, mode)


def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Expr:
    _zero_outside(boundary, fillvalue)
    return scipy_convolve(in1, in2, mode)


def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Expr:
    """As scipy.signal.correlate, but with mode='same' and an even kernel SciPy centres it one place further on."""
    _zero_outside(boundary, fillvalue)
    a, v = lift(in1), conj(lift(in2))
    windows = _scipy_windows(a, v, mode)
    if _mode(mode) == "same":
        windows = [(int(m) // 2, count) for m, (_, count) in zip(v.shape, windows, strict=True)]
    return convolved(a, v, windows, reverse=True)


def _zero_outside(boundary: str, fillvalue: Any) -> None:
    if boundary != "fill" or not isinstance(fillvalue, (int, float)) or fillvalue != 0:
        raise CaptureError("only zeros outside the array can be recorded; pad with np.pad first")


# --- interpolation ------------------------------------------------------------------------------------


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Expr:
    """The broken line through (xp, fp) at x. At a knot its slope is that of the piece to the right of it.

    At the last knot it is that of the piece to the left, and beyond the ends 0.
    """
    if period is not None:
        return _periodic(x, xp, fp, period)
    at, knots, heights = (_double(lift(e)) for e in (x, xp, fp))
    n = int(knots.shape[0])
    line = _on_line(at, knots, heights) if n > 1 else broadcast(entry(heights, 0), at.shape)
    below, above = (entry(heights, k) if side is None else lift(side) for k, side in ((0, left), (n - 1, right)))
    line = _chosen(logic.less(*common(at, entry(knots, 0))), below, line)
    return _chosen(logic.less(*common(entry(knots, n - 1), at)), above, line)


def _double(e: Expr) -> Expr:
    """np.interp computes in double precision."""
    return e if e.dtype is None or is_complex(e.dtype) else cast(e, FLOAT64)


def _chosen(condition: Expr, a: Expr, b: Expr) -> Expr:
    return logic.where(*common(condition, a, b))


def _on_line(at: Expr, knots: Expr, heights: Expr) -> Expr:
    n = int(knots.shape[0])
    piece = insertion(part(knots, 1, n - 1), at, side="right")
    chosen = one_hot(piece, n - 1)
    widths = add(part(knots, 1, n), negate(part(knots, 0, n - 1)))
    rises = add(part(heights, 1, n), negate(part(heights, 0, n - 1)))
    slope = _read(multiply(rises, reciprocal(widths)), chosen, at)
    start, height = (_read(part(e, 0, n - 1), chosen, at) for e in (knots, heights))
    return add(height, multiply(slope, add(at, negate(start))))


def _read(values: Expr, chosen: Expr, at: Expr) -> Expr:
    """One of the values for each entry of `at`."""
    rows = tuple(range(at.ndim))
    return contract([((*rows, at.ndim), chosen), ((at.ndim,), values)], rows)


def _periodic(x: Any, xp: Any, fp: Any, period: Any) -> Expr:
    """NumPy's own preparation: everything modulo the period, sorted, one knot more at either end."""
    if any_expr(xp) or any_expr(period):
        raise CaptureError("np.interp with period= is recorded for constant knots and a constant period")
    span = abs(float(period))
    folded = np.asarray(xp, dtype=float) % span
    order = np.argsort(folded)
    around = np.concatenate((order[-1:], order, order[:1]))
    knots = folded[around] + np.concatenate(([-span], np.zeros(len(order)), [span]))
    heights = lift(fp)
    labels = (0, 1)
    moved = contract([(labels, one_hot(lift(around), int(heights.shape[0]))), ((1,), heights)], (0,))
    at = _double(lift(x))
    return interp(mod(*common(at, constant(span))), knots, moved)


translates(np.convolve)(convolve)
translates(np.correlate)(correlate)
translates(np.interp)(interp)
translates_once_imported("scipy.signal", "convolve")(scipy_convolve)
translates_once_imported("scipy.signal", "correlate")(scipy_correlate)
translates_once_imported("scipy.signal", "fftconvolve", "oaconvolve")(fftconvolve)
translates_once_imported("scipy.signal", "convolve2d")(convolve2d)
translates_once_imported("scipy.signal", "correlate2d")(correlate2d)
