"""When two steps of a recorded loop are alike: the same but for where they stand, for numbers and for places read.

What a step made is told by its distance from the start of the step: what the step before made at the same place has
the same distance in all steps. What was there before the loop is told by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Scan, Structured, Variable
from steepest.expr.number import is_number
from steepest.expr.pattern import Affine
from steepest.expr.traversal import toposort

REACH = 4  # steps back that a step may read

Leaves = tuple[Expr, ...]


@dataclass
class Likeness:
    """Keys of expressions in a row of items that were made one after the other; `index` says where each stands."""

    index: Mapping[Expr, int]
    period: int
    _numbers: dict[Any, int] = field(default_factory=dict)

    def is_near(self, n: Expr, start: int) -> bool:
        """Whether `n` is made by the step that starts there, or by one of those just before it."""
        place = self.index.get(n)
        return place is not None and -REACH * self.period <= place - start < self.period

    def step(self, items: Sequence[Expr], start: int) -> list[tuple[int, Leaves]]:
        """For each item of a step its key, and in a fixed order the numbers and rules in it that may differ."""
        known: dict[Expr, tuple[int, Leaves]] = {}
        return [self._of(item, start, known) for item in items]

    def _of(self, item: Expr, start: int, known: dict[Expr, tuple[int, Leaves]]) -> tuple[int, Leaves]:
        for n in toposort(item.args, stop=self.index.keys()):
            if n not in known:
                known[n] = self._leaf(n, start) if n in self.index else self._node(n, start, known)
        return self._node(item, start, known)

    def _leaf(self, n: Expr, start: int) -> tuple[int, Leaves]:
        key = ("near", self.index[n] - start, n.shape, n.dtype) if self.is_near(n, start) else n
        return self._number(key), ()

    def _node(self, n: Expr, start: int, known: Mapping[Expr, tuple[int, Leaves]]) -> tuple[int, Leaves]:
        kind = (type(n).__name__, n.shape, n.dtype)
        match n:
            case Constant():
                return self._number((*kind, n.sizes)), (n,)
            case Structured(pattern=Affine(coefficients, _, relation)):
                return self._number((*kind, coefficients, relation)), (n,)
            case Add():
                operands = sorted(self._operand(known[a], (), k) for k, a in enumerate(n.args))
                return self._together(kind, operands)
            case Einsum():
                return self._contraction(n, kind, known)
            case Apply():
                operands = [self._operand(known[a], (), k) for k, a in enumerate(n.args)]
                return self._together((*kind, n.op, n.params), operands)
            case Scan():
                operands = [self._operand(known[a], (), k) for k, a in enumerate(n.args)]
                fields = (n.body, n.states, n.sequences, n.result, n.length, n.direction)
                return self._together((*kind, *fields), operands)
            case Variable() | Delta() | Structured():
                return self._number(n), ()
        raise AssertionError(n)

    def _contraction(
        self, n: Einsum, kind: tuple[Any, ...], known: Mapping[Expr, tuple[int, Leaves]]
    ) -> tuple[int, Leaves]:
        place = {label: k for k, label in enumerate(n.out)}
        operands = [
            self._operand(known[a], tuple(place.get(i, n.ndim) for i in labels), k)
            for k, (labels, a) in enumerate(n.operands())
        ]
        operands.sort()
        names: dict[int, int] = {}
        for o in operands:
            for label in n.indices[o.number]:
                names.setdefault(label, len(names))
        labels = tuple(tuple(names[i] for i in n.indices[o.number]) for o in operands)
        out = tuple(names.setdefault(i, len(names)) for i in n.out)
        return self._together((*kind, n.sums, labels, out), operands)

    def _operand(self, known: tuple[int, Leaves], places: tuple[int, ...], number: int) -> _Ordered:
        key, leaves = known
        return _Ordered(key, places, tuple(map(_sorting_value, leaves)), number, leaves)

    def _together(self, kind: tuple[Any, ...], operands: Sequence[_Ordered]) -> tuple[int, Leaves]:
        leaves = tuple(leaf for o in operands for leaf in o.leaves)
        return self._number((*kind, tuple(o.key for o in operands))), leaves

    def _number(self, key: Any) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


@dataclass(frozen=True, order=True)
class _Ordered:
    """An operand in an order that is the same in steps that are alike."""

    key: int
    places: tuple[int, ...]
    values: tuple[float, ...]
    number: int
    leaves: Leaves = field(compare=False)


def _sorting_value(leaf: Expr) -> float:
    if isinstance(leaf, Structured) and isinstance(leaf.pattern, Affine):
        return float(leaf.pattern.offset)
    if is_number(leaf) and not isinstance(leaf.value, complex):
        return float(leaf.value)
    return 0.0


def coarse(n: Expr, codes: dict[Any, int]) -> int:
    """A number for the kind of a node and of its operands: equal for nodes that may be alike."""
    own = (_kind(n, codes), *sorted(_kind(a, codes) for a in n.args))
    return codes.setdefault(own, len(codes))


def _kind(n: Expr, codes: dict[Any, int]) -> int:
    name = n.op.name if isinstance(n, Apply) else type(n)
    return codes.setdefault((name, n.shape, n.dtype), len(codes))


def differs(leaves: Sequence[Expr]) -> bool:
    """Whether a number or rule is not the same in all steps."""
    return any(leaf is not leaves[0] for leaf in leaves)
