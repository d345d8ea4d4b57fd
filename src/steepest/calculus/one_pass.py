"""The derivative of a function of one number, in the same pass through its loops as its value.

Forward mode takes no more work than reverse mode where there is one tangent. A loop then carries the tangents of its
states beside them: nothing is stored on the way, and no second loop has to come after the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from steepest.expr.build import zeros
from steepest.expr.dtype import carries_derivative, is_complex
from steepest.expr.loop import Loop, loop_of, stacked
from steepest.expr.node import Expr, Scan, Variable
from steepest.expr.number import ONE
from steepest.expr.traversal import depends_on, toposort
from steepest.ops.operation import rebuilt

from .forward import tangent_of, tangent_variable, tangents
from .loops.joined import Joined
from .reverse import smooth

FEW = 16  # numbers that go from step to step: with their tangents they stay in registers


def in_one_pass(y: Expr, inputs: Sequence[Variable], beside: Sequence[Expr]) -> tuple[list[Expr], list[Expr]] | None:
    """The expressions `beside` y, and dy/dx for the one input x, reading loops that compute both.

    None where that is no gain: where x is an array, where y has no loops that vary with it, or where such a loop has
    long states or is no part of what is beside y.
    """
    x = inputs[0]
    if len(inputs) > 1 or x.shape or is_complex(x.dtype):
        return None
    varying = depends_on([y], [x])
    loops = {loop_of(n) for n in varying if isinstance(n, Scan)}
    known = {loop_of(n) for n in toposort(beside) if isinstance(n, Scan)}
    if not loops or not loops <= known or not all(map(_is_short, loops)):
        return None
    sweep = _Sweep(loops, x)
    sweep.go(toposort([y, *beside]), varying)
    t = sweep.found.get(sweep.values[y], zeros(()))
    return [sweep.values[e] for e in beside], [smooth(t, x.dtype)]


def _is_short(loop: Loop) -> bool:
    return sum(prod(v.shape) for v in loop.states) <= FEW


@dataclass
class _Sweep:
    """The nodes again, reading the joined loops; and the tangents of those that vary."""

    loops: set[Loop]
    x: Variable
    values: dict[Expr, Expr] = field(default_factory=dict)
    found: dict[Expr, Expr] = field(default_factory=dict)

    def go(self, order: Sequence[Expr], varying: set[Expr]) -> None:
        emitted: dict[Loop, dict[Expr, None]] = {loop: {} for loop in self.loops}
        for n in order:
            if isinstance(n, Scan) and (loop := loop_of(n)) in emitted and (e := stacked(n)) is not None:
                emitted[loop][e] = None
        joined: dict[Loop, Joined] = {}
        self.found[self.x] = ONE
        for n in order:
            args = tuple(self.values[a] for a in n.args)
            if isinstance(n, Scan) and (loop := loop_of(n)) in self.loops:
                if loop not in joined:
                    given = list(emitted[loop])
                    joined[loop] = Joined.of(loop.on(args), given, self.found, tangents, tangent_variable)
                self.values[n], t = joined[loop].result(n)
            else:
                self.values[n] = new = rebuilt(n, args)
                moves = n in varying and carries_derivative(n.dtype) and any(a in self.found for a in new.args)
                t = tangent_of(new, self.found) if moves else None
            if t is not None:
                self.found[self.values[n]] = t
