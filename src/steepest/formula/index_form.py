"""Index notation: always possible. ``Σ_k X_ik θ_k`` for one entry, ``[Σ_l A_il T_ljk]_ijk`` for an array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steepest.expr.dimension import Shape
from steepest.expr.node import Labels

from . import notation as nt
from .collect import added
from .factors import multiplied
from .functions import applied
from .glyphs import LETTERS
from .matrix_form import Factor
from .notation import Letters, Notation
from .rank import rank
from .scope import letters_in
from .sign import NUMBER_ONE


def index_form(factors: Sequence[Factor], out: Labels, sizes: Mapping[int, int]) -> Notation:
    """The array ``[Σ Π entries]`` of a contraction."""
    labels = dict.fromkeys([*out, *(label for ls, _ in factors for label in ls)])
    letters = dict(zip(labels, fresh_letters(len(labels), ()), strict=True))
    body = multiplied(*(entry_of(f, tuple(letters[i] for i in ls)) for ls, f in factors))
    summed = [i for i in labels if i not in out]
    body = sum_over(tuple(letters[i] for i in summed), tuple(sizes[i] for i in summed), body)
    return array(tuple(letters[i] for i in out), tuple(sizes[i] for i in out), body)


def array(letters: Letters, sizes: Shape, body: Notation) -> Notation:
    return nt.Array(letters, sizes, body) if letters else body


def fresh_letters(count: int, used: Sequence[str]) -> Letters:
    """The next unused letters; numbered ones when the alphabet ends."""
    free = [c for c in LETTERS if c not in used][:count]
    number = 1
    while len(free) < count:
        if (name := f"i{number}") not in used:
            free.append(name)
        number += 1
    return tuple(free)


def sum_over(letters: Letters, sizes: Shape, body: Notation) -> Notation:
    """``Σ_letters body``, with the factors in front that do not depend on the letters."""
    if not letters:
        return body
    factors = body.factors if isinstance(body, nt.Scaled) else (body,)
    inside = [f for f in factors if not letters_in(f).isdisjoint(letters)]
    outside = [f for f in factors if letters_in(f).isdisjoint(letters)]
    return multiplied(*outside, nt.SumOver(letters, sizes, multiplied(*inside)))


def entry_of(n: Notation, letters: Letters) -> Notation:
    """One entry of an array; entrywise notation is read entry by entry."""
    if rank(n) == 0:
        return n
    match n:
        case nt.Fill(value):
            return value
        case nt.Ones():
            return NUMBER_ONE
        case nt.Transpose(of):
            return entry_of(of, letters[::-1])
        case nt.Scaled(factors) | nt.Entrywise(factors):
            return multiplied(*(entry_of(f, letters) for f in factors))
        case nt.Quotient(over, under):
            return multiplied(nt.Quotient(entry_of(over, letters), entry_of(under, letters)))
        case nt.Power(base, exponent):
            return nt.Power(entry_of(base, letters), entry_of(exponent, letters))
        case nt.Sum(terms):
            return added(*(entry_of(t, letters) for t in terms))
        case nt.Outer(left, right):
            return multiplied(entry_of(left, letters[:1]), entry_of(right, letters[1:]))
        case nt.Function(op, args, params) if op.elementwise:
            return applied(op, tuple(entry_of(a, letters) for a in args), params)
        case nt.Relation(sign, left, right):
            return nt.Relation(sign, entry_of(left, letters), entry_of(right, letters))
        case nt.Iverson(condition):
            return nt.Iverson(entry_of(condition, letters))
        case nt.Cases(condition, chosen, otherwise):
            return nt.Cases(*(entry_of(p, letters) for p in (condition, chosen, otherwise)))
        case nt.Array(bound, _, body):
            return renamed(body, dict(zip(bound, letters, strict=True)))
    return nt.Entry(n, letters)


def renamed(n: Notation, letters: Mapping[str, str]) -> Notation:
    """Free letters replaced, all at once; sums inside move to other letters where they would catch a new one."""
    match n:
        case nt.Entry(of, own):
            return nt.Entry(of, tuple(letters.get(c, c) for c in own))
        case nt.SumOver(own, sizes, body):
            free = {old: new for old, new in letters.items() if old not in own}
            moved = fresh_letters(len(own), (*free.values(), *letters_in(body)))
            inner = {c: m if c in free.values() else c for c, m in zip(own, moved, strict=True)}
            return nt.SumOver(tuple(inner[c] for c in own), sizes, renamed(body, {**free, **inner}))
    return nt.with_parts(n, lambda p: renamed(p, letters))
