"""The one error of reading a formula: what is wrong, and the place."""

from __future__ import annotations

from steepest.errors import FormulaError

WINDOW = 72  # characters of a long formula that are shown around the place


class FormulaTextError(FormulaError):
    """The text cannot be read. The message shows it with a caret under the place, counted from 0.

    >>> print(FormulaTextError("a number, name or '(' is missing", "x + * y", 4))
    a number, name or '(' is missing
        x + * y
            ^
    """

    def __init__(self, reason: str, text: str, at: int, note: str = ""):
        shown, caret = _excerpt(text, at)
        place = [f"    {shown}", f"    {' ' * caret}^"] if shown else []
        lines = [reason, *place, *([note] if note else [])]
        super().__init__("\n".join(lines))
        self.reason, self.text, self.at = reason, text, at


def _excerpt(text: str, at: int) -> tuple[str, int]:
    """The text on one line, cut to a window around the place."""
    line = "".join(c if c.isprintable() else " " for c in text)
    if len(line) <= WINDOW:
        return line.rstrip(), at
    start = max(0, min(at - WINDOW // 2, len(line) - WINDOW))
    lead = "…" if start else ""
    tail = "…" if start + WINDOW < len(line) else ""
    return lead + line[start : start + WINDOW].rstrip() + tail, at - start + len(lead)
