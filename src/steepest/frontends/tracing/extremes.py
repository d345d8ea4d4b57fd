"""``min`` and ``max`` of numbers, in a step of a loop that is run with symbols: whichever it is in each step."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .python_numbers import is_pythons
from .tracer import Tracer, call, innermost, to_values


def _extreme(plain: Callable[..., Any], replaces: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """`plain` takes the first of its arguments that no other one `replaces`."""

    def chosen(*args: Any, **kwargs: Any) -> Any:
        items = args[0] if len(args) == 1 and type(args[0]) in (list, tuple) else args
        if len(items) < 2 or kwargs or not _differ_from_step_to_step(items):
            return plain(*args, **kwargs)
        found = items[0]
        for x in items[1:]:
            found = call(np.where, (replaces(x, found), x, found), {})[()]
        found.of_python = all(map(is_pythons, items))
        return found

    chosen.__name__ = chosen.__qualname__ = plain.__name__
    chosen.__doc__ = plain.__doc__
    return chosen


def _differ_from_step_to_step(items: Sequence[Any]) -> bool:
    """Whether these are numbers of one type, of which another may be the least in another step of a loop."""
    tracers = [x for x in items if isinstance(x, Tracer)]
    if not tracers or not innermost(tracers).unfinished or any(np.ndim(to_values(x)) for x in items):
        return False
    types = {np.asarray(to_values(x)).dtype for x in items if type(x) not in (int, float)}
    kinds = {t.kind for t in types} | {"f" for x in items if type(x) is float}
    return len(types) == 1 and kinds in ({"f"}, {"i"})


least = _extreme(builtins.min, operator.lt)
greatest = _extreme(builtins.max, operator.gt)
