"""A function whose gradient is given by hand, right and wrong, at scales from 1e-8 to 1e8.

Both are written once on a namespace of elementary functions, NumPy's, PyTorch's, JAX's or autograd's: every checker is
given the same formulas in the arrays of its own library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

ROWS = 40  # of the data
SIZES = (1, 10, 1000)


def logistic_loss(m: Any, x: Any, A: Any, b: Any) -> Any:
    """Of data A (ROWS, n) with labels b (ROWS,), which are 1 and −1."""
    return m.sum(m.log1p(m.exp(-b * (A @ x)))) / ROWS


def its_gradient(m: Any, x: Any, A: Any, b: Any) -> Any:
    """Derived by hand, of shape (n,)."""
    return -A.T @ (b / (1 + m.exp(b * (A @ x)))) / ROWS


class Posed(Protocol):
    """A function and a gradient given for it at x, on any namespace of elementary functions and arrays."""

    @property
    def x(self) -> np.ndarray: ...

    def on(self, m: Any, array: Callable[[np.ndarray], Any]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]: ...


@dataclass(frozen=True)
class Condition:
    """The function times `value`, of x over `argument`, in numbers of this type."""

    name: str
    value: float = 1.0
    argument: float = 1.0
    dtype: str = "float64"


SCALES = (1e-8, 1e-4, 1e4, 1e8)
CONDITIONS = (
    Condition("as it is"),
    *(Condition(f"f · {s:.0e}", value=s) for s in SCALES),
    *(Condition(f"x · {s:.0e}", argument=s) for s in SCALES),
    Condition("float32", dtype="float32"),
)

# What is done to a right gradient: each takes it, and 1 at its largest entry with zeros elsewhere.
CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "right": lambda g, at: g,
    "an entry, 1e-3": lambda g, at: g * (1 + 1e-3 * at),
    "an entry, 10 %": lambda g, at: g * (1 + 0.1 * at),
    "sign": lambda g, at: -g,
    "factor 2": lambda g, at: 2 * g,
}


@dataclass(frozen=True)
class Question:
    """The function under a condition, and a gradient given for it, which is the right one or is not."""

    condition: Condition
    size: int
    change: str

    @property
    def is_right(self) -> bool:
        return self.change == "right"

    @property
    def data(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A, b and x before it is scaled, in the numbers of the condition."""
        rng = np.random.default_rng(self.size)
        A = rng.normal(size=(ROWS, self.size)) / np.sqrt(self.size)
        b = np.where(rng.normal(size=ROWS) > 0, 1.0, -1.0)
        x = rng.uniform(0.5, 2.0, size=self.size)
        return tuple(a.astype(self.condition.dtype) for a in (A, b, x))  # type: ignore[return-value]

    @property
    def x(self) -> np.ndarray:
        return self.data[2] * np.asarray(self.condition.argument, self.condition.dtype)

    def on(self, m: Any, array: Callable[[np.ndarray], Any]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
        """The function and the given gradient on this namespace, whose arrays `array` makes of NumPy's."""
        A, b, plain = self.data
        value, argument = self.condition.value, self.condition.argument
        entry = np.zeros_like(plain)
        entry[np.argmax(np.abs(its_gradient(np, plain, A, b)))] = 1
        A, b, entry = array(A), array(b), array(entry)

        def function(x: Any) -> Any:
            return logistic_loss(m, x / argument, A, b) * value

        def gradient(x: Any) -> Any:
            return CHANGES[self.change](its_gradient(m, x / argument, A, b) * (value / argument), entry)

        return function, gradient


def questions() -> Iterator[Question]:
    for condition in CONDITIONS:
        for size in SIZES:
            for change in CHANGES:
                yield Question(condition, size, change)
