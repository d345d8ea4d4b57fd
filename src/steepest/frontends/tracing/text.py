"""Text made of a traced value: free to print, but what looks at it looks at the value, which is guarded then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steepest.expr.node import Expr

from .recording import Recording


class Text(str):
    """``f"{x:.3f}"``, with the value it shows."""

    __slots__ = ("expr", "recording", "value")
    recording: Recording
    expr: Expr
    value: Any

    def hold(self) -> None:
        """From here on the trace goes by this text."""
        if not self.recording.finished:
            self.recording.guard(self.expr, self.value)

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and hasattr(str, name):  # a method: it looks at the letters
            self.hold()
        return super().__getattribute__(name)


def text_of(recording: Recording, expr: Callable[[], Expr], value: Any, shown: str) -> str:
    """`shown`, as text that remembers what it shows; a run on values goes its own way anyway."""
    if recording.noting is not None:
        return shown
    text = Text(shown)
    text.recording, text.expr, text.value = recording, expr(), value
    return text


def held(item: Any) -> Any:
    """An argument of a function that makes a number of text."""
    if isinstance(item, Text):
        item.hold()
    return item


def _looking(name: str) -> Callable[..., Any]:
    plain = getattr(str, name)

    def method(self: Text, *args: Any) -> Any:
        self.hold()
        return plain(self, *args)

    method.__name__ = name
    return method


for _name in (
    "__eq__",
    "__ne__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__hash__",
    "__getitem__",
    "__contains__",
    "__iter__",
):
    setattr(Text, _name, _looking(_name))
