"""Whether a number met on the way has no reciprocal though it is not 0: then array operations divide by it."""

from __future__ import annotations

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.engines.native.kernel import FAILED

from .accumulators import Accumulator, Lanes
from .status import STATUS

SUBNORMAL = 0x0090  # LLVM's classes of numbers, of both signs: many of them have a reciprocal that overflows


class TinyDivisors:
    """Looks at divisors, one or one a lane."""

    def __init__(self, b: Builder) -> None:
        self.b = b
        with b.with_lanes(b.width):
            self._seen = {lanes: Accumulator.open(b, Kind.TRUTH, lanes, False) for lanes in (Lanes.ONE, Lanes.TOGETHER)}
        self._looked = False

    def look(self, divisor: Value, mask: Val | None) -> None:
        """At one that a lane outside of the mask does not have."""
        b = self.b
        if not isinstance(divisor, Val):
            return
        self._looked = True
        t, truth = b.type(divisor.kind, divisor.vector), b.type(Kind.TRUTH, divisor.vector)
        name = b.intrinsic_symbol("is.fpclass", divisor.kind, divisor.vector)
        b.intrinsics.add(f"declare {truth} {name}({t}, i32 immarg)")
        parts = tuple(b.pure(f"call {truth} {name}({t} {part}, i32 {SUBNORMAL})") for part in divisor.parts)
        found: Value = Val(Kind.TRUTH, parts, divisor.vector)
        if mask is not None and divisor.vector:
            found = b.logic("and", found, mask)
        assert isinstance(found, Val)
        with b.with_lanes(b.width):
            tiny: Value = False
            for part in found.parts:
                tiny = b.logic("or", tiny, Val(Kind.TRUTH, (part,), divisor.vector))
            self._seen[Lanes.of(divisor)].step(b, None, lambda seen: b.logic("or", seen, tiny))

    def report(self) -> None:
        """To the status of the kernel."""
        b = self.b
        for seen in self._seen.values() if self._looked else ():
            with b.with_lanes(b.width):
                found = seen.result(b, lambda x, y: b.logic("or", x, y))
            with b.when(found.name):
                b.emit(f"atomicrmw or ptr {STATUS}, i32 {FAILED} monotonic")  # parts of a pass run at once
