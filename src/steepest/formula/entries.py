"""One entry of an expression, written out in indices down to its variables."""

from __future__ import annotations

from collections.abc import Mapping

from steepest.errors import FormulaError
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Apply, Einsum, Expr

from .cases import with_cases
from .collect import added
from .factors import multiplied
from .functions import applied, selecting
from .index_form import entry_of, fresh_letters, sum_over
from .notation import Letters, Notation
from .translate import node_notation, translate


def entry(e: Expr, letters: Letters, names: Mapping[Expr, Notation]) -> Notation:
    """The entry of `e` at `letters`, one for each axis."""
    if len(letters) != e.ndim or len(set(letters)) != len(letters):
        raise FormulaError(f"an array with {e.ndim} axes needs {e.ndim} different letters, got {letters!r}")
    return _entry(e, letters, letters, names)


def _entry(e: Expr, letters: Letters, used: Letters, names: Mapping[Expr, Notation]) -> Notation:
    """`used` are the letters that mean something here already."""
    if e in names:
        return _indexed(names[e], letters)
    match e:
        case Add():
            terms = [_factor(a, _entry(a, letters, used, names)) for a in e.args]
            return added(*with_cases(terms))
        case Einsum():
            return _contraction_entry(e, letters, used, names)
        case Apply() if e.op.elementwise:
            args = tuple(_entry(a, letters if a.ndim else (), used, names) for a in e.args)
            if e.dtype != BOOL:
                args = tuple(_factor(a, entry) for a, entry in zip(e.args, args, strict=True))
            return applied(e.op, args, e.params)
        case Apply():
            return _indexed(node_notation(e, tuple(translate(a, names) for a in e.args)), letters)
    return _indexed(node_notation(e, ()), letters)


def _indexed(n: Notation, letters: Letters) -> Notation:
    return entry_of(n, letters) if letters else n


def _factor(e: Expr, n: Notation) -> Notation:
    return selecting(n) if e.dtype == BOOL else n


def _contraction_entry(e: Einsum, letters: Letters, used: Letters, names: Mapping[Expr, Notation]) -> Notation:
    bound = dict(zip(e.out, letters, strict=True))
    sizes = e.label_sizes()
    summed = tuple(i for i in sizes if i not in bound)
    fresh = fresh_letters(len(summed), used)
    bound.update(zip(summed, fresh, strict=True))
    scope = (*used, *fresh)
    factors = [_factor(a, _entry(a, tuple(bound[i] for i in labels), scope, names)) for labels, a in e.operands()]
    return sum_over(fresh, tuple(sizes[i] for i in summed), multiplied(*factors))
