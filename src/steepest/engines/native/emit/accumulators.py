"""Running sums of a statement, while its loops are under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, load, store
from steepest.engines.native.ir.place import Place
from steepest.engines.native.ir.shuffle import across
from steepest.engines.native.ir.value import Kind, Known, Val, Value

Step = Callable[[Value], Value]  # from the running result to the next


@dataclass(frozen=True, slots=True)
class Register:
    """One running result, or one a lane, which LLVM keeps in machine registers: `parts` slots on the stack."""

    slots: tuple[str, ...]
    kind: Kind
    vector: bool

    @classmethod
    def open(cls, b: Builder, kind: Kind, vector: bool, start: Known) -> Register:
        t = b.type(kind, vector)
        slots = tuple(b.alloca(1, t) for _ in range(b.parts if vector else 1))
        for slot, text in zip(slots, b.texts(start, kind, vector), strict=True):
            b.do(f"store {t} {text}, ptr {slot}, align 64")
        return cls(slots, kind, vector)

    def load(self, b: Builder, parts: int) -> Val:
        t = b.type(self.kind, self.vector)
        return Val(
            self.kind, tuple(b.emit(f"load {t}, ptr {slot}, align 64") for slot in self.slots[:parts]), self.vector
        )

    def step(self, b: Builder, mask: Val | None, step: Step) -> None:
        """One turn; lanes outside the mask stay as they are. A narrower vector goes to the first registers."""
        parts = b.parts if self.vector else 1
        old = self.load(b, parts)
        new = step(old)
        if mask is not None and self.vector:
            new = b.select(mask, new, old)
        t = b.type(self.kind, self.vector)
        for slot, text in zip(self.slots, b.texts(new, self.kind, self.vector), strict=False):
            b.do(f"store {t} {text}, ptr {slot}, align 64")

    def result(self, b: Builder, combine: Callable[[Value, Value], Value], folded_lanes: bool) -> Val:
        """All turns together; one number if the lanes are folded too."""
        total = self.load(b, len(self.slots))
        return across(b, total, combine) if folded_lanes and self.vector else total


@dataclass(frozen=True, slots=True)
class InPlace:
    """Running results in the array they belong to."""

    buffer: Buffer

    def step(self, b: Builder, offset: Place, mask: Val | None, step: Step) -> None:
        old = load(b, self.buffer, offset, mask)
        store(b, step(old), self.buffer, offset, mask)


@dataclass(frozen=True, slots=True)
class Partials:
    """For every entry of an array one machine register of partial results, one a lane."""

    pointer: str
    kind: Kind
    shape: tuple[int, ...]

    def address(self, b: Builder, offset: str) -> str:
        return b.address(self.pointer, offset, b.type(self.kind))

    def step(self, b: Builder, offset: str, mask: Val | None, steps: Callable[[Value, int], Value]) -> None:
        """One turn for each register of the vectors under way; `steps(running, part)` gives the next."""
        t = b.type(self.kind)
        at = self.address(b, offset)
        align = b.width * self.kind.bytes
        old = b.emit(f"load {t}, ptr {at}, align {align}")
        running: Value = Val(self.kind, (old,), True)
        for part in range(b.parts):
            before = running
            with b.with_lanes(b.width):
                running = steps(before, part)
                if mask is not None:
                    running = b.select(Val(Kind.TRUTH, (mask.parts[part],), True), running, before)
        with b.with_lanes(b.width):
            (text,) = b.texts(running, self.kind, True)
        b.do(f"store {t} {text}, ptr {at}, align {align}")
