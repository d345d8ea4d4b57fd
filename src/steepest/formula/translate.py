"""From an expression to the notation it is printed in: matrix notation where there is one, else indices."""

from __future__ import annotations

from collections.abc import Mapping

from steepest.errors import FormulaError
from steepest.expr.dimension import Shape
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Labels, Scan, Structured, Variable
from steepest.expr.number import constant, is_number
from steepest.expr.traversal import toposort

from . import notation as nt
from .cases import with_cases
from .collect import added
from .factors import multiplied
from .functions import applied, pattern_notation, selecting
from .index_form import index_form
from .matrix_form import Factor, matrix_form
from .notation import Notation
from .opening import Opened, needs_opening, opened
from .text import UNICODE


def translate(root: Expr, names: Mapping[Expr, Notation]) -> Notation:
    """The notation of `root`; nodes with a name, the root aside, are written as that name."""
    done: dict[Expr, Notation] = {}
    inner = dict.fromkeys(n for n in names if n is not root)
    for n in toposort([root], stop=inner):
        if n in names and (n is not root or isinstance(n, (Variable, Constant))):
            done[n] = names[n]
        elif n.ndim <= 2 and needs_opening(n) and (found := opened(n, inner)) is not None:
            done[n] = _sum_of_products(n, found, done)
        else:
            done[n] = node_notation(n, tuple(done[a] for a in n.args))
    return done[root]


def node_notation(n: Expr, args: tuple[Notation, ...]) -> Notation:
    """The notation of one node, given that of its operands."""
    match n:
        case Constant():
            return _number(n) if is_number(n) else nt.Symbol("c", n)
        case Delta():
            return nt.Identity(n.shape[0])
        case Structured():
            return pattern_notation(n.pattern, n.shape)
        case Add():
            return added(*with_cases([factor(a, e) for a, e in zip(args, n.args, strict=True)]))
        case Einsum():
            return _contraction(n, args)
        case Apply() if n.dtype != BOOL:
            numbers = (factor(a, e) for a, e in zip(args, n.args, strict=True))
            return applied(n.op, tuple(numbers), n.params)
        case Apply():
            return applied(n.op, args, n.params)
        case Variable():
            return nt.Symbol(n.name, n)
        case Scan():
            raise FormulaError(
                f"a loop of {n.length} steps has no closed formula"
                "\n    A call still gives its values: only the text is refused. Print the function that is one step."
            )
    raise TypeError(f"{type(n).__name__} is not a kind of node")


def _sum_of_products(n: Expr, found: Opened, done: Mapping[Expr, Notation]) -> Notation:
    """A contraction whose operands with more axes have been opened."""
    out = tuple(range(n.ndim))
    return added(*(_product([(i, factor(done[a], a)) for i, a in t], out, n.shape, found.sizes) for t in found.terms))


def _number(n: Constant) -> Notation:
    """True and False are written as 1 and 0."""
    return nt.Number(constant(int(n.value), n.sizes) if isinstance(n.value, bool) else n)


def factor(n: Notation, e: Expr) -> Notation:
    """How an operand stands in a product."""
    return selecting(n) if e.dtype == BOOL else n


def _contraction(n: Einsum, args: tuple[Notation, ...]) -> Notation:
    factors: list[Factor] = [(labels, factor(a, e)) for labels, a, e in zip(n.indices, args, n.args, strict=True)]
    if all(labels in ((), n.out) for labels, _ in factors) and any(labels for labels, _ in factors):
        return multiplied(*(f for _, f in factors))
    sizes = n.out_sizes()
    for labels, e in n.operands():
        sizes.update((i, size) for i, size in zip(labels, e.shape, strict=True) if i not in sizes)
    return _product(factors, n.out, n.shape, sizes)


def _product(factors: list[Factor], out: Labels, shape: Shape, sizes: Mapping[int, int]) -> Notation:
    """The sum over the labels that are not in `out` of a product."""
    factors.sort(key=lambda f: (UNICODE.write(f[1]), [out.index(i) if i in out else len(out) for i in f[0]]))
    found = matrix_form(factors, out, sizes)
    if found is not None:
        return found
    if not any(labels for labels, _ in factors):
        return nt.Fill(multiplied(*(f for _, f in factors)), shape)
    return index_form(factors, out, sizes)
