"""Names for the lengths of axes of given arrays, by custom: X is m × n, and what is as long shares the name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

ROWS, COLUMNS = "mpqrst", "nkhdlc"


def named_lengths(arrays: Mapping[str, np.ndarray], known: Mapping[int, str]) -> dict[int, str]:
    """A letter for each length of an axis but 1. The longest matrix is m × n, and a square one n × n."""
    found = dict(known)
    taken = set(arrays)
    for a in sorted(arrays.values(), key=_rank_as_data):
        letters = [COLUMNS] if a.ndim != 2 or a.shape[0] == a.shape[1] else [ROWS, COLUMNS]
        for k, length in enumerate(a.shape):
            if length > 1 and length not in found:
                found[length] = _free(letters[k % len(letters)] + ROWS, {*taken, *found.values()})
    return found


def _rank_as_data(a: np.ndarray) -> tuple[bool, int]:
    is_data = a.ndim == 2 and a.shape[0] != a.shape[1]
    return not is_data, -a.shape[0] if is_data else 0


def _free(letters: str, taken: Collection[str]) -> str:
    return next((c for c in letters if c not in taken), f"n{len(taken)}")


def declared(a: np.ndarray, names: Mapping[int, str]) -> str:
    """A shape as it is declared of a formula."""
    return " ".join(names.get(n, str(n)) for n in a.shape)
