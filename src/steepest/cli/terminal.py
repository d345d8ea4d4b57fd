"""Colour, where there is a terminal to show it and nobody has asked for none."""

from __future__ import annotations

import enum
import os
from typing import TextIO


class Style(enum.Enum):
    """Codes of ECMA-48, "select graphic rendition"."""

    BOLD = "1"
    FAINT = "2"
    RED = "31"
    GREEN = "32"


def styled(text: str, style: Style, stream: TextIO) -> str:
    """`text` as it should be written to `stream`: unchanged unless that is a terminal with colour."""
    return f"\x1b[{style.value}m{text}\x1b[0m" if _shows_colour(stream) else text


def _shows_colour(stream: TextIO) -> bool:
    # NO_COLOR: https://no-color.org, any value but the empty one says no.
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
