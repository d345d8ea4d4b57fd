"""The way into derivations by rules."""

from __future__ import annotations

from steepest.errors import FormulaError
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import depends_on

from .arrays import array_derivation
from .numbers import is_of_numbers, number_derivation
from .step import Answer, Step
from .unfolding import LONGEST


def derivation(y: Expr, x: Variable, answer: Answer, order: int = 0) -> tuple[Step, ...]:
    """The steps from y to `answer`, its derivative by x, as a tree; y is itself a derivative of the given order.

    Of numbers alone by the rules of school, else by the differential.

    >>> from steepest.calculus.reverse import gradients
    >>> from steepest.expr.build import einsum, subtract, variable
    >>> from steepest.formula.printing import formula_of
    >>> from .step import Answer, Detail, shown
    >>> A, x, b = variable("A", (3, 2)), variable("x", (2,)), variable("b", (3,))
    >>> r = subtract(einsum("ij,j->i", A, x), b)
    >>> f = einsum("i,i->", r, r)
    >>> (g,) = gradients(f, [x])
    >>> print(*shown(derivation(f, x, Answer(g, formula_of(g))), Detail.NORMAL), sep="\\n")
    name the inner functions: f = ‖r‖²  where  r = Ax − b
    squared norm: df = 2rᵀ dr
    sum rule, linear map: dr = d(Ax) = A dx, so df = 2rᵀA dx
    read off the gradient: ∇f = 2Aᵀr
    put the inner functions back: ∇f = 2Aᵀ(Ax − b)
    """
    varying = depends_on([y], [x])
    if len(varying) > LONGEST:
        raise FormulaError(
            f"this derivation has {len(varying)} steps, and more than {LONGEST} are not written out:"
            " ask for the formula alone, or for the steps of a part of it"
        )
    derive = number_derivation if is_of_numbers(y, x) else array_derivation
    return tuple(derive(y, x, answer, order))
