"""What is made of a Cholesky factor, written with it: so that values and derivatives share one factorisation.

``A⁻¹ b`` is solved for by L and then by Lᵀ, which loses fewer digits than a product with the inverse.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from steepest.expr.build import Operand, contract
from steepest.expr.node import Apply, Einsum, Expr
from steepest.expr.number import is_number
from steepest.expr.traversal import rebuild_graph, toposort
from steepest.ops.linalg_definite import definite_inverse, half_log_determinant
from steepest.ops.linalg_factors import cholesky
from steepest.ops.linalg_inverse import inverse
from steepest.ops.operation import rebuilt

WRITTEN = (definite_inverse, half_log_determinant)


def with_factors(roots: Sequence[Expr]) -> list[Expr]:
    """The roots with these operations written out; as further factors of a product where the inverse is applied."""
    if not any(isinstance(n, Apply) and n.op in WRITTEN for n in toposort(roots)):
        return list(roots)

    def visit(n: Expr, args: tuple[Expr, ...]) -> Expr:
        if isinstance(n, Apply) and n.op in WRITTEN:
            assert n.op.expansion is not None
            return n.op.expansion(*args)
        return _opened(n, args) if isinstance(n, Einsum) else rebuilt(n, args)

    return rebuild_graph(roots, visit)


def _opened(n: Einsum, args: Sequence[Expr]) -> Expr:
    operands: list[Operand] = []
    fresh = n.fresh_labels()
    for labels, a in zip(n.indices, args, strict=True):
        if not _is_inverse(a):
            operands.append((labels, a))
        elif set(labels[-2:]).issubset(n.out):  # symmetric: equal terms meet
            operands.append(((*labels[:-2], *sorted(labels[-2:], key=n.out.index)), a))
        else:
            operands += a.operands_at(labels, fresh)
    return contract(operands, n.out, n.out_sizes())


def _is_inverse(e: Expr) -> TypeGuard[Einsum]:
    """Whether it is ``L⁻ᵀ L⁻¹``, maybe times a number."""
    if not isinstance(e, Einsum) or e.ndim < 2:
        return False
    factors = [(labels, a) for labels, a in e.operands() if not is_number(a)]
    if len(factors) != 2 or factors[0][1] is not factors[1][1] or not _is_inverted_factor(factors[0][1]):
        return False
    (*rows, i), (*others, j) = (labels for labels, _ in factors)
    return rows == others and rows[-1] not in e.out and {i, j} == set(e.out[-2:])  # i and j may change places


def _is_inverted_factor(e: Expr) -> bool:
    inner = e.args[0] if isinstance(e, Apply) and e.op is inverse else None
    return isinstance(inner, Apply) and inner.op is cholesky
