"""``ufunc(…, out=y, where=mask)``: the ufunc where a mask holds, and elsewhere what stood in the array before."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line


def call_where(ufunc: np.ufunc, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The call with its `where` taken as a choice between two values, as `np.where` does."""
    settings = {name: value for name, value in kwargs.items() if name not in ("out", "where")}
    targets: tuple[Any, ...] = kwargs.get("out") or ()
    if not any(target is not None for target in targets):
        raise CaptureError(
            located(f"np.{ufunc.__name__} with where= and without out= leaves entries undefined", user_line())
            + "\n    Give it an array for the others (out=np.zeros_like(x)), or use np.where(mask, …, other)."
        )
    results = ufunc(*args, **settings)
    for target, result in zip(targets, results if isinstance(results, tuple) else (results,), strict=True):
        if target is not None:
            np.copyto(target, result, where=kwargs["where"])
    return targets if ufunc.nout > 1 else targets[0]
