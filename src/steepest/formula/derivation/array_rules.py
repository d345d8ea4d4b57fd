"""The rules of the differential, for arrays: ``d(AB) = dA·B + A·dB`` (Magnus & Neudecker, *Matrix Differential
Calculus*, chapter 8)."""

from __future__ import annotations

from dataclasses import replace

from steepest.calculus.forward import tangents
from steepest.expr.build import (
    add,
    contract,
    einsum,
    fill,
    is_view,
    multiply,
    negate,
    scale,
    transpose_axes,
    zeros,
)
from steepest.expr.node import Add, Apply, Einsum, Expr
from steepest.expr.number import constant, is_number
from steepest.ops.power import power, power_op, reciprocal, whole_power

from . import generic as g
from .changes import Changes, Move, tangent_of

TRACE = einsum("ii->", g.SQUARE)
TRANSPOSE = transpose_axes(g.SQUARE, (1, 0))
ENTRIES = einsum("i->", g.COLUMN)
LINEAR_MAP = einsum("ij,j->i", g.A, g.COLUMN)
INNER_PRODUCT = einsum("i,i->", g.COLUMN, g.part("v", g.COLUMN.shape))
MATRIX_PRODUCT = einsum("ij,jk->ik", g.LEFT, g.RIGHT)
SQUARED_NORM, SQUARED_FROBENIUS = einsum("i,i->", g.COLUMN, g.COLUMN), einsum("ij,ij->", g.LEFT, g.LEFT)


def array_rule(n: Expr, changes: Changes) -> Move:
    """The rule by which the differential of a node follows from those of its operands."""
    if n in changes.meanings:
        return replace(array_rule(changes.meanings[n], changes), node=n)
    if n in changes.seeds:
        return Move(n, "the variable itself", changes.seeds[n], slight=True)
    if not changes.vary(n):
        return Move(n, "constant", zeros(n.shape), g.C, slight=True)
    match n:
        case Add():
            return Move(n, "sum rule", add(*(changes.of_term(t) for t in n.args)), add(g.U, g.V), slight=True)
        case Einsum():
            return _contraction(n, changes)
        case Apply():
            return _function(n, changes)
    raise TypeError(f"{type(n).__name__} has no operands")


def _contraction(n: Einsum, changes: Changes) -> Move:
    moving = [(labels, a) for labels, a in n.operands() if changes.vary(a)]
    below = [a for _, a in moving if _is_reciprocal(a)]
    if below and len(below) < len(moving):
        return _quotient(n, changes)
    name, example, slight = _kind(n, moving)
    return Move(n, name, _change(n, changes), example, slight)


def _kind(n: Einsum, moving: list[tuple[tuple[int, ...], Expr]]) -> tuple[str, Expr, bool]:
    """What the rule for a contraction is called, where its law can be seen, and whether it is slight."""
    fixed = [(labels, a) for labels, a in n.operands() if a not in [m for _, m in moving]]
    if len(moving) == 1:
        ((labels, a),) = moving
        if _is_reciprocal(a):
            return "reciprocal rule", reciprocal(g.V), False
        if any(ls not in ((), n.out) for ls, _ in fixed):
            return "linear map", LINEAR_MAP, True
        if is_view(n) and labels != n.out:
            turned = len(labels) == len(n.out)
            return ("transpose", TRANSPOSE, True) if turned else ("linear map", LINEAR_MAP, True)
        if n.sums and len(set(labels)) < len(labels):
            return "trace", TRACE, True
        return ("sum of entries", ENTRIES, True) if n.sums else ("constant multiple", scale(g.C, g.U), True)
    if len(set(moving)) == 1:
        labels = moving[0][0]
        if labels == n.out:
            return "power rule", power_op(g.U, g.EXPONENT), False
        plain = all(ls == () for ls, _ in fixed) and len(set(labels)) == len(labels)
        if len(moving) == 2 and n.out == () and plain:
            return "squared norm", SQUARED_NORM if len(labels) == 1 else SQUARED_FROBENIUS, False
    if n.sums and any(a.ndim > 1 for _, a in moving):
        return "product rule", MATRIX_PRODUCT, False
    if n.sums and any(a.ndim for _, a in moving):
        return "product rule", INNER_PRODUCT, False
    return "product rule", multiply(g.U, g.V), False


def _change(n: Expr, changes: Changes) -> Expr:
    """The differential in those of the operands; of a reciprocal in that of what is below the line."""
    seeds: dict[Expr, Expr] = {}
    for a in changes.moving(n):
        if isinstance(a, Apply) and _is_reciprocal(a):
            base = a.args[0]
            seeds[a] = tangents([a], {base: changes.at_once(base)})[a]
        else:
            seeds[a] = changes.at_once(a)
    return tangent_of(n, seeds)


def _quotient(n: Einsum, changes: Changes) -> Move:
    """``(v du − u dv)/v²`` where u and v are numbers; entry by entry the two terms stay apart."""
    operands = n.operands()
    below = [a for labels, a in operands if _is_reciprocal(a) and changes.vary(a)]
    example = multiply(g.U, reciprocal(g.V))
    if n.shape or any(a.shape for a in below):
        return Move(n, "quotient rule", _change(n, changes), example)
    v = multiply(*(reciprocal(a) for a in below))
    c = [a for _, a in operands if is_number(a)]
    u = contract([(labels, a) for labels, a in operands if a not in below and a not in c], ())
    over = add(multiply(v, changes.at_once(u)), negate(multiply(u, changes.at_once(v))))
    return Move(n, "quotient rule", multiply(*c, over, power(v, constant(-2))), example)


def _function(n: Apply, changes: Changes) -> Move:
    base, exponent = n.args[0], whole_power(n)[1]
    if n.op is power_op and exponent == -1:
        return Move(n, "reciprocal rule", _change(n, changes), reciprocal(g.V))
    if n.op is power_op and not changes.vary(n.args[1]):
        lowered = power(base, add(n.args[1], fill(constant(-1), n.args[1].shape)))
        change = multiply(n.args[1], lowered, changes.at_once(base))
        return Move(n, "power rule", change, power_op(g.U, g.EXPONENT))
    moving = changes.moving(n)
    parts = iter(("u", "v", "w", "z"))
    example = n.op(*(g.part(next(parts), a.shape) if a in moving else a for a in n.args), **dict(n.params))
    name = n.op.rule_name or f"derivative of {n.op.name}"
    told = [text for text, a in zip(n.op.rule_text, n.args, strict=False) if a in moving]
    words = "; ".join(dict.fromkeys(told))
    return Move(n, name, _change(n, changes), example, slight=n.op.transpose is not None, words=words)


def _is_reciprocal(e: Expr) -> bool:
    return isinstance(e, Apply) and e.op is power_op and whole_power(e)[1] < 0
