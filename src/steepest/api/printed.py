"""What is printed is what is computed: the text is read back and its value compared before it is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from steepest.engines.python.compile import evaluate
from steepest.errors import FormulaError
from steepest.expr.dimension import Dim
from steepest.expr.node import Constant, Expr, Variable
from steepest.expr.traversal import toposort
from steepest.formula import notation as nt
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula
from steepest.formula.stacking import stacked
from steepest.formula.text import TextWriter
from steepest.frontends.text.functions import FUNCTIONS
from steepest.frontends.text.meaning import Reading, read_declared
from steepest.frontends.text.spelling import canonical_name

from .examples import NUDGE, is_steady, points

TOLERANCE = 1e-8
ROUNDING = 1e-4  # what is further apart than this is not due to rounding, but where the value itself is nothing else
NOISE = 30  # how often the noise of the value is allowed for
POINTS = 2


def require_printed_value(printed: Formula, writer: TextWriter, e: Expr, title: str) -> None:
    """Raise if the text of what is printed, read as a formula, does not have the value of `e` at generic points."""
    names = _names(printed, writer)
    reading = _reading(printed, writer, names, e, title)
    variables = [n for n in dict.fromkeys([*names.values(), *toposort([e])]) if isinstance(n, Variable)]
    tried = 0
    for point in points([v.shape for v in variables], seed=0, facts=[v.facts for v in variables]):
        env: dict[Variable, np.ndarray] = dict(zip(variables, point, strict=True))
        values = [n.value if isinstance(n, Constant) else env[n] for n in names.values()]
        with np.errstate(all="ignore"):
            try:
                (value,) = evaluate([e], env)
                read = reading.function(*values)
            except np.linalg.LinAlgError:
                continue  # not in the domain
        if not np.isfinite(value).all():
            continue
        shown = value if printed.rows is None else stacked(value, printed.rows)
        if not _agree(read, shown, TOLERANCE) and not _agree_but_for_noise(read, shown, e, env):
            if _agree(read, shown, ROUNDING) or not is_steady(reading.function, values, [read]):
                continue  # at such a point rounding counts: 1 − σ(30), say
            raise FormulaError(f"{title}: the printed formula differs from the expression{_advice(names)}")
        tried += 1
        if tried == POINTS:
            return
    if not tried:
        raise FormulaError(f"{title}: no point was found where it is defined, so what is printed cannot be checked")


def _agree(read: object, value: np.ndarray, tolerance: float) -> bool:
    """A number stands for an array filled with it."""
    read, scale = np.asarray(read), np.max(np.abs(value), initial=0.0)
    same_shape = read.shape in ((), np.shape(value))
    return same_shape and np.allclose(read, value, rtol=tolerance, atol=tolerance * scale)


def _agree_but_for_noise(read: object, shown: np.ndarray, e: Expr, env: Mapping[Variable, np.ndarray]) -> bool:
    """Whether they differ by no more than `e` does when its arguments change in their last digits: 0 and 1e−17, say."""
    rng = np.random.default_rng(1)
    moved = {v: x * (1 + NUDGE * rng.uniform(-1, 1, np.shape(x))) for v, x in env.items()}
    try:
        (value,), (near,) = evaluate([e], env), evaluate([e], moved)
    except np.linalg.LinAlgError:
        return False
    noise = np.max(np.abs(near - value), initial=0.0)
    read = np.asarray(read)
    return read.shape in ((), np.shape(shown)) and bool(np.all(np.abs(read - shown) <= NOISE * noise))


def _reading(printed: Formula, writer: TextWriter, names: Mapping[str, Expr], e: Expr, title: str) -> Reading:
    shape = tuple(map(int, e.shape))
    if printed.rows is not None:
        shape = stacked(np.empty(shape), printed.rows).shape
    declared = {name: tuple(map(int, n.shape)) for name, n in names.items()}
    try:
        return read_declared(printed.write(writer), declared, _lengths([*names.values(), e]), shape)
    except FormulaError as error:
        raise FormulaError(f"{title} has no unambiguous written form: {error}{_advice(names)}") from None


def _advice(names: Collection[str]) -> str:
    functions = [name for name in names if name in FUNCTIONS]
    renaming = "".join(f"; {name} is also the name of a function: rename the variable" for name in functions)
    return f"{renaming}\n    A call still gives its values: only the text is refused."


def _lengths(exprs: Sequence[Expr]) -> dict[str, int]:
    """The named sizes."""
    nodes = toposort(exprs)
    dims = {d for n in nodes for d in n.shape if isinstance(d, Dim)}
    monomials = [d for n in nodes if isinstance(n, Constant) and n.dtype is None for d, _ in n.sizes]
    return {d.name: int(d) for d in (*dims, *monomials)}


def _names(printed: Formula, writer: TextWriter) -> dict[str, Variable | Constant]:
    """The names in the text, as they are read, and what each stands for; those that the text defines aside."""
    defined = {symbol for symbol, _ in printed.definitions}
    found: dict[str, Variable | Constant] = {}
    for n in (part for root in (printed.main, *(d for _, d in printed.definitions)) for part in _parts(root)):
        of = n.variable if isinstance(n, nt.Differential) else n.of if isinstance(n, nt.Symbol) else None
        if not isinstance(of, (Variable, Constant)) or n in defined:
            continue
        name = canonical_name(writer.write(n))
        if found.setdefault(name, of) is not of:
            raise FormulaError(f"two variables would both be read as {name}: rename one")
    return found


def _parts(n: Notation) -> Iterator[Notation]:
    yield n
    if not isinstance(n, nt.Differential):  # one name: dX
        for p in nt.parts(n):
            yield from _parts(p)
