"""One term of a structured derivative: a product of small arrays, and the places where its entries stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .place import Labels, Place, labels_of, shape_of, spread, window

Factor = tuple[Labels, np.ndarray]


@dataclass(frozen=True, eq=False)
class Term:
    """The array of shape ``rows + columns`` with the product of the factors at the places, zero elsewhere.

    A label that rows and columns share makes a diagonal; one that neither has is summed.
    """

    rows: tuple[Place, ...]
    columns: tuple[Place, ...]
    sizes: Mapping[int, int]
    factors: tuple[Factor, ...]

    @property
    def dtype(self) -> np.dtype:
        return np.result_type(np.int8, *(a.dtype for _, a in self.factors))

    @property
    def labels(self) -> Labels:
        return labels_of((*self.rows, *self.columns))

    @property
    def entries(self) -> int:
        """How many entries are not zero by their place."""
        return int(np.prod([self.sizes[i] for i in self.labels], dtype=np.int64))

    @property
    def stored(self) -> int:
        """How many numbers are kept."""
        return sum(a.size for _, a in self.factors)

    def core(self, labels: Labels) -> np.ndarray:
        """The product of the factors as one array with these axes; of length 1 where it does not vary."""
        carried = tuple(i for i in labels if any(i in own for own, _ in self.factors))
        return spread(contracted(self.factors, carried), carried, labels)

    def transposed(self) -> Term:
        return Term(self.columns, self.rows, self.sizes, self.factors)

    def is_affine(self) -> bool:
        """Whether no place is picked by an index array."""
        return all(p.index is None for p in (*self.rows, *self.columns))

    # --- as an array ------------------------------------------------------------------------------------

    def add_to(self, dense: np.ndarray) -> None:
        """Added to an array of shape ``rows + columns``."""
        places, labels = (*self.rows, *self.columns), self.labels
        if self.is_affine():
            view = window(dense, places, labels, self.sizes)
            view += self.core(labels)
        else:
            where = tuple(p.entries(labels, self.sizes) for p in places)
            np.add.at(dense, where, np.broadcast_to(self.core(labels), [self.sizes[i] for i in labels]))

    def coordinates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row numbers, column numbers and values; the arrays flattened, places may repeat."""
        labels = self.labels
        shape = tuple(self.sizes[i] for i in labels)
        sides = (self._numbers(side, labels) for side in (self.rows, self.columns))
        row, column, value = (np.broadcast_to(a, shape).ravel() for a in (*sides, self.core(labels)))
        return row, column, value

    def _numbers(self, places: Sequence[Place], labels: Labels) -> np.ndarray:
        total = np.zeros((1,) * len(labels), np.int64)
        for p in places:
            total = total * p.size + p.entries(labels, self.sizes)
        return total

    def offsets(self) -> tuple[int, int]:
        """The least and the greatest difference between row and column, where both sides have one axis."""
        (row,), (column,) = self.rows, self.columns
        if row.index is None and column.index is None and set(row.steps) == set(column.steps):
            return row.start - column.start, row.start - column.start
        (first_row, last_row), (first_column, last_column) = (p.reach(self.sizes) for p in (row, column))
        return first_row - last_column, last_row - first_column

    def diagonal_of(self) -> np.ndarray:
        """Its entries on the diagonal, an array of shape `rows`."""
        result = np.zeros(shape_of(self.rows), self.dtype)
        same = self._same_places()
        if same is not None:
            same.add_side(result, same.core(labels_of(same.rows)))
            return result
        row, column, value = self.coordinates()
        np.add.at(result.reshape(-1), row[row == column], value[row == column])
        return result

    def _same_places(self) -> Term | None:
        """The part on the diagonal where rows and columns run over the same places; None if they do not."""
        rename: dict[int, int] = {}
        for r, c in zip(self.rows, self.columns, strict=True):
            if r.index is not None or c.index is not None or (r.size, r.start) != (c.size, c.start):
                return None
            if [s for _, s in r.steps] != [s for _, s in c.steps]:
                return None
            for i, j in zip(r.labels, c.labels, strict=True):
                if self.sizes[i] != self.sizes[j] or rename.setdefault(j, i) != i:
                    return None
        if any(j != i and (j in rename.values() or i in rename) for j, i in rename.items() if j != i):
            return None
        factors = tuple((tuple(rename.get(i, i) for i in own), a) for own, a in self.factors)
        return Term(self.rows, self.rows, self.sizes, factors)

    # --- as a map ---------------------------------------------------------------------------------------

    def apply(self, v: np.ndarray) -> np.ndarray:
        """The term times `v`, an array of shape ``columns + extra``; the result has the shape ``rows + extra``."""
        rank = len(self.columns)
        extra = v.shape[rank:]
        inner, outer = labels_of(self.columns), labels_of(self.rows)
        if all(p.index is None for p in self.columns):
            read = window(v, self.columns, inner, self.sizes)
        else:
            read = v[tuple(np.broadcast_arrays(*(p.entries(inner, self.sizes) for p in self.columns)))]
        fresh = 1 + max((*self.sizes, -1))
        further = tuple(range(fresh, fresh + len(extra)))
        carried = {*inner, *(i for own, _ in self.factors for i in own)}
        out = tuple(i for i in outer if i in carried)
        product = contracted((*self.factors, ((*inner, *further), read)), (*out, *further))
        result = np.zeros((*shape_of(self.rows), *extra), np.result_type(self.dtype, v.dtype))
        self.add_side(result, spread(product, (*out, *further), (*outer, *further)))
        return result

    def add_side(self, result: np.ndarray, values: np.ndarray) -> None:
        """Values with the axes of the rows' labels added where the rows stand."""
        labels = labels_of(self.rows)
        if all(p.index is None for p in self.rows):
            view = window(result, self.rows, labels, self.sizes)
            view += values
        else:
            shape = (*(self.sizes[i] for i in labels), *result.shape[len(self.rows) :])
            where = tuple(np.broadcast_to(p.entries(labels, self.sizes), shape[: len(labels)]) for p in self.rows)
            np.add.at(result, where, np.broadcast_to(values, shape))


def contracted(factors: Sequence[Factor], out: Labels) -> np.ndarray:
    """The product of arrays summed over all labels not in `out`."""
    names: dict[int, int] = {}
    operands: list[object] = []
    for own, a in factors:
        operands += [a, [names.setdefault(i, len(names)) for i in own]]
    if not operands:
        return np.ones(())
    result: np.ndarray = np.einsum(*operands, [names[i] for i in out], optimize=len(factors) > 1)  # type: ignore[call-overload]
    return result
