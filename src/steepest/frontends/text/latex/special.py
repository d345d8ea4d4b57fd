r"""Special functions by the letters that stand for them: ``\mathrm{Ai}``, ``\psi``, ``J_0``, ``\Phi^{-1}``.

They are read off the table of operations, where LaTeX for each is written once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from steepest.frontends.text.spelling import GREEK_NAMES
from steepest.ops.table import OPERATIONS

_HEAD = re.compile(
    r"(?:\\mathrm\{(?P<word>\w+)\}|\\operatorname\{(?P<name>\w+)\}|\\(?P<greek>[A-Za-z]+)|(?P<letter>[A-Z])_(?P<order>\d))"
    r"(?P<mark>'|\^\{-1\})?"
)
_INDEXED = re.compile(r"(?P<letter>[A-Za-z])_\{\{\{")
MARKS = {"'": "'", "^{-1}": "⁻¹"}


def _heads() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for op in OPERATIONS.values():
        head = _HEAD.fullmatch(op.latex)
        if head is None or "{0}" in op.text or (head["greek"] and head["greek"] not in GREEK_NAMES):
            continue
        stem = head["word"] or head["name"] or head["greek"] or f"{head['letter']}_{head['order']}"
        if (stem, head["mark"] or "") != (op.text, ""):
            found.setdefault((stem, MARKS.get(head["mark"] or "", "")), op.text)
    return found


def _families() -> frozenset[str]:
    found = (_INDEXED.match(op.latex) for op in OPERATIONS.values())
    return frozenset(match["letter"] for match in found if match is not None)


# Letters that with an index below are functions: J_n(x).
FAMILIES = _families()
# From what is written and the mark above it, if it is an inverse or a derivative, to the name in the grammar.
HEADS: Mapping[tuple[str, str], str] = _heads()
