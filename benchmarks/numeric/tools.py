"""Who is measured: how users of each tool ask for a derivative at a point, and for a gradient."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from steepest import numeric

Function = Callable[[Any], Any]
Found = tuple[Any, Any]  # value and error, None where the tool gives no estimate


@dataclass(frozen=True)
class Tool:
    """`derivative` takes f, x and the order; `gradient` and, where there is one, `hessian` take f and x."""

    title: str
    module: str
    derivative: Callable[[Function, float, int], Found]
    gradient: Callable[[Function, Any], Found]
    highest: int = 1  # order
    hessian: Callable[[Function, Any], Found] | None = None

    @property
    def package(self) -> str:
        """What is installed."""
        return self.module.split(".")[0]

    @property
    def version(self) -> str:
        return version(self.package)

    @property
    def is_installed(self) -> bool:
        try:
            importlib.import_module(self.module)
        except ImportError:
            return False
        return True


def _ours(method: str) -> dict[str, Any]:
    def derivative(f: Function, x: float, n: int) -> Found:
        result = numeric.derivative(f, x, n, method=method)
        return result.value, result.error

    def gradient(f: Function, x: Any) -> Found:
        result = numeric.gradient(f, x, method=method)
        return result.value, result.error

    def hessian(f: Function, x: Any) -> Found:
        result = numeric.hessian(f, x, method=method)
        return result.value, result.error

    return {"derivative": derivative, "gradient": gradient, "hessian": hessian, "highest": 10}


def _numdifftools(f: Function, x: float, n: int) -> Found:
    found = importlib.import_module("numdifftools").Derivative(f, n=n, full_output=True)(x)
    return found.estimate, found.error_estimate


def _numdifftools_gradient(f: Function, x: Any) -> Found:
    found = importlib.import_module("numdifftools").Gradient(f, full_output=True)(x)
    return found.estimate, found.error_estimate


def _numdifftools_hessian(f: Function, x: Any) -> Found:
    found = importlib.import_module("numdifftools").Hessian(f, full_output=True)(x)
    return found.estimate, found.error_estimate


def _scipy(f: Function, x: float, n: int) -> Found:
    result = importlib.import_module("scipy.differentiate").derivative(np.vectorize(f, otypes=[float]), x)
    return result.df, result.error


def _scipy_gradient(f: Function, x: Any) -> Found:
    result = importlib.import_module("scipy.differentiate").jacobian(_of_columns(f), x)
    return result.df, result.error


def _scipy_hessian(f: Function, x: Any) -> Found:
    result = importlib.import_module("scipy.differentiate").hessian(_of_columns(f), x)
    return result.ddf, result.error


def _of_columns(f: Function) -> Function:
    return lambda points: np.apply_along_axis(f, 0, points)


def _jacobi(f: Function, x: float, n: int) -> Found:
    value, error = importlib.import_module("jacobi").jacobi(f, x)
    return value, error


def _statsmodels(f: Function, x: float, n: int) -> Found:
    numdiff = importlib.import_module("statsmodels.tools.numdiff")
    return numdiff.approx_fprime(np.array([x]), lambda p: f(p[0]), centered=True), None


def _statsmodels_gradient(f: Function, x: Any) -> Found:
    return importlib.import_module("statsmodels.tools.numdiff").approx_fprime(x, f, centered=True), None


def _statsmodels_complex(f: Function, x: float, n: int) -> Found:
    return importlib.import_module("statsmodels.tools.numdiff").approx_fprime_cs(np.array([x]), lambda p: f(p[0])), None


def _statsmodels_complex_gradient(f: Function, x: Any) -> Found:
    return importlib.import_module("statsmodels.tools.numdiff").approx_fprime_cs(x, f), None


def _statsmodels_hessian(f: Function, x: Any) -> Found:
    return importlib.import_module("statsmodels.tools.numdiff").approx_hess(x, f), None


def _statsmodels_complex_hessian(f: Function, x: Any) -> Found:
    return importlib.import_module("statsmodels.tools.numdiff").approx_hess_cs(x, f), None


def _optimize(f: Function, x: float, n: int) -> Found:
    return importlib.import_module("scipy.optimize").approx_fprime(np.array([x]), lambda p: f(p[0])), None


def _optimize_gradient(f: Function, x: Any) -> Found:
    return importlib.import_module("scipy.optimize").approx_fprime(x, f), None


TOOLS = (
    Tool("steepest", "steepest", **_ours("auto")),
    Tool("steepest, real values only", "steepest", **_ours("richardson")),
    Tool("numdifftools", "numdifftools", _numdifftools, _numdifftools_gradient, 10, _numdifftools_hessian),
    Tool("scipy.differentiate", "scipy.differentiate", _scipy, _scipy_gradient, hessian=_scipy_hessian),
    Tool("jacobi", "jacobi", _jacobi, lambda f, x: _jacobi(f, x, 1)),
    Tool(
        "statsmodels, centred",
        "statsmodels.tools.numdiff",
        _statsmodels,
        _statsmodels_gradient,
        hessian=_statsmodels_hessian,
    ),
    Tool(
        "statsmodels, complex step",
        "statsmodels.tools.numdiff",
        _statsmodels_complex,
        _statsmodels_complex_gradient,
        hessian=_statsmodels_complex_hessian,
    ),
    Tool("scipy.optimize.approx_fprime", "scipy.optimize", _optimize, _optimize_gradient),
)
