"""What happened behind a transformed function, in words."""

from __future__ import annotations

from dataclasses import dataclass

from steepest.expr.traversal import count_nodes

from .compilation import Compile
from .function import FunctionRecord, Specialisation
from .orders import account


@dataclass(frozen=True)
class Explanation:
    """A readable account; `lines` is one fact a line."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __repr__(self) -> str:
        return str(self)


def explain(record: FunctionRecord, name: str, choice: Compile, answered: int) -> Explanation:
    """The captures of a function, their guards, and why each was made."""
    kept = [s for group in record.specialisations.values() for s in group]
    if not kept:
        return Explanation((f"{name}({record.name}) has not been called yet",))
    lines = [f"{name}({record.name}): traced {record.traces} time{'s' * (record.traces != 1)}, {len(kept)} kept"]
    for s in kept:
        lines.extend(_describe(s))
    if choice is Compile.OFF:
        lines.append("  compile='off': here array operations run, whatever else derives the same function")
    if answered:
        lines.append(f"  {answered} calls answered by machine code alone")
    return Explanation(tuple(lines))


def _describe(s: Specialisation) -> list[str]:
    c = s.capture
    inputs = ", ".join(f"{v.name}{tuple(map(int, v.shape))} {v.dtype}" for v in c.variables)
    lines = [f"  inputs {inputs}: {count_nodes(c.outputs)} nodes; reason: {s.reason}"]
    lines.extend(f"    guard: {g.seen} at {g.where or 'unknown line'}" for g in c.guards)
    for key, exprs in s.derived.items():
        if isinstance(key, tuple):
            lines.append(f"    {key[0].name}: {count_nodes(exprs)} nodes")
            lines.extend(f"      {line}" for line in account(key[0].name, c))
            program = s.programs.get(key)
            if program is not None:
                lines.extend(f"      {line}" for line in program.tiers.account())
    if s.check is not None:
        lines.append(f"    checked against the plain function: {s.check}")
    return lines
