"""Finite-difference schemes: a few weights, and the powers of the step in their error.

A scheme estimates the n-th derivative of φ at 0 as ``D(h) = h^-n Σ_i w_i φ(o_i h)``. By Taylor's theorem
``D(h) = φ⁽ⁿ⁾(0) + c₁ h^p + c₂ h^(p+q) + c₃ h^(p+2q) + …``: central schemes are even in h (p = q = 2), one-sided
ones are not (p = q = 1). Their weights are those of `stencil`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from . import stencil

HIGHEST = 10  # order of a derivative


@dataclass(frozen=True)
class Scheme:
    order: int
    offsets: tuple[int, ...]
    weights: tuple[float, ...]
    first_power: int  # p
    power_step: int  # q

    def power(self, j: int) -> int:
        """The power of the step that the j-th extrapolation (from 1) removes."""
        return self.first_power + (j - 1) * self.power_step

    @property
    def reach(self) -> int:
        """How many steps away the farthest value is taken."""
        return max(abs(o) for o in self.offsets)

    @property
    def is_two_sided(self) -> bool:
        """Whether values are taken on both sides."""
        return min(self.offsets) < 0 < max(self.offsets)


@cache
def central(n: int) -> Scheme:
    """The symmetric scheme for the n-th derivative."""
    return _scheme(stencil.central(n), 2, 2)


@cache
def right(n: int) -> Scheme:
    """The scheme with the values at 0 and to the right."""
    return _scheme(stencil.forward(n), 1, 1)


@cache
def left(n: int) -> Scheme:
    """The scheme with the values at 0 and to the left."""
    return _scheme(stencil.backward(n), 1, 1)


# The right-hand less the left-hand n-th derivative: 0 in the limit where φ is smooth.
JUMP = {
    1: Scheme(1, (1, 0, -1), (1.0, -2.0, 1.0), 1, 2),
    2: Scheme(2, (2, 1, -1, -2), (1.0, -2.0, 2.0, -1.0), 1, 2),
}


def _scheme(s: stencil.Stencil, first_power: int, power_step: int) -> Scheme:
    used = [(int(o), float(w)) for o, w in zip(s.nodes, s.weights, strict=True) if w]
    return Scheme(s.order, tuple(o for o, _ in used), tuple(w for _, w in used), first_power, power_step)
