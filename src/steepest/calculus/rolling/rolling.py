"""Expressions of steps recorded one by one, with loops in the place of steps that are alike.

A program of one step then stands for all: its size does not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from steepest.expr.build import add
from steepest.expr.node import Add, Expr
from steepest.expr.traversal import toposort
from steepest.ops.operation import rebuilt
from steepest.ops.rearrange import sliced

from .forming import Formed, form
from .likeness import Leaves, Likeness, coarse, differs
from .repetition import Repetition, repetitions
from .steps import Steps, like_steps
from .varying import total

LEAST = 16  # steps
WORTH = 512  # items in all steps together: fewer are quicker as they are
GATHERED = 8  # terms of a sum that are read from steps one after the other
TRIED = 8  # repetitions that may turn out to be none


def roll(items: Sequence[Expr], roots: Sequence[Expr]) -> Formed | None:
    """The loop that stands for most of the items, which were made in this order; None if there is none."""
    if len(items) < WORTH:
        return None
    codes: dict[Any, int] = {}
    found = repetitions([coarse(n, codes) for n in items], LEAST)
    index = {n: k for k, n in enumerate(items)}
    for repetition in _by_worth(found)[:TRIED]:
        steps = like_steps(items, repetition, Likeness(index, repetition.period), LEAST)
        if steps is None or steps.count * steps.period < WORTH:
            continue
        members = steps.members()
        read = {steps.where(n) for n in toposort(roots, stop=members) if n in members}
        formed = form(steps, {r for r in read if r is not None}) if read else None
        if formed is not None:
            return formed
    return None


def _by_worth(found: Iterable[Repetition]) -> list[Repetition]:
    """Those that cover most first; of those that cover about as much, the one of the shortest steps."""
    worth = [r for r in found if r.count * r.period >= WORTH]
    most = max((r.count * r.period for r in worth), default=0)

    def rank(r: Repetition) -> tuple[bool, int]:
        covers = r.count * r.period
        return covers < 0.9 * most, r.period if covers >= 0.9 * most else -covers

    return sorted(worth, key=rank)


def rewritten(formed: Formed, roots: Sequence[Expr]) -> dict[Expr, Expr]:
    """For each node under `roots`, outside the steps, what it is with the loop in their place."""
    steps = formed.steps
    members = steps.members()
    new: dict[Expr, Expr] = {}
    for n in toposort(roots, stop=members):
        where = steps.where(n)
        if where is not None:
            new[n] = formed.entry(*where)
            continue
        gathered = _gathered(n, formed, new) if isinstance(n, Add) and len(n.args) >= GATHERED else None
        new[n] = rebuilt(n, tuple(new[a] for a in n.args)) if gathered is None else gathered
    return new


def _gathered(n: Add, formed: Formed, new: Mapping[Expr, Expr]) -> Expr | None:
    """A sum whose terms read items of the steps in order, as one contraction of their stacks."""
    groups: dict[int, list[tuple[int, Expr, Leaves]]] = {}
    others: list[Expr] = []
    for term in n.args:
        found = _read_of_one_step(term, formed.steps)
        if found is None:
            others.append(new[term])
        else:
            step, key, leaves = found
            groups.setdefault(key, []).append((step, term, leaves))
    terms = []
    for group in groups.values():
        group.sort(key=lambda g: g[0])
        together = _together(group, formed) if len(group) >= GATHERED else None
        terms.extend([new[t] for _, t, _ in group] if together is None else [together])
    return add(*others, *terms) if len(others) + len(terms) < len(n.args) else None


def _read_of_one_step(term: Expr, steps: Steps) -> tuple[int, int, Leaves] | None:
    """The step of which a term reads an item, with the key and the leaves of the term."""
    found = [steps.where(a) for a in term.args]
    read = {where[0] for where in found if where is not None}
    if len(read) != 1:
        return None
    (step,) = read
    ((key, leaves),) = steps.likeness.step([term], steps.start_of(step))
    return step, key, leaves


def _together(group: Sequence[tuple[int, Expr, Leaves]], formed: Formed) -> Expr | None:
    first, last = group[0][0], group[-1][0]
    if [step for step, _, _ in group] != list(range(first, last + 1)):
        return None
    steps, (_, term, leaves) = formed.steps, group[0]
    columns = zip(leaves, zip(*(g[2] for g in group), strict=True), strict=True)
    rows = {leaf: row for leaf, row in columns if differs(row)}
    if len(set(leaves)) != len(leaves):
        return None
    stacks = {}
    for a in term.args:
        where = steps.where(a)
        if where is not None:
            stack = formed.stacks.get(where[1])
            if stack is None:
                return None
            stacks[a] = sliced(stack, [range(first, last + 1), *map(range, stack.shape[1:])])
    return total(term, rows, stacks, len(group))
