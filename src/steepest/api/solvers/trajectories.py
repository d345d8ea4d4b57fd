"""Differential equations: scipy.integrate.solve_ivp and odeint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest.calculus.implicit.trajectory import trajectory
from steepest.errors import CaptureError, located, user_line
from steepest.expr.build import einsum
from steepest.frontends.tracing.tracer import as_expr
from steepest.ops.rearrange import entry, flatten, reshape

from .calling import Called, Settings, refusal, require_success
from .found import Found
from .unknowns import array, example, number, result, traced

Function = Callable[..., Any]


@dataclass(frozen=True)
class InitialValues:
    """solve_ivp, at given times."""

    function: Function = field(repr=False)  # its address differs from run to run
    settings: Settings
    name: str

    @property
    def accuracy(self) -> float:
        return _accuracy(self.settings.keywords.get("rtol", 1e-3))

    def __call__(self, f: Function, start: Any, end: Any, times: Any, state: Any) -> Any:
        found = self.function(
            lambda t, y: f(np.float64(t), y)[0], (float(start), float(end)), state, t_eval=times,
            **self.settings.keywords,
        )  # fmt: skip
        require_success(self.name, found)
        return np.ascontiguousarray(found.y.T)


def _accuracy(rtol: Any) -> float:
    """Of derivatives, beside the tolerance of each step."""
    return float(min(0.1, 30 * np.max(rtol)))


@dataclass(frozen=True)
class Odeint:
    """odeint, whose first time is where it starts."""

    function: Function = field(repr=False)  # its address differs from run to run
    settings: Settings

    @property
    def accuracy(self) -> float:
        return _accuracy(self.settings.keywords["rtol"] or 1.5e-8)

    def __call__(self, f: Function, start: Any, end: Any, times: Any, state: Any) -> Any:
        return self.function(lambda t, y: f(np.float64(t), y)[0], state, times, tfirst=True, **self.settings.keywords)


def solve_ivp(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        call.refuse("events", "vectorized")
        options = call["options"]
        if callable(options.get("jac")):
            raise refusal(call.name, "jac", "its own Jacobian would not be that of the sensitivities")
        call = call.like(**options)
        settings = call.settings(["method", *options])
        start, end = (number(t) for t in call["t_span"])
        solver = InitialValues(function, settings, call.name)

        def at(times: Any) -> Any:
            """The states at these times, as columns."""
            return result(einsum("ij->ji", as_expr(_states(call, call["fun"], solver, (start, end), times))))

        known = {"success": True, "status": 0, "message": ""}
        if call["dense_output"]:
            known["sol"] = lambda t: at(array(t)) if np.ndim(t) else at(array(t))[:, 0]
        if call["t_eval"] is not None:
            times = array(call["t_eval"])
            return Found(call.name, t=times, y=at(times), **known)
        ends = AtTheEnds(call.name, array(call["y0"]), at(np.reshape(end, (1,)))[:, 0])
        return Found(call.name, t=Ends(call.name, start, end), y=ends, **known)

    return solve


def odeint(function: Function) -> Function:
    def solve(*args: Any, **kwargs: Any) -> Any:
        call = Called(function, args, kwargs)
        call.refuse("Dfun", "full_output", "col_deriv")
        settings = call.settings(["ml", "mu", "rtol", "atol", "tcrit", "h0", "hmax", "hmin", "ixpr", "mxstep", "mxhnil",
                                  "mxordn", "mxords"])  # fmt: skip
        times, rate = array(call["t"]), call["func"]
        f = rate if call["tfirst"] else lambda t, y, *further: rate(y, t, *further)
        span = result(entry(as_expr(times), 0)), result(entry(as_expr(times), len(times) - 1))
        return _states(call, f, Odeint(function, settings), span, times)

    return solve


def _states(call: Called, f: Function, solver: Any, span: tuple[Any, Any], times: Any) -> Any:
    """The states at the times, as rows."""
    further, state = call.further() if call["args"] is not None else (), array(call["y0"])
    found = traced(call.name, lambda t, y: [f(t, y, *further)], [np.float64(example(span[0])), example(state)])
    (rate,) = found.outputs
    if np.prod(rate.shape, dtype=int) != example(state).size:
        raise CaptureError(
            located(f"{call.name}: rates of shape {rate.shape} for a state of {example(state).size}", user_line())
        )
    rate = reshape(rate, example(state).shape) if rate.ndim < 2 else flatten(rate)
    ((body,), parameters) = found.bodies([rate])
    return result(trajectory(body, solver, [as_expr(t) for t in span], as_expr(times), as_expr(state), parameters))


# --- without t_eval ------------------------------------------------------------------------------------------


class AtTheEnds:
    """The states at the times a solver chose: only the first and the last are functions of the inputs.

    How many steps there are in between, and where, changes with them.
    """

    def __init__(self, solver: str, first: Any, last: Any):
        self.solver, self.ends = solver, {0: first, -1: last}

    def __getitem__(self, key: Any) -> Any:
        states, time = key if isinstance(key, tuple) and len(key) == 2 else (key, None)
        if time is None and isinstance(states, int):
            return Ends(self.solver, self.ends[0][states], self.ends[-1][states])
        if isinstance(time, int) and time in self.ends:
            return self.ends[time][states]
        raise _between(self.solver)

    @property
    def T(self) -> _Rows:
        return _Rows(self)

    def __getattr__(self, name: str) -> Any:
        raise _between(self.solver)

    def __iter__(self) -> Any:
        raise _between(self.solver)


class _Rows:
    """The transpose: times first."""

    def __init__(self, states: AtTheEnds):
        self.states = states

    def __getitem__(self, key: Any) -> Any:
        time, *rest = key if isinstance(key, tuple) else (key,)
        return self.states[(rest[0] if rest else slice(None), time)]


class Ends:
    """The times a solver chose, or one state at them: the first and the last are known."""

    def __init__(self, solver: str, first: Any, last: Any):
        self.solver, self.ends = solver, {0: first, -1: last}

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int) and key in self.ends:
            return self.ends[key]
        raise _between(self.solver)

    def __getattr__(self, name: str) -> Any:
        raise _between(self.solver)


def _between(solver: str) -> CaptureError:
    return CaptureError(
        located(
            f"{solver} without t_eval chooses its own times, and how many they are varies with the inputs", user_line()
        )
        + "\n    Give t_eval the times at which the states are needed,"
        "\n    or read the last state alone: sol.y[:, -1]."
    )


CALLS: dict[str, Callable[[Function], Function]] = {"solve_ivp": solve_ivp, "odeint": odeint}
