"""Names for parts that occur again and again: ``Xᵀ diag(p ⊙ (1 − p)) X`` where ``p = σ(Xw)``.

A name is given where the formula gets so much shorter that it pays for the line that explains it; a short formula
stays on one line. Letters follow habit and are never in use already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from steepest.expr.build import variable
from steepest.expr.pattern import Affine

from . import notation as nt
from .names import display_name, unused
from .notation import Notation, parts
from .order import has_differential
from .printing import Formula
from .rank import rank
from .scope import letters_in, names_in
from .sign import split_sign
from .text import UNICODE

MOST_NAMES = 3
SHORTEST_FORMULA, LONGEST_FORMULA, SHORTEST_PART = 24, 4000, 5  # characters
MOST_TRIED = 6  # parts whose effect is worked out, in each round
EFFORT = 12  # what a reader pays for a name, in characters, beside the line that explains it
KNOWN_EFFORT = 2  # for a name with one usual meaning: p is a probability
# matrices of zeros and ones by the signs of i and j in their rules
_TRIANGLES: dict[tuple[tuple[int, ...], str], str] = {((1, -1), ">="): "LM", ((-1, 1), ">="): "UM"}
RESIDUALS, MATRICES, VECTORS, SCALARS = "red", "SMNK", "uvzhw", "stcg"


def with_names(formula: Formula, reserved: Collection[str] = ()) -> Formula:
    """The formula with names for its repeated parts; `reserved` are names that mean something else around it."""
    if has_differential(formula.main) or any(not isinstance(n, nt.Commutation) for _, n in formula.definitions):
        return formula
    formula = _avoiding(formula, reserved)
    taken = {*reserved, *names_in(formula.main), *(s.name for s, _ in formula.definitions)}
    found = _with_rules(_Lines(formula.main, ()), taken)
    if SHORTEST_FORMULA <= len(UNICODE.write(found.main)) <= LONGEST_FORMULA:
        for _ in range(MOST_NAMES):
            better = _best(found, taken)
            if better is None:
                break
            found = better
            taken.add(found.definitions[-1][0].name)
    return replace(formula, main=found.main, definitions=(*found.in_order(), *formula.definitions))


def _avoiding(formula: Formula, reserved: Collection[str]) -> Formula:
    """The formula with other names for what it defines, where they are reserved."""
    main, definitions = formula.main, []
    for symbol, value in formula.definitions:
        new = nt.Symbol(display_name(unused(symbol.name, reserved)), symbol.of)
        main = replaced(main, symbol, new)
        definitions.append((new, value))
    return replace(formula, main=main, definitions=tuple(definitions))


def _with_rules(lines: _Lines, taken: set[str]) -> _Lines:
    """Matrices of zeros and ones are named and their rules given below: ``Lx`` where ``L_ij = [i ≥ j]``."""
    for part in dict.fromkeys(_inner(lines.main)):
        if isinstance(part, nt.Patterned) and isinstance(part.pattern, Affine) and rank(part) == 2:
            letters = _TRIANGLES.get((part.pattern.coefficients, part.pattern.relation), MATRICES)
            letter = next((c for c in letters if c not in taken), None)
            if letter is not None:
                taken.add(letter)
                lines = lines.naming(part, _symbol(letter, part))
    return lines


@dataclass(frozen=True)
class _Lines:
    """A formula and the names in it, the newest last."""

    main: Notation
    definitions: tuple[tuple[nt.Symbol, Notation], ...]

    def notations(self) -> list[Notation]:
        return [self.main, *(value for _, value in self.definitions)]

    def length(self) -> int:
        return sum(len(UNICODE.write(n)) for n in self.notations())

    def naming(self, part: Notation, symbol: nt.Symbol) -> _Lines:
        rest = tuple((s, replaced(value, part, symbol)) for s, value in self.definitions)
        return _Lines(replaced(self.main, part, symbol), (*rest, (symbol, part)))

    def in_order(self) -> list[tuple[nt.Symbol, Notation]]:
        """Each name before those that are explained with it."""
        found: list[tuple[nt.Symbol, Notation]] = []
        waiting = list(self.definitions)
        while waiting:
            unexplained = {s.name for s, _ in waiting}
            ready = next(d for d in waiting if unexplained.isdisjoint(names_in(d[1])))
            waiting.remove(ready)
            found.append(ready)
        return found


def _best(lines: _Lines, taken: Collection[str]) -> _Lines | None:
    """The lines with the one name that helps most, or None."""
    counts: Counter[Notation] = Counter(p for n in lines.notations() for p in _inner(n))
    lengths = {p: len(UNICODE.write(p)) for p, count in counts.items() if count > 1 and _may_be_named(p)}
    worth = {p: counts[p] * (n - 1) for p, n in lengths.items() if n >= SHORTEST_PART and counts[p] >= _least_uses(p)}
    before = lines.length()
    best: tuple[float, _Lines] | None = None
    for part in sorted(worth, key=lambda p: (-worth[p], UNICODE.write(p)))[:MOST_TRIED]:
        letter = next((c for c in _letters(part) if c not in taken), None)
        if letter is None:
            continue
        new = lines.naming(part, _symbol(letter, part))
        gain = before - new.length() - (KNOWN_EFFORT if _usual_letter(part) == letter else EFFORT)
        if gain > 0 and (best is None or gain > best[0]):
            best = gain, new
    return None if best is None else best[1]


def _symbol(letter: str, part: Notation) -> nt.Symbol:
    return nt.Symbol(letter, variable(letter, (2,) * rank(part), tag=-1))


def _inner(n: Notation) -> Iterator[Notation]:
    """All parts of a notation, as often as they are written; entries of an array are no parts of their own."""
    for p in parts(n):
        yield p
        if not (isinstance(p, nt.Entry) and isinstance(p.of, nt.Patterned)):
            yield from _inner(p)


def _may_be_named(n: Notation) -> bool:
    return isinstance(n, (nt.Function, nt.Sum, nt.Product, nt.Norm, nt.NormSquared)) and not letters_in(n)


def _least_uses(n: Notation) -> int:
    """A difference is read at a glance: written twice it is no burden."""
    return 2 if isinstance(n, nt.Function) else 3


def _letters(n: Notation) -> str:
    if usual := _usual_letter(n):
        return usual + ("q" + VECTORS if rank(n) == 1 else MATRICES)
    if rank(n) == 2:
        return MATRICES
    if rank(n) == 0:
        return SCALARS
    is_difference = isinstance(n, nt.Sum) and any(split_sign(t)[0] for t in n.terms)
    return (RESIDUALS if is_difference else "") + VECTORS


def _usual_letter(n: Notation) -> str:
    """A small letter for vectors, a capital for matrices."""
    if not isinstance(n, nt.Function) or rank(n) == 0:
        return ""
    return n.op.letter if rank(n) == 1 else n.op.letter.upper()


def replaced(n: Notation, part: Notation, symbol: nt.Symbol) -> Notation:
    """The notation with a part written as its name."""
    return symbol if n == part else nt.with_parts(n, lambda p: replaced(p, part, symbol))
