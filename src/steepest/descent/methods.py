"""The methods by name: which options each has, whether it keeps to bounds, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.api.calculus import fisher_information
from steepest.api.transforms import jit
from steepest.errors import ArgumentError

from . import quasi_newton
from .batches import batches_of, descend_in_batches
from .diagnosis import largest_curvature
from .first_order import Stance, descend
from .gauss_newton import gauss_newton
from .legs import Leg
from .objective import Objective
from .options import Options
from .path import Floats
from .quadratic import is_quadratic
from .reasons import Reason
from .residuals import Residuals
from .rules.adam import Adam
from .rules.gradient_descent import GradientDescent
from .rules.momentum import Momentum
from .rules.natural_gradient import NaturalGradient
from .rules.nesterov import Nesterov
from .rules.rule import Rule
from .run import Run
from .searches.armijo import Armijo
from .searches.exact import Exact
from .searches.fixed import Fixed
from .searches.inside import Inside
from .searches.search import Search
from .searches.wolfe import Wolfe

BATCH = 32
EPOCHS = 1000
LEARNING_RATE = 1e-2  # Adam's, beside the size of the largest parameter
HEAVY = 0.9
LOOKED_AT = 8  # batches whose curvature bounds the step


@dataclass(frozen=True, eq=False)
class Task:
    """What a method is given."""

    objective: Objective
    run: Run
    options: Options
    residuals: Residuals | None
    stance: dict[str, Floats]  # of the run before, where one goes on
    keep: Callable[[dict[str, Floats]], None]


@dataclass(frozen=True)
class Method:
    """How a method is run: the legs it may go on with, in turn."""

    legs: Callable[[Task], Sequence[Leg]]
    options: frozenset[str] = frozenset()
    takes_bounds: bool = False
    is_replayed: bool = True  # whether a run is taken up by doing it again, with nobody told of what was told before
    iterations: Callable[[int], int] = lambda n: min(2000 + 100 * n, 20_000)  # at most, by the number of parameters


# --- SciPy's --------------------------------------------------------------------------------------------


def _from_scipy(*legs: quasi_newton.Leg) -> Callable[[Task], Sequence[Leg]]:
    def made(task: Task) -> Sequence[Leg]:
        return [lambda x, leg=leg: leg(task.objective, task.run, x) for leg in legs]  # type: ignore[misc]

    return made


def _gauss_newton(task: Task) -> Sequence[Leg]:
    assert task.residuals is not None
    residuals = task.residuals
    return [lambda x: gauss_newton(residuals, task.objective, task.run, x)]


# --- ours -----------------------------------------------------------------------------------------------


def _searched(options: Options, task: Task, armijo: Armijo, x: Floats) -> Search:
    """Fixed where a step is given; exact where f is a quadratic; else by Armijo's rule."""
    name, is_free = options.search, bool(np.isinf([task.run.bounds.low, task.run.bounds.high]).all())
    if name is None:
        if options.step is not None:
            return Fixed()
        return Exact() if armijo.decrease < 0.5 and is_free and is_quadratic(task.objective, x) else armijo
    if name == "exact" and not (is_free and is_quadratic(task.objective, x)):
        why = "the Hessian of this function depends on the parameters" if is_free else "there are bounds"
        raise ArgumentError(f'search="exact" is for quadratics without bounds: {why}\n    Take "armijo" or "wolfe".')
    named: Mapping[str, Search] = {"armijo": armijo, "exact": Exact(), "wolfe": Wolfe(), "fixed": Fixed()}
    return named[name]


def _ruled(
    rule: Callable[[Task], Rule], armijo: Armijo, search: Search | None = None, batch: int | None = None
) -> Callable[[Task], Sequence[Leg]]:
    """A rule × the search the options say, on all rows or on mini-batches."""

    def made(task: Task) -> Sequence[Leg]:
        update, options = rule(task), task.options
        size = batch if options.batch_size is None else options.batch_size
        if size is not None and options.search not in (None, "fixed"):
            raise ArgumentError("mini-batches go with a fixed step: a search on one batch fits that batch alone")
        batches = None if size is None else batches_of(task.objective, size, options.seed)

        def begun(x: Floats) -> Stance:
            if "length" in task.stance:  # an earlier run stood amid its steps
                taken, length, trial = dict(task.stance), float(task.stance["length"][0]), task.stance["trial"]
                task.stance.clear()
                del taken["x"], taken["length"], taken["trial"]
                return Stance(x, length, taken, trial)
            return Stance(x, first_step(x), update.start(x))

        def first_step(x: Floats) -> float:
            if options.step is not None:
                return float(options.step)
            if isinstance(update, Adam):
                return LEARNING_RATE * (float(np.max(np.abs(x))) or 1.0)
            if isinstance(update, NaturalGradient):
                return 1.0
            pieces = [task.objective] if batches is None else [p for _, p in batches.pieces(0)][:LOOKED_AT]
            curvature = max(largest_curvature(piece, x) for piece in pieces)
            return 1 / curvature if curvature > 0 else 1.0

        def keep(stance: Stance) -> None:
            task.keep({**stance.memory, "x": stance.x, "length": np.array([stance.length]), "trial": stance.trial})

        def leg(x: Floats) -> Reason:
            stance = begun(x)
            if batches is not None:
                if task.run.visits <= 1:
                    batches.require_mean(x)
                batches.warm(x)
                return descend_in_batches(batches, task.run, update, stance, options.step is None, keep)
            chosen = search if search is not None and options.search is None else _searched(options, task, armijo, x)
            return descend(task.objective, task.run, update, chosen, stance, keep)

        return [leg]

    return made


def _natural(task: Task) -> Rule:
    options, unpack, pack = task.options, task.objective.parameters.unpack, task.objective.parameters.pack_square

    def as_matrix(found: Any) -> Any:
        return found if isinstance(found, np.ndarray) else pack(found)

    if options.metric is not None:
        metric = options.metric
        return NaturalGradient(lambda x: as_matrix(metric(unpack(x))))
    if options.log_density is None or options.samples is None:
        raise ArgumentError(
            'the method "natural-gradient" needs a metric: options={"metric": θ ↦ matrix}, or {"log_density": '
            "ℓ(θ, sample), \"samples\": …}, whose Fisher information is taken"
        )  # fmt: skip
    log_density, samples = jit(options.log_density), options.samples
    return NaturalGradient(lambda x: fisher_information(lambda t, s: log_density(unpack(t), s), x, samples))


def _momentum(task: Task) -> Rule:
    return Momentum(HEAVY if task.options.momentum is None else task.options.momentum)


def _adam(task: Task) -> Rule:
    return Adam(task.options.beta1, task.options.beta2, task.options.epsilon)


COMMON = frozenset({"maxiter", "state"})
STEPS = COMMON | {"step", "search", "batch_size", "seed"}
STEADY = Armijo(decrease=0.5, growth=1.1)  # what momentum is safe with: steps below 1/λmax


def _first_order(legs: Callable[[Task], Sequence[Leg]], options: frozenset[str], most: int = 20_000) -> Method:
    return Method(legs, options, takes_bounds=True, is_replayed=False, iterations=lambda n: most)


DEFAULT, DEFAULT_OF_MANY, DEFAULT_WITH_BOUNDS = "default", "l-bfgs", "l-bfgs"
MANY = 200  # parameters, beyond which the default forms no Hessian

METHODS: Mapping[str, Method] = {
    DEFAULT: Method(_from_scipy(quasi_newton.trust_region, quasi_newton.bfgs), COMMON),
    "gradient-descent": _first_order(_ruled(lambda task: GradientDescent(), Armijo()), STEPS),
    "sgd": _first_order(_ruled(lambda task: GradientDescent(), Armijo(), batch=BATCH), STEPS - {"search"}, EPOCHS),
    "momentum": _first_order(_ruled(_momentum, STEADY), STEPS | {"momentum"}),
    "nesterov": _first_order(_ruled(lambda task: Nesterov(task.options.momentum), STEADY), STEPS | {"momentum"}),
    "adam": _first_order(_ruled(_adam, Armijo(), Inside()), STEPS | {"beta1", "beta2", "epsilon"}),
    "natural-gradient": _first_order(
        _ruled(_natural, Armijo(growth=4.0, shrink=0.25), Armijo(growth=4.0, shrink=0.25)),
        COMMON | {"step", "search", "metric", "log_density", "samples"},
    ),
    "bfgs": Method(_from_scipy(quasi_newton.bfgs), COMMON),
    "l-bfgs": Method(_from_scipy(quasi_newton.l_bfgs), COMMON, takes_bounds=True),
    "newton": Method(_from_scipy(quasi_newton.newton, quasi_newton.trust_region), COMMON),
    "trust-region": Method(_from_scipy(quasi_newton.trust_region), COMMON),
    "gauss-newton": Method(_gauss_newton, COMMON, takes_bounds=True),
}  # fmt: skip


def method_of(name: Any, size: int, has_bounds: bool) -> tuple[str, Method]:
    """The method of that name, or for None the one that suits. Raises ArgumentError for other names."""
    if name is None:
        name = DEFAULT_WITH_BOUNDS if has_bounds else DEFAULT if size <= MANY else DEFAULT_OF_MANY
    if not isinstance(name, str) or name.lower() not in METHODS:
        raise ArgumentError(f"there is no method {name!r}; there are {', '.join(n for n in METHODS if n != DEFAULT)}")
    found = METHODS[name.lower()]
    if has_bounds and not found.takes_bounds:
        those = ", ".join(n for n, m in METHODS.items() if m.takes_bounds)
        raise ArgumentError(f"the method {name!r} does not keep to bounds; these do: {those}")
    return name.lower(), found
