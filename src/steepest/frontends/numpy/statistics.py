"""Translations of covariance, correlation, weighted counts, and of reductions that leave NaN out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.expr.build import add, contract, fill, multiply, negate, scale, transpose_axes
from steepest.expr.dtype import FLOAT64, inexact, promote
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.frontends.tracing.lifting import any_expr, broadcast, keep_dims, lift, normalized_axes
from steepest.frontends.tracing.tracer import as_expr
from steepest.frontends.tracing.translation import translates, translates_with_values
from steepest.ops import logic, piecewise, selection
from steepest.ops.complex_parts import cast, conj, real
from steepest.ops.gather import take
from steepest.ops.power import reciprocal, sqrt
from steepest.ops.rearrange import flatten, joined, reshape
from steepest.ops.selection import one_hot

from .arithmetic import product, quotient
from .quadrature import times
from .reductions import all_, cumprod_, cumsum, extreme, prod_, sum_over

NO_VALUE = np._NoValue


# --- covariance ---------------------------------------------------------------------------------------


def cov(
    m: Any, y: Any = None, rowvar: Any = True, bias: Any = False, ddof: Any = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Expr:  # fmt: skip
    """Σ w (x − x̄)(y − ȳ) over the degrees of freedom, for every pair of variables."""
    rows = _joined_variables(m, y, rowvar)
    rows = cast(rows, promote(inexact(rows.dtype), FLOAT64)) if dtype is None else cast(rows, np.dtype(dtype))
    freedom = ddof if ddof is not None else 0 if bias else 1
    count = int(rows.shape[1])
    weights = _weights(fweights, aweights)
    if weights is None:
        total: Expr = constant(count)
        centred = _centred(rows, rows, total)
        weighted = centred
        size: Expr = constant(count - freedom)
    else:
        total = sum_over(weights, [0])
        centred = _centred(rows, times(rows, weights), total)
        weighted = times(centred, weights)
        size = _freedom(total, weights, aweights, freedom)
    pairs = contract([((0, 2), centred), ((1, 2), conj(weighted))], (0, 1))
    return _squeezed(times(pairs, reciprocal(size)))


def _joined_variables(m: Any, y: Any, rowvar: Any) -> Expr:
    """One variable for each row."""
    first = lift(m)
    rows = _as_rows(first, turned=not rowvar and first.ndim == 2)
    if y is None:
        return rows
    second = lift(y)
    return joined([rows, _as_rows(second, turned=not rowvar and second.ndim == 2 and second.shape[0] != 1)], 0)


def _as_rows(e: Expr, turned: bool) -> Expr:
    rows = e if e.ndim == 2 else reshape(e, (1, e.shape[0] if e.ndim else 1))
    return transpose_axes(rows, (1, 0)) if turned else rows


def _weights(fweights: Any, aweights: Any) -> Expr | None:
    given = [cast(e, inexact(e.dtype)) for e in (lift(w) for w in (fweights, aweights) if w is not None)]
    return multiply(*given) if given else None


def _freedom(total: Expr, weights: Expr, aweights: Any, ddof: Any) -> Expr:
    if aweights is None or ddof == 0:
        return add(total, constant(-ddof))
    lost = times(sum_over(multiply(weights, lift(aweights)), [0]), reciprocal(total))
    return add(total, scale(constant(-ddof), lost))


def _centred(rows: Expr, weighted: Expr, total: Expr) -> Expr:
    mean = times(sum_over(weighted, [1]), reciprocal(total))
    return add(rows, negate(broadcast(keep_dims(mean, [1]), rows.shape)))


def _squeezed(e: Expr) -> Expr:
    return reshape(e, [n for n in e.shape if n != 1])


def corrcoef(x: Any, y: Any = None, rowvar: Any = True, *, dtype: Any = None) -> Expr:
    """Covariances over the standard deviations of both variables."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return multiply(c, reciprocal(c))
    spread = reciprocal(sqrt(real(contract([((0, 0), c)], (0,)))))
    return contract([((0, 1), c), ((0,), spread), ((1,), spread)], (0, 1))


# --- without NaN --------------------------------------------------------------------------------------


def _known(e: Expr) -> Expr:
    return logic.logical_not(logic.isnan(e))


def _replaced(e: Expr, value: float) -> Expr:
    """`value` where an entry is NaN."""
    return logic.where(logic.isnan(e), fill(constant(value), e.shape), e)


def nan_extreme(
    pick: Callable[[Expr], Expr], least: float, larger: Callable[[Expr, Expr], Expr]
) -> Callable[..., Expr]:
    """np.nanmax, np.nanmin: NaN only where there is nothing else."""
    of_all = extreme(pick, larger)

    def rule(a: Any, axis: Any = None, keepdims: Any = NO_VALUE, **settings: Any) -> Expr:
        e = lift(a)
        keep = keepdims is True
        found = of_all(_replaced(e, least), axis, keepdims=keep, **settings)
        nothing = all_(logic.isnan(e), axis, keepdims=keep)
        return logic.where(nothing, fill(constant(float("nan")), found.shape), found)

    return rule


def nanprod(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = NO_VALUE, **settings: Any) -> Expr:
    return prod_(_replaced(lift(a), 1), axis, dtype, keepdims, **settings)


def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = NO_VALUE, *, where: Any = NO_VALUE,
    mean: Any = NO_VALUE, correction: Any = NO_VALUE,
) -> Expr:  # fmt: skip
    """The mean squared distance of what is known from its mean."""
    if where is not NO_VALUE or mean is not NO_VALUE or dtype is not None:
        raise CaptureError("np.nanvar and np.nanstd with where=, mean= or dtype= are not recorded")
    e = lift(a)
    axes = normalized_axes(axis, e.ndim)
    known = _known(e)
    count = cast(sum_over(known, axes) if axes else logic.where(known, constant(1), constant(0)), inexact(e.dtype))
    centre = multiply(sum_over(logic.select(known, e), axes), reciprocal(count))
    gap = logic.select(known, add(e, negate(broadcast(keep_dims(centre, axes), e.shape))))
    squares = multiply(conj(gap), gap)
    freedom = ddof if correction is NO_VALUE else correction
    left = add(count, fill(constant(-freedom), count.shape))
    result = real(multiply(sum_over(squares, axes), reciprocal(left)))
    return keep_dims(result, axes) if keepdims is True else result


def nanstd(a: Any, axis: Any = None, **settings: Any) -> Expr:
    return sqrt(nanvar(a, axis, **settings))


# --- counting -----------------------------------------------------------------------------------------


def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Expr:
    """The weights added up for each whole number of x; where these depend on values, they are guarded."""
    if weights is None:
        raise CaptureError("np.bincount counts, and a count has no derivative; weights may vary")
    places = np.asarray(x)
    size = max(int(minlength), int(places.max()) + 1 if places.size else 0)
    return contract([((0, 1), one_hot(lift(places), size)), ((0,), cast(as_expr(weights), FLOAT64))], (1,))


def histogram(
    a: Any,
    bins: Any = 10,
    range: Any = None,  # noqa: A002
    density: Any = None,
    weights: Any = None,
) -> tuple[Expr, Expr]:
    """The weights added up in each bin. Where the entries fall is constant."""
    if any_expr((a, bins, range)) or weights is None:
        counted("histogram")()
    edges = np.histogram_bin_edges(a, bins, range)
    entries, added = np.ravel(a), flatten(lift(weights))
    places = np.searchsorted(edges, entries, side="right") - 1
    places[entries == edges[-1]] = edges.size - 2  # the last bin has both its ends
    inside = np.flatnonzero((places >= 0) & (places < edges.size - 1))
    hits = one_hot(lift(places[inside]), edges.size - 1)
    found = contract([((0, 1), hits), ((0,), take(added, inside, 0))], (1,))
    return quotient(found, product(sum_over(found, (0,)), lift(np.diff(edges)))) if density else found, lift(edges)


def counted(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise CaptureError(
            located(f"np.{name} counts: its result is piecewise constant and has no derivative", user_line())
            + "\n    Compute it outside the function, or smooth it: add up a kernel around each entry."
        )

    return refuse


translates(np.cov)(cov)
translates(np.corrcoef)(corrcoef)
translates(np.nanmax)(nan_extreme(selection.largest, -np.inf, piecewise.maximum))
translates(np.nanmin)(nan_extreme(selection.smallest, np.inf, piecewise.minimum))
translates(np.nanprod)(nanprod)
translates(np.nancumsum)(lambda a, axis=None, dtype=None: cumsum(_replaced(lift(a), 0), axis, dtype))
translates(np.nancumprod)(lambda a, axis=None, dtype=None: cumprod_(_replaced(lift(a), 1), axis, dtype))
translates(np.nanvar)(nanvar)
translates(np.nanstd)(nanstd)
translates_with_values(np.bincount)(bincount)
translates(np.histogram)(histogram)
translates(np.histogram2d)(counted("histogram2d"))
translates(np.histogramdd)(counted("histogramdd"))
