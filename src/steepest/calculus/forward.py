"""Forward mode: the differential of an expression, node by node.

``df = Σ_k (∂f/∂x_k) dx_k``. Each operation's record gives its differential; sums and contractions are
linear in every operand, so theirs is the product rule. One sweep, cost linear in the number of nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from steepest.expr.build import add, contract, variable, zeros
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Structured, Variable
from steepest.expr.traversal import toposort


def tangent_variable(x: Variable) -> Variable:
    """The symbol dx of a variable x."""
    return variable("d" + x.name, x.shape, x.dtype, x.tag)


def tangents(roots: Iterable[Expr], seeds: Mapping[Expr, Expr]) -> dict[Expr, Expr]:
    """The tangent of every node under `roots` that varies with the seeded ones, in dependency order.

    `seeds` gives the tangent of each input that varies. A node missing from the result does not change.
    """
    found: dict[Expr, Expr] = dict(seeds)
    for n in toposort(roots, stop=seeds.keys()):
        if n not in found and carries_derivative(n.dtype) and any(a in found for a in n.args):
            t = _tangent(n, found)
            if t is not None:
                found[n] = t
    return found


def jvp(y: Expr, seeds: Mapping[Expr, Expr]) -> Expr:
    """The directional derivative of `y`: an expression linear in the seeds."""
    t = tangents([y], seeds).get(y)
    return zeros(y.shape) if t is None else t


def _tangent(n: Expr, found: dict[Expr, Expr]) -> Expr | None:
    match n:
        case Add():
            return add(*(found[a] for a in n.args if a in found))
        case Einsum():
            return add(*_product_rule(n, found))
        case Apply():
            return _apply_rule(n, found)
        case Variable() | Constant() | Delta() | Structured():
            return None
    raise TypeError(f"{type(n).__name__} is not a kind of node")


def _product_rule(n: Einsum, found: dict[Expr, Expr]) -> list[Expr]:
    sizes = dict(zip(n.out, n.shape, strict=True))
    terms = []
    for k, a in enumerate(n.args):
        if a in found:
            args = (*n.args[:k], found[a], *n.args[k + 1 :])
            terms.append(contract(list(zip(n.indices, args, strict=True)), n.out, sizes))
    return terms


def _apply_rule(n: Apply, found: dict[Expr, Expr]) -> Expr | None:
    params = dict(n.params)
    if n.op.expansion is not None:
        return _through_expansion(n.op.expansion(*n.args, **params), n, found)
    rules = zip(n.args, n.op.differentials, strict=True)
    terms = [rule(n, found[a], *n.args, **params) for a, rule in rules if rule is not None and a in found]
    return add(*terms) if terms else None


def _through_expansion(expanded: Expr, n: Apply, found: dict[Expr, Expr]) -> Expr | None:
    """A composite has no rule: its tangent is that of what it stands for."""
    return tangents([expanded], {a: found[a] for a in n.args if a in found}).get(expanded)
