"""The spellings of operations in other languages are those of operations there are."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from steepest.export.c.functions import ENTRYWISE, MATRIX_TO_MATRIX, MATRIX_TO_NUMBER, ROW_TO_NUMBER, ROW_TO_ROW
from steepest.export.python.numpy_names import SPELLED
from steepest.ops.table import OPERATIONS

NAMES = set(OPERATIONS)


@pytest.mark.parametrize(
    "table",
    [ENTRYWISE, ROW_TO_NUMBER, ROW_TO_ROW, MATRIX_TO_NUMBER, MATRIX_TO_MATRIX, SPELLED],
    ids=lambda t: next(iter(t)),
)
def test_every_spelling_is_of_an_operation(table: Mapping[str, object]) -> None:
    assert table.keys() <= NAMES
