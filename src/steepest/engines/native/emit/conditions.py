"""Conditions on places: decided while code is written where the bounds of loops allow it, else while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import value_of
from steepest.engines.native.ir.place import Place, at
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.lower.program import Window

PICKED_BELOW = 1 << 62  # no index is larger


@dataclass
class Conditions:
    """Truth values about places, and where loops should be cut so that they are decided."""

    b: Builder
    cuts: dict[str, set[int]] = field(default_factory=dict)  # counters, and where conditions on them change

    def within(self, place: Place, low: int, high: int) -> Value:
        """Whether ``low ≤ place ≤ high``; where loops decide it turn by turn, notes where they should be cut."""
        if low <= place.low and place.high <= high:
            return True
        if place.high < low or place.low > high:
            return False
        self._note(place, low)
        self._note(place, high + 1)
        b = self.b
        x = value_of(b, place)
        above = True if place.low >= low else b.compare(">=", x, low)
        below = True if place.high <= high else b.compare("<=", x, high)
        return self.both(above, below)

    def equal(self, a: Place, c: Place) -> Value:
        difference = a.plus(c.times(-1))
        if difference.fixed:
            return difference.const == 0
        if difference.low > 0 or difference.high < 0:
            return False
        if c.fixed:
            self._note(a, c.const)
            self._note(a, c.const + 1)
        return self.b.compare("==", value_of(self.b, a), value_of(self.b, c))

    def _note(self, place: Place, edge: int) -> None:
        if len(place.terms) == 1 and place.terms[0][1] == 1 and not place.gathered and place.lane in (0, 1):
            self.cuts.setdefault(place.terms[0][0], set()).add(edge - place.const)

    def both(self, a: Value, c: Value) -> Value:
        if a is False or c is False:
            return False
        return self.b.logic("and", a, c) if a is not True and c is not True else (c if a is True else a)

    def undone(self, place: Place, window: Window) -> tuple[Place, Value]:
        """The index into a window that stands at `place`, and whether there is one."""
        start, step = window.start, window.step
        last = window.count - 1
        scales = [s for _, s in (*place.terms, *place.gathered)] + [place.lane, place.const - start]
        if all(s % step == 0 for s in scales):
            own = divided(place.times(1, -start), step)
            return own, self.within(own, 0, last)
        if place.fixed:
            return at(0), False
        b = self.b
        shifted = b.sub(value_of(b, place), start)
        quotient = quotient_of(b, shifted, step)
        exact = b.compare("==", b.mul(quotient, step), shifted)
        inside = b.logic("and", b.compare(">=", quotient, 0), b.compare("<=", quotient, last))
        return computed_place(quotient), b.logic("and", exact, inside)


def computed_place(index: Value) -> Place:
    """A place that is computed while the program runs."""
    if not isinstance(index, Val):
        return at(int(index))
    low, high = -PICKED_BELOW, PICKED_BELOW
    if index.vector:
        return Place(0, (), 0, ((index, 1),), low, high)
    return Place(0, ((index.name, 1),), 0, (), low, high)


def divided(place: Place, step: int) -> Place:
    """A place all whose parts are multiples of `step`, divided by it."""
    if step == 1:
        return place
    ends = (place.low // step, place.high // step)
    return Place(
        place.const // step,
        tuple((name, s // step) for name, s in place.terms),
        place.lane // step,
        tuple((v, s // step) for v, s in place.gathered),
        min(ends),
        max(ends),
    )


def quotient_of(b: Builder, x: Value, y: int) -> Value:
    """Whole numbers divided, towards 0."""
    if not isinstance(x, Val):
        return int(x) // y
    t = b.type(Kind.INT, x.vector)
    (second,) = set(b.texts(y, Kind.INT, x.vector))
    return b.each(Kind.INT, x.vector, (x.parts,), lambda p: f"sdiv {t} {p}, {second}")
