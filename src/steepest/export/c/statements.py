"""Instructions that are statements of their own: they have no expression for one entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from steepest.errors import FormulaError
from steepest.lower.program import Call, Convolve, Embed, LinearSolution, RunningSum, Scatter

from .entries import as_number, read
from .failing import Failure
from .functions import MATRIX_TO_MATRIX, MATRIX_TO_NUMBER, ROW_TO_ROW
from .loops import INDENT, Level, Stack, close, places
from .placing import piece_loops, piece_place
from .text import ZERO_INDEX, Index, arithmetic, loop_index

if TYPE_CHECKING:
    from .body import Body


def call(body: Body, i: Call, name: str) -> None:
    """A function along the last axis, or one of each matrix."""
    source = i.operands[0]
    shape = body.registers[source].shape
    if (row := ROW_TO_ROW.get(i.op.name)) is not None:
        body.library[row] = None
        address = body.in_memory(source)
        n = body.size(shape[-1])
        if len(shape) == 1:
            body.top.lines.append(f"{row}({n}, {address}, {name});")
            return
        stack = body.opened([body.top], shape[:-1])
        place = (*places(stack), ZERO_INDEX)
        start = body.offset(place, shape)
        stack[-1].lines.append(f"{row}({n}, {address} + {start}, {name} + {start});")
        close(stack, 1)
        return
    stack = body.opened([body.top], shape[:-2])
    lead, n = places(stack), body.size(shape[-1])
    if (number := MATRIX_TO_NUMBER.get(i.op.name)) is not None:
        body.library[number] = None
        scratch = body.scratch(source, stack)
        stack[-1].lines.append(f"{name}[{body.offset(lead, shape[:-2])}] = {number}({n}, {scratch});")
    else:
        function = MATRIX_TO_MATRIX[i.op.name]
        body.library[function] = None
        scratch = body.scratch(source, stack)
        target = at(name, body.offset((*lead, ZERO_INDEX, ZERO_INDEX), shape))
        body.fail(f"!{function}({n}, {scratch}, {target})", Failure.SINGULAR, stack[-1])
    close(stack, 1)


def at(name: str, offset: str) -> str:
    """The address of a place in an array."""
    return name if offset == "0" else f"{name} + {offset}"


def linear_solution(body: Body, i: LinearSolution, name: str) -> None:
    """The matrix and the right-hand sides are copied, and overwritten."""
    body.library["solve"] = None
    matrix, shape = body.registers[i.matrix].shape, body.registers[i.right].shape
    own = 1 if len(shape) < len(matrix) else 2  # axes of one right-hand side
    body.write_entries(i.right, name)
    stack = body.opened([body.top], matrix[:-2])
    target = at(name, body.offset((*places(stack), *(ZERO_INDEX,) * own), shape))
    scratch = body.scratch(i.matrix, stack)
    columns = body.size(shape[-1]) if own == 2 else "1"
    body.fail(f"!solve({body.size(matrix[-1])}, {columns}, {scratch}, {target})", Failure.SINGULAR, stack[-1])
    close(stack, 1)


def embed(body: Body, i: Embed, name: str) -> None:
    """Zeros, and a loop for each piece."""
    shape = body.registers[i.target].shape
    body.write_zeros(name, shape)
    for piece in i.pieces:
        stack: Stack = [body.top]
        indices: dict[int, Index] = {}
        for label, count in piece_loops(piece).items():
            variable = body.free_variable(stack)
            stack.append(Level(variable, body.size(count)))
            indices[label] = loop_index(variable)
        text = read(body, piece.source, [indices[label] for label in piece.carried], stack)
        target = f"{name}[{body.offset(piece_place(piece, indices), shape)}]"
        stack[-1].lines.append(f"{target} += {as_number(body, piece.source, text)};")
        close(stack, 1)


def scatter(body: Body, i: Scatter, name: str) -> None:
    """Every source entry is added where its index says."""
    shape = body.registers[i.target].shape
    rank = len(body.registers[i.index].shape)
    body.write_zeros(name, shape)
    stack = body.opened([body.top], body.registers[i.source].shape)
    place = places(stack)
    index = body.declare(stack[-1], read(body, i.index, place[:rank], stack))
    text = read(body, i.source, place, stack)
    where = (*(place[k] for k in i.shared), Index(f"(size_t){index}"), *place[rank:])
    size = body.size(shape[len(i.shared)])
    stack[-1].lines += [
        f"if ({index} >= 0.0 && {index} < (double){size})",
        f"{INDENT}{name}[{body.offset(where, shape)}] += {text.source};",
    ]
    close(stack, 1)


def running_sum(body: Body, i: RunningSum, name: str) -> None:
    """Sums along the last axis; only the plain one, without an offset."""
    source, shape = body.registers[i.source].shape, body.registers[i.target].shape
    if i.offset or source[-1] != shape[-1]:
        raise FormulaError("plain C is written for running sums from the first entry on: use python()")
    stack = body.opened([body.top], shape[:-1])
    rows = places(stack)
    total = body.names.fresh("sum")
    variable = body.free_variable(stack)
    n = body.size(shape[-1])
    inner = Level(variable, n)
    stack.append(inner)
    step = loop_index(variable)
    at = step if i.direction == "forward" else Index(f"{n} - 1 - {variable}", step.variables)
    text = read(body, i.source, (*rows, at), stack)
    inner.lines.append(f"{name}[{body.offset((*rows, at), shape)}] = {total} += {text.source};")
    stack[-2].lines.append(f"double {total} = 0.0;")
    close(stack, 1)


def convolve(body: Body, i: Convolve, name: str) -> None:
    """Every product is added where its places say, as far as that is asked for."""
    shape = body.registers[i.target].shape
    body.write_zeros(name, shape)
    body.numbers.add(i.offset)
    stack = body.opened([body.top], (*body.registers[i.left].shape, *body.registers[i.right].shape))
    left, right = places(stack)
    text = arithmetic("*", read(body, i.left, (left,), stack), read(body, i.right, (right,), stack))
    place = f"{left.source} + {right.source}"
    if i.offset > 0:
        place = f"{place} + {i.offset}"
    low = max(-i.offset, 0)
    inside = f"{place} < {body.size(shape[0])}"
    if low:
        inside = f"{place} >= {low} && {place} < {body.size(shape[0])} + {low}"
        place = f"{place} - {low}"
    stack[-1].lines += [f"if ({inside})", f"{INDENT}{name}[{place}] += {text.source};"]
    close(stack, 1)


RULES: Mapping[type, Callable[..., None]] = {
    Call: call, LinearSolution: linear_solution, Embed: embed, Scatter: scatter, RunningSum: running_sum,
    Convolve: convolve,
}  # fmt: skip
