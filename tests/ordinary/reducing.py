"""Sums, products, means, and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.errors import CaptureError

from .suite import Family

FAMILY = Family("Sums and statistics")


@FAMILY
def sums(x: Any) -> Any:
    """Sums and products: np.sum(x**2) * np.prod(x)"""
    return np.sum(x**2) * np.prod(x) + x.sum() ** 2 + sum(x) * np.mean(x)


@FAMILY
def axes(x: Any) -> Any:
    """Along axes, kept or not: a.sum(axis=0, keepdims=True)"""
    a = x.reshape(2, 2)
    return np.sum(a / a.sum(axis=0, keepdims=True)) + a.prod(axis=-1).sum() + np.sum(a, axis=(0, 1)) ** 2


@FAMILY
def masked_sum(x: Any) -> Any:
    """Masked: np.sum(x, where=x > 0, initial=1.0)"""
    return np.sum(x, where=x > 0, initial=1.0) ** 2 + np.mean(x**2, where=x < 1) + np.max(x, initial=-5.0, where=x < 1)


@FAMILY
def extremes(x: Any) -> Any:
    """Extremes: np.max(x) - np.min(x)"""
    return (np.max(x) - np.min(x)) ** 2 + np.amax(np.abs(x)) * np.nanmax(x)


@FAMILY
def spread(x: Any) -> Any:
    """Spread: np.var(x, ddof=1) + np.std(x)"""
    return np.var(x, ddof=1) + np.std(x) + x.reshape(2, 2).std(axis=0).prod() + np.nanvar(x)


@FAMILY
def weighted_mean(x: Any) -> Any:
    """Weighted mean: np.average(x, weights=np.exp(x))"""
    return np.average(x, weights=np.exp(x)) + np.average(x**2, weights=[1, 2, 3, 4])


@FAMILY
def cumulative(x: Any) -> Any:
    """Running sums and differences: np.cumsum(x) @ np.diff(x, prepend=0.0)"""
    return np.cumsum(x) @ np.diff(x, prepend=0.0) + np.cumprod(x).sum() + np.ediff1d(x).prod() + np.diff(x, n=2)[0] ** 2


@FAMILY
def gradient(x: Any) -> Any:
    """Differences of samples: np.gradient(x, 0.5)"""
    return np.sum(np.gradient(x, 0.5) ** 2) + np.trapezoid(x**2, dx=0.1) + np.convolve(x, [1.0, -1.0, 0.5]) @ np.ones(6)


@FAMILY
def covariance(x: Any) -> Any:
    """Covariance and correlation: np.cov(a) … np.corrcoef(x[:3], x[1:])"""
    a = np.stack([x, x**2])
    return np.linalg.det(np.cov(a)) + np.corrcoef(x[:3], x[1:])[0, 1]


@FAMILY
def standardised(x: Any) -> Any:
    """Standardised: (x - x.mean()) / x.std()"""
    z = (x - x.mean()) / x.std()
    return z @ np.arange(4.0) + np.mean(z**3)


@FAMILY
def logsumexp(x: Any) -> Any:
    """A stable log of a sum: m + np.log(np.sum(np.exp(x - m)))"""
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


@FAMILY
def softmax(x: Any) -> Any:
    """A stable softmax: e / e.sum()"""
    e = np.exp(x - x.max())
    p = e / e.sum()
    return -np.sum(p * np.log(p)) + p[1]


@FAMILY
def histogram(x: Any) -> Any:
    """Sums by group: np.bincount([0, 1, 1, 0], weights=x)"""
    return np.bincount([0, 1, 1, 0], weights=x) @ [1.0, 2.0] * x[0]


@FAMILY
def weighted_histogram(x: Any) -> Any:
    """A histogram with traced weights: np.histogram([0.1, 0.6, 0.7, 0.2], bins=[0, 0.5, 1], weights=x)"""
    heights, _ = np.histogram([0.1, 0.6, 0.7, 0.2], bins=[0, 0.5, 1], weights=x)
    return heights[0] * heights[1]


@FAMILY
def counts(x: Any) -> Any:
    """Counts: np.count_nonzero(x > 0) * x.sum()"""
    return np.count_nonzero(x > 0) * x.sum() + (x > 1).sum() * x[0] ** 2


@FAMILY.refused(CaptureError, "counts do not change when entries are nudged: a derivative of 0 is hardly what is meant")
def histogram_of_traced(x: Any) -> Any:
    """A histogram of traced values: np.histogram(x, bins=3)[0]"""
    return np.sum(np.histogram(x, bins=3)[0] ** 2) * x[0]


@FAMILY
def norms(x: Any) -> Any:
    """Norms: np.linalg.norm(x) + np.linalg.norm(x, 1)"""
    a = x.reshape(2, 2)
    return np.linalg.norm(x) + np.linalg.norm(x, 1) + np.linalg.norm(x, np.inf) + np.linalg.norm(a, "fro") ** 3


@FAMILY
def conditions(x: Any) -> Any:
    """Conditions over all entries: np.all(x > -2) and np.any(x < 0)"""
    return np.sum(x**2) if np.all(x > -2) and np.any(x < 0) and not np.allclose(x, 0) else x[0]


@FAMILY
def without_nan(x: Any) -> Any:
    """Statistics that leave NaN out, where it stands is guarded: np.nanmedian(y) + np.nanpercentile(y, 30)"""
    y = np.where(x < 0, np.nan, x)
    return np.nanmedian(y) + np.nanpercentile(y, 30) * np.nanmean(y) + np.nanstd(y)


@FAMILY
def algebra_of_polynomials(x: Any) -> Any:
    """Coefficients of polynomials: np.polymul([1.0, x[0]], [x[1], 2.0])"""
    p = np.polymul([1.0, x[0]], [x[1], 2.0])
    return np.polyval(np.polyder(p), x[2]) + np.polyval(np.polyint(p), x[3]) + np.poly(x)[2]


@FAMILY
def polynomial(x: Any) -> Any:
    """Polynomials: np.polyval(x, 1.5)"""
    return (
        np.polyval(x, 1.5) ** 2 + np.polyval([1.0, 2.0, 3.0], x).sum() + np.polyval(np.polyfit([0, 1, 2, 3], x, 1), 4.0)
    )
