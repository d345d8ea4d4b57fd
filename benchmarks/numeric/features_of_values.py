"""What tools can do that differentiate a function by its values."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest import numeric

from .features import Feature, Probe, without

Function = Callable[[Any], Any]
Found = tuple[Any, Any]  # value and error, None where the tool gives none
CLOSE = 1e-4  # relative: what counts as an answer at all
HIGHEST = 10
VARIABLES = 50
TRIALS = 10  # with noise


@dataclass(frozen=True)
class Differentiator:
    """`derivative` takes f, x, the order and what else the tool can be told; `hessian` gives a matrix.

    `told` has, for what a user may want to say, how it is said: words for the page, and keywords.
    """

    title: str
    modules: tuple[str, ...]
    derivative: Callable[..., Found]
    gradient: Callable[[Function, Any], Found]
    hessian: Callable[[Function, Any], Any] | None = None
    told: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    extra: Mapping[str, Probe] = field(default_factory=dict)  # probes of its own, by the title of the row

    def lacks(self, *words: str) -> str:
        return without(self.modules, *words)


# --- how each is asked --------------------------------------------------------------------------------------


def _ours(f: Function, x: Any, n: int = 1, **told: Any) -> Found:
    result = numeric.derivative(f, x, n, **told)
    return result.value, result.error


def _ours_gradient(f: Function, x: Any) -> Found:
    result = numeric.gradient(f, x)
    return result.value, result.error


def _numdifftools(f: Function, x: Any, n: int = 1, **told: Any) -> Found:
    found = importlib.import_module("numdifftools").Derivative(f, n=n, full_output=True, **told)(x)
    return found.estimate, found.error_estimate


def _numdifftools_gradient(f: Function, x: Any) -> Found:
    found = importlib.import_module("numdifftools").Gradient(f, full_output=True)(x)
    return found.estimate, found.error_estimate


def _first_order(n: int) -> None:
    if n != 1:
        raise NotImplementedError(f"order {n}")


def _scipy(f: Function, x: Any, n: int = 1, **told: Any) -> Found:
    _first_order(n)
    result = importlib.import_module("scipy.differentiate").derivative(f, x, **told)
    return result.df, result.error


def _scipy_gradient(f: Function, x: Any) -> Found:
    result = importlib.import_module("scipy.differentiate").jacobian(f, x)
    return result.df, result.error


def _jacobi(f: Function, x: Any, n: int = 1, **told: Any) -> Found:
    _first_order(n)
    found: Found = importlib.import_module("jacobi").jacobi(f, x, **told)
    return found


def _numdiff() -> Any:
    return importlib.import_module("statsmodels.tools.numdiff")


def _statsmodels(f: Function, x: Any, n: int = 1, **told: Any) -> Found:
    _first_order(n)
    way = told.pop("way", "approx_fprime")
    return getattr(_numdiff(), way)(np.array([x]), lambda p: f(p[0]), **told), None


DIFFERENTIATORS = (
    Differentiator(
        "steepest",
        ("steepest.numeric",),
        _ours,
        _ours_gradient,
        lambda f, x: numeric.hessian(f, x).value,
        told={
            "bounds": ("`bounds=`", {"bounds": (0.0, 1.0)}),
            "complex step": ('`method="complex-step"`', {"method": "complex-step"}),
            "one side": ('`method="forward"`', {"method": "forward"}),
            "noise": ("`noise=`", {"noise": 1e-6}),
            "scale": ("`scale=`", {"scale": 1e-3}),
        },
        extra={
            "along a direction": lambda: _close(numeric.directional(_bowl, np.array([1.0, 2.0]), [0, 1.0]).value, 4.0),
            "in parallel": lambda: _close(numeric.hessian(_bowl, np.array([1.0, 2.0]), workers=2).value, 2 * np.eye(2)),
        },
    ),
    Differentiator(
        "numdifftools",
        ("numdifftools", "numdifftools.limits"),
        _numdifftools,
        _numdifftools_gradient,
        lambda f, x: importlib.import_module("numdifftools").Hessian(f)(x),
        told={
            "complex step": ('`method="complex"`', {"method": "complex"}),
            "one side": ('`method="forward"`', {"method": "forward"}),
            "scale": ("`step=`", {"step": 1e-3}),
        },
        extra={
            "along a direction": lambda: _close(
                importlib.import_module("numdifftools").directionaldiff(_bowl, [1.0, 2.0], [0, 1.0]), 4.0
            ),
            "limits and residues": lambda: _close(
                importlib.import_module("numdifftools.limits").Limit(lambda x: np.sin(x) / x)(0), 1.0
            ),
        },
    ),
    Differentiator(
        "scipy.differentiate",
        ("scipy.differentiate",),
        _scipy,
        _scipy_gradient,
        lambda f, x: importlib.import_module("scipy.differentiate").hessian(f, x).ddf,
        told={
            "one side": ("`step_direction=`", {"step_direction": 1}),
            "scale": ("`initial_step=`", {"initial_step": 1e-3}),
        },
    ),
    Differentiator(
        "jacobi",
        ("jacobi",),
        _jacobi,
        _jacobi,
        told={"one side": ("`method=1`", {"method": 1}), "scale": ("`step=`", {"step": (1e-3, 0.5)})},
        extra={
            "errors of the inputs carried through": lambda: _close(
                importlib.import_module("jacobi").propagate(lambda x: x**2, [1.0, 2.0], 0.1 * np.eye(2))[1],
                np.diag([0.4, 1.6]),
            )
        },
    ),
    Differentiator(
        "statsmodels",
        ("statsmodels.tools.numdiff",),
        _statsmodels,
        lambda f, x: (_numdiff().approx_fprime(x, f, centered=True), None),
        lambda f, x: _numdiff().approx_hess(x, f),
        told={
            "complex step": ("`approx_fprime_cs`", {"way": "approx_fprime_cs"}),
            "one side": ("`centered=False`", {"centered": False}),
            "scale": ("`epsilon=`", {"epsilon": 1e-3}),
        },
    ),
)


# --- what is asked ------------------------------------------------------------------------------------------


def _bowl(x: Any) -> Any:
    return x[0] ** 2 + x[1] ** 2


def _is_close(found: Any, truth: Any, relative: float = CLOSE) -> bool:
    found, size = np.asarray(found, float), float(np.max(np.abs(truth)))
    return bool(np.all(np.abs(found - truth) <= relative * size))


def _close(found: Any, truth: Any) -> str:
    return "yes" if _is_close(found, truth) else "no"


class Watched:
    """A function that remembers how it was called."""

    def __init__(self, f: Function) -> None:
        self.f = f
        self.calls = 0
        self.points: list[float] = []
        self.is_complex = False

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        self.points += np.ravel(np.real(x)).tolist()
        self.is_complex |= np.iscomplexobj(x)
        return self.f(x)


def _orders(d: Differentiator) -> str:
    """Up to which order the derivatives of exp at 0.5 have four digits."""
    highest = 0
    for n in range(1, HIGHEST + 1):
        try:
            value, _ = d.derivative(np.exp, 0.5, n)
        except (NotImplementedError, ValueError):
            break
        if not _is_close(value, math.exp(0.5)):
            break
        highest = n
    return str(highest)


def _error_estimate(d: Differentiator) -> str:
    return "no" if d.derivative(np.exp, 0.5)[1] is None else "yes"


def _own_scale(d: Differentiator) -> str:
    """Functions of small and of fast variables, without a word of their scale."""
    near, fast = d.derivative(np.log, 1e-9)[0], d.derivative(lambda x: np.sin(1e6 * x), 1.0)[0]
    return "yes" if _is_close(near, 1e9) and _is_close(fast, 1e6 * math.cos(1e6)) else "no"


def _told_scale(d: Differentiator) -> str:
    """Told of a thousandth, whether it stays within a hundredth of 1."""
    words, keywords = d.told["scale"]
    f = Watched(np.exp)
    d.derivative(f, 1.0, **keywords)
    return words if 0 < np.abs(np.array(f.points) - 1).max() < 1e-2 else "no"


def _half(x: Any) -> Any:
    """exp, from 0 on only."""
    return np.where(x >= 0, np.exp(x), np.nan)


def _one_side_told(d: Differentiator) -> str:
    words, keywords = d.told["one side"]
    return words if _is_close(d.derivative(_half, 0.0, **keywords)[0], 1.0) else "no"


def _one_side_found(d: Differentiator) -> str:
    return _close(d.derivative(_half, 0.0)[0], 1.0)


def _bounds(d: Differentiator) -> str:
    if "bounds" not in d.told:
        return d.lacks("bound")
    words, keywords = d.told["bounds"]
    f = Watched(np.exp)
    value, _ = d.derivative(f, 0.999, **keywords)
    return words if _is_close(value, math.exp(0.999)) and min(f.points) >= 0 and max(f.points) <= 1 else "no"


def _noisy(seed: int) -> Function:
    """exp with noise of about 1e-6."""
    rng = np.random.default_rng(seed)
    return lambda x: np.exp(x) + 1e-6 * rng.normal(size=np.shape(x))


def _noise_found(d: Differentiator) -> str:
    """In how many of TRIALS two digits are left, and the estimate covers what is lost."""
    held = 0
    for seed in range(TRIALS):
        value, error = (np.nan if v is None else float(np.ravel(v)[0]) for v in d.derivative(_noisy(seed), 0.7))
        held += abs(value - math.exp(0.7)) <= min(error, 1e-2 * math.exp(0.7))
    return f"{held} of {TRIALS}"


def _noise_told(d: Differentiator) -> str:
    if "noise" not in d.told:
        return d.lacks("noise")
    words, keywords = d.told["noise"]
    values = [d.derivative(_noisy(seed), 0.7, **keywords)[0] for seed in range(TRIALS)]
    return words if _is_close(values, math.exp(0.7), 1e-2) else "no"


def _broken(f: Function, x: float) -> Callable[[Differentiator], str]:
    """Whether a point without a derivative is told from others: by no value, or an error as large as it."""

    def probe(d: Differentiator) -> str:
        value, error = (float(np.ravel(v)[0]) if v is not None else 0.0 for v in d.derivative(f, x))
        return "yes" if not math.isfinite(value) or error > 0.1 * max(1.0, abs(value)) else "no"

    return probe


def _complex_told(d: Differentiator) -> str:
    if "complex step" not in d.told:
        return d.lacks("complex")
    words, keywords = d.told["complex step"]
    return words if _is_close(d.derivative(np.exp, 0.5, **keywords)[0], math.exp(0.5), 4e-16) else "no"


def _complex_found(d: Differentiator) -> str:
    """Unasked: whether f is ever given a complex number."""
    f = Watched(np.exp)
    d.derivative(f, 0.5)
    return "yes" if f.is_complex else "no"


def _calls(d: Differentiator) -> str:
    """Of f, in a gradient of many variables, where f takes many points at once."""
    f = Watched(lambda x: np.sum(np.asarray(x) ** 3, axis=0))
    x = np.linspace(1, 2, VARIABLES)
    value, _ = d.gradient(f, x)
    return str(f.calls) if _is_close(value, 3 * x**2) else "wrong"


def _one_point(d: Differentiator) -> str:
    """A function of one point at a time, with a condition in it."""

    def single(x: Any) -> Any:
        return math.sin(x[0]) * float(x[1]) if x[1] > 0 else 0.0

    return _close(d.gradient(single, np.array([0.5, 2.0]))[0], [2 * math.cos(0.5), math.sin(0.5)])


def _hessian(d: Differentiator) -> str:
    if d.hessian is None:
        return d.lacks("hess")
    found = d.hessian(lambda x: x[0] ** 2 * x[1] + np.sin(x[1]), np.array([1.0, 2.0]))
    return _close(found, np.array([[4.0, 2.0], [2.0, -math.sin(2)]]))


def _own(title: str, *words: str) -> Callable[[Differentiator], str]:
    def probe(d: Differentiator) -> str:
        return d.extra[title]() if title in d.extra else d.lacks(*words)

    return probe


ROWS: Mapping[str, Callable[[Differentiator], str]] = {
    "highest order with four digits, exp at 0.5, up to 10": _orders,
    "an estimate of the error": _error_estimate,
    "step from the function's own scale": _own_scale,
    "scale or step of one's own": _told_scale,
    "one-sided, where `f` ends: found out": _one_side_found,
    "one-sided: told": _one_side_told,
    "never outside of bounds": _bounds,
    "noise of 1e-6, unasked: within the error, and that small": _noise_found,
    "noise: told": _noise_told,
    "a kink is told from other points": _broken(np.abs, 0.0),
    "a jump is": _broken(np.floor, 1.0),
    "a vertical slope is": _broken(np.cbrt, 0.0),
    "complex step": _complex_told,
    "complex step where `f` proves analytic, unasked": _complex_found,
    f"calls of a vectorised `f` for {VARIABLES} partial derivatives": _calls,
    "`f` of one point at a time": _one_point,
    "Hessian": _hessian,
    "along a direction": _own("along a direction", "directional"),
    "in parallel": _own("in parallel", "worker", "parallel"),
    "limits and residues": _own("limits and residues", "limit", "residue"),
    "errors of the inputs carried through": _own("errors of the inputs carried through", "propagat", "covariance"),
}


def features() -> tuple[Feature, ...]:
    return tuple(
        Feature(title, {d.title: lambda d=d, row=row: row(d) for d in DIFFERENTIATORS}) for title, row in ROWS.items()
    )
