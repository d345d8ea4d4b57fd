"""A loop of a program as a ``for`` statement: a state is a variable, or an array that trades places with the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from steepest.lower.program import Fill, Loop, Register

from .entries import as_number, read
from .loops import Level, close
from .text import CText, loop_index

if TYPE_CHECKING:
    from .body import Body


def write_loop(body: Body, i: Loop) -> None:
    """The statements of a loop; afterwards all its targets are stored."""
    count = len(i.starts)
    states = [_started(body, r) for r in i.starts]
    fixed = [_fixed(body, r) for r in i.fixed]
    stacks = [body.reserved(body.registers[r].shape, "stack") for r in i.targets[count:]]
    sequences = [_in_reach(body, r) for r in i.sequences]

    variable = body.free_variable([body.top])
    body.names.taken.add(variable)
    level = Level(variable, body.size(i.length), direction=i.direction)
    entries = [_entry(body, r, name, level) for r, name in zip(i.sequences, sequences, strict=True)]
    inner = body.inside(i.body, [*states, *entries, *fixed])
    rows = [_row(inner, r, name, level) for r, name in zip(i.body.outputs[count:], stacks, strict=True)]
    changes = list(_step(inner, states, rows))
    level.lines += [*inner.top.lines, *changes]
    body.names.taken.discard(variable)

    stack = [body.top, level]
    close(stack, 1)
    body.stored.update(zip(i.targets, [*states, *stacks], strict=True))


def _started(body: Body, start: Register) -> str:
    """The name of a state, which holds its start."""
    if body.registers[start].shape:
        name = body.reserved(body.registers[start].shape, "state")
        body.write(start, name)
        return name
    name = body.names.fresh("state")
    body.top.lines.append(f"double {name} = {as_number(body, start, read(body, start, (), [body.top]))};")
    return name


def _fixed(body: Body, r: Register) -> str:
    """The name of what is the same in all steps."""
    if body.registers[r].shape:
        return body.in_memory(r)
    text = as_number(body, r, read(body, r, (), [body.top]))
    return text if text.isidentifier() else body.declare(body.top, CText(text))


def _in_reach(body: Body, r: Register) -> str:
    """The name of a sequence of arrays, of which a step gets a pointer; numbers are read where they stand."""
    return body.in_memory(r) if len(body.registers[r].shape) > 1 else ""


def _entry(body: Body, r: Register, name: str, level: Level) -> str:
    """What a step calls its entry of a sequence."""
    step = loop_index(level.name)
    shape = body.registers[r].shape
    if not name:
        text = as_number(body, r, read(body, r, (step,), [body.top, level]))
        return text if text.isidentifier() else body.declare(level, CText(text))
    entry = body.names.fresh("entry")
    level.lines.append(f"const double *{entry} = {name} + {step.source}*{body.count(shape[1:])};")
    return entry


def _row(inner: Body, r: Register, stack: str, level: Level) -> str:
    """What a step calls its entry of a stack: a place if it is a number, else a pointer."""
    shape = inner.registers[r].shape
    if not shape:
        return f"{stack}[{level.name}]"
    row = inner.names.fresh("row")
    level.lines.append(f"double *{row} = {stack} + {level.name}*{inner.count(shape)};")
    return row


def _copied(inner: Body, r: Register) -> Register:
    """What an array is a copy of; else itself."""
    made = inner.made.get(r)
    same = isinstance(made, Fill) and inner.registers[made.source].shape == inner.registers[r].shape
    return made.source if same and isinstance(made, Fill) and made.source in inner.made else r


def _step(inner: Body, states: Sequence[str], rows: Sequence[str]) -> Iterator[str]:
    """Write what one step computes; gives the statements that put the next state in the place of the state."""
    outputs = inner.program.outputs
    following = outputs[: len(states)]
    arrays = {r: inner.reserved(inner.registers[r].shape, "next") for r in following if inner.registers[r].shape}
    written = [(r, row) for r, row in zip(outputs[len(states) :], rows, strict=True) if inner.registers[r].shape]
    for r, name in (*written, *arrays.items()):
        inner.meant[_copied(inner, r)] = name
    inner.store_shared()
    for r, row in zip(outputs[len(states) :], rows, strict=True):
        if inner.registers[r].shape:
            if inner.stored.get(_copied(inner, r)) != row:
                inner.write(r, row)
        else:
            inner.top.lines.append(f"{row} = {as_number(inner, r, read(inner, r, (), [inner.top]))};")
    for state, r in zip(states, following, strict=True):
        if r in arrays:
            if inner.stored.get(_copied(inner, r)) != arrays[r]:
                inner.write(r, arrays[r])
            swap = inner.names.fresh("swap")
            yield from (f"double *{swap} = {state};", f"{state} = {arrays[r]};", f"{arrays[r]} = {swap};")
        else:
            text = as_number(inner, r, read(inner, r, (), [inner.top]))
            yield f"{state} = {text if len(states) == 1 else inner.declare(inner.top, CText(text))};"
