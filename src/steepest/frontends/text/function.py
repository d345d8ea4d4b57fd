"""A formula as a plain Python function, to be called or recorded like any other."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .program import Program


def as_function(program: Program, names: Sequence[str], text: str) -> Callable[..., Any]:
    """The function of the variables `names` that runs `program`; its signature has their names."""
    signature = inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names])

    def f(*args: Any, **kwargs: Any) -> Any:
        return program.run(signature.bind(*args, **kwargs).args)

    f.__signature__ = signature  # type: ignore[attr-defined]
    f.__doc__ = text
    return f
