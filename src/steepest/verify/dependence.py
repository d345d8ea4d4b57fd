"""An input that the derivative says has no effect must have none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from steepest.errors import MismatchError, located

from .leaves import Arrays, Leaves, Values, flat, nudged, place, precision

Holds = Callable[[Arrays], bool]
Rounded = Callable[[Arrays], Arrays | None]  # None: what is rounded goes another way

ROUNDED = 64.0  # roundings of the largest output that are no change
CLOSER = 1 / 16  # from the first nudge to the second
SECOND_ORDER = 128.0  # 1 / CLOSER² is 256
SHRINKS = 8.0  # a change that comes from a dependence is at least so much smaller at the second


def require_independent(
    leaves: Leaves, which: Sequence[bool], names: Sequence[str], base: Arrays, where: str, holds: Holds | None = None,
    rounded: Rounded | None = None,
) -> None:  # fmt: skip
    """No nudge of the leaves in `which` changes the outputs as a dependence would, or MismatchError.

    A jump (a rounding, a comparison, an index) changes the output too, but not in proportion to the nudge. `holds` says
    whether the recorded computation is that of some values: where it is not, the derivative is 0 at the point alone.
    `rounded` gives what a recorded computation that rounds comes to at other values: steps may be as fine as they like.
    """
    if not any(which):
        return
    direction = leaves.direction(which, np.random.default_rng(2))
    t = leaves.precision**0.25
    rest = flat(base, base)
    silent = ROUNDED * max(leaves.precision, precision(base)) * np.abs(rest)
    there = leaves.moved(direction, t, base)
    changes = _changes(there, rest)
    if not np.any(changes > silent):
        return
    i = int(np.argmax(np.where(changes > silent, changes / np.maximum(silent, np.finfo(np.float64).tiny), 0.0)))
    change = changes[i]
    nearer = _changes(leaves.moved(direction, t * CLOSER, base), rest)[i]
    opposite = _changes(leaves.moved(direction, -t, base), rest)[i]
    if holds is not None and SECOND_ORDER * nearer <= change and not holds(nudged(leaves.values, direction, t)):
        return
    if rounded is not None:
        replayed = rounded(nudged(leaves.values, direction, t))
        if replayed is None or np.abs(flat(replayed, base) - there)[i] <= silent[i]:
            return
    if 0 < SHRINKS * nearer <= change and change / 2 <= opposite <= change * 2:
        lost = " and ".join(name for name, flag in zip(names, which, strict=True) if flag)
        raise MismatchError(
            located(
                f"the function depends on {lost}, but the dependence was lost: a nudge of a relative {t:.2g} changes "
                f"{place(i, base) or 'the output'} by {change:.4g}, where the derivative says 0. {WAYS_ON}",
                where,
            )
        )


def _changes(moved: Values, rest: Values) -> Values:
    """How much each output changed; 0 where it cannot be told."""
    with np.errstate(invalid="ignore"):
        changes: Values = np.nan_to_num(np.abs(moved - rest), nan=0.0, posinf=0.0)
    return changes


WAYS_ON = (
    "Keep the computation in NumPy calls on the arguments themselves (a plain number or a copy made outside NumPy is "
    "a constant), or give the part that is not NumPy a derivative of its own."
)
