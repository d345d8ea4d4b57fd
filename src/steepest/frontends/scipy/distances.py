"""scipy.spatial.distance in a trace: distances of vectors, of all pairs of rows, of the pairs of one set of rows.

Deza & Deza, Encyclopedia of Distances (2016), chapter 17.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import UnknownFunctionError, located, user_line
from steepest.frontends.tracing.tracer import as_expr, call
from steepest.frontends.tracing.translation import once_imported, translates_with_values

Metric = Callable[..., Any]


def _array(x: Any) -> Any:
    return call(np.asarray, (x,), {})


def _weighted(terms: Any, w: Any) -> Any:
    return np.sum(terms if w is None else w * terms, axis=-1)


def euclidean(u: Any, v: Any, w: Any = None) -> Any:
    """Of two equal vectors 0, and so are its derivatives."""
    return np.linalg.norm(u - v if w is None else np.sqrt(w) * (u - v), axis=-1)


def squared(u: Any, v: Any, w: Any = None) -> Any:
    return _weighted((u - v) ** 2, w)


def cityblock(u: Any, v: Any, w: Any = None) -> Any:
    return _weighted(np.abs(u - v), w)


def chebyshev(u: Any, v: Any, w: Any = None) -> Any:
    return np.max(np.abs(u - v) if w is None else np.where(np.greater(w, 0), np.abs(u - v), 0.0), axis=-1)


def minkowski(u: Any, v: Any, p: Any = 2, w: Any = None) -> Any:
    return _weighted(np.abs(u - v) ** p, w) ** (1 / p)


def cosine(u: Any, v: Any, w: Any = None) -> Any:
    return 1 - _weighted(u * v, w) / np.sqrt(_weighted(u * u, w) * _weighted(v * v, w))


def correlation(u: Any, v: Any, w: Any = None) -> Any:
    """Of vectors about their means."""
    total = np.shape(u)[-1] if w is None else np.sum(w)
    u, v = (x - (_weighted(x, w) / total)[..., None] for x in (u, v))
    return cosine(u, v, w)


def canberra(u: Any, v: Any, w: Any = None) -> Any:
    return _weighted(np.abs(u - v) / (np.abs(u) + np.abs(v)), w)


def braycurtis(u: Any, v: Any, w: Any = None) -> Any:
    return _weighted(np.abs(u - v), w) / _weighted(np.abs(u + v), w)


def mahalanobis(u: Any, v: Any, VI: Any) -> Any:
    return np.sqrt(np.einsum("...i,ij,...j->...", u - v, _array(VI), u - v))


def seuclidean(u: Any, v: Any, V: Any) -> Any:
    return euclidean(u, v, 1 / _array(V))


def jensenshannon(p: Any, q: Any, base: Any = None) -> Any:
    """The root of the mean divergence from the mean law; Endres & Schindelin (2003)."""
    p, q = (x / np.sum(x, axis=-1, keepdims=True) for x in (p, q))
    middle = (p + q) / 2
    found = sum(np.sum(x * np.log(x / middle), axis=-1) for x in (p, q)) / 2
    return np.sqrt(found if base is None else found / np.log(base))


METRICS: dict[str, Metric] = {
    "euclidean": euclidean, "sqeuclidean": squared, "cityblock": cityblock, "chebyshev": chebyshev,
    "minkowski": minkowski, "cosine": cosine, "correlation": correlation, "canberra": canberra,
    "braycurtis": braycurtis, "mahalanobis": mahalanobis, "seuclidean": seuclidean, "jensenshannon": jensenshannon,
}  # fmt: skip
NEEDED = {"mahalanobis": "VI", "seuclidean": "V"}  # settings that SciPy would find from the rows


def metric_of(name: Any, settings: dict[str, Any]) -> Metric:
    found = METRICS.get(name) if isinstance(name, str) else None
    if found is None or (NEEDED.get(name, "p") not in settings and name in NEEDED):
        known = ", ".join(METRICS)
        raise UnknownFunctionError(
            located(f"no derivative of the metric {name!r} is known, or what it needs is not given", user_line())
            + f"\n    Known are {known}; give VI= and V= for those that need them,"
            "\n    or write the distance with NumPy."
        )
    return functools.partial(found, **settings)


def cdist(XA: Any, XB: Any, metric: Any = "euclidean", *, out: Any = None, **settings: Any) -> Any:
    return metric_of(metric, settings)(_array(XA)[:, None, :], _array(XB)[None, :, :])


def pdist(X: Any, metric: Any = "euclidean", *, out: Any = None, **settings: Any) -> Any:
    rows = _array(X)
    first, second = np.triu_indices(int(np.shape(rows)[0]), 1)
    return metric_of(metric, settings)(rows[first], rows[second])


@once_imported("scipy.spatial.distance")
def enter(module: Any) -> None:
    for name, metric in METRICS.items():
        translates_with_values(getattr(module, name))(_of_vectors(metric))
    for function, rule in ((module.cdist, cdist), (module.pdist, pdist)):
        translates_with_values(function)(_as_expression(rule))


def _of_vectors(metric: Metric) -> Callable[..., Any]:
    return lambda u, v, *args, **kwargs: as_expr(metric(_array(u), _array(v), *args, **kwargs))


def _as_expression(rule: Metric) -> Callable[..., Any]:
    return lambda *args, **kwargs: as_expr(rule(*args, **kwargs))
