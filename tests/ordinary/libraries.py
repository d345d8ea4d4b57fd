"""Functions and classes that NumPy and SciPy write in Python themselves, and what of SciPy has rules of its own."""

from __future__ import annotations

import collections
import decimal
import fractions
from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial, chebyshev, hermite, legendre
from scipy import interpolate, ndimage, signal, stats

from .suite import Family

FAMILY = Family("Inside NumPy and SciPy")
GRID = interpolate.RegularGridInterpolator(([0.0, 1.0, 2.5], [-2.0, 0.0, 1.0]), np.arange(9.0).reshape(3, 3) ** 2)
DENSITY = stats.gaussian_kde([0.1, 0.5, 0.9, 2.0])
CUBIC = np.poly1d([1.0, -2.0, 0.5, 3.0])


@FAMILY
def polynomials_as_objects(x: Any) -> Any:
    """Polynomials as objects: p = np.poly1d(x)"""
    p = np.poly1d(x)
    return p(1.5) + p.deriv()(0.3) + (p * p)(0.7) + CUBIC(x[0])


@FAMILY
def polynomial_classes(x: Any) -> Any:
    """Polynomials of the new kind: Polynomial(x)"""
    p = Polynomial(x)
    return p(1.5) + p.deriv()(0.3) + (p * p)(0.2) + Chebyshev(x)(0.4)


@FAMILY
def fitted_polynomial(x: Any) -> Any:
    """A polynomial fitted by its class: Polynomial.fit([0.0, 1.0, 2.0, 3.0], x, 2)"""
    p = Polynomial.fit([0.0, 1.0, 2.0, 3.0], x, 2)
    return p(1.5) + p.convert().coef[0]


@FAMILY
def polynomial_series(x: Any) -> Any:
    """Series of orthogonal polynomials: chebyshev.chebval(0.3, x) + legendre.legval(x[0], [1.0, 2.0, 3.0])"""
    return chebyshev.chebval(0.3, x) + legendre.legval(x[0], [1.0, 2.0, 3.0]) + hermite.hermval(0.1, x)


@FAMILY
def roots(x: Any) -> Any:
    """Roots of a polynomial: np.roots([1.0, x[0], -6.0, 1.0])"""
    return np.sort(np.roots([1.0, x[0], -6.0, 1.0]).real) @ [1.0, 2.0, 3.0]


@FAMILY
def windows(x: Any) -> Any:
    """Windows whose form is traced: np.kaiser(4, x[2])"""
    return np.kaiser(4, x[2]) @ x


@FAMILY
def numbers_between_brackets(x: Any) -> Any:
    """Numbers put into an array and read back, at a place where that counts: v = np.array([0.0, 4.0, x[0]])"""
    v = np.array([0.0, 4.0, x[0]])
    return x[1] * np.sqrt(v[1] - 4.0) + v[2] ** 2


@FAMILY
def truth_as_index(x: Any) -> Any:
    """A single truth as an index: y[x[0] > 0] = 2 * x"""
    y = x.copy()
    y[x[0] > 0] = 2 * x
    return y[True].sum() ** 2 + y[x[0] < 0].sum()


@FAMILY
def other_quantiles(x: Any) -> Any:
    """Quantiles by other conventions: np.percentile(x, 30, method="hazen")"""
    return np.percentile(x, 30, method="hazen") + np.quantile(x, [0.2, 0.7], method="median_unbiased").prod()


@FAMILY
def density_of_weights(x: Any) -> Any:
    """A density by bins of traced weights: np.histogram(t, 4, (0.0, 1.0), density=True, weights=x**2)"""
    t = [0.1, 0.5, 0.9, 0.4]
    h, edges = np.histogram(t, 4, (0.0, 1.0), density=True, weights=x**2)
    return h @ edges[:-1]


@FAMILY
def sets_of_values(x: Any) -> Any:
    """Values in sets and dicts, guarded: len(set(np.round(x).tolist()))"""
    counts = collections.Counter(np.sign(x).tolist())
    return len(set(np.round(x).tolist())) * x[0] ** 2 + counts[1.0] * x[1]


@FAMILY
def groups_by_truth(x: Any) -> Any:
    """Groups by a condition: groups[v > 0].append(v)"""
    groups: dict[Any, list[Any]] = collections.defaultdict(list)
    for v in x:
        groups[v > 0].append(v)
    return sum((k + 1) * sum(items) ** 2 for k, (_, items) in enumerate(sorted(groups.items())))


@FAMILY
def exact_limits(x: Any) -> Any:
    """Compared with exact numbers: x[0] > fractions.Fraction(1, 3)"""
    y = x[0] ** 2 if x[0] > fractions.Fraction(1, 3) else x[1]
    return y * x[2] if x[3] < decimal.Decimal("0.4000001") else y


@FAMILY
def single_beside_double(x: Any) -> Any:
    """Single precision beside double: x * np.array([0.1, 0.2, 0.3, 0.4], np.float32)"""
    return np.sum(x * np.array([0.1, 0.2, 0.3, 0.4], np.float32)) ** 2 + 2.5 * x[0]


@FAMILY
def image_filters(x: Any) -> Any:
    """Filters of images: ndimage.gaussian_filter(image, 0.8) + ndimage.sobel(image)"""
    image = np.outer(x, x) + np.diag(x)
    return np.sum((ndimage.gaussian_filter(image, 0.8) + ndimage.sobel(image)) ** 2) / 100


@FAMILY
def convolved_images(x: Any) -> Any:
    """Images convolved: ndimage.convolve(image, [[0.0, 1.0], [2.0, 3.0]], mode="mirror")"""
    image = np.outer(x, x)
    return np.sum(ndimage.convolve(image, [[0.0, 1.0], [2.0, 3.0]], mode="mirror") ** 2) + ndimage.laplace(image)[1, 2]


@FAMILY
def chosen_neighbours(x: Any) -> Any:
    """The median, the largest of the entries around each: ndimage.median_filter(x, 3) @ ndimage.maximum_filter(x, 3)"""
    return ndimage.median_filter(x, 3) @ ndimage.maximum_filter(x, 3) + signal.medfilt(x, 3)[2]


@FAMILY
def places_in_images(x: Any) -> Any:
    """Images read between their entries: ndimage.map_coordinates(image, [[x[0], 1.2], [x[2], 0.4]], order=1)"""
    image = np.arange(16.0).reshape(4, 4) ** 1.5
    return np.prod(ndimage.map_coordinates(image, [[x[0], 1.2], [x[2], 0.4]], order=1))


@FAMILY
def grid_interpolation(x: Any) -> Any:
    """Interpolation on a grid: GRID([x[0], x[1]])[0]"""
    of_values = interpolate.RegularGridInterpolator(([0.0, 1.0], [0.0, 1.0]), x.reshape(2, 2))
    return GRID([x[0], x[1]])[0] * of_values([[0.3, x[3]]])[0]


@FAMILY
def kernel_density(x: Any) -> Any:
    """Densities estimated by kernels: stats.gaussian_kde(x)([0.1, 0.5])"""
    return np.sum(stats.gaussian_kde(x)([0.1, 0.5])) + DENSITY.logpdf(x[:1])[0]


@FAMILY
def frequency_response(x: Any) -> Any:
    """The response of a filter whose coefficients are traced: signal.freqz([x[0], 0.2], [1.0, x[3]], worN=4)"""
    _, h = signal.freqz([x[0], 0.2], [1.0, x[3]], worN=4)
    return np.sum(np.abs(h) ** 2)


@FAMILY
def descriptive_statistics(x: Any) -> Any:
    """Statistics of SciPy: stats.pearsonr(x, x**2)[0] + stats.linregress([0, 1, 2, 3], x).slope"""
    return (
        stats.pearsonr(x, x**2)[0] + stats.linregress([0, 1, 2, 3], x).slope + stats.iqr(x) * stats.trim_mean(x, 0.25)
    )
