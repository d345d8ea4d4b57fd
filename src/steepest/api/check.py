"""`check`: whether a derivative is right.

Symbolic rules in forward and in reverse order, and numeric differences of the plain function, must give the
same; or a derivative the user worked out by hand is compared with both, and what is wrong with it is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steepest.errors import ArgumentError
from steepest.verify.report import CheckReport

from .arguments import Argnums, resolve_argnums
from .every_way import by_every_way, merged
from .hand_derived.judge import check_given

Function = Callable[..., Any]


def check(
    f: Function, *args: Any, argnums: Argnums = 0, gradient: Function | str | None = None, order: int = 1
) -> CheckReport:
    """Whether the derivative of `f` at these arguments is right; truthy if so.

    With `gradient`, a function of the same arguments or a formula as text, that hand-derived gradient is checked
    instead, and the report says what is wrong with it; of a function that returns an array it is the Jacobian. With
    ``order=2`` it is about the second derivatives.

    >>> import numpy as np
    >>> bool(check(lambda x: np.sum(np.sin(x)), np.array([0.3, 1.0])))
    True
    >>> print(check(lambda x: x @ x, np.array([1.0, 2.0]), gradient=lambda x: x).diagnosis)
    the factor 2 is missing: 2 times it is right
    """
    if order not in (1, 2):
        raise ArgumentError(f"check compares derivatives of order 1 or 2, got {order!r}")
    positions = resolve_argnums(argnums, f, len(args))
    if gradient is not None:
        many = not isinstance(argnums, (int, str))
        return merged(check_given(f, args, positions, gradient, many, order))
    return by_every_way(f, args, positions, order)
