"""Each instruction as a Python expression on NumPy arrays."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from steepest.expr.body import Body
from steepest.expr.dimension import Dim, Shape
from steepest.expr.node import Number
from steepest.expr.pattern import Affine, Fourier
from steepest.lower import program as instructions
from steepest.lower.lowering import lower
from steepest.lower.program import ArrayType, Instruction, Place, Program, Register
from steepest.ops.joint import Part

from .kernels import KERNELS, RUN

COMPARISON, EITHER, BOTH, SUM, MATRIX, PRODUCT, SIGN, ATOM = range(8)  # how tightly an expression holds together
BINDING = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "&": BOTH, "|": EITHER}
LETTERS = "ijklmnopqrstuvwxyzabcdefghABCDEFGHIJKLMNOPQRSTUVWXYZ"
COMPARISONS: dict[Any, str] = {np.less: "<", np.less_equal: "<=", np.equal: "==", np.not_equal: "!="}
RESERVED = frozenset({"np", "complex", "range", *KERNELS})
LONG = 4 * RUN  # products
PLAIN = (bool, int, float, complex, str, bytes, type(None))


class Text(NamedTuple):
    """Source text and how tightly it binds."""

    source: str
    binding: int = ATOM

    def within(self, binding: int) -> str:
        return self.source if self.binding >= binding else f"({self.source})"


class Namer:
    """The names that a program's text uses, and what they stand for."""

    def __init__(self, program: Program, inputs: Collection[str]) -> None:
        self.program = program
        self._taken = {*inputs, *RESERVED}
        self.bound: dict[str, Any] = {}  # names beyond np and the kernels
        self.bodies: dict[str, Program] = {}  # the bodies of loops, by the names of their functions
        self._names: dict[int, str] = {}

    def function(self, call: Callable[..., Any], name: str) -> str:
        own = getattr(call, "__name__", "")
        for module, prefix in ((np, "np"), (np.linalg, "np.linalg")):
            if getattr(module, own, None) is call:
                return f"{prefix}.{own}"
        return self.bind(call, name)

    def bind(self, value: Any, name: str) -> str:
        if id(value) not in self._names:
            fresh, k = name, 1
            while fresh in self.bound or fresh in self._taken:
                fresh, k = f"{name}_{k}", k + 1
            self._names[id(value)] = fresh
            self.bound[fresh] = value
        return self._names[id(value)]

    def body(self, program: Program) -> str:
        """The name of the function that one step of a loop calls."""
        name = f"step{len(self.bodies)}"
        self.bodies[name] = program
        return name

    def kernel(self, name: str) -> str:
        """The name of one of our own functions."""
        return name

    def long(self, shape: Shape) -> bool:
        """Whether so many products are not left to one call of BLAS, which adds them one after the other."""
        return math.prod(shape) > LONG

    def transform(self, sign: int) -> str:
        """A Fourier transform without a factor, by the sign in the exponent."""
        return "np.fft.fft" if sign < 0 else self.kernel("inverse_fourier")

    def constant(self, r: Register) -> Text:
        value = self.program.constants[r]
        if isinstance(value, np.ndarray):
            return Text(self.bind(value, f"c{r}"))
        if isinstance(value, Affine | Fourier):
            raise TypeError("an engine runs programs for fixed sizes")
        return number_text(value)

    def size(self, n: int) -> str:
        """The length of an axis."""
        return str(int(n))

    def shape(self, shape: Sequence[int]) -> str:
        return f"({', '.join(map(self.size, shape))}{',' if len(shape) == 1 else ''})"

    def setting(self, value: Any) -> str:
        if isinstance(value, Dim):
            return self.size(value)
        if isinstance(value, PLAIN) or (isinstance(value, tuple) and all(isinstance(v, PLAIN) for v in value)):
            return number_text(value).source if isinstance(value, (int, float, complex)) else repr(value)
        if isinstance(value, Body):
            return self.body(lower(value.outputs, value.variables))
        return self.bind(value, "setting")


def input_names(program: Program) -> list[str]:
    """The inputs' own names where they are Python names and clear, else x0, x1, …"""
    taken: set[str] = set(RESERVED)
    names = []
    for k, name in enumerate(program.names):
        fit = name.isidentifier() and not keyword.iskeyword(name) and not re.fullmatch(r"([tcr]|step)\d+|_.*", name)
        if not fit or name in taken:
            name = f"_x{k}"
        taken.add(name)
        names.append(name)
    return names


def number_text(value: Number) -> Text:
    if isinstance(value, complex):
        parts = (value.real, value.imag)
        return Text(f"complex({', '.join(number_text(p).source for p in parts)})")
    if isinstance(value, float) and not np.isfinite(value):
        return Text("np.nan") if np.isnan(value) else Text("np.inf") if value > 0 else Text("-np.inf", SIGN)
    text = repr(int(value)) if isinstance(value, int) and not isinstance(value, bool) else repr(value)
    return Text(text, SIGN if text.startswith("-") else ATOM)


def dtype_text(dtype: np.dtype) -> str:
    name = dtype.name
    if dtype.isnative and getattr(np, name, None) is dtype.type:
        return f"np.{name}"
    return f"np.dtype({dtype.str!r})"


def render(instruction: Instruction, texts: Callable[[Register], Text], namer: Namer) -> Text:
    rule: Callable[..., Text] = RULES[type(instruction)]
    return rule(instruction, texts, namer)


Texts = Callable[[Register], Text]


def _type(namer: Namer, r: Register) -> ArrayType:
    return namer.program.registers[r]


def _arithmetic(i: instructions.Arithmetic, texts: Texts, namer: Namer) -> Text:
    binding = BINDING[i.sign]
    # `(c * x) * y` needs no brackets, `x * (y * z)` and `x - (y - z)` do: floating point is not associative
    left, right = texts(i.left).within(binding), texts(i.right).within(binding + 1)
    return Text(f"{left} {i.sign} {right}", binding)


def _negative(i: instructions.Negative, texts: Texts, namer: Namer) -> Text:
    return Text(f"-{texts(i.source).within(SIGN)}", SIGN)


def _select(i: instructions.Select, texts: Texts, namer: Namer) -> Text:
    return Text(f"np.where({texts(i.mask).source}, {texts(i.source).source}, 0)")


def _convert(i: instructions.Convert, texts: Texts, namer: Namer) -> Text:
    return Text(f"{texts(i.source).within(ATOM)}.astype({dtype_text(_dtype(namer, i.target))})")


def _call(i: instructions.Call, texts: Texts, namer: Namer) -> Text:
    if i.op.numpy in COMPARISONS:
        left, right = (texts(r).within(COMPARISON + 1) for r in i.operands)
        return Text(f"{left} {COMPARISONS[i.op.numpy]} {right}", COMPARISON)
    if i.op.numpy is np.logical_not and _type(namer, i.operands[0]).dtype == bool:
        return Text(f"~{texts(i.operands[0]).within(SIGN)}", SIGN)
    if isinstance(i.op.numpy, Part):
        return Text(f"{joint_call(i, texts, namer)}[{i.op.numpy.index}]")
    return Text(_call_of(i.op.numpy, i.op.name, i, texts, namer))


def joint_call(i: instructions.Call, texts: Texts, namer: Namer) -> str:
    """The call that gives all the results of which `i` is one."""
    function = i.op.numpy.function  # type: ignore[attr-defined]
    return _call_of(function, getattr(function, "__name__", i.op.name).strip("_"), i, texts, namer)


def _call_of(call: Callable[..., Any], name: str, i: instructions.Call, texts: Texts, namer: Namer) -> str:
    function = namer.function(call, name)
    arguments = [texts(r).source for r in i.operands]
    arguments += [f"{key}={namer.setting(value)}" for key, value in i.params]
    return f"{function}({', '.join(arguments)})"


def _rearrange(i: instructions.Rearrange, texts: Texts, namer: Namer) -> Text:
    source = texts(i.source).within(ATOM)
    order = [k for k in i.axes if k is not None]
    if order != sorted(order):
        source = f"{source}.T" if order == sorted(order)[::-1] else f"{source}.transpose({', '.join(map(str, order))})"
    if None in i.axes:
        source = f"{source}[{', '.join('None' if k is None else ':' for k in i.axes)}]"
    return Text(source)


def _slice(i: instructions.Slice, texts: Texts, namer: Namer) -> Text:
    shape = _type(namer, i.source).shape
    places = [place_text(p, n) for p, n in zip(i.places, shape, strict=True)]
    while places and places[-1] == ":":
        places.pop()
    return Text(f"{texts(i.source).within(ATOM)}[{', '.join(places)}]")


def place_text(place: Place, size: int) -> str:
    if not isinstance(place, instructions.Window):
        return str(place)
    s = place.as_slice()
    start = "" if (s.start == 0 and place.step > 0) or (s.start == size - 1 and place.step < 0) else str(s.start)
    stop = "" if s.stop is None or (s.stop >= size and place.step > 0) else str(s.stop)
    if not place.count:
        return "0:0"
    return f"{start}:{stop}" + ("" if place.step == 1 else f":{place.step}")


def _diagonal(i: instructions.Diagonal, texts: Texts, namer: Namer) -> Text:
    source = texts(i.source).source
    return Text(f"np.einsum({quoted(subscripts((i.labels,), i.out))}, {source})")


def quoted(text: str) -> str:
    return f'"{text}"'


def subscripts(labels: tuple[tuple[int, ...], ...], out: tuple[int, ...]) -> str:
    """Labels as the letters of `np.einsum`."""
    letters: dict[int, str] = {}
    for axes in (*labels, out):
        for label in axes:
            letters.setdefault(label, LETTERS[len(letters)])
    return ",".join("".join(letters[k] for k in axes) for axes in labels) + "->" + "".join(letters[k] for k in out)


def _reshape(i: instructions.Reshape, texts: Texts, namer: Namer) -> Text:
    return Text(f"{texts(i.source).within(ATOM)}.reshape({namer.shape(_type(namer, i.target).shape)})")


def _windows(i: instructions.Windows, texts: Texts, namer: Namer) -> Text:
    counts = _type(namer, i.target).shape[len(_type(namer, i.source).shape) - 1 :]
    return Text(f"{namer.kernel('windows')}({texts(i.source).source}, {i.start}, {i.steps}, {namer.shape(counts)})")


def _fill(i: instructions.Fill, texts: Texts, namer: Namer) -> Text:
    target, source = _type(namer, i.target), _type(namer, i.source)
    text = texts(i.source)
    if target.shape == ():
        return Text(f"{dtype_text(_dtype(namer, i.target))}({text.source})")
    if source.shape == ():
        return Text(f"np.full({namer.shape(target.shape)}, {text.source}, {dtype_text(_dtype(namer, i.target))})")
    if source.shape == target.shape:
        return Text(f"{text.within(ATOM)}.copy()")
    return Text(f"np.broadcast_to({text.source}, {namer.shape(target.shape)}).copy()")


def _embed(i: instructions.Embed, texts: Texts, namer: Namer) -> Text:
    """One piece; of several each is a statement."""
    (piece,) = i.pieces
    shape = _type(namer, i.target).shape
    places = ", ".join(_places(piece, shape))
    rest = ", ".join(["", *map(str, _labels(piece))])
    source = texts(piece.source).source
    dtype = dtype_text(_dtype(namer, i.target))
    return Text(f"embedded({namer.shape(shape)}, {dtype}, {source}, np.s_[{places}]{rest})")


def embedding_statements(
    i: instructions.Embed, name: str, texts: Texts, namer: Namer
) -> Iterator[tuple[str, instructions.Piece | None]]:
    """Statements that make an array of zeros and add the pieces, and which piece each is about."""
    shape = _type(namer, i.target).shape
    yield f"{name} = np.zeros({namer.shape(shape)}, {dtype_text(_dtype(namer, i.target))})", None
    for piece in i.pieces:
        places, source = ", ".join(_places(piece, shape)), texts(piece.source).source
        if labels := _labels(piece):
            yield f"add_piece({name}, {source}, np.s_[{places}], {labels[0]}, {labels[1]})", piece
        else:
            yield f"{name}[{places}] += {source}", piece


def _places(p: instructions.Piece, shape: tuple[int, ...]) -> list[str]:
    return [place_text(place, n) for place, n in zip(p.places, shape, strict=True)]


def _labels(p: instructions.Piece) -> tuple[list[int], ...]:
    """The labels of the window and of the source, renumbered; nothing if they are the same."""
    if p.follows == p.carried:
        return ()
    numbers: dict[int, int] = {}
    return tuple([numbers.setdefault(label, len(numbers)) for label in axes] for axes in (p.follows, p.carried))


def _gather(i: instructions.Gather, texts: Texts, namer: Namer) -> Text:
    return Text(
        f"{namer.kernel('gathered')}({texts(i.source).source}, {texts(i.index).source}, {i.shared}, {i.outside})"
    )


def _scatter(i: instructions.Scatter, texts: Texts, namer: Namer) -> Text:
    shape = namer.shape(_type(namer, i.target).shape)
    arguments = f"{texts(i.source).source}, {texts(i.index).source}, {i.shared}, {shape}"
    if (dtype := _dtype(namer, i.target)) != _type(namer, i.source).dtype:
        arguments += f", {dtype_text(dtype)}"
    return Text(f"{namer.kernel('scattered')}({arguments})")


def _sum(i: instructions.Sum, texts: Texts, namer: Namer) -> Text:
    source = texts(i.source).within(ATOM)
    if len(i.axes) == len(_type(namer, i.source).shape):
        return Text(f"{source}.sum()")
    return Text(f"{source}.sum({i.axes[0] if len(i.axes) == 1 else i.axes})")


def _fold(i: instructions.Fold, texts: Texts, namer: Namer) -> Text:
    return Text(f"{namer.function(i.op.numpy, i.op.name)}.reduce({texts(i.source).source}, -1)")


def _matmul(i: instructions.Matmul, texts: Texts, namer: Namer) -> Text:
    if _adds_long(i.left, i.target, namer):
        return Text(f"{namer.kernel('inner')}({texts(i.left).source}, {texts(i.right).source})")
    left = texts(i.left)
    before = left.source if left.binding == MATRIX else left.within(ATOM)
    return Text(f"{before} @ {texts(i.right).within(ATOM)}", MATRIX)


def _adds_long(left: Register, target: Register, namer: Namer) -> bool:
    """Whether all entries of two arrays are multiplied and added, and are many."""
    return (
        _type(namer, target).shape == () and _dtype(namer, target).kind in "fc" and namer.long(_type(namer, left).shape)
    )


def _tensordot(i: instructions.Tensordot, texts: Texts, namer: Namer) -> Text:
    if _adds_long(i.left, i.target, namer):
        right = [b for _, b in sorted(zip(i.left_axes, i.right_axes, strict=True))]
        source = (
            texts(i.right).source if right == sorted(right) else f"{texts(i.right).within(ATOM)}.transpose({right})"
        )
        return Text(f"{namer.kernel('inner')}({texts(i.left).source}, {source})")
    axes = (list(i.left_axes), list(i.right_axes))
    return Text(f"np.tensordot({texts(i.left).source}, {texts(i.right).source}, {axes})")


def _contraction(i: instructions.Contraction, texts: Texts, namer: Namer) -> Text:
    arrays = ", ".join(texts(r).source for r in i.operands)
    return Text(f"np.einsum({quoted(subscripts(i.labels, i.out))}, {arrays})")


def _running_sum(i: instructions.RunningSum, texts: Texts, namer: Namer) -> Text:
    function = {"forward": "running_sum", "backward": "running_sum_backward"}[i.direction]
    count = namer.size(_type(namer, i.target).shape[-1])
    return Text(f"{namer.kernel(function)}({texts(i.source).source}, {i.offset}, {count})")


def _convolve(i: instructions.Convolve, texts: Texts, namer: Namer) -> Text:
    size = _type(namer, i.target).shape[0]
    return Text(
        f"{namer.kernel('convolved')}({texts(i.left).source}, {texts(i.right).source}, {i.offset}, {namer.size(size)})"
    )


def _fourier(i: instructions.FourierTransform, texts: Texts, namer: Namer) -> Text:
    return Text(f"{namer.transform(i.sign)}({texts(i.source).source})")


def _linear_solution(i: instructions.LinearSolution, texts: Texts, namer: Namer) -> Text:
    return Text(f"np.linalg.solve({texts(i.matrix).source}, {texts(i.right).source})")


def _dtype(namer: Namer, r: Register) -> np.dtype:
    dtype = _type(namer, r).dtype
    assert dtype is not None
    return dtype


RULES: Mapping[type, Callable[..., Text]] = {
    instructions.Arithmetic: _arithmetic, instructions.Negative: _negative, instructions.Select: _select,
    instructions.Convert: _convert, instructions.Call: _call, instructions.Rearrange: _rearrange,
    instructions.Slice: _slice, instructions.Diagonal: _diagonal, instructions.Reshape: _reshape,
    instructions.Windows: _windows, instructions.Fill: _fill, instructions.Embed: _embed,
    instructions.Gather: _gather, instructions.Scatter: _scatter, instructions.Sum: _sum, instructions.Fold: _fold,
    instructions.Matmul: _matmul, instructions.Tensordot: _tensordot, instructions.Contraction: _contraction,
    instructions.RunningSum: _running_sum, instructions.Convolve: _convolve,
    instructions.FourierTransform: _fourier, instructions.LinearSolution: _linear_solution,
}  # fmt: skip
