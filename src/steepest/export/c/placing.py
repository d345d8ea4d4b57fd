"""The same entries in another place: what a view reads, arrays of zeros with pieces, entries picked by an index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from steepest.expr.dimension import Dim
from steepest.expr.pattern import Affine
from steepest.lower.program import (
    VIEWS,
    Arithmetic,
    Call,
    Convert,
    Diagonal,
    Embed,
    Fill,
    Gather,
    Negative,
    Piece,
    Rearrange,
    Reshape,
    Select,
    Slice,
    Window,
    Windows,
    operands,
)

from .functions import ENTRYWISE
from .sums import Access, SumOfProducts
from .text import CONDITION, ZERO_INDEX, CText, Index, arithmetic

if TYPE_CHECKING:
    from .body import Body
    from .loops import Stack

Place: TypeAlias = Sequence[Index]
Read: TypeAlias = Callable[..., CText]  # `entries.read`


def broadcast(place: Place, shape: Sequence[int]) -> tuple[Index, ...]:
    """The place in an operand of that shape, axes aligned at the last."""
    own = place[len(place) - len(shape) :]
    return tuple(ZERO_INDEX if n == 1 and not isinstance(n, Dim) else i for i, n in zip(own, shape, strict=True))


# --- views --------------------------------------------------------------------------------------------


def source_place(body: Body, i: Any, place: Place) -> tuple[Index, ...] | None:
    """Where in its source a view reads; None if that takes more than an index for each axis."""
    shape = body.registers[i.source].shape
    match i:
        case Rearrange(_, _, axes):
            found = [ZERO_INDEX] * len(shape)
            for index, k in zip(place, axes, strict=True):
                if k is not None:
                    found[k] = index
            return tuple(found)
        case Slice(_, _, places):
            rest = iter(place)
            return tuple(
                _within(body, p, next(rest), n) if isinstance(p, Window) else _at(body, p)
                for p, n in zip(places, shape, strict=True)
            )
        case Diagonal(_, _, labels, out):
            by_label = dict(zip(out, place, strict=True))
            return tuple(by_label[label] for label in labels)
        case Fill():
            return broadcast(place, shape)
    return None


def _at(body: Body, place: int) -> Index:
    body.numbers.add(int(place))
    return Index(str(int(place)))


def _within(body: Body, w: Window, index: Index, size: int) -> Index:
    """Entry `index` of the places of a window; one that runs back from the end counts from there."""
    body.numbers.add(w.step)
    if w.step < 0 and isinstance(size, Dim) and w.start == size - 1:
        back = index.scaled(0, -w.step)
        return Index(
            f"{body.size(size)} - 1 - {back.source if ' ' not in back.source else f'({back.source})'}", index.variables
        )
    body.numbers.add(w.start)
    return index.scaled(w.start, w.step)


def read_view(body: Body, i: Any, place: Place, stack: Stack, read: Read) -> CText:
    found = source_place(body, i, place)
    if found is not None:
        return read(body, i.source, found, stack)
    return read_reshaped(body, i, place) if isinstance(i, Reshape) else read_windows(body, i, place, stack, read)


def read_reshaped(body: Body, i: Reshape, place: Place) -> CText:
    """In row-major order the entries stand where they stood."""
    name = body.in_memory(i.source)
    if not body.registers[i.source].shape:
        return CText(name)
    return CText(f"{name}[{body.offset(place, body.registers[i.target].shape)}]")


def read_windows(body: Body, i: Windows, place: Place, stack: Stack, read: Read) -> CText:
    """``start + Σ steps[k]·i_k`` on the last axis, 0 outside."""
    rank = len(body.registers[i.source].shape)
    body.numbers.update((i.start, *i.steps))
    terms = list(zip(place[rank - 1 :], i.steps, strict=True))
    above = [index.scaled(0, step).source for index, step in terms if step > 0]
    below = [index.scaled(0, -step).source for index, step in terms if step < 0]
    if i.start:
        (above if i.start > 0 else below).append(str(abs(i.start)))
    total, low = " + ".join(above) or "0", " + ".join(below)  # the place is their difference
    variables = frozenset(v for index, _ in terms for v in index.variables)
    index = Index(f"{total} - {low if len(below) == 1 else f'({low})'}" if low else total, variables)
    text = read(body, i.source, (*place[: rank - 1], index), stack)
    n = body.size(body.registers[i.source].shape[-1])
    inside = f"{total} < {n}" if not low else f"{total} >= {low} && {total} < {n} + {low}"
    return CText(f"{inside} ? {text.within(CONDITION + 1)} : 0.0", CONDITION)


# --- arrays given by a rule ------------------------------------------------------------------------------


def ruled(pattern: Affine, place: Place) -> CText:
    """1 where ``Σ coefficient·index + offset`` is zero, or not negative; without negative numbers, which sizes lack."""
    above = [_term(c, i) for c, i in zip(pattern.coefficients, place, strict=True) if c > 0]
    below = [_term(-c, i) for c, i in zip(pattern.coefficients, place, strict=True) if c < 0]
    if pattern.offset:
        (above if pattern.offset > 0 else below).append(str(abs(pattern.offset)))
    left, right = " + ".join(above) or "0", " + ".join(below) or "0"
    return CText(f"{left} {pattern.relation} {right} ? 1.0 : 0.0", CONDITION)


def _term(c: int, i: Index) -> str:
    inner = i.source if i.is_atom else f"({i.source})"
    return inner if c == 1 else f"{c}*{inner}"


# --- zeros with pieces -------------------------------------------------------------------------------------


def has_expression(i: Embed, shape: Sequence[int]) -> bool:
    """Whether every piece fills its axes: then an entry is chosen by comparing indices."""
    return all(
        isinstance(p, Window) and p.start == 0 and p.step == 1 and (p.count is n or p.count == n)
        for piece in i.pieces
        for p, n in zip(piece.places, shape, strict=True)
    )


def embedded(body: Body, i: Embed, place: Place, stack: Stack, read: Read) -> CText:
    result: CText | None = None
    for piece in i.pieces:
        first: dict[int, Index] = {}
        equal = []
        for label, index in zip(piece.follows, place, strict=True):
            if label not in first:
                first[label] = index
            elif first[label].source != index.source:  # compilers warn of what is compared with itself
                equal.append(f"{first[label].source} == {index.source}")
        text = read(body, piece.source, [first[label] for label in piece.carried], stack)
        if equal:
            text = CText(f"{' && '.join(equal)} ? {text.within(CONDITION + 1)} : 0.0", CONDITION)
        result = text if result is None else arithmetic("+", result, text)
    assert result is not None
    return result


def piece_loops(piece: Piece) -> dict[int, int]:
    """The labels of a piece's axes and how many places each has."""
    windows = [p for p in piece.places if isinstance(p, Window)]
    return {label: w.count for label, w in zip(piece.follows, windows, strict=True)}


def piece_place(piece: Piece, indices: Mapping[int, Index]) -> tuple[Index, ...]:
    """Where in the large array an entry of a piece stands."""
    labels = iter(piece.follows)
    return tuple(
        indices[next(labels)].scaled(p.start, p.step) if isinstance(p, Window) else Index(str(int(p)))
        for p in piece.places
    )


# --- entries picked by an index ------------------------------------------------------------------------------


def gathered(body: Body, i: Gather, place: Place, stack: Stack, read: Read) -> CText:
    """An entry at a place that an array says; `outside` where it says a place that is none."""
    rank = len(body.registers[i.index].shape)
    shape = body.registers[i.source].shape
    of_index = place[:rank]
    index = read(body, i.index, of_index, stack)
    if not index.source.isidentifier():
        index = CText(body.declare(stack[-1], index))
    variables = frozenset(v for p in of_index for v in p.variables)
    picked = Index(f"(size_t){index.source}", variables)
    where = (*(of_index[k] for k in i.shared), picked, *place[rank:])
    body.in_memory(i.source)
    text = read(body, i.source, where, stack)
    n = body.size(shape[len(i.shared)])
    inside = f"{index.source} >= 0.0 && {index.source} < (double){n}"
    return CText(f"{inside} ? {text.within(CONDITION + 1)} : {float(i.outside)}", CONDITION)


# --- what the body of a sum reads --------------------------------------------------------------------------


def accesses(body: Body, total: SumOfProducts) -> list[Access]:
    """The arrays in memory, and the things to be computed, that a sum of products reads."""
    found: list[Access] = []
    work = [(r, tuple(Index(str(i), frozenset({str(i)})) for i in labels)) for r, labels in total.operands]
    names = {str(label): label for label in total.sizes}
    while work:
        r, place = work.pop()
        made = body.made.get(r)
        by_axis = tuple(names[min(i.variables)] if len(i.variables) == 1 else None for i in place)
        in_memory = made is None or r in body.stored or r in body.shared
        if in_memory or made is None:
            if by_axis and not isinstance(body.program.constants.get(r), Affine):
                found.append(Access(by_axis))
        elif isinstance(made, (*VIEWS, Fill)):
            where = source_place(body, made, place)
            if where is not None:
                work.append((made.source, where))
        else:
            if r in body.costly:
                found.append(Access(by_axis, costly=True))
            if isinstance(made, Arithmetic | Negative | Select | Convert) or _is_entrywise(made):
                work += [(a, broadcast(place, body.registers[a].shape)) for a in operands(made)]
    return found


def _is_entrywise(made: Any) -> bool:
    return isinstance(made, Call) and made.op.name in ENTRYWISE
