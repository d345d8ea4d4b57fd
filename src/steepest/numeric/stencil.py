"""Finite-difference stencils with exact weights: any nodes, any order.

The weights on nodes x₀ … xₙ are those of the interpolating polynomial's derivative at 0, as rational numbers, so that
no accuracy is lost however high the order; floats as nodes count as the fractions they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from numbers import Rational

import numpy as np

from .weights import value_weights
from .whole import whole

ORDER, ACCURACY = "the order of a derivative", "an accuracy"

Node = int | float | Rational

_SUBSCRIPTS = str.maketrans("-0123456789", "₋₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Stencil:
    """``f⁽ᵏ⁾(x) ≈ Σ wᵢ f(x + h·nodeᵢ) / hᵏ`` with exact nodes and weights.

    >>> print(stencil([-1, 0, 1], order=2))
    f″ ≈ (f₋₁ − 2f₀ + f₁)/h², error 1/12 h² f⁗
    """

    nodes: tuple[Fraction, ...]
    order: int
    weights: tuple[Fraction, ...]

    @cached_property
    def accuracy(self) -> int:
        """The power p of the step in the error, c hᵖ f⁽ᵏ⁺ᵖ⁾."""
        return self._leading_error[0]

    @cached_property
    def error_constant(self) -> Fraction:
        """The number c in the leading term of the error: value − truth = c hᵖ f⁽ᵏ⁺ᵖ⁾ + …"""
        return self._leading_error[1]

    @cached_property
    def _leading_error(self) -> tuple[int, Fraction]:
        """The first Taylor coefficient beyond the derivative that does not vanish."""
        power = self.order + 1
        while True:
            moment = sum((w * x**power for w, x in zip(self.weights, self.nodes, strict=True)), Fraction(0))
            if moment:
                return power - self.order, moment / math.factorial(power)
            power += 1

    def apply(self, values: np.ndarray, step: float = 1.0) -> np.ndarray:
        """The derivative from the values at the nodes, along the last axis."""
        values = np.asarray(values)
        if values.shape[-1:] != (len(self.nodes),):
            raise ValueError(f"{len(self.nodes)} values are needed, one a node, got shape {values.shape}")
        if step == 0:
            raise ValueError("a step of 0 leads to no other point")
        return np.asarray(values @ self.floats / step**self.order)

    @cached_property
    def floats(self) -> np.ndarray:
        """The weights, each rounded once."""
        return np.array([float(w) for w in self.weights])

    def __str__(self) -> str:
        common = math.lcm(*(w.denominator for w in self.weights))
        used = [(w * common, x) for x, w in zip(self.nodes, self.weights, strict=True) if w]
        text = "".join(_signed(w, k == 0) + _value_at(x) for k, (w, x) in enumerate(used))
        step = _raised("h", self.order)
        below = f"({common}{step})" if common > 1 and step else f"{common if common > 1 else ''}{step}"
        c = self.error_constant
        error = f"{'−' * (c < 0)}{abs(c) if abs(c) != 1 else ''} {_raised('h', self.accuracy)}"
        whole = f"({text})" if len(used) > 1 and below else text
        quotient = f"{whole}/{below}" if below else whole
        return f"f{_primes(self.order)} ≈ {quotient}, error {error.strip()} f{_primes(self.order + self.accuracy)}"


def stencil(nodes: Sequence[Node], order: int = 1) -> Stencil:
    """The stencil on these nodes, in units of the step, for the derivative of this order at 0.

    Raises ValueError for repeated or infinite nodes, or fewer than ``order + 1`` of them.

    >>> [str(w) for w in stencil([0, 1, 2]).weights]
    ['-3/2', '2', '-1/2']
    """
    exact, order = _exact(nodes), whole(order, ORDER)
    if len(exact) <= order:
        raise ValueError(f"a derivative of order {order} needs {order + 1} nodes or more, got {len(exact)}")
    return Stencil(exact, order, value_weights(exact, order))


def central(order: int, accuracy: int = 2) -> Stencil:
    """The symmetric stencil; `accuracy` is even.

    >>> print(central(1))
    f′ ≈ (−f₋₁ + f₁)/(2h), error 1/6 h² f‴
    """
    order, accuracy = whole(order, ORDER), whole(accuracy, ACCURACY)
    if accuracy % 2:
        raise ValueError(f"a symmetric stencil has an even accuracy, got {accuracy}")
    half = (order + 1) // 2 + accuracy // 2 - 1
    return stencil(range(-half, half + 1), order)


def forward(order: int, accuracy: int = 1) -> Stencil:
    """The stencil on 0, 1, 2, …; mirrored it is `backward`.

    >>> print(forward(1))
    f′ ≈ (−f₀ + f₁)/h, error 1/2 h f″
    """
    return stencil(range(whole(order, ORDER) + whole(accuracy, ACCURACY)), order)


def backward(order: int, accuracy: int = 1) -> Stencil:
    """The stencil on …, −2, −1, 0."""
    return stencil(range(1 - whole(order, ORDER) - whole(accuracy, ACCURACY), 1), order)


def _exact(nodes: Sequence[Node]) -> tuple[Fraction, ...]:
    try:
        exact = tuple(Fraction(x) for x in nodes)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"nodes are finite numbers, got {list(nodes)}") from error
    repeated = [x for k, x in enumerate(exact) if x in exact[:k]]
    if repeated:
        raise ValueError(f"the node {repeated[0]} is given twice")
    return exact


# --- print ----------------------------------------------------------------------------------------------


def _signed(weight: Fraction, first: bool) -> str:
    sign = ("−" if weight < 0 else "") if first else (" − " if weight < 0 else " + ")
    return f"{sign}{abs(weight) if abs(weight) != 1 else ''}"


def _value_at(node: Fraction) -> str:
    if node.denominator == 1:
        return f"f{str(node).translate(_SUBSCRIPTS)}"
    return f"f(x {'−' if node < 0 else '+'} {abs(node)} h)"


def _raised(base: str, exponent: int) -> str:
    if exponent < 2:
        return base * exponent
    return base + str(exponent).translate(_SUPERSCRIPTS)


def _primes(order: int) -> str:
    """``f′``, ``f″``, …, ``f⁽⁵⁾``."""
    if order < 5:
        return "′″‴⁗"[order - 1]
    return f"⁽{str(order).translate(_SUPERSCRIPTS)}⁾"
