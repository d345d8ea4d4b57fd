"""From the lines of an unfolding to steps: each rule with its law, the instance, and the result so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from steepest.expr.node import Expr
from steepest.expr.traversal import toposort
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula, formula_of
from steepest.formula.text import UNICODE
from steepest.ops.substitution import substitute

from .changes import Changes, Move
from .generic import is_part
from .step import Equation, Link, Step
from .unfolding import Line

LONGEST_LAW = 60  # characters


def _as_it_is(e: Expr) -> Expr:
    return e


@dataclass(frozen=True)
class Scribe:
    """Writes lines as steps. `names` says how variables and named parts are written, `total` what is sought.

    `general` are changes of general parts, of which `rule` gives the laws; `revealed` says in full what an expression
    stands for.
    """

    names: dict[Expr, Notation]
    changes: Changes
    total: Notation
    function: Expr
    rule: Callable[[Expr, Changes], Move]
    general: Changes
    revealed: Callable[[Expr], Expr] = _as_it_is

    def steps(self, lines: Sequence[Line]) -> list[Step]:
        return [self.step(line) for line in lines]

    def step(self, line: Line) -> Step:
        """One line; its moves are the finer steps, where there are several."""
        finer = tuple(
            replace(self.written(move.rule, move, (move.change,), so_far, self.law(move), ()), words=move.words)
            for move, so_far in zip(line.moves, line.so_far, strict=True)
        )
        if len(finer) == 1:
            return finer[0]
        constant = {self.changes.of(m.node): m.change for m in line.moves if not self.changes.vary(m.node)}
        (first,), last = substitute([line.results[0]], constant), line.results[-1]
        return self.written(_title(line.moves), line.moves[0], (first, last), line.so_far[-1], (), finer)

    def written(
        self, rule: str, move: Move, rights: Sequence[Expr], so_far: Expr, laws: tuple[Equation, ...],
        steps: tuple[Step, ...],
    ) -> Step:  # fmt: skip
        said: list[tuple[Link, Equation]] = []
        if move.identity is not None:
            left, right = move.identity
            said.append((Link.START, self.equation(self.formula(left).main, right)))
        link = Link.SO if said else Link.START
        if move.node is self.function:
            rights = (*rights, so_far) if so_far is not rights[-1] else rights
            return Step(rule, (*said, (link, self.equation(self.total, *rights))), laws, steps=steps)
        instance = self.equation(self.changes.written[self.changes.of(move.node)], *rights)
        return Step(rule, (*said, (link, instance)), laws, self.equation(self.total, so_far), steps=steps)

    def equation(self, left: Notation, *rights: Expr) -> Equation:
        return Equation(left, tuple(self.formula(e) for e in rights))

    def formula(self, e: Expr) -> Formula:
        return formula_of(self.revealed(e), {**self.names, **self.changes.written})

    def law(self, move: Move) -> tuple[Equation, ...]:
        """The rule in general, as the rule itself gives it of general parts; nothing if that is too long to help."""
        if move.example is None:
            return ()
        general = self.general
        for part in toposort([move.example]):
            if is_part(part):
                general.seeds[part] = general.of(part)
        left = general.written[general.of(move.example)]
        right = formula_of(self.rule(move.example, general).change, general.written)
        law = Equation(left, (right,))
        text = law.write(UNICODE)
        return (law,) if len(text) <= LONGEST_LAW and "\n" not in text and "_" not in text.replace("_F", "") else ()


def _title(moves: Sequence[Move]) -> str:
    """The rules of a line by name; bookkeeping is not told where there is more to tell."""
    names = list(dict.fromkeys(m.rule for m in moves))
    telling = [n for n in names if n not in ("constant", "the variable itself")]
    if not moves[0].slight:
        return names[0]
    return ", ".join((telling or names)[:3])


def concluded(steps: Sequence[Step], answer: Expr) -> tuple[Step, ...]:
    """The steps with the last of them, and of its finer ones, known to state the answer."""
    *front, last = steps
    finer = concluded(last.steps, answer) if last.steps else ()
    return (*front, replace(last, expr=answer, steps=finer))


def news(steps: Sequence[Step], before: Equation | None = None) -> list[Step]:
    """The steps that say something not said just before."""
    found: list[Step] = []
    last = "" if before is None else before.write(UNICODE)
    for step in steps:
        text = step.said[-1][1].write(UNICODE)
        if text != last:
            found.append(step)
        last = text
    return found
