"""Identity matrices carried into the products that contain them, where they only rename indices.

``∂X_ij/∂X_kl = δ_ik δ_jl`` is an array of order 4. It is never made to be multiplied with another: products with an
identity in them are opened inside the product that reads them, and sums of such products are multiplied out.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from steepest.expr.build import Operand, add, contract
from steepest.expr.node import Add, Delta, Einsum, Expr
from steepest.expr.traversal import toposort
from steepest.ops.operation import rebuilt

MOST_TERMS = 12  # that one product may be multiplied out into


def with_identities_merged(outputs: Sequence[Expr]) -> list[Expr]:
    """The same expressions, with identities inside the products that read them."""
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


def _opened(a: Expr) -> tuple[Expr, ...]:
    """The terms into which an operand is multiplied out; one if it stays as it is."""
    return a.args if isinstance(a, Add) and all(map(contains_identity, a.args)) else (a,)


def _merged(n: Einsum, args: Sequence[Expr]) -> Expr:
    choices = [_opened(a) for a in args]
    count = 1
    for c in choices:
        count *= len(c)
    if count > MOST_TERMS:
        choices = [(a,) for a in args]
    if not any(contains_identity(a) for c in choices for a in c):
        return rebuilt(n, tuple(args))
    sizes = dict(zip(n.out, n.shape, strict=True))
    return add(*(contract(_operands(n, terms), n.out, sizes) for terms in itertools.product(*choices)))


def _operands(n: Einsum, terms: Sequence[Expr]) -> list[Operand]:
    operands: list[Operand] = []
    for labels, a in zip(n.indices, terms, strict=True):
        if contains_identity(a):
            assert isinstance(a, Einsum)
            outer = dict(zip(a.out, labels, strict=True))
            operands += [(tuple(outer[i] for i in ix), b) for ix, b in zip(a.indices, a.args, strict=True)]
        else:
            operands.append((labels, a))
    return operands
