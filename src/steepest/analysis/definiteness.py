"""Symmetry and definiteness of a matrix, by the laws of Horn & Johnson, Matrix Analysis (2013), chapter 7.

An array of 2k axes is a matrix from its last k axes to its first k; a number is a 1 × 1 matrix.
"""

from __future__ import annotations

from steepest.expr.build import Operand, contract
from steepest.expr.fact import Fact
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Labels, Variable
from steepest.ops.definite import Definite

from .dominance import dominated
from .flatten import distributed, flattened
from .known import Known
from .law import (
    CONGRUENCE,
    DECLARED,
    DIAGONAL,
    EIGENVALUES,
    ENTRYWISE,
    GRAM,
    IDENTITY,
    KRONECKER,
    MIRRORED,
    MULTIPLE,
    POSITIVE_DIAGONAL,
    SCHUR,
    SIGN,
    SUM,
    WEIGHTED,
    Law,
)
from .mirror import ROW, Accept, Mirror, mirrored, semidefinite_parts, symmetric_parts
from .proof import Proof

FACTS: tuple[tuple[Fact, Definite], ...] = (
    (Fact.SPD, Definite.PD),
    (Fact.PSD, Definite.PSD),
    (Fact.SYMMETRIC, Definite.SYMMETRIC),
)


def proof_of(e: Expr, known: Known) -> Proof | None:
    """That `e` is positive (semi)definite, or at least symmetric; None if nothing is known."""
    if e.ndim % 2 or e.shape[: e.ndim // 2] != e.shape[e.ndim // 2 :]:
        return None
    if not e.ndim:
        return _of_number(e, known)
    e = distributed(e)
    match e:
        case Variable():
            found = next((d for fact, d in FACTS if fact in e.facts), None)
            return None if found is None else Proof(found, DECLARED, e)
        case Constant():
            return None
        case Delta():
            return Proof(Definite.PD, IDENTITY, e)
        case Apply():
            return _of_function(e, known)
        case Add():
            return _of_sum(e, known)
        case Einsum():
            return _of_product(e, known) or _symmetric_product(e, known)
    return None


def _of_number(e: Expr, known: Known) -> Proof | None:
    found = known.range(e)
    if found.nonnegative:
        return Proof(Definite.PD if found.positive else Definite.PSD, SIGN, e, weights=(e,))
    return _of_product(e, known) if isinstance(e, Einsum) else _of_sum(e, known) if isinstance(e, Add) else None


def _of_function(e: Apply, known: Known) -> Proof | None:
    """Of a function of the eigenvalues; entry by entry symmetry stays."""
    if e.op.of_definite:
        operand = known.proof(e.args[0])
        found = e.op.of_definite.get(operand.definite) if operand else None
        return Proof(found, EIGENVALUES, e, (operand,)) if operand and found else None
    if e.op.elementwise and all(not a.ndim or known.symmetric(a) for a in e.args):
        return Proof(Definite.SYMMETRIC, ENTRYWISE, e)
    return None


# --- sums -------------------------------------------------------------------------------------------


def _of_sum(e: Add, known: Known) -> Proof | None:
    parts = [known.proof(t) for t in e.args]
    definite = [p for p in parts if p is not None and p.definite >= Definite.PSD]
    if len(definite) == len(parts):
        return Proof(max(p.definite for p in definite), SUM, e, tuple(definite))
    by_dominance = dominated(e, known)
    if by_dominance is not None:
        return by_dominance
    if all(p is not None or transposed(t) in e.args for p, t in zip(parts, e.args, strict=True)):
        return Proof(Definite.SYMMETRIC, MIRRORED, e)
    return None


def transposed(e: Expr) -> Expr:
    half = e.ndim // 2
    labels = tuple(range(e.ndim))
    if isinstance(e, Einsum):
        out = (*e.out[half:], *e.out[:half])
        return contract(e.operands(), out, e.out_sizes())
    return contract([(labels, e)], (*labels[half:], *labels[:half]))


# --- products ---------------------------------------------------------------------------------------


def rows_and_columns(out: Labels) -> tuple[Labels, Labels]:
    return out[: len(out) // 2], out[len(out) // 2 :]


def _mirror_of(e: Expr, accept: Accept) -> Mirror | None:
    """The mirror of a product as it stands, or else with the products in it opened."""
    for form in dict.fromkeys((e, flattened(e))):
        operands = form.operands() if isinstance(form, Einsum) else [(tuple(range(form.ndim)), form)]
        out = form.out if isinstance(form, Einsum) else tuple(range(form.ndim))
        found = mirrored(operands, *rows_and_columns(out), accept) if form is e or isinstance(form, Einsum) else None
        if found is not None:
            return found
    return None


def _of_product(e: Einsum, known: Known) -> Proof | None:
    found = _mirror_of(e, semidefinite_parts(known))
    if found is None:
        return None
    kernels = tuple(p for _, a in found.kernels if (p := known.proof(a)) is not None)
    weights = tuple(a for _, a in found.weights)
    strict = _strict(found, known)
    return Proof(Definite.PD if strict else Definite.PSD, _law(found, strict), e, kernels, weights)


def _law(m: Mirror, strict: bool) -> Law:
    """The name of the case."""
    moving = [k for k in m.kernels if any(m.sides.get(i) for i in k[0])]
    if any(m.sides.get(i) for p, _ in m.pairs for i in p[0]):
        return CONGRUENCE if moving else WEIGHTED if any(labels for labels, _ in m.weights) else GRAM
    if len(moving) > 1:
        return SCHUR if len({labels for labels, _ in moving}) < len(moving) else KRONECKER
    return MULTIPLE if moving or not m.spread else POSITIVE_DIAGONAL if strict else DIAGONAL


def _strict(m: Mirror, known: Known) -> bool:
    """Whether the product is positive definite: a Kronecker product of definite matrices with positive weights."""
    if not all(known.range(a).positive for _, a in m.weights):
        return False
    chains = set(m.spread)
    left = []
    for pair in m.pairs:
        if any(m.sides.get(i) for i in pair[0][0]):
            left.append(pair)
        elif not (known.range(pair[0][1]).positive or known.range(pair[0][1]).negative):
            return False
    kernels = []
    for k in m.kernels:
        if known.definite(k[1]) < Definite.PD:
            return False
        if any(m.sides.get(i) for i in k[0]):
            kernels.append(k)
    for r in m.rows:
        if r not in chains and not _covered(r, m, left, kernels, known, set(chains)):
            return False
    return not left and not kernels


def _covered(
    label: int, m: Mirror, pairs: list[tuple[Operand, Operand]], kernels: list[Operand], known: Known, used: set[int]
) -> bool:
    """Whether a row is mapped one to one into a definite matrix, by a kernel or a regular factor (then used up)."""
    for k in kernels:
        if k[0].count(label) == 1 and len(k[0]) == 2:
            kernels.remove(k)
            return True
    for pair in pairs:
        labels, a = pair[0]
        if labels.count(label) == 1 and len(labels) == 2 and known.definite(a) >= Definite.PD:
            pairs.remove(pair)
            (other,) = [i for i in labels if i != label]
            if m.sides.get(other) == ROW:
                return _covered(other, m, pairs, kernels, known, used)
            return not any(other in p[0][0] for p in pairs) and other not in used
    return False


def _symmetric_product(e: Einsum, known: Known) -> Proof | None:
    found = _mirror_of(e, symmetric_parts(known))
    return None if found is None else Proof(Definite.SYMMETRIC, MIRRORED, e)
