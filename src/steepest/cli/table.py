"""A table of numbers from a file: CSV, Parquet or NumPy's .npy."""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, DataError

DECIMAL_COMMA = re.compile(r"[+-]?[0-9.]*,[0-9]+")
COMMA = "Write a point before decimals, and nothing between thousands: a comma may mean either."
Numbers = Callable[[str], np.ndarray]  # the column of a name, (n,); DataError with the place of what is no number


@dataclass(frozen=True)
class Table:
    """Columns by name. A column is read as numbers when it is asked for: others may hold words."""

    path: Path
    names: tuple[str, ...]
    rows: int
    numbers: Numbers

    def column(self, name: str) -> np.ndarray:
        """One column, (n,). Raises ArgumentError for a name that is none, DataError for what is no number."""
        if name not in self.names:
            close = difflib.get_close_matches(name, self.names, 1)
            hint = f", did you mean {close[0]}?" if close else f"; it has {', '.join(self.names)}"
            raise ArgumentError(f"{self.path} has no column {name!r}{hint}")
        return self.numbers(name)

    def matrix(self, names: Sequence[str]) -> np.ndarray:
        """Several columns, (n, k)."""
        return np.column_stack([self.column(n) for n in names]) if names else np.zeros((self.rows, 0))


def read_table(path: Path) -> Table:
    """The table in a file, by its ending. Raises ArgumentError or DataError for what cannot be read."""
    if not path.is_file():
        raise ArgumentError(f"there is no file {path}")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ArgumentError(f"{path}: files ending in {', '.join(READERS)} can be read")
    table = reader(path)
    if not table.rows or not table.names:
        raise DataError(f"{path} is empty: there are {table.rows} rows and {len(table.names)} columns")
    double = [n for k, n in enumerate(table.names) if n in table.names[:k]]
    if double:
        raise DataError(f"{path} has several columns of the name {double[0]!r}")
    return table


# --- CSV ----------------------------------------------------------------------------------------------


def _read_csv(path: Path) -> Table:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is no text in UTF-8: {error.reason} at byte {error.start}\n    Save it as UTF-8, or Parquet."
        ) from error
    lines = _records(text, path)
    if not lines:
        return Table(path, (), 0, _nothing)
    _, first = lines[0]
    has_header = any(_number(cell) is None for cell in first)
    names = tuple(c.strip() for c in first) if has_header else _numbered(len(first))
    body = lines[1:] if has_header else lines
    for line, cells in body:
        if len(cells) != len(names):
            raise DataError(f"{path}:{line}: {len(cells)} entries, where there are {len(names)} columns")

    def numbers(name: str) -> np.ndarray:
        k, values = names.index(name), []
        for line, cells in body:
            value = _number(cells[k])
            if value is None or not math.isfinite(value):
                what = "no number" if value is None else "not finite"
                said = f"holds {cells[k]!r}, which is {what}" if cells[k].strip() else "is empty"
                way = COMMA if DECIMAL_COMMA.fullmatch(cells[k].strip()) else "Choose other columns: --columns a,b,c"
                raise DataError(f"{path}:{line}: column {name!r} {said}\n    {way}")
            values.append(value)
        return np.array(values)

    return Table(path, names, len(body), numbers)


def _records(text: str, path: Path) -> list[tuple[int, list[str]]]:
    """The records that are not blank, each with the line it ends on."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    if delimiter not in first:
        delimiter = " " if len(first.split()) > 1 else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        records = [(reader.line_num, cells) for cells in reader if any(c.strip() for c in cells)]
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: {error}") from error
    # Blanks at the end of a line are no entry where blanks separate.
    return [(n, [c for c in cells if c] if delimiter == " " else cells) for n, cells in records]


def _number(cell: str) -> float | None:
    try:
        return float(cell) if "_" not in cell else None  # Python reads 1_000, a table does not mean it
    except ValueError:
        return None


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"x{k}" for k in range(1, count + 1))


def _nothing(name: str) -> np.ndarray:
    return np.zeros(0)


# --- others -------------------------------------------------------------------------------------------


def _read_parquet(path: Path) -> Table:
    try:
        import pyarrow.parquet  # noqa: PLC0415  (optional)
    except ImportError as error:
        raise ArgumentError(f"{path}: reading Parquet needs pyarrow: pip install 'steepest[tables]'") from error
    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}") from error

    def numbers(name: str) -> np.ndarray:
        column = table.column(name)
        if column.null_count:
            row = next(k for k, value in enumerate(column) if not value.is_valid)
            raise DataError(f"{path}: column {name!r} is empty in row {row}\n    Choose other columns: --columns a,b,c")
        return _as_numbers(column.to_numpy(), name, path)

    return Table(path, tuple(table.column_names), table.num_rows, numbers)


def _read_npy(path: Path) -> Table:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read as .npy: {error}") from error
    if array.dtype.names is not None and array.ndim == 1:
        return Table(path, array.dtype.names, len(array), lambda name: _as_numbers(array[name], name, path))
    if array.ndim != 2:
        raise DataError(f"{path} has shape {array.shape}; a table is a matrix, or a vector of records")
    names = _numbered(array.shape[1])
    return Table(path, names, len(array), lambda name: _as_numbers(array[:, names.index(name)], name, path))


def _as_numbers(column: Any, name: str, path: Path) -> np.ndarray:
    if np.asarray(column).dtype.kind not in "biuf":
        kind = np.asarray(column).dtype
        raise DataError(f"{path}: column {name!r} holds {kind}, no numbers\n    Choose other columns: --columns a,b,c")
    return np.array(column, dtype=float)


READERS: dict[str, Callable[[Path], Table]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".txt": _read_csv,
    ".parquet": _read_parquet,
    ".npy": _read_npy,
}
