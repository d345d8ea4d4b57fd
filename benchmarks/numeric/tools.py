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
    """`derivative` takes f, x and the order; `gradient` takes f and x."""

    title: str
    module: str
    derivative: Callable[[Function, float, int], Found]
    gradient: Callable[[Function, Any], Found]
    highest: int = 1  # order

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


def _ours(method: str) -> tuple[Any, Any]:
    def derivative(f: Function, x: float, n: int) -> Found:
        result = numeric.derivative(f, x, n, method=method)
        return result.value, result.error

    def gradient(f: Function, x: Any) -> Found:
        result = numeric.gradient(f, x, method=method)
        return result.value, result.error

    return derivative, gradient


def _numdifftools(f: Function, x: float, n: int) -> Found:
    found = importlib.import_module("numdifftools").Derivative(f, n=n, full_output=True)(x)
    return found.estimate, found.error_estimate


def _numdifftools_gradient(f: Function, x: Any) -> Found:
    found = importlib.import_module("numdifftools").Gradient(f, full_output=True)(x)
    return found.estimate, found.error_estimate


def _scipy(f: Function, x: float, n: int) -> Found:
    result = importlib.import_module("scipy.differentiate").derivative(np.vectorize(f, otypes=[float]), x)
    return result.df, result.error


def _scipy_gradient(f: Function, x: Any) -> Found:
    def columns(points: Any) -> Any:
        return np.apply_along_axis(f, 0, points)

    result = importlib.import_module("scipy.differentiate").jacobian(columns, x)
    return result.df, result.error


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


def _optimize(f: Function, x: float, n: int) -> Found:
    return importlib.import_module("scipy.optimize").approx_fprime(np.array([x]), lambda p: f(p[0])), None


def _optimize_gradient(f: Function, x: Any) -> Found:
    return importlib.import_module("scipy.optimize").approx_fprime(x, f), None


TOOLS = (
    Tool("steepest", "steepest", *_ours("auto"), highest=10),
    Tool("steepest, real values only", "steepest", *_ours("richardson"), highest=10),
    Tool("numdifftools", "numdifftools", _numdifftools, _numdifftools_gradient, highest=10),
    Tool("scipy.differentiate", "scipy.differentiate", _scipy, _scipy_gradient),
    Tool("jacobi", "jacobi", _jacobi, lambda f, x: _jacobi(f, x, 1)),
    Tool("statsmodels, centred", "statsmodels.tools.numdiff", _statsmodels, _statsmodels_gradient),
    Tool("statsmodels, complex step", "statsmodels.tools.numdiff", _statsmodels_complex, _statsmodels_complex_gradient),
    Tool("scipy.optimize.approx_fprime", "scipy.optimize", _optimize, _optimize_gradient),
)
