"""Functions that change something outside themselves: told once, since a capture only computes."""

from __future__ import annotations

import warnings

from steepest.errors import located
from steepest.frontends.tracing.capture import Capture

from .function import FunctionRecord
from .warning_level import levels_to_user


class SideEffectWarning(RuntimeWarning):
    """A function changes something outside itself, which happens only where it is recorded and checked."""


def tell(record: FunctionRecord, capture: Capture) -> None:
    """Warn of what a run of the function changes, if that has not been said yet."""
    new = [change for change in capture.changes if change not in record.told]
    if new:
        record.told.update(new)
        said = located(f"{capture.name} changes {' and '.join(new)}", capture.where)
        why = "\n    That happens while it is recorded and checked, not at every call. Return what is needed (has_aux)."
        warnings.warn(said + why, SideEffectWarning, levels_to_user())
