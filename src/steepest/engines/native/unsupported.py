"""What the native engine leaves to tier 0, and why."""

from __future__ import annotations


class Unsupported(Exception):
    """This program stays on the NumPy engine; the text says why."""
