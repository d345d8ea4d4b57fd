"""Which inputs a result depends on most: derivatives made free of units, ranked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.api.transforms import value_and_grad
from steepest.errors import ArgumentError
from steepest.frontends.trees import flatten, unflatten

MOST_ROWS = 40


@dataclass(frozen=True)
class Sensitivity:
    """One input: its name, value, ∂f/∂x, and the elasticity x/f · ∂f/∂x, by which percent f changes for one of x.

    `effect` is x · ∂f/∂x, in the unit of f. Where f is 0 there is no elasticity, and it is NaN.
    """

    name: str
    value: float
    gradient: float
    effect: float
    elasticity: float


class Sensitivities(list[Sensitivity]):
    """Inputs, those that matter most first; `notes` say what the ranking cannot see."""

    def __init__(self, rows: Iterable[Sensitivity], value: float, notes: tuple[str, ...]):
        super().__init__(rows)
        self.value, self.notes = value, notes

    def __str__(self) -> str:
        header = ("input", "value", "∂f/∂x", "elasticity")
        rows = [header, *((s.name, *map(_shown, (s.value, s.gradient, s.elasticity))) for s in self[:MOST_ROWS])]
        widths = [max(len(r[k]) for r in rows) for k in range(len(header))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
        more = [f"… and {len(self) - MOST_ROWS} more"] if len(self) > MOST_ROWS else []
        return "\n".join([f"f = {self.value:.6g}", *lines, *more, *self.notes])

    def __repr__(self) -> str:
        return str(self)


def _shown(v: float) -> str:
    return f"{v:.6g}"


def sensitivity(f: Callable[..., Any], x: Any) -> Sensitivities:
    """Rank the numbers in `x` by how much `f` depends on them, whatever their units.

    `x` is an array, a number, or a dict, list or tuple of them; the names are the keys. An elasticity of 2 says that f
    grows by 2 % where the input does by 1 %. The ranking is by its size; where f is 0, by that of the effect x · ∂f/∂x.

    >>> s = sensitivity(lambda p: p["force"] * p["arm"] ** 3, {"force": 10.0, "arm": 2.0})
    >>> [(r.name, round(r.elasticity, 6)) for r in s]
    [('arm', 3.0), ('force', 1.0)]

    Raises:
        ArgumentError: for inputs that are no finite numbers.
        NonFiniteError: where f has no derivative.
    """
    leaves, spec = flatten(x)
    arrays = [_numbers(leaf) for leaf in leaves]
    if not sum(a.size for a in arrays):
        raise ArgumentError("there are no inputs to rank")
    point = unflatten(spec, [a if a.ndim else float(a) for a in arrays])
    value, gradient = value_and_grad(f)(point)
    slopes = [np.asarray(g, dtype=np.float64) for g in flatten(gradient)[0]]
    names = [name for path, a in zip(spec.paths(), arrays, strict=True) for name in _names(path, a.shape)]
    rows = [
        _row(name, float(v), float(g), float(value))
        for name, v, g in zip(names, _joined(arrays), _joined(slopes), strict=True)
    ]
    rows.sort(key=lambda r: (-_without_rounding(r.elasticity if value else r.effect), -abs(r.gradient)))
    return Sensitivities(rows, float(value), tuple(_notes(rows, float(value))))


def _without_rounding(v: float) -> float:
    """The size of v to twelve digits: what differs only by rounding ties, whatever the units."""
    return float(f"{abs(v):.12g}")


def _row(name: str, value: float, gradient: float, total: float) -> Sensitivity:
    effect = value * gradient
    return Sensitivity(name, value, gradient, effect, effect / total if total else float("nan"))


def _numbers(leaf: Any) -> np.ndarray:
    try:
        found = np.asarray(leaf, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"inputs are numbers and arrays of them, got {leaf!r}") from None
    if not np.isfinite(found).all():
        raise ArgumentError("the inputs must be finite")
    return found


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.ravel(a) for a in arrays])


def _names(path: tuple[Any, ...], shape: tuple[int, ...]) -> list[str]:
    """The names of the entries of one leaf: keys joined by dots, indices in brackets."""
    base = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
    if not shape:
        return [base or "x"]
    return [f"{base or 'x'}[{', '.join(map(str, place))}]" for place in np.ndindex(*shape)]


def _notes(rows: list[Sensitivity], value: float) -> Iterable[str]:
    if value == 0:
        yield "f is 0 here, so percentages say nothing: ranked by x · ∂f/∂x"
    at_zero = [r.name for r in rows if r.value == 0 and r.gradient != 0]
    if at_zero:
        shown = ", ".join(at_zero[:5]) + (" …" if len(at_zero) > 5 else "")
        yield f"at 0 a percentage of an input is nothing; f depends all the same on {shown}: see ∂f/∂x"
