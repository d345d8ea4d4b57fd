"""The form of a function that its derivatives are taken of: the same function, stable where it is written otherwise.

``log(1 + exp(x))`` has the slope 1 at x = 800, though what is written overflows there on the way; ``(1 − cos x)/x²``
cancels near 0. Each rule replaces a few operations by one that is equal wherever both can be computed, and has its
derivatives where the first has none. The value of the function stays as NumPy computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

from steepest.expr.dtype import is_complex
from steepest.expr.node import Add, Apply, Einsum, Expr
from steepest.expr.traversal import rebuild_graph, toposort
from steepest.ops.elementary import log1p, log2, log10
from steepest.ops.operation import Operation, rebuilt
from steepest.ops.power import log, power_op, sqrt
from steepest.rewrite.bodies import with_simple_bodies

from .definite import by_matrix
from .logarithms import stable_logarithm
from .points import filled_points, protected
from .powers import stable_power
from .products import stable_product
from .roots import stable_root
from .sums import stable_sum

Rules = dict[Operation, tuple[Callable[[Apply], Expr], ...]]
ROOTS: Rules = {power_op: (stable_root, stable_power), sqrt: (stable_root,)}
LOGARITHMS: Rules = dict.fromkeys((log, log1p, log2, log10), (stable_logarithm,))
OF_OPERATION: Rules = LOGARITHMS | ROOTS


def stable(roots: Sequence[Expr]) -> list[Expr]:
    """Expressions equal to these, of which derivatives are taken; the steps of loops are made stable too."""
    return list(_stable(tuple(with_simple_bodies(roots, stable)), _rewritten))


def with_stable_slopes(roots: Sequence[Expr]) -> list[Expr]:
    """The same by those rules alone whose result the expression as written gives too, but for rounding.

    ``1/(1 + exp(u))`` is 0 where the exponential overflows, as σ(−u) is; ``log(1 + exp(u))`` is infinite there.
    """
    return list(_stable(tuple(with_simple_bodies(roots, with_stable_slopes)), _with_its_value))


@lru_cache(maxsize=64)
def _stable(roots: tuple[Expr, ...], rewritten: Callable[[Expr], Expr]) -> tuple[Expr, ...]:
    beside_a_point = protected(toposort(roots))

    def visit(n: Expr, args: tuple[Expr, ...]) -> Expr:
        new = rebuilt(n, args)
        found = new if is_complex(new.dtype) else rewritten(new)
        if n not in beside_a_point:
            found = filled_points(found, partial(_one, rewritten=rewritten))
        return found if found.dtype == new.dtype else new

    return tuple(rebuild_graph(roots, visit))


def _one(e: Expr, rewritten: Callable[[Expr], Expr]) -> Expr:
    return _stable((e,), rewritten)[0]


def _rewritten(e: Expr) -> Expr:
    match e:
        case Apply():
            return _by_operation(e, OF_OPERATION)
        case Einsum():
            return _stable_product(e)
        case Add():
            return stable_sum(e)
    return e


def _stable_product(e: Einsum) -> Expr:
    found = by_matrix(e)
    return stable_product(found) if isinstance(found, Einsum) else found


def _with_its_value(e: Expr) -> Expr:
    match e:
        case Apply():
            return _by_operation(e, ROOTS)
        case Add():
            return stable_sum(e)
    return e


def _by_operation(e: Apply, rules: Rules) -> Expr:
    for rule in rules.get(e.op, ()):
        found = rule(e)
        if found is not e:
            return found
    return e
