"""What is raised where there can be no machine code."""

from __future__ import annotations

from steepest.errors import SteepestError


class NativeCodeError(SteepestError, RuntimeError):
    """Text that is not valid LLVM, or code that this process cannot load or run."""
