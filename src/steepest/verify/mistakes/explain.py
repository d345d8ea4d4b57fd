"""What is wrong: the first explanation that accounts for every number, the simple ones before the elaborate."""

from __future__ import annotations

from collections.abc import Iterator

from steepest.formula import notation as nt
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula

from .constants import named, simple, told_sizes
from .edits import Change, changes
from .evidence import Evidence
from .mistake import Finding, Mistake
from .terms import expanded, explain_extra, explain_terms
from .whole import entries_in_words, explain_shift, explain_whole
from .written import Written


def explain(e: Evidence, printed: Formula | None) -> Finding:
    """The mistake in what is given; `printed` is the right formula, where there is one."""
    found = explain_whole(e)
    if found is None and printed is not None:
        found = _by_formula(Written(printed, e), e)
    return found or explain_shift(e) or Finding(Mistake.UNKNOWN, entries_in_words(e))


def _by_formula(written: Written, e: Evidence) -> Finding | None:
    right = written.values(written.main)
    if right is None or not e.with_given(e.right).explains(right):
        return None
    found = explain_terms(written, e, _outer_terms(written.main))
    if found is not None:
        return found
    variants = list(_variants(written))
    for change, main in variants:
        values = written.values(main)
        if values is not None and e.explains(values):
            return _found(change, written, main)
    found = explain_terms(written, e, expanded(written.main)) or explain_extra(written, e)
    if found is not None:
        return found
    for change, main in variants:
        values = written.values(main)
        c = None if values is None else e.factor(values)
        if c is not None and simple(c, e.sizes) is not None:
            text = named(c, e.sizes)
            also = f"; and it is {text}{told_sizes(text, e.sizes)} times what it would be with that alone"
            return _found(change, written, main, also)
    return None


def _outer_terms(n: Notation) -> tuple[Notation, ...]:
    return n.terms if isinstance(n, nt.Sum) else (n,)


def _variants(written: Written) -> Iterator[tuple[Change, Notation]]:
    """Every formula with one mistake in it, each once."""
    seen: set[Notation] = {written.main}
    for change, main in changes(written.main):
        if main not in seen:
            seen.add(main)
            yield change, main


def _found(change: Change, written: Written, main: Notation, also: str = "") -> Finding:
    parts = {"part": written.piece(change.part)}
    if change.instead is not None:
        parts["instead"] = written.piece(change.instead)
    return Finding(change.mistake, change.words.format(**parts) + also, written.text(main) if not also else "")
