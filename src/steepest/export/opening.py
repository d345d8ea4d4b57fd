"""Products opened inside the products that read them, where the whole then costs less.

``∂X_ij/∂X_kl = δ_ik δ_jl`` is an array of order 4. It is never made to be multiplied with another: products with an
identity in them are opened, and sums of such products multiplied out. So is ``(A⁻¹ + A⁻ᵀ) v``: two linear systems.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from steepest.expr.build import Operand, add, contract, is_view
from steepest.expr.node import Add, Apply, Delta, Einsum, Expr
from steepest.expr.traversal import toposort
from steepest.ops.linalg_inverse import inverse
from steepest.ops.operation import rebuilt

MOST_TERMS = 12  # that one product may be multiplied out into


def opened(outputs: Sequence[Expr]) -> list[Expr]:
    """The same expressions, with identities and sums of inverses inside the products that read them."""
    new: dict[Expr, Expr] = {}
    for n in toposort(outputs):
        args = tuple(new[a] for a in n.args)
        new[n] = _merged(n, args) if isinstance(n, Einsum) else rebuilt(n, args)
    return [new[n] for n in outputs]


def contains_identity(e: Expr) -> bool:
    """Whether `e` is a product, without sums, of an identity matrix and other things, each axis carried by one."""
    if not isinstance(e, Einsum) or e.sums or not any(isinstance(a, Delta) for a in e.args):
        return False
    return {i for ix in e.indices for i in ix} == set(e.out)


def is_inverse(e: Expr) -> bool:
    """Whether `e` is an inverse matrix, scaled or transposed."""
    array = e.args[-1] if isinstance(e, Einsum) and is_view(e) and len(set(e.indices[-1])) == e.ndim else e
    return isinstance(array, Apply) and array.op is inverse


def _choices(n: Einsum, args: Sequence[Expr]) -> list[tuple[Expr, ...]]:
    """For each operand the terms into which it is multiplied out; one if it stays as it is."""
    return [_terms(n, args, k) for k in range(len(args))]


def _terms(n: Einsum, args: Sequence[Expr], k: int) -> tuple[Expr, ...]:
    a, labels = args[k], n.indices[k]
    if isinstance(a, Add) and all(map(contains_identity, a.args)):
        return a.args
    if isinstance(a, Add) and all(map(is_inverse, a.args)):
        vectors = {ix[0] for ix in n.indices if len(ix) == 1}
        if any(i in vectors and i not in n.out for i in labels):
            return a.args
    return (a,)


def _merged(n: Einsum, args: Sequence[Expr]) -> Expr:
    choices = _choices(n, args)
    count = 1
    for c in choices:
        count *= len(c)
    if count > MOST_TERMS:
        choices = [(a,) for a in args]
    if not any(contains_identity(a) or len(c) > 1 for c in choices for a in c):
        return rebuilt(n, tuple(args))
    sizes = n.out_sizes()
    return add(*(contract(_operands(n, terms), n.out, sizes) for terms in itertools.product(*choices)))


def _operands(n: Einsum, terms: Sequence[Expr]) -> list[Operand]:
    operands: list[Operand] = []
    for labels, a in zip(n.indices, terms, strict=True):
        if contains_identity(a):
            assert isinstance(a, Einsum)
            operands += a.operands_at(labels)
        else:
            operands.append((labels, a))
    return operands
