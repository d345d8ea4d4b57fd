"""`Formula.stationary`: the equation of the points where the gradient vanishes, its solution, and its values."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.analysis.knowledge import Knowledge
from steepest.engines.python.compile import evaluate
from steepest.errors import ArgumentError, FormulaError
from steepest.expr.build import scale, transpose_axes, uniform_value
from steepest.expr.dimension import Dim
from steepest.expr.fact import words
from steepest.expr.node import Expr, Variable
from steepest.expr.number import MINUS_ONE, ONE
from steepest.formula.names import display_name
from steepest.formula.printing import formula_text
from steepest.frontends.tracing.capture import Capture
from steepest.ops.definite import Definite
from steepest.stationary.equation import Equation, stationary_equation
from steepest.stationary.gram import Gram, gram_terms
from steepest.stationary.solution import Factorisation, Stationary, factored, factored_gram, solve_stationary

from .declaration import measured_sizes
from .examples import points
from .plan import Wanted
from .rich import Rich
from .shown import Derive
from .source import Source, variable_of
from .transformed import Transformed

if TYPE_CHECKING:
    from .formula import Formula

POINTS = 6  # at which a matrix is singular before it is called so


Show = Callable[[str, Derive], "Formula"]  # what is printed: a formula of the same source


class StationaryPoints(Rich):
    """``∇f = 0`` of a gradient that is affine in one variable. `str` is the derivation; a call gives the solution.

    The value comes from a stable factorisation, not from the printed inverse: QR where the Hessian is a sum of
    ``BᵀB``, else Cholesky, else LU, and then steps from the gradient itself.
    """

    def __init__(self, source: Source, name: str, title: str, derive: Derive, show: Show):
        self.source, self.name, self.title = source, name, title
        self._derive, self._show = derive, show
        facts = words(source.variable(name).facts)
        if facts:
            raise FormulaError(
                f"{name} is declared {' '.join(facts)}, and a solution of ∇ = 0 over all its entries need not be"
                "\n    Declare the unknown without facts, and look at the solution."
            )
        self._gradient = show(f"∇_{name} {title}", lambda c: self._equation(c).gradient)
        self.equation = self._equation(source.capture)

    def _equation(self, c: Capture) -> Equation:
        return stationary_equation(self._derive(c), variable_of(c, self.name), self.title)

    # --- what it says -------------------------------------------------------------------------------

    @cached_property
    def left(self) -> Formula:
        """The left side of the normal equations: linear in the unknown."""
        return self._show("left side", lambda c: self._equation(c).left)

    @cached_property
    def right(self) -> Formula:
        """The right side of the normal equations: free of the unknown."""
        return self._show("right side", lambda c: self._equation(c).right)

    @cached_property
    def solution(self) -> Formula | None:
        """The unknown as a formula, where the equation has one matrix."""
        if self.equation.matrix is None or self._singular_where is not None:
            return None
        return self._show("solution", lambda c: self._equation(c).solution())

    @cached_property
    def unique(self) -> str:
        """When there is exactly one stationary point, and what it then is."""
        block, matrix = self.equation.block, self.equation.matrix
        written = "the linear map on the left" if matrix is None else formula_text(matrix)
        if self._singular_where is not None:
            return f"not unique{self._singular_where}: {written} is singular"
        known = Knowledge()
        for sign, kind in ((ONE, "minimum"), (MINUS_ONE, "maximum")):
            definite = known.definite(scale(sign, block))
            if definite >= Definite.PD:
                return f"unique: it is the {kind}"
            if definite >= Definite.PSD:
                return f"unique if and only if {_regular(self._grams, written)}; it is the {kind} then"
        return f"unique if and only if {_regular(self._grams, written) if block.ndim else f'{written} ≠ 0'}"

    @cached_property
    def _singular_where(self) -> str | None:
        """For which sizes the matrix is singular whatever the arrays: of θθᵀ " where n > 1". None: it need not be.

        At one choice of sizes XXᵀ may be singular since X has few columns: it must be singular with few rows too.
        """
        matrix = self.equation.matrix
        if matrix is None or not self._is_singular(self.source.capture):
            return None
        rows = matrix.shape[0]
        if not isinstance(rows, Dim):
            return ""
        for length, where in ((1, ""), (2, f" where {rows.name} > 1")):
            with contextlib.suppress(Exception):  # the function refuses so short an array: nothing is claimed
                if self._is_singular(self.source.retraced({rows.name: length})):
                    return where
        return None

    def _is_singular(self, c: Capture) -> bool:
        """Whether the matrix has no inverse at any of several points where it is defined."""
        matrix = self._equation(c).matrix
        if matrix is None or not matrix.ndim:
            return False
        tried = islice(points([v.shape for v in c.variables], seed=0, facts=[v.facts for v in c.variables]), POINTS)
        values = []
        for point in tried:
            with np.errstate(all="ignore"), contextlib.suppress(np.linalg.LinAlgError):
                values += evaluate([matrix], dict(zip(c.variables, point, strict=True)))
        defined = [value for value in values if np.isfinite(value).all()]
        return bool(defined) and all(np.linalg.matrix_rank(value) < len(value) for value in defined)

    @cached_property
    def _grams(self) -> list[Gram] | None:
        matrix = self.equation.matrix
        return None if matrix is None or not matrix.ndim else gram_terms(self.equation.block)

    def __str__(self) -> str:
        unknown = display_name(self.name)
        left = str(self.left)
        lines = _equation_lines(f"∇_{unknown} {self.title} = 0:  ", [left, str(self.right)])
        if self.solution is not None and left != unknown:
            lines += _equation_lines("", [unknown, str(self.solution)])
        return "\n".join([*lines, self.unique])

    __repr__ = __str__

    def notes(self) -> tuple[str, ...]:
        return (self.unique,)

    def latex(self) -> str:
        """The equation and its solution in LaTeX, as one aligned display."""
        rows = [f"{self.left.latex()} &= {self.right.latex()}"]
        if self.solution is not None:
            unknown = self._show("unknown", lambda c: variable_of(c, self.name)).latex()
            rows.append(f"{unknown} &= {self.solution.latex()}")
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    # --- values -------------------------------------------------------------------------------------

    def __call__(self, **arrays: Any) -> Any:
        """The stationary point at the given arrays, one for every other variable."""
        x = self.solve(**arrays).x
        return x if x.ndim else x[()]

    def solve(self, **arrays: Any) -> Stationary:
        """The stationary point with its kind, the method, and the condition number.

        Raises ArgumentError where it is not unique to working precision.
        """
        values = self._arguments(arrays)
        shape = np.shape(values[self.name])
        layout = _Layout(shape, self.equation)

        def gradient(x: np.ndarray) -> np.ndarray:
            return layout.columns(np.asarray(self._gradient(**{**values, self.name: layout.array(x)[()]})))

        found = solve_stationary(gradient, layout.columns(np.zeros(shape)).shape, self._factorisation(values, layout))
        return replace(found, x=layout.array(found.x))

    def _arguments(self, arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """All arrays by name; zeros for the unknown, whose shape follows from the others."""
        others = [d for d in self.source.declarations if d.name != self.name]
        (unknown,) = (d for d in self.source.declarations if d.name == self.name)
        if arrays.keys() != {d.name for d in others}:
            raise ArgumentError(
                f"the stationary point in {self.name} needs {', '.join(d.name for d in others) or 'no arrays'};"
                f" got {', '.join(arrays) or 'none'}"
            )
        values = {d.name: np.asarray(arrays[d.name], dtype=float) for d in others}
        sizes = measured_sizes(others, list(values.values()))
        unsaid = [s for s in unknown.sizes if isinstance(s, str) and s not in sizes]
        if unsaid:
            raise ArgumentError(
                f"the length {unsaid[0]} of {self.name} is not known: no other variable has it"
                "\n    Declare the variable with a number as its size."
            )
        values[self.name] = np.zeros([sizes[s] if isinstance(s, str) else s for s in unknown.sizes])
        return values

    def _factorisation(self, values: Mapping[str, np.ndarray], layout: _Layout) -> Factorisation:
        """By QR where the Hessian is a sum of ``BᵀB`` at these arrays, else of the Hessian itself."""
        found = self._curvature(*(values[d.name][()] for d in self.source.declarations))
        if self._grams is None:
            return factored(layout.matrix(found[0]))
        pieces = [(c * w, b) for c, w, b in zip(found[::3], found[1::3], found[2::3], strict=True)]
        if all(np.all(w >= 0) for w, _ in pieces):
            return factored_gram([np.sqrt(w)[:, None] * b for w, b in pieces])
        return factored(sum((b.T @ (w[:, None] * b) for w, b in pieces), start=np.zeros(())))

    @cached_property
    def _curvature(self) -> Transformed:
        """The Hessian's block, or coefficient, weight and factor of each of its Gram terms."""

        def derive(c: Capture, _: Any) -> list[Expr]:
            block = self._equation(c).block
            grams = None if self._grams is None else gram_terms(block)
            return [block] if grams is None else [e for g in grams for e in (g.coefficient, g.weight, g.factor)]

        wanted = Wanted(f"Hessian of {self.title}", derive, lambda call, c, outputs: outputs)
        return Transformed(self.source.function, wanted, ())


def _equation_lines(head: str, sides: Sequence[str]) -> list[str]:
    """Both sides on one line, and below it what defines their parts."""
    split = [side.splitlines() for side in sides]
    return [
        head + " = ".join(first for first, *_ in split),
        *dict.fromkeys(line for _, *rest in split for line in rest),
    ]


class _Layout:
    """The unknown as columns that one matrix acts on, and back."""

    def __init__(self, shape: tuple[int, ...], equation: Equation):
        self.shape, self.equation = shape, equation

    def columns(self, a: np.ndarray) -> np.ndarray:
        if len(self.shape) == 2 and self.equation.matrix is not None:
            return a if self.equation.side == "left" else a.T
        return a.reshape(-1, 1)

    def array(self, columns: np.ndarray) -> np.ndarray:
        turned = len(self.shape) == 2 and self.equation.side == "right"
        return (columns.T if turned else columns).reshape(self.shape)

    def matrix(self, block: np.ndarray) -> np.ndarray:
        """The Hessian as the matrix that acts on a column."""
        n = self.columns(np.zeros(self.shape)).shape[0]
        return np.asarray(block).reshape(n, n)


def _regular(grams: Sequence[Gram] | None, matrix: str) -> str:
    """When a matrix that is a sum of ``c Bᵀ diag(w) B`` is invertible, in words."""
    if grams is not None and len(grams) == 1:
        (gram,) = grams
        if all(uniform_value(e) is not None for e in (gram.coefficient, gram.weight)):
            turned = transpose_axes(gram.factor, (1, 0))
            vectors = (
                f"rows of {formula_text(turned)}"
                if isinstance(turned, Variable)
                else f"columns of {formula_text(gram.factor)}"
            )
            return f"the {vectors} are linearly independent"
    return f"{matrix} is invertible"
