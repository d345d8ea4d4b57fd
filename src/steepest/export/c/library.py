"""Functions that the C standard library lacks, as C99. Each stands alone but for those it names; all are `static`."""

from __future__ import annotations

from collections.abc import Iterable

from .c_function import CFunction
from .matrix_functions import OF_MATRICES
from .number_functions import OF_NUMBERS
from .row_functions import OF_ROWS

LIBRARY: dict[str, CFunction] = {**OF_NUMBERS, **OF_ROWS, **OF_MATRICES}


def sources(names: Iterable[str]) -> list[str]:
    """The functions of these names, each after those it needs."""
    found: dict[str, str] = {}

    def enter(name: str) -> None:
        for other in LIBRARY[name].needs:
            enter(other)
        found.setdefault(name, LIBRARY[name].source)

    for name in names:
        enter(name)
    return list(found.values())
