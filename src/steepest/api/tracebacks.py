"""Tracebacks that lead from the user's call to the user's line, without the machinery between and behind."""

from __future__ import annotations

import os
import types

from steepest.errors import SteepestError, is_machinery, is_of_this_package

VARIABLE = "STEEPEST_TRACEBACK"  # "full" leaves tracebacks as they are


def shortened(error: BaseException) -> BaseException:
    """The error, with our own frames left out of its traceback where it ends in somebody else's.

    An error of ours ends at the line that it is about. One that ends in our code without being ours is a defect, and
    is left as it is.
    """
    if os.environ.get(VARIABLE) == "full":
        return error
    hidden = is_machinery if isinstance(error, SteepestError) else is_of_this_package
    frames: list[types.TracebackType] = []
    entry = error.__traceback__
    while entry is not None:
        frames.append(entry)
        entry = entry.tb_next
    kept = [t for t in frames if not hidden(t.tb_frame.f_code.co_filename)]
    ends_elsewhere = kept and kept[-1] is frames[-1]
    if not (ends_elsewhere or isinstance(error, SteepestError)):
        return error
    following: types.TracebackType | None = None
    for t in reversed(kept):
        following = types.TracebackType(following, t.tb_frame, t.tb_lasti, t.tb_lineno)
    return error.with_traceback(following)
