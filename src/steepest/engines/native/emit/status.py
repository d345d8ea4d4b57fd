"""Where the functions of a kernel leave bits of its status."""

from __future__ import annotations

STATUS = "%status"  # of the kernel under way
