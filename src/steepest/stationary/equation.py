"""``∇f = 0`` as a linear equation: ``A x = b`` read off a gradient that is affine in x."""

from __future__ import annotations

from dataclasses import dataclass

from steepest.analysis.knowledge import Knowledge
from steepest.calculus.jacobian import jacobian
from steepest.calculus.reverse import gradients
from steepest.errors import FormulaError
from steepest.expr.build import (
    Operand,
    add,
    contract,
    delta,
    is_zero,
    multiply,
    negate,
    scale,
    split_coefficient,
    zeros,
)
from steepest.expr.node import Add, Constant, Delta, Einsum, Expr, Variable
from steepest.expr.number import MINUS_ONE, ONE, times, to_power, whole
from steepest.formula.polynomial import expand_at_zero
from steepest.formula.sign import is_negative, negated
from steepest.ops.definite import Definite
from steepest.ops.linalg_inverse import inverse
from steepest.ops.power import power
from steepest.rewrite.readable.form import readable
from steepest.rewrite.simplify import simplify

from .gram import terms_of

SIDES = {"left": (0, 2), "right": (1, 3)}  # of T_ijkl: the axes of A in ``A X``, and of A in ``X A``


@dataclass(frozen=True)
class Equation:
    """``left = right`` with ``left = ∇f − ∇f(0)``, linear in x, both divided by one number."""

    x: Variable
    gradient: Expr
    left: Expr  # in x, shaped like x
    right: Expr  # free of x, shaped like x
    matrix: Expr | None  # A: a number, or (n, n), if the linear part is a·x, A x, A X or X A
    side: str  # "left" for ``A X``, "right" for ``X A``
    block: Expr  # the matrix A before the division; all of ∂∇f/∂x where there is no A

    def solution(self) -> Expr:
        """x itself as an expression, ``A⁻¹ b``.

        Raises FormulaError where the linear part has no one matrix.
        """
        if self.matrix is None:
            raise FormulaError(f"the equation for {self.x.name} has no one matrix to invert")
        multiple = self.matrix if not self.x.ndim else _multiple_of_identity(self.matrix)
        if multiple is not None:
            return readable(multiply(power(multiple, MINUS_ONE), self.right))
        return _applied(inverse(self.matrix), self.right, self.side)


def stationary_equation(y: Expr, x: Variable, title: str) -> Equation:
    """The equation of the points where the gradient of `y` (one number) by `x` vanishes.

    Raises FormulaError where the gradient is not affine in x, or does not depend on it.
    """
    (gradient,) = simplify(gradients(y, [x]))
    constant, linear = _affine_parts(gradient, x, title)
    if is_zero(linear):
        raise FormulaError(
            f"{title} is linear in {x.name}: its gradient is the same everywhere, and vanishes nowhere or everywhere"
        )
    linear, right, hessian = (readable(e, [y]) for e in (linear, negate(constant), jacobian(linear, x)))
    unit = _positive_number(hessian if is_zero(right) else right)
    if Knowledge().definite(negate(hessian)) >= Definite.PSD:
        unit = negated(unit)
    block, side = _matrix(hessian, x.ndim)
    right = readable(_divided(right, unit), [y])
    if block is None:
        return Equation(x, gradient, readable(_divided(linear, unit), [y]), right, None, side, hessian)
    block = readable(block, [y])
    matrix = readable(_divided(block, unit), [y])
    return Equation(x, gradient, _applied(matrix, x, side), right, matrix, side, block)


def _multiple_of_identity(matrix: Expr) -> Expr | None:
    """The number c of ``c I``."""
    if isinstance(matrix, Delta):
        return ONE
    if isinstance(matrix, Einsum) and [a for a in matrix.args if a.ndim] == [delta(matrix.shape[0])]:
        return multiply(*(a for a in matrix.args if not a.ndim))
    return None


def _affine_parts(gradient: Expr, x: Variable, title: str) -> tuple[Expr, Expr]:
    """``∇f(0)``, and ``∇f(x) − ∇f(0)`` where that is linear in x."""
    try:
        coefficients = simplify(expand_at_zero(gradient, x))
    except FormulaError as error:
        raise FormulaError(_not_affine(title, x)) from error
    if any(not is_zero(c) for c in coefficients[2:]):
        raise FormulaError(_not_affine(title, x))
    linear = coefficients[1] if len(coefficients) > 1 else zeros(x.shape)
    return coefficients[0], linear


def _not_affine(title: str, x: Variable) -> str:
    return (
        f"∇_{x.name} {title} is not linear in {x.name}; ∇ = 0 is solved only where it is"
        "\n    Minimise it by descent along the gradient instead."
    )


def _positive_number(e: Expr) -> Constant:
    """The number in front of `e`, without its sign."""
    coefficient = split_coefficient(e.args[0] if isinstance(e, Add) else e)[0]
    return negated(coefficient) if is_negative(coefficient) else coefficient


def _divided(e: Expr, by: Constant) -> Expr:
    reciprocal = to_power(by, -1)
    if reciprocal is None:
        return e
    if isinstance(e, Add):
        return add(*(_divided(t, by) for t in e.args))
    coefficient, base = split_coefficient(e)
    return scale(whole(times(reciprocal, coefficient)), base)


def _applied(matrix: Expr, x: Expr, side: str) -> Expr:
    """``a x``, ``A x``, ``A X`` or ``X A``."""
    if x.ndim == 0:
        return multiply(matrix, x)
    if x.ndim == 1:
        return contract([((0, 1), matrix), ((1,), x)], (0,))
    if side == "left":
        return contract([((0, 2), matrix), ((2, 1), x)], (0, 1))
    return contract([((0, 2), x), ((2, 1), matrix)], (0, 1))


def _matrix(hessian: Expr, rank: int) -> tuple[Expr | None, str]:
    """The matrix of the linear part, of a matrix unknown on the side where it stands."""
    if rank < 2:
        return hessian, "left"
    if rank == 2:
        for side, (row, column) in SIDES.items():
            found = _without_identity(hessian, row, column)
            if found is not None:  # of T_ijkl = A_ki δ_jl: ∂(X A)_ij/∂X_kl has A_lj, the other way round
                return (found if side == "left" else contract([((0, 1), found)], (1, 0))), side
    return None, ""


def _without_identity(e: Expr, row: int, column: int) -> Expr | None:
    """The matrix in the axes `row` and `column` of a tensor of order 4 that is the identity in the other two."""
    found = [_term_without_identity(t, row, column) for t in terms_of(e)]
    kept = [a for a in found if a is not None]
    return add(*kept) if len(kept) == len(found) else None


def _term_without_identity(e: Expr, row: int, column: int) -> Expr | None:
    if not isinstance(e, Einsum) or e.ndim != 4:
        return None
    others = {e.out[k] for k in range(4) if k not in (row, column)}
    operands: list[Operand] = e.operands()
    for k, (labels, a) in enumerate(operands):
        rest = operands[:k] + operands[k + 1 :]
        if isinstance(a, Delta) and set(labels) == others and not any(others & set(ix) for ix, _ in rest):
            return contract(rest, (e.out[row], e.out[column]), e.out_sizes())
    return None
