"""The laws of random vectors and matrices in scipy.stats.

KBJ: Kotz, Balakrishnan & Johnson, Continuous Multivariate Distributions (2000), by chapter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from math import log, pi
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.errors import CaptureError, located, user_line
from steepest.frontends.tracing.tracer import Tracer

from . import law_parts as parts
from .law import as_array, possible_only

Rules = dict[str, Callable[..., Any]]


def _symmetric(matrix: Any) -> Any:
    """What SciPy reads: the lower triangle."""
    lower = np.tril(matrix, -1)
    return lower + np.swapaxes(lower, -1, -2) + np.diag(np.diagonal(matrix))


def _as_matrix(cov: Any, size: int) -> Any:
    """A covariance matrix from one number, the variances, or the matrix."""
    cov = as_array(cov)
    if np.ndim(cov) == 0:
        return cov * np.eye(size)
    return np.diag(cov) if np.ndim(cov) == 1 else _symmetric(cov)


def _size(*parameters: Any) -> int:
    """The length of the vectors; SciPy takes it from the parameters."""
    return max((np.shape(p)[-1] for p in parameters if p is not None and np.ndim(p)), default=1)


def _points(x: Any, size: int) -> Any:
    """The vectors in the last axis; numbers alone are vectors of length 1."""
    x = as_array(x)
    if np.ndim(x) == 0:
        return np.reshape(x, (1,))
    return x[..., None] if np.ndim(x) == 1 and size == 1 else x


def _without_axes_of_one(density: Callable[..., Any]) -> Callable[..., Any]:
    """As SciPy gives the densities of these laws."""

    @wraps(density)
    def squeezed(*args: Any, **kwargs: Any) -> Any:
        return np.squeeze(density(*args, **kwargs))

    return squeezed


def _distance(centred: Any, matrix: Any) -> Any:
    """Mahalanobis' squared distance of each vector."""
    return np.einsum("...i,ij,...j->...", centred, np.linalg.inv(matrix), centred)


@_without_axes_of_one
def normal(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """KBJ 45, of a regular covariance matrix."""
    cov = as_array(cov)
    if allow_singular or hasattr(cov, "colorize"):
        _refuse(
            "multivariate_normal of a singular covariance matrix, or a Covariance object,", "Pass a regular matrix."
        )
    size = _size(mean, cov)
    matrix = _as_matrix(cov, size)
    centred = _points(x, size) - (0.0 if mean is None else as_array(mean))
    return -0.5 * (size * log(2 * pi) + np.linalg.slogdet(matrix)[1] + _distance(centred, matrix))


@_without_axes_of_one
def student(x: Any, loc: Any = None, shape: Any = 1, df: Any = 1) -> Any:
    """KBJ 1; Kotz & Nadarajah, Multivariate t Distributions (2004), eq. 1.1."""
    size = _size(loc, as_array(shape))
    matrix = _as_matrix(shape, size)
    centred = _points(x, size) - (0.0 if loc is None else as_array(loc))
    half = 0.5 * (df + size)
    spread, distance = 0.5 * np.linalg.slogdet(matrix)[1], _distance(centred, matrix)
    if isinstance(df, Tracer):  # as the law of one number: see there
        tail = parts.log1p_times(df, distance) + size * np.log1p(distance / df)
        return parts.log_poch_excess(df / 2, size / 2) - size / 2 * log(2 * pi) - spread - tail / 2
    start = sp.gammaln(half) - sp.gammaln(0.5 * df) - size / 2 * np.log(df * pi) - spread
    return start - half * np.log1p(distance / df)


@_without_axes_of_one
def dirichlet(x: Any, alpha: Any) -> Any:
    """KBJ 49. The last share may be left out, as in SciPy: it is what the others leave."""
    x, alpha = as_array(x), as_array(alpha)
    if np.shape(x)[0] == np.shape(alpha)[0] - 1:
        x = np.concatenate([x, (1 - np.sum(x, axis=0))[None]])
    weights = np.reshape(alpha, (-1,) + (1,) * (np.ndim(x) - 1))
    constant = sp.gammaln(np.sum(alpha)) - np.sum(sp.gammaln(alpha))
    return constant + np.sum(sp.xlogy(weights - 1, x), axis=0)


def multinomial(x: Any, n: Any, p: Any) -> Any:
    """Johnson, Kotz & Balakrishnan, Discrete Multivariate Distributions (1997), chapter 35.

    As in SciPy the last probability is what the others leave.
    """
    x, p = as_array(x), as_array(p)
    p = np.concatenate([p[..., :-1], 1 - np.sum(p[..., :-1], axis=-1, keepdims=True)], axis=-1)
    result = sp.gammaln(np.asarray(n) + 1) + np.sum(sp.xlogy(x, p) - sp.gammaln(x + 1), axis=-1)
    wrong = np.logical_or(np.not_equal(np.sum(x, axis=-1), n), np.any(np.less(x, 0), axis=-1))
    result = np.where(wrong, -np.inf, result) if np.any(wrong) else result
    return possible_only(result, np.all(np.logical_and(np.less_equal(0, p), np.less_equal(p, 1)), axis=-1))


def wishart(x: Any, df: Any, scale: Any) -> Any:
    """KBJ 48; Anderson, An Introduction to Multivariate Statistical Analysis (2003), eq. 7.2.2."""
    x, size, matrix = _matrices(x, scale)
    log_x, log_scale = np.linalg.slogdet(x)[1], np.linalg.slogdet(matrix)[1]
    trace = np.einsum("ij,ji->", np.linalg.inv(matrix), x)
    start = 0.5 * (df - size - 1) * log_x - 0.5 * trace
    return start - 0.5 * df * (size * log(2) + log_scale) - _log_multigamma(0.5 * df, size)


def inverse_wishart(x: Any, df: Any, scale: Any) -> Any:
    """Anderson (2003), eq. 7.7.2."""
    x, size, matrix = _matrices(x, scale)
    log_x, log_scale = np.linalg.slogdet(x)[1], np.linalg.slogdet(matrix)[1]
    trace = np.einsum("ij,ji->", matrix, np.linalg.inv(x))
    start = 0.5 * df * log_scale - 0.5 * trace - 0.5 * (df + size + 1) * log_x
    return start - 0.5 * df * size * log(2) - _log_multigamma(0.5 * df, size)


def _log_multigamma(a: Any, size: int) -> Any:
    """DLMF 35.3.4."""
    start = size * (size - 1) / 4 * log(pi)
    return start + sum(sp.gammaln(a - k / 2) for k in range(size))


def _matrices(x: Any, scale: Any) -> tuple[Any, int, Any]:
    x, scale = as_array(x), as_array(scale)
    if np.ndim(x) != 2 or np.ndim(scale) != 2:
        _refuse("a Wishart law of anything but one matrix", "Pass x and scale as square matrices, one at a time.")
    return _symmetric(x), int(np.shape(x)[0]), _symmetric(scale)


def _refuse(what: str, way: str) -> None:
    raise CaptureError(
        located(f"{what} cannot be recorded", user_line())
        + f"\n    {way}\n    Or write its formula with NumPy and scipy.special."
    )


def _exponential(rule: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: np.exp(rule(*args, **kwargs))


def _density(rule: Callable[..., Any]) -> Rules:
    return {"logpdf": rule, "pdf": _exponential(rule)}


MULTIVARIATE: dict[str, Rules] = {
    "multivariate_normal": _density(normal), "multivariate_t": _density(student), "dirichlet": _density(dirichlet),
    "wishart": _density(wishart), "invwishart": _density(inverse_wishart),
    "multinomial": {"logpmf": multinomial, "pmf": _exponential(multinomial)},
}  # fmt: skip

# Under which names SciPy's frozen laws keep their parameters.
KEPT: Mapping[str, tuple[str, ...]] = {
    "multivariate_normal_frozen": ("mean", "cov"), "multivariate_t_frozen": ("loc", "shape", "df"),
    "dirichlet_frozen": ("alpha",), "multinomial_frozen": ("n", "p"), "wishart_frozen": ("df", "scale"),
    "invwishart_frozen": ("df", "scale"),
}  # fmt: skip


def frozen_parameters(frozen: Any) -> tuple[Any, ...] | None:
    """The parameters of a frozen law that was made outside the trace; None if it is not one of these."""
    names = KEPT.get(type(frozen).__name__)
    return None if names is None else tuple(getattr(frozen, name) for name in names)
