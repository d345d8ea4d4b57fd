"""Long sums in two levels: short runs of plain additions, whose results are added without error.

A run of additions rounds as often as it is long. The second level keeps the rounding of each of its additions (Knuth,
The Art of Computer Programming 2, 4.2.2, theorem B), so that the length of the whole sum does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Val, Value

RUN = 16  # additions that may follow one another: as many as in a block of NumPy's pairwise sums


@dataclass(frozen=True, slots=True)
class Level:
    """Where the second level of one register of running sums is: rounded sums, and what rounding took from them."""

    high: str
    low: str
    alignment: int | None = None  # in bytes, if it is not that of registers

    def clear(self, b: Builder, kind: Kind, vector: bool) -> None:
        zero = b.texts(0.0, kind, vector)[0]
        self._store(b, kind, vector, zero, zero)

    def add(self, b: Builder, kind: Kind, vector: bool, text: str) -> None:
        """One more term, a machine register or a number."""
        high, low = self._load(b, kind, vector)
        total, error = two_sum(b, high, Val(kind, (text,), vector))
        rest = b.add(low, error)
        assert isinstance(total, Val)
        assert isinstance(rest, Val)
        self._store(b, kind, vector, total.parts[0], rest.parts[0])

    def result(self, b: Builder, kind: Kind, vector: bool) -> str:
        """The sum. An infinite one has a meaningless error, which is left out."""
        high, low = self._load(b, kind, vector)
        finite = b.compare("==", b.sub(low, low), 0.0)
        total = b.add(high, b.select(finite, low, 0.0))
        assert isinstance(total, Val)
        return total.parts[0]

    def _load(self, b: Builder, kind: Kind, vector: bool) -> tuple[Val, Val]:
        t, align = b.type(kind, vector), self.alignment or b.alignment(kind, vector)
        high, low = (b.emit(f"load {t}, ptr {p}, align {align}") for p in (self.high, self.low))
        return Val(kind, (high,), vector), Val(kind, (low,), vector)

    def _store(self, b: Builder, kind: Kind, vector: bool, high: str, low: str) -> None:
        t, align = b.type(kind, vector), self.alignment or b.alignment(kind, vector)
        b.do(f"store {t} {high}, ptr {self.high}, align {align}")
        b.do(f"store {t} {low}, ptr {self.low}, align {align}")


def two_sum(b: Builder, x: Value, y: Value) -> tuple[Value, Value]:
    """``x + y`` rounded, and the rest; exact while nothing overflows."""
    total = b.add(x, y)
    other = b.sub(total, x)
    return total, b.add(b.sub(x, b.sub(total, other)), b.sub(y, other))
