"""Cholesky's factor used for its matrix: Σ log Lᵢᵢ = ½ log det A, and L⁻ᵀL⁻¹ = A⁻¹ in solutions and quadratic forms.

The differential of the factor takes products with it from both sides and halves a triangle; that of what is mostly made
of it is A⁻¹ dA A⁻¹ (Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, eq. 5.9).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from steepest.expr.build import Operand, contract
from steepest.expr.dtype import is_complex
from steepest.expr.node import Einsum, Expr, Labels
from steepest.expr.traversal import rebuild_graph
from steepest.ops.linalg_definite import definite_inverse, half_log_determinant
from steepest.ops.linalg_factors import cholesky
from steepest.ops.linalg_inverse import inverse
from steepest.ops.matrix import lower_part, transposed, upper_part
from steepest.ops.operation import rebuilt
from steepest.ops.power import log
from steepest.rewrite.products import flattened_product

from .exponents import is_op

PASSES = 16  # a bound only: each takes away one sum over rows of a factor


class Half(NamedTuple):
    """L⁻¹ in an operand of a product: where its rows are, and what else the operand is made of."""

    matrix: Expr  # A = L Lᵀ
    batch: Labels
    row: int
    column: int
    rest: list[Operand]


def with_matrices(e: Expr) -> Expr:
    """An expression with what is made of factors written with their matrices: the derivative of that can be read."""

    def visit(n: Expr, args: tuple[Expr, ...]) -> Expr:
        new = rebuilt(n, args)
        return by_matrix(new) if isinstance(new, Einsum) else new

    return rebuild_graph([e], visit)[0]


def by_matrix(e: Einsum) -> Expr:
    """The product with what is made of factors written with their matrices."""
    flat = flattened_product(e, ())
    if not isinstance(flat, Einsum):
        return e
    operands: list[Operand] = list(flat.operands())
    changed, fresh = False, flat.fresh_labels()
    for _ in range(PASSES):
        new = _log_determinant(operands, flat.out) or _joined(operands, flat.out, fresh)
        if new is None:
            break
        operands, changed = new, True
    return contract(operands, flat.out, flat.out_sizes()) if changed else e


def _log_determinant(operands: Sequence[Operand], out: Labels) -> list[Operand] | None:
    """Σ log Lᵢᵢ."""
    for k, (labels, a) in enumerate(operands):
        matrix = _of_diagonal(a.args[0]) if is_op(a, log) and labels else None
        if matrix is not None and _is_summed(labels[-1], [labels[:-1], *_others(operands, k)], out):
            return [*(o for j, o in enumerate(operands) if j != k), (labels[:-1], half_log_determinant(matrix))]
    return None


def _of_diagonal(e: Expr) -> Expr | None:
    """The matrix of whose factor an expression is the diagonal."""
    if not isinstance(e, Einsum) or len(e.args) != 1:
        return None
    (labels,), found = e.indices, _matrix_of(e.args[0])
    is_diagonal = len(labels) >= 2 and labels[-1] == labels[-2] and e.out == labels[:-1]
    return found[0] if found is not None and is_diagonal and len(set(e.out)) == len(e.out) else None


def _matrix_of(e: Expr) -> tuple[Expr, bool] | None:
    """The matrix whose factor an expression is, and whether it is turned; its triangle may be taken once more."""
    parts = (e, *(e.args if isinstance(e, Einsum) else ()))
    root = next((a for a in parts if is_op(a, cholesky) and not is_complex(a.dtype)), None)
    if root is None:
        return None
    if e is root or e is lower_part(root):
        return root.args[0], False
    across = transposed(root)
    return (root.args[0], True) if e is across or e is upper_part(across) else None


def _joined(operands: Sequence[Operand], out: Labels, fresh: Iterator[int]) -> list[Operand] | None:
    """Two operands with L⁻¹ that are summed along its rows, as one with A⁻¹."""
    found = [(k, half) for k, o in enumerate(operands) for half in _halves(o, fresh)]
    for n, (k, one) in enumerate(found):
        for j, other in found[n + 1 :]:
            if k == j or (one.matrix, one.batch, one.row) != (other.matrix, other.batch, other.row):
                continue
            inside = [one.batch, (one.column, other.column), *(labels for h in (one, other) for labels, _ in h.rest)]
            if _is_summed(one.row, [*inside, *_others(operands, k, j)], out):
                between = (*one.batch, one.column, other.column), definite_inverse(one.matrix)
                return [*(o for i, o in enumerate(operands) if i not in (k, j)), between, *one.rest, *other.rest]
    return None


def _halves(operand: Operand, fresh: Iterator[int]) -> Iterator[Half]:
    labels, a = operand
    if not isinstance(a, Einsum):
        if (half := _half(operand, [])) is not None:
            yield half
        return
    if a.keeps_its_number or not any(is_op(b, inverse) for b in a.args):
        return
    opened = a.opened_at(labels, fresh)
    if not {i for own, _ in opened for i in own}.issuperset(labels):
        return  # stretched along some axis
    for k, o in enumerate(opened):
        rest = [p for j, p in enumerate(opened) if j != k]
        half = _half(o, rest)
        if half is not None and half.row in labels:
            wanted = {*labels, *half.batch, half.column}
            kept = tuple(dict.fromkeys(i for own, _ in rest for i in own if i in wanted))
            yield half._replace(rest=[(kept, contract(rest, kept))] if rest else [])


def _half(operand: Operand, rest: list[Operand]) -> Half | None:
    labels, a = operand
    found = _matrix_of(a.args[0]) if is_op(a, inverse) else None
    if found is None or len(set(labels)) < len(labels):
        return None
    matrix, turned = found
    row, column = labels[-2:][::-1] if turned else labels[-2:]
    return Half(matrix, labels[:-2], row, column, rest)


def _others(operands: Sequence[Operand], *but: int) -> list[Labels]:
    return [labels for k, (labels, _) in enumerate(operands) if k not in but]


def _is_summed(label: int, others: Sequence[Labels], out: Labels) -> bool:
    """Whether nobody else has the label."""
    return label not in out and not any(label in labels for labels in others)
