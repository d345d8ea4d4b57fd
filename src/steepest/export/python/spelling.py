"""How each instruction is spelled in code that is kept: as the engine does, but shorter where a person would."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special

from steepest.engines.python.kernels import KERNELS
from steepest.engines.python.rendering import (
    ATOM,
    COMPARISON,
    PRODUCT,
    RULES,
    SIGN,
    SUM,
    Namer,
    Text,
    Texts,
    dtype_text,
    number_text,
    place_text,
    quoted,
    render,
    subscripts,
)
from steepest.errors import FormulaError
from steepest.expr.body import Body
from steepest.expr.dimension import Dim, Shape
from steepest.expr.pattern import Affine
from steepest.lower.program import (
    Arithmetic,
    Call,
    Convert,
    Diagonal,
    Embed,
    Fill,
    Gather,
    Instruction,
    Negative,
    Piece,
    Program,
    Rearrange,
    Register,
    Reshape,
    Sum,
    Tensordot,
    Window,
)
from steepest.ops.gather import POSITIONS
from steepest.ops.logic import logical_not

from .borrowing import Borrowed
from .counting import counted
from .numpy_names import FLIPPED, pattern_of

MODULES: tuple[tuple[ModuleType, str, str], ...] = (
    (np, "np", "import numpy as np"),
    (np.linalg, "np.linalg", "import numpy as np"),
    (scipy.special, "special", "from scipy import special"),
    (scipy.linalg, "linalg", "from scipy import linalg"),
)
RESERVED = frozenset({"np", "special", "linalg", "math", "scipy"})
LARGEST_ARRAY = 1000  # entries of a fixed array that are written out


class Spelling(Namer):
    """Names that anybody has: NumPy's and SciPy's functions, named sizes, arrays written out, borrowed functions."""

    def __init__(self, program: Program, inputs: Collection[str], sizes: Mapping[str, str]) -> None:
        super().__init__(program, inputs)
        self._taken = {*inputs, *RESERVED, *sizes.values()}
        self.made = {i.target: i for i in program.instructions}
        self.sizes = sizes
        self.used_sizes: dict[str, None] = {}
        self.imports: dict[str, None] = {"import numpy as np": None}
        self.borrowed = Borrowed()
        self.arrays: dict[str, np.ndarray] = {}
        self.functions: set[str] = set()  # names that functions written beside this one have

    def fresh(self, stem: str) -> str:
        """A name that nothing else has."""
        name = next(n for k in range(1_000_000) if self.is_free(n := f"{stem}_{k}" if k else stem))
        self.take(name)
        return name

    def inside(self, program: Program, inputs: Collection[str]) -> Spelling:
        """The names in a function of its own, which needs the same of NumPy and SciPy."""
        found = Spelling(program, inputs, self.sizes)
        found.imports, found.borrowed, found.functions = self.imports, self.borrowed, self.functions
        return found

    def size(self, n: int) -> str:
        if not isinstance(n, Dim):
            return str(int(n))
        parts = n.name.split("*")
        self.used_sizes.update(dict.fromkeys(p for p in parts if p in self.sizes))
        return " * ".join(self.sizes.get(p, p) for p in parts)

    def sizes_of(self, other: Spelling) -> list[str]:
        """The names of the sizes that another text uses; this one then uses them too."""
        self.used_sizes.update(other.used_sizes)
        return [self.sizes[s] for s in other.used_sizes]

    def constant(self, r: Register) -> Text:
        value = self.program.constants[r]
        if isinstance(value, np.ndarray):
            if (numbers := counted(value)) is not None:
                return numbers
            if value.size > LARGEST_ARRAY:
                raise FormulaError(
                    f"a fixed array of shape {value.shape} is too large to be written out in source code."
                    "\n    Make it an argument of the function."
                )
            name = self.bind(value, f"c{len(self.arrays) + 1}")
            self.arrays[name] = value
            return Text(name)
        if isinstance(value, Dim):
            return Text(self.size(value))
        if isinstance(value, bool | int | float | complex):
            return number_text(value)
        return self.ruled(value, self.program.registers[r].shape)

    def ruled(self, pattern: Any, shape: tuple[int, ...]) -> Text:
        """An array that a rule and the sizes give."""
        if not isinstance(pattern, Affine):
            raise FormulaError("a Fourier matrix for all sizes is not written out; give the sizes as numbers")
        sizes = [self.size(n) for n in shape]
        if pattern.coefficients == (1, -1):
            if pattern.relation == "==" and not pattern.offset and sizes[0] == sizes[1]:
                return Text(f"np.eye({sizes[0]})")
            name = "np.eye" if pattern.relation == "==" else "np.tri"
            return Text(f"{name}({sizes[0]}, {sizes[1]}, {pattern.offset})")
        total = ""
        for k, (c, n) in enumerate(zip(pattern.coefficients, sizes, strict=True)):
            axes = "[:" + ", None" * (len(sizes) - 1 - k) + "]" if k + 1 < len(sizes) else ""
            term = f"np.arange({n}){axes}" if abs(c) == 1 else f"{abs(c)} * np.arange({n}){axes}"
            sign = " - " if c < 0 else " + "
            total += sign + term if total else term if c > 0 else f"-{term}"
        return Text(f"({total} {pattern.relation} {-pattern.offset}).astype(float)")

    def function(self, call: Callable[..., Any], name: str) -> str:
        for known in _unwrapped(call):
            own = getattr(known, "__name__", "")
            for module, prefix, statement in MODULES:
                if getattr(module, own, None) is known:
                    self.imports[statement] = None
                    return f"{prefix}.{own}"
        return self.borrow(call, name)

    def kernel(self, name: str) -> str:
        return self.borrow(KERNELS[name], name)

    def long(self, shape: Shape) -> bool:
        """Never: a reader expects the product itself."""
        return False

    def is_number(self, r: Register) -> bool:
        return isinstance(self.program.constants.get(r), int | float)

    def take(self, name: str) -> None:
        """Nothing else will have this name."""
        self._taken.add(name)

    def is_free(self, name: str) -> bool:
        return name not in self._taken and name not in self.functions

    def borrow(self, function: Callable[..., Any], name: str) -> str:
        """A function of this package, whose source goes along."""
        fresh, k = name, 1
        while fresh in self._taken and self.borrowed.names.get(fresh) is not function:
            fresh, k = f"{name}_{k}", k + 1
        self.take(fresh)
        return self.borrowed.add(function, fresh)

    def setting(self, value: Any) -> str:
        if isinstance(value, Body):
            raise FormulaError(
                "what a solver finds of a function cannot be written out as source code that stands alone:"
                " compute it with steepest"
            )
        return quoted(value) if isinstance(value, str) else super().setting(value)


def _unwrapped(call: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A function, and those it is wrapped around."""
    while call is not None:
        yield call
        call = getattr(call, "__wrapped__", None)  # type: ignore[assignment]


def spelled(i: Instruction, texts: Texts, namer: Spelling) -> Text:
    rule = OWN.get(type(i))
    return render(i, texts, namer) if rule is None else rule(i, texts, namer)


def _arithmetic(i: Arithmetic, texts: Texts, namer: Spelling) -> Text:
    """As the engine, but a column times a row is an outer product, and ``a + -b`` a difference."""
    left, right = texts(i.left), texts(i.right)
    if i.sign == "*" and right.source == "1.0":
        return left
    if i.sign == "+" and (_is_negative(left) or _is_negative(right)):
        kept, taken = (i.right, i.left) if _is_negative(left) and not _is_negative(right) else (i.left, i.right)
        return Text(f"{texts(kept).within(SUM)} - {_negated(taken, texts, namer).within(SUM + 1)}", SUM)
    for column, row in ((left, right), (right, left)):
        if i.sign == "*" and isinstance(column, Column) and len(namer.program.registers[i.target].shape) == 2:
            other = i.right if column is left else i.left
            if len(namer.program.registers[other].shape) == 1:
                return Text(f"np.outer({column.vector}, {row.source})")
    return RULES[Arithmetic](i, texts, namer)


def _is_negative(text: Text) -> bool:
    """Whether a leading minus sign is that of the whole."""
    return text.source.startswith("-") and text.binding in (SIGN, PRODUCT)


def _negated(r: Register, texts: Texts, namer: Spelling) -> Text:
    """What a leading minus sign stands before."""
    made = namer.made.get(r)
    return texts(made.source) if isinstance(made, Negative) else Text(texts(r).source[1:], texts(r).binding)


class Column(Text):
    """``v[:, None]``."""

    @property
    def vector(self) -> str:
        inner = self.source.removesuffix("[:, None]")
        return inner[1:-1] if _is_bracketed(inner) else inner


def _is_bracketed(text: str) -> bool:
    """Whether the first bracket closes at the end."""
    depth = 0
    for k, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if depth == 0:
            return text.startswith("(") and k == len(text) - 1
    return False


def _rearrange(i: Rearrange, texts: Texts, namer: Spelling) -> Text:
    text = RULES[Rearrange](i, texts, namer)
    return Column(*text) if i.axes == (0, None) else text


KINDS = {np.dtype(kind): kind.__name__ for kind in (float, int, bool, complex)}


def _convert(i: Convert, texts: Texts, namer: Spelling) -> Text:
    target = namer.program.registers[i.target]
    kind = KINDS.get(target.dtype, dtype_text(target.dtype)) if target.dtype is not None else "float"
    text = texts(i.source)
    return Text(f"{text.within(ATOM)}.astype({kind})" if target.shape else f"{kind}({text.source})")


def _fill(i: Fill, texts: Texts, namer: Spelling) -> Text:
    target, source, text = namer.program.registers[i.target], namer.program.registers[i.source], texts(i.source)
    if target.shape == ():
        return Text(f"{text.source}.0") if text.source.isdigit() else text
    if source.shape == target.shape:
        return Text(f"{text.within(ATOM)}.copy()")
    shape = namer.shape(target.shape)
    if source.shape:
        return Text(f"np.broadcast_to({text.source}, {shape}).copy()")
    shape = shape if len(target.shape) > 1 else namer.size(target.shape[0])
    value = namer.program.constants.get(i.source)
    if isinstance(value, int | float) and not isinstance(value, Dim) and value in (0, 1):
        return Text(f"np.{'ones' if value else 'zeros'}({shape})")
    return Text(f"np.full({shape}, {text.source}{'.0' if text.source.isdigit() else ''})")


def _call(i: Call, texts: Texts, namer: Spelling) -> Text:
    if i.op is logical_not and not namer.program.registers[i.target].shape:  # Python's own truth values have no ~
        return Text(f"not {texts(i.operands[0]).within(COMPARISON)}", COMPARISON - 1)
    if i.op.numpy in FLIPPED and namer.is_number(i.operands[0]) and not namer.is_number(i.operands[1]):
        number, other = (texts(r).within(COMPARISON + 1) for r in i.operands)
        return Text(f"{other} {FLIPPED[i.op.numpy]} {number}", COMPARISON)
    pattern = pattern_of(i)
    if pattern is not None and len(namer.program.registers[i.operands[0]].shape) == 1:
        pattern = pattern.replace(", axis=-1", "")
    if pattern is None:
        return RULES[Call](i, texts, namer)
    return Text(pattern.format(*(texts(r).source for r in i.operands), **{k: namer.setting(v) for k, v in i.params}))


def _embed(i: Embed, texts: Texts, namer: Spelling) -> Text:
    """A diagonal matrix; see `is_diagonal`."""
    (piece,) = i.pieces
    text = texts(piece.source)
    if piece.carried:
        return Text(f"np.diag({text.source})")
    identity = f"np.eye({namer.size(namer.program.registers[i.target].shape[0])})"
    return Text(identity) if text.source in ("1", "1.0") else Text(f"{text.within(PRODUCT)} * {identity}", PRODUCT)


def is_diagonal(i: Embed, shape: Shape) -> bool:
    """Whether this is one vector, or one number, on the diagonal of a square matrix, of this shape."""
    piece = i.pieces[0]
    whole = all(isinstance(p, Window) and p.covers(n) for p, n in zip(piece.places, shape, strict=True))
    return (
        len(i.pieces) == 1 and whole and len(piece.places) == 2 and len(set(piece.follows)) == 1
        and piece.carried in ((), piece.follows[:1])
    )  # fmt: skip


def embedding(i: Embed, name: str, texts: Texts, namer: Spelling) -> Iterator[tuple[str, Piece | None]]:
    """Statements that make an array of zeros and add the pieces to it."""
    shape = namer.program.registers[i.target].shape
    yield f"{name} = np.zeros({namer.shape(shape)})", None
    for piece in i.pieces:
        places = [place_text(place, n) for place, n in zip(piece.places, shape, strict=True)]
        window = name if set(places) == {":"} else f"{name}[{', '.join(places)}]"
        distinct = tuple(dict.fromkeys(piece.follows))
        if len(distinct) < len(piece.follows):
            window = f"np.einsum({quoted(subscripts((piece.follows,), distinct))}, {window})"
        source = _stretched(piece, distinct, texts(piece.source))
        yield f"{window if window.endswith(']') else window + '[...]'} += {source}", piece


def _stretched(piece: Piece, follows: tuple[int, ...], text: Text) -> str:
    """The source with its axes in the order of `follows`, ready to broadcast along those it lacks."""
    order = [piece.carried.index(i) for i in follows if i in piece.carried]
    if not order:
        return text.source
    suffix = ""
    if order != sorted(order):
        suffix = ".T" if order == [1, 0] else f".transpose({', '.join(map(str, order))})"
    axes = [":" if i in piece.carried else "None" for i in follows]
    while axes[0] == "None":
        axes = axes[1:]
    if "None" in axes:
        suffix += f"[{', '.join(axes)}]"
    return text.within(ATOM) + suffix if suffix else text.source


def _diagonal(i: Diagonal, texts: Texts, namer: Spelling) -> Text:
    if i.labels == i.out * 2 and len(i.out) == 1:
        return MainDiagonal(f"np.diag({texts(i.source).source})")
    return RULES[Diagonal](i, texts, namer)


def _reshape(i: Reshape, texts: Texts, namer: Spelling) -> Text:
    """A length that is that of several axes is worked out by NumPy."""
    sizes = [
        "-1" if isinstance(n, Dim) and "*" in n.name else namer.size(n) for n in namer.program.registers[i.target].shape
    ]
    if sizes.count("-1") > 1:
        sizes = [namer.size(n) for n in namer.program.registers[i.target].shape]
    return Text(f"{texts(i.source).within(ATOM)}.reshape({', '.join(sizes)})")


def _gather(i: Gather, texts: Texts, namer: Spelling) -> Text:
    """Places that NumPy found are inside: there an array is indexed as it is."""
    index, rank = texts(i.index), len(namer.program.registers[i.index].shape)
    if not i.shared or i.shared == tuple(range(rank)):
        found_by = namer.made.get(i.index)
        if isinstance(found_by, Call) and found_by.op in POSITIONS and len(i.shared) in (0, rank) and rank <= 1:
            rows = [f"np.arange({namer.size(n)})" for n in namer.program.registers[i.index].shape] if i.shared else []
            return Text(f"{texts(i.source).within(ATOM)}[{', '.join([*rows, index.source])}]")
    return RULES[Gather](i, texts, namer)


def _sum(i: Sum, texts: Texts, namer: Spelling) -> Text:
    text = texts(i.source)
    if isinstance(text, MainDiagonal):
        return Text(text.source.replace("np.diag", "np.trace", 1))
    return RULES[Sum](i, texts, namer)


class MainDiagonal(Text):
    """``np.diag(A)``, whose sum is the trace."""


def _tensordot(i: Tensordot, texts: Texts, namer: Spelling) -> Text:
    """Over all axes of both, in order: the inner product."""
    every = tuple(range(len(namer.program.registers[i.left].shape)))
    if i.left_axes == i.right_axes == every and len(namer.program.registers[i.right].shape) == len(every):
        return Text(f"np.vdot({texts(i.left).source}, {texts(i.right).source})")
    return RULES[Tensordot](i, texts, namer)


Rule = Callable[..., Text]
OWN: Mapping[type, Rule] = {
    Arithmetic: _arithmetic, Rearrange: _rearrange, Convert: _convert, Fill: _fill, Call: _call, Embed: _embed,
    Gather: _gather, Diagonal: _diagonal, Reshape: _reshape, Sum: _sum, Tensordot: _tensordot,
}  # fmt: skip
