"""One entry of a register as a C expression, computed at the outermost loop in which its place is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from steepest.errors import FormulaError
from steepest.expr.dimension import Dim
from steepest.expr.dtype import BOOL
from steepest.expr.pattern import Affine
from steepest.lower.program import VIEWS, Arithmetic, Call, Convert, Embed, Fill, Gather, Negative, Register, Select
from steepest.ops.gather import within
from steepest.ops.selection import one_hot_op

from .failing import Failure
from .functions import ENTRYWISE, MATRIX_TO_NUMBER, NUMBER_IN_ROW, ROW_TO_NUMBER
from .loops import Level, Stack, close, covers, depth_of
from .placing import accesses, broadcast, embedded, gathered, read_view, ruled
from .readers import is_statement
from .sums import SumOfProducts, loop_order, sum_of_products
from .text import COMPARISON, CONDITION, EQUALITY, SUM, UNARY, ZERO_INDEX, CText, Index, arithmetic, negated, number

if TYPE_CHECKING:
    from .body import Body

SINGLE = np.dtype(np.float32)
KEEPING = (Negative, Select, Gather)  # what rounds nothing
FEWEST = 4  # fixed numbers that are written as the rule that they follow
LARGEST = 2.0**31  # of them
LONGEST = 64  # characters of an expression written inside another


def read(body: Body, r: Register, place: Sequence[Index], stack: Stack) -> CText:
    """The entry of a register at a place, in the loops that are open."""
    made = body.made.get(r)
    if r in body.stored or made is None:
        return entry(body, r, place)
    if isinstance(made, (*VIEWS, Fill)):
        return read_view(body, made, place, stack, read)
    if r in body.shared or is_statement(made, body.registers[r].shape):
        body.store(r)
        return entry(body, r, place)
    depth = depth_of(stack, place)
    if r in body.costly and body.registers[r].shape and not covers(stack, place, depth):
        body.store(r)  # in place it would be computed again and again
        return entry(body, r, place)
    known, key = stack[depth].known, (r, tuple(i.source for i in place))
    if key not in known:
        text = value(body, r, place, stack[: depth + 1])
        repeated = body.uses[r] > 1 and r in body.costly
        inside = depth == len(stack) - 1 and not repeated and len(text.source) <= LONGEST
        if inside and not text.source.isidentifier():
            return text
        named = text.source.isidentifier()
        known[key] = text.source if named else body.declare(stack[depth], CText(as_number(body, r, text)))
    return truth(body, r, CText(known[key]))


def entry(body: Body, r: Register, place: Sequence[Index]) -> CText:
    """What stands in memory, or is fixed."""
    shape = body.registers[r].shape
    fixed = body.program.constants.get(r)
    if isinstance(fixed, Dim):
        return CText(f"(double){body.size(fixed)}", UNARY)
    if isinstance(fixed, bool):
        return CText("1" if fixed else "0")
    if isinstance(fixed, int | float | complex):
        return number(fixed)
    if isinstance(fixed, Affine):
        body.numbers.update((fixed.offset, *fixed.coefficients))
        return ruled(fixed, place)
    if fixed is not None and not isinstance(fixed, np.ndarray):
        raise FormulaError("plain C has no Fourier transform: use python()")
    if fixed is not None and (rule := counted(fixed, place)) is not None:
        return rule
    name = body.constant_name(r) if fixed is not None else body.stored[r]
    return truth(body, r, CText(f"{name}[{body.offset(place, shape)}]" if shape or fixed is not None else name))


def counted(fixed: np.ndarray, place: Sequence[Index]) -> CText | None:
    """The entry of whole numbers at equal distances, as the rule that they follow; None for others."""
    if fixed.ndim != 1 or fixed.dtype.kind not in "if" or fixed.size < FEWEST:
        return None
    first, step = float(fixed[0]), float(fixed[1] - fixed[0])
    if not (step and first.is_integer() and step.is_integer() and max(abs(first), abs(step)) < LARGEST):
        return None
    if not np.array_equal(fixed, first + step * np.arange(fixed.size)):
        return None
    (index,) = place
    text = CText(f"(double){index.source if index.is_atom else f'({index.source})'}", UNARY)
    text = text if step == 1 else arithmetic("*", number(step), text)
    return arithmetic("+", number(first), text) if first else text


def truth(body: Body, r: Register, text: CText) -> CText:
    """Truth values are kept as 1 and 0."""
    is_truth = body.registers[r].dtype == BOOL and body.registers[r].dtype is not None
    return CText(f"{text.within(SUM)} != 0.0", EQUALITY) if is_truth else text


def as_number(body: Body, r: Register, text: CText) -> str:
    dtype = body.registers[r].dtype
    return f"{text.within(CONDITION + 1)} ? 1.0 : 0.0" if dtype is not None and dtype == BOOL else text.source


def value(body: Body, r: Register, place: Sequence[Index], stack: Stack) -> CText:
    """The expression that computes an entry; statements it needs go to the innermost open loop."""
    text = exact_value(body, r, place, stack)
    if body.registers[r].dtype == SINGLE and not isinstance(body.made[r], KEEPING):
        return CText(f"(float){text.within(UNARY)}", UNARY)
    return text


def exact_value(body: Body, r: Register, place: Sequence[Index], stack: Stack) -> CText:
    """The same before it is rounded to the type of the register."""
    made = body.made[r]

    def operand(source: Register) -> CText:
        return read(body, source, broadcast(place, body.registers[source].shape), stack)

    match made:
        case Arithmetic(_, sign, left, right):
            return arithmetic(sign, operand(left), operand(right))
        case Negative(_, source):
            return negated(operand(source))
        case Select(_, mask, source):
            chosen, text = operand(mask), operand(source)
            return CText(f"{chosen.within(CONDITION + 1)} ? {text.within(CONDITION + 1)} : 0.0", CONDITION)
        case Convert(_, source):
            return converted(body, r, source, operand(source))
        case Call():
            return called(body, made, place, stack)
        case Gather():
            return gathered(body, made, place, stack, read)
        case Embed():
            return embedded(body, made, place, stack, read)
    total = sum_of_products(made, body.registers)
    if total is None:
        raise FormulaError(f"there is no plain C for {type(made).__name__}: use python()")
    order = loop_order(total, accesses(body, total))
    indices = dict(zip(total.out, place, strict=True))
    return summed(body, total, indices, stack, tuple(i for i in order if i not in total.out))


def converted(body: Body, target: Register, source: Register, text: CText) -> CText:
    before, after = (body.registers[r].dtype == BOOL for r in (source, target))
    if before and not after:
        return CText(f"{text.within(CONDITION + 1)} ? 1.0 : 0.0", CONDITION)
    if kind_of(body, target) in "iu" and kind_of(body, source) == "f":
        return CText(f"trunc({text.source})")
    return CText(f"{text.within(SUM)} != 0.0", EQUALITY) if after and not before else text


def kind_of(body: Body, r: Register) -> str:
    """``f`` for real numbers, ``i`` and ``u`` for whole ones, ``b`` for truth values."""
    dtype = body.registers[r].dtype
    return "f" if dtype is None else dtype.kind


def called(body: Body, i: Call, place: Sequence[Index], stack: Stack) -> CText:
    """A function of the standard library, or one of ours."""
    source = i.operands[0]
    shape = body.registers[source].shape
    if i.op is one_hot_op:
        index = read(body, source, broadcast(place[:-1], shape), stack)
        inner = place[-1].source if place[-1].is_atom else f"({place[-1].source})"
        return CText(f"{index.within(UNARY)} == (double){inner}", EQUALITY)
    if (name := ROW_TO_NUMBER.get(i.op.name)) is not None:
        body.library[name] = None
        address = body.in_memory(source)
        start = f" + {body.offset((*place, ZERO_INDEX), shape)}" if place else ""
        return CText(f"{name}({body.size(shape[-1])}, {address}{start})")
    if (sides := NUMBER_IN_ROW.get(i.op.name)) is not None:
        name = sides[dict(i.params)["side"]]
        body.library[name] = None
        number_text = read(body, i.operands[1], broadcast(place, body.registers[i.operands[1]].shape), stack)
        return CText(f"{name}({body.size(shape[0])}, {body.in_memory(source)}, {number_text.source})")
    if i.op is within:
        return counted_from_either_end(body, i, read(body, source, place, stack), stack[-1])
    if (name := MATRIX_TO_NUMBER.get(i.op.name)) is not None:
        body.library[name] = None
        call = CText(f"{name}({body.size(shape[-1])}, {body.scratch(source, [body.top])})")
        return CText(body.declare(body.top, call))  # at once: the copy is overwritten
    known = ENTRYWISE.get(i.op.name)
    if known is None:
        raise FormulaError(f"there is no plain C for {i.op.name}: use python()")
    if known.needs:
        body.library[known.needs] = None
    texts = [read(body, r, broadcast(place, body.registers[r].shape), stack) for r in i.operands]
    if known.binding is None:
        return CText(known.pattern.format(*(t.source for t in texts)))
    binding = SUM if known.binding in (EQUALITY, COMPARISON) else known.binding + 1  # compilers ask for these brackets
    return CText(known.pattern.format(*(t.within(binding) for t in texts)), known.binding)


def counted_from_either_end(body: Body, i: Call, place: CText, level: Level) -> CText:
    """A place that was computed, counted from the start; the function is left where the axis has none such."""
    size = body.size(dict(i.params)["size"])
    name = place.source if place.source.isidentifier() else body.declare(level, place)
    body.fail(f"!({name} >= -(double){size} && {name} < (double){size})", Failure.PLACE, level)
    return CText(f"{name} < 0.0 ? {name} + (double){size} : {name}", CONDITION)


def summed(body: Body, total: SumOfProducts, indices: dict[int, Index], stack: Stack, order: Sequence[int]) -> CText:
    """The sum over the labels in `order`, added up in a variable of the innermost open loop."""
    depth = len(stack)
    stack, indices = list(stack), dict(indices)
    body.open_labels(stack, order, total.sizes, indices)
    text = product(body, total, indices, stack)
    if not order:
        return text
    name = body.names.fresh("sum")
    sign, text = ("-=", negated(text)) if text.is_negative else ("+=", text)
    stack[-1].lines.append(f"{name} {sign} {text.source};")
    stack[depth - 1].lines.append(f"double {name} = 0.0;")
    close(stack, depth)
    return CText(name)


def product(body: Body, total: SumOfProducts, indices: dict[int, Index], stack: Stack) -> CText:
    """The factors multiplied, those that are known in outer loops first, and there."""
    factors: dict[int, list[CText]] = {}
    for r, labels in total.operands:
        place = broadcast([indices[i] for i in labels], body.registers[r].shape)
        factors.setdefault(depth_of(stack, place), []).append(read(body, r, place, stack))
    result: CText | None = None
    for depth, texts in sorted(factors.items()):
        multiplied = len(texts) > 1 or result is not None
        for text in texts:
            result = text if result is None else arithmetic("*", result, text)
        assert result is not None
        if multiplied and depth < len(stack) - 1:
            result = CText(body.declare(stack[depth], result))
    assert result is not None
    return result
