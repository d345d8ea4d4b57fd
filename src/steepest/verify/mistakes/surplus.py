"""A term or a factor too many: something simple that is added, or that a part of the formula is multiplied by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from steepest.expr.number import constant
from steepest.formula import notation as nt
from steepest.formula.factors import multiplied
from steepest.formula.notation import Notation
from steepest.formula.rank import rank
from steepest.formula.transposition import transpose
from steepest.ops.elementary import tanh
from steepest.ops.linalg_inverse import determinant
from steepest.ops.special_logistic import expit

from .constants import named, simple, told_sizes
from .edits import one_minus, places
from .evidence import Evidence
from .mistake import Finding, Mistake
from .written import Written

TWO, ONE = nt.Number(constant(2)), nt.Number(constant(1))
MOST_ATOMS, MOST_PLACES = 60, 40


def explain_extra_term(written: Written, e: Evidence, terms: Sequence[Notation]) -> Finding | None:
    """A constant times something simple is added; another term may be missing for it, or have another sign."""
    values = [v for t in terms if (v := written.values(t)) is not None]
    surplus = e.with_given([g - r for g, r in e.pairs()])
    for atom in _atoms(written):
        extra = written.values(atom)
        if extra is None:
            continue
        c = surplus.factor(extra)
        if c is not None and simple(c, e.sizes) is not None:
            return Finding(Mistake.EXTRA_TERM, f"there is a term too many: {_times(c, atom, written, e)}")
        if not 2 <= len(values) == len(terms):
            continue
        found = e.coefficients([*values, extra])
        if found is None or simple(found[-1], e.sizes) is None:
            continue
        missing = [t for t, c in zip(terms, found, strict=False) if abs(c) <= e.part]
        rest = [c for c in found[:-1] if abs(c) > e.part]
        if len(missing) == 1 and all(abs(c - 1) <= 10 * e.part for c in rest):
            term = _times(found[-1], atom, written, e)
            return Finding(Mistake.EXTRA_TERM, f"the term {term} stands where {written.piece(missing[0])} should")
    return None


def explain_extra_factor(written: Written, e: Evidence) -> Finding | None:
    """The whole, or a part, is multiplied or divided by something that should not be there."""
    scalars = [s for s in _scalars(written) if rank(s) == 0]
    arrays = [a for a in dict.fromkeys(_atoms(written)) if rank(a)][:MOST_ATOMS]
    for place in list(places(written.main))[:MOST_PLACES]:
        if isinstance(place.part, nt.Number):
            continue
        outermost = place.part is written.main
        alike = [a for a in arrays if rank(a) == rank(place.part)]
        for factor in (*(scalars if outermost else ()), *alike):
            for result, words in (
                (multiplied(factor, place.part), "there is a factor too many: {factor}, of {part}"),
                (nt.Quotient(place.part, factor), "there is a division too many: by {factor}, of {part}"),
            ):
                main = place.put(result)
                values = written.values(main)
                c = None if values is None else e.factor(values)
                if c is None or simple(c, e.sizes) is None:
                    continue
                text = words.format(factor=written.piece(factor), part=written.piece(place.part))
                return Finding(Mistake.EXTRA_FACTOR, text, written.text(main) if abs(c - 1) < e.part else "")
    return None


def _times(c: float, atom: Notation, written: Written, e: Evidence) -> str:
    text = named(abs(c), e.sizes)
    front = "" if text == "1" else f"{text} "
    return f"{'−' if c < 0 else ''}{front}{written.piece(atom)}{told_sizes(text, e.sizes)}"


def _atoms(written: Written) -> Iterator[Notation]:
    """What may be too much: names, parts of the formula, and their simplest functions."""
    symbols = list(written.symbols())
    scalars = [s for s in symbols if rank(s) == 0]
    named_arrays: list[Notation] = [s for s in symbols if rank(s)] or list(symbols)
    turned = [transpose(a) for a in named_arrays if rank(a) == 2]
    own = [p for p in written.parts() if rank(p) or not named_arrays]
    bases = list(dict.fromkeys([*named_arrays, *turned, *own]))
    yield from (slope for p in own if (slope := _slope(p)) is not None)
    yield from bases
    yield from (multiplied(s, base) for base in (*named_arrays, *turned) for s in scalars if s != base)
    for base in bases:
        yield nt.Power(base, TWO)
        yield nt.Quotient(ONE, base)
        yield nt.Sum((nt.Fill(ONE, (2,) * rank(base)), multiplied(nt.Number(constant(-1)), base)))


def _slope(part: Notation) -> Notation | None:
    """The derivative of an activation that stands in the formula, where it was left out rightly."""
    if not isinstance(part, nt.Function) or len(part.args) != 1:
        return None
    if part.op is expit:
        return multiplied(part, one_minus(part))
    return one_minus(nt.Power(part, TWO)) if part.op is tanh else None


def _scalars(written: Written) -> Iterator[Notation]:
    """Numbers that a gradient may be scaled by: those in it, lengths, determinants."""
    yield from (p for p in written.parts() if rank(p) == 0)
    for s in written.symbols():
        if rank(s) == 1:
            yield from (nt.Norm(s), nt.NormSquared(s))
        if rank(s) == 2:
            yield from (nt.Function(determinant, (s,), ()), nt.Trace(s), nt.Norm(s), nt.NormSquared(s))
