"""What is wrong: the first explanation that accounts for every number, the simple ones before the elaborate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from steepest.formula import notation as nt
from steepest.formula.collect import added
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula
from steepest.formula.transposition import transpose

from .constants import named, simple, told_sizes
from .edits import Change, again, changes
from .effort import Effort
from .evidence import Evidence
from .mistake import Finding, Mistake
from .pairs import explain_two
from .path import Traced, explain_cut
from .surplus import explain_extra_factor, explain_extra_term
from .terms import expanded, explain_terms
from .whole import entries_in_words, explain_factor, explain_shift, explain_whole
from .written import Written

Variants = Sequence[tuple[Change, Notation]]


@dataclass(frozen=True)
class Known:
    """What is known of the function: the right formula, and how the function is computed, where there are such."""

    printed: Formula | None = None
    traced: Callable[[], Traced | None] = lambda: None


NOTHING_KNOWN = Known()


def explain(e: Evidence, known: Known, effort: Effort) -> Finding:
    """The mistake in what is given."""
    if not e.is_clear:
        return Finding(Mistake.UNKNOWN, entries_in_words(e))
    found = explain_whole(e)
    if found is None and known.printed is not None:
        found = _by_formula(Written(known.printed, e, effort), e, known)
    return found or explain_factor(e) or explain_shift(e) or Finding(Mistake.UNKNOWN, entries_in_words(e))


def _by_formula(written: Written, e: Evidence, known: Known) -> Finding | None:
    right = written.values(written.main)
    if right is None or not e.with_given(e.right).explains(right):
        return None
    terms, variants = expanded(written.main), list(_variants(written.main))
    apart = list(_variants(added(*terms))) if len(terms) > 1 else []
    return (
        explain_terms(written, e, _outer_terms(written.main))
        or _by_one_change(written, e, variants)
        or explain_terms(written, e, terms)
        or _by_one_change(written, e, apart)
        or explain_factor(e)
        or explain_two(written, e, _outer_terms(written.main))
        or _by_one_change_twice(written, e, variants)
        or _by_cut(known, e, written.effort)
        or explain_extra_term(written, e, terms)
        or _by_one_change_and_a_factor(written, e, variants)
        or explain_extra_factor(written, e)
    )


def _by_cut(known: Known, e: Evidence, effort: Effort) -> Finding | None:
    traced = known.traced()
    return None if traced is None else explain_cut(traced, e, effort)


def _by_one_change(written: Written, e: Evidence, variants: Variants) -> Finding | None:
    """As it is written, or else with all of it transposed."""
    square = len(e.shape) == 2 and e.shape[0] == e.shape[1] > 1
    turned: tuple[Change, Notation] | None = None
    for change, main in variants:
        values = written.values(main)
        if values is None:
            continue
        if e.explains(values):
            return _found(change, written, main)
        if square and turned is None and e.explains(v.T for v in values):
            turned = change, transpose(main)
    if turned is None:
        return None
    found = _found(turned[0], written, turned[1])
    return replace(found, words=f"{found.words}, and all of it is transposed")


def _by_one_change_twice(written: Written, e: Evidence, variants: Variants) -> Finding | None:
    """A factor is left out in two places."""
    for change, main in variants:
        if change.mistake is Mistake.MISSING_FACTOR and isinstance(change.part, nt.Symbol):
            for second, twice in again(change, main):
                values = written.values(twice)
                if values is not None and e.explains(values):
                    return _found(second, written, twice)
    return None


def _by_one_change_and_a_factor(written: Written, e: Evidence, variants: Variants) -> Finding | None:
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


def _variants(right: Notation) -> Iterator[tuple[Change, Notation]]:
    """Every formula with one mistake in it, each once."""
    seen = {right}
    for change, main in changes(right):
        if main not in seen:
            seen.add(main)
            yield change, main


def _found(change: Change, written: Written, main: Notation, also: str = "") -> Finding:
    parts = {"part": written.piece(change.part)}
    if change.instead is not None:
        parts["instead"] = written.piece(change.instead)
    return Finding(change.mistake, change.words.format(**parts) + also, written.text(main) if not also else "")
