"""Routines of linear algebra in words."""

from __future__ import annotations

from collections.abc import Callable

from steepest.lower.program import Call, Register

from .called_back import CalledBack
from .decompositions import Decomposed, Gaps
from .factors import CholeskyFactor, Columns, Factored, Inverted, InvertedTriangle, Routine, Solved, SolvedByTriangle
from .positions import Positions
from .repeating import Repeated, ResultOf
from .transforms import Transformed


def routine_text(made: Routine, name: Callable[[Register], str]) -> str:
    """What a routine makes of which arrays."""
    match made:
        case Factored(matrix=matrix, form=form):
            return f"factors of {name(matrix)}: {form.value}"
        case Solved(factors=factors, turned=turned, right=right, columns=columns):
            return f"solution for {_side(name(right), columns)} by {'transposed ' * turned}factors {name(factors)}"
        case Inverted(factors=factors):
            return f"inverse by factors {name(factors)}"
        case SolvedByTriangle(matrix=matrix, side=side, turned=turned, right=right, columns=columns):
            triangle = f"{'transposed ' * turned}{side.value} triangle of {name(matrix)}"
            return f"solution for {_side(name(right), columns)} by the {triangle}"
        case InvertedTriangle(matrix=matrix, side=side):
            return f"inverse of the {side.value} triangle of {name(matrix)}"
        case CholeskyFactor(matrix=matrix):
            return f"cholesky({name(matrix)})"
        case Decomposed(matrix=matrix, layout=layout):
            return f"{layout.calls[0].name.split(':')[0]} of {name(matrix)}, as NumPy calls it"
        case Transformed(source=source, sign=sign):
            return f"{'inverse ' * (sign > 0)}Fourier transform of {name(source)}"
        case CalledBack(program=program):
            names = (i.op.name if isinstance(i, Call) else type(i).__name__ for i in program.instructions)
            return f"{', '.join(names)} of {', '.join(map(name, program.inputs))}"
        case Repeated(body=body, length=length, direction=direction):
            return f"the results of {length} steps {direction.value}, {len(body.instructions)} array operations each"
        case ResultOf(loop=loop):
            return f"of the same steps as {name(loop)}"
        case Positions(op=op, operands=operands):
            return f"{op.name}({', '.join(map(name, operands))})"
        case Gaps(values=values):
            return f"1 / (w_j - w_i) for the entries w of {name(values)}"


def _side(name: str, columns: Columns) -> str:
    return f"the rows of {name}" if columns is Columns.ALONG else name
