"""`assert_gradient`, for pytest and whatever else runs tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steepest.api.arguments import Argnums
from steepest.api.check import check


def assert_gradient(
    f: Callable[..., Any], gradient: Callable[..., Any] | str, *args: Any, argnums: Argnums = 0, order: int = 1
) -> None:
    """Raise AssertionError, with the mistake and an example, unless `gradient` is the gradient of `f` at `args`.

    `gradient` is a function of the same arguments, or a formula as text. ``order=2`` is about a Hessian.

    >>> import numpy as np
    >>> assert_gradient(lambda x: x @ x, lambda x: 2 * x, np.array([1.0, 2.0]))
    >>> assert_gradient(lambda x: x @ x, lambda x: x, np.array([1.0, 2.0]))
    Traceback (most recent call last):
    ...
    AssertionError: the gradient of <lambda> is not the given one
    wrong: the factor 2 is missing: 2 times it is right
      right is     2x
      example      at x = [1]: given [1], right [2]
    ...
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    report = check(f, *args, argnums=argnums, gradient=gradient, order=order)
    if report:
        return
    what = "Hessian" if order == 2 else "gradient"
    name = getattr(f, "__name__", type(f).__name__)
    raise AssertionError(f"the {what} of {name} is not the given one\n{report}")
