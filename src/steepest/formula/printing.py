"""Expressions as formulas: the entry points.

A formula is a notation tree and, where the graph is too large for one line, named pieces below ``where``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from steepest.expr.build import is_zero, variable
from steepest.expr.dtype import BOOL
from steepest.expr.node import Constant, Expr, Variable
from steepest.expr.traversal import toposort

from . import notation as nt
from .entries import entry
from .functions import selecting
from .index_form import fresh_letters
from .kronecker import kronecker_form
from .latex import LATEX
from .names import display_name, display_names, unused
from .notation import Notation
from .scope import names_in, symbols_in, with_clear_letters
from .sharing import nodes_to_name
from .tensor import entries, networks
from .text import ASCII, UNICODE
from .translate import translate
from .writer import Writer

NO_NAMES: Mapping[Expr, Notation] = MappingProxyType({})


@dataclass(frozen=True)
class Formula:
    """A notation tree and the definitions of the names it uses, each from variables and earlier names."""

    main: Notation
    definitions: tuple[tuple[nt.Symbol, Notation], ...] = ()
    states_sizes: bool = False  # of I and 𝟏, where nothing else tells them

    def write(self, writer: Writer) -> str:
        writer = writer.stating_sizes() if self.states_sizes else writer
        writer = writer.avoiding(names_in(self.main).union(*(names_in(value) for _, value in self.definitions)))
        taken = symbols_in(self.main).union(*(symbols_in(value) for _, value in self.definitions))
        lines = [writer.write(with_clear_letters(self.main, taken))]
        for k, (symbol, value) in enumerate(self.definitions):
            lead = "where " if k == 0 else "      "
            lines.append(lead + _definition(symbol, with_clear_letters(value, taken), writer))
        return writer.lines(lines)

    @property
    def rows(self) -> int | None:
        """If what is written is the matrix of an array with more axes: how many of its axes are stacked in rows."""
        return self.main.rows if isinstance(self.main, nt.Unstacked) else None


def _definition(symbol: nt.Symbol, value: Notation, writer: Writer) -> str:
    """A name and what it stands for; the commutation matrix is known by what it does, others by their entries."""
    match value:
        case nt.Commutation(of):
            left, right = nt.Product((symbol, nt.Vec(of))), nt.Vec(nt.Transpose(of))
            return f"{writer.write(left)} = {writer.write(right)}"
        case nt.Patterned(_, shape):
            letters = fresh_letters(len(shape), ())
            return f"{writer.write(nt.Entry(symbol, letters))} = {writer.write(nt.Entry(value, letters))}"
    return f"{writer.write(symbol)} = {writer.write(value)}"


def symbols(root: Expr, given: Mapping[Expr, Notation] = NO_NAMES) -> dict[Expr, Notation]:
    """How every variable and fixed array under `root` is written, beside what is given."""
    nodes = toposort([root], stop=given.keys())
    taken = [n.name for n in given.values() if isinstance(n, nt.Symbol)]
    result: dict[Expr, Notation] = {}
    for v, name in display_names(n for n in nodes if isinstance(n, Variable) and n not in given).items():
        symbol = nt.Symbol(unused(name, taken), v)
        result[v] = symbol
        taken.append(symbol.name)
    arrays = [n for n in nodes if isinstance(n, Constant) and n.dtype is not None]
    for k, n in enumerate(arrays):
        result[n] = nt.Symbol(unused(f"c{k + 1}", taken), n)
    return {**result, **given}


def pieces(root: Expr, names: dict[Expr, Notation]) -> tuple[tuple[nt.Symbol, Notation], ...]:
    """Names, added to `names`, for parts of a graph too large to be written in one piece, with their meaning."""
    found: list[tuple[nt.Symbol, Notation]] = []
    taken = [n.name for n in names.values() if isinstance(n, nt.Symbol)]
    for k, n in enumerate(nodes_to_name(root, names.keys())):
        symbol = nt.Symbol(unused(f"t{k + 1}", taken), n)
        found.append((symbol, translate(n, names)))
        names[n] = symbol
    return tuple(found)


def formula_of(e: Expr, given: Mapping[Expr, Notation] = NO_NAMES, by: Variable | None = None) -> Formula:
    """The formula of an expression. `given` says how some nodes are written.

    Of a derivative with more than two axes, the last being those of the variable `by`, the matrix is written
    where there is one.
    """
    names = symbols(e, given)
    definitions = pieces(e, names)
    if e.ndim > 2 and e not in names and not is_zero(e):
        found = tensor_formula(e, names, by)
        if found is not None:
            return Formula(found.main, (*definitions, *found.definitions))
    main = translate(e, names)
    return Formula(selecting(main) if e.dtype == BOOL else main, definitions)


def tensor_formula(e: Expr, names: Mapping[Expr, Notation], by: Variable | None) -> Formula | None:
    """An array with more than two axes as a matrix, else entry by entry; None if it is not made of matrices."""
    terms = networks(e, names)
    if terms is None:
        return None
    if by is None:
        return Formula(entries(terms, e.shape))
    taken = [n.name for n in names.values() if isinstance(n, nt.Symbol)]
    size = math.prod(by.shape)
    commutation = nt.Symbol(display_name(unused("K", taken)), variable("K", (size, size), tag=-1))
    rows = e.ndim - by.ndim
    matrix = kronecker_form(terms, rows, commutation)
    if matrix is None:
        return Formula(entries(terms, e.shape))
    found = names.get(by)
    x = found if isinstance(found, nt.Symbol) else nt.Symbol(unused(display_names([by])[by], taken), by)
    used = ((commutation, nt.Commutation(x)),) if occurs(commutation, matrix) else ()
    return Formula(nt.Unstacked(matrix, e.shape, rows), used)


def occurs(part: Notation, n: Notation) -> bool:
    return n == part or any(occurs(part, p) for p in nt.parts(n))


def formula_text(e: Expr, by: Variable | None = None) -> str:
    """The expression as people write it.

    >>> from steepest.expr.build import einsum, subtract, variable
    >>> X, theta, y = variable("X", (3, 2)), variable("theta", (2,)), variable("y", (3,))
    >>> r = subtract(einsum("ij,j->i", X, theta), y)
    >>> formula_text(einsum("i,i->", r, r)), formula_text(einsum("ij,i->j", X, r))
    ('‖Xθ − y‖²', 'Xᵀ(Xθ − y)')
    """
    return formula_of(e, by=by).write(UNICODE)


def condition_text(e: Expr) -> str:
    """A condition as a sentence has it, without the brackets that make a factor of it: ``n < 1000``."""
    names = symbols(e)
    definitions = pieces(e, names)
    return Formula(translate(e, names), definitions).write(UNICODE)


def formula_ascii(e: Expr, by: Variable | None = None) -> str:
    """The same in plain ASCII: ``X'(X theta - y)``."""
    return formula_of(e, by=by).write(ASCII)


def formula_latex(e: Expr, by: Variable | None = None) -> str:
    """The same in LaTeX, without dollar signs."""
    return formula_of(e, by=by).write(LATEX)


def index_text(e: Expr, free: Sequence[str] = ()) -> str:
    """One entry of the expression in index notation; `free` are the letters of its axes.

    >>> from steepest.expr.build import einsum, subtract, variable
    >>> X, theta, y = variable("X", (3, 2)), variable("theta", (2,)), variable("y", (3,))
    >>> r = subtract(einsum("ij,j->i", X, theta), y)
    >>> index_text(einsum("ij,i->j", X, r), free=("j",))
    'Σ_i X_ij (Σ_k X_ik θ_k − y_i)'
    """
    return index_formula(e, free).write(UNICODE)


def index_formula(e: Expr, free: Sequence[str] = ()) -> Formula:
    names = symbols(e)
    definitions = pieces(e, names)
    return Formula(entry(e, tuple(free), names), definitions)
