"""What happened behind a transformed function, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from steepest.expr.traversal import count_nodes
from steepest.frontends.tracing.recording import Guard, Margin

from .compilation import Compile
from .function import FunctionRecord, Specialisation
from .orders import account

MOST = 6  # values that one line saw, and that are shown


@dataclass(frozen=True)
class Explanation:
    """A readable account; `lines` is one fact a line."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __repr__(self) -> str:
        return str(self)


def explain(
    record: FunctionRecord, name: str, choice: Compile, answered: int, through_python: Sequence[str]
) -> Explanation:
    """The captures of a function, their guards, why each was made; why calls are not answered by code alone."""
    kept = [s for group in record.specialisations.values() for s in group]
    on_tape = [ways for ways in record.ways.values() if ways.taped]
    if not (kept or on_tape):
        return Explanation((f"{name}({record.name}) has not been called yet",))
    lines = [f"{name}({record.name}): traced {record.traces} time{'s' * (record.traces != 1)}, {len(kept)} kept"]
    for s in kept:
        lines.extend(_describe(s))
    for ways in on_tape:
        why = ways.reason or "each call was different, until the ways of some were taken again"
        lines.append(f"  {ways.taped} calls on a tape, run on values with a sweep back or forward: {why}")
    if choice is Compile.OFF:
        lines.append("  compile='off': here array operations run, whatever else derives the same function")
    if answered:
        lines.append(f"  {answered} calls answered by machine code alone")
    lines.extend(f"  calls go through Python: {reason}" for reason in through_python)
    return Explanation(tuple(lines))


def _guards(guards: Sequence[Guard]) -> Iterator[str]:
    """A line for each of the user's lines that looked at values, with what it saw."""
    seen: dict[str, Counter[str]] = {}
    for g in guards:
        if isinstance(g, Margin):
            continue
        seen.setdefault(g.where or "unknown line", Counter())[g.shown_value()] += 1
    for where, values in seen.items():
        shown = ", ".join(value if n == 1 else f"{value} ({n} times)" for value, n in values.most_common(MOST))
        yield f"    guard: {shown}{', …' if len(values) > MOST else ''} at {where}"


def _places(guards: Sequence[Guard]) -> list[str]:
    return list(dict.fromkeys(g.where or "unknown line" for g in guards if not isinstance(g, Margin)))


def _describe(s: Specialisation) -> list[str]:
    c = s.capture
    inputs = ", ".join(f"{v.name}{tuple(map(int, v.shape))} {v.dtype}" for v in c.variables)
    lines = [f"  inputs {inputs}: {count_nodes(c.outputs)} nodes; reason: {s.reason}"]
    lines.append(f"    used again {s.used} time{'s' * (s.used != 1)}" + " by way of Python" * bool(s.used))
    lines.extend(f"    {said}" for said in c.loops)
    lines.extend(_guards(c.guards))
    lines.extend(f"    raises nothing while it can be computed at {where}" for where in _places(c.domain))
    lines.extend(f"    each run of the function changes {change}; a call of this does not" for change in c.changes)
    if c.writes:
        lines.append("    it writes into its arguments; here it is given copies")
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
