"""How positions print: slices as in Python, and the rules of constant arrays, ``i ≥ j``."""

from __future__ import annotations

from collections.abc import Sequence

from . import notation as nt


def range_text(rows: nt.Range | int) -> str:
    """As in Python; an end nearer to the end of the axis than to its start is counted from there.

    >>> range_text(nt.Range(1, 1, 3, 10)), range_text(nt.Range(0, 1, 9, 10)), range_text(nt.Range(9, -1, 10, 10))
    ('1:4', ':-1', '::-1')
    """
    if isinstance(rows, int):
        return str(rows)
    start, step, length = rows.start, rows.step, rows.length
    last = start + step * (rows.count - 1)
    first = "" if start == (0 if step > 0 else length - 1) else str(start)
    step_text = f":{step}" if step != 1 else ""
    if step < 0:
        return f"{first}:{last - 1 if last > 0 else ''}{step_text}"
    if last + step >= length:
        return f"{first}:{step_text}"
    stop = last + 1
    return f"{first}:{stop if stop <= length // 2 else stop - length}{step_text}"


def affine_condition(coefficients: Sequence[int], offset: int, sign: str, letters: Sequence[str]) -> str:
    """``i ≥ 2j + 1``: terms with a minus moved to the right."""
    left: list[str] = []
    right: list[str] = []
    for c, letter in zip(coefficients, letters, strict=False):
        if c:
            (left if c > 0 else right).append(letter if abs(c) == 1 else f"{abs(c)}{letter}")
    if offset:
        (left if offset > 0 else right).append(str(abs(offset)))
    return f"{' + '.join(left) or '0'} {sign} {' + '.join(right) or '0'}"
