"""A loop that carries the tangents of its states beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from steepest.expr.build import zeros
from steepest.expr.dtype import carries_derivative
from steepest.expr.loop import Loop, stacked
from steepest.expr.node import Expr, Scan, Variable
from steepest.ops.complex_parts import cast
from steepest.ops.looping import close_loop

from .tangent import Tangents, spread


@dataclass(frozen=True)
class Joined:
    """The loop; where the tangent of each state stands in it, and the stacks of what its steps give."""

    loop: Loop
    places: Mapping[int, int]
    given: Mapping[Expr, Expr]
    changes: Mapping[Expr, Expr]  # the tangents of these, of those that vary

    @classmethod
    def of(
        cls,
        loop: Loop,
        emitted: Sequence[Expr],
        found: Mapping[Expr, Expr],
        tangents: Tangents,
        tangent_variable: Callable[[Variable], Variable],
    ) -> Joined:
        """The loop with tangents: of its operands they are in `found`."""
        operands = dict(zip(loop.variables, loop.operands, strict=True))
        seeds = {v: tangent_variable(v) for v, a in operands.items() if a in found and carries_derivative(v.dtype)}
        changes = spread(loop, seeds, list(emitted), tangents, tangent_variable)
        varying = [k for k, v in enumerate(loop.states) if v in seeds]

        def with_tangents(variables: Sequence[Variable]) -> dict[Variable, Expr]:
            own = {v: operands[v] for v in variables}
            return own | {seeds[v]: found.get(a, zeros(v.shape)) for v, a in own.items() if v in seeds}

        steps = [changes.get(loop.next[k], zeros(loop.states[k].shape)) for k in varying]
        moving = [e for e in emitted if e in changes]
        joined, given = close_loop(
            with_tangents(loop.states),
            [*loop.next, *steps],
            with_tangents(loop.entries),
            with_tangents(loop.settled),
            loop.length,
            loop.direction,
            [*emitted, *(changes[e] for e in moving)],
        )
        places = {k: len(loop.states) + place for place, k in enumerate(varying)}
        stacks, moved = given[: len(emitted)], given[len(emitted) :]
        return cls(joined, places, dict(zip(emitted, stacks, strict=True)), dict(zip(moving, moved, strict=True)))

    def result(self, n: Scan) -> tuple[Expr, Expr | None]:
        """The result of the loop that a node of the first one is, and its tangent; None if it does not vary."""
        e = stacked(n)
        if e is None:
            place = self.places.get(n.result)
            return self.loop.last(n.result), None if place is None else self.loop.last(place)
        change = self.changes.get(e)
        return cast(self.loop.stack(self.given[e]), n.dtype), None if change is None else self.loop.stack(change)
