"""The net under the capture of a function: what was recorded is compared with the function before it is trusted.

Used once for each specialisation, at the values of the first call. The function is called at most `MOST_CALLS` times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .dependence import require_independent
from .direction import Jvp, Outcome, compare_direction
from .leaves import Call, Leaves
from .replay import require_deterministic, require_same


@dataclass(frozen=True)
class CaptureCheck:
    """What was checked: calls of the function, and the gap and its bound along the random direction."""

    evaluations: int
    error: float
    bound: float
    outcome: Outcome

    def __str__(self) -> str:
        return (
            f"checked with {self.evaluations} calls of the function: {self.outcome.value} along a random direction, "
            f"gap {self.error:.2g} (allowed {self.bound:.2g})"
        )


def check_capture(
    call: Call,
    replay: Call,
    jvp: Jvp,
    values: Sequence[Any],
    active: Sequence[bool],
    where: str,
    *,
    independent: Sequence[bool] | None = None,
    names: Sequence[str] | None = None,
    kinks: Sequence[str] = (),
) -> CaptureCheck:
    """Check a recorded computation against the plain function at `values`.

    `call` runs the plain function from a list of arrays to a list of arrays, `replay` the recorded computation, and
    `jvp` gives its derivative along tangents of the shapes of the values (zero outside the active leaves).
    `independent` marks active leaves whose derivative is 0 whatever the values; `names` are for messages;
    `kinks` names the operations in it that are not smooth everywhere.

    Raises NotDeterministicError, CaptureError (the replay differs) and MismatchError (the derivative does).
    """
    leaves = Leaves(call, values)
    independent = [False] * len(values) if independent is None else independent
    names = [f"input {k}" for k in range(len(values))] if names is None else names
    base = require_deterministic(leaves, where)
    require_same(leaves, replay, base, where)
    # Only what is active and claimed to have no effect.
    claimed = [a and i for a, i in zip(active, independent, strict=True)]
    require_independent(leaves, claimed, names, base, where)
    along = compare_direction(leaves, jvp, active, base, where, kinks)
    return CaptureCheck(leaves.calls, along.error, along.bound, along.outcome)
