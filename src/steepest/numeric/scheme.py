"""Finite-difference schemes: a few weights, and the powers of the step in their error.

A scheme estimates the n-th derivative of φ at 0 as ``D(h) = h^-n Σ_i w_i φ(o_i h)``. By Taylor's theorem
``D(h) = φ⁽ⁿ⁾(0) + c₁ h^p + c₂ h^(p+q) + c₃ h^(p+2q) + …``: central schemes are even in h (p = q = 2), one-sided
ones are not (p = q = 1). (Fornberg, Mathematics of Computation 51 (1988), 699–706, has the weights.)
"""

from __future__ import annotations

from dataclasses import dataclass


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


CENTRAL = {
    1: Scheme(1, (1, -1), (0.5, -0.5), 2, 2),
    2: Scheme(2, (1, 0, -1), (1.0, -2.0, 1.0), 2, 2),
    3: Scheme(3, (2, 1, -1, -2), (0.5, -1.0, 1.0, -0.5), 2, 2),
    4: Scheme(4, (2, 1, 0, -1, -2), (1.0, -4.0, 6.0, -4.0, 1.0), 2, 2),
}
RIGHT = Scheme(1, (1, 0), (1.0, -1.0), 1, 1)
LEFT = Scheme(1, (0, -1), (1.0, -1.0), 1, 1)

# The right-hand less the left-hand n-th derivative: 0 in the limit where φ is smooth.
JUMP = {
    1: Scheme(1, (1, 0, -1), (1.0, -2.0, 1.0), 1, 2),
    2: Scheme(2, (2, 1, -1, -2), (1.0, -2.0, 2.0, -1.0), 1, 2),
}
