"""From the differential to the derivative: ``df = tr(Gᵀ dX)`` says that the gradient is G (Magnus & Neudecker, 9.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from steepest.calculus.reverse import transpose as transposed
from steepest.expr.build import contract
from steepest.expr.node import Add, Apply, Einsum, Expr
from steepest.expr.number import ONE
from steepest.expr.traversal import depends_on
from steepest.formula import notation as nt
from steepest.formula.collect import added
from steepest.formula.factors import multiplied, split_scalars
from steepest.formula.notation import Notation, parts
from steepest.formula.printing import Formula
from steepest.formula.rank import rank
from steepest.formula.translate import translate
from steepest.formula.transposition import transpose

from . import generic as g
from .step import Equation

MOST_TERMS = 12  # of a differential multiplied out

_A, _B = nt.Symbol("A", g.LEFT), nt.Symbol("B", g.part("b", g.LEFT.shape[::-1]))
_S = nt.Symbol("A", g.SQUARE)
_a, _b = nt.Symbol("a", g.COLUMN), nt.Symbol("b", g.part("v", g.COLUMN.shape))


def _law(left: Notation, right: Notation) -> Equation:
    return Equation(left, (Formula(right),))


CYCLIC = _law(nt.Trace(nt.Product((_A, _B))), nt.Trace(nt.Product((_B, _A))))
TRANSPOSED = _law(nt.Trace(_S), nt.Trace(nt.Transpose(_S)))
TURNED = _law(nt.Product((nt.Transpose(_a), _b)), nt.Product((nt.Transpose(_b), _a)))
OWN_TRACE = _law(nt.Product((nt.Transpose(_a), _b)), nt.Trace(nt.Outer(_b, _a)))


def linear_terms(e: Expr, change: Expr) -> list[Expr] | None:
    """The terms of an expression that is linear in a change, multiplied out; None if they are too many."""
    varying = depends_on([e], [change])
    terms = _terms(e, varying, change)
    return terms if len(terms) <= MOST_TERMS else None


def _terms(e: Expr, varying: set[Expr], change: Expr) -> list[Expr]:
    match e:
        case Add():
            return [t for a in e.args for t in _terms(a, varying, change)][: MOST_TERMS + 1]
        case Einsum() if e in varying:
            (k,) = (k for k, a in enumerate(e.args) if a in varying)
            operands = e.operands()
            sizes = e.out_sizes()
            return [
                contract([*operands[:k], (e.indices[k], t), *operands[k + 1 :]], e.out, sizes)
                for t in _terms(e.args[k], varying, change)
            ]
        case Apply() if e in varying and e.op.transpose is not None:
            return [e.op(t, **dict(e.params)) for t in _terms(e.args[0], varying, change)]
    return [e]


def paired(gradient: Notation, change: Notation) -> Notation:
    """``gᵀ dx``, ``tr(Gᵀ dX)``: the differential that has this gradient."""
    front, body = split_scalars(gradient)
    match rank(change):
        case 1:
            return multiplied(*front, nt.Product((*_chain(transpose(body)), change)))
        case 2:
            chain = () if isinstance(body, nt.Identity) else _chain(_transposed(body))
            return multiplied(*front, nt.Trace(nt.Product((*chain, change)) if chain else change))
    return multiplied(*front, nt.Total(nt.Entrywise((body, change))))


def _chain(n: Notation) -> tuple[Notation, ...]:
    return n.factors if isinstance(n, nt.Product) else (n,)


def _transposed(n: Notation) -> Notation:
    """The transpose, of a sum term by term."""
    return nt.Sum(tuple(map(transpose, n.terms))) if isinstance(n, nt.Sum) else transpose(n)


def pairings(terms: Sequence[Expr], change: Notation, dx: Expr, names: Mapping[Expr, Notation]) -> Notation:
    """Each term of a differential with the change at its end."""
    gradients = [transposed([t], [dx], [ONE])[0] for t in terms]
    return added(*(paired(translate(g, names), change) for g in gradients))


def laws_of_turning(terms: Sequence[Notation]) -> tuple[Equation, ...]:
    """What brings dX to the end of these."""
    inside = [t for n in terms for t in _within(n)]
    if any(rank(t) == 1 for t in inside if isinstance(t, nt.Differential)):
        return (TURNED,)
    own = () if any(isinstance(t, nt.Trace) for t in inside) else (OWN_TRACE,)
    turned = (TRANSPOSED,) if any(isinstance(t, nt.Transpose) and _is_change(t.of) for t in inside) else ()
    return (*own, *turned, CYCLIC)


def _is_change(n: Notation) -> bool:
    return isinstance(n, nt.Differential)


def _within(n: Notation) -> Iterator[Notation]:
    yield n
    for p in parts(n):
        yield from _within(p)
