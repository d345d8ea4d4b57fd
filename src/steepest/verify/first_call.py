"""The net under the capture of a function: what was recorded is compared with the function before it is trusted.

Used once for each specialisation, at the values of the first call. The function is called at most `MOST_CALLS` times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from steepest.errors import SteepestError

from .dependence import Holds, Rounded, require_independent
from .direction import Outcome, Recorded, compare_direction, pushed_along
from .leaves import Arrays, Call, Leaves, Noise
from .lending import Lending, only_read
from .replay import is_same, require_deterministic, require_same
from .searching import Decisions, require_no_search


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


@dataclass(frozen=True)
class ValueCheck:
    """The recorded computation gives what the function gives, at the values and at a point beside them."""

    evaluations: int

    def __str__(self) -> str:
        return f"checked with {self.evaluations} calls of the function: the same values, also at a point nearby"


def check_values(
    call: Call, replay: Call, values: Sequence[Any], where: str, *, traced: Sequence[Any] | None = None
) -> ValueCheck | None:
    """Check a recorded computation whose derivative is not asked for; None where that does not decide.

    `call`, `values` and `traced` are those of `check_capture`, and `replay` runs the recorded computation; it raises
    where it does not hold.
    """
    leaves = Leaves(call, [np.asarray(v) for v in values])
    seen = None if traced is None else [np.asarray(y) for y in traced]
    try:
        base = require_deterministic(leaves, seen, where)
        v = leaves.direction([True] * len(leaves.values), np.random.default_rng(0))
        here = [np.asarray(y) for y in replay([only_read(x) for x in leaves.values])]
        beside = leaves.beside(replay, v, leaves.precision**0.25 / 2)
    except Exception:  # a check that goes deeper says what is wrong
        return None
    if is_same(here, base) and beside is not None and is_same(*beside):
        return ValueCheck(leaves.calls)
    return None


def check_capture(
    call: Call,
    recorded: Recorded,
    values: Sequence[Any],
    active: Sequence[bool],
    where: str,
    *,
    traced: Sequence[Any] | None = None,
    independent: Sequence[bool] | None = None,
    names: Sequence[str] | None = None,
    kinks: Sequence[str] = (),
    accuracy: float = 0.0,
    noise: Noise | None = None,
    noise_of_sums: Noise | None = None,
    holds: Holds | None = None,
    decisions: Decisions | None = None,
) -> CaptureCheck:
    """Check a recorded computation against the plain function at `values`.

    `call` runs the plain function from a list of arrays to a list of arrays, `recorded` the recorded computation, with
    its derivative along tangents of the shapes of the values (zero outside the active leaves). `traced` is what the
    function gave while it was recorded. `independent` marks active leaves whose derivative is 0 whatever the values;
    `names` are for messages; `kinks` names the operations in it that are not smooth everywhere, and
    `accuracy` is to what part of itself its derivative is known, beyond rounding. `noise` gives how far rounding on the
    way puts the outputs off; it is asked only where derivative and differences disagree, and `noise_of_sums`, with what
    NumPy's long sums round, only where values do. `holds` says whether the computation is the one for given values, not
    that of another branch; `decisions` is what it goes by.

    Raises NotDeterministicError, CaptureError (the replay differs) and MismatchError (the derivative does).
    """
    arrays = [np.asarray(v) for v in values]
    claimed = [False] * len(arrays) if independent is None else independent
    titles = [f"input {k}" for k in range(len(arrays))] if names is None else names
    seen = None if traced is None else [np.asarray(y) for y in traced]
    subject = _Subject(
        call, recorded, active, where, seen, claimed, titles, kinks, accuracy, noise, noise_of_sums, holds, decisions
    )
    leaves = Leaves(call, arrays)
    try:
        return subject.check(leaves)
    except SteepestError:
        if leaves.lending is Lending.WRITABLE:
            raise
        # It may mind that its arguments were read-only.
        found = subject.check(Leaves(call, arrays, Lending.WRITABLE))
        return replace(found, evaluations=found.evaluations + leaves.calls)


@dataclass(frozen=True)
class _Subject:
    """What is checked, and what is known of it."""

    call: Call
    recorded: Recorded
    active: Sequence[bool]
    where: str
    traced: Arrays | None
    independent: Sequence[bool]
    names: Sequence[str]
    kinks: Sequence[str]
    accuracy: float
    noise: Noise | None
    noise_of_sums: Noise | None
    holds: Holds | None
    decisions: Decisions | None

    def check(self, leaves: Leaves) -> CaptureCheck:
        base = require_deterministic(leaves, self.traced, self.where)
        v = leaves.direction(self.active, np.random.default_rng(0))
        replayed, pushed = pushed_along(leaves.values, v, self.recorded)
        require_same(leaves, replayed, base, self.where, self.accuracy, self.noise_of_sums)
        # Only what is active and claimed to have no effect.
        claimed = [a and i for a, i in zip(self.active, self.independent, strict=True)]
        require_independent(leaves, claimed, self.names, base, self.where, self.holds, self.rounded)
        along = compare_direction(
            leaves, self.recorded, self.active, v, pushed, base, self.where, self.kinks, self.accuracy,
            self.noise,
        )  # fmt: skip
        if self.decisions is not None:
            settled = along.outcome is not Outcome.INCONCLUSIVE
            require_no_search(leaves, self.decisions, v, pushed, base, settled, self.where)
        return CaptureCheck(leaves.calls, along.error, along.bound, along.outcome)

    @property
    def rounded(self) -> Rounded | None:
        """What the recorded computation comes to, if it rounds. Where comparisons turn, it is another."""
        decisions, holds = self.decisions, self.holds
        if decisions is None or not decisions.rounds:
            return None

        def at(values: Arrays) -> Arrays | None:
            turned = np.any(decisions.turned(values))
            if holds is not None and not turned and not holds(values):
                return None
            return pushed_along(values, [np.zeros(x.shape, x.dtype) for x in values], self.recorded)[0]

        return at
