"""Forward mode: the differential of an expression, node by node.

``df = Σ_k (∂f/∂x_k) dx_k``. Each operation's record gives its differential; sums and contractions are
linear in every operand, so theirs is the product rule. One sweep, cost linear in the number of nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from steepest.expr.build import add, contract, variable, zeros
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Scan, Structured, Variable
from steepest.expr.traversal import toposort
from steepest.ops.substitution import substitute

from .loops.tangent import loop_tangent


def tangent_variable(x: Variable) -> Variable:
    """The symbol dx of a variable x. Its tag is below 0, so that it is none of the user's, be that called dx too."""
    tag = -2 * x.tag - 1 if x.tag >= 0 else 2 * x.tag  # odd for inputs, even for symbols: no two are the same
    return variable("d" + x.name, x.shape, x.dtype, tag)


def tangents(roots: Iterable[Expr], seeds: Mapping[Any, Expr]) -> dict[Expr, Expr]:
    """The tangent of every node under `roots` that varies with the seeded ones, in dependency order.

    `seeds` gives the tangent of each input that varies. A node missing from the result does not change.
    """
    found: dict[Expr, Expr] = dict(seeds)
    for n in toposort(roots, stop=seeds.keys()):
        if n not in found and carries_derivative(n.dtype) and any(a in found for a in n.args):
            t = tangent_of(n, found)
            if t is not None:
                found[n] = t
    return found


def perturbed(outputs: Sequence[Expr], own: Callable[[Expr], Expr]) -> list[Expr]:
    """How far each output is off, to first order, where each node n has an error ``own(n)`` of its own."""
    found: dict[Expr, Expr] = {}
    for n in toposort(outputs):
        if n.args and carries_derivative(n.dtype):
            passed = tangent_of(n, found) if any(a in found for a in n.args) else None
            found[n] = own(n) if passed is None else add(passed, own(n))
    return [found.get(y, zeros(y.shape)) for y in outputs]


def jvp(y: Expr, seeds: Mapping[Any, Expr]) -> Expr:
    """The directional derivative of `y`: an expression linear in the seeds."""
    return push_forward([y], seeds)[0]


def push_forward(outputs: Sequence[Expr], seeds: Mapping[Any, Expr]) -> list[Expr]:
    """The directional derivatives of several outputs, in one sweep."""
    found = tangents(outputs, seeds)
    return [found.get(y, zeros(y.shape)) for y in outputs]


def tangent_of(n: Expr, found: dict[Expr, Expr]) -> Expr | None:
    """The tangent of a node from those of its operands; None if it does not vary with them."""
    match n:
        case Add():
            return add(*(found[a] for a in n.args if a in found))
        case Einsum():
            return add(*_product_rule(n, found))
        case Apply():
            return _apply_rule(n, found)
        case Scan():
            return loop_tangent(n, found, tangents, tangent_variable)
        case Variable() | Constant() | Delta() | Structured():
            return None
    raise TypeError(f"{type(n).__name__} is not a kind of node")


def _product_rule(n: Einsum, found: dict[Expr, Expr]) -> list[Expr]:
    sizes = n.out_sizes()
    terms = []
    for k, a in enumerate(n.args):
        if a in found:
            args = (*n.args[:k], found[a], *n.args[k + 1 :])
            terms.append(contract(list(zip(n.indices, args, strict=True)), n.out, sizes))
    return terms


def _apply_rule(n: Apply, found: dict[Expr, Expr]) -> Expr | None:
    if n.op.expansion is not None and not any(n.op.differentials):
        return _through_expansion(n, found)
    params = dict(n.params)
    rules = zip(n.args, n.op.differentials, strict=True)
    terms = [rule(n, found[a], *n.args, **params) for a, rule in rules if rule is not None and a in found]
    return add(*terms) if terms else None


def _through_expansion(n: Apply, found: dict[Expr, Expr]) -> Expr | None:
    """A composite has no rule: its tangent is that of what it stands for.

    It is expanded on symbols, which then give way to the operands: products read through a scaled or
    transposed operand, so an expansion made of the operands themselves need not contain them.
    """
    symbols = {
        a: variable(f"operand{k}", a.shape, a.dtype) for k, a in enumerate(n.args) if not isinstance(a, Constant)
    }
    seeds: dict[Expr, Expr] = {s: tangent_variable(s) for a, s in symbols.items() if a in found}
    expanded = n.op.expansion(*(symbols.get(a, a) for a in n.args), **dict(n.params))
    t = tangents([expanded], seeds).get(expanded)
    if t is None:
        return None
    operands = {s: a for a, s in symbols.items()} | {seeds[s]: found[a] for a, s in symbols.items() if a in found}
    return substitute([t], operands)[0]
